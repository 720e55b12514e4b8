"""One article, and the one door to them: `read_articles(path)`.

A reader (`index.reading`) says what stands in a file; here is added what its text says of itself. A new format is one
reader and one line in a table of endings.

Offsets count code points of `Article.text`. For a plain text or Markdown file that is the literal decoding of its
bytes: `path.open(encoding="utf-8", newline="").read()`. CRLF stays two characters and a byte order mark stays U+FEFF,
the first character (it is marked as boilerplate, so that no passage holds it). Of other formats it is the text taken
out of the file, which `telusur show` prints.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from index.boilerplate import boilerplate
from index.dateline import publisher, publisher_of, title_line
from index.errors import ArticleError
from index.language import language_of
from index.published import date_of
from index.reading import documents, plain, rows, sidecar, tables
from index.reading.extract import Extract, unreadable
from index.reading.fields import Columns
from index.reading.source import COMPRESSED, Source

TEXT_READERS: Mapping[str, Callable[[Source], Iterator[Extract]]] = {
    ".txt": plain.read_text,
    ".md": plain.read_markdown,
    ".markdown": plain.read_markdown,
}
ROW_READERS: Mapping[str, Callable[[Source, Columns], Iterator[Extract | ArticleError]]] = {
    ".jsonl": rows.read_jsonl,
    ".ndjson": rows.read_jsonl,
    ".json": rows.read_json,
    ".csv": tables.read_table,
    ".tsv": tables.read_table,
}
READERS = TEXT_READERS.keys() | ROW_READERS.keys() | documents.READERS.keys()
_NESTING = 4  # archives, messages and attachments inside each other
_COMPRESSED_HEADS = (
    (re.compile(rb"\x1f\x8b\x08"), ".gz"),
    (re.compile(rb"\xfd7zXZ\0"), ".xz"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), ".zst"),
    (re.compile(rb"BZh[1-9]1AY&SY"), ".bz2"),
)
_PAGE_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Article:
    """One article as read from a file.

    `row` is None when the file is the article; in a file of many it is the row's own id, else its number, and
    `row_line` the line of the file where it begins. `pages` are the offsets at which pages begin, of a paged document.
    `published` is ISO 8601 (YYYY-MM-DD, YYYY-MM or YYYY) and `published_precision` says how it is known: `day`,
    `month` or `year` when written out, `inferred` when a part of it, such as the year, follows from the weekday.
    `published_inferred`: nobody states it as the date of publication; it is the day that the text reports on, or
    that of the file's name. `source` is the publisher, `origin` the outlet it took the news from. `encoding` is that
    of a plain text file. `boilerplate` are spans of `text` that are not the article. What cannot be told is None,
    never a guess.
    """

    row: str | None
    text: str
    title: str | None = None
    author: str | None = None
    source: str | None = None
    origin: str | None = None
    published: str | None = None
    published_precision: str | None = None
    published_inferred: bool = False
    url: str | None = None
    language: str | None = None
    row_line: int | None = None
    pages: tuple[int, ...] = ()
    encoding: str | None = None
    boilerplate: tuple[tuple[int, int], ...] = ()

    def cells(self) -> dict[str, Any]:
        """What the catalogue keeps of it, by column."""
        names = (
            "row", "row_line", "title", "author", "source", "origin", "published", "published_precision",
            "published_inferred", "url", "language", "encoding", "text",
        )  # fmt: skip
        pages = json.dumps(self.pages) if self.pages else None
        return {**{name: getattr(self, name) for name in names}, "pages": pages}


def read_articles(path: Path, columns: Columns | None = None) -> Iterator[Article | ArticleError]:
    """The articles of one file, in order; one that cannot be read is given as an ArticleError in its place.

    `columns`: where rows keep what. Raises ArticleError, at the latest when the first article is asked for, when the
    file cannot be read or read on: unknown format, empty, damaged, encrypted, without text, unreadable.
    """
    columns = columns or Columns()
    try:
        said: Mapping[str, str | None] = {}
        beside = sidecar.sidecar_of(path)
        if beside:
            try:
                said = sidecar.read_sidecar(beside, columns)
            except ArticleError as error:
                yield error
        for found in _read(Source.of(path), columns):
            yield found if isinstance(found, ArticleError) else _article(found, said, path.stem)
    except ArticleError:
        raise
    except ImportError as error:
        package = {"docx": "python-docx", "backports": "backports.zstd"}.get(error.name or "", error.name)
        if package is None:  # it is there, but lacks something itself
            msg = f"{path.suffix} files cannot be read: {' '.join(str(error).split())}"
            raise ArticleError(msg, "install telusur again, with all it needs") from error
        msg = f"{path.suffix} files need the package {package}, which is not installed"
        raise ArticleError(msg, f"run `pip install {package}`") from error
    except OSError as error:
        msg = f"cannot be read: {error.strerror or error}"
        raise ArticleError(msg, "check that the file is there and may be read") from error
    except Exception as error:
        raise unreadable(error) from error


def articles_of(path: Path, columns: Columns | None = None) -> Iterator[Article | ArticleError]:
    """As `read_articles`, but the error that ends the reading is given too, as the last."""
    try:
        yield from read_articles(path, columns)
    except ArticleError as error:
        yield error


def _read(source: Source, columns: Columns, depth: int = 0) -> Iterator[Extract | ArticleError]:
    """What stands in a file, an attachment, or a compressed file."""
    if depth > _NESTING:
        raise ArticleError("archives or messages in each other, too deep to be read", "unpack it")
    if source.name.endswith(sidecar.ENDING):
        msg = "a sidecar of no article: the file it speaks of is not beside it"
        raise ArticleError(msg, "see that both have one name: berita.html and berita.html.meta.json")
    if source.ending not in READERS and source.ending not in COMPRESSED:
        formats = ", ".join(sorted(READERS))
        msg = f"unknown format {source.ending or '(no ending)'}"
        raise ArticleError(msg, f"formats read: {formats}, also with {', '.join(COMPRESSED)}")
    head = source.head(2048)
    packed = next((kind for magic, kind in _COMPRESSED_HEADS if magic.match(head)), None)
    if packed or (source.ending in COMPRESSED and head):
        yield from _read(source.expanded(packed or source.ending), columns, depth + 1)
        return
    ending = _true_ending(source.ending, head)
    if ending in ROW_READERS:
        yield from ROW_READERS[ending](source, columns)
        return
    if ending not in documents.READERS:
        yield from TEXT_READERS.get(ending, plain.read_text)(source)
        return
    for found in documents.read_document(ending, source):
        if isinstance(found, Source):
            yield from _attached(found, columns, depth + 1)
        else:
            yield found


def _true_ending(ending: str, head: bytes) -> str:
    """The ending that a file should have: what it plainly begins as says more than its name."""
    if head.lstrip().startswith(b"%PDF-"):
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        return ".docx"
    if ending in (".txt", ".pdf", ".docx", ".md") and _PAGE_HEAD.match(head):
        return ".html"
    return ending


def _attached(source: Source, columns: Columns, depth: int) -> Iterator[Extract | ArticleError]:
    """The articles of an attachment, as rows of its message; pictures and the like are passed over."""
    if source.ending not in READERS and source.ending not in COMPRESSED:
        return
    try:
        for found in _read(source, columns, depth):
            if isinstance(found, Extract):
                yield replace(found, row=f"{source.name}/{found.row}" if found.row else source.name)
            else:
                yield ArticleError(f"attachment {source.name}: {found}", found.hint)
    except ArticleError as error:
        yield ArticleError(f"attachment {source.name}: {error}", error.hint)


def _article(found: Extract, said: Mapping[str, str | None], name: str) -> Article:
    """The article: what its file and sidecar (`said`) say of it, and of the rest what its text and file `name` say.

    A sidecar knows better than the file it lies beside, but what a row says of itself is said of that article alone.
    """
    own = {name: value for name, value in found.given.items() if value}
    given = {**own, **said} if found.row is None else {**said, **own}
    given = {name: unicodedata.normalize("NFC", " ".join(value.split())) for name, value in given.items() if value}
    text, url, source = found.text, given.get("url"), given.get("source")
    body = text
    for start, end in found.apart:  # what front matter says was read as such
        body = body[:start] + " " * (end - start) + body[end:]
    spans = _joined([*boilerplate(body), *found.apart, *([(0, 1)] if text.startswith("\ufeff") else [])])
    stated = publisher(body)
    tomorrow = date.today() + timedelta(days=1)  # somewhere it is tomorrow already
    name = name if found.row is None else ""
    dated = date_of(body, given=given.get("date") or "", name=name, today=tomorrow)
    if source and re.match(r"https?://", source):
        source = publisher_of(source)
    return Article(
        row=found.row,
        text=text,
        title=given.get("title") or (None if found.row is not None else title_line(text, spans)),
        author=given.get("author"),
        source=source or (publisher_of(url) if url else None) or stated.source,
        origin=stated.origin,
        published=dated.value if dated else None,
        published_precision=dated.precision if dated else None,
        published_inferred=bool(dated and dated.inferred),
        url=url,
        language=_language_code(given.get("language")) or language_of(body),
        row_line=found.row_line,
        pages=found.pages,
        encoding=found.encoding,
        boilerplate=tuple(spans),
    )


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _language_code(value: str | None) -> str | None:
    """The two letters of a language code such as id, id-ID or en_US."""
    return value[:2].lower() if value and re.fullmatch(r"[A-Za-z]{2}(?:[-_].*)?", value) else None
