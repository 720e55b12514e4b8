"""The semantic and the lexical side of one question, over one state of the index."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import PassageRow
from index.lexicon import Lexicon, QueryWord
from index.segment import Encoded
from index.vectors import VectorStore, nearness, sentence_cosines
from search.acronym import acronyms, explained, with_names
from search.rank import Candidate, fuse, ordered, words_met
from search.verdict import LOOK_AT

# A question is about as long as a sentence and is answered by one: so much of a passage's nearness is that of its best
# sentence, the rest that of the whole passage. Chosen on the development sets, see docs/quality.md.
SENTENCE_SHARE = 0.7
EXPLAINING = 20  # passages that are looked through for what an acronym stands for


@dataclass(frozen=True, slots=True)
class Opened:
    """The files of one state of the index."""

    generation: int
    vectors: VectorStore
    lexicon: Lexicon
    made_with: Mapping[str, Any]  # name, fingerprint and dimension of the encoder
    calibration: Mapping[str, Any]


class Legs:
    """The semantic and the lexical side of one question over one state of the index."""

    def __init__(
        self,
        opened: Opened,
        text: str,
        vector: NDArray[np.float32] | None,
        mode: str,
        allowed: tuple[NDArray[np.int64], list[int]] | None,
        texts_of: Callable[[Sequence[int]], list[str]],
        *,
        by_sentence: bool = True,
    ) -> None:
        """`by_sentence`: a passage is mostly as near as its best sentence; else as its own vector (for texts).

        `texts_of`: the texts of passages, by number.
        """
        self.opened, self.text, self.vector, self.mode = opened, text, vector, mode
        self.allowed = allowed
        self.by_sentence = by_sentence
        self.asked: Sequence[QueryWord] = opened.lexicon.asked(text)
        self._texts_of = texts_of
        self._names_known = mode == "semantic" or not by_sentence
        self._seen: dict[int, Encoded] = {}

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
            return fused
        # One leg alone ranks by its own score and knows nothing of the other.
        own = []
        for c in fused:
            cosine, bm25 = (c.cosine, None) if dense else (None, c.bm25)
            score = (cosine if dense else bm25) or 0.0
            own.append(Candidate(c.passage, score, cosine, bm25, c.semantic_rank, c.lexical_rank, c.share))
        return ordered(own)

    @property
    def words_to_mark(self) -> Sequence[QueryWord]:
        """The question's words; of a text as long as a passage nearly every word would be marked, so none is."""
        return self.asked if self.by_sentence else ()

    def looked_at(self, candidates: Sequence[Candidate], rows: Mapping[int, PassageRow]) -> list[Candidate]:
        """The best candidates, with how much of the question's words each holds: what the verdict rests on."""
        best = [candidate for candidate in candidates if candidate.passage in rows][:LOOK_AT]
        return [replace(candidate, met=words_met(rows[candidate.passage].text, self.asked)) for candidate in best]

    def sentence_cosines(self, passage: int) -> list[float] | None:
        """Of each sentence of a passage with the question; None without a question vector."""
        if self.vector is None or passage not in self._seen:
            return None
        return [float(cosine) for cosine in sentence_cosines(self.vector, self._seen[passage])]

    def _cosines(self, passages: Sequence[int]) -> dict[int, float]:
        if self.vector is None:
            return {}
        self._seen |= self.opened.vectors.lookup([passage for passage in passages if passage not in self._seen])
        known = [passage for passage in passages if passage in self._seen]
        whole, best = nearness(self.vector, [self._seen[passage] for passage in known])
        share = SENTENCE_SHARE if self.by_sentence else 0.0
        return dict(zip(known, (share * best + (1 - share) * whole).tolist(), strict=True))

    def _learn_names(self, lexical: Sequence[tuple[int, float]]) -> bool:
        """Let acronyms of the question and names in it stand for each other, as the archive explains them.

        Looked through are the best passages by words and by each acronym. Returns whether the words changed.
        """
        self._names_known = True
        ranked = [*lexical[:EXPLAINING]]
        for acronym in acronyms(self.text):
            ranked += self.opened.lexicon.search(acronym, EXPLAINING)
        texts = self._texts_of(list(dict.fromkeys(passage for passage, _ in ranked)))
        before, self.asked = self.asked, with_names(self.asked, self.text, explained(texts))
        return self.asked != before

    def _dense(self, depth: int) -> list[tuple[int, float]]:
        if self.vector is None:
            return []
        return self.opened.vectors.search(self.vector, depth, None if self.allowed is None else self.allowed[0])

    def _lexical(self, depth: int) -> list[tuple[int, float]]:
        if self.allowed is None:
            return self.opened.lexicon.search(self.asked, depth)
        passages, articles = self.allowed
        return self.opened.lexicon.search(self.asked, depth, frozenset(passages.tolist()), articles)
