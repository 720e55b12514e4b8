"""The one door to an index: command line, HTTP, assistants and Python callers all ask a Searcher.

from search.engine import Searcher

with Searcher.open(".telusur") as searcher:
    answer = searcher.search("Siapa mitra dagang terbesar Rusia?", k=3)
    for hit in answer.hits:
        print(hit.source, hit.published, f"{hit.path}:{hit.line_start}", hit.text)
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Filter, PassageRow
from index.errors import NotFoundError, UsageError
from index.passage import split
from index.text import clean
from search.answer import Answer, DatesUsed
from search.answering import DEPTH, Answering
from search.legs import Legs, Opened, Rows, allowed_by
from search.query import Query, parse
from search.rank import RERANKED, one_each, reranked
from search.reader import Encode, Reader
from search.verdict import LOOK_AT, WEAK, evidence
from search.when import Dates, understood

if TYPE_CHECKING:
    from search.reranker import Reranker

RELATED_TEXT = 4_000  # characters of a text whose words look for related passages; its vector takes all of it
MODES = ("hybrid", "semantic", "lexical")
SHOWN_OF_AN_ARTICLE = (
    *("article_id", "title", "author", "source", "origin", "published", "published_precision", "url", "language"),
    *("row", "row_line", "encoding"),
)
SHOWN_OF_A_PASSAGE = ("line_start", "line_end", "page", "page_end", "char_start", "char_end", "text")


class Searcher(Reader):
    """Answers questions out of one index. Safe to share between threads; sees each update as it is committed."""

    # --- asking ----------------------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        mode: str = "hybrid",
        restriction: Filter | None = None,
        all_passages: bool = False,
        explain: bool = False,
        dates: bool = True,
        reranker: "Reranker | None" = None,
    ) -> Answer:
        """Ranked passages for a question in Indonesian or English.

        `k`: hits at most. `restriction`: which articles may answer, exactly. `all_passages`: every passage instead of
        the best of each article and each copy, also when nothing seems relevant. `dates`: dates in the question's words
        restrict as well, unless `restriction` has dates or nothing within them answers as well as something outside.
        `reranker`: puts the best hits in order; whether anything answers at all is told without it.
        Raises UsageError, TelusurError.
        """
        begun = time.perf_counter()
        asked = parse(query)
        _check(k, mode)
        limits = restriction or Filter()
        meant = _dates(query, limits) if dates else None
        with self.encoded(_question(asked) if mode != "lexical" else None) as (opened, vector):

            def answer(within: Filter) -> Answer:
                allowed = allowed_by(asked, within, self.catalogue, opened.lexicon)
                legs = Legs(opened, asked.text, vector, mode, allowed, Rows(self.catalogue))
                return self._answering(legs, k, all_passages, explain, begun, reranker).answer(query)

            if meant is None:
                return answer(limits)
            found = answer(replace(limits, since=meant.since, until=meant.until))
            if found.confidence < WEAK:  # a date that was understood must not hide what answers
                everywhere = answer(limits)
                if everywhere.confidence > found.confidence:
                    return replace(everywhere, dates=_used(meant, used=False))
            return replace(found, dates=_used(meant))

    def relevant(
        self, query: str, *, mode: str = "hybrid", restriction: Filter | None = None, dates: bool = True
    ) -> tuple[Answer, bool]:
        """Every report that answers by itself, one hit each, best first; and whether these are all of them.

        What the verdict asks of a whole answer is asked of each article's best passage. Copies of a report are one hit.
        `restriction` and `dates` as in `search`, but what lies outside the dates is not asked. Raises UsageError,
        TelusurError.
        """
        begun = time.perf_counter()
        asked = parse(query)
        _check(1, mode)
        limits = restriction or Filter()
        meant = _dates(query, limits) if dates else None
        if meant:
            limits = replace(limits, since=meant.since, until=meant.until)
        with self.encoded(_question(asked) if mode != "lexical" else None) as (opened, vector):
            allowed = allowed_by(asked, limits, self.catalogue, opened.lexicon)
            legs = Legs(opened, asked.text, vector, mode, allowed, Rows(self.catalogue))
            answer, whole = self._answering(legs, 1, False, False, begun).relevant(query)
        return replace(answer, dates=_used(meant) if meant else None), whole

    def rank(
        self,
        query: str,
        k: int,
        *,
        mode: str = "hybrid",
        vector: NDArray[np.float32] | None = None,
        reranker: "Reranker | None" = None,
    ) -> list[tuple[PassageRow, float]]:
        """The bare ranking of at most `k` passages, without verdict, grouping or highlights (for `evaluate`).

        A `reranker` reads the best passage of the first articles, as in `search`, and these come first.
        """
        asked = parse(query)
        _check(k, mode)
        if mode != "lexical" and vector is None:
            vector = self.encoder.encode_query(clean(asked.text))
        with self.state() as opened:
            candidates = Legs(opened, asked.text, vector, mode, None, Rows(self.catalogue)).candidates(max(DEPTH, k))
            rows = self.catalogue.hits([candidate.passage for candidate in candidates])
            candidates = [candidate for candidate in candidates if candidate.passage in rows]
            if reranker:
                first = one_each(candidates, {number: row.article for number, row in rows.items()})[:RERANKED]
                chosen = {candidate.passage for candidate in first}
                first += [candidate for candidate in candidates if candidate.passage not in chosen]
                texts = [rows[candidate.passage].text for candidate in first[:RERANKED]]
                candidates = reranked(first, reranker.scores(asked.text, texts).tolist())
            return [(rows[c.passage], c.score) for c in candidates][:k]

    def evidence(self, query: str) -> tuple[float, float]:
        """What the verdict on a question rests on (for `scripts.fit_verdict`)."""
        asked = parse(query)
        with self.encoded(_question(asked)) as (opened, vector):
            legs = Legs(opened, asked.text, vector, "hybrid", None, Rows(self.catalogue))
            candidates = legs.candidates(DEPTH)
            there = legs.rows.articles(candidate.passage for candidate in candidates[:LOOK_AT])
            best = [candidate for candidate in candidates[:LOOK_AT] if candidate.passage in there]
            return evidence(legs.looked_at(best), opened.calibration)

    def related(
        self,
        target: str,
        k: int = 10,
        *,
        mode: str = "hybrid",
        restriction: Filter | None = None,
        all_passages: bool = False,
        explain: bool = False,
        text: str | None = None,
    ) -> Answer:
        """Passages about the same thing as a passage, an article, a file, or (`text`) any text; never from the target.

        Copies of the target are named in `copies` and are no hits, unless `all_passages`. A `text` is no article of the
        index: one that prints it comes first. Raises NotFoundError for an unknown target, UsageError for an empty text.
        """
        begun = time.perf_counter()
        _check(k, mode)
        limits = restriction or Filter()
        if text is not None:
            passages = [clean(passage.text) for passage in split(text)][:64]
            if not passages:
                raise UsageError("the text is empty", "give a text that says what to look for")
            with self.encoded(lambda encoder: _middle([*encoder.encode_passages(passages)])) as (opened, vector):
                legs = self._legs_of_text(opened, text, vector, mode, limits)
                return self._answering(legs, k, all_passages, explain, begun).answer(target)
        with self.state() as opened:
            articles, n = self._target(target)
            rows = [row for article in articles for row in self.catalogue.passages_of(article) if n in (None, row.n)]
            if not rows:
                raise UsageError(f"{target} has no text", "give another target")
            found = opened.vectors.lookup([row.passage for row in rows])
            vector = _middle([passage.vector for passage in found.values()])
            limits = replace(limits, articles_not=tuple(articles))
            legs = self._legs_of_text(opened, " ".join(row.text for row in rows), vector, mode, limits)
            return self._answering(legs, k, all_passages, explain, begun).answer(target, tuple(articles))

    # --- looking things up -----------------------------------------------------------------------------------

    def show(self, target: str, context: int = 0) -> dict[str, Any]:
        """A passage with `context` neighbours on each side, or a whole article. Raises NotFoundError."""
        with self.state():
            articles, n = self._target(target)
            article = self.catalogue.article(articles[0])
            rows = self.catalogue.passages_of(articles[0])
        if n is not None:
            rows = [row for row in rows if abs(row.n - n) <= context]
        shown = {name: article[name] for name in SHOWN_OF_AN_ARTICLE}
        shown["published_inferred"] = bool(article["published_inferred"])
        shown["path"] = self.corpus.shown(article["path"])
        begin, end = (0, len(article["text"])) if n is None else (rows[0].char_start, rows[-1].char_end)
        return {
            **shown,
            "char_start": begin,
            "char_end": end,
            "text": article["text"][begin:end],
            "passages": [
                {
                    "passage_id": row.passage_id,
                    "asked": n in (None, row.n),
                    **{name: getattr(row, name) for name in SHOWN_OF_A_PASSAGE},
                }
                for row in rows
            ],
        }

    def status(self) -> dict[str, Any]:
        """Figures of the index."""
        with self.state() as opened:
            return {
                "index": str(self.corpus.root),
                "format": self.catalogue.get("format"),
                "generation": self.catalogue.get("generation"),
                "updated": _iso(self.catalogue.get("updated")),
                **self.catalogue.counts(),
                "encoder": opened.made_with,
                "vectors": {**opened.vectors.figures(), "ann": self.catalogue.get("ann") or "auto"},
                "size_bytes": _size(self.corpus.root),
            }

    # --- inside ----------------------------------------------------------------------------------------------

    def _legs_of_text(
        self, opened: Opened, text: str, vector: NDArray[np.float32] | None, mode: str, limits: Filter
    ) -> Legs:
        allowed = allowed_by(Query(text), limits, self.catalogue, opened.lexicon)
        return Legs(opened, text[:RELATED_TEXT], vector, mode, allowed, Rows(self.catalogue), by_sentence=False)

    def _answering(
        self, legs: Legs, k: int, all_passages: bool, explain: bool, begun: float, reranker: "Reranker | None" = None
    ) -> Answering:
        return Answering(legs, self.catalogue, self.corpus.shown, k, all_passages, explain, begun, reranker)

    def _target(self, target: str) -> tuple[list[int], int | None]:
        """The articles that an article_id or a path names, or one article and the place of its passage.

        Raises NotFoundError.
        """
        articles = self.catalogue.find_articles(article_id=target)
        articles = articles or self.catalogue.find_articles(path=self.corpus.name(Path(target)))
        if articles:
            return articles, None
        name, _, n = target.rpartition("#")
        articles = self.catalogue.find_articles(article_id=name)
        if articles and n.isdecimal() and any(row.n == int(n) for row in self.catalogue.passages_of(articles[0])):
            return articles, int(n)
        raise NotFoundError(
            f"the index has no passage, article or file {target!r}",
            "give a passage_id (ARTICLE#n) or article_id as `search` prints it, or the path of an indexed file",
        )


def _question(asked: Query) -> Encode:
    return lambda encoder: encoder.encode_query(clean(asked.text))


def _dates(query: str, limits: Filter) -> Dates | None:
    """The dates in a question's words, unless it has others to keep to."""
    return None if limits.since or limits.until else understood(query, date.today())


def _used(meant: Dates, *, used: bool = True) -> DatesUsed:
    return DatesUsed(meant.since, meant.until, meant.words, used)


def _middle(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The unit vector amid some (dimension,) vectors."""
    total = np.sum(vectors, axis=0)
    return np.asarray(total / (np.linalg.norm(total) or 1.0), np.float32)


def _size(folder: Path) -> int:
    """Bytes of the files in a folder, without those that an update takes away meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):  # passes over a folder that is gone; Path.rglob raises
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(place, name).stat().st_size
    return total


def _check(k: int, mode: str) -> None:
    if not 1 <= k <= 10_000:
        raise UsageError(f"-k is {k}; it must be between 1 and 10000", "without -k it is 10")
    if mode not in MODES:
        raise UsageError(f"there is no mode {mode!r}", f"use one of: {', '.join(MODES)}")


def _iso(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds") if seconds else None
