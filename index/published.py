"""When an article was published, as metadata and its own text say (pure).

Precise rather than complete: what states the date (metadata, a date line, a byline with a time) is kept apart from
the day that the text merely reports on (`index.news_day`), which is inferred.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import NamedTuple

from index.mentions import MONTH_NAME, WEEKDAY_NAME, mentions, months
from index.news_day import news_day

_ISO = re.compile(r"((?:1[89]|20)\d\d)(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?=\D|$)")
_METADATA_LINE = re.compile(
    rf"(?:(?:tanggal|tgl|date|published|diterbitkan|dipublikasikan|terbit|tayang|diunggah|diperbarui|updated|posted"
    rf"|[\w-]+\.(?:com|co\.id|co|id|net))\b[^\w\n]{{0,5}})?(?:(?:{WEEKDAY_NAME})[^\w\n]{{1,3}})?"
    rf"\d{{1,4}}[\s/.-]{{1,3}}(?:{MONTH_NAME}|\d{{1,2}})[\s/.,-]{{1,3}}\d{{2,4}}"
    r"(?:\D{0,6}\d{1,2}[:.]\d\d(?:[:.]\d\d)?)?(?:\s?(?:wib|wita|wit|gmt|utc)\b\S{0,3})?",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"[-–—|]\s?(?P<by>[A-Za-z][\w.]{2,20}(?: [A-Z]\w{2,12})??)[\s,|–—-]{1,4}"
    rf"(?P<date>(?:(?:{WEEKDAY_NAME})[^\w\n]{{1,3}})?\d{{1,2}}[\s/-](?:{MONTH_NAME}|\d{{1,2}})[\s/-]\d{{4}}"
    r"[^\w\n]{1,4}\d{1,2}[:.]\d\d\s?(?:WIB|WITA|WIT)\b)",
    re.IGNORECASE,
)
_BYLINE_REACH = 400
_NAME = re.compile(r"(?<![^\W_])((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])(?:\2(0[1-9]|[12]\d|3[01]))?(?![^\W_])")
_DAY_LENGTH = 10  # of YYYY-MM-DD
_WEEK = 7


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
    for mention in mentions(value[:200].title()):
        found = mention.year and replace(mention, weekday=None).in_year(mention.year)
        if found:
            return found.isoformat(), "day"
    iso = _ISO.search(value[:200])
    if iso and iso.group(2):
        return _calendar(*(int(part) if part else None for part in iso.groups()))
    for year, month in months(value[:200].title()):
        return f"{year}-{month:02}", "month"
    return None


class Dated(NamedTuple):
    """A date of publication: ISO 8601, its precision, and whether nobody states it as the date of publication.

    The precision is `day`, `month` or `year`, or `inferred` for a day of which a part, such as the year, was not
    written.
    """

    value: str
    precision: str
    inferred: bool


def date_of(text: str, *, given: str = "", name: str = "", today: date | None = None) -> Dated | None:
    """The date of publication as far as it is known; None when it cannot be told.

    What metadata gives (`given`) or the text states is not inferred. A file's `name` that holds a date, and the day
    that the text reports on, are: the name's day is taken if the text reports on no other week. A month or year that
    is given becomes a day if the text reports on one inside it. Only metadata may be later than `today`.
    """
    stated = parse_date(given) or _not_after(today, stated_date(text))
    if stated and len(stated[0]) == _DAY_LENGTH:
        return Dated(*stated, inferred=False)
    named = stated or _not_after(today, _date_in_name(name))
    anchor = _calendar_day(named[0]) if named else None
    reported = news_day(text, today=today, anchor=anchor)
    if named and anchor and len(named[0]) == _DAY_LENGTH:
        late = (anchor - date.fromisoformat(reported[0])).days if reported else 0
        if reported and not 0 <= late <= _WEEK:
            return Dated(*reported, inferred=True)
        return Dated(*named, inferred=True)
    if named and not (reported and reported[0].startswith(named[0])):
        return Dated(*named, inferred=stated is None)
    return Dated(*reported, inferred=True) if reported else None


def published(text: str) -> tuple[str, str] | None:
    """ISO date and precision of the day that the text states as that of its publication, or reports on."""
    dated = date_of(text)
    return dated[:2] if dated else None


def stated_date(text: str) -> tuple[str, str] | None:
    """ISO date and precision of a date line near the top or the bottom, or of a byline with date and time."""
    lines = [line.strip() for line in text[:2000].splitlines()[:10] + text[-600:].splitlines()[-4:]]
    for line in lines:
        found = parse_date(line) if is_date_line(line) else None
        if found:
            return found
    stamped = byline(text)
    return parse_date(stamped[1]) if stamped else None


def byline(text: str) -> tuple[str, str] | None:
    """Name and date as written of a byline such as "Budi - detikInet Selasa, 10 Jan 2017 12:00 WIB" near the top."""
    head = text[:_BYLINE_REACH]
    found = _BYLINE.search(head) if " WI" in head else None
    return (found["by"], found["date"]) if found else None


def is_date_line(line: str) -> bool:
    """Whether the line holds nothing but a date, with its label and time of day if any."""
    return len(line) < 120 and _METADATA_LINE.fullmatch(line) is not None


def _date_in_name(name: str) -> tuple[str, str] | None:
    """The date in a file's name: `2024-02-08-judul`, `20240208`, `2024-02_judul`."""
    for match in _NAME.finditer(name):
        year, separator, month, day = match.groups()
        if day or separator:
            return _calendar(int(year), int(month), int(day) if day else None)
    return None


def _not_after(today: date | None, found: tuple[str, str] | None) -> tuple[str, str] | None:
    return None if found and today and found[0] > today.isoformat()[: len(found[0])] else found


def _calendar_day(value: str) -> date:
    """The day, or the middle of the month or year, of an ISO date."""
    parts = value.split("-")
    year, month, day = (int(part) for part in [*parts, *("07", "15")[len(parts) - 1 :]])
    return date(year, month, day)


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
