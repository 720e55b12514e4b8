"""An index folder may come from somebody else: what in it could reach beyond it, or be run, is refused here.

It is looked at before anything in it is followed: links and other special files, what the catalogue would execute, and
names out of its settings that become paths.
"""

import os
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from index.errors import IndexUnusableError

_HINT = "do not use it if it came from somebody else; `telusur index PATH… --index ANOTHER-FOLDER` makes an index"
_LEXICON = re.compile(r"[0-9]{6}")
_COLLECTION = re.compile(r"telusur_[0-9a-z]+_[0-9]{6}")
MAX_DIMENSION = 65_536  # numbers of a vector


def check_folder(root: Path) -> None:
    """Raises IndexUnusableError when something in an index is neither a file nor a folder, such as a link.

    A writer would write, or delete, what a link leads to; opening a pipe would wait for ever.
    """
    for entry in _entries(str(root), depth=3):
        if entry.is_symlink():
            raise IndexUnusableError(f"{entry.path} is a link, and an index has none", _HINT)
        if not (entry.is_file() or entry.is_dir()):
            kind = "a pipe" if stat.S_ISFIFO(entry.stat().st_mode) else "a special file"
            raise IndexUnusableError(f"{entry.path} is {kind}, and an index has none", _HINT)


def _entries(folder: str, depth: int) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError:  # it cannot be read, or is gone: whoever opens what is in it says so
        return
    for entry in entries:
        yield entry
        if depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from _entries(entry.path, depth - 1)


def check_schema(db: sqlite3.Connection, schema: str, path: Path) -> None:
    """Raises IndexUnusableError when the catalogue at `path` has a trigger, a view or a table that `schema` has not."""
    known = {_normal(statement) for statement in schema.split(";")}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"):
        if _normal(str(sql)) not in known and not str(name).startswith("sqlite_stat"):
            msg = f"the catalogue {path} holds what no Telusur wrote: the {kind} {str(name)[:40]!r}"
            raise IndexUnusableError(msg, _HINT)


def _normal(sql: str) -> str:
    return " ".join(sql.replace("IF NOT EXISTS ", "").split())


def check_settings(get: Callable[[str], Any], path: Path, *, filled: bool) -> None:
    """Raises IndexUnusableError when a setting of the catalogue at `path` cannot be one.

    `filled`: it names segments, and so has what the first update writes.
    """
    for name, fits in _SETTINGS.items():
        value = get(name)
        if not fits(value) or (filled and value is None and name in _ALWAYS):
            raise IndexUnusableError(f"the catalogue {path} is damaged: its setting {name!r} cannot be", _HINT)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_encoder(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in ("name", "fingerprint"))
        and _is_count(value.get("dimension"))
        and 0 < value["dimension"] <= MAX_DIMENSION
    )


def _is_store(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("uri"), str)
        and _is_collection(value.get("collection"))
        and _is_count(value.get("dimension"))
        and 0 < value["dimension"] <= MAX_DIMENSION
        and isinstance(value.get("kind"), str)
        and isinstance(value.get("new"), bool)
    )


def _is_retired(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) == 3 and isinstance(one[0], str) and _is_collection(one[1])
        and isinstance(one[2], (int, float)) for one in value
    )  # fmt: skip


def _is_collection(value: Any) -> bool:
    """Whether it is such a name as Telusur gives the collection of an index: no other may be written to, or dropped."""
    return isinstance(value, str) and bool(_COLLECTION.fullmatch(value))


def _is_calibration(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("median"), (int, float))
        and isinstance(value.get("encoder"), str)
        and _is_count(value.get("passages"))
    )


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


_ALWAYS = ("encoder", "lexicon", "calibration")
_SETTINGS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("generation", "next_passage", "next_segment", "next_article", "articles", "passages"), _is_count),
    "encoder": _or_none(_is_encoder),
    "calibration": _or_none(_is_calibration),
    "lexicon": _or_none(lambda value: isinstance(value, str) and bool(_LEXICON.fullmatch(value))),  # a folder's name
    "columns": _or_none(lambda value: isinstance(value, dict) and all(isinstance(v, str) for v in value.values())),
    "reading": _or_none(_is_count),
    "store": _or_none(_is_store),
    "retired": _or_none(_is_retired),
    "owner": _or_none(lambda value: isinstance(value, str) and value.isalnum()),  # becomes part of a collection's name
    "ann": _or_none(lambda value: isinstance(value, str)),
    "updated": _or_none(lambda value: isinstance(value, (int, float)) and 0 <= value < 1e11),  # seconds since 1970
}
