"""An index folder may come from somebody else: what in it could reach beyond it, or be run, is refused here.

It is looked at before anything in it is followed: links and other special files, what its databases would execute,
names out of the catalogue's settings that become paths, and cells of other types than Telusur writes.
"""

import os
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from index.errors import IndexUnusableError

_ELSEWHERE = "do not use it if it came from somebody else"
_HINT = f"{_ELSEWHERE}; `telusur index PATH… --index ANOTHER-FOLDER` makes an index"
_REBUILD = f"`telusur index PATH… --fresh` rebuilds it; {_ELSEWHERE}"
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


_SQLITES_OWN = ("sqlite_sequence", "sqlite_stat1", "sqlite_stat4")


def check_schema(db: sqlite3.Connection, schema: str, path: Path, hint: str = _REBUILD) -> None:
    """Raises IndexUnusableError when the database at `path` has a trigger, a view or a table that `schema` has not."""
    known = {_normal(statement) for statement in schema.split(";")}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"):
        if _normal(str(sql)) not in known and not (kind == "table" and name in _SQLITES_OWN):
            what = f"the {kind} {str(name)[:40]!r} in {path} is none of this version"
            raise IndexUnusableError(f"{what}: an unreleased version wrote it, or somebody who is not Telusur", hint)


def _normal(sql: str) -> str:
    return " ".join(sql.replace("IF NOT EXISTS ", "").split())


_WHOLE, _TEXT, _NONE = frozenset({int}), frozenset({str}), frozenset({type(None)})
CELLS: Mapping[str, frozenset[type]] = {  # of the columns that are read, by name: what stands in them
    **dict.fromkeys("passage article n char_start char_end line_start line_end".split(), _WHOLE),
    **dict.fromkeys("file size mtime_ns segment first last passages crc32 published_inferred".split(), _WHOLE),
    **dict.fromkeys("article_id path sha256 text".split(), _TEXT),
    **dict.fromkeys("row title author source origin published published_precision".split(), _TEXT | _NONE),
    **dict.fromkeys("url language encoding pages".split(), _TEXT | _NONE),
    **dict.fromkeys("number mark reports".split(), _WHOLE),
    **dict.fromkeys("question added".split(), _TEXT),
    "row_line": _WHOLE | _NONE,
    "digest": frozenset({bytes}),
}


def check_cells(rows: Sequence[Sequence[Any]], names: Sequence[str], path: Path, hint: str = _REBUILD) -> None:
    """Raises IndexUnusableError when a row of the database at `path` holds what Telusur does not write.

    SQLite keeps a value of any type in any column. `names`: of the columns.
    """
    for name, column in zip(names, zip(*rows, strict=True), strict=False):  # no columns where there are no rows
        fitting = CELLS.get(name)
        if fitting and not fitting.issuperset(map(type, column)):
            strange = min({one.__name__ for one in map(type, column) if one not in fitting})
            raise _damaged(path, f"a {name!r} is of the type {strange}", hint)
    if "published" in names:
        place = names.index("published")
        for published in {row[place] for row in rows} - {None}:
            if not _is_date(published):
                raise _damaged(path, "a date of publication is none", hint)


@lru_cache(maxsize=4096)
def _is_date(text: str) -> bool:
    """Whether it is an ISO date, to the day, the month or the year."""
    try:
        return len(text) in (4, 7, 10) and date.fromisoformat(f"{text}-01-01"[:10]).isoformat().startswith(text)
    except ValueError:
        return False


def misfits(db: sqlite3.Connection) -> Iterator[str]:
    """The columns of a database in which cells have other types than they are declared with."""
    tables = (
        "SELECT s.name, c.name, lower(c.type) FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'"
    )
    for table, column, declared in db.execute(tables).fetchall():
        sql = f'SELECT count(*) FROM "{table}" WHERE typeof("{column}") NOT IN (?, \'null\')'  # noqa: S608
        (wrong,) = db.execute(sql, (declared,)).fetchone() if declared else (0,)
        if wrong:
            yield f"{wrong} cells of {table}.{column} are no {declared}"


def _damaged(path: Path, what: str, hint: str = _REBUILD) -> IndexUnusableError:
    return IndexUnusableError(f"{path} is damaged: {what}", hint)


def check_settings(get: Callable[[str], Any], path: Path, *, filled: bool) -> None:
    """Raises IndexUnusableError when a setting of the catalogue at `path` cannot be one.

    `filled`: it names segments, and so has what the first update writes.
    """
    for name, fits in _SETTINGS.items():
        value = get(name)
        if not fits(value) or (filled and value is None and name in _ALWAYS):
            raise _damaged(path, f"its setting {name!r} cannot be")


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


_COSINE = 1.01  # of two vectors at most, and what rounding adds


def _is_calibration(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("median"), (int, float))
        and abs(value["median"]) <= _COSINE
        and isinstance(value.get("encoder"), str)
        and _is_count(value.get("passages"))
        and isinstance(medians := value.get("by_language", {}), dict)
        and all(isinstance(median, (int, float)) for median in medians.values())
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
    "lineage": _or_none(lambda value: isinstance(value, str)),
    "updated": _or_none(lambda value: isinstance(value, (int, float)) and 0 <= value < 1e11),  # seconds since 1970
}
