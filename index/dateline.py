"""Publisher and headline out of messy news text (pure); the date is `index.published`.

Precise rather than complete: a name counts only where a publisher puts its own (the dateline, a byline, a source
line, a closing credit). Agencies and outlets that the text mentions are no evidence.

Every search starts at something rare (the ending of a host, a dash, the word of a credit) and looks at a small piece
of text around it, so that no text, however hostile, takes more than its length.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.published import byline, is_date_line
from index.publishers import NO_PUBLISHERS, SIGNATURES, publisher_at


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who published an article (`source`) and the outlet the news was taken from (`origin`); None when not said."""

    source: str | None = None
    origin: str | None = None


_LINE = re.compile(r"[^\n\r]+")
_TITLE_LIMIT = 160
_HEAD_REACH = 1500
_OPENING_REACH = 400  # characters of a line in which its dateline may begin, after a headline or a caption
_NAMED_REACH = 110  # characters that a dateline with a name instead of a host takes at most
_TAIL_REACH = 3000
_ADVERT_REACH = 600
_LABEL = r"[A-Za-z0-9][\w-]{1,30}"
_ENDING = r"\.(?i:com|co\.id|co|or\.id|go\.id|id|net|org|tv|news)(?!\w|\.\w)"
_HOST = rf"{_LABEL}(?:\.{_LABEL}){{0,2}}{_ENDING}"
_HOST_END = re.compile(_ENDING)
_HOST_BEGINNING = re.compile(rf"(?<![\w@/.-]){_LABEL}(?:\.{_LABEL}){{0,2}}$")
_PLACE = r"[A-Z][\w'’.-]{0,20}(?:[ /][A-Z(][\w'’.)-]{0,20}){0,3}"
_DAY = r"(?:[A-Z][a-z]{2,8}\.?\s)?\d{1,2}(?:[/-]\d{1,2}|\s[A-Z][a-z]{2,8})?"
_PART = re.compile(rf"{_PLACE}|{_DAY}|")
_DASH = r"\s{0,3},?\s?(?:-|[–—~\ufffd]|\?(?=\s)|:(?=\s?[A-Z]))[-\s]{0,5}"
_NEWS = r"[^a-z\s]"  # the first character of the news: a company's sentence goes on in lower case
_DASH_AND_NEWS = re.compile(rf"\)?{_DASH}{_NEWS}|\)?[\s,|.]{{1,3}}{_PLACE}(?:,\s?{_PLACE})?{_DASH}{_NEWS}")
_DASH_ONLY = re.compile(r"\s?(?:-|[–—])")
_PLACE_AND_NEWS = re.compile(r",\s?[A-Z][a-z]+(?:[ /][A-Z][a-z]+){0,2}(?![.,\w])|,\s?[A-Z][a-z]+[A-Z]")
_MENTION = re.compile(
    r"\b(?:dari|di|oleh|pada|ke|dan|kepada|situs|laman|media|portal|from|by|at|via|[a-z]{2,12}kan)\s?$"
)
_REPORTER = re.compile(r"(?i:laporan (?:khusus )?(?:wartawan|reporter|kontributor|jurnalis|koresponden)) $")
_BRACKETS = re.compile(r"([^()\n]{0,70}?),?\s?\(([^()\n]{2,40})\)(\s?(?:-|[–—]))?")
_DASHES = re.compile(r"\s{0,3}(?:-|[–—])[-\s]{0,5}")
_BARE_DATELINE = re.compile(rf"\s*{_PLACE}{_DASH}")
_NAME = "|".join(sorted((re.escape(name) for name, telling in SIGNATURES.items() if telling), key=len, reverse=True))
_NAMED = rf"(?P<name>https?://\S{{1,200}}|{_HOST}|(?:{_NAME})\b)"
_CREDIT = re.compile(
    r"ini (?:telah |sudah |pertama kali )*(?:bersumber|tayang|terbit|ditayangkan|diterbitkan|dipublikasikan|dimuat"
    rf"|dikutip|diambil|disadur)(?: pertama kali)? (?:dari|di|oleh|pada)\s(?:situs |laman |media )?{_NAMED}"
)
_CREDITED = re.compile(r"(?i:artikel|berita|tulisan) $")
_ENGLISH_CREDIT = re.compile(rf"(?:ublished|ppeared) (?:first )?(?:by|on|in|at) (?:www\.)?{_NAMED}")
_COPYRIGHT = re.compile(
    rf"(?:opyright|OPYRIGHT|ak [Cc]ipta|©)\s?(?:©|\([cC]\))?\s?(?:(?:19|20)\d\d\s?)?(?P<name>{_HOST}|(?:{_NAME})\b"
    r"|[A-Z][\w-]{1,30}\.com(?=[A-Z]))"
)
_SOURCE_LINE = re.compile(r"(?im:^[ \t]{0,9}(?:sumber|source)\s?:[ \t]*(?P<name>[^|\n\r]{2,100}))")
# How a publisher speaks of itself below its articles.
_ADVERT_BEFORE = re.compile(r"(?:(?:saluran|channel|kanal|grup) (?:WhatsApp|Telegram)|berita (?:terbaru|lainnya) di) $")
_ADVERT_AFTER = re.compile(r" adalah (?:portal|situs) berita| (?:di|on) Google News")


def publisher(text: str) -> Publisher:
    """Who published the article and whom it took the news from, as far as a dateline, credit or source line says.

    A dateline's name stays as written (`RIAU24.COM`); a host in a credit becomes its publisher's name if known.
    """
    head, tail = text[:_HEAD_REACH], text[-_TAIL_REACH:]
    signed = _signature(head) or _copyright(tail) or _advertised(tail[-_ADVERT_REACH:])
    credited = _credit(tail)
    line = _source_line(head) or _source_line(tail)
    named = line["name"].strip().rstrip(".") if line else None
    is_host = bool(named and re.fullmatch(rf"https?://\S+|{_HOST}", named))
    if named and is_host:
        named = _known_as(named)
        if named.lower() in NO_PUBLISHERS:
            named = None
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
    return publisher_at(host) or re.sub(r"^(?:www\d?|m|amp)\.(?=.*\.)", "", host)


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
        if not 8 <= len(line) <= _TITLE_LIMIT or line.endswith((".", ",", ";", ":")) or _signed_line(line):
            return None
        candidate = line
    return None


def _signature(head: str) -> str | None:
    """The publisher that signs a byline with the date, or the dateline of one of the first lines."""
    stamped = byline(head)
    if stamped and (stamped[0] in SIGNATURES or re.fullmatch(_HOST, stamped[0])):
        return stamped[0]
    lines = (match.group().strip("\ufeff \t") for match in _LINE.finditer(head))
    for _, line in zip(range(5), filter(None, lines), strict=False):
        name = _signed_line(line)
        if name:
            return name
    return None


def _signed_line(line: str) -> str | None:
    return _signed_host(line) or _signed_name(line)


def _signed_host(line: str) -> str | None:
    """The host in the dateline of a line: places may stand around it, a headline or a caption before it."""
    for end in _HOST_END.finditer(line, 0, _OPENING_REACH):
        beginning = _HOST_BEGINNING.search(line, max(0, end.start() - 70), end.start())
        if not beginning:
            continue
        name, before = line[beginning.start() : end.end()], line[: beginning.start()]
        known = publisher_at(name) is not None
        if name.lower() in NO_PUBLISHERS:
            continue
        if _REPORTER.search(before[-40:]):
            return name
        opens = len(before) <= _NAMED_REACH and all(_PART.fullmatch(part.strip()) for part in re.split("[,(|]", before))
        if opens or ((known or name.isupper()) and not _MENTION.search(before[-20:])):
            if _DASH_AND_NEWS.match(line, end.end()):
                return name
            if opens and known and (_DASH_ONLY.match(line, end.end()) or _PLACE_AND_NEWS.match(line, end.end())):
                return name
    return None


def _signed_name(line: str) -> str | None:
    """The name, not a host, in the dateline that opens a line."""
    match = _BRACKETS.match(line)
    if match and all(_PART.fullmatch(part.strip()) for part in match[1].split(",")):
        name = match[2].split("/")[0].strip()
        if SIGNATURES.get(name, False) or (name in SIGNATURES and match[3]):
            return name
    for dash in _DASHES.finditer(line, 0, _NAMED_REACH):
        if line[dash.end() : dash.end() + 1].islower():
            continue
        names = []
        for part in re.split("[,(|]", line[: dash.start()]):
            name = part.strip(" )")
            if name in SIGNATURES and (SIGNATURES[name] or dash.group()[-1].isspace()):
                names.append(name)
            elif not _PART.fullmatch(name):
                break
        else:
            if len(names) == 1:
                return names[0]
    return None


def _source_line(part: str) -> re.Match[str] | None:
    # Looking for a word first is ten times faster than trying every line.
    return _SOURCE_LINE.search(part) if any(word in part for word in ("umber", "UMBER", "ource", "OURCE")) else None


def _copyright(tail: str) -> str | None:
    owner = None
    if any(word in tail for word in ("opyright", "OPYRIGHT", "ak cipta", "ak Cipta", "©")):
        owner = _COPYRIGHT.search(tail)
    return _known_as(owner["name"]) if owner else None


def _credit(tail: str) -> str | None:
    """The outlet that a closing credit names as the first to publish the article."""
    for credit in _CREDIT.finditer(tail):
        if _CREDITED.search(tail, max(0, credit.start() - 10), credit.start()):
            return _known_as(credit["name"])
    english = _ENGLISH_CREDIT.search(tail) if "ublished" in tail or "ppeared" in tail else None
    return _known_as(english["name"]) if english else None


def _advertised(tail: str) -> str | None:
    """The publisher that speaks of its own channels or of itself below the article."""
    for end in _HOST_END.finditer(tail):
        beginning = _HOST_BEGINNING.search(tail, max(0, end.start() - 70), end.start())
        if beginning and (
            _ADVERT_BEFORE.search(tail, max(0, beginning.start() - 30), beginning.start())
            or _ADVERT_AFTER.match(tail, end.end())
        ):
            return tail[beginning.start() : end.end()]
    return None


def _known_as(name: str) -> str:
    """The publisher's name for a host or URL; any other name as it is."""
    return (publisher_of(name) or name) if "." in name else name


def _same(name: str, other: str | None) -> bool:
    """Whether two spellings name one publisher: "Kompas.com" and "KOMPAS.com"."""
    return other is not None and name.casefold() == other.casefold()
