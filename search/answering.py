"""From the two legs of a question to its answer: one hit an article, the verdict, one story once, what to mark."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from index.catalogue import Catalogue, PassageRow
from index.text import query_language
from search.answer import Answer, Copy, Hit
from search.copies import Story, Told, same_story, stories
from search.legs import Legs
from search.rank import RERANKED, Candidate, backed, one_each, reranked
from search.verdict import ANSWERED, LOOK_AT, confidence, confidence_of_text

if TYPE_CHECKING:
    from search.reranker import Reranker

DEPTH = 64  # passages that each leg brings, at least; more change no figure
COMPARED = 40  # articles, at least, that are told apart from copies of each other
MOST_RELEVANT, MOST_JUDGED = 2_000, 6_400  # articles, and passages, at which looking for every relevant one ends


@dataclass(frozen=True, slots=True)
class Answering:
    """How one question is answered, over one state of the index. Texts are fetched for what is looked at or shown."""

    legs: Legs
    catalogue: Catalogue
    shown: Callable[[str], str]  # a path as users see it
    k: int
    all_passages: bool
    explain: bool
    begun: float  # time.perf_counter() when it was asked
    reranker: "Reranker | None" = None

    def answer(self, query: str, target: Sequence[int] = ()) -> Answer:
        """The answer; `target`: articles whose copies are no hits."""
        candidates, kept, articles = self._ranked()
        told: dict[int, Told] = {}
        copies: list[PassageRow] = []
        if target and not self.all_passages:
            compared = self._compared(kept)
            told = self._told([articles[candidate.passage] for candidate in compared])
            own = self._told(target).values()
            of_target = [one for one in compared if any(same_story(told[articles[one.passage]], it) for it in own)]
            copies = self.legs.rows.of(candidate.passage for candidate in of_target)
            gone = {row.article for row in copies}
            candidates = [one for one in candidates if articles[one.passage] not in gone]
            kept = [one for one in kept if articles[one.passage] not in gone]
        looked_at, calibration = self.legs.looked_at(candidates), self.legs.opened.calibration
        if self.legs.by_sentence:
            certainty = confidence(looked_at, calibration)
        else:
            certainty = confidence_of_text(looked_at, calibration, query_language(self.legs.text))
        if self.reranker and (certainty >= ANSWERED or self.all_passages):
            first = self.legs.rows.of(candidate.passage for candidate in kept[: max(RERANKED, self.k)])
            kept = reranked(kept, self.reranker.scores(self.legs.text, [row.text for row in first]).tolist())
        found: list[Story] = []
        if self.all_passages:
            found = [Story(candidate, candidate) for candidate in kept[: self.k]]
        elif certainty >= ANSWERED:
            told = told or self._told([articles[candidate.passage] for candidate in self._compared(kept)])
            comparable = [one for one in self._compared(kept) if articles[one.passage] in told]
            found = self._stories(comparable, articles, told, self.k)
        return self._shown(query, certainty, found, copies)

    def relevant(self, query: str) -> tuple[Answer, bool]:
        """Every report that answers by itself, copies as one hit; and whether these are all of them."""
        judged, articles = self._judged()
        certainty = confidence(judged[:LOOK_AT], self.legs.opened.calibration)
        passed = [one for one in judged if certainty >= ANSWERED and self._answers(one)]
        kept = one_each(passed, articles)
        told = self._told([articles[one.passage] for one in kept[:MOST_RELEVANT]])
        comparable = [one for one in kept[:MOST_RELEVANT] if articles[one.passage] in told]
        answer = self._shown(query, certainty, self._stories(comparable, articles, told))
        cut = len(judged) >= MOST_JUDGED and any(map(self._answers, _last(judged)))
        return answer, len(kept) <= MOST_RELEVANT and not cut

    def _stories(
        self, kept: Sequence[Candidate], articles: dict[int, int], told: dict[int, Told], k: int | None = None
    ) -> list[Story]:
        return stories(kept, articles, told, lambda passage: self.legs.rows[passage].text, k)

    def _shown(self, query: str, certainty: float, found: Sequence[Story], copies: Sequence[PassageRow] = ()) -> Answer:
        # One fetch for all that is shown, before they are shown one by one.
        self.legs.rows.of(one.passage for story in found for one in (story.best, story.stands, *story.others))
        hits = tuple(self._hit(rank, story) for rank, story in enumerate(found, start=1))
        seconds = round(time.perf_counter() - self.begun, 4)
        language, answered = query_language(self.legs.text), certainty >= ANSWERED
        also = tuple(self._copy(row) for row in copies)
        by = self.reranker.name if self.reranker else None
        return Answer(
            query, language, self.legs.mode, answered, round(certainty, 4), seconds, hits, copies=also, reranker=by
        )

    def _ranked(self) -> tuple[list[Candidate], list[Candidate], dict[int, int]]:
        """The candidates, those to choose hits from (the best of each article), and the article of each passage."""
        depth = max(DEPTH, 4 * self.k)
        while True:
            found = self.legs.candidates(depth)
            articles = self.legs.rows.articles(candidate.passage for candidate in found)
            candidates = [candidate for candidate in found if candidate.passage in articles]
            if self.legs.mode == "hybrid" and not self.legs.by_sentence:
                candidates = backed(candidates, articles)
            kept = candidates if self.all_passages else one_each(candidates, articles)
            if len(kept) >= self.k or len(candidates) < depth or depth > 100 * max(DEPTH, self.k):
                return candidates, kept, articles
            depth *= 4

    def _judged(self) -> tuple[list[Candidate], dict[int, int]]:
        """Candidates with what their own verdicts rest on, as deep as there is one among the last that answers."""
        depth = MOST_JUDGED // 16
        while True:
            found = self.legs.candidates(depth)
            articles = self.legs.rows.articles(candidate.passage for candidate in found)
            judged = self.legs.looked_at([one for one in found if one.passage in articles], len(found))
            if len(found) < depth or len(judged) >= MOST_JUDGED or not any(map(self._answers, _last(judged))):
                return judged, articles
            depth *= 4

    def _answers(self, candidate: Candidate) -> bool:
        """Whether one passage by itself would be called an answer."""
        return confidence([candidate], self.legs.opened.calibration) >= ANSWERED

    def _compared(self, kept: Sequence[Candidate]) -> Sequence[Candidate]:
        return kept[: max(COMPARED, 4 * self.k)]

    def _told(self, articles: Sequence[int]) -> dict[int, Told]:
        sketches = self.catalogue.sketches(articles)
        return {article: Told(partial(self._body, article), *known) for article, known in sketches.items()}

    def _body(self, article: int) -> str:
        return self.catalogue.bodies([article])[article]

    def _copy(self, row: PassageRow) -> Copy:
        return Copy(self.shown(row.path), row.source, row.published)

    def _hit(self, rank: int, story: Story) -> Hit:
        row = self.legs.rows[story.stands.passage]
        explained = None
        if self.explain:
            explained = _explained(story.stands)
            if story.stands is not story.best:
                explained["ranked_by"] = self.legs.rows[story.best.passage].passage_id
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
            path=self.shown(row.path),
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
            highlights=self.legs.marked(row),
            also_in=tuple(self._copy(self.legs.rows[other.passage]) for other in story.others),
            explain=explained,
            published_inferred=bool(row.published_inferred),
        )


def _last(judged: Sequence[Candidate]) -> Sequence[Candidate]:
    return judged[len(judged) * 3 // 4 :]


def _explained(candidate: Candidate) -> dict[str, Any]:
    reranking = {} if candidate.fused is None else {"reranker_score": candidate.score, "fused": candidate.fused}
    backing = {} if candidate.next_passage is None else {"next_passage": candidate.next_passage}
    return {
        **reranking,
        "cosine": candidate.cosine,
        "semantic_rank": candidate.semantic_rank,
        "bm25": candidate.bm25,
        "lexical_rank": candidate.lexical_rank,
        "lexical_share": candidate.share,
        "article_share": candidate.held,
        "best_sentence": candidate.sentence,
        **backing,
    }
