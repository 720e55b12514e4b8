"""Segments: immutable files of passage vectors (FAISS) and of the vectors of their sentences, searched exactly.

A segment holds a range of passages; its FAISS ids are the passage numbers. It is written once, mapped for reading and
never edited: passages that went are left out of the search by number, until a merge drops them.

A passage is found by its own vector and then weighed by its best sentence: a question is about as long as a sentence
and is answered by one, and on the development sets that order is far better (docs/quality.md).
"""

import json
import os
import zlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import IndexUnusableError

SUFFIXES = (".faiss", ".sentences.npy", ".starts.npy", ".crc32.json")
STEP = 1 / 256  # of the 8-bit numbers that sentence vectors are kept in: errors of a cosine stay near 0.001
TIE_MARGIN = 32  # fetched beyond k, so that equal scores at the cut are chosen by number and not by chance


class SegmentName(NamedTuple):
    """A segment as the catalogue knows it: its number, the passages it may hold (both ends included), its size."""

    segment: int
    first: int
    last: int
    passages: int

    def files(self, folder: Path) -> list[Path]:
        """Its files: FAISS index, sentence vectors, where each passage's sentences start, checksums of these three."""
        return [folder / f"{self.segment:06d}{suffix}" for suffix in SUFFIXES]


class Encoded(NamedTuple):
    """A passage as the index keeps it: its (dimension,) vector, and its sentences' as (s, dimension) int8 in STEPs."""

    vector: NDArray[np.float32]
    sentences: NDArray[np.int8]


def quantised(sentences: NDArray[np.float32]) -> NDArray[np.int8]:
    """Sentence vectors (s, dimension) in 8-bit STEPs."""
    rounded: NDArray[np.int8] = np.clip(np.rint(sentences / STEP), -127, 127).astype(np.int8)
    return rounded


def write_segment(folder: Path, name: SegmentName, numbers: NDArray[np.int64], encoded: Sequence[Encoded]) -> None:
    """Write the files of a segment durably. Until the catalogue names them they do not count.

    `numbers`: (n,) ascending passage numbers, one for each of `encoded`. Raises OSError.
    """
    faiss_file, sentences_file, starts_file, sums_file = name.files(folder)
    vectors = np.stack([passage.vector for passage in encoded])
    flat = faiss.IndexFlatIP(vectors.shape[1])
    mapped = faiss.IndexIDMap(flat)
    mapped.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.ascontiguousarray(numbers, dtype=np.int64))
    try:
        faiss.write_index(mapped, str(faiss_file))
    except RuntimeError as error:  # FAISS reports a full disk in its own way
        raise OSError(f"{faiss_file}: {error}") from error
    np.save(sentences_file, np.concatenate([passage.sentences for passage in encoded]))
    np.save(starts_file, np.cumsum([0] + [len(passage.sentences) for passage in encoded], dtype=np.int64))
    sums_file.write_text(json.dumps([_checksum(path) for path in (faiss_file, sentences_file, starts_file)]))
    for path in name.files(folder):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def damaged_files(folder: Path, name: SegmentName) -> list[Path]:
    """Files of a segment that are not, byte for byte, what was written."""
    *files, sums_file = name.files(folder)
    try:
        sums = json.loads(sums_file.read_text())
        return [path for path, sum_ in zip(files, sums, strict=True) if _checksum(path) != sum_]
    except (OSError, ValueError, TypeError):
        return [sums_file]


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            found = zlib.crc32(piece, found)
    return found


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Segment:
    """One segment file, mapped into memory."""

    def __init__(self, folder: Path, name: SegmentName, dimension: int) -> None:
        """Map the file. Raises IndexUnusableError when it is missing, damaged or of another shape."""
        self.name = name
        path, sentences_file, starts_file, _ = name.files(folder)
        hint = "run `telusur index PATH… --fresh` to rebuild the index"
        try:
            # IFC: the mapped pages are used where they lie; opening costs milliseconds at any size.
            self._mapped = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
            self._sentences: NDArray[np.int8] = np.load(sentences_file, mmap_mode="r")
            self._starts: NDArray[np.int64] = np.load(starts_file, mmap_mode="r")
            self._flat = faiss.downcast_index(self._mapped.index)  # type: ignore[attr-defined]
        except Exception as error:  # FAISS and numpy meet a damaged header with errors of eight kinds
            raise IndexUnusableError(f"the segment {path} is missing or damaged", hint) from error
        if self._mapped.d != dimension or self._mapped.ntotal != name.passages:
            raise IndexUnusableError(
                f"the segment {path} holds {self._mapped.ntotal} vectors of {self._mapped.d} dimensions,"
                f" not {name.passages} of {dimension}",
                hint,
            )
        ids = self._mapped.id_map  # type: ignore[attr-defined]
        if name.passages and (ids.at(0), ids.at(name.passages - 1)) != (name.first, name.last):
            raise IndexUnusableError(f"the segment {path} does not hold the passages that it should", hint)
        if len(self._starts) != name.passages + 1 or self._sentences.shape != (self._starts[-1], dimension):
            raise IndexUnusableError(f"the sentence vectors {sentences_file} do not fit {path}", hint)

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """(n,) passage numbers, ascending."""
        found: NDArray[np.int64] = faiss.vector_to_array(self._mapped.id_map)  # type: ignore[attr-defined]
        return found

    def vectors(self) -> NDArray[np.float32]:
        """(n, dimension) view of the mapped vectors, in the order of `numbers`."""
        size, dimension = self._mapped.ntotal, self._mapped.d
        if not size:
            return np.empty((0, dimension), np.float32)
        flat: NDArray[np.float32] = faiss.rev_swig_ptr(self._flat.get_xb(), size * dimension)  # type: ignore[attr-defined]
        return flat.reshape(size, dimension)

    def encoded(self, place: int) -> Encoded:
        """The passage at a place in `numbers`, copied out of the mapping."""
        rows = self._sentences[self._starts[place] : self._starts[place + 1]]
        return Encoded(self.vectors()[place].copy(), np.array(rows))

    def search(self, query: NDArray[np.float32], k: int, selector: faiss.IDSelector | None) -> list[tuple[int, float]]:
        """The (passage, inner product) pairs of one (dimension,) query that may be among the best `k`, best first.

        More than `k`: all that share the k-th score, and a few beyond. Equal scores are in no promised order.
        """
        parameters = faiss.SearchParameters(sel=selector) if selector is not None else None  # type: ignore[call-arg]
        fetch = k + TIE_MARGIN
        while True:
            fetch = min(fetch, self._mapped.ntotal)
            scores, numbers = self._mapped.search(query[None, :], fetch, params=parameters)
            # FAISS cuts equal scores by chance: fetch on while those of the k-th place reach the last one.
            if fetch == self._mapped.ntotal or numbers[0, -1] < 0 or scores[0, -1] < scores[0, k - 1]:
                break
            fetch *= 4
        return [(int(n), float(s)) for n, s in zip(numbers[0], scores[0], strict=True) if n >= 0]  # -1 is padding


class Vectors:
    """All segments of one visible state of the index."""

    def __init__(
        self, folder: Path, names: Sequence[SegmentName], dimension: int, removed: NDArray[np.int64] | None = None
    ) -> None:
        """Map the segments. `removed`: passages that still lie in a segment but are gone. Raises IndexUnusableError."""
        self.dimension = dimension
        self.segments = [Segment(folder, name, dimension) for name in names if name.passages]
        self._removed = removed if removed is not None else np.empty(0, np.int64)

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Exact ranking of at most `k` passages by inner product with one (dimension,) query vector.

        Best first, equal scores in order of number. `allowed`: only these passages. Passages removed never come.
        """
        found: list[tuple[int, float]] = []
        for segment in self.segments:
            chosen, dead = self._within(segment, allowed), self._within(segment, self._removed)
            selector: faiss.IDSelector | None = None
            if chosen is not None:
                chosen = np.setdiff1d(chosen, dead, assume_unique=True) if dead is not None else chosen
                if not len(chosen):
                    continue
                selector = faiss.IDSelectorBatch(chosen)
            elif dead is not None and len(dead):
                without = faiss.IDSelectorBatch(dead)
                selector = faiss.IDSelectorNot(without)
            found += segment.search(query, k, selector)
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return found[:k]

    def lookup(self, numbers: Sequence[int]) -> dict[int, Encoded]:
        """The passages that lie in some segment, by number; unknown numbers are left out."""
        wanted = np.unique(np.asarray(numbers, np.int64))
        found: dict[int, Encoded] = {}
        for segment in self.segments:
            inside = self._within(segment, wanted)
            if inside is None or not len(inside):
                continue
            held = segment.numbers
            places = np.searchsorted(held, inside)
            for number, place in zip(inside.tolist(), places.tolist(), strict=True):
                if place < len(held) and held[place] == number:
                    found[number] = segment.encoded(place)
        return found

    @staticmethod
    def _within(segment: Segment, numbers: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
        """The part of an ascending array of numbers that falls into the segment's range."""
        if numbers is None:
            return None
        low, high = np.searchsorted(numbers, [segment.name.first, segment.name.last + 1])
        return numbers[low:high]


def sentence_cosines(query: NDArray[np.float32], passage: Encoded) -> NDArray[np.float32]:
    """(s,) cosines of a unit query vector with each sentence of a passage."""
    cosines: NDArray[np.float32] = passage.sentences.astype(np.float32) @ query * np.float32(STEP)
    return cosines


def merged(segments: Sequence[Segment], removed: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[Encoded]]:
    """Numbers and vectors of neighbouring segments in one, without the removed passages."""
    numbers, kept = [], []
    for segment in segments:
        held = segment.numbers
        for place in np.flatnonzero(~np.isin(held, removed)).tolist():
            numbers.append(held[place])
            kept.append(segment.encoded(place))
    return np.array(numbers, np.int64), kept
