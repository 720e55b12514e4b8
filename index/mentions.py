"""The days that a text names, in Indonesian or English, in words or digits (pure)."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

_MONTHS = (
    "januari january jan", "februari pebruari february feb peb", "maret march mar", "april apr", "mei may",
    "juni june jun", "juli july jul", "agustus august agust agt agu ags aug", "september sept sep",
    "oktober october okt oct", "november nopember nov nop", "desember december des dec",
)  # fmt: skip
_WEEKDAYS = (
    "senin monday mon", "selasa tuesday tues tue", "rabu wednesday wed", "kamis thursday thurs thu",
    "jumat jum'at jum’at friday fri", "sabtu saturday sat", "minggu ahad sunday sun",
)  # fmt: skip
MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
MONTH_NAME = "|".join(sorted(MONTH, key=len, reverse=True))
WEEKDAY_NAME = "|".join(sorted(WEEKDAY, key=len, reverse=True))


@cache
def _day_first() -> re.Pattern[str]:
    """Compiled for the first text with a digit: this takes some 20 ms, and most questions have none."""
    # The first digit comes before the look-behind: a search that starts with a digit skips the rest of the text fast.
    return re.compile(
        rf"(?P<day>\d(?<![\w/.,-].)\d?)(?:st|nd|rd|th)?(?:(?P<sep>\s?[/.-]\s?)|\s{{1,2}}(?:de\s)?)"
        rf"(?P<month>(?:{MONTH_NAME})\b|\d{{1,2}}(?!\d))"
        r"(?:\.?,?\s?[/.-]?\s?(?P<year>(?:19|20)\d\d|(?<=[/.-])\d\d)(?![\d/]))?",
        re.IGNORECASE,
    )


# Names are looked up afterwards: one class of capitals is found ten times faster than fifty names.
_MONTH_FIRST = re.compile(
    r"(?P<month>[ADFJMNOPS](?<![^\W_].)[A-Za-z]{2,8})\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
    r"(?:,?\s(?P<year>(?:19|20)\d\d))?"
)
_BEFORE_DATE = re.compile(
    rf"(?:(?:(?<![^\W\d_])|(?-i:(?<=[A-Za-z])(?=[A-Z])))(?P<weekday>{WEEKDAY_NAME})[.,]?\s{{0,3}}(?:tanggal\s)?)?(?P<bracket>\(\s?)?$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_MONTH_AND_YEAR = re.compile(r"([ADFJMNOPS](?<!\w.)(?<!\d\s.)[A-Za-z]{2,8})[\s-]+((?:19|20)\d\d)\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """A day that a text names between `start` and `end`; `year` and `weekday` (0 is Monday) as far as written."""

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


def mentions(text: str) -> list[Mention]:
    """The days that `text` names, in order. The day comes before the month, unless only the other order makes one."""
    found: list[Mention] = []
    if not _DIGIT.search(text):
        return found
    for match in [*_day_first().finditer(text), *_MONTH_FIRST.finditer(text)]:
        named = match["month"].lower() in MONTH
        if not named and match["month"].isalpha():
            continue
        before = _BEFORE_DATE.search(text[max(0, match.start() - 24) : match.start()])
        weekday, bracket = before.group("weekday", "bracket") if before else (None, None)
        closed = bool(bracket) and text[match.end() : match.end() + 2].strip().startswith(")")
        if not named and not (match.groupdict().get("sep") and (closed or match["year"])):
            continue
        day, month = int(match["day"]), MONTH[match["month"].lower()] if named else int(match["month"])
        if month > 12 >= day:
            day, month = month, day
        year = int(match["year"]) if match["year"] else None
        if year is not None and year < 100:
            year += 2000
        weekday = WEEKDAY[weekday.lower()] if weekday else None
        found.append(Mention(match.start(), match.end(), day, month, year, weekday, closed))
    return sorted(found, key=lambda mention: mention.start)


def months(text: str) -> list[tuple[int, int]]:
    """The months with their years that `text` names without a day, as (year, month)."""
    pairs = (match.group(2, 1) for match in _MONTH_AND_YEAR.finditer(text))
    return [(int(year), MONTH[name.lower()]) for year, name in pairs if name.lower() in MONTH]
