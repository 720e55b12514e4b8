"""The day on which a news text reports, as its lead and its attributions tell (pure).

It is the day of publication or the day before it, seldom an earlier one; the text does not say so. Dates of events,
history and plans are no evidence. A year that is not written follows from the weekday and the years that the text
names. Nothing is ever read against today's date, except that no text reports from a day yet to come.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from index.mentions import WEEKDAY_NAME, Mention, mentions, months

# What the words around a date, in the same sentence, tell of it.
_AHEAD = (
    "akan bakal besok lusa dijadwalkan nanti hingga sampai rencananya berencana jelang menjelang jatuh mendatang "
    "jadwal laga pertandingan melawan menghadapi kontra vs mulai berlaku until will scheduled upcoming"
)
_BEHIND = (
    "sejak lalu sebelumnya kemarin tertanggal tayang ditayangkan terbit terbitan dimuat diunggah mengunggah unggahan "
    "membagikan diberitakan since last previously uploaded"
)
_SAID = (
    "kata katanya ujar ujarnya ucap ucapnya tutur tuturnya jelas jelasnya ungkap ungkapnya terang terangnya sebut "
    "sebutnya papar paparnya tegas tegasnya imbuh imbuhnya tambah tambahnya kepada dihubungi dikonfirmasi ditemui "
    "keterangan keterangannya dikutip dilansir mengutip melansir disitat rilis siaran jumpa konferensi wartawan "
    "menurut mengatakan menyatakan mengungkapkan menjelaskan menuturkan menyebut diungkapkan disampaikan dikatakan "
    "dijelaskan dituturkan pantauan said told statement "
    "according"
)
_YEAR = re.compile(r"\d(?<![\d.,/-].)(?<!ahun .)\d{3}(?![\d]|[.,]\d)")
_SENTENCE_BREAK = re.compile(r"[.!?…][\"'”’)]?\s")
_CLAUSE_BREAK = re.compile(r"[.!?…][\"'”’)]?\s|[\"”]\s")
_WORDS_AHEAD = re.compile(rf"\b(?:{_AHEAD.replace(' ', '|')})\b", re.IGNORECASE)
_WORDS_BEHIND = re.compile(rf"\b(?:{_BEHIND.replace(' ', '|')})\b", re.IGNORECASE)
_WORDS_SAID = re.compile(rf"\b(?:{_SAID.replace(' ', '|')})\b", re.IGNORECASE)
_WORDS_CITED = re.compile(r"\b(?:dilansir|melansir|diberitakan|dilaporkan)\b", re.IGNORECASE)
_WORDS_OWN = re.compile(
    r"(?:\b(?:(?:hari|pagi|siang|sore|malam) ini|today|tonight|ditulis|ini disusun)[,\s]{1,2}(?:pada )?)"
    rf"(?:(?:{WEEKDAY_NAME})[,\s]{{1,2}}(?:tanggal )?)?\(?$",
    re.IGNORECASE,
)
_AFTER_OWN = re.compile(r"\s(?:pagi|siang|sore|malam|hari) ini\b")
_AFTER_YESTERDAY = re.compile(r"\skemarin\b")
_AFTER_AHEAD = re.compile(r"\s*(?:mendatang|depan|besok|nanti|pukul)\b", re.IGNORECASE)
_AFTER_BEHIND = re.compile(r"\s*(?:(?:pekan|minggu|bulan|tahun) )?(?:lalu|kemarin|silam|ago)\b", re.IGNORECASE)
# Texts about other people's posts are full of the posts' dates.
_CHECKS = tuple(
    "periksa fakta|Periksa Fakta|Periksa fakta|Pemeriksaan Fakta|Cek Fakta|CEK FAKTA|[SALAH]|konten palsu|konten tiruan"
    "|konten yang menyesatkan|konten yang dimanipulasi|KONTEN YANG MENYESATKAN|misleading content|fabricated content"
    "|imposter content|impostor content|Fact check|Fact Check".split("|")
)
_DATE_REACH = 20_000  # characters of a text that dates are read from
_LEAD_REACH = 800
_OPENING = 250  # characters in which a bare date is the day of the news
_EARLIEST = 1990  # year whose days are inferred
_NEAR = 200  # days from a written date to one whose year is not written
_LATER = 3  # days that an event may be named after the day of the report


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A mention with its year found, and what the words around it say."""

    start: int
    when: date
    inferred: bool
    bracket: bool
    ahead: bool
    behind: bool
    said: bool
    cited: bool  # in the words of another outlet, on its day
    own: bool
    yesterday: bool


def news_day(text: str, *, today: date | None = None, anchor: date | None = None) -> tuple[str, str] | None:
    """ISO date and precision (`day`, or `inferred` when the year is) of the day on which the text reports, or None.

    In this order: a day that the text calls its own ("hari ini, Rabu (6/8/2025)", or "(6/8/2025) kemarin" for the
    next); that of the lead, or of an attribution on the next day, if no other is later; the latest of an attribution
    ("kata dia, Senin (27/2/2023)"), if none is later by more than three; the latest of all, if it stands in brackets
    or in the opening. Days after `today` do not count.
    `anchor` is a day near the publication, known otherwise: a year that is not written may follow from it.
    """
    text = text[:_DATE_REACH]
    if any(words in text for words in _CHECKS):
        return None
    evidence = [one for one in _evidence(text, anchor) if today is None or one.when <= today]
    own = [one for one in evidence if one.own]
    found = max(own, key=lambda one: one.when) if own else _reported(evidence, _lead_end(text))
    if not found:
        return None
    when = found.when + timedelta(days=found.yesterday)
    return when.isoformat(), "inferred" if found.inferred or found.yesterday else "day"


def _reported(evidence: Sequence[_Evidence], lead_end: int) -> _Evidence | None:
    """What tells best on which day the text reports; None when all of it is ahead or long past."""
    present = [one for one in evidence if not one.ahead]
    latest = max((one.when for one in present), default=date.min)
    last = [one for one in present if one.when == latest]
    for one in last:
        if one.yesterday and not one.inferred:
            return one
    present = [replace(one, yesterday=False) for one in present if not one.behind]
    last = [one for one in present if one.when == latest]
    lead = next((one for one in present if one.start < lead_end and (one.bracket or one.said)), None)
    if lead and 0 <= (latest - lead.when).days <= 1:
        return next((one for one in last if one.said and not one.cited), lead)
    said = [one for one in present if one.said]
    if said:
        one = max(said, key=lambda one: (one.when, not one.inferred))
        return one if (latest - one.when).days <= _LATER else None
    return next((one for one in last if one.bracket or (one.start < _OPENING and not one.inferred)), None)


def _lead_end(text: str) -> int:
    """Where the lead ends: the first line of running text, at most _LEAD_REACH characters of it."""
    at = 0
    for line in text[: 2 * _LEAD_REACH].splitlines(keepends=True):
        at += len(line)
        if len(line) > 150:
            return min(at, at - len(line) + _LEAD_REACH)
    return _LEAD_REACH


def _evidence(text: str, anchor: date | None = None) -> list[_Evidence]:
    """The days with a weekday that `text` names, each with its year found; those that no year fits are left out."""
    named = mentions(text)
    written = {(one.day, one.month): one.year for one in named if one.year and one.in_year(one.year)}
    dated = [date(year, month, day) for (day, month), year in written.items()]
    if anchor:
        dated.append(anchor)
    if any(one.weekday is not None and not one.year for one in named):
        dated += [date(year, month, 15) for year, month in months(text)]
    evidence = []
    for one in named:
        if one.weekday is None:
            continue
        year = one.year or written.get((one.day, one.month))
        inferred = year is None
        year = year or _infer_year(one, text, dated)
        when = one.in_year(year) if year else None
        if when:
            before = text[max(0, one.start - 160) : one.start]
            # "Acara akan dibuka," kata dia, Senin: the plan is quoted, the day is that of the quotation.
            near = _WORDS_SAID.split(_CLAUSE_BREAK.split(before[-70:])[-1])[-1]
            evidence.append(
                _Evidence(
                    one.start,
                    when,
                    inferred,
                    one.bracket,
                    ahead=bool(_WORDS_AHEAD.search(near) or _AFTER_AHEAD.match(text, one.end + one.bracket)),
                    behind=bool(_WORDS_BEHIND.search(near) or _AFTER_BEHIND.match(text, one.end + one.bracket)),
                    said=bool(_WORDS_SAID.search(_SENTENCE_BREAK.split(before)[-1])),
                    cited=bool(_WORDS_CITED.search(_SENTENCE_BREAK.split(before)[-1])),
                    own=bool(_WORDS_OWN.search(before[-40:]) or _AFTER_OWN.match(text, one.end + one.bracket)),
                    yesterday=bool(_AFTER_YESTERDAY.match(text, one.end + one.bracket)),
                )
            )
    return evidence


def _infer_year(mention: Mention, text: str, dated: Sequence[date]) -> int | None:
    """The one year in which the day has its weekday: that of the text's latest date (`dated`), or the year beside it.

    The year beside counts only when the day is then near a date. Without any date, the only year that the text names
    counts. None when the text names a later year still: its dates are then history or its years are goals, and which
    of them is the present cannot be told.
    """
    named = {year for year in (int(match.group()) for match in _YEAR.finditer(text)) if 1900 <= year <= 2100}
    if not dated:
        only = named.pop() if len(named) == 1 else 0
        return only if only >= _EARLIEST and mention.in_year(only) else None
    latest = max(one.year for one in dated)
    if latest < _EARLIEST or any(latest + 1 < year for year in named):
        return None
    exact = {year for year in (latest - 1, latest) if mention.in_year(year) and any(one.year == year for one in dated)}
    if exact:
        return exact.pop() if len(exact) == 1 else None
    for year in (latest - 1, latest + 1):
        when = mention.in_year(year)
        if when and any(abs((when - one).days) <= _NEAR for one in dated):
            return year
    return None
