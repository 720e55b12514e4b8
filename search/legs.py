"""The semantic and the lexical side of one question, over one state of the index."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue, PassageRow
from index.filter import Allowed, Filter, among, distinct
from index.lexicon import Lexicon
from index.query_word import QueryWord
from index.vectors import Near, VectorStore
from search.acronym import acronyms, explained, with_names
from search.highlight import highlights
from search.query import Query
from search.rank import LOOKED_INTO, Candidate, fuse, looked_into, ordered
from search.verdict import LOOK_AT
from search.words_met import WordsMet, best_sentence

# A question is about as long as a sentence and is answered by one: so much of a passage's nearness is that of its best
# sentence, the rest that of the whole passage. Chosen on the development sets, see docs/quality.md.
SENTENCE_SHARE = 0.8
EXPLAINING = 20  # passages that are looked through for what an acronym stands for


@dataclass(frozen=True, slots=True)
class Opened:
    """The files of one state of the index."""

    generation: int
    vectors: VectorStore
    lexicon: Lexicon
    made_with: Mapping[str, Any]  # name, fingerprint and dimension of the encoder
    calibration: Mapping[str, Any]


def allowed_by(asked: Query, restriction: Filter, catalogue: Catalogue, lexicon: Lexicon) -> Allowed | None:
    """The passages that may answer; None when all may."""
    if not (restriction or asked.phrases or asked.excluded):
        return None
    allowed = catalogue.allowed(restriction)
    for phrase in asked.phrases:
        allowed = allowed.where(among(allowed.passages, lexicon.containing(phrase)))
    for word in asked.excluded:
        allowed = allowed.where(~among(allowed.passages, lexicon.containing(word)))
    return allowed


class Rows:
    """The passages of one state that a question looks at, each fetched once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._rows: dict[int, PassageRow] = {}
        self._articles: dict[int, int] = {}

    def __getitem__(self, passage: int) -> PassageRow:
        return self._rows[passage] if passage in self._rows else self.of([passage])[0]

    def of(self, passages: Iterable[int]) -> list[PassageRow]:
        """Those of the passages that exist, in this order."""
        wanted = list(passages)
        self._rows |= self._catalogue.hits([passage for passage in wanted if passage not in self._rows])
        return [self._rows[passage] for passage in wanted if passage in self._rows]

    def articles(self, passages: Iterable[int]) -> dict[int, int]:
        """The article of each of the passages that exist."""
        wanted = list(passages)
        new = [passage for passage in wanted if passage not in self._articles]
        self._articles |= self._catalogue.holders(new) if new else {}
        return {passage: self._articles[passage] for passage in wanted if passage in self._articles}


class Legs:
    """The semantic and the lexical side of one question over one state of the index."""

    def __init__(
        self,
        opened: Opened,
        text: str,
        vector: NDArray[np.float32] | None,
        mode: str,
        allowed: Allowed | None,
        rows: Rows,
        *,
        by_sentence: bool = True,
    ) -> None:
        """`by_sentence`: a passage is mostly as near as its best sentence; else as its own vector (for texts)."""
        self.opened, self.text, self.vector, self.mode = opened, text, vector, mode
        self.allowed = allowed
        self.by_sentence = by_sentence
        self.asked: Sequence[QueryWord] = opened.lexicon.asked(text)
        self.rows = rows
        self._names_known = mode == "semantic" or not by_sentence
        self._seen: dict[int, Near] = {}
        self._met: tuple[Sequence[QueryWord], WordsMet] | None = None  # of the words as they were then

    def candidates(self, depth: int) -> list[Candidate]:
        """The fused ranking of what both legs bring, each at most `depth` passages."""
        dense = self._dense(depth) if self.mode != "lexical" else []
        lexical = self._lexical(depth) if self.mode != "semantic" else []
        if not self._names_known and self._learn_names(lexical):
            lexical = self._lexical(depth)
        cosines = self._cosines([passage for passage, _ in [*dense, *lexical]])
        dense = sorted(((passage, cosines[passage]) for passage, _ in dense), key=lambda pair: (-pair[1], pair[0]))
        fused = fuse(dense, lexical, cosines, sum(word.weight for word in self.asked))
        if self.mode == "hybrid":
            return self._looked_into(fused) if self.by_sentence else fused
        # One leg alone ranks by its own score and knows nothing of the other.
        own = []
        for c in fused:
            cosine, bm25 = (c.cosine, None) if dense else (None, c.bm25)
            score = (cosine if dense else bm25) or 0.0
            own.append(Candidate(c.passage, score, cosine, bm25, c.semantic_rank, c.lexical_rank, c.share))
        return ordered(own)

    def marked(self, row: PassageRow) -> tuple[tuple[int, int], ...]:
        """What to mark in a passage; of a text as long as one nearly every word would be, so no words are."""
        words = self._words_met() if self.by_sentence else WordsMet(())
        return highlights(row.text, words, self._cosines_of(row))

    def _cosines_of(self, row: PassageRow) -> list[float] | None:
        """Of each sentence of a passage with the question, or of all of one that is none; None without a vector."""
        near = self._seen.get(row.passage)
        return (near.sentences.tolist() or [near.best]) if near else None

    def looked_at(self, candidates: Sequence[Candidate], most: int = LOOK_AT) -> list[Candidate]:
        """The best candidates, with how much of the question's words each holds: what the verdict rests on."""
        best, met = candidates[:most], self._words_met()
        rows = self.rows.of(candidate.passage for candidate in best)
        return [candidate._replace(met=met(row.text)) for candidate, row in zip(best, rows, strict=True)]

    def _looked_into(self, fused: Sequence[Candidate]) -> list[Candidate]:
        """The ranking when the first passages, and their articles, have been looked into for the question's words."""
        rows = self.rows.of(candidate.passage for candidate in fused[:LOOKED_INTO])
        held = self.opened.lexicon.held(self.asked, {row.article for row in rows})
        met = self._words_met()
        best = {row.passage: best_sentence(row.text, self._cosines_of(row), met) for row in rows}
        return looked_into(fused, {row.passage: (held[row.article], best[row.passage]) for row in rows})

    def _words_met(self) -> WordsMet:
        if self._met is None or self._met[0] is not self.asked:
            self._met = self.asked, WordsMet(self.asked)
        return self._met[1]

    def _cosines(self, passages: Sequence[int]) -> dict[int, float]:
        if self.vector is None:
            return {}
        self._seen |= self.opened.vectors.near(self.vector, [n for n in passages if n not in self._seen])
        share = SENTENCE_SHARE if self.by_sentence else 0.0
        known = ((passage, self._seen[passage]) for passage in passages if passage in self._seen)
        return {passage: share * near.best + (1 - share) * near.whole for passage, near in known}

    def _learn_names(self, lexical: Sequence[tuple[int, float]]) -> bool:
        """Let acronyms of the question and names in it stand for each other, as the archive explains them.

        Looked through are the best passages by words and by each acronym. Returns whether the words changed.
        """
        self._names_known = True
        ranked = [*lexical[:EXPLAINING]]
        for acronym in acronyms(self.text):
            ranked += self.opened.lexicon.search(acronym, EXPLAINING)
        texts = [row.text for row in self.rows.of(dict.fromkeys(passage for passage, _ in ranked))]
        before, self.asked = self.asked, with_names(self.asked, self.text, explained(texts))
        return self.asked != before

    def _dense(self, depth: int) -> list[tuple[int, float]]:
        if self.vector is None:
            return []
        return self.opened.vectors.search(self.vector, depth, self.allowed.passages if self.allowed else None)

    def _lexical(self, depth: int) -> list[tuple[int, float]]:
        if self.allowed is None:
            return self.opened.lexicon.search(self.asked, depth)
        passages, articles = self.allowed
        return self.opened.lexicon.search(self.asked, depth, passages, distinct(articles))
