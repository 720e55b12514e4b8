"""Which language a text is in. No I/O but the model of py3langid, which is loaded when first needed."""

import re
from collections import Counter
from functools import cache
from typing import Protocol


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


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
_STOP_WORDS = {
    "id": _set(
        """yang dan di dari untuk dengan pada ini itu dalam tidak akan ke karena oleh juga sudah bisa ada adalah kepada
        mereka kami saya atau lebih telah saat sebagai tersebut secara bahwa para menjadi"""
    ),
    "en": _set(
        """the of and to in that is for was on with as by at from it he be this are have has not said but his their
        which were will an they who"""
    ),
}
_WORD = re.compile(r"[a-z]+")
_LANGUAGE_SAMPLE = 2000  # characters


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language that `text` is in, or None when it is too short or too mixed to tell.

    Stop words settle Indonesian and English; whatever they leave open goes to py3langid, loaded when first needed.
    """
    sample = text[:_LANGUAGE_SAMPLE]
    words = _WORD.findall(sample.lower())
    occurrences = Counter(words)
    counts = {language: sum(occurrences[word] for word in stop) for language, stop in _STOP_WORDS.items()}
    best, other = sorted(counts, key=lambda language: -counts[language])
    if counts[best] >= 2 and counts[best] >= 4 * counts[other] and counts[best] * 12 >= len(words):
        return best
    if sum(character.isalpha() for character in sample) < 12:
        return None
    language, probability = _identifier().classify(sample)
    return language if probability >= 0.5 else None


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    found: _Identifier = identifier
    return found
