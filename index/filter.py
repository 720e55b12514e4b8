"""Which passages a filter lets through, exactly, also when that is most of a million.

A passage's number and article never change, and its number is never used again: so these two columns are kept in
memory, 16 bytes a passage, and read on as passages are added. What a filter says of articles and languages is asked of
SQLite, once for each state of the index. Rows become numbers inside SQLite (`group_concat`), not one by one in Python.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexUnusableError

Numbers = NDArray[np.int64]
AT_ONCE = 500_000  # passages that are read at a time
REMEMBERED = 32  # answers that are kept of one state


@dataclass(frozen=True, slots=True)
class Filter:
    """What the asker restricts the search to; empty fields restrict nothing."""

    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: str | None = None  # ISO dates, both ends included
    until: str | None = None
    path: str | None = None  # glob
    articles_not: tuple[int, ...] = ()
    articles: tuple[int, ...] = ()  # any number of them

    def accepted_languages(self) -> tuple[str, ...]:
        """Languages of passages that are let through; a passage in both languages is, for either."""
        languages = [language.lower() for language in self.languages]
        return (*languages, *["mixed"] * bool({"id", "en"} & {*languages}))

    def where_article(self) -> tuple[str, list[Any]]:
        """What it says of articles `a` and files `f` as an SQL condition ("" when nothing), and its parameters."""
        conditions: list[str] = []
        values: list[Any] = []
        if self.sources:
            conditions.append(
                "(" + " OR ".join("instr(lower(coalesce(a.source, '')), ?) > 0" for _ in self.sources) + ")"
            )
            values += [source.lower() for source in self.sources]
        if self.since:  # a month or year reaches to its end: 2024-02 is compared as 2024-02-99
            conditions.append("substr(a.published || '-99-99', 1, 10) >= ?")
            values.append(self.since)
        if self.until:  # and, as a date of publication, begins with its first day
            conditions.append("substr(a.published || '-00-00', 1, 10) <= ?")
            values.append((self.until + "-99-99")[:10])
        if self.path:
            glob = self.path.removeprefix("./")
            conditions.append("(f.path GLOB ? OR f.path GLOB ?)")
            values += [glob, f"*/{glob}"]
        if self.articles_not:
            conditions.append(f"a.article NOT IN ({marks(self.articles_not)})")
            values += self.articles_not
        if self.articles:
            conditions.append("a.article IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(self.articles))
        return " AND ".join(conditions), values

    def __bool__(self) -> bool:
        return self != Filter()


class Allowed(NamedTuple):
    """The (n,) passages that a filter lets through, ascending, and the (n,) articles that hold them.

    There may be passages among them that are gone from every segment and from the lexicon, where none can find them.
    """

    passages: Numbers
    articles: Numbers

    def where(self, kept: NDArray[np.bool_]) -> "Allowed":
        """Only some of them: (n,) truth values."""
        return Allowed(self.passages[kept], self.articles[kept])


class PassageColumns:
    """Number and article of every passage in one catalogue."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._all = Allowed(_numbers(""), _numbers(""))
        self._generation = -1
        self._remembered: dict[tuple[object, ...], Numbers] = {}

    def allowed(self, restriction: Filter, generation: int) -> Allowed:
        """What a filter lets through in the state `generation`, which is the one that the connection sees."""
        if generation != self._generation:
            self._read_on()
            self._generation = generation
            self._remembered.clear()
        kept = ~among(self._all.passages, self._asked("SELECT passage FROM removed", ()))
        where, values = restriction.where_article()
        if where:
            join = "JOIN files f USING (file) " * bool(restriction.path)
            of = self._asked(f"SELECT article FROM articles a {join}WHERE {where}", values)
            kept &= among(self._all.articles, of)
        languages = restriction.accepted_languages()
        if languages:
            own = f"SELECT passage FROM passages WHERE language IN ({marks(languages)})"
            article = f"p.language IS NULL AND a.language IN ({marks(languages)})"
            rest = f"SELECT p.passage FROM passages p CROSS JOIN articles a USING (article) WHERE {article}"
            kept &= among(self._all.passages, self._asked(f"{own} UNION ALL {rest}", [*languages, *languages]))
        return self._all if kept.all() else self._all.where(kept)

    def _asked(self, sql: str, values: Sequence[Any]) -> Numbers:
        """The numbers that a query gives, ascending."""
        key = (sql, *values)
        if key not in self._remembered:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            row = self._db.execute(f"WITH found (number) AS ({sql}) SELECT group_concat(number) FROM found", values)
            self._remembered[key] = np.sort(_numbers(row.fetchone()[0]))
        return self._remembered[key]

    def _read_on(self) -> None:
        sql = (
            "SELECT group_concat(passage), group_concat(article) FROM"
            " (SELECT passage, article FROM passages WHERE passage > ? ORDER BY passage LIMIT ?)"
        )
        while True:
            last = int(self._all.passages[-1]) if len(self._all.passages) else 0
            passages, articles = map(_numbers, self._db.execute(sql, (last, AT_ONCE)).fetchone())
            if not len(passages):
                return
            self._all = Allowed(
                np.concatenate([self._all.passages, passages]), np.concatenate([self._all.articles, articles])
            )


def among(numbers: Numbers, chosen: Numbers) -> NDArray[np.bool_]:
    """Of each of the (n,) numbers, whether it is one of the ascending `chosen`."""
    if not len(chosen):
        return np.zeros(len(numbers), np.bool_)
    places = np.minimum(np.searchsorted(chosen, numbers), len(chosen) - 1)
    found: NDArray[np.bool_] = chosen[places] == numbers
    return found


def distinct(numbers: Numbers) -> Numbers:
    """The numbers, each once, ascending."""
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _numbers(joined: str | None) -> Numbers:
    try:
        return np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)
    except ValueError as error:
        hint = "`telusur verify` says where; `telusur index PATH… --fresh` rebuilds it"
        raise IndexUnusableError("the catalogue is damaged: what should be numbers is none", hint) from error


def marks(values: Sequence[object]) -> str:
    """Question marks for so many values of a statement."""
    return ", ".join("?" * len(values))
