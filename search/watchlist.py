"""Standing questions: what came into the index since each was asked last, reported once.

The list lies in the index folder as a database of its own, so that neither a rebuild nor another encoder touches it.
An article is new when its text was not there when the watchlist was last run: texts are known by a digest, so a file
that is renamed, encoded again or built anew is no news, and a clock has no say. Which articles to look at the
numbers of their passages tell, which are never used twice in one catalogue.

A run is one transaction that ends after its news was taken: who dies before that gets it again. The transaction
locks out every other run; readers and writers of the index are not kept waiting.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from index.catalogue import WATCHLIST_NAME, Catalogue, Filter
from index.errors import IndexUnusableError, LockedError, NotFoundError, UsageError
from index.foreign import check_cells, check_schema
from search.answer import Answer, Hit
from search.copies import Told, same_story
from search.engine import Searcher
from search.query import parse

FORMAT = 2
REMEMBERED = 200  # reports of a question, the last ones, whose copies are no news
AT_ONCE = 500  # new articles that are asked together: few enough that none is beyond what `relevant` looks at
WAIT = 30.0  # seconds for another run to end
LONGEST = 50_000_000  # bytes of a report; what unpacks to more was not written by Telusur
_AGAIN = "move it away and add the questions again"

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE questions (number INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT NOT NULL UNIQUE, added TEXT NOT NULL,
    mark INTEGER NOT NULL, reports INTEGER NOT NULL DEFAULT 0);
CREATE TABLE seen (digest INTEGER PRIMARY KEY);
CREATE TABLE reported (report INTEGER PRIMARY KEY, number INTEGER NOT NULL, text BLOB NOT NULL, source TEXT,
    title TEXT);
CREATE INDEX reported_by_question ON reported (number);
"""
_REPORTED_1 = "CREATE TABLE reported (report INTEGER PRIMARY KEY, number INTEGER NOT NULL, text BLOB NOT NULL)"


class Standing(NamedTuple):
    """A standing question. `mark`: passages with this number or a higher one came after its last run."""

    number: int
    question: str
    added: str
    mark: int
    reports: int


@dataclass(frozen=True, slots=True)
class News:
    """What is new on a question."""

    standing: Standing
    answer: Answer


class Watchlist:
    """The standing questions of the index in `root`."""

    def __init__(self, root: Path) -> None:
        """Open the list. Raises IndexUnusableError when it is damaged, of another format, or there is no index."""
        self.path = root / WATCHLIST_NAME
        Catalogue(root).close()  # says so when there is none
        self._db = sqlite3.connect(self.path, isolation_level=None, timeout=WAIT)
        try:
            with self._changing():
                self._db.execute("PRAGMA trusted_schema = 0")
                check_schema(self._db, f"{_SCHEMA};{_REPORTED_1}", self.path, _AGAIN)
                if not self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    for statement in filter(str.strip, _SCHEMA.split(";")):
                        self._db.execute(statement)
                    self._set(format=FORMAT)
                found = self._get("format")
                if found == 1:  # who published what it reported is not known: NULL
                    for column in ("source", "title"):
                        self._db.execute(f"ALTER TABLE reported ADD COLUMN {column} TEXT")
                    self._set(format=(found := FORMAT))
                self.standing()
        except sqlite3.DatabaseError as error:
            self.close()
            raise self._unusable(str(error)) from error
        except BaseException:
            self.close()
            raise
        if found != FORMAT:
            self.close()
            raise self._unusable(f"it has format {found}, this version reads format {FORMAT}")

    def close(self) -> None:
        """Close the list."""
        self._db.close()

    def standing(self) -> list[Standing]:
        """The questions in the order in which they were added."""
        sql = "SELECT number, question, added, mark, reports FROM questions ORDER BY number"
        rows = self._db.execute(sql).fetchall()
        check_cells(rows, Standing._fields, self.path, _AGAIN)
        return [Standing(*row) for row in rows]

    def add(self, question: str, searcher: Searcher) -> tuple[Standing, bool]:
        """Let a question stand from now on, and whether it did not before. Raises UsageError when it asks nothing."""
        question = " ".join(question.split())
        parse(question)
        with self._changing():
            standing = self.standing()
            for one in standing:
                if one.question == question:
                    return one, False
            with searcher.state():
                catalogue, mark = searcher.catalogue, _mark(searcher.catalogue)
                if not standing:  # all that is there is known
                    self._learn(_digest(catalogue.article(article)["text"]) for article in catalogue.articles())
                    self._set(lineage=_lineage(catalogue), mark=mark)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._db.execute("INSERT INTO questions (question, added, mark) VALUES (?, ?, ?)", (question, now, mark))
        return self.standing()[-1], True

    def remove(self, name: str) -> Standing:
        """Take a question away, by its number or its words. Raises NotFoundError."""
        with self._changing():
            for one in self.standing():
                if name.strip() in (str(one.number), one.question):
                    self._db.execute("DELETE FROM questions WHERE number = ?", (one.number,))
                    self._db.execute("DELETE FROM reported WHERE number = ?", (one.number,))
                    return one
        raise NotFoundError(f"no standing question {name!r}", "`telusur watchlist list` shows them with their numbers")

    @contextmanager
    def news(self, searcher: Searcher) -> Iterator[tuple[list[News], int]]:
        """What is new on each question, and how many articles are new; once the block ends it counts as reported.

        Raises UsageError when no question stands, LockedError while another run is at it.
        """
        with self._changing():
            standing = self.standing()
            if not standing:
                raise UsageError("no question stands", 'add one: telusur watchlist add "banjir di Jakarta"')
            with searcher.state():
                catalogue = searcher.catalogue
                lineage, mark, last = _lineage(catalogue), _mark(catalogue), self._get("mark")
                if not isinstance(last, int | None):
                    raise self._unusable("how far it has come is no number")
                if self._get("lineage") != lineage:  # made from nothing: numbers began anew
                    standing, last = [one._replace(mark=0) for one in standing], 0
                fresh = self._unseen(catalogue, min(last or 0, *(one.mark for one in standing)))
                since = {one.mark: {*catalogue.articles_from(one.mark)} for one in standing}
            found = []
            for one in standing:
                new = [article for article in fresh if article in since[one.mark]]
                if new:
                    found += self._asked(one, searcher, new)
            self._learn(fresh.values())
            self._set(lineage=lineage, mark=mark)
            self._db.execute("UPDATE questions SET mark = ?", (mark,))
            yield found, len(fresh)

    def _asked(self, one: Standing, searcher: Searcher, new: Sequence[int]) -> list[News]:
        """What is relevant among new articles, without copies of what was reported."""
        answers = [
            searcher.relevant(
                one.question, restriction=Filter(articles=tuple(new[begin : begin + AT_ONCE])), dates=False
            )
            for begin in range(0, len(new), AT_ONCE)
        ]
        answer = max((answer for answer, _ in answers), key=lambda answer: answer.confidence)
        sql = "SELECT text, source, title FROM reported WHERE number = ? ORDER BY report DESC LIMIT ?"
        reported = self._db.execute(sql, (one.number, REMEMBERED)).fetchall()
        check_cells(reported, ("", "source", "title"), self.path, _AGAIN)
        told = [Told(self._unpacked(text), None, source, title) for text, source, title in reported]
        hits: list[Hit] = []
        for hit in sorted((hit for each, _ in answers for hit in each.hits), key=lambda hit: -hit.score):
            body = _body(searcher, hit)
            own = Told(body, None, hit.source, hit.title)
            if not any(same_story(own, before) for before in told):
                hits.append(replace(hit, rank=len(hits) + 1))
                told.append(own)
            packed = zlib.compress(body.encode("utf-8", "replace"))
            sql = "INSERT INTO reported (number, text, source, title) VALUES (?, ?, ?, ?)"
            self._db.execute(sql, (one.number, packed, hit.source, hit.title))
        last = "SELECT report FROM reported WHERE number = ? ORDER BY report DESC LIMIT ?"
        forget = f"DELETE FROM reported WHERE number = ? AND report NOT IN ({last})"  # noqa: S608
        self._db.execute(forget, (one.number, one.number, REMEMBERED))
        self._db.execute("UPDATE questions SET reports = reports + ? WHERE number = ?", (len(hits), one.number))
        return [News(one, replace(answer, hits=tuple(hits)))] if hits else []

    def _unpacked(self, text: Any) -> str:
        """A text that was reported. Raises IndexUnusableError."""
        try:
            return zlib.decompressobj().decompress(text, LONGEST).decode("utf-8", "replace")
        except (zlib.error, TypeError) as error:
            raise self._unusable(f"a report in it is none: {error}") from error

    def _unseen(self, catalogue: Catalogue, mark: int) -> dict[int, int]:
        """Articles that came at or after a mark and whose text was not there before, with their texts' digests."""
        found = {article: _digest(catalogue.article(article)["text"]) for article in catalogue.articles_from(mark)}
        known = "SELECT 1 FROM seen WHERE digest = ?"
        return {one: digest for one, digest in found.items() if not self._db.execute(known, (digest,)).fetchone()}

    def _learn(self, digests: Iterable[int]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?)", ((digest,) for digest in digests))

    def _get(self, name: str) -> Any:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _set(self, **facts: int | str) -> None:
        self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """All or nothing. Raises LockedError."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise LockedError("the watchlist is in use", "wait until the other run has ended") from error
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _unusable(self, why: str) -> IndexUnusableError:
        return IndexUnusableError(f"the watchlist {self.path} cannot be read: {why}", _AGAIN)


def _mark(catalogue: Catalogue) -> int:
    return int(catalogue.get("next_passage"))


def _lineage(catalogue: Catalogue) -> str:
    """What tells a catalogue from another that was made from nothing in its place."""
    return str(catalogue.get("lineage") or "first")


def _digest(text: str) -> int:
    """A digest of 64 bits of a text; spaces and line breaks do not count."""
    words = " ".join(text.split()).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), signed=True)


def _body(searcher: Searcher, hit: Hit) -> str:
    with searcher.state():
        articles = searcher.catalogue.find_articles(article_id=hit.article_id)  # none if it went this instant
        return searcher.catalogue.bodies(articles)[articles[0]] if articles else hit.text
