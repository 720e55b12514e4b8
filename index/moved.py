"""The files of an index whose articles lie elsewhere now, as after copying it to another machine."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from index.catalogue import FileState
from index.corpus import Corpus
from index.errors import UsageError
from index.reading.sidecar import sidecar_of
from index.scan import look

SAMPLE = 500  # files that are looked for in the folder


def moved(corpus: Corpus, known: Sequence[FileState], folder: Path) -> dict[int, str]:
    """The new names, by file, of those that lie in `folder` now; no file is read, and nothing changed.

    Which folder it was before, the files in it tell: the one below which most of a sample, by name and size, would be
    where they are; of two as good the higher one. Raises UsageError when `folder` holds none of them.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", "name the folder that holds the articles now")
    before: Counter[str] = Counter()
    for state in known[:: max(1, len(known) // SAMPLE)]:
        path = PurePosixPath(state.path)
        before.update(str(top) for top in path.parents if _is_there(folder / path.relative_to(top), state.size))
    if not before:
        raise UsageError(
            f"{folder} holds none of the {len(known):,} files of the index",
            "name the folder that holds now what the folder of the articles held when they were indexed",
        )
    old = min(before, key=lambda top: (-before[top], len(top)))
    if old == corpus.name(folder):
        return {}
    gone, now = corpus.below(old), corpus.below(corpus.name(folder))
    within = (
        state
        for state in known
        if state.path.startswith(gone) and (gone or not PurePosixPath(state.path).is_absolute())
    )
    return {state.file: now + state.path.removeprefix(gone) for state in within}


def _is_there(location: Path, size: int) -> bool:
    """Whether an ordinary file of this size, that of its sidecar included, lies there."""
    try:
        beside = sidecar_of(location)
        found = look("", str(location), str(beside) if beside else None)
    except OSError:
        return False
    return found is not None and found.size == size
