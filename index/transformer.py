"""BERT's forward pass over mapped safetensors, in numpy: for a question; `index.torch_bert` is its twin for an archive.

Both engines read the same tensors and run the same steps, so that one contract covers them: their rows agree to 1e-5
in float32 and to a cosine of 0.999 in bfloat16. Sentences lie end to end in one matrix of tokens, without padding and
so without masks; only attention looks at sentences one by one. What this module is not: a loader of any model. All but
plain BERT goes through sentence-transformers (`index.encoder`).

The architecture is that of Devlin et al. 2019, "BERT" (layer norm after each sum, learned positions, erf GELU).
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.batching import Places, Progress

Floats = NDArray[np.float32]
Pair = tuple[Floats, Floats]  # a matrix (out, in) or a norm's scale, and its bias

_JOINED = ("attention.self.query", "attention.self.key", "attention.self.value")
_SINGLE = (
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
)
# Rows of activations worked on at once in element-wise steps: 32 × 1,536 floats and two scratch copies stay in cache.
_ROWS = 32
_FEW_ROWS = 64
_ONE_THREAD = 4 * 65_536  # multiplications up to which OpenBLAS stays on one thread (its interface/gemm.c)
_MANY_THREADS = os.environ.get("OPENBLAS_NUM_THREADS") != "1"  # every command keeps it to one, a script may not


class Engine(Protocol):
    """Turns token ids into unit vectors."""

    tokens_at_once: int  # the batch size, in tokens, that suits the engine

    def encode(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Return a unit row for each sentence of token ids, special tokens included: (n, width), float32, n ≥ 1."""
        ...

    def states(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Return the last layer's row for each token, the sentences end to end: (tokens, width), float32."""
        ...

    def each(
        self, work: Callable[[Places], None], batches: Iterable[Places], on_progress: Progress | None = None
    ) -> None:
        """Do `work`, which calls the engine, on every batch: in any order, several at a time where that is faster.

        `on_progress` is told, in the thread that calls, how many more sentences are done.
        """
        ...


@dataclass(frozen=True, slots=True)
class Bert:
    """The weights of one BERT: mapped tensors by name, and what their shapes do not say."""

    tensors: dict[str, NDArray[Any]]  # float32, float16, or bfloat16 as raw uint16
    layers: int
    heads: int
    epsilon: float
    pooling: str  # "mean" or "cls"

    def missing(self) -> list[str]:
        """Name the tensors that the forward pass needs and the file does not have."""
        names = [f"embeddings.{part}_embeddings.weight" for part in ("word", "position", "token_type")]
        parts = [f"encoder.layer.{n}.{part}" for n in range(self.layers) for part in _JOINED + _SINGLE]
        names += [f"{part}.{kind}" for part in ("embeddings.LayerNorm", *parts) for kind in ("weight", "bias")]
        return [name for name in names if name not in self.tensors]

    def float32(self, name: str) -> Floats:
        """Copy one tensor out as float32."""
        return widen(self.tensors[name])

    def pair(self, part: str) -> Pair:
        """Copy the weight and bias of one part out as float32."""
        return self.float32(f"{part}.weight"), self.float32(f"{part}.bias")

    def layer(self, number: int) -> list[Pair]:
        """Return a layer's six pairs in the order of use; query, key and value are joined to one matrix."""
        prefix = f"encoder.layer.{number}."
        joined = [self.pair(prefix + part) for part in _JOINED]
        query_key_value = (np.concatenate([w for w, _ in joined]), np.concatenate([b for _, b in joined]))
        return [query_key_value, *(self.pair(prefix + part) for part in _SINGLE)]


def widen(array: NDArray[Any]) -> Floats:
    """Copy to float32 from float32, float16 (finite numbers), or bfloat16 stored as uint16."""
    if array.dtype == np.uint16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    if array.dtype != np.float16:
        return array.astype(np.float32)
    # Half the time of astype, which converts number by number: move the bits to where float32 has them (the sign is
    # smeared over four bits and cut back to one), then mend the exponent's bias by a product, subnormals included.
    bits = array.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x70002000)
    wide = bits.view(np.float32)
    wide *= np.float32(2.0**112)
    return wide


def runs(sentences: Sequence[Sequence[int]]) -> Iterator[tuple[slice, int]]:
    """Yield (rows of tokens, length) for each run of neighbours of equal length."""
    start = 0
    for length, group in groupby(map(len, sentences)):
        stop = start + length * sum(1 for _ in group)
        yield slice(start, stop), length
        start = stop


def unit_rows(vectors: Floats) -> Floats:
    """Scale the rows to length 1 in place (a zero row stays zero), and return them."""
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
    return vectors


def pooled(states: Floats, sentences: Sequence[Sequence[int]], pooling: str) -> Floats:
    """Pool token rows into a unit row for each sentence, by their mean or by the first: (n, width), float32."""
    spans = [states[rows].reshape(-1, length, states.shape[1]) for rows, length in runs(sentences)]
    return unit_rows(np.concatenate([span.mean(axis=1) if pooling == "mean" else span[:, 0] for span in spans]))


class NumpyBert:
    """The forward pass in numpy: ready a few hundredths of a second after the weights are mapped."""

    tokens_at_once = 2048

    def __init__(self, bert: Bert) -> None:
        """Widen the layers to float32 once; rows of the word embeddings are widened as they are looked up."""
        self._bert = bert
        self._layers = [bert.layer(number) for number in range(bert.layers)]
        self._passes = 0
        self._norm = bert.pair("embeddings.LayerNorm")
        self._word = bert.tensors["embeddings.word_embeddings.weight"]
        self._place = bert.float32("embeddings.position_embeddings.weight")
        self._place += bert.float32("embeddings.token_type_embeddings.weight")[0]

    def encode(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Return a unit row for each sentence of token ids: (n, width), float32, n ≥ 1."""
        return pooled(self.states(sentences), sentences, self._bert.pooling)

    def states(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Return the last layer's row for each token, the sentences end to end: (tokens, width), float32."""
        self._lay_out()
        layout = list(runs(sentences))
        hidden = widen(self._word[np.concatenate([np.asarray(ids, np.int64) for ids in sentences])])
        hidden += np.concatenate([self._place[: len(ids)] for ids in sentences])
        epsilon = self._bert.epsilon
        _normalise(hidden, self._norm, epsilon)
        for query_key_value, out, norm, up, down, last_norm in self._layers:
            hidden += _linear(self._attend(_linear(hidden, query_key_value), layout), out)
            _normalise(hidden, norm, epsilon)
            inner = _linear(hidden, up)
            _gelu(inner)
            hidden += _linear(inner, down)
            _normalise(hidden, last_norm, epsilon)
        return hidden

    def each(
        self, work: Callable[[Places], None], batches: Iterable[Places], on_progress: Progress | None = None
    ) -> None:
        """Do `work` on every batch, one after the other: OpenBLAS has threads of its own."""
        for places in batches:
            work(places)
            if on_progress is not None:
                on_progress(len(places))

    def _lay_out(self) -> None:
        """From the second pass on keep matrices column by column, which BLAS reads half as fast again.

        That takes as long as five questions gain by it: too long for a command that asks one.
        """
        self._passes += 1
        if self._passes == 2:
            self._layers = [
                [(np.asfortranarray(weight) if weight.ndim == 2 else weight, bias) for weight, bias in layer]
                for layer in self._layers
            ]

    def _attend(self, joined: Floats, layout: list[tuple[slice, int]]) -> Floats:
        width, heads = joined.shape[1] // 3, self._bert.heads
        scale = np.float32((width // heads) ** -0.5)
        context = np.empty((len(joined), width), np.float32)
        for rows, length in layout:
            # One sentence and some rows of its scores at a time: they stay in cache, and on one thread (see `_linear`).
            step = max(1, _ONE_THREAD * heads // (length * width))
            for first in range(rows.start, rows.stop, length):
                own = joined[first : first + length].reshape(length, 3, heads, -1)
                query, key, value = own.transpose(1, 2, 0, 3)
                attended = context[first : first + length].reshape(length, heads, -1).transpose(1, 0, 2)
                for top in range(0, length, step):
                    scores = (query[:, top : top + step] * scale) @ key.transpose(0, 2, 1)
                    scores -= scores.max(axis=-1, keepdims=True)
                    np.exp(scores, out=scores)
                    attended[:, top : top + step] = (scores @ value) / scores.sum(axis=-1, keepdims=True)
        return context


def _linear(rows: Floats, pair: Pair) -> Floats:
    weight, bias = pair
    work = weight.shape[1] * len(rows)
    if _MANY_THREADS and len(rows) <= _FEW_ROWS and work <= _ONE_THREAD:
        # A question: in pieces that OpenBLAS computes on the calling thread. Two threads would save some 3 ms on an
        # idle machine, and lose a second on a busy one, where each of 24 products waits for a thread to get its turn.
        step = math.gcd(len(weight), 1 << (_ONE_THREAD // work).bit_length() - 1)
        pieces = rows @ weight.T.reshape(weight.shape[1], -1, step).transpose(1, 0, 2)
        product: Floats = pieces.transpose(1, 0, 2).reshape(len(rows), -1)
    else:
        product = rows @ weight.T
    product += bias
    return product


def _normalise(rows: Floats, pair: Pair, epsilon: float) -> None:
    for start in range(0, len(rows), _ROWS):
        x = rows[start : start + _ROWS]
        x -= x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
        x *= (1 / np.sqrt(variance + np.float32(epsilon)))[:, None]
        x *= pair[0]
        x += pair[1]


def _gelu(activations: Floats) -> None:
    """Apply x·Φ(x) in place, as max(x, 0) − |x|/2·erfc(|x|/√2).

    erfc after Abramowitz & Stegun 7.1.26, |error| ≤ 1.5e-7: numpy has none, and scipy would cost a slow import.
    """
    for start in range(0, len(activations), _ROWS):
        x = activations[start : start + _ROWS]
        size = np.abs(x)
        z = size * np.float32(0.5**0.5)
        t = z * np.float32(0.3275911)
        t += 1
        np.reciprocal(t, out=t)
        erfc = t * np.float32(1.061405429)
        for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
            erfc += np.float32(coefficient)
            erfc *= t
        z *= -z
        erfc *= np.exp(z, out=z)
        size *= np.float32(0.5)
        erfc *= size
        np.maximum(x, 0, out=x)
        x -= erfc
