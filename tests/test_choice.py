import json
import shutil
from pathlib import Path

import pytest

from index.choice import Choice, find_folder, locate, on_hub, read_choice, trusts
from index.encoder import open_encoder
from index.errors import EncoderError
from index.presets import find_preset


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("bge-m3", Choice("bge-m3")),
        ("bge-m3:256", Choice("bge-m3", 256)),
        ("BAAI/bge-m3:onnx", Choice("BAAI/bge-m3", None, "onnx")),
        ("./model:256:openvino", Choice("./model", 256, "openvino")),
        (r"C:\model", Choice(r"C:\model")),
        ("bge-m3:0", Choice("bge-m3:0")),
        ("bge-m3:terbaik", Choice("bge-m3:terbaik")),
        (":256", Choice(":256")),
    ],
)
def test_a_name_says_model_dimensions_and_backend(name: str, choice: Choice) -> None:
    assert read_choice(name) == choice
    assert read_choice(str(choice)) == choice


def test_a_folder_of_that_very_name_is_that_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model:256").mkdir()
    assert read_choice("model:256") == Choice("model:256")
    assert read_choice("model:256:64").absolute() == Choice(str(tmp_path / "model:256"), 64)
    assert read_choice("model").absolute() == Choice("model")


def test_paths_are_no_names_on_the_hub() -> None:
    assert all(map(on_hub, ("bge-m3", "BAAI/bge-m3", "o/m_1.0")))
    assert not any(map(on_hub, ("./model", "/models/bge", "a/b/c", "~/m", "-x", "")))


def test_a_model_that_is_not_here_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert find_folder("bge-m3", find_preset("bge-m3")) is None
    with pytest.raises(EncoderError, match="bge-m3 is not on this machine") as caught:
        open_encoder("bge-m3:256")
    assert "telusur models --download bge-m3" in caught.value.hint
    with pytest.raises(EncoderError) as caught:
        open_encoder("./not-here")
    assert "--download" not in caught.value.hint


# --- code of a model's own ---


def test_presets_that_run_code_need_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    preset = find_preset("gte-multilingual-base")
    with pytest.raises(EncoderError, match="code of its own") as caught:
        locate("gte-multilingual-base", preset)
    assert "--trust-remote-code" in caught.value.hint
    with pytest.raises(EncoderError, match="not on this machine"):
        locate("gte-multilingual-base", preset, trusted=True)


def test_nobody_is_trusted_by_saying_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, trusted in ((None, []), ("", []), ("a,b", ["a", "b"])):
        monkeypatch.delenv("TELUSUR_TRUST_REMOTE_CODE", raising=False)
        if said is not None:
            monkeypatch.setenv("TELUSUR_TRUST_REMOTE_CODE", said)
        assert [model for model in ("", "a", "b", "c") if trusts(model)] == trusted


def test_modules_that_are_not_sentence_transformers_own_are_never_imported(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder names any module that Python can import, and one it brings: neither runs before somebody says so."""
    folder = Path(shutil.copytree(tiny_encoder, tmp_path / "asing"))
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "milik.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    ran = tmp_path / "ran"
    (folder / "milik.py").write_text(
        f"open({str(ran)!r}, 'w')\nfrom sentence_transformers.models import Transformer as Own\n"
        "class Transformer(Own):\n    pass\n"
    )
    with pytest.raises(EncoderError, match="code of its own"):
        open_encoder(str(folder))
    assert not ran.exists()
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("TELUSUR_TRUST_REMOTE_CODE", f"lain,{folder}")
    encoder = open_encoder(str(folder))
    assert ran.exists()
    whole = open_encoder(str(tiny_encoder)).encode_passages(["harga beras"])
    assert float((encoder.encode_passages(["harga beras"]) * whole).sum()) > 0.999
