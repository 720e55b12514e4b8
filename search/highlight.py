"""What to mark in a passage: the sentence that answers, and the question's words elsewhere. Pure."""

from collections.abc import Sequence

from index.sentence import sentences
from index.text import clean, stem, words
from search.rank import Weights

WORDS_WEIGHT = 0.5  # what meeting all of a question's words is worth, beside a cosine


def highlights(text: str, weights: Weights, cosines: Sequence[float] | None) -> tuple[tuple[int, int], ...]:
    """Spans of `text` to mark, in order, not overlapping.

    `cosines`: of each sentence with the question, which crosses languages; without them words alone decide, and a
    passage that shares none has nothing marked.
    """
    spans = sentences(clean(text))  # the text that the sentences' cosines were taken from
    met = _words_met(text, weights)
    total = sum(weight for _, weight, _ in weights) or 1.0
    best, best_score = None, 0.0
    for number, (start, end) in enumerate(spans):
        inside = {forms: weight for begin, _, forms, weight in met if start <= begin < end}
        score = WORDS_WEIGHT * sum(inside.values()) / total
        score += cosines[number] if cosines is not None and number < len(cosines) else 0.0
        if score > best_score:
            best, best_score = (start, end), score
    marked = [best] if best else []
    marked += [(begin, end) for begin, end, _, _ in met if not (best and best[0] <= begin < best[1])]
    return tuple(sorted(marked))


def _words_met(text: str, weights: Weights) -> list[tuple[int, int, tuple[str, ...], float]]:
    """Where words of the question stand in the text: (start, end, forms, weight)."""
    by_form = {form: (forms, weight) for forms, weight, _ in weights for form in forms}
    found = []
    for word, start, end in words(text):
        hit = by_form.get(stem(word, "id")) or by_form.get(stem(word, "en"))
        if hit:
            found.append((start, end, *hit))
    return found
