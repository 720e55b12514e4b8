"""Vectors from one store to another, encoded anew where they must be; what a store lacks, filled in.

Called inside one catalogue transaction. A collection that readers search is never rebuilt under them: its passages go
to a new one beside it, the commit names that one, and the old one is dropped when no reader can be using it.
"""

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from index.catalogue import Catalogue
from index.encoder import Encoder
from index.encoding import BLOCK, encode, passage_digest
from index.errors import IndexUnusableError, StoreError
from index.milvus.collection import Collection, index_kind
from index.milvus.server import server
from index.milvus.writer import READERS_SECONDS
from index.report import OnProgress
from index.rows import Encoded
from index.stores import Store, VectorStoreWriter, collection_of, open_vectors, open_writer
from index.vectors import VectorStore


def settle_store(
    root: Path, catalogue: Catalogue, encoder: Encoder, wish: Store | None, on_progress: OnProgress, *, fresh: bool
) -> int:
    """Let the vectors lie where `wish` says, or else where they lay; how many passages were encoded for it.

    Raises IndexUnusableError, StoreError, OSError.
    """
    _drop_retired(catalogue)
    setting = catalogue.get("store")
    wish = wish or (Store("milvus", setting["uri"]) if setting else Store("local"))
    made_with = catalogue.get("encoder")
    same_encoder = not fresh and made_with is not None and made_with["fingerprint"] == encoder.fingerprint
    if wish.name == "local":
        if not setting:
            return 0
        old = open_vectors(root, catalogue) if same_encoder else None
        _retire(catalogue)
        catalogue.set(store=None)
        return _fill(root, catalogue, encoder, old, on_progress)
    if setting and same_encoder:
        kind = index_kind(catalogue.get("ann") or "auto", catalogue.get("passages"))
        if setting["uri"] != wish.uri and wish.uri and _moved(setting, wish.uri):
            setting = {**setting, "uri": wish.uri}
            catalogue.set(store=setting)
        if (setting["uri"], setting["kind"]) == (wish.uri, kind):
            return 0
    old = open_vectors(root, catalogue) if same_encoder and catalogue.get("passages") else None
    return _fill_new(root, catalogue, encoder, wish.uri or "", old, on_progress)


def is_lacking(catalogue: Catalogue) -> bool:
    """Whether the server lacks some passage of the index. Raises StoreError."""
    collection = collection_of(catalogue.get("store"))
    try:
        collection.check()
    except IndexUnusableError:
        return True
    held = {*collection.numbers(0, catalogue.get("next_passage"))}
    return any(number not in held for number in catalogue.passage_numbers())


def fill_in(root: Path, catalogue: Catalogue, encoder: Encoder, on_progress: OnProgress) -> int:
    """Encode what the server lacks; how many passages that were. Raises StoreError, OSError."""
    collection = collection_of(catalogue.get("store"))
    try:
        collection.check()
    except IndexUnusableError:
        return _fill_new(root, catalogue, encoder, collection.server.uri, None, on_progress, settle=True)
    held = {*collection.numbers(0, catalogue.get("next_passage"))}
    missing = [number for number in catalogue.passage_numbers() if number not in held]
    return _copy(catalogue, encoder, missing, None, open_writer(root, catalogue, encoder), on_progress)


def _moved(setting: dict[str, str | int], uri: str) -> bool:
    """Whether the collection is at another address now, as when the server was given another name."""
    return Collection(server(uri), str(setting["collection"]), int(setting["dimension"])).exists()


def _fill_new(
    root: Path,
    catalogue: Catalogue,
    encoder: Encoder,
    uri: str,
    old: VectorStore | None,
    on_progress: OnProgress,
    *,
    settle: bool = False,
) -> int:
    _retire(catalogue)
    owner = catalogue.get("owner") or secrets.token_hex(4)
    count = (catalogue.get("collections") or 0) + 1
    name = f"telusur_{owner}_{count:06d}"
    setting = {"uri": uri, "collection": name, "dimension": encoder.dimension, "kind": "flat", "new": True}
    catalogue.set(store=setting, owner=owner, collections=count)
    collection_of(setting).create()
    return _fill(root, catalogue, encoder, old, on_progress, settle=settle)


def _fill(
    root: Path,
    catalogue: Catalogue,
    encoder: Encoder,
    old: VectorStore | None,
    on_progress: OnProgress,
    *,
    settle: bool = False,
) -> int:
    """Put every passage into the store that the catalogue names now, and nothing that is gone."""
    catalogue.replace_segments(catalogue.segments(), None)
    catalogue.purged_from_store(catalogue.removed("segment"))
    numbers = catalogue.passage_numbers()
    if not numbers:
        return 0
    writer = open_writer(root, catalogue, encoder)
    encoded = _copy(catalogue, encoder, numbers, old, writer, on_progress)
    if settle:
        writer.merge()
    return encoded


def _copy(
    catalogue: Catalogue,
    encoder: Encoder,
    numbers: Sequence[int],
    old: VectorStore | None,
    writer: VectorStoreWriter,
    on_progress: OnProgress,
) -> int:
    encoded = 0
    for begin in range(0, len(numbers), BLOCK):
        some = numbers[begin : begin + BLOCK]
        found: dict[int, Encoded] = {}
        if old:
            with suppress(IndexUnusableError):  # what is not there any more is encoded
                found = old.lookup(some)
        rows = catalogue.hits([number for number in some if number not in found])
        texts = {passage_digest(row.text): row.text for row in rows.values()}
        made = writer.ready_made([*texts])
        missing = {digest: text for digest, text in texts.items() if digest not in made}
        made |= zip(missing, encode(encoder, [*missing.values()]), strict=True)
        encoded += len(missing)
        for number in some:
            writer.add(number, found[number] if number in found else made[passage_digest(rows[number].text)])
        on_progress(begin + len(some), len(numbers), 0)
    writer.flush()
    return encoded


def _retire(catalogue: Catalogue) -> None:
    """Note that the collection is not needed any more, but by readers of the state before."""
    setting = catalogue.get("store")
    if setting:
        retired = catalogue.get("retired") or []
        catalogue.set(retired=[*retired, [setting["uri"], setting["collection"], time.time()]])


def _drop_retired(catalogue: Catalogue) -> None:
    left = []
    for uri, name, since in catalogue.get("retired") or []:
        try:
            if time.time() - since < READERS_SECONDS:
                raise StoreError("readers may still be searching it")
            Collection(server(uri), name, 0).drop()
        except StoreError:
            left.append([uri, name, since])
    if left != (catalogue.get("retired") or []):
        catalogue.set(retired=left)
