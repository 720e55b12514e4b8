"""Lines that a publisher puts on article after article, learnt from the articles themselves (pure).

A line, or in an article of one line a sentence, near the beginning or the end that stands on one article in
twenty, and on ten at least, is not what the article says. What was learnt stays learnt, and holds for the articles
that are read from then on: an article that is in the index keeps its passages until its own text changes.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from index.text import leaves_words

ARTICLES = 10  # that must bear a line
SHARE = 0.05  # of the publisher's articles that must bear it
FIRST, LAST = 2, 6  # lines that are looked at
SHORTEST, LONGEST = 12, 300  # characters of a line that is learnt
WORDS = 4  # that a sentence must have to be learnt; "TRIBUNNEWS.CO." is a dateline
COUNTERS = 512  # lines that are counted at a time, for one publisher
KEPT = 128  # of these that are remembered from one update to the next

_CUT = re.compile(r"(?<=[.!?])[\"”’)]*(?:\s+|(?=[A-Z][a-z]))")


class RepeatedLines:
    """The lines of one publisher: how often each was seen, and which are learnt.

    Counts are those of Misra and Gries 1982 ("Finding repeated elements"): in fixed memory, too low by at most one in
    COUNTERS of the lines seen, which is a fifth of SHARE.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """`state`: what `state()` gave before."""
        state = state or {}
        self.articles: int = state.get("articles", 0)
        self.counts: dict[str, int] = dict(state.get("counts", {}))
        self.learnt: set[str] = set(state.get("learnt", ()))

    def state(self) -> dict[str, Any]:
        """All of it, as a JSON value."""
        often = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:KEPT]
        return {"articles": self.articles, "counts": dict(often), "learnt": sorted(self.learnt)}

    def read(self, text: str, known: Sequence[tuple[int, int]]) -> None:
        """Count the lines of one more article; `known` spans are boilerplate already and need no learning."""
        self.articles += 1
        known = [*known, *self.spans(text, known)]  # what stands before a learnt footer is next to be learnt
        for name in {_name(text[start:end]) for start, end in _lines(text, known)}:
            self._count(name)
            count = self.counts.get(name, 0)
            if count >= ARTICLES and count >= SHARE * self.articles:
                self.learnt.add(name)

    def spans(self, text: str, known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Spans of `text` that are learnt lines, in order; none where no word of it would be left."""
        found: list[tuple[int, int]] = []
        while self.learnt:
            lines = _lines(text, [*known, *found])
            new = [(start, end) for start, end in lines if _name(text[start:end]) in self.learnt]
            if not new:
                break
            found += new
        found.sort()
        return found if leaves_words(text, sorted([*known, *found])) else []

    def _count(self, name: str) -> None:
        if name in self.counts or len(self.counts) < COUNTERS:
            self.counts[name] = self.counts.get(name, 0) + 1
            return
        self.counts = {line: count - 1 for line, count in self.counts.items() if count > 1}


class Publishers:
    """The repeated lines of every publisher whose articles an update reads."""

    def __init__(self, load: Callable[[str], Any]) -> None:
        """`load`: the state that was kept for a publisher, or None."""
        self._load = load
        self._lines: dict[str, RepeatedLines] = {}

    def read(self, source: str | None, text: str, known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Count the lines of one more article, and say which of them are learnt; without a publisher, nothing is."""
        if not source:
            return []
        if source not in self._lines:
            self._lines[source] = RepeatedLines(self._load(source))
        self._lines[source].read(text, known)
        return self._lines[source].spans(text, known)

    def count_anew(self) -> None:
        """Keep what is learnt and begin to count again: the articles read so far come a second time."""
        for lines in self._lines.values():
            lines.articles, lines.counts = 0, {}

    def states(self) -> dict[str, dict[str, Any]]:
        """What to keep of each publisher that was read."""
        return {source: lines.state() for source, lines in self._lines.items()}


def _lines(text: str, known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first and last lines of a text that are no boilerplate yet; its sentences, if it is all one line."""
    if "\n" in text.strip():
        spans, at = [], 0
        for line in text.splitlines(keepends=True):
            stripped = line.strip()
            if stripped:
                start = at + line.index(stripped)
                spans.append((start, start + len(stripped)))
            at += len(line)
    else:
        # Finer than sentences: what follows "iPhone X." or a full stop without a space may be a line of its own.
        cuts = [0, *(match.end() for match in _CUT.finditer(text)), len(text)]
        pieces = ((start, start + len(text[start:end].rstrip())) for start, end in pairwise(cuts))
        spans = [(start, end) for start, end in pieces if len(text[start:end].split()) >= WORDS]
    outside = [span for span in spans if not any(start <= span[0] and span[1] <= end for start, end in known)]
    ends = outside if len(outside) <= FIRST + LAST else outside[:FIRST] + outside[-LAST:]
    return [
        (start, end)
        for start, end in ends
        if SHORTEST <= end - start <= LONGEST and len(_letters(text[start:end])) >= SHORTEST
    ]


def _letters(line: str) -> str:
    """What two prints of one line have in common: scrapes lose spaces between words."""
    return "".join(filter(str.isalnum, line)).casefold()


def _name(line: str) -> str:
    return hashlib.blake2b(_letters(line).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
