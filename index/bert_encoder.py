"""A plain BERT folder as an encoder: a question needs numpy only, an archive is worth importing torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.batching import Places, Progress, Span, Vectors, apart, batches, cut, device
from index.model_folder import BertPlan, fingerprint, prompts
from index.presets import Preset
from index.tensor_file import read_tensors
from index.transformer import Bert, Engine, NumpyBert, unit_rows

# Texts tokenised ahead of encoding, and sorted by length together: enough for full batches, few enough for flat memory.
_AHEAD = 4096
# Below this many tokens in one call (some 75 passages) importing torch costs more than it saves: scripts.bench_switch.
_BULK_TOKENS = 12_000
# No word piece that occurs in running text is longer than this, on average over a text; `_tokenise` checks.
_CHARACTERS_A_TOKEN = 16


class BertEncoder:
    """A plain BERT from a folder, on the numpy engine or, for large amounts, on torch."""

    def __init__(self, name: str, folder: Path, plan: BertPlan, preset: Preset | None) -> None:
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
        self._prompts = prompts(folder, preset)
        self._light: Engine | None = None
        self._heavy: Engine | None = None
        self.name = name
        self.dimension: int = config["hidden_size"]
        self.fingerprint = fingerprint(folder, plan.pooling, plan.max_tokens, self._prompts)

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
            return apart(self.encode_passages, texts, spans)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        parts: list[Vectors] = [np.zeros((len(own), self.dimension), np.float32) for own in spans]
        for start in range(0, len(texts), _AHEAD):
            some = slice(start, start + _AHEAD)
            self._fill(texts[some], spans[some], vectors[some], parts[some])
        return unit_rows(vectors), parts

    def _fill(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], vectors: Vectors, parts: Sequence[Vectors]
    ) -> None:
        """Write the mean of each passage's tokens and the unit mean of each of its sentences' tokens."""
        prompt = self._prompts[1]
        encodings = self._tokenizer.encode_batch(
            [cut(prompt + text, self._max_tokens * _CHARACTERS_A_TOKEN) for text in texts]
        )
        sentences = [encoding.ids for encoding in encodings]
        lengths = [len(ids) for ids in sentences]
        engine = self._engine(sum(lengths))

        def work(places: Places) -> None:
            states = engine.states([sentences[place] for place in places])
            first = 0
            for place in places:
                own = states[first : (first := first + lengths[place])]
                vectors[place] = own.mean(axis=0)
                _mean_rows(own, encodings[place], spans[place], len(prompt), out=parts[place])

        engine.each(work, batches(lengths, engine.tokens_at_once))

    def _encode(self, prompt: str, texts: Sequence[str], on_progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _AHEAD):
            some = slice(start, start + _AHEAD)
            self._fill_whole([prompt + text for text in texts[some]], vectors[some], on_progress)
        return vectors

    def _fill_whole(self, texts: Sequence[str], vectors: Vectors, on_progress: Progress | None) -> None:
        sentences = self._tokenise(texts)
        lengths = [len(ids) for ids in sentences]
        engine = self._engine(sum(lengths))

        def work(places: Places) -> None:
            vectors[places] = engine.encode([sentences[place] for place in places])

        engine.each(work, batches(lengths, engine.tokens_at_once), on_progress)

    def _engine(self, tokens: int) -> Engine:
        if self._heavy is None and tokens >= _BULK_TOKENS:
            from index.torch_bert import TorchBert

            self._heavy = TorchBert(self._bert, *device())
        if self._heavy is not None:
            return self._heavy
        if self._light is None:
            self._light = NumpyBert(self._bert)
        return self._light

    def _tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, cut at the maximum length, as if the whole text had been tokenised."""
        window = self._max_tokens * _CHARACTERS_A_TOKEN
        sentences = [encoding.ids for encoding in self._batch([cut(text, window) for text in texts])]
        for place, text in enumerate(texts):
            # A cut text that does not fill the model (a page of blanks, one endless word): look further, cheaply.
            reach = window
            while reach < len(text) and len(sentences[place]) < self._max_tokens:
                reach *= 4
                sentences[place] = self._batch([cut(text, reach)])[0].ids
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
