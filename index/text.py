"""Words as the lexicon sees them: folded, split and stemmed, in Indonesian and English. Pure functions.

Not here: sentences (`index.sentence`), passages (`index.passage`), decoding of files (`index.reading`).
"""

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache

import Stemmer

# A number keeps its points, commas and slashes (1.000; 11,6; 8/2/2024) and leaves the Rp before it; all else is runs of
# letters and digits, in which accents may stand as characters of their own and soft hyphens be hidden.
# Most words are plain letters to their end, and are taken first, at two thirds of the time.
_WORD = re.compile(
    r"[A-Za-z]++(?![\w\u0300-\u036f\u00ad])"
    r"|\d+(?:[.,:/]\d+)+|[Rr]p(?=\d)|[^\W_]+(?:[\u0300-\u036f\u00ad]+[^\W_]*)*"
)
_UNDECOMPOSED = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

# Words that carry no subject: left out when the weight of a question is taken, so that "what did … say" does
# not outweigh the name that it is about. Kept in the lexicon itself, where phrases need them.
FUNCTION_WORDS = {
    "id": frozenset(
        """ada adalah agar akan akankah aku anda antara apa apakah apabila atas atau bagaimana bagaimanakah bagi bahwa
        banyak baru beberapa begitu belum berapa berapakah beserta bila bisa boleh buat bukan cara dalam dan dapat dari
        daripada demi dengan di dia dimana dimanakah disebut dulu guna hal hanya harus hingga ia ialah ini itu itulah
        jadi jika juga kah kalau kami kamu kapan kapankah karena kata ke kemana kemudian kenapa kepada ketika kita lagi
        lah lain lalu lebih maka mana manakah masih maupun melalui memang mengapa mengapakah menjadi menurut mereka
        merupakan namun nya oleh orang pada padahal paling para per pernah pula pun saat saja salah sambil sampai
        sangat satu saya sebagai sebelum sebuah sedang sejak sekitar selain selama semua seorang seperti serta sesuatu
        setelah setiap siapa siapakah suatu sudah supaya tapi telah tempat tentang tersebut tetapi tiap tidak untuk
        waktu yaitu yakni yang""".split()
    ),
    "en": frozenset(
        """a about after all also an and any are as at be because been before being between both but by can could did do
        does doing during each for from get gets had has have having he her hers him his how i if in into is it its
        just kind many me more most much my no not of off on once one only or other our out over own same she should
        so some such than that the their them then there these they this those through to too under until up upon us
        used very was we were what when where which while who whom whose why will with would you your""".split()
    ),
}
_EITHER = FUNCTION_WORDS["id"] | FUNCTION_WORDS["en"]


def clean(text: str) -> str:
    """`text` safe to print: control, zero-width and bidirectional characters become spaces, one for one."""
    return _CONTROL.sub(" ", text)


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Case and diacritics away: "Đà Nẵng", "Mbappé" and "MBAPPE" meet their plain spelling."""
    if word.isascii():
        return word.lower()
    # Taken apart before the case goes ("𝐇" is no capital until it is "H") and after (it can put marks together again).
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    plain = decomposed.translate(_UNDECOMPOSED)  # letters with a stroke are no letter and mark to Unicode
    # "ﷺ" comes apart into words
    return "".join(c for c in plain if not unicodedata.combining(c) and not c.isspace() and c != "\u00ad")


def words(text: str) -> Iterator[tuple[str, int, int]]:
    """Folded words of `text` in order, each with its (start, end) in code points."""
    for match in _WORD.finditer(text):
        folded = fold(match.group())
        if folded:
            yield folded, match.start(), match.end()


@lru_cache(maxsize=256)  # one question looks for its words in a passage and its sentences, for rank, verdict and marks
def spellings(text: str) -> tuple[str, ...]:
    """The words of `text` in order, as they are written: for `stems`."""
    return tuple(_WORD.findall(text))


def places(text: str, wanted: Container[str]) -> Iterator[tuple[str, int, int]]:
    """Where words stand in `text` that are spelt as one of the `wanted`: each with its (start, end) in code points."""
    at = 0
    for word in spellings(text):
        at = text.index(word, at)  # nothing between two words is of any word
        if word in wanted:
            yield word, at, at + len(word)
        at += len(word)


@lru_cache(maxsize=2)
def _stemmer(language: str) -> Stemmer.Stemmer:
    # Without its own cache: filling that takes four times as long as stemming.
    return Stemmer.Stemmer({"id": "indonesian", "en": "english"}[language], 0)


@lru_cache(maxsize=131072)
def stem(word: str, language: str) -> str:
    """Snowball stem of a folded word: `language` "en" English, anything else Indonesian.

    Indonesian: prefixes, suffixes and the clitics -nya, -lah, -kah, -ku, -mu go ("pembelian" and "membelinya" to
    "beli"). Source: Tala 2003, "A Study of Stemming Effects on Information Retrieval in Bahasa Indonesia",
    as implemented by Snowball.
    """
    if word[0].isdigit():
        return word
    stemmed: str = _stemmer("en" if language == "en" else "id").stemWord(word)
    return stemmed


@lru_cache(maxsize=65536)
def stems(word: str) -> tuple[str, ...]:
    """The stems of a word as it is written, as Indonesian and as English; none of one that folding leaves empty."""
    folded = fold(word)
    return (stem(folded, "id"), stem(folded, "en")) if folded else ()


def terms(text: str, language: str | None) -> list[str]:
    """Terms of a text in reading order, as the lexicon stores them.

    A word said twice in a row is one term: reduplication ("anak-anak") is how Indonesian writes the plural.
    """
    found: list[str] = []
    end_before = -1
    for word, start, end in words(text):
        term = stem(word, language or "id")
        if not (found and found[-1] == term and start == end_before + 1 and text[end_before] == "-"):
            found.append(term)
        end_before = end
    return found


def query_terms(text: str) -> list[tuple[str, ...]]:
    """Terms of a question, without function words: one tuple a word, its distinct forms in either language.

    The language of three words cannot be told reliably, so a word is looked for as Indonesian and as English stem.
    A question of function words alone keeps them: then they are what it asks.
    """
    found = [word for word, _, _ in words(text)]
    telling = [word for word in found if word not in _EITHER] or found
    return list(dict.fromkeys(tuple(dict.fromkeys((stem(w, "id"), stem(w, "en")))) for w in telling))


def is_function_word(word: str) -> bool:
    """Whether a folded word carries no subject in Indonesian or English."""
    return word in _EITHER


def query_language(text: str) -> str | None:
    """`id` or `en` by the function words of a question, else None: too few words for anything cleverer."""
    found = [word for word, _, _ in words(text)]
    counts = {language: sum(w in known for w in found) for language, known in FUNCTION_WORDS.items()}
    if counts["id"] == counts["en"]:
        return None
    return max(counts, key=lambda language: counts[language])


def leaves_words(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a letter or digit of the text lies outside the spans, which are sorted and do not overlap."""
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    outside = zip(edges[::2], edges[1::2], strict=True)
    return any(any(map(str.isalnum, text[start:end])) for start, end in outside)
