"""One article, and the readers that make articles out of files.

`read_articles(path)` is the one door. A new format is one function `(Path) -> Iterator[Article | ArticleError]` and
one line in `READERS`, the table of file endings; it reads the file, and `_article` infers what the file does not say.

Offsets count code points of `Article.text`. For a plain text file that is the literal UTF-8 decoding of its bytes:
`path.open(encoding="utf-8", newline="").read()`. CRLF stays two characters and a byte order mark stays U+FEFF, the
first character (it is marked as boilerplate, so that no passage holds it).
"""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from index.boilerplate import boilerplate
from index.dateline import publisher, publisher_of, title_line
from index.errors import ArticleError
from index.language import language_of
from index.published import date_of

# No news article is so long: a file or row beyond it is an archive or a dump, and would take an hour to encode.
MAX_CHARACTERS = 1_000_000

# The keys of a JSON Lines row, first match wins. `text` and `title` with `_id` are those of BEIR corpora.
TEXT_KEYS = ("text", "body", "content", "isi", "article")
TITLE_KEYS = ("title", "judul")
DATE_KEYS = ("date", "tanggal", "published")
SOURCE_KEYS = ("source", "sumber", "publisher", "media")
URL_KEYS = ("url", "link")
ROW_KEYS = ("_id", "id")
LANGUAGE_KEYS = ("language", "lang", "bahasa")

_INFERENCE_SAMPLE = 65_536  # bytes that are looked at to tell what a file is

_SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\xfd7zXZ", "xz-compressed"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
# UTF-32 before UTF-16: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_CONTROL = bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32))
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Article:
    """One article as read from a file.

    `row` is None when the file is the article; in a file of many it is the row's own id, else its line number.
    `published` is ISO 8601 (YYYY-MM-DD, YYYY-MM or YYYY) and `published_precision` says how it is known: `day`,
    `month` or `year` when written out, `inferred` when a part of it, such as the year, follows from the weekday.
    `published_inferred`: nobody states it as the date of publication; it is the day that the text reports on, or
    that of the file's name.
    `source` is the publisher, `origin` the outlet it took the news from. `boilerplate` are spans of `text` that are
    not the article. What cannot be told is None, never a guess.
    """

    row: str | None
    text: str
    title: str | None = None
    source: str | None = None
    origin: str | None = None
    published: str | None = None
    published_precision: str | None = None
    url: str | None = None
    language: str | None = None
    boilerplate: tuple[tuple[int, int], ...] = ()
    published_inferred: bool = False


def read_articles(path: Path) -> Iterator[Article | ArticleError]:
    """The articles of one file, in order; a row that cannot be read is given as an ArticleError in its place.

    Raises ArticleError, at the latest when the first article is asked for, when the whole file cannot be read:
    unknown format, empty, binary, not UTF-8, unreadable.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        msg = f"unknown format {path.suffix or '(no ending)'}"
        raise ArticleError(msg, f"formats read: {', '.join(sorted(READERS))}")
    return reader(path)


def read_text(path: Path) -> Iterator[Article | ArticleError]:
    """A plain text file: one article."""
    try:
        size = path.stat().st_size
        if size > 4 * MAX_CHARACTERS:  # a character has at most four bytes
            raise _too_long(f"{size:,} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(error) from error
    _check_is_text(raw[:_INFERENCE_SAMPLE], path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(raw, path) from error
    if not text.strip("\ufeff \t\r\n\v\f") or not text.strip():
        raise _empty()
    if len(text) > MAX_CHARACTERS:
        raise _too_long(f"{len(text):,} characters")
    yield _article(text, row=None, name=path.stem)


def read_jsonl(path: Path) -> Iterator[Article | ArticleError]:
    """A JSON Lines file: one article a line; blank lines are skipped."""
    rows = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    _check_is_text(line[:_INFERENCE_SAMPLE], path)
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    rows += 1
                    yield _row(line, number)
    except OSError as error:
        raise _unreadable(error) from error
    if not rows:
        raise _empty()


READERS: Mapping[str, Callable[[Path], Iterator[Article | ArticleError]]] = {
    ".txt": read_text,
    ".jsonl": read_jsonl,
}


def _article(text: str, row: str | None, given: Mapping[str, str | None] | None = None, name: str = "") -> Article:
    """The article with what `given` says of it, and what its text and its file's `name` say of the rest."""
    given = given or {}
    spans = boilerplate(text)
    if text.startswith("\ufeff"):
        spans = [(0, 1), *spans] if not spans or spans[0][0] > 0 else spans
    url = given.get("url")
    said = publisher(text)
    tomorrow = date.today() + timedelta(days=1)  # somewhere it is tomorrow already
    dated = date_of(text, given=given.get("date") or "", name=name, today=tomorrow)
    return Article(
        row=row,
        text=text,
        title=given.get("title") or (None if row is not None else title_line(text, spans)),
        source=given.get("source") or (publisher_of(url) if url else None) or said.source,
        origin=said.origin,
        published=dated.value if dated else None,
        published_precision=dated.precision if dated else None,
        published_inferred=bool(dated and dated.inferred),
        url=url,
        language=given.get("language") or language_of(text),
        boilerplate=tuple(spans),
    )


def _row(line: bytes, number: int) -> Article | ArticleError:
    """The article of one JSON line, or why there is none."""
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return ArticleError(f"line {number}: not UTF-8", "save the file as UTF-8")
    except (ValueError, RecursionError) as error:
        return ArticleError(f"line {number}: broken JSON ({error})", "one JSON object a line")
    if not isinstance(row, dict):
        return ArticleError(f"line {number}: no JSON object", "one JSON object a line")
    metadata = row.get("metadata")
    if isinstance(metadata, dict):
        row = metadata | row
    text = _first(row, TEXT_KEYS)
    if text is None:
        return ArticleError(f"line {number}: no text", f"the text goes under one of: {', '.join(TEXT_KEYS)}")
    if len(text) > MAX_CHARACTERS:
        return ArticleError(f"line {number}: {_too_long(f'{len(text):,} characters')}", "split the text into articles")
    given = {
        "title": _first(row, TITLE_KEYS, strip=True),
        "date": _first(row, DATE_KEYS, strip=True),
        "source": _first(row, SOURCE_KEYS, strip=True),
        "url": _first(row, URL_KEYS, strip=True),
        "language": _language_code(_first(row, LANGUAGE_KEYS, strip=True)),
    }
    return _article(text, _first(row, ROW_KEYS, strip=True) or str(number), given)


def _first(row: Mapping[str, Any], keys: tuple[str, ...], *, strip: bool = False) -> str | None:
    """The first value under `keys` that is a number or a text with something in it; lone surrogates are replaced."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            value = _SURROGATE.sub("\ufffd", value)
            return value.strip() if strip else value
    return None


def _language_code(value: str | None) -> str | None:
    return value.lower() if value and re.fullmatch(r"[A-Za-z]{2}", value) else None


def _check_is_text(head: bytes, path: Path) -> None:
    """Raises ArticleError when a file that begins with `head` is empty, binary, or in UTF-16 or UTF-32."""
    if not head:
        raise _empty()
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            msg = f"not a text file: it seems to be {kind}"
            raise ArticleError(msg, "give its text in a .txt file")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            raise _encoded(encoding, path)
    zeros = head.count(0)
    if zeros:
        if zeros * 5 >= len(head) * 2 and (not any(head[::2]) or not any(head[1::2])):
            raise _encoded("UTF-16BE" if not head[0] else "UTF-16LE", path)
        raise _binary()
    if (len(head) - len(head.translate(None, _CONTROL))) * 10 > len(head):
        raise _binary()


def _not_utf8(raw: bytes, path: Path) -> ArticleError:
    from charset_normalizer import from_bytes

    sample = raw[:_INFERENCE_SAMPLE]
    found = from_bytes(sample).best()
    if found is None:
        return _binary()
    # Among encodings of one byte a character a guess is a guess; what Indonesian and English texts come in is cp1252.
    one_byte = len(str(found)) == len(sample)
    return _encoded("cp1252" if one_byte and _decodes(sample, "cp1252") else found.encoding, path)


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _encoded(encoding: str, path: Path) -> ArticleError:
    name = encoding.replace("_", "-").upper()
    command = f"iconv -f {name} -t utf-8 {shlex.quote(path.name)}"
    return ArticleError(f"not UTF-8 text: it seems to be {name}", f"convert it: {command} > converted.txt")


def _binary() -> ArticleError:
    return ArticleError("not a text file: it seems to be binary", "give its text in a .txt file")


def _empty() -> ArticleError:
    return ArticleError("empty: nothing but white space", "remove the file or give it text")


def _too_long(size: str) -> ArticleError:
    msg = f"too long for one article: {size}, at most {MAX_CHARACTERS:,} characters are read"
    return ArticleError(msg, "split it into articles, one file each or one JSON line each")


def _unreadable(error: OSError) -> ArticleError:
    return ArticleError(f"cannot be read: {error.strerror or error}", "check that the file is there and may be read")
