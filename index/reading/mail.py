"""Mail (.eml) and web archives (.mhtml), by the standard library: the message, then what is attached to it."""

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, Message, MIMEPart
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime

from index.errors import ArticleError
from index.reading.decoding import decoded, mended
from index.reading.extract import Extract, check_length
from index.reading.layout import paragraphs
from index.reading.source import Source
from index.reading.web import page_extract, text_of_markup

MAX_MESSAGE = 64_000_000  # bytes
_WRAPPED = 80  # columns that mail programs break lines at
_DELIMITER = re.compile(r"^-- ?$", re.MULTILINE)  # between a text and the signature below it
_SIGNATURE = 1_000  # characters that a signature may have


def read_mail(source: Source) -> Iterator[Extract | Source]:
    """A message: its text as one article, and each attachment, to be read by its own format."""
    message = _parsed(source)
    text = _body(message)
    attached = list(_attachments(message))
    if text.strip():
        sender, address = parseaddr(_header(message, "From") or "")
        given = {"title": _header(message, "Subject"), "author": sender or address or None, "date": _date(message)}
        yield Extract(check_length(text), given, apart=_signature(text))
    elif not attached:
        raise ArticleError("no text in the message", "see whether it is a picture only")
    yield from attached


def read_web_archive(source: Source) -> Iterator[Extract]:
    """A web page saved as one file: its first page."""
    message = _parsed(source)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            address = _header(message, "Snapshot-Content-Location") or _header(part, "Content-Location")
            yield page_extract(_text(part), address)
            return
    raise ArticleError("no page in the web archive", "save the page again")


def _parsed(source: Source) -> EmailMessage:
    content = source.read(MAX_MESSAGE)
    message = BytesParser(policy=policy.default).parsebytes(content)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise ArticleError("not a message: it has no headers", "give it the ending of its format")
    return message


def _body(message: EmailMessage) -> str:
    """The text of a message; of plain text and HTML the plain one, unless it only says to look at the other."""
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    text = _unwrapped(_text(plain), flowed=plain.get_param("format") == "flowed") if plain else ""
    if page is None or (len(text) > 400 and not text.isspace()):
        return text
    shown = text_of_markup(_text(page))
    return text if len(text.strip()) * 4 > len(shown) else shown


def _unwrapped(text: str, *, flowed: bool) -> str:
    """Plain text without the line ends that the mail program put in (RFC 3676 marks them with a space)."""
    lines = text.replace("\r\n", "\n").split("\n")
    if flowed:
        joined = ""
        for line in lines:
            line = line.removeprefix(" ") if not line.startswith(">") else line
            joined += line if line.endswith(" ") and line != "-- " else f"{line}\n"
        return joined.removesuffix("\n")
    full = [line for line in lines if len(line) > _WRAPPED * 3 // 4]
    if len(full) < 2 or max(map(len, lines)) > _WRAPPED:
        return "\n".join(lines)
    signature = next((n for n in range(len(lines) - 1, 0, -1) if lines[n] in ("--", "-- ")), len(lines))
    return "\n".join([*paragraphs(lines[:signature]), *lines[signature:]])


def _signature(text: str) -> tuple[tuple[int, int], ...]:
    """Where the sender's signature is: after the last line of two hyphens (RFC 3676), if it is no longer than one."""
    *_, last = [0, *(match.start() for match in _DELIMITER.finditer(text))]
    return ((last, len(text)),) if text[:last].strip() and len(text) - last <= _SIGNATURE else ()


def _text(part: MIMEPart) -> str:
    """What a part says, in the character set it names if it is true, or else in the one that it seems to be in."""
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes) or not raw.strip():
        return ""
    try:
        return mended(raw.decode(part.get_content_charset() or "utf-8"))
    except (UnicodeDecodeError, LookupError):
        return mended(decoded(raw)[0])


def _attachments(message: EmailMessage) -> Iterator[Source]:
    for part in message.iter_attachments():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            if isinstance(inner, Message):
                yield Source.holding("message.eml", inner.as_bytes())
            continue
        name = part.get_filename()
        raw = part.get_payload(decode=True)
        if name and isinstance(raw, bytes):
            yield Source.holding(name.replace("\\", "/").rsplit("/", 1)[-1], raw)


def _header(part: MIMEPart, name: str) -> str | None:
    """A header as text; None when it is missing or too broken to be read."""
    try:
        value = part[name]
        return " ".join(str(value).split()) or None if value is not None else None
    except (ValueError, LookupError, AttributeError, TypeError):
        return None


def _date(message: EmailMessage) -> str | None:
    """The day on which it was sent, where it was sent."""
    try:
        return parsedate_to_datetime(_header(message, "Date") or "").date().isoformat()
    except (ValueError, TypeError, IndexError):
        return None
