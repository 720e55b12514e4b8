"""What is said beside an article, in front of it, or by the user about the columns of a table."""

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from index.article import Article, read_articles
from index.catalogue import Catalogue
from index.errors import ArticleError
from index.update import update
from index.verify import verify
from tests.conftest import Archive, paragraph

LEAD = "JAKARTA, KOMPAS.com - Harga beras turun, kata Menteri, Kamis (8/2/2024)."


def one(path: Path) -> Article:
    (article,) = read_articles(path)
    assert isinstance(article, Article)
    return article


def said(article: Article) -> list[str | None]:
    return [article.title, article.source, article.published, article.author, article.url, article.language]


@pytest.mark.parametrize("name", ["a.txt.meta.json", "a.meta.json"])
def test_a_sidecar_beats_what_is_inferred(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text(LEAD)
    assert said(one(tmp_path / "a.txt")) == [None, "KOMPAS.com", "2024-02-08", None, None, "id"]
    told = {"Judul": "T", "sumber": "Harian A", "tanggal": "7 Februari 2023", "penulis": "S", "link": "https://a.id"}
    (tmp_path / name).write_text(json.dumps({**told, "lang": "en-US"}))
    assert said(one(tmp_path / "a.txt")) == ["T", "Harian A", "2023-02-07", "S", "https://a.id", "en"]


def test_the_nearer_word_counts(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: Depan\nsource: Depan\n---\n{LEAD}\n")
    (tmp_path / "a.md.meta.json").write_text('{"title": "Samping"}')
    assert said(one(tmp_path / "a.md"))[:2] == ["Samping", "Depan"]
    (tmp_path / "b.csv").write_text(f'judul,isi\nSendiri,"{LEAD}"\n,"{LEAD}"\n')
    (tmp_path / "b.meta.json").write_text('{"title": "Samping", "source": "Harian A"}')
    first, second = (row for row in read_articles(tmp_path / "b.csv") if isinstance(row, Article))
    assert (said(first)[:2], said(second)[:2]) == (["Sendiri", "Harian A"], ["Samping", "Harian A"])


def test_a_sidecar_that_is_broken_or_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LEAD)
    for content in ("{", "[]"):
        (tmp_path / "a.txt.meta.json").write_text(content)
        error, article = read_articles(tmp_path / "a.txt")
        assert "its sidecar a.txt.meta.json is" in str(error)
        assert isinstance(article, Article)
        assert article.source == "KOMPAS.com"
    with pytest.raises(ArticleError, match="a sidecar of no article"):
        list(read_articles(tmp_path / "a.txt.meta.json"))


@pytest.mark.parametrize(
    ("matter", "expected"),
    [
        (
            "---\ntitle: 'Judul: A'\ndate: 2024-02-08\nauthor: [A, B]\nlang: id\n---\n",
            ["Judul: A", "2024-02-08", "A, B"],
        ),
        ("---\r\ntitle: A\r\npublished: 8 Februari 2024\r\n---\r\n", ["A", "2024-02-08", None]),
        ('+++\ntitle = "A"\ndate = 2024-02-08\n+++\n', ["A", "2024-02-08", None]),
        ("\ufeff---\njudul: A\n---\n", ["A", None, None]),
        ("---\nbukan apa-apa\n---\n", ["bukan apa-apa", None, None]),
        ("---\n", [None, None, None]),
        ("---\na: &a [x]\nb: {c: [*a, *a]}\n---\n", ["a: &a [x]", None, None]),
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_front_matter(tmp_path: Path, matter: str, expected: list[str | None], name: str) -> None:
    body = "Harga beras turun di pasar itu sejak panen raya dimulai.\n"
    (tmp_path / name).write_bytes((matter + body).encode())
    article = one(tmp_path / name)
    assert [article.title, article.published, article.author] == expected
    assert article.text == matter + body
    if "title" in matter or "judul" in matter:
        assert (0, len(matter)) in article.boilerplate


def test_markdown(tmp_path: Path) -> None:
    text = "```\n# bukan judul\n```\n# Judul *tebal* [itu](x)\n\nIsi **tebal**.\n\n![foto](a.png)\n<!-- rahasia -->\n"
    (tmp_path / "a.md").write_text(text)
    article = one(tmp_path / "a.md")
    assert (article.title, article.text) == ("Judul tebal itu", text)
    assert [text[start:end] for start, end in article.boilerplate] == ["![foto](a.png)", "<!-- rahasia -->"]


def stored(archive: Archive) -> list[dict[str, Any]]:
    with closing(Catalogue(archive.root)) as catalogue:
        return [catalogue.article(article) for article in catalogue.articles()]


def test_a_changed_sidecar_has_its_article_read_again(archive: Archive) -> None:
    archive.write("a.txt", paragraph("a"))
    archive.write("b.txt", paragraph("b"))
    assert archive.counts() == {"added": 2, "encoded": 2}
    sidecar = archive.folder / "a.txt.meta.json"
    for year in ("2021", "2022"):  # of one size, and the second time also of one time
        sidecar.write_text(json.dumps({"date": year}))
        archive.settle(sidecar)
        assert archive.counts() == {"changed": 1, "unchanged": 1}
        assert [article["published"] for article in stored(archive)] == [year, None]
        assert archive.counts() == {"unchanged": 2}
    sidecar.write_text(json.dumps({"date": "2023"}))
    os.utime(sidecar, ns=(archive.clock - 10**12, archive.clock - 10**12))  # older than the one it takes the place of
    assert any("a.txt has changed" in problem.what for problem in verify(archive.root))
    assert archive.counts() == {"changed": 1, "unchanged": 1}
    assert verify(archive.root, deep=True) == []
    for name in ("a.txt", "a.txt.meta.json"):
        (archive.folder / name).rename(archive.folder / f"z-{name}")
    assert archive.counts() == {"renamed": 1, "unchanged": 1}
    (archive.folder / "z-a.txt.meta.json").unlink()
    if hasattr(os, "symlink"):
        (archive.folder / "z-a.txt.meta.json").symlink_to("tidak-ada.json")  # as good as none
    assert archive.counts() == {"changed": 1, "unchanged": 1}
    assert stored(archive)[0]["published"] is None


def test_mapped_columns_are_remembered(archive: Archive) -> None:
    archive.folder.joinpath("a.csv").write_text(f"nama,cerita\nA,{paragraph('a')}\n")
    archive.settle(archive.folder / "a.csv")
    report = archive.update()
    assert [skip.reason for skip in report.skipped] == ["no column with a text (there are nama, cerita)"]
    assert archive.counts(columns={"text": "cerita"}) == {"added": 1, "encoded": 1}
    assert archive.update().columns == {"text": "cerita"}
    archive.folder.joinpath("b.csv").write_text(f"nama,cerita\nB,{paragraph('b')}\n")
    archive.settle(archive.folder / "b.csv")
    assert archive.counts() == {"added": 1, "unchanged": 1, "encoded": 1}
    assert archive.counts(columns={"title": "nama"}) == {"changed": 2}
    assert [article["title"] for article in stored(archive)] == ["A", "B"]
    assert archive.counts(columns={"title": ""}) == {"changed": 2}
    assert archive.update(fresh=True).columns == {"text": "cerita"}


def test_pictures_of_a_saved_page_are_no_articles(tmp_path: Path, tiny_encoder: Path) -> None:
    folder = tmp_path / "halaman"
    (folder / "Berita_files").mkdir(parents=True)
    (folder / "lain_files").mkdir()
    (folder / "Berita.html").write_text("<p>Harga beras turun.</p>")
    for name in ("Berita_files/iklan.html", "lain_files/a.txt"):
        (folder / name).write_text("<p>Iklan.</p>")
    report = update(tmp_path / ".telusur", [folder], encoder=str(tiny_encoder), dry_run=True)
    assert report.added == 2
