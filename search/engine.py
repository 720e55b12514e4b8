"""The one door to an index: command line, HTTP, assistants and Python callers all ask a Searcher.

from search.engine import Searcher

with Searcher.open(".telusur") as searcher:
    answer = searcher.search("Siapa mitra dagang terbesar Rusia?", k=3)
    for hit in answer.hits:
        print(hit.source, hit.published, f"{hit.path}:{hit.line_start}", hit.text)
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Filter, PassageRow
from index.errors import NotFoundError, UsageError
from index.lexicon import Lexicon
from index.passage import split
from index.text import clean, query_language
from search.answer import Answer, Copy, DatesUsed, Hit
from search.copies import Story, Told, same_story, stories
from search.highlight import highlights
from search.legs import Legs, Opened
from search.query import Query, parse
from search.rank import Candidate, one_each
from search.reader import Encode, Reader
from search.verdict import ANSWERED, LOOK_AT, WEAK, confidence, evidence
from search.when import understood

DEPTH = 100  # passages that each leg brings, at least
COMPARED = 40  # articles, at least, that are told apart from copies of each other
RELATED_TEXT = 4_000  # characters of a text whose words look for related passages; its vector takes all of it
MODES = ("hybrid", "semantic", "lexical")


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
    ) -> Answer:
        """Ranked passages for a question in Indonesian or English.

        `k`: hits at most. `restriction`: which articles may answer, exactly. `all_passages`: every passage instead of
        the best of each article and each copy, also when nothing seems relevant. `dates`: dates in the question's words
        restrict as well, unless `restriction` has dates or nothing within them answers as well as something outside.
        Raises UsageError, TelusurError.
        """
        begun = time.perf_counter()
        asked = parse(query)
        _check(k, mode)
        limits = restriction or Filter()
        meant = understood(query, date.today()) if dates and not (limits.since or limits.until) else None
        with self.encoded(_question(asked) if mode != "lexical" else None) as (opened, vector):

            def answer(within: Filter) -> Answer:
                allowed = self._allowed(asked, within, opened.lexicon)
                legs = Legs(opened, asked.text, vector, mode, allowed, self._texts)
                return self._answer(query, legs, k, begun, all_passages=all_passages, explain=explain)

            if meant is None:
                return answer(limits)
            found = answer(replace(limits, since=meant.since, until=meant.until))
            if found.confidence < WEAK:  # a date that was understood must not hide what answers
                everywhere = answer(limits)
                if everywhere.confidence > found.confidence:
                    return replace(everywhere, dates=DatesUsed(meant.since, meant.until, meant.words, used=False))
            return replace(found, dates=DatesUsed(meant.since, meant.until, meant.words, used=True))

    def rank(
        self, query: str, k: int, *, mode: str = "hybrid", vector: NDArray[np.float32] | None = None
    ) -> list[tuple[PassageRow, float]]:
        """The bare ranking of at most `k` passages, without verdict, grouping or highlights (for `evaluate`)."""
        asked = parse(query)
        _check(k, mode)
        if mode != "lexical" and vector is None:
            vector = self.encoder.encode_query(clean(asked.text))
        with self.state() as opened:
            candidates = Legs(opened, asked.text, vector, mode, None, self._texts).candidates(max(DEPTH, k))
            rows = self.catalogue.hits([candidate.passage for candidate in candidates])
            return [(rows[c.passage], c.score) for c in candidates if c.passage in rows][:k]

    def evidence(self, query: str) -> tuple[float, float]:
        """What the verdict on a question rests on (for `scripts.fit_verdict`)."""
        asked = parse(query)
        with self.encoded(_question(asked)) as (opened, vector):
            legs = Legs(opened, asked.text, vector, "hybrid", None, self._texts)
            candidates = legs.candidates(DEPTH)
            rows = self.catalogue.hits([candidate.passage for candidate in candidates[:LOOK_AT]])
            return evidence(legs.looked_at(candidates, rows), opened.calibration)

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
                return self._answer(target, legs, k, begun, all_passages=all_passages, explain=explain)
        with self.state() as opened:
            articles, n = self._target(target)
            rows = [row for article in articles for row in self.catalogue.passages_of(article) if n in (None, row.n)]
            if not rows:
                raise UsageError(f"{target} has no text", "give another target")
            found = opened.vectors.lookup([row.passage for row in rows])
            vector = _middle([passage.vector for passage in found.values()])
            limits = replace(limits, articles_not=tuple(articles))
            legs = self._legs_of_text(opened, " ".join(row.text for row in rows), vector, mode, limits)
            return self._answer(
                target, legs, k, begun, all_passages=all_passages, explain=explain, target=tuple(articles)
            )

    # --- looking things up -----------------------------------------------------------------------------------

    def show(self, target: str, context: int = 0) -> dict[str, Any]:
        """A passage with `context` neighbours on each side, or a whole article. Raises NotFoundError."""
        with self.state():
            articles, n = self._target(target)
            article = self.catalogue.article(articles[0])
            rows = self.catalogue.passages_of(articles[0])
        if n is not None:
            rows = [row for row in rows if abs(row.n - n) <= context]
        shown = {
            name: article[name]
            for name in (
                "article_id", "title", "author", "source", "origin", "published", "published_precision", "url",
                "language", "row", "row_line", "encoding",
            )
        }  # fmt: skip
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
                    "line_start": row.line_start,
                    "line_end": row.line_end,
                    "page": row.page,
                    "page_end": row.page_end,
                    "char_start": row.char_start,
                    "char_end": row.char_end,
                    "text": row.text,
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
                "size_bytes": sum(f.stat().st_size for f in self.corpus.root.rglob("*") if f.is_file()),
            }

    # --- inside ----------------------------------------------------------------------------------------------

    def _allowed(
        self, asked: Query, restriction: Filter, lexicon: Lexicon
    ) -> tuple[NDArray[np.int64], list[int]] | None:
        """Passages and articles that may answer, ascending; None when all may."""
        if not (restriction or asked.phrases or asked.excluded):
            return None
        passages, articles = self.catalogue.allowed(restriction)
        chosen = set(passages)
        for phrase in asked.phrases:
            chosen &= lexicon.containing(phrase)
        for word in asked.excluded:
            chosen -= lexicon.containing(word)
        return np.array(sorted(chosen), np.int64), articles

    def _legs_of_text(
        self, opened: Opened, text: str, vector: NDArray[np.float32] | None, mode: str, limits: Filter
    ) -> Legs:
        allowed = self._allowed(Query(text), limits, opened.lexicon)
        return Legs(opened, text[:RELATED_TEXT], vector, mode, allowed, self._texts, by_sentence=False)

    def _answer(
        self,
        query: str,
        legs: Legs,
        k: int,
        begun: float,
        *,
        all_passages: bool,
        explain: bool,
        target: Sequence[int] = (),
    ) -> Answer:
        """`target`: articles whose copies are no hits."""
        depth = max(DEPTH, 4 * k)
        while True:
            candidates = legs.candidates(depth)
            rows = self.catalogue.hits([candidate.passage for candidate in candidates])
            candidates = [candidate for candidate in candidates if candidate.passage in rows]
            kept = candidates
            if not all_passages:
                kept = one_each(candidates, {number: row.article for number, row in rows.items()})
            if len(kept) >= k or len(candidates) < depth or depth > 100 * max(DEPTH, k):
                break
            depth *= 4
        found: list[Story] = []
        copies: list[PassageRow] = []
        told: dict[int, Told] = {}
        compared = [rows[candidate.passage] for candidate in kept[: max(COMPARED, 4 * k)]]
        if target and not all_passages:
            told = self._told([row.article for row in compared])
            own = self._told(target).values()
            copies = [row for row in compared if any(same_story(told[row.article], one) for one in own)]
            gone = {row.article for row in copies}
            candidates = [one for one in candidates if rows[one.passage].article not in gone]
            kept = [one for one in kept if rows[one.passage].article not in gone]
        certainty = confidence(legs.looked_at(candidates, rows), legs.opened.calibration)
        answered = certainty >= ANSWERED
        if all_passages:
            found = [Story(candidate, candidate) for candidate in kept[:k]]
        elif answered:
            told = told or self._told([row.article for row in compared])
            articles = {number: row.article for number, row in rows.items()}
            published = {row.article: row.published for row in rows.values()}
            comparable = [one for one in kept[: max(COMPARED, 4 * k)] if articles[one.passage] in told]
            found = stories(comparable, articles, told, published, lambda number: rows[number].text)[:k]
        hits = tuple(self._hit(rank, story, rows, legs, explain=explain) for rank, story in enumerate(found, start=1))
        seconds = round(time.perf_counter() - begun, 4)
        language = query_language(legs.text)
        also = tuple(self._copy(row) for row in copies)
        return Answer(query, language, legs.mode, answered, round(certainty, 4), seconds, hits, copies=also)

    def _told(self, articles: Sequence[int]) -> dict[int, Told]:
        return {article: Told(text) for article, text in self.catalogue.bodies(articles).items()}

    def _copy(self, row: PassageRow) -> Copy:
        return Copy(self.corpus.shown(row.path), row.source, row.published)

    def _hit(
        self,
        rank: int,
        story: Story,
        rows: Mapping[int, PassageRow],
        legs: Legs,
        *,
        explain: bool,
    ) -> Hit:
        row = rows[story.stands.passage]
        explained = None
        if explain:
            explained = _explained(story.stands)
            if story.stands is not story.best:
                explained["ranked_by"] = rows[story.best.passage].passage_id
        return Hit(
            rank=rank,
            score=round(story.best.score, 6),
            passage_id=row.passage_id,
            article_id=row.article_id,
            title=row.title,
            source=row.source,
            origin=row.origin,
            published=row.published,
            published_precision=row.published_precision,
            url=row.url,
            language=row.language,
            path=self.corpus.shown(row.path),
            row=row.row,
            line_start=row.line_start,
            line_end=row.line_end,
            char_start=row.char_start,
            char_end=row.char_end,
            text=row.text,
            author=row.author,
            row_line=row.row_line,
            page=row.page,
            page_end=row.page_end,
            encoding=row.encoding,
            highlights=highlights(row.text, legs.words_to_mark, legs.sentence_cosines(row.passage)),
            also_in=tuple(self._copy(rows[other.passage]) for other in story.others),
            explain=explained,
            published_inferred=bool(row.published_inferred),
        )

    def _texts(self, passages: Sequence[int]) -> list[str]:
        return [row.text for row in self.catalogue.hits(passages).values()]

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


def _middle(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The unit vector amid some (dimension,) vectors."""
    total = np.sum(vectors, axis=0)
    return np.asarray(total / (np.linalg.norm(total) or 1.0), np.float32)


def _check(k: int, mode: str) -> None:
    if not 1 <= k <= 10_000:
        raise UsageError(f"-k is {k}; it must be between 1 and 10000", "ask for fewer hits")
    if mode not in MODES:
        raise UsageError(f"there is no mode {mode!r}", f"use one of: {', '.join(MODES)}")


def _iso(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds") if seconds else None


def _explained(candidate: Candidate) -> dict[str, Any]:
    return {
        "cosine": candidate.cosine,
        "semantic_rank": candidate.semantic_rank,
        "bm25": candidate.bm25,
        "lexical_rank": candidate.lexical_rank,
        "lexical_share": candidate.share,
    }
