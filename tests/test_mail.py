"""Mail as programs write it."""

from email.message import EmailMessage
from pathlib import Path

import docx
import pytest

from index.article import Article, read_articles
from index.errors import ArticleError

TEXT = "Harga “beras” turun – kata Menteri é.\n"


def message(**headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {
        "Subject": "Siaran pers: “beras”",
        "From": "Humas Contoh <humas@contoh.go.id>",
        **headers,
    }.items():
        made[name] = value
    return made


def read(path: Path, content: EmailMessage | bytes) -> list[Article | ArticleError]:
    path.write_bytes(content if isinstance(content, bytes) else content.as_bytes())
    return list(read_articles(path))


def one(path: Path, content: EmailMessage | bytes) -> Article:
    (article,) = read(path, content)
    assert isinstance(article, Article)
    return article


@pytest.mark.parametrize("coding", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_headers_and_text_in_any_coding(tmp_path: Path, coding: str, charset: str) -> None:
    made = message(Date="Thu, 08 Feb 2024 23:30:00 +0700")
    made.set_content(TEXT, cte=coding, charset=charset)
    article = one(tmp_path / "a.eml", made)
    assert (article.row, article.text, article.title) == (None, TEXT, "Siaran pers: “beras”")
    assert (article.author, article.source, article.published) == ("Humas Contoh", None, "2024-02-08")


def test_html_only_and_both(tmp_path: Path) -> None:
    made = message()
    made.set_content(
        "<html><head><style>p{}</style></head><body><p>Satu.<p>Dua &amp; tiga.</body></html>", subtype="html"
    )
    assert one(tmp_path / "a.eml", made).text == "Satu.\nDua & tiga."
    made = message()
    made.set_content(TEXT)
    made.add_alternative("<p>Dari HTML.</p>", subtype="html")
    assert one(tmp_path / "b.eml", made).text == TEXT


def test_attachments_are_articles_of_their_own(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Isi lampiran.")
    document.save(str(tmp_path / "x.docx"))
    inner = message(Subject="Diteruskan")
    inner.set_content("Isi pesan lama.\n")
    made = message()
    made.set_content(TEXT)
    made.add_attachment(
        (tmp_path / "x.docx").read_bytes(), maintype="a", subtype="b", filename="../../etc/lampiran.docx"
    )
    made.add_attachment(b"text;id\nSatu.;7\n;8\n", maintype="text", subtype="csv", filename="C:\\x\\tabel.csv")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    made.add_attachment(b"%PDF-1.4 rusak", maintype="a", subtype="pdf", filename="rusak.pdf")
    made.add_attachment(inner)
    found = read(tmp_path / "a.eml", made)
    assert [(one.row, one.text) for one in found if isinstance(one, Article)] == [
        (None, TEXT),
        ("lampiran.docx", "Isi lampiran.\n"),
        ("tabel.csv/7", "Satu."),
        ("message.eml", "Isi pesan lama.\n"),
    ]
    errors = [str(one) for one in found if isinstance(one, ArticleError)]
    assert errors[0] == "attachment tabel.csv: row 3, line 3: no text (there are text, id)"
    assert errors[1].startswith("attachment rusak.pdf: not a whole PDF document")


def test_lines_that_the_mail_program_broke(tmp_path: Path) -> None:
    flowed = b"Subject: A\nContent-Type: text/plain; format=flowed\n\nHarga beras \nturun lagi.\nBaris kedua.\n"
    assert one(tmp_path / "a.eml", flowed).text == "Harga beras turun lagi.\nBaris kedua.\n"
    hard = b"Subject: A\n\n" + b"\n".join(
        [b"Harga beras di Pasar Induk Cipinang turun setelah panen raya mulai di",
         b"Jawa Tengah dan Jawa Timur, kata Menteri Perdagangan dalam kunjungan",
         b"ke pasar itu."]
    )  # fmt: skip
    assert one(tmp_path / "b.eml", hard).text.count("\n") == 0


def test_mail_that_is_damaged_or_none(tmp_path: Path) -> None:
    wrong = b"Subject: =?x-unknown?q?A?=\nDate: kapan saja\nContent-Type: text/plain; charset=tidak-ada\n\n"
    wrong += b"Harga \xe9 turun.\n"
    article = one(tmp_path / "a.eml", wrong)
    assert (article.text, article.published) == ("Harga é turun.\n", None)
    for content in (b"", b"Hanya teks biasa tanpa kepala."):
        with pytest.raises(ArticleError):
            read(tmp_path / "b.eml", content)


def test_a_web_archive_is_its_page(tmp_path: Path) -> None:
    content = (
        b"From: <Saved by Blink>\nSnapshot-Content-Location: https://www.kompas.com/a\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html\n'
        b"Content-Transfer-Encoding: quoted-printable\n\n"
        b"<html><body><p>Harga caf=C3=A9 turun.</p></body></html>\n--b--\n"
    )
    article = one(tmp_path / "a.mhtml", content)
    assert (article.text, article.url, article.source) == (
        "Harga café turun.",
        "https://www.kompas.com/a",
        "KOMPAS.com",
    )


@pytest.mark.parametrize("delimiter", ["-- ", "--"])
@pytest.mark.parametrize("width", [70, 200])
def test_a_signature_is_in_no_passage(tmp_path: Path, delimiter: str, width: int) -> None:
    line = ("Harga beras turun di pasar kota setelah panen raya dimulai kemarin dan stok cukup " * 4)[:width].strip()
    made = message()
    made.set_content(f"{line}\n{line}\n\n{delimiter}\nHumas Contoh\nJalan Contoh 1\n")
    found = one(tmp_path / "a.eml", made)
    assert [found.text[start:end] for start, end in found.boilerplate] == [
        f"{delimiter}\nHumas Contoh\nJalan Contoh 1\n"
    ]


@pytest.mark.parametrize("below", ["Humas. " * 200, None])
def test_two_hyphens_before_a_long_text_or_after_none_are_no_signature(tmp_path: Path, below: str | None) -> None:
    made = message()
    made.set_content(f"Harga beras turun.\n-- \n{below}\n" if below else "-- \nHarga beras turun.\n")
    assert one(tmp_path / "a.eml", made).boilerplate == ()
