"""Which of a question's words stand in a text, where, and in which sentence of it that is near as well. Pure."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from index.query_word import QueryWord
from index.sentence import sentences
from index.text import clean, places, spellings, stems


class Place(NamedTuple):
    """A word of a text that says one of the question's."""

    start: int
    end: int
    word: QueryWord
    number: int  # of that word in the question
    probability: float  # that it says the same; 1.0 of the word itself in any of its spellings


class WordsMet:
    """A question's telling words, looked for in one text after another.

    What a word as it is written says of the question is found out once: of most words, that it says nothing.
    """

    def __init__(self, asked: Sequence[QueryWord]) -> None:
        self.asked = asked
        self._total = sum(word.weight for word in asked)
        self._names = [(number, name) for number, word in enumerate(asked) for name in word.names]
        self._parts = {stem for _, name in self._names for stem in name}
        self._meanings: dict[str, list[tuple[int, float]]] = {}  # by stem: which words it stands for, how probably
        for number, word in enumerate(asked):
            for form, probability in word.forms.items():
                self._meanings.setdefault(form, []).append((number, probability))
        self._telling = self._parts.union(self._meanings)  # stems
        self._said: dict[str, tuple[tuple[int, float], ...]] = {}  # by spelling, of those that have such a stem
        self._silent: set[str] = set()  # all others that were met
        # By text: the verdict and the marks ask again of what the ranking asked.
        self._shares: dict[str, float] = {}
        self._found: dict[str, list[tuple[str, int, int]]] = {}

    def __call__(self, text: str) -> float:
        """How much of the words, by idf, stands in `text`: 0 … 1. A translation counts its probability."""
        if text not in self._shares:
            self._shares[text] = self._share(text, self._telling_of(text))
        return self._shares[text]

    def within(self, text: str, start: int, end: int) -> float:
        """The same of a part of `text` that begins and ends between words."""
        return self._share(text[start:end], [word for word, at, _ in self._telling_places(text) if start <= at < end])

    def places(self, text: str) -> Iterator[Place]:
        """Where they stand, in order; what says several of them is taken for the one that it says most probably."""
        for spelling, start, end in self._telling_places(text):
            if self._said[spelling]:
                probability, number = max((probability, number) for number, probability in self._said[spelling])
                yield Place(start, end, self.asked[number], number, probability)

    def _share(self, text: str, telling: Sequence[str]) -> float:
        met: dict[int, float] = {}
        for spelling in telling:
            for number, probability in self._said[spelling]:
                if probability > met.get(number, 0.0):
                    met[number] = probability
        for number in self._named(text, telling):
            met[number] = 1.0
        held = sum(self.asked[number].weight * probability for number, probability in met.items())
        return held / self._total if self._total else 0.0

    def _telling_places(self, text: str) -> list[tuple[str, int, int]]:
        """Each word of `_telling_of`, with where it starts and ends; none of a text that says nothing by them."""
        if text not in self._found:
            self._found[text] = [*places(text, self._said)] if self(text) else []
        return self._found[text]

    def _telling_of(self, text: str) -> list[str]:
        """The words of `text` that say some of the question's, or are part of a name of one, as they are written."""
        written = [spelling for spelling in spellings(text) if spelling not in self._silent]
        new = {*written}.difference(self._said)
        for spelling, forms in zip(new, map(stems, new), strict=True):
            if self._telling.isdisjoint(forms):
                self._silent.add(spelling)
            else:
                self._said[spelling] = tuple(pair for form in forms for pair in self._meanings.get(form, ()))
        return [spelling for spelling in written if spelling in self._said] if new else written

    def _named(self, text: str, telling: Sequence[str]) -> Iterator[int]:
        """The acronyms among the words whose names stand in `text`, word beside word."""
        there = {form for spelling in telling for form in stems(spelling)} if self._names else set()
        whole = [(number, name) for number, name in self._names if there.issuperset(name)]
        in_order = [forms for forms in map(stems, spellings(text)) if forms] if whole else []
        for number, name in whole:
            if _stands(name, in_order):
                yield number


def _stands(name: Sequence[str], text: Sequence[Sequence[str]]) -> bool:
    """Whether the stems of a name stand side by side."""
    starts = range(len(text) - len(name) + 1)
    return any(all(one in text[at + n] for n, one in enumerate(name)) for at in starts)


@lru_cache(maxsize=64)  # what the ranking read is marked
def sentences_of(passage: str) -> tuple[tuple[int, int], ...]:
    """The sentences of a passage as its sentence vectors were taken: of what of it can be printed."""
    return (*sentences(clean(passage)),)


def best_sentence(text: str, cosines: Sequence[float] | None, words: WordsMet) -> float:
    """The most that a sentence of a passage has of cosine and of the question's words together.

    `cosines`: of each sentence with the question; None: words alone count, of the whole passage.
    """
    most = words(text)
    if not cosines or not most:
        return max(cosines or [most])
    best = -math.inf
    each = zip(cosines, sentences_of(text), strict=False)
    for cosine, (start, end) in sorted(each, reverse=True):
        if cosine + most <= best:  # no sentence holds more of the words than its passage
            break
        best = max(best, cosine + words.within(text, start, end))
    return best
