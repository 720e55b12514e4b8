"""What a user's name of a model means: which model, cut to how many dimensions, on which engine; and where it lies."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from index.errors import EncoderError
from index.model_folder import brings_code, read_json
from index.presets import WAY_OUT, Preset, RerankerPreset, find_preset, hub_folder, weight_files, weights_folder

BACKENDS = ("torch", "onnx", "openvino")  # sentence-transformers' names for its engines
TRUST = "TELUSUR_TRUST_REMOTE_CODE"  # models, by name, whose own code may run; never read out of an index


@dataclass(frozen=True, slots=True)
class Choice:
    """An encoder as an index remembers it: written MODEL, MODEL:DIMENSIONS, MODEL:BACKEND or MODEL:DIMENSIONS:BACKEND.

    One string for all three, so that whoever opens an index's encoder by its name gets the very same.
    """

    model: str  # a preset, a folder or a hub name
    dimensions: int | None = None  # None: as many as the model gives
    backend: str = "torch"

    def __str__(self) -> str:
        dimensions = f":{self.dimensions}" if self.dimensions else ""
        return f"{self.model}{dimensions}" + (f":{self.backend}" if self.backend != "torch" else "")

    def absolute(self) -> "Choice":
        """The same, to be found from any folder."""
        path = Path(self.model).expanduser()
        return Choice(str(path.resolve()), self.dimensions, self.backend) if path.is_dir() else self


def read_choice(name: str) -> Choice:
    """Take a name apart; what names a folder that is there is that folder."""
    dimensions, backend = None, "torch"
    while not Path(name).expanduser().exists() and (
        found := re.fullmatch(rf"(.+):(?:([1-9]\d{{0,4}})|({'|'.join(BACKENDS)}))", name)
    ):
        name, number, engine = found.groups()
        dimensions = int(number) if number else dimensions
        backend = engine or backend
    return Choice(name, dimensions, backend)


def hub_name(model: str, preset: Preset | RerankerPreset | None) -> str:
    """Return what the hub calls a model; the first letters of sentence-transformers' own models may be left out."""
    if preset is not None:
        return preset.hub_id or preset.name
    return model if "/" in model else f"sentence-transformers/{model}"


def on_hub(model: str) -> bool:
    """Whether this can be the name of a model on the hub, and no path."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", model) is not None


def find_folder(model: str, preset: Preset | RerankerPreset | None) -> Path | None:
    """Return the model's folder, or None when it is not on this machine. Raises EncoderError for a path to a file."""
    if preset is not None:
        return weights_folder(preset)
    if (path := Path(model).expanduser()).exists():
        if not path.is_dir():
            raise EncoderError(f"{model} is a file; a model is a folder", WAY_OUT)
        return path
    return hub_folder(hub_name(model, None))


def locate(
    model: str, preset: Preset | RerankerPreset | None, *, backend: str = "torch", trusted: bool = False
) -> Path:
    """Return the folder of a model that can be opened.

    Raises EncoderError when it is not on this machine, is no model, or needs code of its own that nobody trusts.
    """
    if preset is not None and preset.remote_code and not trusted:
        raise untrusted(preset.name)
    folder = find_folder(model, preset)
    if folder is None:
        hint = f"`telusur models --download {model}` gets it; {WAY_OUT}" if on_hub(model) else WAY_OUT
        raise EncoderError(f"the model {model} is not on this machine", hint)
    if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
        raise EncoderError(f"{folder} is no model: it has neither modules.json nor config.json", WAY_OUT)
    if not any(weight_files(folder, backend)):
        raise EncoderError(f"the model in {folder} has no weights (model.safetensors)", WAY_OUT)
    if not trusted and brings_code(read_json(folder / "modules.json") or ()):
        raise untrusted(model)
    return folder


def trusts(model: str) -> bool:
    """Whether the environment says that this model may run code of its own."""
    return model != "" and model in os.environ.get(TRUST, "").split(",")


def untrusted(model: str) -> EncoderError:
    """The error for a model that would run code of its own."""
    hint = f"if you trust its makers, say so with --trust-remote-code, or {TRUST}={model} for every command; {WAY_OUT}"
    return EncoderError(f"{model} runs code of its own, which Telusur does only when told to", hint)


def preset_of(name: str) -> Preset | None:
    """The encoder preset that a name, with or without dimensions and backend, means."""
    return find_preset(read_choice(name).model)
