"""Publisher and headline out of messy news text (pure); the date is `index.published`.

Precise rather than complete: a name counts only where a publisher puts its own (the dateline, a byline, a source
line, a closing credit). Agencies and outlets that the text mentions are no evidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.published import is_date_line

# Hosts whose publisher writes its name differently. Subdomains belong to their parent.
HOSTS = {
    "antaranews.com": "ANTARA",
    "bbc.com": "BBC",
    "bisnis.com": "Bisnis.com",
    "cnbcindonesia.com": "CNBC Indonesia",
    "cnnindonesia.com": "CNN Indonesia",
    "detik.com": "detikcom",
    "dw.com": "DW",
    "jpnn.com": "JPNN.com",
    "kompas.com": "KOMPAS.com",
    "kompas.id": "Kompas.id",
    "kontan.co.id": "KONTAN.CO.ID",
    "kumparan.com": "kumparan",
    "liputan6.com": "Liputan6.com",
    "merdeka.com": "Merdeka.com",
    "okezone.com": "Okezone",
    "reuters.com": "Reuters",
    "republika.co.id": "REPUBLIKA.CO.ID",
    "riau24.com": "RIAU24.COM",
    "scmp.com": "South China Morning Post",
    "sindonews.com": "SINDOnews",
    "suara.com": "Suara.com",
    "tempo.co": "TEMPO.CO",
    "thejakartapost.com": "The Jakarta Post",
    "tirto.id": "tirto.id",
    "tribunnews.com": "TRIBUNNEWS.COM",
    "viva.co.id": "VIVA.co.id",
    "voaindonesia.com": "VOA Indonesia",
}
# Publishers that sign a dateline with a name instead of a host.
NAMES = (
    "CNN Indonesia",
    "CNBC Indonesia",
    "BBC News Indonesia",
    "BBC Indonesia",
    "VOA Indonesia",
    "DW Indonesia",
    "ANTARA News",
    "ANTARA",
    "detikcom",
    "detikNews",
    "kumparan",
    "KompasTV",
    "SINDOnews",
    "Republika",
    "NU Online",
    "IDN Times",
    "Rimanews",
    "Pos Kota",
    "VIVA",
    "Reuters",
    "AFP",
    "AP",
    "Xinhua",
)
# Hosts that begin sentences about companies.
NO_PUBLISHERS = frozenset(
    ["amazon.com", "booking.com", "alibaba.com", "facebook.com", "twitter.com", "youtube.com", "agoda.com", "x.com"]
)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who published an article (`source`) and the outlet the news was taken from (`origin`); None when not said."""

    source: str | None = None
    origin: str | None = None


_LINE = re.compile(r"[^\n\r]+")
_TITLE_LIMIT = 160
_HOST = r"(?:[A-Za-z0-9][\w-]{1,30}\.){1,3}(?i:com|co\.id|co|or\.id|go\.id|id|net|org|tv|news)(?!\w|\.\w)"
_NAME = "|".join(re.escape(name) for name in NAMES)
_CITY = r"[A-Z][\w'’.-]{1,20}(?:[ /][A-Z(][\w'’.)-]{0,20}){0,3}"
_DASH = r"\s{0,3}(?:[-–—\ufffd]|:(?=\s))"
# Where a dateline opens a line. The place may stand before or after the publisher, or be left out.
_DATELINES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:{_CITY},\s?){{0,2}}(?:{_CITY}\s?\()?(?P<name>{_HOST})\)?(?:\s?[,|]\s?{_CITY}(?:,\s?{_CITY})?)?{_DASH}",
        rf"(?:{_CITY},?\s?){{0,2}}\(?(?P<name>(?i:{_NAME}))\)?{_DASH}(?!\w)",
        rf"(?:{_CITY},?\s?(?:\d\d?/\d\d?\s?)?)?\((?P<name>(?i:{_NAME})|{_HOST})\)\s?",
        rf"(?P<name>{_HOST}),\s?[A-Z][a-z]+[A-Z]",
        rf"Laporan\s(?i:wartawan|reporter|kontributor|jurnalis)\s(?P<name>{_HOST})[ ,]",
    )
)
_BARE_DATELINE = re.compile(rf"\s*{_CITY}{_DASH}\s")
# A dateline after a headline or byline on the same line: only as loud as datelines are.
_INNER_DATELINE = re.compile(
    rf"(?<=\s)(?:(?:[A-Z]{{3,}}[A-Z ]{{0,20}},\s?(?P<after>{_HOST})|(?P<before>{_HOST}),\s?{_CITY}"
    rf"|(?P<loud>[A-Z][A-Z0-9-]+\.(?:COM|CO\.ID|CO|ID|NET))){_DASH})"
)
_CREDIT = re.compile(
    r"(?i:(?:artikel|berita|tulisan) ini (?:telah |sudah |pertama kali )*(?:bersumber|tayang|terbit|ditayangkan"
    r"|diterbitkan|dipublikasikan|dimuat|dikutip|diambil|disadur)(?: pertama kali)? (?:dari|di|oleh|pada))"
    rf"\s(?:situs |laman |media )?(?P<name>(?:https?://\S{{1,200}})|{_HOST}|(?:{_NAME})\b)"
)
_COPYRIGHT = re.compile(
    rf"(?i:copyright|hak cipta)\s?(?:©|\([cC]\))?\s?(?:(?:19|20)\d\d\s)?(?P<name>(?:{_NAME})\b|{_HOST})"
)
_SOURCE_LINE = re.compile(r"^\s*(?i:sumber|source)\s?:\s*(?P<name>[^|\n\r]{2,100})", re.MULTILINE)
_SPELLING = {name.lower(): name for name in reversed(NAMES)}
_HEAD_REACH = 1500
_TAIL_REACH = 3000


def publisher(text: str) -> Publisher:
    """Who published the article and whom it took the news from, as far as a dateline, credit or source line says.

    A dateline's name stays as written (`RIAU24.COM`); a host in a credit becomes its publisher's name if known.
    """
    signed = _dateline_name(text[:_HEAD_REACH])
    tail = text[-_TAIL_REACH:]
    credit = _CREDIT.search(tail)
    credited = _known_as(credit["name"]) if credit else None
    line = _SOURCE_LINE.search(text[:_HEAD_REACH]) or _SOURCE_LINE.search(tail)
    named = line["name"].strip().rstrip(".") if line else None
    is_host = bool(named and re.fullmatch(rf"https?://\S+|{_HOST}", named))
    if named and is_host:
        named = _known_as(named)
    if not signed:
        owner = _COPYRIGHT.search(tail)
        signed = _known_as(owner["name"]) if owner else None
    if not signed and credited and _BARE_DATELINE.match(text):
        return Publisher(None, credited)  # its own publisher signs with a place only, and reprints another's article
    source = signed or credited or (named if is_host else None)
    origin = next((name for name in (named, credited) if name and not _same(name, source)), None)
    return Publisher(source, origin)


def publisher_of(url: str) -> str | None:
    """The publisher behind a URL or host: its name if known, else the bare host; None when there is no host in it."""
    match = re.match(r"\s*(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([^/:?#\s]+)", url, re.IGNORECASE)
    host = match.group(1).lower().rstrip(".") if match else ""
    if "." not in host or not re.fullmatch(r"[\w.-]+", host) or re.fullmatch(r"[\d.]+", host):
        return None
    parts = host.split(".")
    for first in range(len(parts) - 1):
        known = HOSTS.get(".".join(parts[first:]))
        if known:
            return known
    return re.sub(r"^(?:www\d?|m|amp)\.(?=.*\.)", "", host)


def title_line(text: str, boilerplate: Sequence[tuple[int, int]] = ()) -> str | None:
    """The headline, if the first line outside `boilerplate` is one: short, no sentence's end, running text below it."""
    candidate: str | None = None
    for match in _LINE.finditer(text[:4000]):
        line = match.group().strip("\ufeff \t")
        start = match.start() + match.group().index(line) if line else match.start()
        if not line or any(first <= start < last for first, last in boilerplate) or is_date_line(line):
            continue
        if candidate is not None:
            return candidate if len(line) > len(candidate) or line.endswith((".", '"', "”")) else None
        labelled = re.match(r"(?i:judul|title|headline)\s?:\s*(.{3,200})", line)
        if labelled:
            return labelled.group(1)
        if not 8 <= len(line) <= _TITLE_LIMIT or line.endswith((".", ",", ";", ":")) or _dateline_name(line):
            return None
        candidate = line
    return None


def _dateline_name(head: str) -> str | None:
    """The publisher that signs the dateline of one of the first lines."""
    seen = 0
    for line in _LINE.finditer(head):
        at = line.group().strip("\ufeff \t")
        if not at:
            continue
        for pattern in _DATELINES:
            match = pattern.match(at)
            if match and _is_publisher(match["name"]):
                return _SPELLING.get(match["name"].lower(), match["name"])
        match = _INNER_DATELINE.search(at[:400])
        if match:
            name = next(name for name in match.groups() if name)
            if _is_publisher(name):
                return name
        seen += 1
        if seen == 5:
            break
    return None


def _is_publisher(name: str) -> bool:
    return name.lower() not in NO_PUBLISHERS


def _known_as(name: str) -> str:
    """The publisher's name for a host or URL; any other name as it is."""
    return (publisher_of(name) or name) if "." in name else name


def _same(name: str, other: str | None) -> bool:
    """Whether two spellings name one publisher: "Kompas.com" and "KOMPAS.com"."""
    return other is not None and name.casefold() == other.casefold()
