"""Vectors on their way into segments, and segments into larger ones. Called inside one catalogue transaction."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.catalogue import Catalogue
from index.errors import IndexUnusableError
from index.rows import Encoded, Rows
from index.segment import is_damaged, sync_folder, write_segment
from index.vectors import Vectors

SEGMENT_LIMIT = 65_536  # passages a segment may hold: 92 MB at 384 dimensions; no update rewrites more
DEAD_SHARE = 1 / 8  # of a segment's passages that may be gone before it is written anew


class VectorWriter:
    """Adds vectors to the index of one update."""

    def __init__(self, root: Path, catalogue: Catalogue, dimension: int) -> None:
        """Open the segments that are there. Raises IndexUnusableError."""
        self.folder = root / "segments"
        self.catalogue = catalogue
        self.dimension = dimension
        self.vectors: Vectors | None = self._open()  # None: to be opened again, segments have changed
        self.next_segment: int = catalogue.get("next_segment")
        self.pending: dict[int, Encoded] = {}  # passages of the segment to come

    def add(self, passage: int, encoded: Encoded) -> None:
        """Add a passage; it lies in a segment after the next `flush`."""
        self.pending[passage] = encoded
        if len(self.pending) >= SEGMENT_LIMIT:
            self.flush()

    def _open(self) -> Vectors:
        return Vectors(self.folder, self.catalogue.segments(), self.dimension)

    def lookup(self, passages: Sequence[int]) -> dict[int, Encoded]:
        """Passages that lie in a segment or are yet to be written."""
        self.vectors = self.vectors or self._open()
        found = self.vectors.lookup(passages)
        return found | {number: self.pending[number] for number in passages if number in self.pending}

    def ready_made(self, _digests: Sequence[bytes]) -> dict[bytes, Encoded]:
        """None: nobody else encodes for an index on this machine."""
        return {}

    def committed(self) -> None:
        """Nothing: what no catalogue names is cleared away with the rest."""

    def flush(self) -> None:
        """Write the pending vectors as a segment of their own. Raises OSError."""
        if self.pending:
            numbers = np.array(sorted(self.pending), np.int64)
            self.write(Rows.of(numbers, [self.pending[number] for number in numbers.tolist()]))
            self.pending = {}

    def write(self, rows: Rows) -> None:
        """Write rows as a segment of their own; with no rows, none. Raises OSError."""
        if len(rows.numbers):
            if not self.folder.is_dir():
                self.folder.mkdir()
                sync_folder(self.folder.parent)
            self.catalogue.replace_segments([], write_segment(self.folder, self.next_segment, rows))
            self.vectors = None
            self.next_segment += 1
            self.catalogue.set(next_segment=self.next_segment)

    def merge(self) -> None:
        """Write some segments anew as `merges` says, without what is gone. Raises OSError, IndexUnusableError."""
        names = self.catalogue.segments()
        dead = [self.catalogue.count_removed(name) for name in names]
        for own in merges([name.passages for name in names], dead):
            removed = np.array(self.catalogue.removed("segment"), np.int64)
            for name in names[own]:
                if is_damaged(self.folder, name):  # or the damage would be written on under a new checksum
                    raise IndexUnusableError(
                        f"the segment {name.file(self.folder)} is damaged", "run `telusur verify --repair`"
                    )
            old = Vectors(self.folder, names[own], self.dimension)
            rows = Rows.joined([segment.rows.without(removed) for segment in old.segments])
            self.catalogue.replace_segments(names[own], None)
            self.vectors = None
            self.write(rows)


def merges(sizes: Sequence[int], dead: Sequence[int]) -> list[slice]:
    """Which neighbouring segments to write anew as one: slices of the segments, oldest first, that do not overlap.

    `sizes`: passages in each; `dead`: how many of them are gone. The newest ones are joined while the older neighbour
    is not at least twice as large: so sizes at least halve from old to new, there are about log2(passages) segments
    below the limit, and each vector is written again at most as often (O'Neil et al. 1996, the log-structured
    merge-tree). Beside them the segment with the largest share of dead passages is, when that is more than
    DEAD_SHARE; with a neighbour, where both fit in one, or by itself when nothing of it is left to write. Together no
    more than SEGMENT_LIMIT living passages.
    """
    alive = [size - gone for size, gone in zip(sizes, dead, strict=True)]
    run = 1
    while run < len(sizes):
        young, older = sum(sizes[-run:]), sizes[-run - 1]
        if older >= 2 * young or older + young > SEGMENT_LIMIT:
            break
        run += 1
    left = len(sizes) - run if run > 1 else len(sizes)
    found = [slice(left, len(sizes))] if run > 1 else []
    budget = SEGMENT_LIMIT - sum(alive[left:])
    worst = max(range(left), key=lambda place: dead[place] / sizes[place], default=None)
    if worst is None or dead[worst] <= DEAD_SHARE * sizes[worst] or alive[worst] > budget:
        return found
    for first in (worst - 1, worst) if alive[worst] else ():
        if first >= 0 and first + 1 < left and alive[first] + alive[first + 1] <= budget:
            return [slice(first, first + 2), *found]
    return [slice(worst, worst + 1), *found]
