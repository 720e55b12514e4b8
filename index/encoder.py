"""Text in, unit vectors out: one door to every encoder, whatever runs behind it.

A folder that holds a plain BERT (the bundled encoder, the MiniLM family, multilingual-e5-small) runs on the engines of
`index.transformer`: a question needs numpy only, an archive is worth importing torch. Every other model runs through
sentence-transformers. Nothing here reaches for the network, and no model's own code is ever run.
"""

import hashlib
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError
from index.presets import Preset, find_preset, hub_folder, weight_files, weights_folder
from index.transformer import Bert, Engine, NumpyBert, TorchBert, read_tensors, unit_rows

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Span = tuple[int, int]
Progress = Callable[[int], None]

WAY_OUT = "`--encoder bundled` needs no download and no network"
# Texts tokenised ahead of encoding, and sorted by length together: enough for full batches, few enough for flat memory.
_AHEAD = 4096
# Below this many tokens in one call (some hundred passages), importing torch costs more than its bfloat16 saves.
_BULK_TOKENS = 20_000
# No word piece that occurs in running text is longer than this, on average over a text; `_tokenise` checks.
_CHARACTERS_A_TOKEN = 16


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
        plan = _read_plan(folder)
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plain BERT as its folder describes it."""

    config: dict[str, Any]
    pooling: str
    max_tokens: int


def _read_json(path: Path) -> Any:
    """Parse a JSON file; a missing file reads as an empty object."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _read_plan(folder: Path) -> _Plan | None:
    """Read a sentence-transformers folder; None when it is more than BERT, mean or first-token pooling, unit length.

    As sentence-transformers reads it: the maximum length in sentence_bert_config.json beats the tokenizer's, which
    beats the truncation in tokenizer.json.
    """
    modules = _read_json(folder / "modules.json") or []
    config, limits = _read_json(folder / "config.json"), _read_json(folder / "sentence_bert_config.json")
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    plain = config.get("model_type") == "bert" and config.get("hidden_act") == "gelu"
    plain &= config.get("position_embedding_type", "absolute") == "absolute" and not limits.get("do_lower_case")
    if not plain or kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    if modules[0]["path"] or not all((folder / name).is_file() for name in ("tokenizer.json", "model.safetensors")):
        return None
    pooling = _read_json(folder / modules[1]["path"] / "config.json")
    older = [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True]
    names = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    mode = pooling.get("pooling_mode") or (names.get(older[0]) if len(older) == 1 else None)
    if mode not in ("mean", "cls") or not pooling.get("include_prompt", True):
        return None
    positions = config["max_position_embeddings"]
    longest = limits.get("max_seq_length") or _read_json(folder / "tokenizer_config.json").get("model_max_length")
    return _Plan(config, mode, int(min(longest or positions, positions)))


def _prompts(folder: Path, preset: Preset | None) -> tuple[str, str]:
    """Return the prompts for questions and for passages: the preset's, or those in the model's own configuration."""
    if preset is not None:
        return preset.query_prompt, preset.passage_prompt
    own = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    # sentence-transformers' encode_document stops at an empty "document", which it adds itself, and misses "passage".
    return own.get("query") or "", next(filter(None, map(own.get, ("document", "passage", "corpus"))), "")


def _fingerprint(folder: Path, *facts: object) -> str:
    """Digest all that decides the vectors, without reading the weights through a slow hash.

    Each 8 MB of weights enters as the sums of its 1,024 columns of 64-bit words: any changed weight changes a sum, at
    the speed of memory (10 ms for 57 MB; sha256 takes 45 to 75). It finds changes; it is no proof against forgery.
    """
    digest = hashlib.sha256(repr(facts).encode())
    places = [folder, *(folder / module["path"] for module in _read_json(folder / "modules.json") or ())]
    names = ("config.json", "modules.json", "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json")
    for path in (place / name for place in dict.fromkeys(places) for name in names):
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in weight_files(folder):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}".encode())
        words = np.memmap(path, np.uint64, "r", shape=size // 8192 * 1024).reshape(-1, 1024)
        for start in range(0, len(words), 1024):
            digest.update(words[start : start + 1024].sum(axis=0, dtype=np.uint64).tobytes())
        with path.open("rb") as file:
            file.seek(size // 8192 * 8192)
            digest.update(file.read())
    return digest.hexdigest()[:16]


def _batches(lengths: Sequence[int], budget: int) -> Iterator[NDArray[np.intp]]:
    """Yield places in `lengths`, longest first, so many at a time that the tokens with padding stay within `budget`."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        count = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + count]
        start += count


def _device() -> "tuple[str, torch.dtype]":
    """Choose where torch computes and how precisely: bfloat16 only where the hardware multiplies in it."""
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return "cpu", torch.bfloat16 if able.get("amx_bf16") or able.get("avx512_bf16") else torch.float32


class BertEncoder:
    """A plain BERT from a folder, on the numpy engine or, for large amounts, on torch."""

    def __init__(self, name: str, folder: Path, plan: _Plan, preset: Preset | None) -> None:
        """Map the weights and read the tokenizer; raises ValueError or OSError when a file is damaged."""
        from tokenizers import Tokenizer

        config = plan.config
        tensors = read_tensors(folder / "model.safetensors")
        layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
        self._bert = Bert(tensors, layers, heads, config.get("layer_norm_eps", 1e-12), plan.pooling)
        if missing := self._bert.missing():
            raise ValueError(f"model.safetensors lacks {missing[0]}")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(plan.max_tokens)
        self._tokenizer.no_padding()
        self._max_tokens = plan.max_tokens
        self._prompts = _prompts(folder, preset)
        self._light: Engine | None = None
        self._heavy: Engine | None = None
        self.name = name
        self.dimension: int = config["hidden_size"]
        self.fingerprint = _fingerprint(folder, plan.pooling, plan.max_tokens, self._prompts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions: (n, dimension), float32, rows of length 1."""
        return self._encode(self._prompts[0], texts, None)

    def encode_passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """Encode passages: (n, dimension), float32, rows of length 1."""
        return self._encode(self._prompts[1], texts, on_progress)

    def encode_with_sentences(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode passages and their sentences in one pass.

        A sentence is the mean of its tokens within the passage ("late chunking", Günther et al. 2024): it keeps what
        the passage says about its pronouns, and costs nothing beside the passage itself.
        """
        if self._bert.pooling != "mean":
            return _apart(self, texts, spans)
        prompt = self._prompts[1]
        vectors = np.empty((len(texts), self.dimension), np.float32)
        parts: list[Vectors] = [np.zeros((len(own), self.dimension), np.float32) for own in spans]
        for start in range(0, len(texts), _AHEAD):
            encodings = self._tokenizer.encode_batch(
                [_cut(prompt + text, self._max_tokens * _CHARACTERS_A_TOKEN) for text in texts[start : start + _AHEAD]]
            )
            sentences = [encoding.ids for encoding in encodings]
            lengths = [len(ids) for ids in sentences]
            engine = self._engine(sum(lengths))
            for places in _batches(lengths, engine.tokens_at_once):
                states = engine.states([sentences[place] for place in places])
                first = 0
                for place in places:
                    own = states[first : (first := first + lengths[place])]
                    vectors[start + place] = own.mean(axis=0)
                    _mean_rows(own, encodings[place], spans[start + place], len(prompt), out=parts[start + place])
        return unit_rows(vectors), parts

    def _encode(self, prompt: str, texts: Sequence[str], on_progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _AHEAD):
            sentences = self._tokenise([prompt + text for text in texts[start : start + _AHEAD]])
            lengths = [len(ids) for ids in sentences]
            engine = self._engine(sum(lengths))
            for places in _batches(lengths, engine.tokens_at_once):
                vectors[start + places] = engine.encode([sentences[place] for place in places])
                if on_progress is not None:
                    on_progress(len(places))
        return vectors

    def _engine(self, tokens: int) -> Engine:
        if self._heavy is None and tokens >= _BULK_TOKENS:
            self._heavy = TorchBert(self._bert, *_device())
        if self._heavy is not None:
            return self._heavy
        if self._light is None:
            self._light = NumpyBert(self._bert)
        return self._light

    def _tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, cut at the maximum length, as if the whole text had been tokenised."""
        window = self._max_tokens * _CHARACTERS_A_TOKEN
        sentences = [encoding.ids for encoding in self._batch([_cut(text, window) for text in texts])]
        for place, text in enumerate(texts):
            # A cut text that does not fill the model (a page of blanks, one endless word): look further, cheaply.
            reach = window
            while reach < len(text) and len(sentences[place]) < self._max_tokens:
                reach *= 4
                sentences[place] = self._batch([_cut(text, reach)])[0].ids
        return sentences

    def _batch(self, texts: list[str]) -> list[Any]:
        if len(texts) == 1:  # without the thread pool, which takes milliseconds to start
            return [self._tokenizer.encode(texts[0])]
        encodings: list[Any] = self._tokenizer.encode_batch_fast(texts)
        return encodings


def _mean_rows(states: Vectors, encoding: Any, spans: Sequence[Span], shift: int, *, out: Vectors) -> None:
    """Write the unit mean of the token rows inside each span; `shift` characters of prompt stand before the text."""
    offsets = np.array(encoding.offsets, np.int64)
    inner = np.flatnonzero(np.array(encoding.special_tokens_mask) == 0)
    starts, ends = offsets[inner, 0], offsets[inner, 1]
    for number, (start, end) in enumerate(spans):
        low = int(np.searchsorted(starts, start + shift, "left"))
        high = int(np.searchsorted(ends, end + shift, "right"))
        if low < high:
            out[number] = states[inner[low] : inner[high - 1] + 1].mean(axis=0)
    unit_rows(out)


def _apart(encoder: Encoder, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
    """Encode passages, and their sentences each by itself, for models whose token rows do not stand for a sentence."""
    flat = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
    rows = encoder.encode_passages(flat)
    borders = np.cumsum([len(own) for own in spans])[:-1]
    return encoder.encode_passages(texts), list(np.split(rows, borders))


def _cut(text: str, window: int) -> str:
    """Return at most `window` characters, ending at a blank where there is one; half surrogates become `?`."""
    if len(text) > window:
        text = text[: max(text.rfind(" ", 0, window), text.rfind("\n", 0, window)) + 1 or window]
    return text.encode("utf-8", "replace").decode("utf-8")


class SentenceTransformerEncoder:
    """Any other model, run by sentence-transformers."""

    def __init__(self, name: str, folder: Path, preset: Preset | None) -> None:
        """Load the model; raises whatever sentence-transformers raises when a file is damaged."""
        import torch

        with _quiet():
            from sentence_transformers import SentenceTransformer

            device, precision = _device()
            # Weights in float32 whatever the file holds: float16 is slow on a CPU, and out of range for some models.
            self._model = SentenceTransformer(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": torch.float32},
            )
            self._model.eval()
        self._prompts = _prompts(folder, preset)
        self._autocast = torch.autocast(device, dtype=torch.bfloat16, enabled=precision == torch.bfloat16)
        self._budget = 2048 if device == "cpu" else 32_768
        longest = self._model.max_seq_length
        self._max_tokens = int(longest) if longest and longest < sys.maxsize else None
        self.name = name
        self.dimension = len(self._model.encode("", show_progress_bar=False))
        self.fingerprint = _fingerprint(folder, self._max_tokens, self._prompts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions: (n, dimension), float32, rows of length 1."""
        return self._encode(self._model.encode_query, self._prompts[0], texts, None)

    def encode_passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """Encode passages: (n, dimension), float32, rows of length 1."""
        return self._encode(self._model.encode_document, self._prompts[1], texts, on_progress)

    def encode_with_sentences(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode passages and, each by itself, their sentences."""
        return _apart(self, texts, spans)

    def _encode(
        self, encode: Callable[..., Any], prompt: str, texts: Sequence[str], on_progress: Progress | None
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        # The tokenizer would read all of an endless text to keep its beginning; 64 characters a token keep far more.
        readable = [_cut(text, 64 * self._max_tokens if self._max_tokens else len(text)) for text in texts]
        lengths = [min(len(text) // 4 + 8, self._max_tokens or len(text)) for text in readable]
        for places in _batches(lengths, self._budget):
            batch = [readable[place] for place in places]
            with self._autocast:
                rows = encode(batch, prompt=prompt, batch_size=len(batch), show_progress_bar=False)
            vectors[places] = unit_rows(np.asarray(rows, np.float32))
            if on_progress is not None:
                on_progress(len(places))
        return vectors


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep libraries from talking while a model loads; what matters arrives as an exception."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from transformers.utils import logging as reports

            bars = reports.is_progress_bar_enabled()
            reports.disable_progress_bar()  # type: ignore[no-untyped-call]
            try:
                yield
            finally:
                if bars:
                    reports.enable_progress_bar()  # type: ignore[no-untyped-call]
    finally:
        logging.disable(logging.NOTSET)
