"""Inputs made to harm, each drawn from a seed and a number: files of every format, questions.

What `scripts.fuzz` feeds to Telusur. One seed and number give the same bytes on every machine with the same packages.
"""

import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from backports import zstd

SEEDS = Path(__file__).parent.parent / "seeds"
ENDINGS = (
    "txt md html pdf docx jsonl json csv tsv eml mhtml xhtml txt.gz jsonl.xz csv.zst html.gz pdf.bz2 eml.xz txt.zst"
).split()
TOKENS = [
    b"\x1b[31m", b"\x1b]8;;http://x\x07", b"\x9b31m", b"\x00", b"\r", b"\x08\x08", b"\xff\xfe", b"\xef\xbb\xbf",
    "\u202e\u2066\u200f\u061c".encode(), "\ud7ff\ufdfa\u0307\U0001f469\u200d".encode(), "e\u0301".encode() * 40,
    b"\xed\xa0\x80",
    b"<script>alert(1)</script>", b"<img src=x onerror=alert(1)>", b"&#27;[2J", b"&#x202e;", b"<a>", b"<div>", b"<p>x",
    b"<table><tr><td>", b"<!--", b"-->", b"]]>", b"<![CDATA[",
    b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
    b"&a;", b"<?xml version='1.0' encoding='utf-7'?>", b"<meta charset='base64'>", b"<meta charset=idna>", b"[", b"{",
    b'{"a":', b"]", b"}", b'"', b"'", b"\\", b"\\ud800", b"\\u001b[31m", b"1e999", b"-" * 30, b"9" * 400, b"NaN",
    b"null",
    b",", b"\t", b"\n", b"\r\n", b";;;;", b"sep=,\n", b'"""', b"---\n", b"+++\n", b"- - - ", b"&a [*a]",
    b"!!python/object:os.system x",
    b"../../../etc/passwd", b"/etc/passwd", b"C:\\x", b"\\\\host\\x", b"%00", b"Baca juga: ", b"JAKARTA, KOMPAS.com - ",
    b"(8/2/2024) ", b"Senin (31/12/9999)", b"0000-00-00", b"Kamis, 30 Februari 2024 25:61 WIB", b"31/31/31 ",
    b"Content-Type: multipart/mixed; boundary=x\r\n", b"--x\r\n", b"=?utf-8?b?/////?=",
    b"Content-Type: text/html; charset=zip\r\n",
    b"Content-Transfer-Encoding: uu\r\n", b"begin 644 x\n", b"From: <\x1b[31m@x>\r\n", b"obj<</Type/Catalog",
    b"endobj", b"stream\r\n",
    b"/Length 99999999999", b"/Filter[/FlateDecode/FlateDecode]", b"%PDF-1.7", b"PK\x03\x04", b"\x1f\x8b\x08",
    b"BZh91AY&SY",
    b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"a" * 300, b" " * 300, b"." * 200, b"1.000,00 ", b"http://" + b"a." * 100,
    b"@" * 50,
    b"\xc3\x83\xc2\xa2" * 20, b"\xe2\x80\x9c", b"**", b"[](", b"![", b"```", b"*.txt", b"[!", b"[a-", b"**/" * 30,
    b"!", b"\\",
]  # fmt: skip
QUESTIONS = (
    "Apa kata Xi tentang Kuba?", "What did Xi say about Cuba?", '"kepentingan utama" Kuba', "Kuba -Taiwan", "siapa",
    "harga sejak Februari 2024", "between 1 January 2023 and last week", "apa itu BPS?", "2024-02-30", "",
)  # fmt: skip


def drawn(seed: int, kind: str, number: int) -> random.Random:
    """The source of chance of one case."""
    return random.Random(f"{seed}/{kind}/{number}")


# --- files ---


@cache
def sound(ending: str) -> bytes:
    """A file of a format with nothing wrong in it."""
    if "." in ending:
        inner, _, packed = ending.partition(".")
        return _packed(packed, sound(inner))
    text = min((path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt")), key=len)[:3000]
    lines = [line for line in text.splitlines() if line.strip()]
    row = {"title": lines[0], "text": text, "date": "2024-02-08", "url": "https://example.com/a?b=1", "id": "x1"}
    markup = "".join(f"<p>{line}</p>\n" for line in lines)
    page = (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{lines[0]}</title></head><body>{markup}</body></html>'
    )
    made: dict[str, Callable[[], bytes]] = {
        "txt": text.encode,
        "md": f"---\ntitle: {lines[0][:40]!r}\ndate: 2024-02-08\n---\n# Judul\n\n{text}".encode,
        "html": page.encode,
        "xhtml": page.encode,
        "jsonl": lambda: b"".join(json.dumps({**row, "id": n}).encode() + b"\n" for n in range(4)),
        "json": lambda: json.dumps({"data": {"articles": [row, {**row, "id": "x2"}]}}, indent=1).encode(),
        "csv": lambda: _table(row, ","),
        "tsv": lambda: _table(row, "\t"),
        "eml": lambda: _message(text, page),
        "mhtml": lambda: _message("", page),
        "docx": lambda: _word(lines),
        "pdf": lambda: _pdf(lines),
    }
    return made[ending]()


def _packed(kind: str, content: bytes) -> bytes:
    pack = {
        "gz": lambda raw: gzip.compress(raw, mtime=0),
        "xz": lzma.compress,
        "bz2": bz2.compress,
        "zst": zstd.compress,
    }
    return bytes(pack[kind](content))


def _table(row: dict[str, str], delimiter: str) -> bytes:
    cells = ['"' + value.replace('"', '""') + '"' for value in row.values()]
    return (delimiter.join(row) + "\n" + (delimiter.join(cells) + "\n") * 3).encode()


def _message(text: str, page: str) -> bytes:
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["Subject"], message["Date"] = "Siti <s@x.id>", "Berita", "Thu, 08 Feb 2024 10:00:00 +0700"
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    if text:
        message.add_attachment(
            text.encode(), maintype="application", subtype="octet-stream", filename="../../lampiran.txt"
        )
        message.add_attachment(_pdf([text[:80]]), maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes().replace(message.get_boundary("x").encode(), b"batas")


def _word(lines: list[str]) -> bytes:
    import docx

    document, buffer = docx.Document(), io.BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.add_table(1, 2).cell(0, 0).text = "sel"
    document.save(buffer)
    return buffer.getvalue()


def _pdf(lines: list[str]) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    for page in range(2):
        for at, line in enumerate(lines[:30]):
            canvas.drawString(50, 800 - 20 * at, f"{page} {line[:90]}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def file_of(seed: int, number: int) -> tuple[str, dict[str, bytes]]:
    """The name of a hostile file, and the contents of it and what lies beside it."""
    draw = drawn(seed, "files", number)
    ending = draw.choice(ENDINGS)
    name = f"{number}.{ending}"
    if "." in ending and draw.random() < 0.7:  # what is packed is as hostile as what is not
        inner, _, packed = ending.partition(".")
        content = _packed(packed, mutated(draw, sound(inner)))
    elif ending == "docx" and draw.random() < 0.7:
        content = _part_mutated(draw, sound(ending))
    else:
        content = mutated(draw, sound(ending))
    files = {name: content}
    if draw.random() < 0.1:
        files[f"{name}.meta.json"] = mutated(draw, b'{"title": "Judul", "date": "2024-02-08", "source": "Kompas"}')
    if draw.random() < 0.03:
        files[draw.choice((".telusurignore", ".gitignore"))] = mutated(draw, b"*.tmp\n!a.txt\n/berita/**\n")
    return name, files


def _part_mutated(draw: random.Random, content: bytes) -> bytes:
    """An Office document one of whose parts is mutated, so that its archive is whole."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        names = whole.namelist()
        chosen = draw.choice(["word/document.xml", *names])
        for name in names:
            part = whole.read(name)
            stored = "../../" + name if name == chosen and draw.random() < 0.05 else name
            archive.writestr(zipfile.ZipInfo(stored), mutated(draw, part) if name == chosen else part)
    return buffer.getvalue()


def mutated(draw: random.Random, content: bytes) -> bytes:
    """Bytes changed in one to six places."""
    found = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        at = draw.randrange(len(found) + 1)
        end = min(len(found), at + draw.choice((1, 4, 40, 400)))
        kind = draw.random()
        if kind < 0.25 and found:
            found[min(at, len(found) - 1)] ^= 1 << draw.randrange(8)
        elif kind < 0.6:
            found[at:at] = draw.choice(TOKENS)
        elif kind < 0.7:
            del found[at:end]
        elif kind < 0.78:
            found[at:at] = found[at:end] * draw.choice((1, 2, 50))
        elif kind < 0.84:
            del found[at:]
        elif kind < 0.9:
            found[at:end] = sound(draw.choice(ENDINGS))[:2000]
        elif kind < 0.94:
            found[at:end] = draw.randbytes(end - at)
        else:  # what costs its square shows in what is long
            piece = draw.choice(
                (draw.choice(TOKENS), bytes(found[at : at + 3]), draw.choice(TOKENS) + draw.choice(TOKENS))
            )
            found[at:at] = piece * (draw.choice((2_000, 50_000, 400_000)) // max(1, len(piece)))
    return bytes(found)


# --- questions ---


def question_of(seed: int, number: int) -> dict[str, object]:
    """A hostile question: what a Searcher's `search` takes."""
    draw = drawn(seed, "queries", number)
    text = draw.choice(QUESTIONS).encode()
    for _ in range(draw.choice((0, 1, 2))):
        text = mutated(draw, text)
    chosen: dict[str, object] = {
        "query": text[: draw.choice((100, 1_000, 100_000))].decode(
            "utf-8", draw.choice(("replace", "surrogateescape"))
        ),
        "mode": draw.choice(("hybrid", "lexical", "semantic")),
        "k": draw.choice((1, 10, 100)),
        "all_passages": draw.random() < 0.5,
    }
    if draw.random() < 0.3:
        field = draw.choice(("path", "since", "until", "sources", "languages"))
        value = mutated(draw, b"2024-02").decode("utf-8", "replace")[:2000]
        chosen[field] = (value,) if field in ("sources", "languages") else value
    return chosen
