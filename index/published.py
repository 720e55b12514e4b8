"""When an article was published, out of messy news text and metadata (pure).

Precise rather than complete: in text a day counts only with a publishing signal, and dates of events, history and
plans are no evidence. Nothing is ever read against today's date.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

MONTHS = (
    "januari january jan", "februari pebruari february feb peb", "maret march mar", "april apr", "mei may",
    "juni june jun", "juli july jul", "agustus august agust agt agu ags aug", "september sept sep",
    "oktober october okt oct", "november nopember nov nop", "desember december des dec",
)  # fmt: skip
WEEKDAYS = (
    "senin monday mon", "selasa tuesday tues tue", "rabu wednesday wed", "kamis thursday thurs thu",
    "jumat jum'at jum’at friday fri", "sabtu saturday sat", "minggu ahad sunday sun",
)  # fmt: skip
# What the words around a date, in the same sentence, tell of it.
_AHEAD = (
    "akan bakal besok lusa dijadwalkan nanti hingga sampai rencananya berencana jelang menjelang jatuh mendatang "
    "jadwal laga pertandingan melawan menghadapi vs digelar mulai berlaku until will scheduled upcoming"
)
_BEHIND = "sejak lalu sebelumnya kemarin terakhir terjadi tertanggal since last previously"
_SAID = (
    "kata katanya ujar ujarnya ucap ucapnya tutur tuturnya jelas jelasnya ungkap ungkapnya terang terangnya sebut "
    "sebutnya papar paparnya tegas tegasnya imbuh imbuhnya tambah tambahnya kepada dihubungi dikonfirmasi ditemui "
    "keterangan keterangannya dikutip dilansir mengutip melansir rilis siaran jumpa konferensi wartawan menurut "
    "mengatakan menyatakan mengungkapkan menjelaskan menuturkan menyebut said told statement according"
)

_MONTH = {name: number for number, names in enumerate(MONTHS, start=1) for name in names.split()}
_WEEKDAY = {name: number for number, names in enumerate(WEEKDAYS) for name in names.split()}
_MONTH_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_WEEKDAY_NAME = "|".join(sorted(_WEEKDAY, key=len, reverse=True))
# The first digit comes before the look-behind: a search that starts with a digit skips the rest of the text fast.
_DAY_FIRST = re.compile(
    rf"(?P<day>\d(?<![\w/.,-].)\d?)(?:st|nd|rd|th)?(?:(?P<sep>\s?[/.-]\s?)|\s{{1,2}}(?:de\s)?)"
    rf"(?P<month>(?:{_MONTH_NAME})\b|\d{{1,2}}(?!\d))"
    r"(?:\.?,?\s?[/.-]?\s?(?P<year>(?:19|20)\d\d|(?<=[/.-])\d\d)(?![\d/]))?",
    re.IGNORECASE,
)
# Names are looked up afterwards: one class of capitals is found ten times faster than fifty names.
_MONTH_FIRST = re.compile(
    r"(?P<month>[ADFJMNOPS](?<![^\W_].)[A-Za-z]{2,8})\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
    r"(?:,?\s(?P<year>(?:19|20)\d\d))?"
)
_BEFORE_DATE = re.compile(
    rf"(?:(?<![^\W\d_])(?P<weekday>{_WEEKDAY_NAME})[.,]?\s{{0,3}}(?:tanggal\s)?)?(?P<bracket>\(\s?)?$", re.IGNORECASE
)
_YEAR = re.compile(r"\d(?<![\d.,/-].)\d{3}(?![\d]|[.,]\d)")
_ISO = re.compile(r"((?:1[89]|20)\d\d)(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?=\D|$)")
_MONTH_ONLY = re.compile(r"([ADFJMNOPS](?<!\w.)(?<!\d\s.)[A-Za-z]{2,8})[\s-]+((?:19|20)\d\d)\b")
_SENTENCE_BREAK = re.compile(r"[.!?…][\"'”’)]?\s")
_CLAUSE_BREAK = re.compile(r"[.!?…][\"'”’)]?\s|[\"”]\s")
_WORDS_AHEAD = re.compile(rf"\b(?:{_AHEAD.replace(' ', '|')})\b", re.IGNORECASE)
_WORDS_BEHIND = re.compile(rf"\b(?:{_BEHIND.replace(' ', '|')})\b", re.IGNORECASE)
_WORDS_SAID = re.compile(rf"\b(?:{_SAID.replace(' ', '|')})\b", re.IGNORECASE)
_AFTER_AHEAD = re.compile(r"\s*(?:mendatang|besok|nanti|pukul|(?:dini hari|pagi|malam) WIB)", re.IGNORECASE)
_AFTER_BEHIND = re.compile(r"\s*(?:lalu|kemarin|silam|ago)\b", re.IGNORECASE)
_DATE_REACH = 20_000  # characters of a text that dates are read from
_LEAD_REACH = 800
_NEAR = 200  # days
_METADATA_LINE = re.compile(
    rf"(?:(?:tanggal|tgl|date|published|diterbitkan|dipublikasikan|terbit|tayang|diunggah|diperbarui|updated|posted"
    rf"|[\w-]+\.(?:com|co\.id|co|id|net))\b[^\w\n]{{0,5}})?(?:(?:{_WEEKDAY_NAME})[^\w\n]{{1,3}})?"
    rf"\d{{1,4}}[\s/.-]{{1,3}}(?:{_MONTH_NAME}|\d{{1,2}})[\s/.,-]{{1,3}}\d{{2,4}}"
    r"(?:\D{0,6}\d{1,2}[:.]\d\d(?:[:.]\d\d)?)?(?:\s?(?:wib|wita|wit|gmt|utc)\b\S{0,3})?",
    re.IGNORECASE,
)
_STAMP = (
    rf"(?:(?:{_WEEKDAY_NAME})[^\w\n]{{1,3}})?\d{{1,2}}[\s/-](?:{_MONTH_NAME}|\d{{1,2}})[\s/-]\d{{4}}"
    r"[^\w\n]{1,4}\d{1,2}[:.]\d\d\s?(?:WIB|WITA|WIT)\b"
)
_BYLINE = re.compile(rf"[-–—|]\s?(?P<by>[A-Za-z][\w.]{{2,20}}(?: [A-Z]\w{{2,12}})??)[\s,|–—-]{{1,4}}(?P<date>{_STAMP})", re.IGNORECASE)
_BYLINE_REACH = 400


@dataclass(frozen=True, slots=True)
class _Mention:
    """A day that the text names; `year` and `weekday` (0 is Monday) as far as written."""

    start: int
    end: int
    day: int
    month: int
    year: int | None
    weekday: int | None
    bracket: bool

    def in_year(self, year: int) -> date | None:
        """The day in that year, unless there is none or it falls on another weekday."""
        try:
            found = date(year, self.month, self.day)
        except ValueError:
            return None
        return found if self.weekday in (None, found.weekday()) else None


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


def parse_date(value: str) -> tuple[str, str] | None:
    """ISO date and its precision (`day`, `month`, `year`) out of a metadata value, or None.

    Reads ISO 8601, Unix times in seconds or milliseconds, and dates as written in Indonesian or English, whatever
    stands around them ("Tayang: Selasa, 10 Juni 2025 07:50 WIB"). Days come before months, unless only the other
    order makes a date.
    """
    value = value.strip()
    if re.fullmatch(r"\d{10}|\d{13}", value):
        seconds = int(value) / (1000 if len(value) == 13 else 1)
        return datetime.fromtimestamp(seconds, UTC).date().isoformat(), "day"
    if re.fullmatch(r"(?:19|20)\d{6}", value):
        value = f"{value[:4]}-{value[4:6]}-{value[6:]}"
    iso = _ISO.match(value)
    if iso:
        return _calendar(*(int(part) if part else None for part in iso.groups()))
    for mention in _mentions(value[:200].title()):
        found = mention.year and replace(mention, weekday=None).in_year(mention.year)
        if found:
            return found.isoformat(), "day"
    iso = _ISO.search(value[:200])
    if iso and iso.group(2):
        return _calendar(*(int(part) if part else None for part in iso.groups()))
    month = _MONTH_ONLY.search(value[:200].title())
    if month and month.group(1).lower() in _MONTH:
        return f"{month.group(2)}-{_MONTH[month.group(1).lower()]:02}", "month"
    return None


def published(text: str) -> tuple[str, str] | None:
    """ISO date and precision (`day`, or `inferred` when the year is) on which the text says it was published, or None.

    Evidence is a metadata line, or a day with its weekday that the lead or an attribution gives ("kata dia, Senin
    (27/2/2023)"), as long as no later day is named that is not ahead. A year that is not written is found from the
    weekday and the years that the text does name, and only if one fits.
    """
    found = _metadata_date(text)
    if found:
        return found
    text = text[:_DATE_REACH]
    evidence = _evidence(text)
    present = [one for one in evidence if not one.ahead]
    if not present:
        return None
    latest = max(one.when for one in present)
    lead_end = _lead_end(text)
    lead = next((one for one in present if one.start < lead_end and not one.behind and (one.bracket or one.said)), None)
    if lead and 0 <= (latest - lead.when).days <= 1:
        return lead.when.isoformat(), "inferred" if lead.inferred else "day"
    said = [one for one in present if one.said and not one.behind and one.when == latest]
    if said:
        return latest.isoformat(), "inferred" if all(one.inferred for one in said) else "day"
    return None


def byline(text: str) -> tuple[str, str] | None:
    """Name and date as written of a byline such as "Budi - detikInet Selasa, 10 Jan 2017 12:00 WIB" near the top."""
    head = text[:_BYLINE_REACH]
    found = _BYLINE.search(head) if " WI" in head else None
    return (found["by"], found["date"]) if found else None


def is_date_line(line: str) -> bool:
    """Whether the line holds nothing but a date, with its label and time of day if any."""
    return len(line) < 120 and _METADATA_LINE.fullmatch(line) is not None


def _calendar(year: int | None, month: int | None = None, day: int | None = None) -> tuple[str, str] | None:
    if year is None:
        return None
    if month is None:
        return f"{year:04}", "year"
    try:
        found = date(year, month, day or 1)
    except ValueError:
        return None
    return (found.isoformat(), "day") if day else (f"{year:04}-{month:02}", "month")


def _metadata_date(text: str) -> tuple[str, str] | None:
    """The date of a line near the top or the bottom that holds nothing but a date."""
    lines = [line.strip() for line in text[:2000].splitlines()[:10] + text[-600:].splitlines()[-4:]]
    for line in lines:
        found = parse_date(line) if is_date_line(line) else None
        if found:
            return found
    return None


def _lead_end(text: str) -> int:
    """Where the lead ends: the first line of running text, at most _LEAD_REACH characters of it."""
    at = 0
    for line in text[: 2 * _LEAD_REACH].splitlines(keepends=True):
        at += len(line)
        if len(line) > 150:
            return min(at, at - len(line) + _LEAD_REACH)
    return _LEAD_REACH


def _mentions(text: str) -> list[_Mention]:
    """The days that `text` names, in order."""
    found = []
    for match in [*_DAY_FIRST.finditer(text), *_MONTH_FIRST.finditer(text)]:
        named = match["month"].lower() in _MONTH
        if not named and match["month"].isalpha():
            continue
        before = _BEFORE_DATE.search(text[max(0, match.start() - 24) : match.start()])
        weekday, bracket = before.group("weekday", "bracket") if before else (None, None)
        closed = bool(bracket) and text[match.end() : match.end() + 2].strip().startswith(")")
        if not named and not (match.groupdict().get("sep") and (closed or match["year"])):
            continue
        day, month = int(match["day"]), _MONTH[match["month"].lower()] if named else int(match["month"])
        if month > 12 >= day:
            day, month = month, day
        year = int(match["year"]) if match["year"] else None
        if year is not None and year < 100:
            year += 2000
        weekday = _WEEKDAY[weekday.lower()] if weekday else None
        found.append(_Mention(match.start(), match.end(), day, month, year, weekday, closed))
    return sorted(found, key=lambda mention: mention.start)


def _evidence(text: str) -> list[_Evidence]:
    """The days with a weekday that `text` names, each with its year found; those that no year fits are left out."""
    mentions = _mentions(text)
    written = {(one.day, one.month): one.year for one in mentions if one.year and one.in_year(one.year)}
    dated = [date(year, month, day) for (day, month), year in written.items()]
    for match in _MONTH_ONLY.finditer(text):
        if match[1].lower() in _MONTH:
            dated.append(date(int(match[2]), _MONTH[match[1].lower()], 15))
    years = {int(match.group()) for match in _YEAR.finditer(text)}
    evidence = []
    for one in mentions:
        if one.weekday is None:
            continue
        year = one.year or written.get((one.day, one.month))
        inferred = year is None
        year = year or _infer_year(one, years, dated)
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
                )
            )
    return evidence


def _infer_year(mention: _Mention, named: set[int], dated: list[date]) -> int | None:
    """The one year in which the day has its weekday: that of the text's latest date (`dated`), or the year beside it.

    The year beside counts only when the day is then near a date. None when the text names a later year still
    (`named`): its dates are then history or its years are goals, and which of them is the present cannot be told.
    """
    latest = max((one.year for one in dated), default=0)
    if latest < 1990 or any(latest + 1 < year <= 2100 for year in named):
        return None
    exact = {year for year in (latest - 1, latest) if mention.in_year(year) and any(one.year == year for one in dated)}
    if exact:
        return exact.pop() if len(exact) == 1 else None
    for year in (latest - 1, latest + 1):
        when = mention.in_year(year)
        if when and any(abs((when - one).days) <= _NEAR for one in dated):
            return year
    return None
