"""What a segment holds, in memory: passages in order of number, their vectors and those of their sentences."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from index.quantise import Sentences


class SegmentName(NamedTuple):
    """A segment as the catalogue knows it: its number, its first and last passage, its size, its checksum (CRC-32)."""

    segment: int
    first: int
    last: int
    passages: int
    crc32: int

    def file(self, folder: Path) -> Path:
        """Where it lies."""
        return folder / f"{self.segment:06d}.safetensors"


class Encoded(NamedTuple):
    """One passage as the index keeps it: its (dimension,) vector, and those of its sentences."""

    vector: NDArray[np.float32]
    sentences: Sentences


class Rows(NamedTuple):
    """Passages of a segment in order of number: (n,) int64, (n, dimension) float16, (n + 1,) uint32, their sentences.

    The sentences of passage i are those from starts[i] to starts[i + 1].
    """

    numbers: NDArray[np.int64]
    vectors: NDArray[np.float16]
    starts: NDArray[np.uint32]
    sentences: Sentences

    @classmethod
    def of(cls, numbers: NDArray[np.int64], encoded: Sequence[Encoded]) -> Self:
        """Rows of `encoded`, one for each of the ascending `numbers`."""
        return cls(
            numbers,
            np.stack([passage.vector for passage in encoded]).astype(np.float16),
            _starts([len(passage.sentences.packed) for passage in encoded]),
            _joined([passage.sentences for passage in encoded]),
        )

    def without(self, removed: NDArray[np.int64]) -> "Rows":
        """Only the passages that are not among `removed`."""
        keep = ~np.isin(self.numbers, removed)
        if keep.all():
            return self
        counts = np.diff(self.starts)
        chosen = np.repeat(keep, counts)
        sentences = Sentences(self.sentences.packed[chosen], self.sentences.scales[chosen])
        return Rows(self.numbers[keep], self.vectors[keep], _starts(counts[keep]), sentences)

    @classmethod
    def joined(cls, parts: Sequence["Rows"]) -> Self:
        """Rows of neighbouring segments in one."""
        return cls(
            np.concatenate([part.numbers for part in parts]),
            np.concatenate([part.vectors for part in parts]),
            _starts(np.concatenate([np.diff(part.starts) for part in parts])),
            _joined([part.sentences for part in parts]),
        )


def _starts(counts: Sequence[int] | NDArray[Any]) -> NDArray[np.uint32]:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.uint32)


def _joined(parts: Sequence[Sentences]) -> Sentences:
    return Sentences(np.concatenate([part.packed for part in parts]), np.concatenate([part.scales for part in parts]))
