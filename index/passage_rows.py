"""The passages in the catalogue, and what a hit shows of them."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from index.database import REBUILD, Database
from index.errors import IndexUnusableError
from index.filter import marks
from index.sketch import Sketch

_HIT = """
SELECT p.passage, p.n, p.char_start, p.char_end, p.line_start, p.line_end, a.article, a.article_id, a.row, a.title,
    a.source, a.origin, a.published, a.published_precision, a.url, coalesce(p.language, a.language) AS language, f.path,
    a.published_inferred, a.row_line, a.author, a.encoding, a.pages
FROM passages p JOIN articles a USING (article) JOIN files f USING (file)
"""

# A passage within its article: n, char_start, char_end, line_start, line_end, digest, language.
Cut = tuple[int, int, int, int, int, bytes, str | None]


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
            raise IndexUnusableError(f"the catalogue is damaged: the pages of {self.article_id}", REBUILD) from error

    @property
    def passage_id(self) -> str:
        """The passage as users name it."""
        return f"{self.article_id}#{self.n}"


class PassageRows(Database):
    """The passages of one catalogue."""

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
            rows = self._rows(f"{_HIT} WHERE p.passage IN ({marks(some)})", list(some))
            if len(rows) < len(some) and len(rows) < len(self.holders(some)):
                raise IndexUnusableError(f"{self.path} is damaged: a passage has no article or file", REBUILD)
            found |= {row[0]: passage for row, passage in zip(rows, self._with_text(rows), strict=True)}
        return found

    def passages_of(self, article: int) -> list[PassageRow]:
        """The passages of an article in reading order."""
        return self._with_text(self._rows(f"{_HIT} WHERE p.article = ? ORDER BY p.n", (article,)))

    def _with_text(self, rows: list[tuple[Any, ...]]) -> list[PassageRow]:
        # Each text is fetched once and cut here: SQLite's substr would walk a long article for every passage of it.
        articles = list({row[6] for row in rows})
        sql = f"SELECT article, text FROM texts WHERE article IN ({marks(articles)})"
        texts: dict[int, str] = dict(self._rows(sql, articles))
        if len(texts) < len(articles):
            raise IndexUnusableError(f"the catalogue {self.path} is damaged: an article has no text", REBUILD)
        return [PassageRow(*(*row, texts[row[6]][row[2] : row[3]])) for row in rows]

    def holders(self, passages: Iterable[int]) -> dict[int, int]:
        """The article of each of the passages that exist."""
        sql = "SELECT passage, article FROM passages WHERE passage IN (SELECT value FROM json_each(?))"
        return dict(self._rows(sql, (json.dumps(sorted(passages)),)))  # in order, pages are read once

    def sketches(self, articles: Iterable[int]) -> dict[int, tuple[Sketch | None, str | None, str | None, str | None]]:
        """Of each of the articles that exist: its sketch, None where it cannot be read, publisher, title and date."""
        columns = "article, sketch, source, title, published"
        some = "WHERE article IN (SELECT value FROM json_each(?))"
        sql = f"SELECT {columns} FROM articles LEFT JOIN sketches USING (article) {some}"
        rows = self._rows(sql, (json.dumps(list(articles)),))
        return {article: (Sketch.read(packed), *known) for article, packed, *known in rows}

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

    def cuts_of(self, article: int) -> list[Cut]:
        """How an article is cut into passages, in reading order."""
        columns = "n, char_start, char_end, line_start, line_end, digest, language"
        return self._rows(f"SELECT {columns} FROM passages WHERE article = ? ORDER BY n", (article,))

    def digests_of(self, article: int) -> list[tuple[bytes, int]]:
        """(digest, passage) of each passage of an article."""
        return self._rows("SELECT digest, passage FROM passages WHERE article = ?", (article,))

    def passage_numbers(self) -> list[int]:
        """Every passage that exists, ascending."""
        return [n for (n,) in self._db.execute("SELECT passage FROM passages ORDER BY passage")]
