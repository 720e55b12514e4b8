"""Sentence vectors in four bits a number (pure).

A row is divided by its root mean square, and each number becomes the nearest of the 16 levels that lose least of a
normal distribution (Max 1960, "Quantizing for minimum distortion", table I): 194 bytes instead of 1,536 at 384
dimensions, and cosines with an error near 0.005. What that costs in ranking is in docs/performance.md.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_HALF = np.array([0.1284, 0.3881, 0.6568, 0.9424, 1.2562, 1.6181, 2.0691, 2.7326], np.float32)
LEVELS = np.concatenate([-_HALF[::-1], _HALF])
_BOUNDS = (LEVELS[1:] + LEVELS[:-1]) / 2
# The two levels that a byte stands for, as one number of eight bytes: numpy gathers those six times as fast as pairs.
_PAIRS = np.stack([np.tile(LEVELS, 16), np.repeat(LEVELS, 16)], axis=1).view(np.uint64).ravel()


class Sentences(NamedTuple):
    """Vectors of sentences: (s, dimension / 2 rounded up) uint8, low half first, and (s,) float16 scales."""

    packed: NDArray[np.uint8]
    scales: NDArray[np.float16]


def quantised(rows: NDArray[np.float32]) -> Sentences:
    """Pack (s, dimension) rows, of any length; a row of zeros stays one.

    The scale is chosen so that the packed row's product with the row itself is right (as in Gao & Long 2024, RaBitQ),
    not so that it is nearest: cosines come out without a bias towards zero.
    """
    squares = np.einsum("ij,ij->i", rows, rows)
    spread = np.sqrt(squares / max(1, rows.shape[1]))
    codes = np.searchsorted(_BOUNDS, rows / np.where(spread > 0, spread, 1)[:, None]).astype(np.uint8)
    along = np.einsum("ij,ij->i", LEVELS[codes], rows)
    scales = np.divide(squares, along, out=np.zeros_like(squares), where=along > 0)
    if codes.shape[1] % 2:
        codes = np.pad(codes, ((0, 0), (0, 1)))
    return Sentences((codes[:, ::2] | codes[:, 1::2] << 4).astype(np.uint8), scales.astype(np.float16))


def products(sentences: Sentences, query: NDArray[np.float32]) -> NDArray[np.float32]:
    """(s,) inner products of each sentence with one (dimension,) vector."""
    padded = np.pad(query, (0, len(query) % 2))
    found: NDArray[np.float32] = _levels(sentences) @ padded
    return found * sentences.scales.astype(np.float32)


def unpacked(sentences: Sentences, dimension: int) -> NDArray[np.float32]:
    """(s, dimension) rows, as near to the original ones as four bits are."""
    found: NDArray[np.float32] = _levels(sentences)[:, :dimension] * sentences.scales.astype(np.float32)[:, None]
    return found


def _levels(sentences: Sentences) -> NDArray[np.float32]:
    levels: NDArray[np.float32] = _PAIRS[sentences.packed].view(np.float32)
    return levels
