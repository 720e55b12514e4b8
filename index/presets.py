"""The models that Telusur knows by name: what each needs and gives, and whether its weights are on this machine.

Data in presets.toml, and quick to list: nothing here imports numpy or torch. Any other sentence-transformers folder
or hub model works as well (`index.encoder`); a preset adds the prompts, without which some lose much of their worth.
"""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

BUNDLED_FOLDER = Path(__file__).parent / "bundled"
WAY_OUT = "`--encoder bundled` needs no download and no network"  # what a hint about a model that cannot be had says


class Preset(NamedTuple):  # a dataclass of as many fields takes 5 ms to make, at every question's start
    """One encoder. Figures are nDCG@10 × 100 as published; None where nobody has published one."""

    name: str
    hub_id: str | None  # None: comes with Telusur
    dimension: int
    max_tokens: int
    licence: str
    pooling: str
    parameters: int  # millions, embeddings included
    weights_mb: int  # megabytes of weights to download; the tokenizer adds 10 to 40
    languages: str
    note: str
    sources: str  # where the facts come from, in the shorthand that presets.toml explains
    query_prompt: str = ""
    passage_prompt: str = ""
    revision: str | None = None  # the commit on the hub; no other is loaded
    matryoshka: tuple[int, ...] = ()  # fewer dimensions it was trained to give
    remote_code: bool = False  # the model runs code of its own
    gated: bool = False  # its terms must be accepted on the hub before it can be downloaded
    miracl_id: float | None = None  # MIRACL, Indonesian, dev, hard negatives
    belebele_id: float | None = None  # Belebele, Indonesian question, Indonesian text
    belebele_en_id: float | None = None  # Belebele, English question, Indonesian text


class RerankerPreset(NamedTuple):
    """One cross-encoder; fields as those of a Preset."""

    name: str
    hub_id: str
    revision: str
    max_tokens: int
    licence: str
    parameters: int
    weights_mb: int
    languages: str
    note: str
    sources: str
    remote_code: bool = False
    gated: bool = False


def presets() -> tuple[Preset, ...]:
    """Return every encoder preset, the bundled one first."""
    return (_bundled(), *_data()[0])


def rerankers() -> tuple[RerankerPreset, ...]:
    """Return every reranker preset."""
    return _data()[1]


def find_preset(name: str) -> Preset | None:
    """Return the encoder preset of this name or hub name, upper and lower case alike; None when there is none."""
    wanted = name.casefold()
    if wanted == "bundled":
        return _bundled()  # without reading the others
    return next((p for p in presets() if wanted in {p.name.casefold(), (p.hub_id or p.name).casefold()}), None)


def find_reranker(name: str) -> RerankerPreset | None:
    """Return the reranker preset of this name or hub name, upper and lower case alike; None when there is none."""
    wanted = name.casefold()
    return next((p for p in rerankers() if wanted in {p.name.casefold(), p.hub_id.casefold()}), None)


def present(preset: Preset | RerankerPreset) -> bool:
    """Say whether the weights are on this machine, so that the model opens without a network."""
    return weights_folder(preset) is not None


def weights_folder(preset: Preset | RerankerPreset) -> Path | None:
    """Return the folder that holds the preset's weights, or None when they are not on this machine."""
    if preset.hub_id is None:
        return BUNDLED_FOLDER if any(weight_files(BUNDLED_FOLDER)) else None
    return hub_folder(preset.hub_id, preset.revision)


def hub_cache() -> Path:
    """Return the folder where huggingface_hub keeps what it downloads, by its own variables HF_HUB_CACHE and HF_HOME.

    Its layout is described at https://huggingface.co/docs/huggingface_hub/guides/manage-cache; importing the library
    would cost more than the look-up.
    """
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def hub_folder(hub_id: str, revision: str | None = None) -> Path | None:
    """Return the folder of a hub model on this machine, or None when no weights are there."""
    model = hub_cache() / f"models--{hub_id.replace('/', '--')}"
    branch = model / "refs" / (revision or "main")
    commit = branch.read_text(encoding="ascii").strip() if branch.is_file() else revision
    snapshots = [model / "snapshots" / commit] if commit else sorted(model.glob("snapshots/*"))
    return next((folder for folder in snapshots if any(weight_files(folder))), None)


def weight_files(folder: Path, backend: str = "torch") -> Iterator[Path]:
    """Yield the weight files of a model folder and of its modules' folders, safetensors before torch's own format.

    For another `backend` of sentence-transformers, its converted weights before those.
    """
    converted = {"onnx": ("onnx/*.onnx", "*.onnx"), "openvino": ("openvino/*.bin", "openvino_model.bin")}
    torch = ("*.safetensors", "*/*.safetensors", "pytorch_model*.bin", "*/pytorch_model.bin")
    for pattern in (*converted.get(backend, ()), *torch):
        yield from (path for path in sorted(folder.glob(pattern)) if path.exists())


@cache
def _data() -> tuple[tuple[Preset, ...], tuple[RerankerPreset, ...]]:
    import tomllib

    data = tomllib.loads((Path(__file__).parent / "presets.toml").read_text(encoding="utf-8"))
    encoders = (Preset(**{**facts, "matryoshka": tuple(facts.get("matryoshka", ()))}) for facts in data["encoder"])
    return tuple(encoders), tuple(RerankerPreset(**facts) for facts in data["reranker"])


@cache
def _bundled() -> Preset:
    """Describe the bundled encoder by what its own folder says, so that a better one can take its place."""

    def read(name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((BUNDLED_FOLDER / name).read_text(encoding="utf-8"))
        return content

    config, prompts = read("config.json"), read("config_sentence_transformers.json")["prompts"]
    width = config["hidden_size"]
    return Preset(
        name="bundled",
        hub_id=None,
        dimension=width,
        max_tokens=read("tokenizer_config.json")["model_max_length"],
        licence="Apache-2.0",
        query_prompt=prompts["query"],
        passage_prompt=prompts["document"],
        pooling="mean",
        parameters=round((config["vocab_size"] * width + config["num_hidden_layers"] * 12 * width**2) / 1e6),
        weights_mb=0,
        languages="Indonesian, English",
        note="no download, no network, asks without torch; nDCG@10 by its vectors alone (docs/quality.md): English"
        " questions to Indonesian 88.6, Indonesian 89.7 (SQuAD), TyDi QA 87.9, FacQA 84.9, news 83.5, English 91.2",
        sources="its own folder, docs/encoder.md",
    )
