"""Text in, unit vectors out: one door to every encoder, whatever runs behind it.

A folder that holds a plain BERT (the bundled encoder, the MiniLM family, multilingual-e5-small) runs on the engines of
`index.transformer`: a question needs numpy only, an archive is worth importing torch. Every other model runs through
sentence-transformers. Nothing here reaches for the network, and no model's own code is ever run.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from index.batching import Progress, Span, Vectors
from index.bert_encoder import BertEncoder
from index.errors import EncoderError
from index.hub_encoder import SentenceTransformerEncoder
from index.model_folder import check_harmless, read_plan
from index.presets import Preset, find_preset, hub_folder, weight_files, weights_folder

WAY_OUT = "`--encoder bundled` needs no download and no network"


class Encoder(Protocol):
    """Turns questions and passages into unit vectors of one space; the dot product of two is their similarity."""

    @property
    def name(self) -> str:
        """The name as the user gave it: a preset, a folder or a hub name."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits over weights, tokenizer, prompts, pooling and maximum length.

        Another fingerprint means other vectors: they must not meet in one index.
        """
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions: (n, dimension), float32, rows of length 1 in the order of `texts`."""
        ...

    def encode_passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """Encode passages: (n, dimension), float32, rows of length 1 in the order of `texts`.

        Text beyond the model's maximum length does not count. `on_progress` is told how many more passages are done.
        """
        ...

    def encode_with_sentences(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode passages and, in the light of each, its sentences.

        `spans`: of each passage, the (start, end) of its sentences in code points. Returns (n, dimension) passage
        vectors and for each passage (sentences, dimension) vectors, all float32, rows of length 1; a sentence beyond
        the encoder's maximum length has a row of zeros.
        """
        ...


def open_encoder(name: str = "bundled") -> Encoder:
    """Open a preset, a model folder, or a hub model that is on this machine.

    Raises EncoderError when there is no such model here, when its files are damaged, or when it needs code of its own.
    """
    preset = find_preset(name)
    folder = _locate(name, preset)
    if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
        raise EncoderError(f"{folder} is no model: it has neither modules.json nor config.json", WAY_OUT)
    if not any(weight_files(folder)):
        raise EncoderError(f"the model in {folder} has no weights (model.safetensors)", WAY_OUT)
    try:
        check_harmless(folder)
        plan = read_plan(folder)
        return BertEncoder(name, folder, plan, preset) if plan else SentenceTransformerEncoder(name, folder, preset)
    except EncoderError:
        raise
    except Exception as error:  # a model folder can be broken in as many ways as four libraries have exceptions
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EncoderError(f"cannot open the encoder {name}: {reason}", WAY_OUT) from error


def _locate(name: str, preset: Preset | None) -> Path:
    """Return the model's folder; raises EncoderError when it is not on this machine."""
    if preset is not None:
        if preset.remote_code:
            raise EncoderError(f"{preset.name} runs code of its own, which Telusur does not allow", WAY_OUT)
        found, hub_id = weights_folder(preset), preset.hub_id or preset.name
    elif (path := Path(name).expanduser()).exists():
        if not path.is_dir():
            raise EncoderError(f"{name} is a file; an encoder is a folder", WAY_OUT)
        return path
    else:
        hub_id = name if "/" in name else f"sentence-transformers/{name}"
        found = hub_folder(hub_id)
    if found is None:
        raise EncoderError(f"the encoder {name} is not on this machine", f"`hf download {hub_id}` gets it; {WAY_OUT}")
    return found
