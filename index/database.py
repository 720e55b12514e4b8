"""The file that the catalogue is: opened, checked, written all or nothing; its tables, settings and format."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from index.errors import IndexUnusableError, TelusurError
from index.foreign import check_cells, check_folder, check_schema, check_settings, misfits

FORMAT = 4
PAGE_SIZE = 16_384  # bytes; with SQLite's 4,096 a quarter of the space that texts take would stay empty
CACHE = 16_384  # kB of pages that a connection keeps at most; with SQLite's 2,000 each question reads its own again
FILE_NAME = "catalogue.sqlite"
NEXT_NAME = "next.sqlite"  # one that is being built to take its place
WATCHLIST_NAME = "watchlist.sqlite"  # standing questions, which `search.watchlist` keeps
REBUILD = "run `telusur index PATH… --fresh` to rebuild it"

_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    file INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL);
CREATE TABLE articles (
    article INTEGER PRIMARY KEY, article_id TEXT NOT NULL UNIQUE, file INTEGER NOT NULL REFERENCES files, row TEXT,
    row_line INTEGER, title TEXT, author TEXT, source TEXT, origin TEXT, published TEXT, published_precision TEXT,
    published_inferred INTEGER NOT NULL DEFAULT 0, url TEXT, language TEXT, encoding TEXT, pages TEXT);
CREATE TABLE texts (article INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE sketches (article INTEGER PRIMARY KEY, sketch BLOB NOT NULL);
CREATE INDEX articles_by_file ON articles (file);
CREATE TABLE passages (
    passage INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles, n INTEGER NOT NULL,
    char_start INTEGER NOT NULL, char_end INTEGER NOT NULL, line_start INTEGER NOT NULL, line_end INTEGER NOT NULL,
    digest BLOB NOT NULL, language TEXT);
CREATE UNIQUE INDEX passages_by_article ON passages (article, n);
CREATE INDEX passages_by_digest ON passages (digest);
CREATE TABLE segments (segment INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
    passages INTEGER NOT NULL, crc32 INTEGER NOT NULL);
CREATE TABLE removed (passage INTEGER PRIMARY KEY, in_lexicon INTEGER NOT NULL, in_segment INTEGER NOT NULL);
"""


def _identity(path: Path) -> tuple[int, ...] | None:
    """What tells a file from another that took its place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _version(path: Path) -> tuple[int, ...]:
    """What changes when somebody writes a catalogue that SQLite was told is immutable."""
    ahead = path.with_name(f"{path.name}-wal")
    try:
        return path.stat().st_mtime_ns, path.stat().st_size, ahead.stat().st_size if ahead.exists() else 0
    except OSError:  # gone at this instant, as when another index is moved to its place
        return 0, 0, 0


def _read_only(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite could not make the files that it keeps beside a catalogue."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)


def is_damage(error: BaseException) -> bool:
    """Whether the catalogue itself is broken: by its cells, by its tables, or as SQLite says."""
    if not isinstance(error, sqlite3.Error):
        return isinstance(error, IndexUnusableError)
    if str(error).startswith("Could not decode"):  # said by Python's module, which gives it no code
        return True
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, what is above it the detail
    return code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def explained(root: Path, error: sqlite3.Error) -> TelusurError:
    """What a writer of the index in `root` says of an error that SQLite gave it."""
    if is_damage(error):
        return IndexUnusableError(f"the catalogue in {root} is damaged: {error}", REBUILD)
    return TelusurError(
        f"the catalogue in {root} could not be written: {error}",
        "see that the disk is neither full nor read-only; the index is whole, without what was not written yet",
    )


class Database:
    """One connection to the catalogue of the index in `root`."""

    def __init__(self, root: Path, *, create: bool = False, name: str = FILE_NAME) -> None:
        """Open, or create with `create`. Raises IndexUnusableError: missing, damaged or of another format."""
        self.path = root / name
        if not create and not self.path.is_file():
            raise IndexUnusableError(
                f"there is no index at {root}", "make one with `telusur index FOLDER`, or name another with --index"
            )
        check_folder(root)
        try:
            self._file = _identity(self.path) if not create else None
            self._immutable: tuple[int, ...] | None = None  # its version, where it lies and cannot be written
            self._db = self._connected("rwc" if create else "rw")
            try:
                found = self._prepare(create=create)
            except sqlite3.OperationalError as error:
                self.close()
                if create or not _read_only(error) or _version(self.path)[2]:
                    raise
                self._immutable = _version(self.path)
                self._db = self._connected("ro&immutable=1")
                found = self._prepare(create=False)
            except BaseException:
                self.close()
                raise
        except (sqlite3.DatabaseError, ValueError) as error:
            raise IndexUnusableError(f"the catalogue {self.path} cannot be read: {error}", REBUILD) from error
        if found != FORMAT:
            self.close()
            state = f"has format {found}" if found else "is empty: its first update never finished"
            raise IndexUnusableError(f"the index at {root} {state}; this version reads format {FORMAT}", REBUILD)

    def _connected(self, mode: str) -> sqlite3.Connection:
        uri = f"{Path(os.path.abspath(self.path)).as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30)

    def _prepare(self, *, create: bool) -> Any:
        """Make the tables where there are none, if `create`; the format that the catalogue says it has."""
        if create:
            self._db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        self._db.execute("PRAGMA journal_mode = WAL" if create else "PRAGMA query_only = 0")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA trusted_schema = 0")
        self._db.execute(f"PRAGMA cache_size = -{CACHE}")
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if create and not tables:
            with self.transaction():  # a writer that dies in here leaves no tables, not half of them
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._db.execute(statement)
                self.set(format=FORMAT, generation=0, next_passage=1, next_segment=1, next_article=1)
                self.set(articles=0, passages=0, lineage=uuid4().hex)
        found = self.get("format") if "settings" in tables or create else None
        if found == FORMAT:
            check_schema(self._db, _SCHEMA, self.path)
            check_settings(self.get, self.path, filled=self._names_segments())
        return found

    def _names_segments(self) -> bool:
        try:
            return self._db.execute("SELECT 1 FROM segments").fetchone() is not None
        except sqlite3.DatabaseError:  # `damaged` says more of it
            return False

    def in_place(self) -> bool:
        """Whether the file that was opened for reading still is the one at its path."""
        there = _identity(self.path)
        return there == self._file and (not self._immutable or there is None or _version(self.path) == self._immutable)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Every read inside sees one and the same state, whatever a writer commits meanwhile."""
        self._db.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: what is written inside becomes visible at its end, durably, or never."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite itself has rolled back when the disk is full
                self._db.execute("ROLLBACK")
            raise

    def commit(self) -> None:
        """Inside a transaction: make what was written so far visible, durably, and go on in another."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")

    def settle(self) -> None:
        """After a commit that failed: leave nothing of it that a later recovery could take for committed.

        What was written ahead with its commit mark, but not synced, would count again if every process died now.
        Raises sqlite3.Error when the disk is in no state to.
        """
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # --- settings --------------------------------------------------------------------------------------------

    def get(self, name: str) -> Any:
        """A setting, or None. Raises IndexUnusableError when it is no JSON."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        try:
            return json.loads(row[0]) if row else None
        except (ValueError, TypeError, RecursionError) as error:
            raise IndexUnusableError(f"the catalogue {self.path} is damaged: its setting {name!r}", REBUILD) from error

    def set(self, **values: Any) -> None:
        """Write settings (any JSON value)."""
        rows = [(name, json.dumps(value)) for name, value in values.items()]
        self._db.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", rows)

    def damaged(self) -> list[str]:
        """What SQLite itself finds wrong with the file; empty when it is whole."""
        try:
            found = [line for (line,) in self._db.execute("PRAGMA integrity_check(20)")]
            return [*misfits(self._db)] if found == ["ok"] else found
        except sqlite3.DatabaseError as error:  # too broken to be checked to the end
            return [str(error)]

    # --- rows -------------------------------------------------------------------------------------------------

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query gives, each cell of the type that its column has. Raises IndexUnusableError."""
        return self._checked(self._db.execute(sql, values))

    def _checked(self, cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        rows = cursor.fetchall()
        check_cells(rows, [column[0] for column in cursor.description], self.path)
        return rows
