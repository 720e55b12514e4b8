"""What to mark in a passage: the sentence that answers, and the question's words elsewhere. Pure."""

import math
from collections.abc import Sequence

from index.query_word import QueryWord, counted
from search.words_met import WordsMet, sentences_of

WORDS_WEIGHT = 0.5  # what meeting all of a question's words is worth, beside a cosine


def highlights(text: str, words: WordsMet, cosines: Sequence[float] | None) -> tuple[tuple[int, int], ...]:
    """Spans of `text` to mark, in order, not overlapping.

    `cosines`: of each sentence with the question, which crosses languages; without them words alone decide, and a
    passage that shares none has nothing marked.
    """
    spans = sentences_of(text)
    met = list(words.places(text))
    total = sum(map(_worth, words.asked)) or 1.0
    best, best_score, at = None, 0.0, 0
    for number, (start, end) in enumerate(spans):
        inside: dict[int, float] = {}
        while at < len(met) and met[at].start < end:
            one, at = met[at], at + 1
            inside[one.number] = max(inside.get(one.number, 0.0), counted(one.probability) * _worth(one.word))
        score = WORDS_WEIGHT * sum(inside.values()) / total
        score += cosines[number] if cosines is not None and number < len(cosines) else 0.0
        if score > best_score:
            best, best_score = (start, end), score
    marked = [best] if best else []
    itself = ((one.start, one.end) for one in met if one.probability == 1)
    marked += [(start, end) for start, end in itself if not (best and best[0] <= start < best[1])]
    return tuple(sorted(marked))


def _worth(word: QueryWord) -> float:
    """Within one passage a common word tells sentences apart nearly as well as a rare one: the root of its weight."""
    return math.sqrt(word.weight)
