"""Acronyms and the names they stand for, as the archive itself explains them: "Inisiatif Sabuk dan Jalan (BRI)". Pure.

Nothing is kept: passages that hold an acronym, or the question's words, are looked through when a question is asked.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from index.query_word import QueryWord
from index.text import fold, is_function_word, query_terms, stem, terms

_ACRONYM = re.compile(r"(?<!\w)[A-Z][A-Za-z]{0,8}[A-Z](?!\w)")
_BRACKETED = re.compile(r"\(([A-Z][A-Za-z]{0,8}[A-Z])\)")
_REACH = 160  # characters before a bracket in which a name lies
_WORDS = 12  # and so many words
_NO_NAME = re.compile(r"[^\w'’ -]")  # what no name goes across
_TOKEN = re.compile(r"[\w'’-]+")


def acronyms(question: str) -> list[str]:
    """Words of a question that are written as acronyms; none where all is in capitals."""
    return [] if question.isupper() and " " in question.strip() else _ACRONYM.findall(question)


def explained(texts: Iterable[str]) -> Counter[tuple[str, str]]:
    """(acronym, name) pairs that the texts explain, and how often they do."""
    found: Counter[tuple[str, str]] = Counter()
    for text in texts:
        for bracket in _BRACKETED.finditer(text):
            acronym, before = bracket[1], _before(text, bracket.start())
            if before and (name := _spelt(acronym, before) or _translated(acronym, before)):
                found[acronym, name] += 1
    return found


def _before(text: str, end: int) -> str:
    """The words right before `end`, with nothing but spaces between them; empty where there is no space before it."""
    reach = text[max(0, end - _REACH) : end]
    if not reach.endswith(" "):
        return ""
    if other := _NO_NAME.search(reach[::-1]):
        reach = reach[len(reach) - other.start() :]
    starts = [word.start() for word in _TOKEN.finditer(reach)][-_WORDS:]
    return reach[starts[0] :].strip() if starts else ""


def _spelt(acronym: str, before: str) -> str | None:
    """The words right before the bracket that the acronym's letters come from, or None.

    From the right, each letter is looked for in the words; the first one must begin a word (Schwartz and Hearst 2003,
    "A simple algorithm for identifying abbreviation definitions in biomedical text"), here a capitalised one, and the
    name has more than one word.
    """
    at = len(before)
    for place in range(len(acronym) - 1, -1, -1):
        letter = acronym[place].lower()
        at -= 1
        while at >= 0 and not (before[at].lower() == letter and (place or _begins_a_name(before, at))):
            at -= 1
        if at < 0:
            return None
    name = before[at:]
    return name if " " in name and acronym not in name else None


def _translated(acronym: str, before: str) -> str | None:
    """As many capitalised words as the acronym of a foreign name has letters: "Organisasi Kesehatan Dunia (WHO)"."""
    capitalised = 0
    for word in reversed(list(_TOKEN.finditer(before))):
        if word.group()[0].isupper():
            capitalised += 1
            if capitalised == len(acronym):
                return before[word.start() :]
        elif not (capitalised and is_function_word(fold(word.group()))):
            return None
    return None


def _begins_a_name(text: str, at: int) -> bool:
    return text[at].isupper() and not (at and text[at - 1].isalnum())


def with_names(asked: Sequence[QueryWord], question: str, pairs: Counter[tuple[str, str]]) -> list[QueryWord]:
    """The question's words, where an acronym also stands for its name and a name's words for its acronym.

    `pairs`: as `explained` found them; of each acronym the name most often given, one that spells it before others.
    """
    joined = list(asked)
    typed = {_stem(acronym) for acronym in acronyms(question)}
    names: dict[str, str] = {}
    for (acronym, name), _ in sorted(pairs.items(), key=lambda pair: (_spelt(*pair[0]) is None, -pair[1], pair[0])):
        names.setdefault(acronym, name)
    for acronym, name in names.items():
        short, own = _stem(acronym), query_terms(name)
        for at, word in enumerate(joined):
            if short in word.own and short in typed:
                phrases = dict.fromkeys((tuple(terms(name, "id")), tuple(terms(name, "en"))))
                joined[at] = word._replace(names=(*word.names, *phrases))
            elif [one.own for one in joined[at : at + len(own)]] == own:
                for place in range(at, at + len(own)):
                    joined[place] = joined[place]._replace(forms={**joined[place].forms, short: 1.0})
    return joined


def _stem(acronym: str) -> str:
    return stem(fold(acronym), "id")
