"""A word of a question, as it is looked for. Pure."""

import math
from typing import NamedTuple

TRANSLATION_POWER = 0.25  # chosen on the development sets, docs/quality.md


class QueryWord(NamedTuple):
    """A telling word of a question, as the lexicon looks for it."""

    own: tuple[str, ...]  # its stems as Indonesian and as English
    forms: dict[str, float]  # those, other spellings and translations, each with the probability that it says the same
    weight: float  # inverse document frequency of the commonest form; of a word that occurs nowhere, the rarest's
    names: tuple[tuple[str, ...], ...] = ()  # of an acronym: the stems, in order, of the name that it stands for


def counted(probability: float) -> float:
    """How much a form that says a word with this probability counts in a ranking: 0 … 1.

    A translation counts less than the word itself, but by far more than its probability: in the passage that answers,
    the one translation that the writer chose is as telling as the word.
    """
    return math.pow(probability, TRANSLATION_POWER)
