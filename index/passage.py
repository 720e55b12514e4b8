"""Cuts an article's text into passages at sentence and paragraph borders (pure).

A passage is a span: `text[passage.start:passage.end] == passage.text`. It never holds boilerplate, so boilerplate in
the middle of an article is always a border. Sizes are counted in characters, not words: one run-together scrape
border or a long URL is one word but dozens of word pieces, while pieces per character vary little.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.sentence import sentences

# An encoder that takes 256 word pieces holds about 1,100 characters of Indonesian news (4.6 characters a piece).
TARGET = 800
LIMIT = 1100

_NEWLINE = re.compile(r"\r\n|[\r\n]")
_LINE = re.compile(r"[^\n\r]+")
_HEADING_LIMIT = 120
_LOOK_BACK = 64  # pieces in a passage at most
_SENTENCE_END = (".", "!", "?", "…", ",", ";", ":", '"', "”", ")", "]")


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage: `text` is the article's text from `start` to `end` (code points).

    `line_start` and `line_end` are the first and last line it stands on, from 1. `heading` is the section heading
    it stands under, when the article has one above it; the heading itself is part of the passage right after it.
    """

    start: int
    end: int
    line_start: int
    line_end: int
    text: str
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, a few very short ones, or a part of one that is over the limit."""

    start: int
    end: int
    line: int
    heading: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    """What cutting needs to know of the whole text."""

    breaks: list[int]  # where lines 2, 3, … start
    headings: frozenset[int]  # where heading lines start
    tiny: int  # sentences that together are no longer than this are one piece
    limit: int


def split(
    text: str, boilerplate: Sequence[tuple[int, int]] = (), *, target: int = TARGET, limit: int = LIMIT
) -> list[Passage]:
    """The passages of `text`, in order, without overlap: each about `target` and never over `limit` characters.

    Every character that is neither white space nor inside a `boilerplate` span (sorted, not overlapping) is in
    exactly one passage. A sentence is cut only when it alone is over the limit. A heading goes with the paragraph
    after it. Raises ValueError unless 1 <= target <= limit.
    """
    if not 1 <= target <= limit:
        msg = f"need 1 <= target <= limit, not target={target}, limit={limit}"
        raise ValueError(msg)
    breaks = [match.end() for match in _NEWLINE.finditer(text)]
    layout = _Layout(breaks, _headings(text), tiny=target // 8, limit=limit)
    passages: list[Passage] = []
    heading: str | None = None
    for region in _regions(text, boilerplate, layout):
        for first, last in _cuts(region, target, limit):
            start, end = region[first].start, region[last].end
            for piece in region[first : last + 1]:
                if piece.heading and piece.line > 1:
                    heading = text[piece.start : piece.end]
            line_start, line_end = bisect_right(breaks, start) + 1, bisect_right(breaks, end - 1) + 1
            passages.append(Passage(start, end, line_start, line_end, text[start:end], heading))
    return passages


def _regions(text: str, boilerplate: Sequence[tuple[int, int]], layout: _Layout) -> Iterator[list[_Piece]]:
    """Runs of pieces with no boilerplate between them."""
    region: list[_Piece] = []
    spans = iter(boilerplate)
    span = next(spans, None)
    for start, end in sentences(text):
        while span and span[1] <= start:
            if span[1] > span[0] and region:
                yield region
                region = []
            span = next(spans, None)
        while span and span[0] < end:
            _add(region, text, start, span[0], layout)
            if region:
                yield region
                region = []
            start = max(start, span[1])
            if span[1] > end:
                break
            span = next(spans, None)
        _add(region, text, start, end, layout)
    if region:
        yield region


def _add(region: list[_Piece], text: str, start: int, end: int, layout: _Layout) -> None:
    """Appends text[start:end], trimmed, to `region`: joined to a tiny piece before it, or cut when over the limit."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end:
        return
    line = bisect_right(layout.breaks, start) + 1
    heading = start in layout.headings
    before = region[-1] if region else None
    if before and not heading and not before.heading and end - before.start <= layout.tiny:
        region[-1] = _Piece(before.start, end, before.line, heading=False)
        return
    while end - start > layout.limit:
        cut = _cut(text, start, start + layout.limit)
        region.append(_Piece(start, cut, line, heading=False))
        start = cut
        while text[start].isspace():
            start += 1
    region.append(_Piece(start, end, line, heading))


def _cut(text: str, start: int, stop: int) -> int:
    """Where to cut a sentence that goes on after `stop`: after a clause if one ends in the second half, else a word."""
    for mark in (", ", "; ", ": ", " – ", " - "):
        at = text.rfind(mark, start + (stop - start) // 2, stop)
        if at > start:
            return at + len(mark.rstrip())
    gap = stop
    while gap > start and not text[gap].isspace():
        gap -= 1
    while gap > start and text[gap - 1].isspace():
        gap -= 1
    return gap if gap > start else stop


def _headings(text: str) -> frozenset[int]:
    """Where the heading lines start: short, not ending as a sentence does, with a line of running text after them."""
    starts: list[int] = []
    candidate: int | None = None
    for line in _LINE.finditer(text):
        stripped = line.group().strip() if line.end() - line.start() <= 2 * _HEADING_LIMIT else "…"
        if not stripped:
            continue
        if 3 <= len(stripped) <= _HEADING_LIMIT and not stripped.endswith(_SENTENCE_END):
            candidate = line.start() + len(line.group()) - len(line.group().lstrip())
        elif candidate is not None:
            starts.append(candidate)
            candidate = None
    return frozenset(starts)


def _cuts(region: list[_Piece], target: int, limit: int) -> list[tuple[int, int]]:
    """First and last piece of each passage: the cheapest way to cut the region, by dynamic programming.

    Cheap are passages near the target that end where a paragraph ends; a cut after a heading costs most. The bounded
    look-back keeps time linear.
    """
    best = [0.0] + [float("inf")] * len(region)
    cut_from = [0] * (len(region) + 1)
    for last, piece in enumerate(region):
        ending = _ending_cost(region, last)
        for first in range(last, max(-1, last - _LOOK_BACK), -1):
            size = piece.end - region[first].start
            if size > limit and first < last:
                break
            off = (size - target) / target
            cost = best[first] + off * off * (2.0 if off < 0 else 1.0) + ending
            if cost < best[last + 1]:
                best[last + 1], cut_from[last + 1] = cost, first
    cuts = []
    at = len(region)
    while at:
        cuts.append((cut_from[at], at - 1))
        at = cut_from[at]
    return cuts[::-1]


def _ending_cost(region: list[_Piece], last: int) -> float:
    """What it costs to end a passage after the piece at `last`."""
    if last + 1 == len(region):
        return 0.0
    if region[last].heading:
        return 100.0
    return 0.05 if region[last + 1].line > region[last].line else 0.3
