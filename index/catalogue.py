"""The SQLite side: which files, articles and passages exist, where their vectors lie, how the index was made.

The catalogue is the truth. What it does not list does not exist, whatever the segments and the lexicon still hold;
its transaction is the one commit point of an update.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from index.database import FILE_NAME as FILE_NAME  # as all of these: where callers of `Catalogue` look for them
from index.database import FORMAT as FORMAT
from index.database import NEXT_NAME as NEXT_NAME
from index.database import PAGE_SIZE as PAGE_SIZE
from index.database import REBUILD
from index.database import WATCHLIST_NAME as WATCHLIST_NAME
from index.errors import IndexUnusableError
from index.filter import Allowed, PassageColumns, marks
from index.filter import Filter as Filter
from index.passage_rows import PassageRow as PassageRow
from index.passage_rows import PassageRows
from index.rows import SegmentName
from index.sketch import Sketch

CUT_OFF = ""  # in place of its digest: a file of which a dead writer read only some articles
OUTDATED = -2  # in place of its time: a file that was last read by an older version, or by other columns


class FileState(NamedTuple):
    """A file as it was when it was last read."""

    file: int
    path: str
    size: int
    mtime_ns: int
    sha256: str


class Catalogue(PassageRows):
    """One connection to the catalogue of the index in `root`."""

    def clear(self) -> None:
        """Forget every file, article, passage and segment; numbers go on, so that none is used twice."""
        for table in ("passages", "texts", "sketches", "articles", "files", "segments", "removed"):
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

    def outdate_files(self, read: Iterable[int]) -> None:
        """Note that every file but those `read` is to be read again when it is next looked at."""
        sql = "UPDATE files SET mtime_ns = ? WHERE file NOT IN (SELECT value FROM json_each(?))"
        self._db.execute(sql, (OUTDATED, json.dumps(list(read))))

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
            f"INSERT OR REPLACE INTO articles ({columns}) VALUES ({marks(columns.split())})", [*row.values()]
        )

    def write_sketch(self, article: int, sketch: Sketch) -> None:
        """Write the sketch of an article."""
        self._db.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?)", (article, sketch.packed()))

    def move_row(self, article: int, row_line: int | None) -> None:
        """Note the line of its file on which an article begins now."""
        sql = "UPDATE articles SET row_line = ? WHERE article = ? AND row_line IS NOT ?"
        self._db.execute(sql, (row_line, article, row_line))

    def remove_article(self, article: int) -> None:
        """Remove an article and its passages."""
        self.remove_passages(article)
        for table in ("texts", "sketches", "articles"):
            self._db.execute(f"DELETE FROM {table} WHERE article = ?", (article,))

    def allowed(self, restriction: Filter) -> Allowed:
        """Passages that a filter lets through, and the article of each."""
        return self._columns.allowed(restriction, self.get("generation"))

    @cached_property
    def _columns(self) -> PassageColumns:
        return PassageColumns(self._db)

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
            raise IndexUnusableError(f"the catalogue {self.path} is damaged: an article has no text or file", REBUILD)
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
