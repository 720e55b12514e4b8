"""One segment: an immutable file with the vectors of a range of passages and of their sentences.

It is written once, mapped for reading and never edited. It is a safetensors file of plain matrices, each checked
against the file's length before anything looks into it; FAISS is given the matrices and never parses a file. It is
imported where it is needed (70 ms): an update that adds an article to an index does not search.
"""

import os
import sys
import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from index.errors import IndexUnusableError
from index.quantise import TOGETHER, Sentences
from index.rows import Encoded, Rows, SegmentName
from index.tensor_file import read_tensors
from index.transformer import widen

CODED_FROM = 4_096  # passages; a smaller segment has no codes: FAISS looks at all its vectors as fast
CODE_SPAN = 4  # neighbouring numbers of a vector that share one code of four bits
TRAINED_ON = 4_096  # vectors, 256 for each of 16 centroids: what FAISS would cut a larger sample to
TIE_MARGIN = 32  # fetched beyond k, so that equal scores at the cut are chosen by number and not by chance
REFINED_A_HIT = 3  # passages, best by code, that are weighed by their vectors for each one asked for, at least
WITHOUT_FAISS = 250_000  # vectors that a process looks at before importing FAISS pays: 0.25 µs each against 70 ms


# --- writing ---


def write_segment(folder: Path, segment: int, rows: Rows) -> SegmentName:
    """Write a segment durably. Until the catalogue names it it does not count. Raises OSError."""
    tensors: dict[str, NDArray[Any]] = {
        "numbers": rows.numbers,
        "vectors": rows.vectors,
        "starts": rows.starts,
        "sentences": rows.sentences.packed,
        "scales": rows.sentences.scales,
        **_coded(rows.vectors),
    }
    path = SegmentName(segment, 0, 0, 0, 0).file(folder)
    content = save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return SegmentName(segment, int(rows.numbers[0]), int(rows.numbers[-1]), len(rows.numbers), zlib.crc32(content))


def _coded(vectors: NDArray[np.float16]) -> dict[str, NDArray[Any]]:
    """Codes for FAISS's fast scan (André et al. 2017, "Accelerated Nearest Neighbor Search with Quick ADC")."""
    size, dimension = vectors.shape
    if size < CODED_FROM or dimension % CODE_SPAN:
        return {}
    import faiss

    faiss.omp_set_num_threads(1)
    index = _fast_scan(dimension)
    index.pq.cp.niter = 10
    sample = np.random.default_rng(size).choice(size, TRAINED_ON, replace=False)
    index.train(vectors[np.sort(sample)].astype(np.float32))
    for start in range(0, size, 8_192):
        index.add(vectors[start : start + 8_192].astype(np.float32))
    codebook: NDArray[np.float32] = faiss.vector_to_array(index.pq.centroids)
    codes: NDArray[np.uint8] = faiss.AlignedTable_to_array(index.codes)
    return {"codebook": codebook, "codes": codes}


def _blocks(size: int) -> int:
    return -(-size // 32) * 32  # the fast scan looks at 32 vectors at once


def _fast_scan(dimension: int) -> Any:
    import faiss

    return faiss.IndexPQFastScan(dimension, dimension // CODE_SPAN, 4, faiss.METRIC_INNER_PRODUCT)


def is_damaged(folder: Path, name: SegmentName) -> bool:
    """Whether a segment's file is not, byte for byte, what was written."""
    try:
        return _checksum(name.file(folder)) != name.crc32
    except OSError:
        return True


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


# --- reading ---


class Segment:
    """One segment file, mapped into memory."""

    looked_at = 0  # vectors, in this process, without FAISS

    def __init__(self, folder: Path, name: SegmentName, dimension: int) -> None:
        """Map the file. Raises IndexUnusableError when it is missing, damaged or of another shape."""
        self.name, self.dimension = name, dimension
        path, hint = name.file(folder), "run `telusur verify --repair` to encode its passages anew"
        try:
            tensors = read_tensors(path)
            wrong = self._misfits(tensors)
        except Exception as error:  # a damaged header meets json and numpy with errors of many kinds
            raise IndexUnusableError(f"the segment {path} is missing or damaged", hint) from error
        if wrong:
            raise IndexUnusableError(f"the segment {path} is damaged, or is not the one it should be: {wrong}", hint)
        sentences = Sentences(tensors["sentences"], tensors["scales"])
        self.rows = Rows(tensors["numbers"], tensors["vectors"], tensors["starts"], sentences)
        self.coded = "codes" in tensors  # whether it can be searched by codes
        self._tensors = tensors

    def _misfits(self, tensors: dict[str, NDArray[Any]]) -> str:
        """What is wrong with the matrices, whose shapes FAISS and numpy will rely on; empty when nothing is."""
        size, dimension = self.name.passages, self.dimension
        count = int(tensors["starts"][-1])
        expected: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
            "numbers": (np.int64, (size,)),
            "vectors": (np.float16, (size, dimension)),
            "starts": (np.uint32, (size + 1,)),
            "sentences": (np.uint8, (count, -(-dimension // TOGETHER))),
            "scales": (np.float16, (count, 2)),
        }
        if "codes" in tensors:
            expected["codebook"] = (np.float32, (16 * dimension,))
            expected["codes"] = (np.uint8, (_blocks(size) * (dimension // CODE_SPAN) // 2,))
        for name, (dtype, shape) in expected.items():
            if tensors[name].dtype != dtype or tensors[name].shape != shape:
                return f"{name} {tensors[name].dtype} {tensors[name].shape}, not {np.dtype(dtype)} {shape}"
        first, last = (int(tensors["numbers"][place]) for place in (0, -1))
        if (first, last) != (self.name.first, self.name.last):
            return f"passages {first} to {last}, not {self.name.first} to {self.name.last}"
        return ""

    @cached_property
    def _exact(self) -> Any:
        """FAISS's index of the mapped vectors: half precision, nothing copied."""
        import faiss

        index = faiss.IndexScalarQuantizer(self.dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        held = self.rows.vectors.reshape(-1).view(np.uint8)
        # FAISS makes such a view when it maps a file of its own; here it gets one onto memory that is mapped already.
        codes: Any = index.codes
        codes.is_owned = False
        codes.view_data = codes.c_ptr = faiss.swig_ptr(held)
        codes.view_size = codes.c_size = held.nbytes
        index.ntotal = self.name.passages
        return index

    @cached_property
    def _coded(self) -> Any:
        """FAISS's index of the codes, its best weighed by the vectors themselves."""
        import faiss

        index = _fast_scan(self.dimension)
        faiss.copy_array_to_vector(self._tensors["codebook"], index.pq.centroids)
        faiss.copy_array_to_AlignedTable(self._tensors["codes"], index.codes)
        index.is_trained = True
        index.ntotal, index.ntotal2 = self.name.passages, _blocks(self.name.passages)
        return faiss.IndexRefine(index, self._exact)

    def exact(self, query: NDArray[np.float32], k: int, kept: NDArray[np.bool_] | None) -> list[tuple[int, float]]:
        """The (passage, inner product) pairs of one (dimension,) query that may be among the best `k`, best first.

        `kept`: of each passage of the segment, whether it may be found. More than `k`: all that share the k-th score,
        and a few beyond. Equal scores are in no promised order.
        """
        Segment.looked_at += self.name.passages
        if "faiss" not in sys.modules and Segment.looked_at <= WITHOUT_FAISS:
            return self._exact_by_numpy(query, k, kept)
        import faiss

        parameters = None
        if kept is not None:
            selector = faiss.IDSelectorBitmap(np.packbits(kept, bitorder="little"))  # type: ignore[call-arg,arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        fetch = k + TIE_MARGIN
        while True:
            fetch = min(fetch, self.name.passages)
            scores, places = self._search(self._exact, query, fetch, parameters)
            # FAISS cuts equal scores by chance: fetch on while those of the k-th place reach the last one.
            if fetch == self.name.passages or places[-1] < 0 or scores[-1] < scores[k - 1]:
                return self._pairs(scores, places)
            fetch *= 4

    def _exact_by_numpy(
        self, query: NDArray[np.float32], k: int, kept: NDArray[np.bool_] | None
    ) -> list[tuple[int, float]]:
        vectors = self.rows.vectors
        # Not `@`: BLAS sums rows at the end of a block in another order, and equal vectors must have equal scores.
        blocks = (widen(vectors[start : start + 512]) for start in range(0, len(vectors), 512))
        scores = np.concatenate([np.einsum("ij,j->i", block, query) for block in blocks])
        if kept is not None:
            scores[~kept] = -np.inf
        least = np.partition(scores, -k)[-k] if k < len(scores) else -np.inf
        places = np.flatnonzero((scores >= least) & (scores > -np.inf))
        places = places[np.argsort(-scores[places], kind="stable")]
        return self._pairs(scores[places], places)

    def near(
        self, query: NDArray[np.float32], k: int, kept: NDArray[np.bool_] | None, refined: int
    ) -> list[tuple[int, float]]:
        """As `exact`, but only `refined` passages, best by their codes, are weighed by their vectors."""
        import faiss

        fetch = k + TIE_MARGIN
        while True:
            fetch = min(fetch, self.name.passages)
            factor = min(max(REFINED_A_HIT, refined / fetch), self.name.passages / fetch)
            parameters = faiss.IndexRefineSearchParameters(k_factor=factor)  # type: ignore[call-arg]
            scores, places = self._search(self._coded, query, fetch, parameters)
            if kept is not None:  # codes know no filter: what is gone is left out of what they bring
                inside = (places >= 0) & kept[places]
                scores, places = scores[inside], places[inside]
            if len(places) >= k or fetch == self.name.passages:
                return self._pairs(scores, places)
            fetch *= 4

    @staticmethod
    def _search(
        index: Any, query: NDArray[np.float32], fetch: int, parameters: Any
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        import faiss

        faiss.omp_set_num_threads(1)  # of this thread: others only get in the way of one query
        scores, places = index.search(query[None, :], fetch, params=parameters)
        return scores[0], places[0]

    def _pairs(self, scores: NDArray[np.float32], places: NDArray[np.int64]) -> list[tuple[int, float]]:
        found = places >= 0  # -1 is padding
        return list(zip(self.rows.numbers[places[found]].tolist(), scores[found].tolist(), strict=True))

    def places(self, wanted: NDArray[np.int64]) -> NDArray[np.intp]:
        """Where in the rows those of the ascending `wanted` passages lie that it holds."""
        low, high = np.searchsorted(wanted, [self.name.first, self.name.last + 1])
        found: NDArray[np.intp] = np.searchsorted(self.rows.numbers, wanted[low:high])
        there: NDArray[np.bool_] = self.rows.numbers[found] == wanted[low:high]
        return found[there]

    def lookup(self, wanted: NDArray[np.int64]) -> dict[int, Encoded]:
        """Those of the ascending `wanted` passages that it holds, by number, copied out of the mapping."""
        found: dict[int, Encoded] = {}
        starts, (packed, scales) = self.rows.starts, self.rows.sentences
        for place in self.places(wanted).tolist():
            own = slice(int(starts[place]), int(starts[place + 1]))
            sentences = Sentences(np.array(packed[own]), np.array(scales[own]))
            found[int(self.rows.numbers[place])] = Encoded(self.rows.vectors[place].astype(np.float32), sentences)
        return found
