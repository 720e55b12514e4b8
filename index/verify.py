"""Is the index whole, and does it match the files?"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.catalogue import CUT_OFF, Catalogue, FileState
from index.corpus import Corpus
from index.encoder import open_encoder
from index.encoding import encode, passage_digest
from index.errors import IndexUnusableError, StoreError, TelusurError
from index.reading.sidecar import sidecar_of
from index.repair import damaged, lexicon_problems
from index.scan import look
from index.stores import collection_of, open_vectors
from index.vectors import Vectors, VectorStore

REPAIR = "run `telusur verify --repair` to mend it from the catalogue"
REBUILD = "run `telusur index PATH… --fresh` to rebuild the index"
GONE = "is gone"
UNREAD = "was not read to its end"
SAMPLE = 64  # passages encoded again by a deep check


class Problem(NamedTuple):
    """Something wrong, and what to do about it."""

    what: str
    remedy: str


def verify(root: Path, *, deep: bool = False) -> list[Problem]:
    """Everything that is wrong; empty when the index is whole and matches the files.

    `deep`: also read every file again and encode a sample of passages again. Raises IndexUnusableError when there is
    no index that could be checked.
    """
    with closing(Catalogue(root)) as catalogue, catalogue.snapshot():
        damaged = [Problem(f"the catalogue is damaged: {line}", REBUILD) for line in catalogue.damaged()]
        if damaged:
            return damaged
        if not catalogue.get("encoder"):
            return [Problem("the index is empty: its first update never finished", "run `telusur index FOLDER` again")]
        problems = list(_vectors(root, catalogue, deep=deep))
        problems += [Problem(what, REPAIR) for what in lexicon_problems(root, catalogue)]
        problems += _files(root, catalogue, deep=deep)
        return problems


def _vectors(root: Path, catalogue: Catalogue, *, deep: bool) -> Iterator[Problem]:
    made_with = catalogue.get("encoder")
    passages = np.array(catalogue.passage_numbers(), np.int64)
    if catalogue.get("store"):
        yield from _served(root, catalogue, passages, deep=deep)
        return
    segments = catalogue.segments()
    broken = damaged(root, catalogue)
    if broken:
        paths = [name.file(root / "segments") for name in broken]
        yield from (Problem(f"the segment {path} is missing or damaged", REPAIR) for path in paths)
        return
    try:
        vectors = Vectors(root / "segments", segments, made_with["dimension"])
    except IndexUnusableError as error:
        yield Problem(str(error), error.hint)
        return
    held = np.concatenate([np.empty(0, np.int64), *(segment.rows.numbers for segment in vectors.segments)])
    if len(np.unique(held)) != len(held):
        yield Problem("a passage lies in two segments", REBUILD)
    missing = np.setdiff1d(passages, held)
    if len(missing):
        yield Problem(f"{len(missing)} passages have no vector", REBUILD)
    phantom = np.setdiff1d(np.setdiff1d(held, passages), catalogue.removed("segment"))
    if len(phantom):
        yield Problem(f"{len(phantom)} vectors belong to no passage", REBUILD)
    wrong = sum(_not_unit(segment.rows.vectors) for segment in vectors.segments)
    if wrong:
        yield Problem(f"{wrong} vectors are damaged: their length is not 1", REBUILD)
    elif deep and len(passages) and not len(missing):
        yield from _encoded_again(catalogue, vectors, passages)


def _served(
    root: Path, catalogue: Catalogue, passages: np.ndarray[tuple[int, ...], np.dtype[np.int64]], *, deep: bool
) -> Iterator[Problem]:
    collection = collection_of(catalogue.get("store"))
    try:
        collection.check()
        # Passages beyond the last known number were left by an update that died; the next one clears them away.
        held = np.fromiter(collection.numbers(0, catalogue.get("next_passage")), np.int64)
        missing = np.setdiff1d(passages, held)
        if len(missing):
            yield Problem(f"the server at {collection.server.uri} lacks {len(missing)} passages", REPAIR)
        phantom = np.setdiff1d(np.setdiff1d(held, passages), catalogue.removed("segment"))
        if len(phantom):
            yield Problem(f"{len(phantom)} vectors on the server belong to no passage", REBUILD)
        if deep and len(passages) and not len(missing):
            yield from _encoded_again(catalogue, open_vectors(root, catalogue), passages)
    except IndexUnusableError as error:
        yield Problem(str(error), REPAIR)
    except StoreError as error:
        yield Problem(str(error), error.hint)


def _not_unit(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float16]]) -> int:
    wrong = 0
    for start in range(0, len(vectors), 8_192):
        some = vectors[start : start + 8_192].astype(np.float32)
        wrong += int(np.count_nonzero(~(np.abs(np.einsum("ij,ij->i", some, some) - 1) < 2e-3)))
    return wrong


def _encoded_again(
    catalogue: Catalogue, vectors: VectorStore, passages: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> Iterator[Problem]:
    made_with = catalogue.get("encoder")
    try:
        encoder = open_encoder(made_with["name"])
    except TelusurError as error:
        yield Problem(str(error), error.hint)
        return
    if encoder.fingerprint != made_with["fingerprint"]:
        yield Problem("the encoder is not the one that the index was made with", REBUILD)
        return
    sample = passages[:: max(1, len(passages) // SAMPLE)][:SAMPLE].tolist()
    rows, stored = catalogue.hits(sample), vectors.lookup(sample)
    again = encode(encoder, [rows[number].text for number in sample])
    far = sum(float(one.vector @ stored[number].vector) < 0.99 for number, one in zip(sample, again, strict=True))
    if far:
        yield Problem(f"{far} of {len(sample)} passages encoded again gave other vectors", REBUILD)


def _files(root: Path, catalogue: Catalogue, *, deep: bool) -> Iterator[Problem]:
    corpus = Corpus(root)
    for state in catalogue.files():
        problem = file_problem(corpus, state, deep=deep)
        if problem:
            remedy = "run `telusur index` on its folder"
            if problem == GONE:
                remedy += ", with --corpus DIR if the articles lie in DIR now"
            yield Problem(f"{corpus.shown(state.path)} {problem}", remedy)
    if deep:
        for article in catalogue.articles():
            digests = {passage: digest for digest, passage in catalogue.digests_of(article)}
            for row in catalogue.passages_of(article):
                if passage_digest(row.text) != digests[row.passage]:
                    yield Problem(f"{row.passage_id} is not the text that was encoded", REBUILD)


def file_problem(corpus: Corpus, state: FileState, *, deep: bool) -> str:
    """In what a file is not what was read, or nothing. `deep`: its content counts, whatever size and time say."""
    location = corpus.locate(state.path)
    try:
        beside = sidecar_of(location)
        found = look(state.path, str(location), str(beside) if beside else None)
        if found and not deep and (found.size, found.mtime_ns) == (state.size, state.mtime_ns):
            return ""
        if state.sha256 == CUT_OFF:
            return UNREAD
        return "" if found and found.sha256() == state.sha256 else "has changed since it was read"
    except FileNotFoundError:
        return GONE
    except OSError as error:
        return f"cannot be read: {error.strerror}"
