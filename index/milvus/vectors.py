"""One visible state of an index whose vectors lie on a Milvus server.

Passages are numbered upwards and no number is used twice, so the catalogue's own numbers are the sequence numbers: a
reader asks for those before the snapshot's next number, and passes over those that it knows to
be gone. What a writer puts on the server beside them is not seen before the catalogue's transaction.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.milvus.collection import MOST, Collection
from index.rows import Encoded
from index.segment import TIE_MARGIN
from index.vectors import Near, near_of

AT_ONCE = 10_000  # passages that one filter names
# A filter that keeps so small a share of one of the server's segments makes any index look at each row that it
# keeps. Where segments begin is not known, but rows that follow each other lie together, at least so many.
BRUTE_SHARE, SEGMENT = 0.05, 1_024
SETTLED_SECONDS = 30.0  # after a commit every replica has it: then nothing needs to be waited for


class MilvusVectors:
    """The passages of one state of the catalogue, searched on the server. It asks nothing before it is asked."""

    def __init__(
        self, collection: Collection, beyond: int, removed: NDArray[np.int64], passages: int, updated: float
    ) -> None:
        """`beyond`: the state's passages bear lower numbers. `removed`: those that are gone; `passages` are left.

        `updated`: when the state was committed, in seconds since 1970.
        """
        self.collection, self.beyond = collection, beyond
        self.dimension, self.kind = collection.dimension, collection.kind
        self._removed = frozenset(removed.tolist())
        self._passages, self._updated = passages, updated

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None, *, exact: bool = False
    ) -> list[tuple[int, float]]:
        """As `Vectors.search`. Raises IndexUnusableError, StoreError."""
        self.collection.check()
        if allowed is None:
            found = self._best(query, k, f"id < {self.beyond}", exact=exact)
        else:
            found = self._filtered(query, k, [n for n in allowed.tolist() if n not in self._removed])
        found.sort(key=lambda pair: (-pair[1], pair[0]))
        return found[:k]

    def _filtered(self, query: NDArray[np.float32], k: int, chosen: list[int]) -> list[tuple[int, float]]:
        """The best of these passages, whatever the kind of index."""
        if self.kind == "flat" and len(chosen) > AT_ONCE:  # exact as it is: the best of all, but for the others
            found = self._best(query, k, f"id < {self.beyond}", exact=True, among=frozenset(chosen))
            if len(found) >= k:
                return found
        parts = _parts(chosen, thin=self.kind != "flat")
        return [pair for some in parts for pair in self._best(query, k, f"id in {some}", exact=True)]

    def _best(
        self,
        query: NDArray[np.float32],
        k: int,
        condition: str,
        *,
        exact: bool,
        among: frozenset[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The best `k` that are not removed, and those that share the last one's score.

        `among`: only these, as far as the server's longest answer reaches.
        """
        fetch = k + TIE_MARGIN + min(len(self._removed), k)
        if among is not None:
            fetch = 2 * fetch * self.held // len(among)
        fetch = min(MOST, fetch)
        while True:
            pairs = self.collection.search(query, fetch, condition, rows=self.held, level=self.level, exact=exact)
            found = [pair for pair in pairs if pair[0] not in self._removed and (among is None or pair[0] in among)]
            ended = len(pairs) < fetch
            if ended or (len(found) >= k and pairs[-1][1] < found[k - 1][1]):
                return found
            if fetch == MOST:
                if len(found) >= k or among is not None or "not in" in condition:
                    return found
                condition += f" and id not in {sorted(self._removed)}"
            fetch = min(MOST, fetch * 4)

    def near(self, query: NDArray[np.float32], numbers: Sequence[int]) -> dict[int, Near]:
        """As `Vectors.near`. Raises IndexUnusableError, StoreError."""
        return near_of(query, self.lookup(numbers))

    def lookup(self, numbers: Sequence[int]) -> dict[int, Encoded]:
        """As `Vectors.lookup`. Raises IndexUnusableError, StoreError."""
        self.collection.check()
        wanted = sorted({number for number in numbers if number < self.beyond})
        return self.collection.lookup(wanted, level=self.level)

    @property
    def held(self) -> int:
        """How many passages lie there, also those that are gone."""
        return self._passages + len(self._removed)

    @property
    def level(self) -> str:
        """How fresh the server's view must be. Waiting for the freshest takes tenths of a second."""
        return "Strong" if abs(time.time() - self._updated) < SETTLED_SECONDS else "Bounded"

    def figures(self) -> dict[str, Any]:
        """Where the vectors lie and how they are searched."""
        return {
            "kind": self.kind,
            "segments": 0,
            "store": "milvus",
            "uri": self.collection.server.uri,
            "collection": self.collection.name,
        }


def _parts(numbers: list[int], *, thin: bool) -> list[list[int]]:
    """Deal numbers out to as few lists as one request can name; `thin`: each a small share of any segment."""
    ascending = np.sort(np.array(numbers, np.int64))
    count = -(-len(numbers) // AT_ONCE)
    if thin and numbers:
        crowd = int((np.searchsorted(ascending, ascending + SEGMENT) - np.arange(len(numbers))).max())
        count = max(count, -(-crowd // int(BRUTE_SHARE * SEGMENT)))
    return [ascending[part::count].tolist() for part in range(count)]
