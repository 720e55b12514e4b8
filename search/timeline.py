"""Relevant reports by date: how many when, the first mention first. Pure.

A report stands where its date of publication puts it, as precisely as that is known: one of which only the month is
known has its own line after the days of that month, one without a date none at all. Copies of a report are counted
beside it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from index.text import clean
from search.answer import Answer, Hit
from search.render import BOLD, DIM, NOTHING, PLAIN, answer_object, passage_text, place, source_line
from search.wrap import lines, several

LENGTH = {"day": 10, "month": 7, "year": 4}  # of an ISO date to that precision
UNTIL = {"day": 62, "month": 1_830}  # days that are shown by day, and by month; more by year
BAR = 24  # cells of the longest
SAME_THING = 0.69  # of the best hit's score: below it a report shares words or a theme with the question; docs/desk.md


@dataclass(frozen=True, slots=True)
class Period:
    """Reports of one day, month or year, the oldest first; `period` is an ISO date of that precision."""

    period: str
    hits: tuple[Hit, ...]

    @property
    def precision(self) -> str:
        """`day`, `month` or `year`."""
        return next(name for name, length in LENGTH.items() if length == len(self.period))

    @property
    def inferred(self) -> int:
        """How many of its reports bear a date that nobody states as that of publication."""
        return sum(is_inferred(hit) for hit in self.hits)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All relevant reports by date. `whole`: whether no more were relevant than were looked at."""

    answer: Answer
    unit: str  # day, month or year
    periods: tuple[Period, ...]
    undated: tuple[Hit, ...]
    whole: bool

    @property
    def first(self) -> Hit | None:
        """The first mention whose date is known."""
        return self.periods[0].hits[0] if self.periods else None


def timeline(answer: Answer, *, whole: bool = True) -> Timeline:
    """The hits of an answer about what was asked, by date; by day, month or year according to how long they reach.

    A passage answers by itself as soon as it is near the question, which much is in an archive that reports on it. Of a
    hybrid ranking only what comes near the best hit is kept; the scores of one leg alone are not told apart so well.
    """
    if answer.mode == "hybrid":
        least = SAME_THING * max((hit.score for hit in answer.hits), default=0.0)
        answer = replace(answer, hits=tuple(hit for hit in answer.hits if hit.score >= least))
    dated = sorted((hit for hit in answer.hits if hit.published), key=lambda hit: (_latest(hit.published), hit.rank))
    days = [date.fromisoformat(hit.published) for hit in dated if hit.published and len(hit.published) == 10]
    span = (max(days) - min(days)).days if days else 0
    years = [int(str(hit.published)[:4]) for hit in dated] or [0]
    apart = max(years) - min(years)
    unit = next((unit for unit, most in UNTIL.items() if span <= most and apart <= 1 + most // 365), "year")
    if dated and not days:
        unit = max((str(hit.published) for hit in dated), key=len)
        unit = next(name for name, length in LENGTH.items() if length == len(unit))
    groups: dict[str, list[Hit]] = {}
    for hit in dated:
        groups.setdefault(str(hit.published)[: LENGTH[unit]], []).append(hit)
    periods = tuple(Period(period, tuple(groups[period])) for period in sorted(groups, key=_latest))
    return Timeline(answer, unit, periods, tuple(hit for hit in answer.hits if not hit.published), whole)


def is_inferred(hit: Hit) -> bool:
    """Whether nobody states its date as that of publication, or a part of it was worked out."""
    return hit.published_inferred or hit.published_precision == "inferred"


def articles(hits: Sequence[Hit]) -> int:
    """How many articles some reports stand in, copies among them."""
    return sum(1 + len(hit.also_in) for hit in hits)


def timeline_object(found: Timeline, k: int) -> dict[str, Any]:
    """A timeline with the keys that docs promise; at most `k` hits of each period."""
    shown = answer_object(found.answer)
    every = {hit["rank"]: hit for hit in shown.pop("hits")}
    del shown["copies"]

    def told(hits: Sequence[Hit]) -> dict[str, Any]:
        counts = {"reports": len(hits), "articles": articles(hits)}
        return {**counts, "hits": [every[hit.rank] for hit in hits[:k]]}

    return {
        **shown,
        "unit": found.unit,
        "reports": len(found.answer.hits),
        "articles": articles(found.answer.hits),
        "complete": found.whole,
        "first": every[found.first.rank] if found.first else None,
        "periods": [
            {"period": one.period, "precision": one.precision, "inferred": one.inferred, **told(one.hits)}
            for one in found.periods
        ],
        "undated": told(found.undated),
    }


def timeline_text(found: Timeline, k: int, *, width: int = 80, colour: bool = False) -> str:
    """A timeline for a person: the first mention as it was written, then each period with its reports."""
    bold, dim, plain = (BOLD, DIM, PLAIN) if colour else ("", "", "")

    def laid(text: str, indent: str = "", dress: str = "") -> list[str]:
        return [f"{dress}{indent}{line}{plain if dress else ''}" for line in lines(text.split(), width - len(indent))]

    def listed(hits: Sequence[Hit]) -> list[str]:
        shown = []
        for hit in hits[:k]:
            also = f" (also in {len(hit.also_in)} more)" if hit.also_in else ""
            shown += laid(f"{_headed(hit)}{also}", "   ")
            shown += laid(f"{place(asdict(hit))} {hit.passage_id}", "     ", dim)
        return shown + ([f"   and {len(hits) - k} more"] if len(hits) > k else [])

    if not found.answer.hits:
        return "\n".join([*_limits(found), NOTHING])
    out = [*_limits(found), *laid(summary(found))]
    if found.first:
        out += ["", *laid(f"First mention: {source_line(asdict(found.first))}", dress=bold)]
        out += passage_text(found.first.text, found.first.highlights, width=width, indent="   ", colour=colour)
        out += laid(f"{place(asdict(found.first))} {found.first.passage_id}", "   ", dim)
    most = max([len(found.undated), *(len(one.hits) for one in found.periods)])
    for one in found.periods:
        unsure = "" if one.precision == found.unit else f" ({found.unit} not known)"
        bar = "█" * max(1, round(BAR * len(one.hits) / most))
        out += ["", f"{bold}{one.period}{plain}{unsure}  {bar} {len(one.hits)}", *listed(one.hits)]
    if found.undated:
        bar = "█" * max(1, round(BAR * len(found.undated) / most))
        out += ["", f"{bold}undated{plain}  {bar} {len(found.undated)}", *listed(found.undated)]
    return "\n".join(out)


def summary(found: Timeline) -> str:
    """How much there is and from when to when, in one sentence."""
    hits = found.answer.hits
    count = several(len(hits), "relevant report")
    if articles(hits) > len(hits):
        count += f" in {several(articles(hits), 'article')}"
    if found.periods:
        first, last = found.periods[0].hits[0].published, found.periods[-1].hits[-1].published
        count += f", {first} to {last}, by {found.unit}" if first != last else f", {first}"
    if inferred := sum(one.inferred for one in found.periods):
        count += f"; {inferred:,} dates inferred"
    if found.undated:
        count += f"; {len(found.undated):,} undated"
    return count + ("." if found.whole else "; there are more: narrow the question, or use --since and --until.")


def _limits(found: Timeline) -> list[str]:
    dates = found.answer.dates
    if not dates:
        return []
    ends = " ".join(f"{name} {end}" for name, end in (("since", dates.since), ("until", dates.until)) if end)
    return [f"Only articles published {ends}, for “{clean(dates.words)}”; --no-dates asks all."]


def _headed(hit: Hit) -> str:
    """Publisher, date and title; without a title the sentence that answers."""
    if hit.title or not hit.highlights:
        return source_line(asdict(hit))
    start, end = max(hit.highlights, key=lambda span: span[1] - span[0])
    return source_line({**asdict(hit), "title": " ".join(hit.text[start:end].split())})


def _latest(published: str | None) -> str:
    """A date to sort by: what is known to the month may be as late as its end."""
    return f"{published}-99-99"[:10]
