"""Where the vectors of an index lie: in segments on this machine, or on a Milvus server; and how they get there.

The catalogue's setting `store` says so: {"uri", "collection", "dimension", "kind", "new"} of a server, or nothing.
`new` is true while the update that makes the collection has not built its index.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from index.catalogue import Catalogue
from index.encoder import Encoder
from index.errors import UsageError
from index.rows import Encoded
from index.vector_writer import VectorWriter
from index.vectors import KINDS, Vectors, VectorStore

if TYPE_CHECKING:
    from index.milvus.collection import Collection

# The server's rooms are imported where an index is on one: other questions need not wait for them.
STORES = ("local", "milvus")


class VectorStoreWriter(Protocol):
    """Takes the vectors of one update."""

    def add(self, passage: int, encoded: Encoded) -> None:
        """Add a passage."""

    def lookup(self, passages: Sequence[int]) -> dict[int, Encoded]:
        """Passages that are there, added ones too."""

    def ready_made(self, digests: Sequence[bytes], /) -> dict[bytes, Encoded]:
        """Vectors of texts that other machines have encoded."""

    def flush(self) -> None:
        """Write what was added."""

    def merge(self) -> None:
        """Write small parts anew as larger ones."""

    def committed(self) -> None:
        """After the commit: clear away."""


class Store(NamedTuple):
    """The store that a user asks for: one of STORES, and the server's address."""

    name: str
    uri: str | None = None

    @classmethod
    def of(cls, name: str | None, uri: str | None) -> "Store | None":
        """What `--store` and `--uri` say, or the environment of the address; None for neither. Raises UsageError."""
        from index.milvus.named import URI
        from index.milvus.server import check_uri

        if name not in (None, *STORES):
            raise UsageError(f"there is no store {name!r}", f"use one of: {', '.join(STORES)}")
        if uri is not None and name != "milvus":
            raise UsageError("--uri is the address of a Milvus server", "add --store milvus")
        if name == "milvus":
            uri = uri or os.environ.get(URI) or None
            if uri is None:
                raise UsageError(
                    "--store milvus needs the server's address", f"add --uri http://HOST:19530, or set {URI}"
                )
            check_uri(uri)
        return cls(name, uri) if name else None


def check_ann(ann: str | None, store: Store | None, catalogue: Catalogue | None = None) -> None:
    """Refuse a way of searching that the store does not have. Raises UsageError."""
    served = store.name == "milvus" if store else bool(catalogue and catalogue.get("store"))
    kinds: tuple[str, ...] = KINDS
    if served:
        from index.milvus.collection import KINDS as SERVED_KINDS

        kinds = (*KINDS, *SERVED_KINDS)
    if ann not in (None, *kinds):
        raise UsageError(f"there is no way of searching called {ann!r}", f"use one of: {', '.join(kinds)}")


def is_at(catalogue: Catalogue, store: Store | None) -> bool:
    """Whether the vectors lie where `store` says; anywhere will do for None."""
    uri = (catalogue.get("store") or {}).get("uri")
    return store is None or store.uri == uri


# --- opening ---


def collection_of(setting: dict[str, Any]) -> "Collection":
    """The collection that the catalogue's setting names. Asks no server."""
    from index.milvus.collection import Collection
    from index.milvus.server import server

    return Collection(server(setting["uri"]), setting["collection"], setting["dimension"], setting["kind"])


def open_vectors(root: Path, catalogue: Catalogue, *, waited: bool = False) -> VectorStore:
    """The vectors of the state that the catalogue shows. Raises IndexUnusableError; asks no server.

    `waited`: a writer has seen to it that the server finds all of them.
    """
    removed = np.array(catalogue.removed("segment"), np.int64)
    setting = catalogue.get("store")
    if not setting:
        kind = catalogue.get("ann") or "auto"
        dimension = catalogue.get("encoder")["dimension"]
        return Vectors(
            root / "segments", catalogue.segments(), dimension, removed, kind=kind if kind in KINDS else "auto"
        )
    from index.milvus.vectors import MilvusVectors

    return MilvusVectors(
        collection_of(setting),
        catalogue.get("next_passage"),
        removed,
        catalogue.get("passages"),
        0 if waited else catalogue.get("updated") or time.time(),
    )


def open_writer(root: Path, catalogue: Catalogue, encoder: Encoder) -> VectorStoreWriter:
    """A writer to the index's store. Raises IndexUnusableError, StoreError."""
    setting = catalogue.get("store")
    if not setting:
        return VectorWriter(root, catalogue, encoder.dimension)
    from index.milvus.writer import MilvusWriter

    return MilvusWriter(catalogue, collection_of(setting), encoder.fingerprint)
