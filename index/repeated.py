"""What a publisher puts on article after article, learnt from the articles themselves (pure).

A line, or in an article of one line a sentence, near the beginning or the end that stands on one article in
twenty, and on ten at least, is not what the article says. Nor is the title of another of its articles that stands
between two sentences: a link, whose mark a scraper lost. What was learnt stays learnt, and holds for the articles that
are read from then on: an article that is in the index keeps its passages until its own text changes, or a later version
reads it otherwise.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any

from index.headline import OPENING
from index.sentence import sentences
from index.text import leaves_words

ARTICLES = 10  # that must bear a line
SHARE = 0.05  # of the publisher's articles that must bear it
FIRST, LAST = 2, 6  # lines that are looked at
SHORTEST, LONGEST = 12, 300  # characters of a line that is learnt
WORDS = 4  # that a sentence must have to be learnt; "TRIBUNNEWS.CO." is a dateline
COUNTERS = 512  # lines that are counted at a time, for one publisher
KEPT = 128  # of these that are remembered from one update to the next
TITLES = 1_000  # of a publisher, the last ones read: what it links to is mostly its news of these days
TITLE_WORDS, TITLE_LETTERS = 5, 25  # that a title must have to be told from a phrase
TITLE_MOST = 30  # words
FIRST_LETTERS = 12  # of a title, whose checksum says where to look closer

_WORD = re.compile(r"\S+")
_NUMBERED = re.compile(r"(?<![\d.,:/])\d{1,2}[.)]\s*$")
_CUT = re.compile(r"(?<=[.!?])[\"”’)]*(?:\s+|(?=[A-Z][a-z]))")


class RepeatedLines:
    """The lines of one publisher: how often each was seen, and which are learnt; and its last titles.

    Counts are those of Misra and Gries 1982 ("Finding repeated elements"): in fixed memory, too low by at most one in
    COUNTERS of the lines seen, which is a fifth of SHARE.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """`state`: what `state()` gave before."""
        state = state or {}
        self.articles: int = state.get("articles", 0)
        self.counts: dict[str, int] = dict(state.get("counts", {}))
        self.learnt: set[str] = set(state.get("learnt", ()))
        self.titles: dict[str, None] = dict.fromkeys(state.get("titles", ()))  # names, the last one read last
        self._begin = {name[:4] for name in self.titles}

    def state(self) -> dict[str, Any]:
        """All of it, as a JSON value."""
        often = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:KEPT]
        learnt, titles = sorted(self.learnt), [*self.titles][-TITLES:]
        return {"articles": self.articles, "counts": dict(often), "learnt": learnt, "titles": titles}

    def read(self, text: str, known: Sequence[tuple[int, int]], title: str | None = None) -> None:
        """Count the lines of one more article; `known` spans are boilerplate already and need no learning."""
        self.articles += 1
        if (name := _title_name(title)) is not None:
            self.titles.pop(name, None)
            self.titles[name] = None
            self._begin.add(name[:4])
            if len(self.titles) >= 2 * TITLES:  # seldom, so that the first letters need not be counted
                self.titles = dict.fromkeys([*self.titles][-TITLES:])
                self._begin = {one[:4] for one in self.titles}
        known = [*known, *self._learnt_lines(text, known)]  # what stands before a learnt footer is next to be learnt
        for name in {_name(text[start:end]) for start, end in _lines(text, known)}:
            self._count(name)
            count = self.counts.get(name, 0)
            if count >= ARTICLES and count >= SHARE * self.articles:
                self.learnt.add(name)

    def spans(self, text: str, known: Sequence[tuple[int, int]], title: str | None = None) -> list[tuple[int, int]]:
        """Spans of `text` that are learnt lines or titles of others, in order; none where no word would be left.

        `title`: of the article itself.
        """
        found = self._learnt_lines(text, known)
        found += self._links(text, [*known, *found], _title_name(title))
        return _unless_all(text, known, found)

    def _learnt_lines(self, text: str, known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        while self.learnt:
            lines = _lines(text, [*known, *found])
            new = [(start, end) for start, end in lines if _name(text[start:end]) in self.learnt]
            if not new:
                break
            found += new
        return _unless_all(text, known, found)

    def _links(self, text: str, known: Sequence[tuple[int, int]], own: str | None) -> Iterator[tuple[int, int]]:
        """Titles of other articles that stand where a sentence or what is `known` ends, and end as no sentence does."""
        if not self.titles:
            return
        reached = OPENING
        for start in sorted({start for start, _ in sentences(text)} | {end for _, end in known}):
            at = start
            while at >= reached and (end := self._link_end(text, at, own)) > at:  # several may follow each other
                yield at, end
                at = reached = end

    def _link_end(self, text: str, start: int, own: str | None) -> int:
        """Where the title that begins at `start`, or after the white space there, ends; `start` if there is none."""
        if _NUMBERED.search(text, max(0, start - 7), start):  # the heading of a part, or one of a list
            return start
        ends, letters = start, ""
        for n, word in enumerate(islice(_WORD.finditer(text, start), TITLE_MOST), start=1):
            if n == 1 and not word.group()[0].isalnum():
                return start
            letters += _letters(word.group())
            if len(letters) >= FIRST_LETTERS and _checksum(letters) not in self._begin:
                return start
            follows = text[word.end() : word.end() + 2].lstrip()[:1]
            ended = n >= TITLE_WORDS and not word.group().endswith((".", ",", ":", ";")) and not follows.islower()
            if ended and (name := _name_of(letters)) in self.titles and name != own:
                ends = word.end()
        return ends

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

    def read(
        self, source: str | None, text: str, known: Sequence[tuple[int, int]], title: str | None = None
    ) -> list[tuple[int, int]]:
        """Count the lines of one more article, and say what in it is learnt; without a publisher, nothing is."""
        if not source:
            return []
        if source not in self._lines:
            state = self._load(source)  # out of an index that may be somebody else's; it can be learnt again
            self._lines[source] = RepeatedLines(state if _is_state(state) else None)
        self._lines[source].read(text, known, title)
        return self._lines[source].spans(text, known, title)

    def count_anew(self) -> None:
        """Keep what is learnt and begin to count again: the articles read so far come a second time."""
        for lines in self._lines.values():
            lines.articles, lines.counts = 0, {}

    def states(self) -> dict[str, dict[str, Any]]:
        """What to keep of each publisher that was read."""
        return {source: lines.state() for source, lines in self._lines.items()}


def _unless_all(text: str, known: Sequence[tuple[int, int]], found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans found, in order; none where they and the `known` ones would leave no word."""
    return sorted(found) if leaves_words(text, sorted([*known, *found])) else []


def _is_state(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("articles"), int):
        return False
    counts, names = value.get("counts", {}), [value.get("learnt", []), value.get("titles", [])]
    return (
        isinstance(counts, dict)
        and all(isinstance(count, int) for count in counts.values())
        and all(isinstance(some, list) and all(isinstance(name, str) for name in some) for some in names)
    )


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
    return _digest(_letters(line))


def _digest(letters: str) -> str:
    return hashlib.blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _checksum(letters: str) -> str:
    return f"{zlib.crc32(letters[:FIRST_LETTERS].encode('utf-8', 'surrogatepass')) & 0xFFFF:04x}"


def _name_of(letters: str) -> str:
    """A title by its letters: the checksum of the first ones, and a digest of all."""
    return _checksum(letters) + _digest(letters)


def _title_name(title: str | None) -> str | None:
    """None of a title that is missing, or too short to be told from a phrase."""
    letters = _letters(title or "")
    return _name_of(letters) if len(letters) >= TITLE_LETTERS and len((title or "").split()) >= TITLE_WORDS else None
