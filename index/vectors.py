"""All segments of one state of the index, searched: exactly, or by codes when there are many passages.

A passage is found by its own vector and then weighed by its best sentence: a question is about as long as a sentence
and is answered by one, and on the development sets that order is far better (docs/quality.md).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from index.quantise import Sentences, products
from index.rows import Encoded, Rows, SegmentName
from index.segment import Segment

KINDS = ("auto", "exact", "codes")  # of search over all passages
EXACT_UP_TO = 50_000  # passages that "auto" searches exactly: some 4 ms
REFINED = 2_048  # passages, best by code, that are weighed by their vectors, dealt out to the segments,
REFINED_OF_EACH = 512  # of each of which there are at least so many


class Near(NamedTuple):
    """How near a passage is to a unit vector: its own cosine, the best of its sentences' (or its own), all of these."""

    whole: float
    best: float
    sentences: NDArray[np.float32]  # (s,)


class VectorStore(Protocol):
    """The vectors of one visible state of an index."""

    dimension: int
    kind: str

    @property
    def held(self) -> int:
        """How many passages lie there, also those that are gone."""

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None, *, exact: bool = False
    ) -> list[tuple[int, float]]:
        """As `Vectors.search`."""

    def near(self, query: NDArray[np.float32], numbers: Sequence[int]) -> dict[int, Near]:
        """As `Vectors.near`."""

    def lookup(self, numbers: Sequence[int]) -> dict[int, Encoded]:
        """As `Vectors.lookup`."""

    def figures(self) -> dict[str, Any]:
        """Where the vectors lie and how they are searched."""


class Vectors:
    """All segments of one visible state of the index."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[SegmentName],
        dimension: int,
        removed: NDArray[np.int64] | None = None,
        *,
        kind: str = "auto",
    ) -> None:
        """Map the segments. `removed`: passages that still lie in a segment but are gone. Raises IndexUnusableError.

        `kind`: one of KINDS.
        """
        self.dimension = dimension
        self.segments = [Segment(folder, name, dimension) for name in names if name.passages]
        gone = removed if removed is not None else np.empty(0, np.int64)
        self._alive = [_alive(segment, gone) for segment in self.segments]
        coded = any(segment.coded for segment in self.segments)
        many = self.held - len(gone) > EXACT_UP_TO
        self.kind = "codes" if coded and (kind == "codes" or (kind == "auto" and many)) else "exact"

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None, *, exact: bool = False
    ) -> list[tuple[int, float]]:
        """Ranking of at most `k` passages by inner product with one (dimension,) query vector.

        Best first, equal scores in order of number. `allowed`: only these passages. Passages removed never come.
        Exact when `kind` is, when asked for, and whenever `allowed` is given: a filter restricts the search.
        """
        by_codes = self.kind == "codes" and allowed is None and not exact
        found: list[tuple[int, float]] = []
        for segment, alive in zip(self.segments, self._alive, strict=True):
            kept = alive
            if allowed is not None:
                kept = np.zeros(segment.name.passages, np.bool_)
                kept[segment.places(allowed)] = True
                kept &= True if alive is None else alive
            if kept is not None and not kept.any():
                continue
            if by_codes and segment.coded:
                found += segment.near(query, k, kept, max(REFINED_OF_EACH, REFINED // len(self.segments)))
            else:
                found += segment.exact(query, k, kept)
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return found[:k]

    def near(self, query: NDArray[np.float32], numbers: Sequence[int]) -> dict[int, Near]:
        """How near each of these passages is to one (dimension,) unit vector; unknown numbers are left out."""
        wanted = np.array(sorted({*numbers}), np.int64)
        found: dict[int, Near] = {}
        for segment in self.segments:
            places = segment.places(wanted)
            if len(places):
                found |= _near(segment.rows, places, query)
        return found

    @property
    def held(self) -> int:
        """How many passages lie there, also those that are gone."""
        return sum(segment.name.passages for segment in self.segments)

    def figures(self) -> dict[str, Any]:
        """Where the vectors lie and how they are searched."""
        return {"kind": self.kind, "segments": len(self.segments)}

    def lookup(self, numbers: Sequence[int]) -> dict[int, Encoded]:
        """The passages that lie in some segment, by number; unknown numbers are left out."""
        wanted = np.array(sorted({*numbers}), np.int64)  # np.unique would import numpy.ma
        found: dict[int, Encoded] = {}
        for segment in self.segments:
            found |= segment.lookup(wanted)
        return found


def _alive(segment: Segment, removed: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Of each passage of a segment, whether it is still there; None when all are."""
    gone = segment.places(removed)
    if not len(gone):
        return None
    alive = np.ones(segment.name.passages, np.bool_)
    alive[gone] = False
    return alive


def _near(rows: Rows, places: NDArray[np.intp], query: NDArray[np.float32]) -> dict[int, Near]:
    """`Vectors.near` within one segment, for the passages at these places: two products of matrices for all of them."""
    whole = rows.vectors[places].astype(np.float32) @ query
    begins, ends = rows.starts[places].astype(np.int64), rows.starts[places + 1].astype(np.int64)
    counts = ends - begins
    stops = np.cumsum(counts)
    own = np.arange(stops[-1]) + np.repeat(begins - (stops - counts), counts)  # the places of their sentences
    packed, scales = rows.sentences
    cosines = products(Sentences(packed[own], scales[own]), query, np.repeat(whole, counts))
    best = whole.copy()
    if len(own):
        best[counts > 0] = np.maximum.reduceat(cosines, (stops - counts)[counts > 0])
    spans = zip((stops - counts).tolist(), stops.tolist(), strict=True)
    sentences = [cosines[start:stop] for start, stop in spans]
    return dict(zip(rows.numbers[places].tolist(), map(Near, whole.tolist(), best.tolist(), sentences), strict=True))


def near_of(query: NDArray[np.float32], passages: Mapping[int, Encoded]) -> dict[int, Near]:
    """`Vectors.near` of passages that are at hand, by number."""
    found = {}
    for number, passage in passages.items():
        whole = float(passage.vector @ query)
        cosines = products(passage.sentences, query, whole)
        found[number] = Near(whole, float(cosines.max(initial=-1)) if len(cosines) else whole, cosines)
    return found
