"""Vectors on their way to a Milvus server. Called inside one catalogue transaction.

What is written bears numbers that no committed state knows, so nobody sees it before the commit; what is gone stays
on the server until readers of the state before have long finished. Every write can be done twice.
"""

import time
from collections.abc import Sequence
from contextlib import suppress

from index.catalogue import Catalogue
from index.encoding import BLOCK
from index.errors import StoreError
from index.milvus.collection import Collection, index_kind
from index.milvus.staged import staged
from index.rows import Encoded

READERS_SECONDS = 60.0  # no reader works on one state for so long


class MilvusWriter:
    """Adds vectors to the collection of an index."""

    def __init__(self, catalogue: Catalogue, collection: Collection, fingerprint: str) -> None:
        """Clear away what a dead writer left, and what is long gone. Raises IndexUnusableError, StoreError.

        `fingerprint`: of the encoder, whose staged vectors may be taken.
        """
        self.catalogue, self.collection = catalogue, collection
        self.staged = staged(collection.server, fingerprint, collection.dimension)
        self.taken: list[str] = []  # digests of staged vectors that this update uses
        self.pending: dict[int, Encoded] = {}
        self.added = 0
        self._first: int = catalogue.get("next_passage")  # of the passages that this update adds
        collection.check()
        while left := collection.numbers_from(self._first):
            collection.delete(left)
        if time.time() - (catalogue.get("updated") or 0) > READERS_SECONDS:
            gone = catalogue.removed("segment")
            collection.delete(gone)
            catalogue.purged_from_store(gone)

    def add(self, passage: int, encoded: Encoded) -> None:
        """Add a passage; it is on the server after the next `flush`."""
        self.pending[passage] = encoded
        self.added += passage >= self._first
        if len(self.pending) >= BLOCK:
            self.flush()

    def lookup(self, passages: Sequence[int]) -> dict[int, Encoded]:
        """Passages on the server, written by this update too, or yet to be written."""
        waiting = {number: self.pending[number] for number in passages if number in self.pending}
        wanted = sorted({*passages} - waiting.keys())
        new = any(number >= self._first for number in wanted)
        return self.collection.lookup(wanted, level="Strong" if new else "Bounded") | waiting

    def ready_made(self, digests: Sequence[bytes]) -> dict[bytes, Encoded]:
        """Vectors of these texts that machines with a shard have staged."""
        if not digests or not self.staged.exists():
            return {}
        self.staged.check()
        found = self.staged.lookup([digest.hex() for digest in digests], level="Strong")
        self.taken += found
        return {bytes.fromhex(digest): encoded for digest, encoded in found.items()}

    def flush(self) -> None:
        """Put the pending vectors on the server. Raises StoreError."""
        self.collection.upsert([*self.pending], [*self.pending.values()])
        self.pending = {}

    def merge(self) -> None:
        """See that all is there; of a new collection, build the index that its size asks for. Raises StoreError.

        The server merges its own segments by itself.
        """
        setting = self.catalogue.get("store")
        new = setting["new"]
        rows = len(self.catalogue.passage_numbers()) if new else self.added
        held = self.collection.count(0 if new else self._first)
        if held < rows:
            raise StoreError(
                f"the server at {self.collection.server.uri} holds {held} of the {rows} passages that it was given",
                "run the same command again; the index is as it was",
            )
        if new:
            self.collection.kind = index_kind(self.catalogue.get("ann") or "auto", rows)
            self.collection.settle(rows)
            self.catalogue.set(store={**setting, "kind": self.collection.kind, "new": False})

    def committed(self) -> None:
        """After the commit: staged vectors that were taken are not needed any more."""
        with suppress(StoreError):  # they only take room
            self.staged.delete(self.taken)
