"""What to mark in a passage: the sentence that answers, and the question's words elsewhere. Pure."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from index.lexicon import QueryWord
from index.sentence import sentences
from index.text import clean, places, spellings, stems

WORDS_WEIGHT = 0.5  # what meeting all of a question's words is worth, beside a cosine


def highlights(text: str, asked: Sequence[QueryWord], cosines: Sequence[float] | None) -> tuple[tuple[int, int], ...]:
    """Spans of `text` to mark, in order, not overlapping.

    `cosines`: of each sentence with the question, which crosses languages; without them words alone decide, and a
    passage that shares none has nothing marked.
    """
    spans = sentences(clean(text))  # the text that the sentences' cosines were taken from
    met = _words_met(text, asked)
    total = sum(_worth(word) for word in asked) or 1.0
    best, best_score = None, 0.0
    for number, (start, end) in enumerate(spans):
        inside: dict[int, float] = {}
        for one in met:
            if start <= one.start < end:
                inside[one.word] = max(inside.get(one.word, 0.0), one.worth)
        score = WORDS_WEIGHT * sum(inside.values()) / total
        score += cosines[number] if cosines is not None and number < len(cosines) else 0.0
        if score > best_score:
            best, best_score = (start, end), score
    marked = [best] if best else []
    marked += [(one.start, one.end) for one in met if one.itself and not (best and best[0] <= one.start < best[1])]
    return tuple(sorted(marked))


class _Met(NamedTuple):
    """A word of the question in the text."""

    start: int
    end: int
    word: int  # which of the question's words
    worth: float
    itself: bool  # in one of its spellings, not in translation


def _worth(word: QueryWord) -> float:
    """Within one passage a common word tells sentences apart nearly as well as a rare one: the root of its weight."""
    return math.sqrt(word.weight)


def _words_met(text: str, asked: Sequence[QueryWord]) -> list[_Met]:
    every = {form for word in asked for form in word.forms}
    telling = {
        spelling: max(
            (word.counted(form), number)
            for number, word in enumerate(asked)
            for form in stems(spelling)
            if form in word.forms
        )
        for spelling in spellings(text)
        if not every.isdisjoint(stems(spelling))
    }
    found = []
    for spelling, start, end in places(text, telling):
        count, number = telling[spelling]
        found.append(_Met(start, end, number, count * _worth(asked[number]), count == 1))
    return found
