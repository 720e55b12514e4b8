"""What a sentence-transformers folder says about its model: architecture, pooling, length, prompts, identity."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

import numpy as np

from index.errors import EncoderError
from index.presets import Preset, weight_files
from index.tensor_file import map_file


@dataclass(frozen=True, slots=True)
class BertPlan:
    """A plain BERT as its folder describes it."""

    config: dict[str, Any]
    pooling: str
    max_tokens: int


def read_json(path: Path) -> Any:
    """Parse a JSON file; a missing file reads as an empty object."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def check_harmless(folder: Path, *, pickles: bool = False) -> None:
    """Raises EncoderError when opening a model would leave its folder, or read `pickles` that nobody vouches for."""
    modules = read_json(folder / "modules.json") or []
    for module in modules:
        for kind in (PurePath, PureWindowsPath):
            path = kind(module["path"])
            if path.is_absolute() or path.drive or ".." in path.parts:
                raise EncoderError(f"the model in {folder} reaches out of its folder ({path})", "do not use it")
    for place in {folder, *(folder / module["path"] for module in modules)}:
        if not pickles and any(place.glob("pytorch_model*.bin")) and not any(place.glob("*.safetensors")):
            msg = f"the weights in {place} are in torch's own format, which can hold a program"
            convert = "from sentence_transformers import SentenceTransformer as S; S('FROM').save('TO')"
            raise EncoderError(msg, f'if you trust its makers, `python -c "{convert}"` writes them as safetensors')


def read_plan(folder: Path) -> BertPlan | None:
    """Read a sentence-transformers folder; None when it is more than BERT, mean or first-token pooling, unit length.

    As sentence-transformers reads it: the maximum length in sentence_bert_config.json beats the tokenizer's, which
    beats the truncation in tokenizer.json.
    """
    modules = read_json(folder / "modules.json") or []
    config, limits = read_json(folder / "config.json"), read_json(folder / "sentence_bert_config.json")
    if brings_code(modules):
        return None
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    plain = config.get("model_type") == "bert" and config.get("hidden_act") == "gelu"
    plain &= config.get("position_embedding_type", "absolute") == "absolute" and not limits.get("do_lower_case")
    if not plain or kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    if modules[0]["path"] or not all((folder / name).is_file() for name in ("tokenizer.json", "model.safetensors")):
        return None
    pooling = read_json(folder / modules[1]["path"] / "config.json")
    older = [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True]
    names = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    mode = pooling.get("pooling_mode") or (names.get(older[0]) if len(older) == 1 else None)
    if mode not in ("mean", "cls") or not pooling.get("include_prompt", True):
        return None
    positions = config["max_position_embeddings"]
    longest = limits.get("max_seq_length") or read_json(folder / "tokenizer_config.json").get("model_max_length")
    return BertPlan(config, mode, int(min(longest or positions, positions)))


def brings_code(modules: Sequence[dict[str, Any]]) -> bool:
    """Whether some modules of a model are not sentence-transformers' own, which would import them by any name."""
    return any(not str(module.get("type")).startswith("sentence_transformers.") for module in modules)


def prompts(folder: Path, preset: Preset | None) -> tuple[str, str]:
    """Return the prompts for questions and for passages: the preset's, or those in the model's own configuration."""
    if preset is not None:
        return preset.query_prompt, preset.passage_prompt
    own = read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    # sentence-transformers' encode_document stops at an empty "document", which it adds itself, and misses "passage".
    return own.get("query") or "", next(filter(None, map(own.get, ("document", "passage", "corpus"))), "")


def fingerprint(folder: Path, *facts: object, backend: str = "torch") -> str:
    """Digest all that decides the vectors, without reading the weights through a slow hash.

    Each 8 MB of weights enters as the sums of its 1,024 columns of 64-bit words: any changed weight changes a sum, at
    the speed of memory (10 ms for 57 MB; sha256 takes 45 to 75). It finds changes; it is no proof against forgery.
    """
    digest = hashlib.sha256(repr(facts).encode())
    places = [folder, *(folder / module["path"] for module in read_json(folder / "modules.json") or ())]
    names = ("config.json", "modules.json", "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json")
    for path in (place / name for place in dict.fromkeys(places) for name in names):
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in weight_files(folder, backend):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}".encode())
        words = np.frombuffer(map_file(path), np.uint64, size // 8192 * 1024).reshape(-1, 1024)
        for start in range(0, len(words), 1024):
            digest.update(words[start : start + 1024].sum(axis=0, dtype=np.uint64).tobytes())
        with path.open("rb") as file:
            file.seek(size // 8192 * 8192)
            digest.update(file.read())
    return digest.hexdigest()[:16]
