"""The SQLite side: which files, articles and passages exist, where their vectors lie, how the index was made.

The catalogue is the truth. What it does not list does not exist, whatever the segments and the lexicon still hold;
its transaction is the one commit point of an update.
"""

import json
import os
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from index.errors import IndexUnusableError
from index.filter import Allowed, PassageColumns
from index.filter import Filter as Filter  # where callers of `Catalogue.allowed` look for it
from index.foreign import check_cells, check_folder, check_schema, check_settings, misfits
from index.segment import SegmentName

FORMAT = 3
FILE_NAME = "catalogue.sqlite"
NEXT_NAME = "next.sqlite"  # one that is being built to take its place
WATCHLIST_NAME = "watchlist.sqlite"  # standing questions, which `search.watchlist` keeps
_REBUILD = "run `telusur index PATH… --fresh` to rebuild it"

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

_HIT = """
SELECT p.passage, p.n, p.char_start, p.char_end, p.line_start, p.line_end, a.article, a.article_id, a.row, a.title,
    a.source, a.origin, a.published, a.published_precision, a.url, coalesce(p.language, a.language) AS language, f.path,
    a.published_inferred, a.row_line, a.author, a.encoding, a.pages
FROM passages p JOIN articles a USING (article) JOIN files f USING (file)
"""


class FileState(NamedTuple):
    """A file as it was when it was last read."""

    file: int
    path: str
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PassageRow:
    """One passage with all that a hit shows of it. Offsets are code points in the article's text."""

    passage: int
    n: int
    char_start: int
    char_end: int
    line_start: int
    line_end: int
    article: int
    article_id: str
    row: str | None
    title: str | None
    source: str | None
    origin: str | None
    published: str | None
    published_precision: str | None
    url: str | None
    language: str | None
    path: str
    published_inferred: int  # 0 or 1
    row_line: int | None  # line of the file where the row begins
    author: str | None
    encoding: str | None  # of a plain text file
    pages: str | None  # offsets at which the pages of a paged document begin, as a JSON list
    text: str

    @property
    def page(self) -> int | None:
        """The page that it begins on, from 1."""
        return self._page_at(self.char_start)

    @property
    def page_end(self) -> int | None:
        """The page that it ends on."""
        return self._page_at(self.char_end - 1)

    def _page_at(self, offset: int) -> int | None:
        try:
            return bisect_right(json.loads(self.pages), offset) if self.pages else None
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise IndexUnusableError(f"the catalogue is damaged: the pages of {self.article_id}", _REBUILD) from error

    @property
    def passage_id(self) -> str:
        """The passage as users name it."""
        return f"{self.article_id}#{self.n}"


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


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


class Catalogue:
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
            self._columns: PassageColumns | None = None
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
            raise IndexUnusableError(f"the catalogue {self.path} cannot be read: {error}", _REBUILD) from error
        if found != FORMAT:
            self.close()
            state = f"has format {found}" if found else "is empty: its first update never finished"
            raise IndexUnusableError(f"the index at {root} {state}; this version reads format {FORMAT}", _REBUILD)

    def _connected(self, mode: str) -> sqlite3.Connection:
        uri = f"{Path(os.path.abspath(self.path)).as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30)

    def _prepare(self, *, create: bool) -> Any:
        """Make the tables where there are none, if `create`; the format that the catalogue says it has."""
        self._db.execute("PRAGMA journal_mode = WAL" if create else "PRAGMA query_only = 0")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA trusted_schema = 0")
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
            return bool(self.segments())
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
            raise IndexUnusableError(f"the catalogue {self.path} is damaged: its setting {name!r}", _REBUILD) from error

    def set(self, **values: Any) -> None:
        """Write settings (any JSON value)."""
        rows = [(name, json.dumps(value)) for name, value in values.items()]
        self._db.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", rows)

    def clear(self) -> None:
        """Forget every file, article, passage and segment; numbers go on, so that none is used twice."""
        for table in ("passages", "texts", "articles", "files", "segments", "removed"):
            self._db.execute(f"DELETE FROM {table}")
        self.set(articles=0, passages=0)

    # --- files and articles ----------------------------------------------------------------------------------

    def files(self) -> list[FileState]:
        """Every file that articles were read from."""
        return [FileState(*row) for row in self._rows("SELECT file, path, size, mtime_ns, sha256 FROM files")]

    def files_below(self, path: str) -> list[FileState]:
        """The file of this path, or those in the folder of this path."""
        sql = "SELECT file, path, size, mtime_ns, sha256 FROM files WHERE path = ? OR (path > ? AND path < ?)"
        return [FileState(*row) for row in self._rows(sql, (path, f"{path}/", f"{path}0"))]  # 0 comes after /

    def count_articles(self, files: Iterable[int]) -> int:
        """How many articles some files have together."""
        sql = "SELECT count(*) FROM json_each(?) JOIN articles ON file = value"
        return int(self._db.execute(sql, (json.dumps(list(files)),)).fetchone()[0])

    def add_file(self, path: str, size: int, mtime_ns: int, sha256: str) -> int:
        """Record a file; its number."""
        cursor = self._db.execute(
            "INSERT INTO files (path, size, mtime_ns, sha256) VALUES (?, ?, ?, ?)", (path, size, mtime_ns, sha256)
        )
        return int(cursor.lastrowid or 0)

    def update_file(self, file: int, path: str, size: int, mtime_ns: int, sha256: str) -> None:
        """Record that a file was read again or found under another path."""
        self._db.execute(
            "UPDATE files SET path = ?, size = ?, mtime_ns = ?, sha256 = ? WHERE file = ?",
            (path, size, mtime_ns, sha256, file),
        )

    def rename_files(self, names: Mapping[int, str]) -> None:
        """Record other paths of some files, which may be each other's."""
        sql = "UPDATE files SET path = ? WHERE file = ?"
        self._db.executemany(sql, ((f"\0{file}", file) for file in names))
        self._db.executemany(sql, ((path, file) for file, path in names.items()))

    def remove_file(self, file: int) -> None:
        """Forget a file whose articles are gone."""
        self._db.execute("DELETE FROM files WHERE file = ?", (file,))

    def articles_of(self, file: int) -> list[tuple[int, str | None, str]]:
        """(article, row, article_id) of each article of a file."""
        return self._rows("SELECT article, row, article_id FROM articles WHERE file = ?", (file,))

    def article_ids(self) -> dict[tuple[str, str | None], str]:
        """The article_id of each article, by path and row."""
        sql = "SELECT path, row, article_id FROM articles JOIN files USING (file)"
        return {(path, row): article_id for path, row, article_id in self._rows(sql)}

    def has_article_id(self, article_id: str) -> bool:
        """Whether an article bears this id."""
        return self._db.execute("SELECT 1 FROM articles WHERE article_id = ?", (article_id,)).fetchone() is not None

    def write_article(self, article: int, article_id: str, file: int, fields: dict[str, Any]) -> None:
        """Write one article, in place of what stood under its number."""
        row = {"article": article, "article_id": article_id, "file": file, **fields}
        self._db.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (article, row.pop("text")))
        columns = ", ".join(row)
        self._db.execute(
            f"INSERT OR REPLACE INTO articles ({columns}) VALUES ({_marks(columns.split())})", [*row.values()]
        )

    def move_row(self, article: int, row_line: int | None) -> None:
        """Note the line of its file on which an article begins now."""
        sql = "UPDATE articles SET row_line = ? WHERE article = ? AND row_line IS NOT ?"
        self._db.execute(sql, (row_line, article, row_line))

    def remove_article(self, article: int) -> None:
        """Remove an article and its passages."""
        self.remove_passages(article)
        for table in ("texts", "articles"):
            self._db.execute(f"DELETE FROM {table} WHERE article = ?", (article,))

    # --- passages --------------------------------------------------------------------------------------------

    def remove_passages(self, article: int) -> None:
        """Remove the passages of an article, keeping note that segments and lexicon still hold them.

        `articles` and `passages` among the settings are for the writer of an update to keep true.
        """
        self._db.execute(
            "INSERT OR REPLACE INTO removed SELECT passage, 1, 1 FROM passages WHERE article = ?", (article,)
        )
        self._db.execute("DELETE FROM passages WHERE article = ?", (article,))

    def add_passages(self, rows: Iterable[tuple[int, int, int, int, int, int, int, bytes, str | None]]) -> None:
        """Write passages: (passage, article, n, char_start, char_end, line_start, line_end, digest, language)."""
        self._db.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def passages_with(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        """A passage for each digest that some passage bears."""
        found: dict[bytes, int] = {}
        for digest in set(digests):
            row = self._db.execute("SELECT passage FROM passages WHERE digest = ? LIMIT 1", (digest,)).fetchone()
            if row:
                found[digest] = row[0]
        return found

    def hits(self, passages: Sequence[int]) -> dict[int, PassageRow]:
        """The passages with these numbers, as far as they exist."""
        found: dict[int, PassageRow] = {}
        for begin in range(0, len(passages), 500):
            some = passages[begin : begin + 500]
            rows = self._rows(f"{_HIT} WHERE p.passage IN ({_marks(some)})", list(some))
            if len(rows) < len(some) and len(rows) < len(self.holders(some)):
                raise IndexUnusableError(f"{self.path} is damaged: a passage has no article or file", _REBUILD)
            found |= {row[0]: passage for row, passage in zip(rows, self._with_text(rows), strict=True)}
        return found

    def passages_of(self, article: int) -> list[PassageRow]:
        """The passages of an article in reading order."""
        return self._with_text(self._rows(f"{_HIT} WHERE p.article = ? ORDER BY p.n", (article,)))

    def _with_text(self, rows: list[tuple[Any, ...]]) -> list[PassageRow]:
        # Each text is fetched once and cut here: SQLite's substr would walk a long article for every passage of it.
        articles = list({row[6] for row in rows})
        sql = f"SELECT article, text FROM texts WHERE article IN ({_marks(articles)})"
        texts: dict[int, str] = dict(self._rows(sql, articles))
        if len(texts) < len(articles):
            raise IndexUnusableError(f"the catalogue {self.path} is damaged: an article has no text", _REBUILD)
        return [PassageRow(*(*row, texts[row[6]][row[2] : row[3]])) for row in rows]

    def holders(self, passages: Iterable[int]) -> dict[int, int]:
        """The article of each of the passages that exist."""
        sql = "SELECT passage, article FROM passages WHERE passage IN (SELECT value FROM json_each(?))"
        return dict(self._rows(sql, (json.dumps(list(passages)),)))

    def published(self, articles: Iterable[int]) -> dict[int, str | None]:
        """When each of the articles was published."""
        sql = "SELECT article, published FROM articles WHERE article IN (SELECT value FROM json_each(?))"
        return dict(self._rows(sql, (json.dumps(list(articles)),)))

    def bodies(self, articles: Iterable[int]) -> dict[int, str]:
        """The passages of each article one after another: its text without what is not the article."""
        asked = json.dumps(list(articles))
        some = "WHERE article IN (SELECT value FROM json_each(?))"
        texts: dict[int, str] = dict(self._rows(f"SELECT article, text FROM texts {some}", (asked,)))
        parts: dict[int, list[str]] = {article: [] for article in texts}
        spans = f"SELECT article, char_start, char_end FROM passages {some} ORDER BY article, n"
        for article, start, end in self._rows(spans, (asked,)):
            parts[article].append(texts[article][start:end])
        return {article: " ".join(own) for article, own in parts.items()}

    def digests_of(self, article: int) -> list[tuple[bytes, int]]:
        """(digest, passage) of each passage of an article."""
        return self._rows("SELECT digest, passage FROM passages WHERE article = ?", (article,))

    def passage_numbers(self) -> list[int]:
        """Every passage that exists, ascending."""
        return [n for (n,) in self._db.execute("SELECT passage FROM passages ORDER BY passage")]

    def allowed(self, restriction: Filter) -> Allowed:
        """Passages that a filter lets through, and the article of each."""
        if self._columns is None:
            self._columns = PassageColumns(self._db)
        return self._columns.allowed(restriction, self.get("generation"))

    # --- articles, by what users call them -----------------------------------------------------------------

    def article(self, article: int) -> dict[str, Any]:
        """All of one article, with its path."""
        cursor = self._db.execute(
            "SELECT a.*, t.text, f.path FROM articles a JOIN texts t USING (article) JOIN files f USING (file)"
            " WHERE article = ?",
            (article,),
        )
        (row,) = self._checked(cursor) or [()]
        if not row:
            raise IndexUnusableError(f"the catalogue {self.path} is damaged: an article has no text or file", _REBUILD)
        return dict(zip((column[0] for column in cursor.description), row, strict=True))

    def find_articles(self, *, article_id: str | None = None, path: str | None = None) -> list[int]:
        """Articles with this id, or read from this path."""
        if article_id is not None:
            cursor = self._db.execute("SELECT article FROM articles WHERE article_id = ?", (article_id,))
        else:
            cursor = self._db.execute(
                "SELECT article FROM articles JOIN files USING (file) WHERE path = ? ORDER BY article", (path,)
            )
        return [n for (n,) in cursor]

    def articles(self) -> list[int]:
        """Every article."""
        return [n for (n,) in self._db.execute("SELECT article FROM articles ORDER BY article")]

    def articles_from(self, passage: int) -> list[int]:
        """Articles with a passage of this number or a higher one: those that were read since it was the next."""
        sql = "SELECT DISTINCT article FROM passages WHERE passage >= ?"
        return [n for (n,) in self._db.execute(sql, (passage,))]

    # --- segments and what is left to clear away --------------------------------------------------------------

    def segments(self) -> list[SegmentName]:
        """The segments, oldest first."""
        return [SegmentName(*row) for row in self._rows("SELECT * FROM segments ORDER BY first")]

    def replace_segments(self, old: Sequence[SegmentName], new: SegmentName | None) -> None:
        """Let one segment stand for some (or none) that stood before."""
        for name in old:
            self._db.execute("DELETE FROM segments WHERE segment = ?", (name.segment,))
            self._db.execute("UPDATE removed SET in_segment = 0 WHERE passage BETWEEN ? AND ?", (name.first, name.last))
        if new is not None:
            self._db.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?)", new)
        self._db.execute("DELETE FROM removed WHERE NOT in_segment AND NOT in_lexicon")

    def removed(self, where: str) -> list[int]:
        """Passages that are gone but still lie in `segment` or `lexicon`, ascending."""
        return [n for (n,) in self._db.execute(f"SELECT passage FROM removed WHERE in_{where} ORDER BY passage")]

    def count_removed(self, name: SegmentName) -> int:
        """How many passages of a segment are gone."""
        sql = "SELECT count(*) FROM removed WHERE in_segment AND passage BETWEEN ? AND ?"
        return int(self._db.execute(sql, (name.first, name.last)).fetchone()[0])

    def purged_from_lexicon(self, passages: Sequence[int]) -> None:
        """Note that the lexicon no longer holds these passages."""
        self._db.executemany("UPDATE removed SET in_lexicon = 0 WHERE passage = ?", [(n,) for n in passages])
        self._db.execute("DELETE FROM removed WHERE NOT in_segment AND NOT in_lexicon")

    def purged_from_store(self, passages: Sequence[int]) -> None:
        """Note that the server which holds the vectors no longer holds these passages."""
        self._db.executemany("UPDATE removed SET in_segment = 0 WHERE passage = ?", [(n,) for n in passages])
        self._db.execute("DELETE FROM removed WHERE NOT in_segment AND NOT in_lexicon")

    # --- figures ----------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, Any]:
        """Articles, passages, languages, sources and dates, as `status` shows them."""
        ends = "SELECT min(published) AS published FROM articles UNION ALL SELECT max(published) FROM articles"
        (first,), (last,) = self._rows(ends)
        return {
            "articles": self._db.execute("SELECT count(*) FROM articles").fetchone()[0],
            "passages": self._db.execute("SELECT count(*) FROM passages").fetchone()[0],
            "languages": dict(self._grouped("language")),
            "sources": dict(self._grouped("source")),
            "published": {"first": first, "last": last},
        }

    def _grouped(self, column: str) -> list[tuple[str, int]]:
        sql = f"SELECT coalesce({column}, 'unknown') AS {column}, count(*) FROM articles GROUP BY 1 ORDER BY 2 DESC, 1"
        return self._rows(sql)

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
