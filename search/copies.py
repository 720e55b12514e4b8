"""One story once: which articles print the same report, and which of them stands for it. Pure functions over texts.

A copy holds the words of another article in runs of SHINGLE, whatever was cut, put before it or lightly reworded
(Broder 1997, "On the resemblance and containment of documents": containment, of the shorter in the longer). Words are
counted instead of shingles, so that one word changed costs one word and not SHINGLE shingles. Three things keep apart
what merely shares words: a follow-up has new sentences beside the old report's background, forms differ in their
figures (prices, weather, fixtures) or in the name that they are about.

Whole articles are compared rather than the passages that were found, which two publishers cut differently. Thresholds:
`python -m scripts.bench_copies`.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from search.rank import Candidate

SHINGLE = 4  # words
SHARE = 0.65  # of the shorter article's words that stand in the longer one, in runs of SHINGLE
NEW_BLOCK, NEW_SHARE = 12, 0.05  # more words than this between runs are new matter; at most so much of the article is
HEAD = 20  # words of a title, byline and dateline, which are no new matter
LEAD, LEAD_SHARE = 60, 0.65  # words at the head of either that the other has; so much of them
LENGTHS = 0.4  # the shorter article over the longer: a text that quotes another whole is no copy of it
FIGURES = 0.8  # of the shorter one's numbers that the longer one has
NAMED = 3  # times that an article says a name which its copies must know
READ = 20_000  # characters of an article
AS_LONG = 0.75  # of the longest copy: one that may stand for it

_WORD = re.compile(r"\d(?:[\d.,:/]*\d)?|[^\W\d_]+")
_LONG = 9  # characters
_LONG_WORD = re.compile(rf"\w{{{_LONG},}}")
_NAME = re.compile(r"\b[A-Z]\w{3,}")
_LONG_WORDS, _LONG_WORDS_SHARED = 10, 0.5  # of so many, so much is shared, or the runs are not looked for


class Told:
    """An article's words, taken apart as far as comparing it needs."""

    def __init__(self, text: str) -> None:
        self._text = text[:READ]
        self.length = len(self._text)

    @cached_property
    def long_words(self) -> frozenset[str]:
        """What is cheap to compare first; none where they are too few to tell."""
        # Split first: short words, which are most, are thrown away without a regular expression.
        long = " ".join([word for word in self._text.casefold().split() if len(word) >= _LONG])
        found = frozenset(_LONG_WORD.findall(long))
        return found if len(found) >= _LONG_WORDS else frozenset()

    @cached_property
    def words(self) -> list[str]:
        """Its words in order, numbers whole."""
        return _WORD.findall(self._text.casefold())

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        """Its runs of SHINGLE words; a shorter text is one run."""
        return frozenset(_runs(self.words))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Its words that begin with a digit."""
        return frozenset(word for word in self.words if word[0].isdigit())

    @cached_property
    def names(self) -> frozenset[str]:
        """Capitalised words that it says NAMED times, which is what it is about."""
        return frozenset(name.casefold() for name, n in Counter(_NAME.findall(self._text)).items() if n >= NAMED)


def same_story(one: Told, other: Told) -> bool:
    """Whether one of two articles is a copy of the other."""
    if min(one.length, other.length) < LENGTHS * 0.75 * max(one.length, other.length):  # before the words are counted
        return False
    few = min(len(one.long_words), len(other.long_words))
    if len(one.long_words & other.long_words) < _LONG_WORDS_SHARED * few:
        return False
    short, long = sorted((one, other), key=lambda told: len(told.words))
    if short.words == long.words:
        return True
    if len(short.words) < max(SHINGLE, LENGTHS * len(long.words)):
        return False
    if len(short.numbers & long.numbers) < FIGURES * len(short.numbers):
        return False
    if not short.names.issubset(long.words):
        return False
    if shared(short.words, long) < SHARE or added(short.words, long) > NEW_SHARE:
        return False
    return max(shared(short.words[:LEAD], long), shared(long.words[:LEAD], short)) >= LEAD_SHARE


def shared(words: Sequence[str], other: Told) -> float:
    """How much of `words` stands in another article in runs of SHINGLE, 0 … 1; one word between two runs counts too."""
    met = end = 0
    for begin, stop in _met(words, other):
        met += stop - (end if end and begin <= end + 1 else begin)
        end = stop
    return met / len(words) if words else 0.0


def added(words: Sequence[str], other: Told) -> float:
    """How much of `words` is new matter, 0 … 1: more than NEW_BLOCK words of which the other article has no run."""
    new = end = 0
    for begin, stop in [*_met(words, other), (len(words), 0)]:
        block = begin - (end or HEAD)
        new += block if block > NEW_BLOCK else 0
        end = stop
    return new / len(words) if words else 0.0


def _met(words: Sequence[str], other: Told) -> list[tuple[int, int]]:
    """Where runs of `words` (first, last + 1) stand in the other article as well, in order; they overlap."""
    return [(at, at + len(run)) for at, run in enumerate(_runs(words)) if run in other.shingles]


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    if len(words) < SHINGLE:
        return [tuple(words)]
    return list(zip(*(words[n:] for n in range(SHINGLE)), strict=False))


@dataclass(frozen=True, slots=True)
class Story:
    """One report among the candidates: the best of its copies, the one that stands for it, and the others."""

    best: Candidate
    stands: Candidate
    others: tuple[Candidate, ...] = ()


def stories(
    candidates: Sequence[Candidate],
    article_of: Mapping[int, int],
    told: Mapping[int, Told],
    published: Mapping[int, str | None],
    passage: Callable[[int], str],
    k: int | None = None,
) -> list[Story]:
    """Candidates of different articles as stories, in order of their best; at most `k`.

    `article_of`: by passage. `told`, `published` (ISO date): by article. `passage`: the text of a passage.
    """
    groups: list[list[Candidate]] = []
    ends: list[tuple[Told, Told]] = []  # the first and the longest article of each group
    holding: dict[str, list[int]] = {}  # groups by the long words of their first articles
    first_long: list[int] = []
    short: list[int] = []  # groups whose first article has too few of them
    for candidate in candidates:
        own = told[article_of[candidate.passage]]
        met = Counter(chain.from_iterable(holding.get(word, ()) for word in own.long_words))
        near = [at for at, n in met.items() if n >= _LONG_WORDS_SHARED / 2 * min(len(own.long_words), first_long[at])]
        for at in sorted([*near, *short]) if own.long_words else range(len(groups)):
            first, longest = ends[at]
            if same_story(own, first) or (longest is not first and same_story(own, longest)):
                groups[at].append(candidate)
                ends[at] = (first, max(longest, own, key=lambda one: len(one.words)))
                break
        else:
            if len(groups) == k:  # a story that is not shown takes no copies from those that are
                continue
            first_long.append(len(own.long_words))
            short += [] if own.long_words else [len(groups)]
            for word in own.long_words:
                holding.setdefault(word, []).append(len(groups))
            groups.append([candidate])
            ends.append((own, own))
    found = []
    for group in groups:
        stands = group[0]
        if len(group) > 1:
            stands = _standing(group, article_of, told, published, Told(passage(group[0].passage)))
        found.append(Story(group[0], stands, tuple(member for member in group if member is not stands)))
    return found


def _standing(
    group: Sequence[Candidate],
    article_of: Mapping[int, int],
    told: Mapping[int, Told],
    published: Mapping[int, str | None],
    answer: Told,
) -> Candidate:
    """The oldest of the copies about as long as the longest; each must hold the passage that answers best."""
    articles = {member: told[article_of[member.passage]] for member in group}
    holding = [member for member in group if shared(answer.words, articles[member]) >= SHARE] or [group[0]]
    longest = max(len(articles[member].words) for member in holding)
    whole = [member for member in holding if len(articles[member].words) >= AS_LONG * longest]
    # What is dated to the month may be as late as its end; what is not dated stands last.
    return min(whole, key=lambda member: ((published[article_of[member.passage]] or "9999") + "-99-99")[:10])
