"""Whether words stand in a text, as a quotation has them: where exactly, or what comes nearest. Pure.

Only wording counts. Space and line breaks, quotation marks of whatever form, dashes and hyphens (also those that a
line's end put into a word), capitals, invisible characters and the punctuation at a quotation's ends do not. An
ellipsis, and what an editor put between brackets, stands for any words of the text.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

ALTERED = 0.6  # of the words of a quotation that stand, in order, in what is called its altered wording
LONGEST = 400  # words of a quotation that are compared when it does not stand

_GAP = re.compile(r"\[[^\][]{0,100}\]|\(?\s?(?:…|\.\s?\.\s?\.(?:\s?\.)?)\s?\)?")
_BROKEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad][^\S\n]*\r?\n\s*(?=[^\W\d_])")  # a word at a line's end
_LEFT_OUT = re.compile(
    "[\"'`´\u00ab\u00bb\u2018-\u201f\u2039\u203a\\-\u2010-\u2015\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_LINE_END = re.compile(r"\r\n?|\n")
_ENDS = " .,;:!?"


class Span(NamedTuple):
    """Where words stand, in code points of a text."""

    start: int
    end: int


class Nearest(NamedTuple):
    """The stretch of a text that comes nearest to a quotation, and how much of the quotation it holds, 0 … 1."""

    span: Span
    similarity: float
    changes: tuple[tuple[str, str], ...]  # words of the quotation, folded, and those that stand in their place


class Wording:
    """A text as far as its wording goes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded, self._at = _folded(text)

    def find(self, quotation: str) -> list[Span]:
        """Every place where a quotation stands, in order; its parts in order where something is left out of it."""
        parts = fragments(quotation)
        found: list[Span] = []
        begin = 0
        while parts and (start := self._from(parts[0], begin)) >= 0:
            end = start + len(parts[0])
            for part in parts[1:]:
                at = self._from(part, end)
                if at < 0:
                    return found
                end = at + len(part)
            found.append(Span(self._at[start], self._at[end - 1] + 1))
            begin = start + 1
        return found

    def _from(self, part: str, begin: int) -> int:
        """Where a part stands as whole words; -1 where it does not."""
        while (at := self._folded.find(part, begin)) >= 0:
            before, after = self._folded[at - 1 : at], self._folded[at + len(part) : at + len(part) + 1]
            if not (before.isalnum() and part[0].isalnum()) and not (after.isalnum() and part[-1].isalnum()):
                return at
            begin = at + 1
        return -1

    def nearest(self, quotation: str) -> Nearest | None:
        """What comes nearest to a quotation that does not stand; None where less than ALTERED of it does."""
        asked = " ".join(fragments(quotation)).split()[:LONGEST]
        words = [(match.group(), match.start(), match.end()) for match in re.finditer(r"\S+", self._folded)]
        asked, said = [word.strip(_ENDS) for word in asked], [word.strip(_ENDS) for word, _, _ in words]
        begin = _likely_begin(asked, said)
        if begin is None:
            return None
        first = max(0, begin - len(asked) // 2)
        window = said[first : begin + len(asked) + len(asked) // 2 + 1]
        matcher = SequenceMatcher(None, asked, window, autojunk=False)
        blocks = [block for block in matcher.get_matching_blocks() if block.size]
        met = sum(block.size for block in blocks)
        if not blocks or met < ALTERED * len(asked):
            return None
        # What was put in place of the first and last words belongs to the altered wording too.
        start = max(0, first + blocks[0].b - blocks[0].a)
        end = min(len(words), first + blocks[-1].b + len(asked) - blocks[-1].a)
        met_words = [(block.a, first + block.b, block.size) for block in blocks]
        ends = [(0, start, 0), *met_words, (len(asked), end, 0)]

        def said_from(begin: int, stop: int) -> str:
            return self.text[self._at[words[begin][1]] : self._at[words[stop - 1][2] - 1] + 1] if begin < stop else ""

        changes = [
            (" ".join(asked[a + size : next_a]), said_from(b + size, next_b))
            for (a, b, size), (next_a, next_b, _) in pairwise(ends)
            if (a + size, b + size) != (next_a, next_b)
        ]
        span = Span(self._at[words[start][1]], self._at[words[end - 1][2] - 1] + 1)
        return Nearest(span, met / len(asked), tuple(changes))

    def line(self, offset: int) -> int:
        """The line on which a character stands, from 1."""
        return len(_LINE_END.findall(self.text, 0, offset)) + 1


def fragments(quotation: str) -> list[str]:
    """The parts of a quotation between what it leaves out, folded; single words between others are left out too."""
    parts = [_folded(part)[0].strip(_ENDS) for part in _GAP.split(quotation)]
    parts = [part for part in parts if part]
    return [part for part in parts if " " in part] or parts[:1]


def count_words(text: str) -> int:
    """How many words a text has."""
    return len(re.findall(r"\w+", text))


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """A text's wording, and for each of its characters where it stands in the text."""
    folded: list[str] = []
    at: list[int] = []
    for offset, character in _kept(text):
        if character.isspace():
            if folded and folded[-1] != " ":
                folded.append(" ")
                at.append(offset)
            continue
        for one in unicodedata.normalize("NFKD", character).casefold():
            if not one.isspace():
                folded.append(one)
                at.append(offset)
    return "".join(folded), at


def _kept(text: str) -> Iterator[tuple[int, str]]:
    """The characters that count, with their offsets."""
    begin = 0
    for broken in [*_BROKEN.finditer(text), None]:
        for offset in range(begin, broken.start() if broken else len(text)):
            if not _LEFT_OUT.match(text[offset]):
                yield offset, text[offset]
        begin = broken.end() if broken else 0


def _likely_begin(asked: Sequence[str], said: Sequence[str]) -> int | None:
    """Where in `said` most of the words of `asked` would stand if it began there; rare words count more."""
    places: dict[str, list[int]] = {}
    for at, word in enumerate(said):
        places.setdefault(word, []).append(at)
    votes: Counter[int] = Counter()
    for n, word in enumerate(asked):
        for at in places.get(word, ())[:200]:
            votes[at - n] += 1 + 20 // len(places[word])
    if not votes:
        return None
    begins = sorted(votes)
    reach = max(2, len(asked) // 4)  # words put in or left out shift what follows

    def weight(begin: int) -> int:
        near = bisect_left(begins, begin - reach), bisect_left(begins, begin + reach + 1)
        return sum(votes[one] for one in begins[slice(*near)])

    return max(0, max(begins, key=lambda begin: (weight(begin), votes[begin], -begin)))
