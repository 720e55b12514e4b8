"""PDF documents, by PDFium: the text of each page, lines made paragraphs again, page numbers for the citation."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from index.errors import ArticleError
from index.reading.decoding import mended
from index.reading.extract import MAX_CHARACTERS, Extract, too_long
from index.reading.layout import paragraphs
from index.reading.source import Source

MAX_DOCUMENT = 256_000_000  # bytes
MAX_STREAM = 32_000_000  # bytes that the drawing of one page may expand to; PDFium takes twenty times that
_STREAM = re.compile(rb"(?<!end)stream\r?\n(?=[\x08\x18\x28\x38\x48\x58\x68\x78])")
_STEP = 65_536  # bytes expanded in one go
_EDGE = 2  # lines at the top and the bottom of a page that may be its header or footer
_PAGE_NUMBER = re.compile(r"\W*(?:(?:halaman|hal|page)\W*)?\d{1,4}(?:\W+(?:dari|of)?\W*\d{1,4})?\W*", re.IGNORECASE)
# Titles that a program gave, not a person.
_NO_TITLE = re.compile(
    r"(?i:untitled|microsoft word|\(anonymous\)|dokumen\d*$|document\d*$|.*\.(?:docx?|pdf|indd|qxd|tmp|rtf)$)"
)


def read_pdf(source: Source) -> Iterator[Extract]:
    """A PDF document: one article."""
    import pypdfium2

    content = source.read(MAX_DOCUMENT)
    if not content.strip():
        raise ArticleError("empty: 0 bytes", "fetch the file again")
    _check_streams(content)
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            msg = "encrypted: it opens with a password only"
            raise ArticleError(msg, "save a copy without a password") from error
        raise ArticleError(f"not a whole PDF document ({error})", "fetch the file again") from error
    try:
        said = document.get_metadata_dict()
        pages = list(_pages(document))
    finally:
        document.close()
    if not any(line.strip() for lines in pages for line in lines):
        raise ArticleError(
            f"no text in it: scanned? (pages: {len(pages)})",
            "make its text readable with ocrmypdf or another OCR program",
        )
    text, starts, apart = _assembled(pages)
    title = said.get("Title", "").strip()
    given = {
        "title": None if _NO_TITLE.match(title) else title or None,
        "author": said.get("Author", "").strip() or None,
    }
    yield Extract(text, given, pages=starts, apart=apart)


def _check_streams(content: bytes) -> None:
    """Raises ArticleError when a page's drawing expands to so much that PDFium would take gigabytes for it."""
    for found in _STREAM.finditer(content):
        if b"/Image" in content[max(0, found.start() - 500) : found.start()].rsplit(b" obj", 1)[-1]:
            continue
        expander, at, room = zlib.decompressobj(), found.end(), MAX_STREAM
        try:
            while room and at < len(content) and not expander.eof:
                room -= len(expander.decompress(content[at : at + _STEP], room))
                at += _STEP
        except zlib.error:  # not compressed, or not in this way
            continue
        if not room:
            msg = f"a page of it expands to more than {MAX_STREAM:,} bytes"
            raise ArticleError(msg, "if it is no bomb, print it to a new PDF")


def _pages(document: Any) -> Iterator[list[str]]:
    """The lines of each page. Raises ArticleError when they are too many."""
    total = 0
    for page in document:
        shown = page.get_textpage()
        text = shown.get_text_bounded()
        shown.close()
        page.close()
        total += len(text)
        if total > MAX_CHARACTERS:
            raise too_long(f"over {MAX_CHARACTERS:,} characters on {len(document):,} pages")
        # PDFium marks a hyphen at a line's end with a noncharacter, and lets the line's end go.
        text = mended(re.sub("[\ufffe\u0002](?:\r?\n)?", "-\n", text).replace("\0", ""))
        yield [" ".join(line.split()) for line in text.splitlines()]


def _assembled(pages: Sequence[Sequence[str]]) -> tuple[str, tuple[int, ...], tuple[tuple[int, int], ...]]:
    """The whole text, where its pages begin, and the spans of page numbers, headers and footers."""
    edges = Counter(name for lines in pages for name in {_plain(lines[n]) for n in _edge(lines)})
    repeated = {name for name, count in edges.items() if count >= max(3, len(pages) / 2)}
    text, starts, apart = "", [], []
    for lines in pages:
        furniture = {n for n in _edge(lines) if _plain(lines[n]) in repeated or _PAGE_NUMBER.fullmatch(lines[n])}
        starts.append(len(text))
        for block, stands_apart in _blocks(lines, furniture):
            if stands_apart:
                apart.append((len(text), len(text) + len(block)))
            text += block + "\n"
        text += "\n"
    return text.rstrip("\n") + "\n", tuple(starts), tuple(apart)


def _blocks(lines: Sequence[str], furniture: set[int]) -> Iterator[tuple[str, bool]]:
    """The paragraphs of a page, each with whether it is a header, footer or page number."""
    held: list[str] = []
    for n, line in enumerate(lines):
        if n not in furniture:
            held.append(line)
            continue
        yield from ((block, False) for block in paragraphs(held))
        held = []
        yield line, True
    yield from ((block, False) for block in paragraphs(held))


def _edge(lines: Sequence[str]) -> set[int]:
    """Which lines of a page are near its top or bottom."""
    filled = [n for n, line in enumerate(lines) if line]
    return {*filled[:_EDGE], *filled[-_EDGE:]}


def _plain(line: str) -> str:
    """A header as it is compared: page numbers differ."""
    return re.sub(r"\d+", "#", line.casefold())
