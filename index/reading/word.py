"""Word documents (.docx), by python-docx: paragraphs and tables in order, title and author."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from index.errors import ArticleError
from index.reading.decoding import mended
from index.reading.extract import Extract, check_length
from index.reading.source import MAX_GROWTH, MIN_EXPANDED, Source

MAX_DOCUMENT = 64_000_000  # bytes
MAX_PART = 32_000_000  # bytes of XML that one part of a document may expand to
MAX_TAGS = 2_000_000  # of all parts; an element takes a hundred times the bytes of its shortest tag
_TITLES = ("Title", "Judul", "Heading 1")


def read_docx(source: Source) -> Iterator[Extract]:
    """A Word document: one article."""
    content = source.read(MAX_DOCUMENT)
    _check_archive(content)
    import docx
    from docx.opc.exceptions import OpcError

    try:
        document = docx.Document(io.BytesIO(content))
    except (KeyError, ValueError, OpcError) as error:
        msg = f"not a Word document ({' '.join(str(error).split())[:120]})"
        raise ArticleError(msg, "save it again as .docx") from error
    lines: list[str] = []
    title = None
    for text, style in _blocks(document):
        if title is None and style in _TITLES and text:
            title = text
        lines.append(text)
    text = check_length("\n".join(lines).strip("\n") + "\n")
    properties = document.core_properties
    given = {"title": title or properties.title or None, "author": properties.author or None}
    if given["author"] == "python-docx":  # what that library writes when nobody says
        given["author"] = None
    yield Extract(text, given)


def _blocks(document: Any) -> Iterator[tuple[str, str]]:
    """The text and the style's name of each paragraph; of a table, a line for each row."""
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                cells = dict.fromkeys((cell._tc, mended(cell.text).replace("\n", " ").strip()) for cell in row.cells)
                yield " | ".join(text for _, text in cells), ""
        else:
            yield mended(block.text).strip().replace("\u00ad", ""), block.style.name if block.style else ""


def _check_archive(content: bytes) -> None:
    """Raises ArticleError unless it is an archive that holds a Word document and expands to no more than it may."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise ArticleError("an old Office document, or one with a password", "save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, max(MIN_EXPANDED, MAX_GROWTH * len(content)))
    except zipfile.BadZipFile as error:
        raise ArticleError(f"not a Word document ({error})", "save it again as .docx") from error


def _check_parts(archive: zipfile.ZipFile, limit: int) -> None:
    """Raises ArticleError when the parts expand to over `limit` bytes, or their XML to more than may be held."""
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    markup = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
    if total > limit or max((part.file_size for part in markup), default=0) > MAX_PART:
        msg = f"expands to {total:,} bytes, at most {limit:,} are read, and {MAX_PART:,} of one part"
        raise ArticleError(msg, "if it is no bomb, split it into articles")
    if not any(part.filename == "word/document.xml" for part in parts):
        raise ArticleError("an archive without a Word document in it", "unpack it, or save it as .docx")
    tags = sum(archive.read(part).count(b"<") for part in markup)
    if tags > MAX_TAGS:
        raise ArticleError(f"made of {tags:,} tags, at most {MAX_TAGS:,} are read", "split it into articles")
