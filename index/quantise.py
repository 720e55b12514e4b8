"""Sentence vectors as what they have of their passage's vector, and the rest in two bits a number (pure).

A sentence of news points much where its passage does (a cosine of 0.8 to 0.9), so most of it is said by one number. The
rest is divided by its root mean square and cut into fours; each four becomes one byte, its signs and the nearest of 16
patterns of sizes, which together lose 0.102 of a normal distribution's variance where two bits for each number by
itself lose 0.117 (Max 1960, "Quantizing for minimum distortion"). That is 100 bytes instead of 1,536 at 384 dimensions,
and what it costs in ranking is in docs/performance.md.
"""

from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TOGETHER = 4  # numbers that become one byte
# Each pattern is the mean of what becomes it, in any order of its sizes (Lloyd's algorithm under that condition, run on
# normal numbers): four small ones; one or two that stand out; one that stands out by far; four large ones.
_SIZES = (
    (0.361, 0.361, 0.361, 0.361),
    (0.434, 0.434, 0.434, 1.188),
    (0.598, 0.598, 0.598, 2.310),
    (0.528, 0.528, 1.474, 1.474),
    (1.481, 1.481, 1.481, 1.481),
)
_PATTERNS = np.array([order for sizes in _SIZES for order in sorted({*permutations(sizes)})], np.float32)  # (16, 4)
_SIGNS = 1 - 2 * (np.arange(16)[:, None] >> np.arange(TOGETHER) & 1).astype(np.float32)  # (16, 4), the low bit first
LEVELS = (_SIGNS[:, None] * _PATTERNS).reshape(256, TOGETHER)  # what a byte stands for: signs high, pattern low
_AS_ONE = LEVELS.view(np.complex128).ravel()  # each four as one number of 16 bytes, which numpy gathers in one go


class Sentences(NamedTuple):
    """Vectors of sentences: (s, dimension / 4 rounded up) uint8; (s, 2) float16 factors, of the passage and of them."""

    packed: NDArray[np.uint8]
    scales: NDArray[np.float16]


def quantised(rows: NDArray[np.float32], passage: NDArray[np.float32]) -> Sentences:
    """Pack (s, dimension) rows, of any length, beside the (dimension,) unit vector of their passage.

    The scales are chosen so that the products of what is packed with the passage and with the row that it stands for
    are right (as in Gao & Long 2024, RaBitQ), not so that it is nearest: cosines come out without a bias towards zero.
    """
    along = rows @ passage
    rest = rows - along[:, None] * passage
    squares = np.einsum("ij,ij->i", rest, rest)
    spread = np.sqrt(squares / max(1, rest.shape[1]))
    padded = _padded(rest)
    fours = (padded / np.where(spread > 0, spread, 1)[:, None]).reshape(-1, padded.shape[1] // TOGETHER, TOGETHER)
    far = np.einsum("ij,ij->i", _PATTERNS, _PATTERNS) - 2 * (np.abs(fours) @ _PATTERNS.T)  # but for the four's own size
    signs = np.packbits(fours < 0, axis=2, bitorder="little")[..., 0]
    packed = (signs << 4 | far.argmin(axis=2)).astype(np.uint8)
    levels = _unscaled(packed)
    met = np.einsum("ij,ij->i", levels, padded)
    scales = np.divide(squares, met, out=np.zeros_like(squares), where=met > 0)
    along -= scales * (levels @ _padded(passage))  # what the levels, unlike the rest, have of the passage
    return Sentences(packed, np.stack([along, scales], axis=1).astype(np.float16))


def products(
    sentences: Sentences, query: NDArray[np.float32], whole: float | NDArray[np.float32]
) -> NDArray[np.float32]:
    """(s,) inner products of each sentence with one (dimension,) vector.

    `whole`: that of the vectors of their passages, one for all or (s,).
    """
    along, scales = sentences.scales.astype(np.float32).T
    found: NDArray[np.float32] = along * whole + scales * (_unscaled(sentences.packed) @ _padded(query))
    return found


def unpacked(sentences: Sentences, passage: NDArray[np.float32]) -> NDArray[np.float32]:
    """(s, dimension) rows, as near to the original ones as that is, beside the vector of their passage."""
    along, scales = sentences.scales.astype(np.float32).T[..., None]
    found: NDArray[np.float32] = along * passage + scales * _unscaled(sentences.packed)[:, : len(passage)]
    return found


def _unscaled(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(s, dimension, padded) numbers that the bytes stand for."""
    levels: NDArray[np.float32] = np.take(_AS_ONE, packed).view(np.float32)
    return levels


def _padded(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """With zeros at the end of each row, so that it falls into fours."""
    missing = -rows.shape[-1] % TOGETHER
    if not missing:
        return rows
    found: NDArray[np.float32] = np.concatenate([rows, np.zeros((*rows.shape[:-1], missing), np.float32)], axis=-1)
    return found
