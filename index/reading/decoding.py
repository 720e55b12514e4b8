"""Bytes to text: which encoding, and what was encoded twice. Offsets count in what comes out."""

import codecs
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from index.errors import ArticleError
from index.reading.extract import empty
from index.reading.source import Source, stream

SAMPLE = 65_536  # bytes that are looked at to tell what a file is
MAX_LINE = 16_000_000  # bytes; a million characters with every one of them escaped are fewer

_SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
# UTF-32 before UTF-16: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(range(9)) + bytes(range(14, 27)) + bytes(range(28, 32))
# What every mojibake has: the first byte of a UTF-8 sequence, read as a letter.
_MOJIBAKE = re.compile("[\u00c2-\u00f4\u0102\u0103\u0413-\u0440][\u0080-\u00bf\u0100-\u2122]")


def decoded(raw: bytes) -> tuple[str, str]:
    """The text, and the name of the encoding that it came in; UTF-8 keeps its byte order mark.

    Raises ArticleError: empty, binary, or in no encoding that could be told.
    """
    encoding = wide_encoding(raw[:SAMPLE])
    if encoding:
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError as error:
            raise _undecodable(encoding, error) from error
    check_is_text(raw[:SAMPLE])
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if sum(character > "\x7f" for character in text) > 2 * damaged:  # more good sequences than bad bytes
        return text, f"utf-8 ({damaged} broken)"
    encoding = _guessed(raw)
    try:
        return raw.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise _undecodable(encoding, error) from error


def mended(text: str) -> str:
    """`text` with UTF-8 that was read as another encoding put right, line by line, where that is certain.

    The judgement is ftfy's (R. Speer, "ftfy", 2019): a sequence is mended only if it is one that no language writes.
    """
    if not _MOJIBAKE.search(text):
        return text
    import ftfy

    return "".join(
        ftfy.fix_encoding(line, _mending()) if _MOJIBAKE.search(line) else line
        for line in text.splitlines(keepends=True)
    )


@cache
def _mending() -> Any:
    import ftfy

    return ftfy.TextFixerConfig(fix_c1_controls=False, explain=False)


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 with its byte order if no mark says it; None when it is neither."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    zeros = [head[n::4].count(0) * 4 >= len(head) * 0.6 for n in range(4)]  # of each byte of four, whether most are 0
    known = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    return known.get((zeros[0], zeros[1], zeros[2], zeros[3])) if len(head) >= 4 else None


def check_is_text(head: bytes) -> None:
    """Raises ArticleError when a file that begins with `head` is empty or binary."""
    if not head:
        raise empty()
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            msg = f"not a text file: it seems to be {kind}"
            raise ArticleError(msg, "give it the ending of its format, or its text in a .txt file")
    if 0 in head or (len(head) - len(head.translate(None, _CONTROL))) * 10 > len(head):
        raise _binary()


def utf8_lines(source: Source) -> Iterator[tuple[int, bytes | ArticleError]]:
    """The lines of a text file from 1, in UTF-8, with their ends; one over MAX_LINE is an error in its place."""
    with utf8(source) as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    pass
                msg = f"line {number}: too long: over {MAX_LINE:,} bytes without an end"
                yield number, ArticleError(msg, "one article a line")
            else:
                yield number, line


def utf8(source: Source) -> Any:
    """The file as UTF-8 bytes without a byte order mark, whatever it is in. Raises ArticleError as `decoded`."""
    encoding = _encoding_of(source)
    return stream(_recoded(source, encoding))


def _recoded(source: Source, encoding: str) -> Iterator[bytes]:
    with source.open() as file:
        if encoding == "utf-8":
            yield file.read1(SAMPLE).removeprefix(codecs.BOM_UTF8)
            while piece := file.read1(SAMPLE):
                yield piece
            return
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        while piece := file.read1(SAMPLE):
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()


def _encoding_of(source: Source) -> str:
    """The encoding of a file of any length. UTF-8 with a broken sequence somewhere is UTF-8: its row is named later."""
    with source.open() as file:
        piece = file.read1(SAMPLE)
        encoding = wide_encoding(piece)
        if encoding:
            return encoding
        check_is_text(piece)
        decoder = codecs.getincrementaldecoder("utf-8")()
        before = b""
        while piece:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                good = before + error.object[: error.start]
                return (
                    _guessed(error.object[max(0, error.start - 2000) :] + file.read(SAMPLE))
                    if good.isascii()
                    else "utf-8"
                )
            before = before if not before.isascii() else piece
            try:
                piece = file.read1(SAMPLE)
            except ArticleError:  # what is damaged or cut off is told when the rows before it have been read
                break
        return "utf-8"


def _guessed(raw: bytes) -> str:
    """The likeliest encoding of what is neither UTF-8 nor wide. Raises ArticleError."""
    at = next((n for n, byte in enumerate(raw) if byte > 0x7F), 0)
    sample = raw[max(0, at - 2000) : at + SAMPLE]
    high = sum(byte > 0x7F for byte in sample)
    # Among encodings of one byte a character a guess is a guess; what Indonesian and English texts come in is cp1252.
    if high * 10 < len(sample) and _decodes(sample, "cp1252"):
        return "cp1252"
    from charset_normalizer import from_bytes

    found = from_bytes(sample).best()
    if found is None:
        raise _binary()
    one_byte = len(str(found)) == len(sample)
    return "cp1252" if one_byte and _decodes(sample, "cp1252") else found.encoding


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _binary() -> ArticleError:
    return ArticleError("not a text file: it seems to be binary", "give its text in a .txt file")


def _undecodable(encoding: str, error: UnicodeDecodeError) -> ArticleError:
    msg = f"not a text file in one encoding: it seems to be {encoding.upper()}, but is broken at byte {error.start:,}"
    return ArticleError(msg, "save it as UTF-8")
