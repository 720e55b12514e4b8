"""Which language a text is in. No I/O but two word lists and the model of py3langid, each read when first needed."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from index.sentence import sentences

# Languages that news in an Indonesian folder comes in. Malay is left out on purpose: it is not told from Indonesian.
LANGUAGES = (
    "id",
    "en",
    "jv",
    "zh",
    "ar",
    "ja",
    "ko",
    "nl",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "ru",
    "tr",
    "hi",
    "th",
    "vi",
    "tl",
)
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 2000  # characters
_EVIDENCE = 0.3  # of the words that must be of one of the two lists, for py3langid not to be asked
_CLEAR = 3  # times as many words of one language as of the other
_SURE = 0.9  # of py3langid, when it has few letters or speaks against the words
_LETTERS = 30  # from which py3langid may be less sure
_SHARE = 0.2  # of a passage's letters that its second language must have, to call the passage mixed
MIXED = "mixed"


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language that `text` is in, or None when it is too short or too mixed to tell.

    Words that only one of the two languages has settle Indonesian and English; whatever they leave open goes to
    py3langid, loaded when first needed. Names tell nothing: a text of nothing else is left open.
    """
    sample = text[:_SAMPLE]
    words = _WORD.findall(sample)
    counts = _counts(words)
    best, other = sorted(counts, key=lambda language: -counts[language])
    clear = counts[best] > 0 and counts[best] >= _CLEAR * counts[other]
    if clear and counts[best] >= _EVIDENCE * len(words):
        return best
    letters = sum(character.isalpha() for character in sample)
    if letters < 12 and sample.isascii():
        return best if clear else None
    language, probability = _identifier().classify(sample)
    if clear and (language == best or probability < _SURE):
        return best
    least = 0.5 if letters >= _LETTERS and not counts[best] else _SURE
    return language if probability >= least and _spelt(words) else None


def passage_language(text: str) -> str | None:
    """The language of a passage, as `language_of`; MIXED when a fifth of it is Indonesian and a fifth English."""
    letters: Counter[str | None] = Counter()
    for start, end in sentences(text):
        words = _WORD.findall(text, start, end)
        counts = _counts(words)
        best, other = sorted(counts, key=lambda language: -counts[language])
        if counts[best] >= 2 and counts[best] >= _CLEAR * counts[other]:
            letters[best] += end - start
    total = sum(letters.values())
    if total and min(letters["id"], letters["en"]) >= _SHARE * total:
        return MIXED
    return language_of(text)


def _counts(words: Sequence[str]) -> dict[str, int]:
    """How many of `words` are Indonesian and how many English, by the lists of words that only one of them has."""
    lowered = Counter(word.lower() for word in words)
    return {language: sum(n for word, n in lowered.items() if word in known) for language, known in _words().items()}


def _spelt(words: Sequence[str]) -> bool:
    """Whether there is more than names and abbreviations: a word in lower case, or a script without capitals."""
    return any(not word[0].isupper() for word in words)


@cache
def _words() -> dict[str, frozenset[str]]:
    folder = Path(__file__).with_name("wordlists")
    return {
        language: frozenset((folder / f"only-{language}.txt").read_text("utf-8").split()) for language in ("id", "en")
    }


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    found: _Identifier = identifier
    return found
