"""One story once: which articles print the same report, and which of them stands for it. Pure functions over texts.

A copy holds the words of another article in runs of SHINGLE, whatever was cut, put before it or lightly reworded
(Broder 1997, "On the resemblance and containment of documents": containment, of the shorter in the longer). Words are
counted instead of shingles, so that one word changed costs one word and not SHINGLE shingles. Four things keep apart
what merely shares words: a follow-up has new sentences beside the old report's background, or all of the old report
below its own news, or, of the same publisher, another head and more to say; forms differ in their figures (prices,
weather, fixtures), in the name that they are about or in the day that their titles give.

Whole articles are compared rather than the passages that were found, which two publishers cut differently. Of most
pairs their sketches (`index.sketch`) say that they cannot be copies; only the others' texts are read. Thresholds:
`python -m scripts.bench_copies`.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.mentions import mentions
from index.sketch import READ, Sketch
from search.rank import Candidate

SHINGLE = 4  # words
SHARE = 0.65  # of the shorter article's words that stand in the longer one, in runs of SHINGLE
NEW_BLOCK, NEW_SHARE = 12, 0.05  # more words than this between runs are new matter; at most so much of the article is
HEAD = 20  # words of a title, byline and dateline, which are no new matter
LEAD, LEAD_SHARE = 60, 0.65  # words at the head of either that the other has; so much of them
NEWS, NEWS_SHARE = 40, 0.85  # words in its first third that the shorter one lacks, of all such words: a follow-up
AGAIN = 0.87  # of the longer of two reports of one publisher that the shorter one has, or else
SAME_HEAD, SAME_HEAD_SHARE = 40, 0.8  # words at its head; so much of them: more was added at the foot
LENGTHS = 0.4  # the shorter article over the longer: a text that quotes another whole is no copy of it
FIGURES = 0.8  # of the shorter one's numbers that the longer one has
NAMED = 3  # times that an article says a name which its copies must know
AS_LONG = 0.75  # of the longest copy: one that may stand for it

# What most words are comes first, and a name's capital before what stands before it: at half the time or little more.
_WORD = re.compile(r"[a-z]++(?!\w)|\d(?:[\d.,:/]*\d)?|[^\W\d_]+")
_NAME = re.compile(r"[A-Z](?<!\w.)[^\W\d_]{3,}")


class Told:
    """An article's words, taken apart as far as comparing it needs; its text is read when its sketch does not do."""

    def __init__(
        self,
        text: str | Callable[[], str],
        sketch: Sketch | None = None,
        publisher: str | None = None,
        title: str | None = None,
        published: str | None = None,
    ) -> None:
        """`text`: the article without what is not the article, or what reads it. The others where they are known.

        `published`: ISO date, to the day, the month or the year.
        """
        self._given = text
        self.publisher = publisher
        self.title = title
        self.published = published
        if sketch is not None:
            self.sketch = sketch

    @cached_property
    def text(self) -> str:
        """As much of it as is compared."""
        return (self._given if isinstance(self._given, str) else self._given())[:READ]

    @cached_property
    def sketch(self) -> Sketch:
        """Its length and its long words, which are cheap to compare first."""
        return Sketch.of(self.text)

    @cached_property
    def words(self) -> list[str]:
        """Its words in order, numbers whole."""
        return _WORD.findall(self.text.casefold())

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        """Its runs of SHINGLE words; a shorter text is one run."""
        return frozenset(_runs(self.words))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Its words that begin with a digit."""
        return frozenset(word for word in self.words if word[0].isdigit())

    @cached_property
    def days(self) -> frozenset[tuple[int, int]]:
        """The days that its title gives, (month, day)."""
        return frozenset((mention.month, mention.day) for mention in mentions(self.title or ""))

    @cached_property
    def names(self) -> frozenset[str]:
        """Capitalised words that it says NAMED times, which is what it is about."""
        return frozenset(name.casefold() for name, n in Counter(_NAME.findall(self.text)).items() if n >= NAMED)


def same_story(one: Told, other: Told) -> bool:
    """Whether one of two articles is a copy of the other."""
    # Days last: the first date that is looked for costs a cold question 20 ms, and few pairs come so far.
    return _same_words(one, other) and not (one.days and other.days and one.days.isdisjoint(other.days))


def _same_words(one: Told, other: Told) -> bool:
    # Most pairs end here. Words are counted later: those of a copy are as long, nearly.
    few, many = sorted((one.sketch.length, other.sketch.length))
    if few < LENGTHS * 0.9 * many or not one.sketch.may_share(other.sketch):
        return False
    if one.text == other.text:  # most copies, before they are taken apart
        return True
    short, long = sorted((one, other), key=lambda told: len(told.words))
    if short.words == long.words:
        return True
    if len(short.words) < max(SHINGLE, LENGTHS * len(long.words)) or _filled_in(short, long):
        return False
    if shared(short.words, long) < SHARE or added(short.words, long) > NEW_SHARE:
        return False
    if one.publisher and one.publisher == other.publisher and not printed_again(long.words, short):
        return False
    if shared(long.words[:LEAD], short) >= LEAD_SHARE:
        return True
    return shared(short.words[:LEAD], long) >= LEAD_SHARE and not follows_up(long.words, short)


def _filled_in(short: Told, long: Told) -> bool:
    """Whether two articles differ as forms do, in their figures or in the name that they are about."""
    figures = len(short.numbers & long.numbers) < FIGURES * len(short.numbers)
    return figures or not short.names.issubset(long.words)


def shared(words: Sequence[str], other: Told) -> float:
    """How much of `words` stands in another article in runs of SHINGLE, 0 … 1; one word between two runs counts too."""
    return (len(words) - len(_unmet(words, other))) / len(words) if words else 0.0


def follows_up(words: Sequence[str], old: Told) -> bool:
    """Whether an article puts news on top of an old one: what only it has stands in its first third.

    What a copy leaves out is missing anywhere.
    """
    new = _unmet(words, old)
    on_top = sum(at < len(words) // 3 for at in new)
    return on_top >= max(NEWS, NEWS_SHARE * len(new))


def printed_again(words: Sequence[str], old: Told) -> bool:
    """Whether a report is one that its publisher has printed before: nearly all of it, or its head, is the old one.

    Another publisher's may have lost its head, or much else. What a publisher puts over its own words is its next
    report on the matter.
    """
    return shared(words, old) >= AGAIN or shared(words[:SAME_HEAD], old) >= SAME_HEAD_SHARE


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


def _unmet(words: Sequence[str], other: Told) -> list[int]:
    """Which of `words`, by place, stand in no such run nor alone between two."""
    unmet: list[int] = []
    end = 0
    for begin, stop in _met(words, other):
        if not end or begin > end + 1:
            unmet += range(end, begin)
        end = stop
    return [*unmet, *range(end, len(words))]


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
    passage: Callable[[int], str],
    k: int | None = None,
) -> list[Story]:
    """Candidates of different articles as stories, in order of their best; at most `k`.

    `article_of`: by passage. `told`: by article. `passage`: the text of a passage.
    """
    groups: list[list[Candidate]] = []
    ends: list[tuple[Told, Told]] = []  # the first and the longest article of each group
    for candidate in candidates:
        own = told[article_of[candidate.passage]]
        for at, (first, longest) in enumerate(ends):
            if same_story(own, first) or (longest is not first and same_story(own, longest)):
                groups[at].append(candidate)
                ends[at] = (first, max(longest, own, key=lambda one: one.sketch.length))
                break
        else:
            if len(groups) == k:  # a story that is not shown takes no copies from those that are
                continue
            groups.append([candidate])
            ends.append((own, own))
    found = []
    for group in groups:
        stands = group[0]
        if len(group) > 1:
            stands = _standing(group, article_of, told, passage(group[0].passage))
        found.append(Story(group[0], stands, tuple(member for member in group if member is not stands)))
    return found


def _standing(
    group: Sequence[Candidate],
    article_of: Mapping[int, int],
    told: Mapping[int, Told],
    answer: str,
) -> Candidate:
    """The oldest of the copies about as long as the longest; each must hold the passage that answers best."""
    articles = {member: told[article_of[member.passage]] for member in group}
    own = Told(answer)
    holding = [one for one, it in articles.items() if answer in it.text or shared(own.words, it) >= SHARE]
    holding = holding or [group[0]]
    longest = max(articles[member].sketch.length for member in holding)
    whole = [member for member in holding if articles[member].sketch.length >= AS_LONG * longest]
    # What is dated to the month may be as late as its end; what is not dated stands last.
    return min(whole, key=lambda member: ((articles[member].published or "9999") + "-99-99")[:10])
