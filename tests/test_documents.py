"""PDF and Word documents, made by the libraries that people make them with."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer

from index.article import Article, read_articles
from index.errors import ArticleError
from index.reading.layout import paragraphs
from tests.conftest import Archive, paragraph


def one(path: Path) -> Article:
    (article,) = read_articles(path)
    assert isinstance(article, Article)
    return article


def error_of(path: Path) -> str:
    with pytest.raises(ArticleError) as caught:
        list(read_articles(path))
    assert caught.value.hint
    return str(caught.value)


def write_pdf(path: Path, pages: Sequence[Sequence[str]], **options: Any) -> Path:
    """A PDF with a header and a numbered footer, a paragraph for each text."""
    style = getSampleStyleSheet()["BodyText"]

    def furniture(canvas: Canvas, template: Any) -> None:
        canvas.drawString(72, 810, "LAPORAN KHUSUS")
        canvas.drawString(72, 20, f"Harian Contoh | {template.page}")

    story: list[Any] = []
    for page in pages:
        for text in page:
            story += [Paragraph(text, style), Spacer(1, 8)]
        story.append(PageBreak())
    path.parent.mkdir(exist_ok=True)
    template = SimpleDocTemplate(str(path), pagesize=A4, **options)
    template.build(story, onFirstPage=furniture, onLaterPages=furniture)
    return path


def test_pdf_paragraphs_pages_and_furniture(tmp_path: Path) -> None:
    pages = [[paragraph(page, n) for n in range(2)] for page in range(3)]
    article = one(write_pdf(tmp_path / "a.pdf", pages, title="Laporan Beras", author="Siti"))
    assert (article.title, article.author, len(article.pages)) == ("Laporan Beras", "Siti", 3)
    for number, page in enumerate(pages):
        end = [*article.pages, len(article.text)][number + 1]
        lines = article.text[article.pages[number] : end].rstrip("\n").split("\n")
        assert lines == ["LAPORAN KHUSUS", *page, f"Harian Contoh | {number + 1}"] or lines == [
            "LAPORAN KHUSUS", f"Harian Contoh | {number + 1}", *page,
        ]  # fmt: skip
    apart = [article.text[start:end] for start, end in article.boilerplate]
    assert sorted(apart) == [f"Harian Contoh | {n}" for n in (1, 2, 3)] + ["LAPORAN KHUSUS"] * 3


def test_a_hit_in_a_pdf_has_its_page(archive: Archive) -> None:
    from search.engine import Searcher
    from search.render import answer_text, shown_text

    pages = [[paragraph("halaman", page)] for page in range(3)]
    archive.settle(write_pdf(archive.folder / "laporan.pdf", pages))
    assert archive.counts() == {"added": 1, "encoded": 3}
    with Searcher.open(archive.root) as searcher:
        answer = searcher.search(
            f'"{pages[1][0].split()[0]} {pages[1][0].split()[1]}"', mode="lexical", all_passages=True
        )
        hit = answer.hits[0]
        shown = searcher.show(hit.passage_id)
        whole = searcher.show(hit.article_id)
    assert (hit.page, hit.page_end, hit.text) == (2, 2, pages[1][0])
    assert "laporan.pdf, page 2  " in answer_text(answer, width=200)
    assert "laporan.pdf, page 2  " in shown_text(shown, width=200)
    assert [passage["page"] for passage in whole["passages"]] == [1, 2, 3]
    assert whole["text"][hit.char_start : hit.char_end] == hit.text


def test_pdf_files_without_text_or_key(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "scan.pdf"))
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.showPage()
    canvas.save()
    assert error_of(tmp_path / "scan.pdf") == "no text in it: scanned? (pages: 1)"
    locked = write_pdf(tmp_path / "locked.pdf", [["Rahasia."]], encrypt=StandardEncryption("kunci"))
    assert error_of(locked) == "encrypted: it opens with a password only"
    readable = write_pdf(tmp_path / "open.pdf", [["Terbuka."]], encrypt=StandardEncryption("", ownerPassword="x"))
    assert "Terbuka." in one(readable).text
    whole = readable.read_bytes()
    (tmp_path / "cut.pdf").write_bytes(whole[: len(whole) // 3])
    assert "not a whole PDF document" in error_of(tmp_path / "cut.pdf")
    (tmp_path / "empty.pdf").write_bytes(b"")
    assert "empty" in error_of(tmp_path / "empty.pdf")


def test_a_pdf_bomb_is_not_expanded(tmp_path: Path) -> None:
    drawing = zlib.compress(b"BT (x) Tj ET\n" * 3_000_000, 1)
    (tmp_path / "a.pdf").write_bytes(
        b"%PDF-1.4\n4 0 obj\n<</Length " + str(len(drawing)).encode() + b"/Filter/FlateDecode>>stream\n" + drawing
    )
    assert error_of(tmp_path / "a.pdf") == "a page of it expands to more than 32,000,000 bytes"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Harga beras di pasar itu naik lagi pada", "hari ini. Pedagang berkata bahwa panen", "gagal.", "Baru lagi."],
         ["Harga beras di pasar itu naik lagi pada hari ini. Pedagang berkata bahwa panen gagal.", "Baru lagi."]),
        (["Kata peme-", "rintah, anak-", "anak dan ber-", "lari-lari", "di Jakarta-", "Bandung"],
         ["Kata pemerintah, anak-anak dan berlari-lari di Jakarta-Bandung"]),
        (["Satu.", "", "Dua."], ["Satu.", "Dua."]),
        ([], []),
    ],
)  # fmt: skip
def test_lines_become_paragraphs(lines: list[str], expected: list[str]) -> None:
    assert paragraphs(lines) == expected


def test_word(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Harga Beras Turun", 0)
    document.add_paragraph("JAKARTA, KOMPAS.com - Harga beras turun, kata Menteri, Kamis (8/2/2024).")
    table = document.add_table(2, 2)
    for n, text in enumerate(("Kota", "Harga", "Solo", "Rp12.000")):
        table.cell(n // 2, n % 2).text = text
    document.add_paragraph("Panen raya mulai di Jawa.")
    document.core_properties.author = "Siti"
    document.save(str(tmp_path / "a.docx"))
    article = one(tmp_path / "a.docx")
    assert article.text == (
        "Harga Beras Turun\nJAKARTA, KOMPAS.com - Harga beras turun, kata Menteri, Kamis (8/2/2024).\n"
        "Kota | Harga\nSolo | Rp12.000\nPanen raya mulai di Jawa.\n"
    )
    assert (article.title, article.author, article.source) == ("Harga Beras Turun", "Siti", "KOMPAS.com")
    assert article.published == "2024-02-08"


def rewritten(path: Path, body: bytes) -> Path:
    """A Word document whose main part is `body`."""
    template = io.BytesIO()
    docx.Document().save(template)
    with zipfile.ZipFile(template) as whole, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            archive.writestr(name, body if name == "word/document.xml" else whole.read(name))
    return path


def test_word_files_that_are_hostile_or_none(tmp_path: Path) -> None:
    space = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    secret = tmp_path / "secret.txt"
    secret.write_text("RAHASIA")
    entity = b'<!DOCTYPE d [<!ENTITY x SYSTEM "' + secret.as_uri().encode() + b'">]>'
    body = b"<w:document %s><w:body><w:p><w:r><w:t>Isi &x; itu.</w:t></w:r></w:p></w:body></w:document>" % space
    assert "RAHASIA" not in one(rewritten(tmp_path / "xxe.docx", b'<?xml version="1.0"?>' + entity + body)).text
    laughs = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 9))
    doctype = b'<!DOCTYPE d [<!ENTITY e0 "ha">' + laughs + b'<!ENTITY x "&e8;">]>'
    for message in [error_of(rewritten(tmp_path / "lol.docx", b'<?xml version="1.0"?>' + doctype + body))]:
        assert "amplification" in message or "entity" in message.lower() or "empty" in message
    assert "expands to" in error_of(rewritten(tmp_path / "bomb.docx", b"<a>" + b"x" * 32_000_001))
    tags = b"<w:document %s><w:body>" % space + b"<w:p/>" * 2_000_000 + b"</w:body></w:document>"
    assert "tags, at most 2,000,000 are read" in error_of(rewritten(tmp_path / "tags.docx", tags))
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(100))
    assert "an old Office document" in error_of(tmp_path / "old.docx")
    with zipfile.ZipFile(tmp_path / "zip.docx", "w") as archive:
        archive.writestr("../../a.txt", "x")
    assert error_of(tmp_path / "zip.docx") == "an archive without a Word document in it"
