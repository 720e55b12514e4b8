"""When, in the words of a question: dates that the asker clearly means as limits, in Indonesian or English (pure).

Only a preposition or a phrase makes a limit ("sejak Februari 2024", "last week", "in 2023"), or a whole date; a year
that belongs to a name ("Piala Dunia 2022", "Undang-Undang Nomor 11 Tahun 2020") makes none. What happened on a day is
told on that day and after it, so a span reaches further than the words: a day to a week later, a month to the
middle of the next, a year to the end of the next. "Hingga Juni 2025" (until) ends what figures count, not when they
are told, and limits nothing.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from index.mentions import MONTH, MONTH_NAME, mentions

_LATER = timedelta(days=7)
_MID_MONTH = 15
_DAYS = {
    "day": 1, "hari": 1, "week": 7, "minggu": 7, "pekan": 7, "month": 31, "bulan": 31, "year": 366, "tahun": 366,
}  # fmt: skip

_SINCE = "sejak|mulai|semenjak|setelah|sesudah|since|after|from|dari|starting"
_BEFORE = "sebelum|before"
_IN = "pada|di|dalam|selama|sepanjang|in|on|during|throughout"
_NAMED = (
    r"(?:(?:tahun|bulan|tanggal|tgl\.?|hari|awal|akhir|pertengahan|early|late|mid|the year|year|month of)[\s-]+){0,2}"
)
_DATE = rf"(?:⟦\d+⟧|(?:{MONTH_NAME})\.?,?\s+(?:tahun\s+)?(?:19|20)\d\d|(?:19|20)\d\d)(?![\w/%]|-\d|-an\b|[.,]\d)"
_BETWEEN = (
    rf"\b(?:antara|between|dari|from|sejak|mulai)\s+{_NAMED}"
    rf"(?P<a>{_DATE}|(?:{MONTH_NAME}))\s*(?:dan|and|sampai|hingga|s/d|until|till|to|[-–—])\s*{_NAMED}(?P<b>{_DATE})"
)
_LIMIT = rf"\b(?:(?P<since>{_SINCE})|(?P<before>{_BEFORE})|(?P<in>{_IN}))\s+{_NAMED}(?P<date>{_DATE})"
_DIGIT = re.compile(r"\d")
_MARK = re.compile(r"⟦(\d+)⟧")
_NUMBER = {
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "one": 1, "two": 2, "three": 3,
    "four": 4, "five": 5, "six": 6, "seven": 7, "few": 3, "beberapa": 3,
}  # fmt: skip
_COUNT = rf"\d{{1,2}}|{'|'.join(_NUMBER)}"
_UNIT = "hari|minggu|pekan|bulan|tahun|day|week|month|year"
_RECENT = re.compile(
    rf"\b(?:(?:(?P<n>{_COUNT})\s+|se)(?P<unit>hari|minggu|pekan|bulan|tahun)\s+(?:terakhir|belakangan)"
    rf"|(?:the\s+)?(?:last|past)\s+(?P<m>{_COUNT})\s+(?P<units>day|week|month|year)s?"
    r"|the\s+past\s+(?P<whole>week|month|year))\b",
    re.IGNORECASE,
)
# Years ago are history more often than a date of publication, so they limit nothing; nor are they "last year".
_AGO = re.compile(
    rf"\b(?:(?P<n>\d+|{'|'.join(_NUMBER)}|belasan|puluhan|ratusan)\s+(?P<unit>{_UNIT})s?|se(?P<one>hari|minggu|pekan|bulan|tahun))"
    r"\s+(?:(?:yang\s+)?(?:lalu|silam)|ago)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    rf"\b(?:(?:(?P<since>{_SINCE})|(?P<before>{_BEFORE})|(?P<until>hingga|sampai|until|till|as of))\s+)?"
    r"(?:(?P<before_yesterday>kemarin\s+lusa|the\s+day\s+before\s+yesterday)"
    r"|(?P<yesterday>kemarin|yesterday|semalam|tadi\s+malam|last\s+night)|(?P<today>hari\s+ini)"
    r"|(?P<last>(?:minggu|pekan|bulan|tahun)\s+(?:yang\s+)?(?:lalu|kemarin)|last\s+(?:week|month|year))"
    r"|(?P<this>(?:minggu|pekan|bulan|tahun)\s+ini|this\s+(?:week|month|year)))\b",
    re.IGNORECASE,
)
# What came about at its founding or birth is told at any time.
_HISTORY = re.compile(
    r"\b(?:lahir|kelahiran|dilahirkan|didirikan|berdiri|dibentuk|born|founded|established|formed)\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'["“”„«»][^"“”„«»]*["“”„«»]')
_NUMBERED = re.compile(r"\b(?:nomor|no\.?|uu|perpres|pp|perppu|resolution|resolusi)\s*\S*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dates:
    """Publication dates that a question asks for, ISO 8601, both ends included; `words`: what says so."""

    since: str | None
    until: str | None
    words: str


class _Reading:
    """One question being read: what was understood is taken out of its text, so that nothing is read twice."""

    def __init__(self, question: str, today: date) -> None:
        self._today = today
        self._days: list[tuple[str, date]] = []
        self.spans: list[tuple[date | None, date | None, str]] = []
        text = self._days_marked(_QUOTED.sub(lambda quoted: " " * len(quoted.group()), question))
        if _DIGIT.search(text):  # each of these dates has one; most questions have none, and spare compiling them
            text = re.sub(_BETWEEN, self._between, text, flags=re.IGNORECASE)
            text = re.sub(_LIMIT, self._limit, text, flags=re.IGNORECASE)
        text = _MARK.sub(lambda mark: self._taken(mark, *self._bounds(mark.group())), text)
        text = _RECENT.sub(lambda found: self._taken(found, _recent(found, today), None), text)
        text = _AGO.sub(lambda found: self._ago(found), text)
        _RELATIVE.sub(
            lambda found: found.group() if found["until"] else self._taken(found, *_limits(found, today)), text
        )

    def _days_marked(self, text: str) -> str:
        """Whole dates, other than those of laws, as marks with their numbers."""
        for mention in reversed(mentions(text)):
            day = mention.in_year(mention.year) if mention.year else None
            before = text[: mention.start]
            if day and not _NUMBERED.search(before) and not _HISTORY.search(before):
                self._days.append((text[mention.start : mention.end], day))
                text = f"{text[: mention.start]} ⟦{len(self._days) - 1}⟧ {text[mention.end :]}"
        return text

    def _taken(self, found: re.Match[str], since: date | None, until: date | None) -> str:
        if since and since > self._today:  # a plan, told of before it
            return found.group()
        words = _MARK.sub(lambda mark: self._days[int(mark.group(1))][0], found.group())
        self.spans.append((since, until, " ".join(words.split())))
        return " ; "

    def _bounds(self, words: str) -> tuple[date, date]:
        return _bounds(words, [day for _, day in self._days])

    def _between(self, found: re.Match[str]) -> str:
        first, last = found.group("a", "b")
        if first.casefold() in MONTH:  # "between March and May 2024"
            if last.startswith("⟦"):
                return found.group()
            first += last[-5:]
        return self._taken(found, self._bounds(first)[0], self._bounds(last)[1])

    def _ago(self, found: re.Match[str]) -> str:
        """Some days, weeks or months ago: from then, give or take what rounding takes, to a week after it."""
        days = _DAYS[(found["unit"] or found["one"]).casefold()]
        count = _count(found["n"] or "1")
        if count is None or days == _DAYS["year"]:
            return " ; "
        slack = timedelta(days=days // 2)
        then = self._today - timedelta(days=days * count)
        return self._taken(found, then - slack, min(then + slack + _LATER, self._today))

    def _limit(self, found: re.Match[str]) -> str:
        first, last = self._bounds(found["date"])
        if _HISTORY.search(found.string[: found.start()]) or first > self._today:
            return found.group()
        if found["since"]:
            return self._taken(found, first, None)
        return self._taken(found, None, first + _LATER) if found["before"] else self._taken(found, first, last)


def understood(question: str, today: date) -> Dates | None:
    """The dates that a question clearly means, or None. What lies in the future limits nothing."""
    spans = _Reading(question.replace("⟦", "[").replace("⟧", "]"), today).spans
    if not spans:
        return None
    since, until = spans[0][:2]
    for first, last, _ in spans[1:]:
        if first and last and since and until:  # "in 2022 and in 2023"
            since, until = min(since, first), max(until, last)
        else:
            since, until = since or first, until or last
    if since and until and since > until:
        return None
    words = ", ".join(words for *_, words in spans)
    return Dates(since.isoformat() if since else None, until.isoformat() if until else None, words)


def _bounds(words: str, days: list[date]) -> tuple[date, date]:
    """First and last day of publication for a day (marked), a month or a year."""
    mark = _MARK.fullmatch(words.strip())
    if mark:
        day = days[int(mark.group(1))]
        return day, day + _LATER
    year = int(words[-4:])
    month = next((MONTH[word] for word in re.findall(r"[^\W\d_'’]+", words.casefold()) if word in MONTH), None)
    if month is None:
        return date(year, 1, 1), date(year + 1, 12, 31)
    return date(year, month, 1), _mid_next(year, month)


def _mid_next(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, _MID_MONTH)


def _count(number: str) -> int | None:
    """How many, up to 99; None for more and for words that are no number."""
    return int(number) if number.isdecimal() and len(number) <= 2 else _NUMBER.get(number.casefold())


def _recent(found: re.Match[str], today: date) -> date:
    unit = found["unit"] or found["units"] or found["whole"]
    count = _count(found["n"] or found["m"] or "1") or 1
    return today - timedelta(days=_DAYS[unit.casefold()] * count)


def _limits(found: re.Match[str], today: date) -> tuple[date | None, date | None]:
    """The span that relative words mean, open to one side after "since" and "before"."""
    since, until = _relative(found, today)
    if found["since"]:
        return since, None
    return (None, since + _LATER) if found["before"] else (since, until)


def _relative(found: re.Match[str], today: date) -> tuple[date, date | None]:
    words = found.group().casefold()
    if found["before_yesterday"]:
        return today - timedelta(days=2), None
    if found["yesterday"]:
        return today - timedelta(days=1), None
    if found["today"]:
        return today, None
    monday = today - timedelta(days=today.weekday())
    week, month = "pekan" in words or "minggu" in words or "week" in words, "bulan" in words or "month" in words
    if found["this"]:
        return (monday, None) if week else (today.replace(day=1), None) if month else (date(today.year, 1, 1), None)
    if week:
        return monday - _LATER, monday - timedelta(days=1) + _LATER
    if month:
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), _mid_next(last.year, last.month)
    return date(today.year - 1, 1, 1), date(today.year, 1, 31)
