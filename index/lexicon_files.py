"""The files of a lexicon: what is refused before tantivy follows it, and what tantivy's errors mean."""

import json
import os
import re
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from index.errors import IndexUnusableError
from index.tensor_file import can_be_mapped

_REPAIR = "run `telusur verify --repair` to write it anew"
_OWN_FILE = re.compile(r"[0-9a-f]{32}\.[a-z0-9.]+|meta\.json")


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Have whatever keeps a lexicon from being opened be an IndexUnusableError."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, (ValueError, OSError, RecursionError)) and not _is_panic(error):
            raise
        raise IndexUnusableError(f"the lexicon in {folder} cannot be opened: {error}", _REPAIR) from error


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Have what a damaged file makes of a search be an IndexUnusableError."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, ValueError) and not _is_panic(error):
            raise
        raise _damaged(folder, error) from error


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Have tantivy's one kind of error, a full disk included, be an OSError."""
    try:
        yield
    except ValueError as error:
        raise OSError(f"the lexicon in {folder} could not be written: {error}") from error
    except BaseException as error:
        if not _is_panic(error):
            raise
        raise _damaged(folder, error) from error


def _is_panic(error: BaseException) -> bool:
    """Whether tantivy met what it does not expect; its class, which is no Exception, can be imported from nowhere."""
    return type(error).__name__ == "PanicException"


def _damaged(folder: Path, error: BaseException) -> IndexUnusableError:
    return IndexUnusableError(f"the lexicon in {folder} is damaged: {error}", _REPAIR)


def check_names(folder: Path) -> None:
    """Raises ValueError when the list of files that tantivy may delete names any but its own, OSError.

    It deletes what the list names and the lexicon does not need, wherever a name leads.
    """
    listed = folder / ".managed.json"
    names = json.loads(listed.read_bytes()) if listed.exists() else []
    if not isinstance(names, list) or not all(isinstance(n, str) and _OWN_FILE.fullmatch(n) for n in names):
        raise ValueError(f"{listed.name} names files that no lexicon has")


def readable(folder: Path, reader: object) -> str:
    """The folder as tantivy can read it: it makes a lock file there, even to read, and maps every file.

    Where that cannot be, links to the files, or copies of them, in a folder that goes with the `reader`.
    """
    if not (folder / "meta.json").is_file():
        return str(folder)
    mapped = can_be_mapped(folder / "meta.json")
    if mapped and os.access(folder, os.W_OK):
        return str(folder)
    place = mkdtemp(prefix="telusur-")
    weakref.finalize(reader, shutil.rmtree, place, ignore_errors=True)
    for path in folder.iterdir():
        if path.suffix == ".lock":
            continue
        if mapped:
            Path(place, path.name).symlink_to(path.absolute())
        else:
            shutil.copyfile(path, Path(place, path.name))
    return place
