import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from index.presets import (
    BUNDLED_FOLDER,
    Preset,
    RerankerPreset,
    find_preset,
    find_reranker,
    hub_folder,
    present,
    presets,
    rerankers,
)


def test_names_and_hub_names_are_unique() -> None:
    names = [preset.name.casefold() for preset in presets()]
    hub_ids = [preset.hub_id for preset in presets()]
    assert len(set(names)) == len(names)
    assert len(set(hub_ids)) == len(hub_ids)
    assert names[0] == "bundled"


def test_the_promised_presets_are_there() -> None:
    promised = {
        "multilingual-e5-small",
        "multilingual-e5-base",
        "multilingual-e5-large",
        "bge-m3",
        "gte-multilingual-base",
        "embeddinggemma-300m",
        "qwen3-embedding-0.6b",
        "bekko-embedding-v1-a8m",
        "bekko-embedding-v1-a25m",
        "arctic-embed-l-v2",
        "paraphrase-multilingual-MiniLM-L12-v2",
    }
    assert promised <= {preset.name for preset in presets()}


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_every_preset_is_whole(preset: Preset) -> None:
    assert preset.dimension > 0
    assert preset.max_tokens > 0
    assert preset.licence
    assert preset.languages
    assert preset.note
    assert preset.parameters > 0
    assert preset.pooling in ("mean", "cls", "last token")
    assert preset.sources
    if preset.hub_id:
        assert re.fullmatch("[0-9a-f]{40}", preset.revision or ""), "a branch would change under an index"
        assert preset.weights_mb >= 2 * preset.parameters, "weights have two bytes a parameter at least"
    assert all(fewer < preset.dimension for fewer in preset.matryoshka)
    for figure in (preset.miracl_id, preset.belebele_id, preset.belebele_en_id):
        assert figure is None or 0 < figure < 100


@pytest.mark.parametrize("preset", rerankers(), ids=lambda preset: preset.name)
def test_every_reranker_is_whole(preset: RerankerPreset) -> None:
    assert re.fullmatch("[0-9a-f]{40}", preset.revision)
    assert preset.weights_mb >= 2 * preset.parameters > 0
    assert preset.licence
    assert preset.sources
    assert find_reranker(preset.hub_id.upper()) is preset
    assert find_preset(preset.name) is None, "no name means two models"


def test_e5_tells_questions_from_passages() -> None:
    for size in ("small", "base", "large"):
        preset = find_preset(f"multilingual-e5-{size}")
        assert preset is not None
        assert (preset.query_prompt, preset.passage_prompt) == ("query: ", "passage: ")


def test_a_preset_is_found_by_name_and_by_hub_name_in_any_case() -> None:
    bge = find_preset("BGE-M3")
    assert bge is not None
    assert bge.name == "bge-m3"
    assert bge is find_preset("baai/bge-m3")
    assert find_preset("Qwen3-Embedding-0.6B") is not None
    assert find_preset("no-such-encoder") is None
    assert find_preset("") is None


def test_the_bundled_preset_says_what_its_folder_says() -> None:
    bundled = presets()[0]
    config = json.loads((BUNDLED_FOLDER / "config.json").read_text())
    assert bundled.dimension == config["hidden_size"]
    assert bundled.hub_id is None
    assert present(bundled)


@pytest.mark.parametrize("variable", ["HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"])
def test_hub_models_are_looked_up_where_the_hub_keeps_them(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    hub = {"HF_HOME": "hub", "HF_HUB_CACHE": ".", "XDG_CACHE_HOME": "huggingface/hub"}[variable]
    model = tmp_path / hub / "models--o--m"
    assert hub_folder("o/m") is None

    older, newer = model / "snapshots" / "aaaa", model / "snapshots" / "bbbb"
    older.mkdir(parents=True)
    newer.mkdir()
    assert hub_folder("o/m") is None, "a snapshot without weights is no model"
    (older / "model.safetensors").touch()
    assert hub_folder("o/m") == older
    (newer / "pytorch_model.bin").touch()
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("bbbb\n")
    assert hub_folder("o/m") == newer
    assert hub_folder("o/m", "aaaa") == older
    assert hub_folder("o/m", "cccc") is None


def test_a_preset_is_present_in_its_own_revision_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    preset = find_preset("bge-m3")
    assert preset is not None
    for revision, expected in (("a" * 40, False), (preset.revision, True)):
        folder = tmp_path / "models--BAAI--bge-m3" / "snapshots" / str(revision)
        folder.mkdir(parents=True)
        (folder / "pytorch_model.bin").touch()
        assert present(preset) is expected


def test_a_broken_link_to_the_weights_is_not_present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / "models--o--m" / "snapshots" / "aaaa"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to("../../blobs/gone")
    assert hub_folder("o/m") is None


def test_listing_presets_imports_no_large_library() -> None:
    code = (
        "import sys; from index.presets import presets, present; [present(preset) for preset in presets()];"
        "assert not {'numpy', 'torch', 'transformers', 'huggingface_hub', 'safetensors'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)
