"""Tables, JSON and JSON Lines: which column says what, where a row stands, and what is wrong with it."""

import csv
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from index.article import Article, read_articles
from index.errors import ArticleError, UsageError
from index.reading import rows, tables
from index.reading.fields import Columns, parse_mapping

OWN = Columns({"text": "Cerita", "title": "Nama"})


def read(path: Path, content: str | bytes, columns: Columns | None = None) -> list[Article | str]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found: list[Article | str] = []
    try:
        for one in read_articles(path, columns):
            found.append(one if isinstance(one, Article) else str(one))
    except ArticleError as error:
        found.append(f"{error}" if error.hint else "an error without a hint")
    return found


def brief(found: list[Article | str]) -> list[Any]:
    return [(one.row, one.row_line, one.text) if isinstance(one, Article) else one for one in found]


QUOTED = [
    ["no", "Judul", "Isi Berita", "Tanggal", "Sumber", "Link", "Penulis"],
    ["1", 'A; "b", c', 'Harga "beras",\nnaik; lagi\tini.', "8 Februari 2024", "Harian A", "https://a.id/1", "Siti"],
    ["2", "D", "Harga cabai turun.", "", "", "https://www.kompas.com/2", ""],
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_delimiter_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([*QUOTED, ["3", "E", "Café “itu” – tutup.", "", "", "", ""]])
    first, second, third = read(tmp_path / "a.csv", text.getvalue().encode(encoding))
    assert first == Article(
        row="2", row_line=2, text='Harga "beras",\nnaik; lagi\tini.', title='A; "b", c', author="Siti",
        source="Harian A", published="2024-02-08", published_precision="day", url="https://a.id/1", language="id",
    )  # fmt: skip
    assert isinstance(second, Article)
    assert (second.row, second.row_line, second.source, second.published) == ("3", 4, "KOMPAS.com", None)
    assert isinstance(third, Article)
    assert (third.row, third.text) == ("4", "Café “itu” – tutup.")


def test_rows_are_counted_as_a_spreadsheet_does_unless_they_have_an_id(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "text,title\nSatu.,A\n\n,B\n   \nDua.\nTiga.,C,lebih\n")
    assert brief(found) == [
        ("2", 2, "Satu."),
        "row 4, line 4: no text (there are text, title)",
        ("6", 6, "Dua."),
        ("7", 7, "Tiga."),
    ]
    assert brief(read(tmp_path / "b.tsv", "id\ttext\nx9\tSatu.\n")) == [("x9", 2, "Satu.")]
    assert brief(read(tmp_path / "c.csv", "sep=;\nid;text\nx9;Satu, dua.\n")) == [("x9", 2, "Satu, dua.")]


def test_tables_that_are_none(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", "") == ["empty: nothing but white space"]
    assert read(tmp_path / "a.csv", "\n\n") == ["empty: nothing but white space"]
    assert read(tmp_path / "a.csv", "nama,cerita\nA,B\n") == ["no column with a text (there are nama, cerita)"]
    assert read(tmp_path / "a.csv", b"PK\x03\x04 an .xlsx in truth")[0].startswith("not a Word document")  # type: ignore[union-attr]
    broken = read(tmp_path / "a.csv", 'text\nSatu.\n"Dua' + "\nkata" * 500_000)
    assert brief(broken)[0] == ("2", 2, "Satu.")
    assert "row 3, line 3: broken (field larger than field limit" in str(broken[1])
    half = "text\nSatu é.\n".encode() + b"Dua \xff.\nTiga.\n"
    assert brief(read(tmp_path / "a.csv", half)) == [("2", 2, "Satu é."), "row 3, line 3: not UTF-8", ("4", 4, "Tiga.")]


def test_the_users_own_columns(tmp_path: Path) -> None:
    (article,) = read(tmp_path / "a.csv", "Nama,Cerita,isi\nJudul,Harga naik.,bukan\n", OWN)
    assert isinstance(article, Article)
    assert (article.title, article.text) == ("Judul", "Harga naik.")
    (other,) = read(tmp_path / "b.jsonl", '{"title": "T", "isi": "Tanpa kolom itu."}', OWN)
    assert isinstance(other, Article)
    assert (other.title, other.text) == ("T", "Tanpa kolom itu.")
    assert brief(read(tmp_path / "c.json", '{"rows": [{"nama": "N", "cerita": "Isi."}]}', OWN)) == [("1", None, "Isi.")]
    assert parse_mapping(["text=Isi = itu", "date="]) == {"text": "Isi = itu", "date": ""}
    for wrong in ("text", "teks=isi", "=isi"):
        with pytest.raises(UsageError, match="names no field"):
            parse_mapping([wrong])


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ([{"text": "Satu."}, {"isi": "Dua."}], ["Satu.", "Dua."]),
        ([], []),
        ({"status": "ok", "articles": [{"content": "Satu."}, {"content": "Dua."}]}, ["Satu.", "Dua."]),
        ({"tags": [{"name": "x"}], "data": {"page": {"items": [{"body": "Satu."}]}}}, ["Satu."]),
        ({"posts": [{"body": "Satu.", "comments": [{"text": "a"}, {"text": "b"}]}]}, ["Satu."]),
        ([{"content": {"rendered": "<p>Satu&nbsp;&amp; dua.</p>\n<p>Tiga.</p>"}}], ["Satu & dua.\nTiga."]),
    ],
)
def test_json_lists_wherever_they_are(tmp_path: Path, content: Any, rows: list[str]) -> None:
    found = read(tmp_path / "a.json", json.dumps(content, indent=1))
    assert brief(found) == (
        [(str(n), None, row) for n, row in enumerate(rows, 1)] or ["empty: nothing but white space"]
    )


def test_a_json_object_that_is_an_article(tmp_path: Path) -> None:
    one = {"url": "https://a.id/1", "tags": [{"text": "x"}], "content": ["Satu.", "Dua."], "title": {"rendered": "T"}}
    (article,) = read(tmp_path / "a.json", json.dumps(one))
    assert isinstance(article, Article)
    assert (article.row, article.text, article.title, article.url) == (None, "Satu.\n\nDua.", "T", "https://a.id/1")


def test_json_that_is_broken_or_something_else(tmp_path: Path) -> None:
    assert brief(read(tmp_path / "a.json", '{"text": "Satu."}\n\n{"text": "Dua."}')) == [
        ("1", 1, "Satu."),
        ("3", 3, "Dua."),
    ]
    cut = read(tmp_path / "a.json", '[{"text": "Satu."}, {"text": "Dua."}, {"te')
    assert brief(cut[:2]) == [("1", None, "Satu."), ("2", None, "Dua.")]
    assert "broken JSON" in str(cut[2])
    assert read(tmp_path / "a.json", '{"name": "paket", "version": 1}') == [
        "no articles in it (there are name, version)"
    ]
    assert read(tmp_path / "a.json", "[" * 100_000) == ["nested over 100 levels deep"]
    assert "broken JSON" in str(read(tmp_path / "a.json", "{")[0])


def test_values_that_are_objects_lists_or_numbers(tmp_path: Path) -> None:
    row = {
        "id": {"$oid": "65c4"}, "source": {"id": None, "name": "Harian A"}, "author": ["Siti", {"name": "Budi"}],
        "publishedAt": 1707350400, "description": "x", "content": "Harga naik.", "urlToImage": "y",
    }  # fmt: skip
    (article,) = read(tmp_path / "a.jsonl", json.dumps(row))
    assert isinstance(article, Article)
    assert (article.row, article.source, article.author) == ("65c4", "Harian A", "Siti, Budi")
    assert article.published == "2024-02-08"


def test_lines_of_any_length_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.truncate(40_000_000)
        file.seek(0)
        file.write(b'{"text": "Satu."}\n{"text": "' + b"x" * 100_000)
        file.seek(0, 2)
        file.write(b'\n{"text": "Tiga."}\n')
    first, second, third = brief(read_all(path))
    assert (first, third) == (("1", 1, "Satu."), ("3", 3, "Tiga."))
    assert second == "line 2: too long: over 16,000,000 bytes without an end"


def read_all(path: Path) -> list[Article | str]:
    return [one if isinstance(one, Article) else str(one) for one in read_articles(path)]


def test_cells_of_many_lines_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_LINE", 100)
    content = 'title,text\nSatu,"Isi.\n"\nDua,"' + 'ab\n","' * 30 + '"\n'
    assert brief(read(tmp_path / "a.csv", content)) == [
        ("2", 2, "Isi.\n"),
        "row 3, line 4: broken (over 100 characters); what came before was read",
    ]


def test_a_row_of_one_line_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands beyond the limit was once taken for rows of their own."""
    monkeypatch.setattr(tables, "MAX_LINE", 100)
    assert brief(read(tmp_path / "a.csv", "title,text\nSatu,Isi.\n" + "Dua,Isi," * 40 + "\nTiga,Isi.\n")) == [
        ("2", 2, "Isi."),
        "row 3, line 3: broken (over 100 characters); what came before was read",
    ]


def test_names_of_columns_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_HEADER", 100)
    names = "title,text" + ",a" * 44
    assert brief(read(tmp_path / "a.csv", f"{names}\nSatu,Isi.\n")) == [("2", 2, "Isi.")]
    (error,) = read(tmp_path / "a.csv", f"{names},a\nSatu,Isi.\n")
    assert error == "no line of column names: broken (over 100 characters)"


def test_articles_in_json_are_not_looked_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_VALUES", 50)
    keys, articles = "".join(f'"k{n}": 0,' for n in range(24)), '"rows": [{"text": "Satu."}, {"text": "Dua."}]'
    (error,) = read(tmp_path / "a.json", f"{{{keys}{articles}}}")
    assert str(error).startswith("no articles in its first 50 values (there are k0, k1")
    found = read(tmp_path / "a.json", f'{{{articles},{keys * 2}"x": 0}}')
    assert brief(found[:2]) == [("1", None, "Satu."), ("2", None, "Dua.")]
    assert str(found[2]).startswith("an article of over 50 values")


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_values_of_a_line_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(rows, "_VALUES", 50)
    first, last = '{"text": "Satu."}', '{"text": "Tiga."}'
    second = '{"text": "Dua.", "x": [' + "[]," * 30 + "0]}"
    found = brief(read(tmp_path / f"a.{ending}", f"{first}\n{second}\n{last}\n"))
    assert found == [("1", 1, "Satu."), "line 2: broken JSON (over 50 values)", ("3", 3, "Tiga.")]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ('{"text": "Dua.", "x": [' + "[[]]," * 20 + "0]}", "an article of over 50 values or 300 characters"),
        ("{" + "".join(f'"k{n}": 0,' for n in range(40)) + '"text": "Dua."}', "an article of over 50 values"),
        ('{"text": "Dua.", "x": [' + '"aaaaaaaaaaaaaaaaaaaa",' * 20 + "0]}", "an article of over 50 values"),
        ('{"text": "' + '\\"' * 500 + '"}', "over 300 bytes without the end of a text or number"),
        ('{"text": ' + "9" * 200, "over 32 bytes without the end of a text or number"),
    ],
)
def test_one_article_of_a_json_file_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str, message: str
) -> None:
    monkeypatch.setattr(rows, "_VALUES", 50)
    monkeypatch.setattr(rows, "MAX_LINE", 300)
    monkeypatch.setattr(rows, "SAMPLE", 32)
    path = tmp_path / "a.json"
    error = read(path, '[{"text": "Satu."},\n' + second + "]")[-1]
    assert isinstance(error, str)
    assert error.startswith(message)
    assert len(read(path, '[{"text": "Satu."}' + ', {"text": "Beras naik."}' * 200 + "]")) == 201


def test_a_json_file_of_many_keys_or_lists_takes_little_memory(tmp_path: Path) -> None:
    """Each key, and each list that could be one of articles, was once remembered."""
    path = tmp_path / "a.json"
    for content in (
        "{" + "".join(f'"kunci{n:06}": 0,' for n in range(60_000)) + '"x": 0}',
        "{" + "".join(f'"k{n:06}": [{{"text": ""}}],' for n in range(60_000)) + '"x": 0}',
    ):
        tracemalloc.start()
        assert brief(read(path, content))[0].startswith("no articles in it" if "kunci" in content else "")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 4_000_000
