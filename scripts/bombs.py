"""Index files that are small, or plain, and would fill the memory of a program that took them as they are.

    python -m scripts.bombs [NAME…] [--encoder DIR]

Each lies in a folder of its own beside a sound article, and `telusur index` is run on the folder. Printed is a table:
the bytes of the file and what they expand to, the processor seconds, the most memory that the command or the process
that reads documents had (as Linux counts it), and what was said of the file. The exit status is 1 when one had over
1 GB, or the command failed.
"""

import argparse
import bz2
import gzip
import io
import lzma
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

from backports import zstd

MEMORY = 1_000_000_000
SECONDS = 900
PARAGRAPH = b"Harga beras di pasar naik lagi pada hari ini.\n"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)
) + "]>"  # fmt: skip


def filled(path: Path, size: int, piece: bytes, head: bytes = b"", tail: bytes = b"") -> int:
    """A file of a piece over and over, packed as its ending says; how many bytes it expands to."""
    many = piece * (1_000_000 // len(piece) + 1)
    opened: dict[str, Callable[[], Any]] = {
        ".gz": partial(gzip.open, path, "wb", 1),
        ".bz2": partial(bz2.open, path, "wb", 1),
        ".xz": partial(lzma.open, path, "wb", preset=0),
        ".zst": partial(zstd.open, path, "wb"),
    }
    with opened.get(path.suffix, partial(path.open, "wb"))() as file:
        file.write(head)
        for block in repeat(many, size // len(many)):
            file.write(block)
        file.write(tail)
    return len(head) + size // len(many) * len(many) + len(tail)


def word(path: Path, document: str | bytes) -> int:
    """A Word document whose text part is this."""
    import docx

    buffer = io.BytesIO()
    docx.Document().save(buffer)
    with zipfile.ZipFile(buffer) as sound, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sound.namelist():
            archive.writestr(name, document if name == "word/document.xml" else sound.read(name))
        return sum(part.file_size for part in archive.infolist())


def word_of(path: Path, inner: str, times: int, entities: str = "") -> int:
    """A Word document of a piece of XML over and over."""
    return word(path, f'{entities}<w:document xmlns:w="{_W}"><w:body>{inner * times}</w:body></w:document>')


def pdf(path: Path, stream: bytes, keys: str = "", packed: int = 1, page: bytes = b"") -> int:
    """A PDF document with one page, and a stream that is packed so many times."""
    size = len(stream)
    for _ in range(packed):
        stream = zlib.compress(stream, 1)
    filters = "/Filter[" + "/FlateDecode" * packed + "]" if packed else ""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page
        or b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F<</Type/Font"
        b"/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        f"<<{keys}{filters}/Length {len(stream)}>>stream\n".encode() + stream + b"\nendstream",
    ]
    content, at = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        at.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in at)
    content += b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n"
    path.write_bytes(content + str(content.rindex(b"xref\n0 5")).encode() + b"\n%%EOF")
    return size


def nested(path: Path, layers: int) -> int:
    """A file packed in itself."""
    content = PARAGRAPH
    for _ in range(layers):
        content = gzip.compress(content, mtime=0)
    path.write_bytes(content)
    return len(PARAGRAPH)


def message(path: Path, parts: int) -> int:
    """A message with that many attachments."""
    part = b"--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nBeras.\r\n"
    return filled(path, parts * len(part), part, b"From: a@x.id\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n")


def attached(path: Path, content: bytes) -> int:
    """A message with a compressed file in it."""
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"] = "a@x.id"
    mail.set_content("Beras.")
    mail.add_attachment(content, maintype="application", subtype="gzip", filename="a.txt.gz")
    path.write_bytes(mail.as_bytes())
    return len(zlib.decompress(content, 31))


def beside(path: Path, ending: str, size: int, piece: bytes) -> int:
    """A sound article, and beside it what speaks of it."""
    path.write_bytes(PARAGRAPH)
    return filled(path.with_name(ending), size, piece)


def linked(path: Path, name: str) -> int:
    """A sound article, and beside it a link to what never ends."""
    path.write_bytes(PARAGRAPH)
    path.with_name(name).symlink_to("/dev/zero")
    return 0


GB = 1_000_000_000
# Name of the file, what makes it; each gives the number of bytes that it expands to.
BOMBS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "gzip": ("a.txt.gz", lambda path: filled(path, GB, PARAGRAPH)),
    "bzip2": ("a.txt.bz2", lambda path: filled(path, GB // 4, b"\0")),
    "xz": ("a.txt.xz", lambda path: filled(path, GB, PARAGRAPH)),
    "zstd": ("a.txt.zst", lambda path: filled(path, GB, PARAGRAPH)),
    "gzip in gzip": ("a.txt.gz", lambda path: nested(path, 50)),
    "one line": ("a.jsonl.gz", lambda path: filled(path, GB, b"x", b'{"text": "', b'"}')),
    "text": ("a.txt", lambda path: filled(path, GB // 5, PARAGRAPH)),
    "Word: packed zeros": ("a.docx", lambda path: word(path, b"\0" * (GB // 2))),
    "Word: entities": ("a.docx", lambda path: word_of(path, "<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>", 1, _LAUGHS)),
    "Word: paragraphs": ("a.docx", lambda path: word_of(path, "<w:p/>", 5_000_000)),
    "Word: cells": ("a.docx", lambda path: word_of(path, f"<w:tbl><w:tr>{'<w:tc/>' * 100}</w:tr></w:tbl>", 40_000)),
    "Word: depth": ("a.docx", lambda path: word_of(path, "<w:p>", 4_000_000)),
    "PDF: a drawing": ("a.pdf", lambda path: pdf(path, b"BT /F 9 Tf (x) Tj ET\n" * 20_000_000)),
    "PDF: packed twice": ("a.pdf", lambda path: pdf(path, b"BT /F 9 Tf (x) Tj ET\n" * 20_000_000, packed=2)),
    "PDF: packed thrice": ("a.pdf", lambda path: pdf(path, b"\0" * GB, packed=3)),
    "PDF: object stream": (
        "a.pdf",
        lambda path: pdf(path, b" " * GB, "/Type/ObjStm/N 100000000/First 8", 2, page=b"<</Type/Page/Contents 9 0 R>>"),
    ),
    "PDF: pages": ("a.pdf", lambda path: pdf(path, b"", "", 0, b"<</Type/Pages/Count 900000000/Kids[2 0 R 3 0 R]>>")),
    "page: depth": ("a.html", lambda path: filled(path, 15_000_000, b"<div>", b"<html><body>")),
    "page: elements": ("a.html", lambda path: filled(path, 15_000_000, b"<b>", b"<html><body><p>x")),
    "page: attributes": ("a.html", lambda path: filled(path, 15_000_000, b" a", b"<html><body><p", b">x</p>")),
    "page: cells": ("a.html", lambda path: filled(path, 15_000_000, b"<td>", b"<html><body><table><tr>")),
    "page: entities": (
        "a.xhtml",
        lambda path: filled(
            path, 1000, b"x", f"<?xml version='1.0'?>{_LAUGHS}<html><body><p>&a11;".encode(), b"</p></body></html>"
        ),
    ),
    "page packed": ("a.html.gz", lambda path: filled(path, GB, PARAGRAPH, b"<html><body>")),
    "message: parts": ("a.eml", lambda path: message(path, 500_000)),
    "message: gzip": ("a.eml", lambda path: attached(path, gzip.compress(b"\0" * GB, 1))),
    "message: depth": (
        "a.eml", lambda path: filled(path, 30_000_000, b"Content-Type: message/rfc822\r\n\r\n", b"From: a@x.id\r\n")
    ),
    "JSON: depth": ("a.json", lambda path: filled(path, GB // 20, b"[")),
    "JSON: one string": ("a.json.gz", lambda path: filled(path, GB, b"x", b'{"text": "', b'"}')),
    "JSON: one long string": ("a.json", lambda path: filled(path, GB // 2, b"x", b'{"text": "', b'"}')),
    "JSON: one number": ("a.json", lambda path: filled(path, GB // 20, b"9", b'{"text": "x", "id": ', b"}")),
    "JSON: lists": ("a.json", lambda path: filled(path, GB // 20, b"[[[[]]]],", b'{"text": "x", "id": [', b"0]}")),
    "JSON: keys": ("a.json", lambda path: keys(path, 2_000_000)),
    "JSON Lines: lists": (
        "a.jsonl",
        lambda path: filled(path, 15_000_000, b"[[[[]]]],", b'{"text": "x", "id": [', b"0]}\n"),
    ),
    "JSON Lines: markup": ("a.jsonl", lambda path: filled(path, 15_000_000, b"<b>", b'{"text": "<p>', b'"}\n')),
    "table: one cell": ("a.csv", lambda path: filled(path, GB // 2, PARAGRAPH, b'title,text\nx,"')),
    "table: cells of lines": ("a.csv", lambda path: filled(path, GB // 20, b'ab\n","', b'title,text\nx,"')),
    "table: columns": ("a.csv", lambda path: filled(path, GB // 20, b"a,", b"title,text,")),
    "table: one line": ("a.csv", lambda path: filled(path, GB // 20, b"a,", b"title,text\n")),
    "sidecar": ("a.txt", lambda path: beside(path, "a.txt.meta.json", GB // 20, b"[")),
    "ignore file": ("a.txt", lambda path: beside(path, ".telusurignore", GB // 10, b"x\n")),
    "ignore file without an end": ("a.txt", lambda path: linked(path, ".telusurignore")),
    "ignore file: stars": ("a" * 200 + ".txt", lambda path: stars(path)),
}  # fmt: skip


def keys(path: Path, count: int) -> int:
    """A JSON object with that many keys."""
    with path.open("w") as file:
        file.write("{")
        for number in range(count):
            file.write(f'"k{number}":0,')
        file.write('"text": "x"}')
    return path.stat().st_size


def stars(path: Path) -> int:
    """A pattern that a careless matcher tries in all ways."""
    path.write_bytes(PARAGRAPH)
    return path.with_name(".telusurignore").write_bytes(b"*a" * 40 + b"b\n")


# --- what becomes of each ---


def taken(process: int) -> int:
    """The most bytes that a process, or one of its children, has had in memory."""
    try:
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return max([int(peak[1]) * 1024 if peak else 0, *map(taken, map(int, children))])
    except OSError:  # it has ended
        return 0


def indexed(folder: Path, encoder: list[str]) -> tuple[str, int, float, int]:
    """`telusur index` on a folder: what it says, its exit status, processor seconds, most memory in bytes."""
    line = [sys.executable, "-m", "search", "index", str(folder / "b"), "--index", str(folder / "index"), *encoder]
    with (folder / "said").open("w") as said:
        child = subprocess.Popen(line, stdout=said, stderr=said)
        most, begun = 0, time.monotonic()
        while True:
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
            most = max(most, taken(child.pid))
            if time.monotonic() - begun > SECONDS:
                child.kill()
            time.sleep(0.01)
        child.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "said").read_text()
    return text, child.returncode, used.ru_utime + used.ru_stime, most


def main() -> None:
    """Run those that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--encoder")
    options = parser.parse_args()
    encoder = ["--encoder", options.encoder] if options.encoder else []
    failed = False
    print("| file | bytes | expands to | CPU s | MB | |\n|---|---:|---:|---:|---:|---|")
    for name in options.names or BOMBS:
        with tempfile.TemporaryDirectory(prefix="bombs-") as place:
            folder = Path(place)
            (folder / "b").mkdir()
            (folder / "b" / "zz.txt").write_bytes(PARAGRAPH)
            file, make = BOMBS[name]
            size = make(folder / "b" / file)
            text, status, seconds, most = indexed(folder, encoder)
            wrong = status != 0 or most > MEMORY or "Traceback" in text
            failed |= wrong
            lines = [
                line for line in text.splitlines() if file[:20] in line or "error" in line.lower()
            ] or text.splitlines()[:1]
            said = lines[0].replace(place, "")[:140] if lines else ""
            written = (folder / "b" / file).stat().st_size
            print(
                f"| {name} | {written:,} | {size:,} | {seconds:.1f} | {most / 1e6:,.0f}{' FAILED' * wrong} | {said} |",
                flush=True,
            )
            if wrong:
                print(text[-1500:], file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    main()
