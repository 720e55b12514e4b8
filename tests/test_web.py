"""Web pages, and markup inside rows."""

import html
from pathlib import Path

import pytest

from index.article import Article, read_articles
from index.errors import ArticleError

BODY = [
    "JAKARTA, KOMPAS.com - Harga beras di Pasar Induk Cipinang turun setelah panen raya dimulai di Jawa Tengah.",
    '"Kami senang & lega karena harga lebih murah," kata Menteri Perdagangan dalam kunjungannya ke pasar itu.',
    "Panen raya akan berlangsung sampai bulan April dan diperkirakan menghasilkan jutaan ton gabah tahun ini.",
]
HEAD = """<meta property="og:title" content="Harga Beras Turun"><meta property="og:site_name" content="Harian Contoh">
<meta name="author" content="Budi Santoso"><link rel="canonical" href="https://contoh.id/harga-beras">
<meta property="article:published_time" content="2024-02-08T23:30:00+07:00">
<meta property="article:modified_time" content="2024-03-01T00:00:00+07:00">"""


def page(head: str = HEAD, charset: str = "utf-8", body: list[str] = BODY) -> str:
    shown = "".join(f"<p>{html.escape(text, quote=False)}</p>\n" for text in body)
    return (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>Harga Beras Turun - Situs</title>{head}'
        '<script>var jahat = "<p>skrip</p>";</script><style>p {}</style></head><body><nav><a href="/">Beranda</a></nav>'
        f"<article><h1>Harga Beras Turun</h1>{shown}<script>alert('jahat')</script></article>"
        "<footer>Hak cipta 2011 Situs</footer></body></html>"
    )


def one(path: Path, content: str | bytes) -> Article:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (article,) = read_articles(path)
    assert isinstance(article, Article)
    return article


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.xhtml"])
def test_a_page_says_who_wrote_what_when(tmp_path: Path, name: str) -> None:
    article = one(tmp_path / name, page())
    assert article.text.split("\n") == ["Harga Beras Turun", *BODY]
    assert (article.title, article.author, article.source) == ("Harga Beras Turun", "Budi Santoso", "Harian Contoh")
    assert (article.published, article.published_precision) == ("2024-02-08", "day")
    assert article.url == "https://contoh.id/harga-beras"


def test_what_a_page_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    article = one(tmp_path / "a.html", page("", body=[text.replace("KOMPAS.com - ", "") for text in BODY]))
    assert (article.source, article.published, article.author, article.url) == (None, None, None, None)


def test_jsonld_indonesian_dates_and_where_it_was_saved_from(tmp_path: Path) -> None:
    head = """<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",
        "headline": "Harga Beras Turun", "datePublished": "2024-02-07T10:00:00+07:00",
        "publisher": {"@type": "Organization", "name": "Koran Lain"},
        "author": {"@type": "Person", "name": "Siti Aminah"}}
        </script>"""
    article = one(tmp_path / "a.html", page(head))
    assert (article.published, article.source, article.author) == ("2024-02-07", "Koran Lain", "Siti Aminah")
    saved = page('<meta name="publishdate" content="Rabu, 7 Februari 2024 07:30 WIB">').replace(
        "<html>", "<!-- saved from url=(0036)https://news.detik.com/berita/d-1/x --><html>"
    )
    article = one(tmp_path / "b.html", saved)
    assert (article.published, article.url, article.source) == (
        "2024-02-07", "https://news.detik.com/berita/d-1/x", "detikcom",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "utf-16"),
        ("windows-1252", "cp1252"),
        ("iso-8859-1", "cp1252"),
        ("utf-8", "cp1252"),
    ],
)
def test_a_page_in_any_encoding(tmp_path: Path, charset: str, encoding: str) -> None:
    body = [*BODY, "Kafe “Café Ça Va” di Jalan Sabang itu – kata mereka – tetap buka sampai malam untuk pembeli beras."]
    assert one(tmp_path / "a.html", page(charset=charset, body=body).encode(encoding)).text.endswith(body[-1])


def test_a_page_that_is_short_odd_or_empty(tmp_path: Path) -> None:
    assert (
        one(tmp_path / "a.html", "<p>Isi pendek.</p><p>Dua&shy;kata<br>baris.").text == "Isi pendek.\nDuakata\nbaris."
    )
    for content in ("", "<html><body><script>x()</script></body></html>", "<img src=x>"):
        (tmp_path / "b.html").write_text(content)
        with pytest.raises(ArticleError, match=r"empty|no text in the page"):
            list(read_articles(tmp_path / "b.html"))


def test_entities_of_a_page_are_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("RAHASIA")
    declared = f'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    content = page(body=[f"{BODY[0]} &x;", *BODY[1:]]).replace("<!DOCTYPE html>", declared).replace("&amp;x;", "&x;")
    article = one(tmp_path / "a.xhtml", content)
    assert "RAHASIA" not in article.text
    assert BODY[1] in article.text
