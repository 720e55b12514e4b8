import gzip
import json
import os
import sys
from pathlib import Path

import pytest

from index.article import Article, read_articles
from index.errors import ArticleError
from index.passage import split

SEEDS = Path(__file__).parent.parent / "seeds"


def read_one(path: Path) -> Article:
    (article,) = read_articles(path)
    assert isinstance(article, Article)
    return article


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def error_of(path: Path) -> ArticleError:
    with pytest.raises(ArticleError) as caught:
        list(read_articles(path))
    return caught.value


@pytest.mark.parametrize(
    ("name", "source", "origin", "title", "published", "precision"),
    [
        ("000_430c46955cfb6541", "VOA Indonesia", None, None, "2022-11-25", "day"),
        ("001_fbacd0f8f8eb0354", "KONTAN.CO.ID", "South China Morning Post", None, "2020-12-28", "inferred"),
        ("002_16cdcf0f9b48f477", "Liputan6.com", None, None, "2024-02-08", "day"),
        ("003_9b7df8ee4e7d4e57", None, None, None, None, None),
        (
            "004_a52a0b3d5800b4bf",
            "RIAU24.COM",
            None,
            "Xi Berjanji Mendukung Kazakhstan Dalam Perjalanan Pertama Sejak Pandemi",
            None,
            None,
        ),
    ],
)
def test_seeds(
    name: str, source: str | None, origin: str | None, title: str | None, published: str | None, precision: str | None
) -> None:
    article = read_one(SEEDS / f"{name}.txt")
    assert (article.source, article.origin, article.title) == (source, origin, title)
    assert (article.published, article.published_precision) == (published, precision)
    assert (article.language, article.row, article.url) == ("id", None, None)


CAPTION = "(Ding Lin/Xinhua melalui AP)"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "000_430c46955cfb6541",
            [
                (("Presiden Kuba Miguel", CAPTION)),
                (("Presiden China Xi Jinping (kiri)", CAPTION)),
                (("[ab/uh]", "Artikel ini bersumber dari www.voaindonesia.com.")),
            ],
        ),
        (
            "001_fbacd0f8f8eb0354",
            [
                ("Sumber: South China Morning Post", "Editor: Prihastomo Wahyu Widodo"),
                ("Baca Juga: Korea Utara", "Joe Biden?"),
                ("Baca Juga: China mulai", "lebih canggih"),
            ],
        ),
        ("002_16cdcf0f9b48f477", [("Baca Juga", "Baca Juga"), ("Adv", "Advertisement"), ("Adv", "Advertisement")]),
        ("003_9b7df8ee4e7d4e57", []),
        ("004_a52a0b3d5800b4bf", [("***", "***")]),
    ],
)
def test_boilerplate_of_the_seeds(name: str, expected: list[tuple[str, str]]) -> None:
    article = read_one(SEEDS / f"{name}.txt")
    found = [article.text[start:end] for start, end in article.boilerplate]
    assert len(found) == len(expected)
    for piece, (first, last) in zip(found, expected, strict=True):
        assert piece.startswith(first)
        assert piece.endswith(last)


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.name[:3])
def test_passages_of_the_seeds_quote_the_file(path: Path) -> None:
    article = read_one(path)
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    lines = text.split("\n")
    for passage in split(article.text, article.boilerplate):
        assert text[passage.start : passage.end] == passage.text
        assert passage.text.split("\n")[0] in lines[passage.line_start - 1]
        assert passage.text.split("\n")[-1] in lines[passage.line_end - 1]


@pytest.mark.parametrize("content", ["Satu.\r\nDua.\r\n", "\ufeffSatu.\nDua.", "Satu 😀.\rDua.\u2028Tiga."])
def test_text_is_the_literal_decoding(tmp_path: Path, content: str) -> None:
    path = write(tmp_path / "a.txt", content)
    article = read_one(path)
    with path.open(encoding="utf-8", newline="") as file:
        assert file.read() == article.text == content
    assert not any("\ufeff" in passage.text for passage in split(article.text, article.boilerplate))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \r\n\t \n", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"abc\x00\x01\x02def", "binary"),
        (bytes(range(1, 9)) * 20, "binary"),
        (b"%PDF-1.7 \xff", "not a whole PDF document"),
        (b"PK\x03\x04abc", "not a Word document"),
        (b"{\\rtf1 abc", "an RTF document"),
        ("Harga beras".encode("utf-16") + b"x", "UTF-16, but is broken at byte 24"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, content: bytes, message: str) -> None:
    error = error_of(write(tmp_path / "a b.txt", content))
    assert message in str(error)
    assert error.hint


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in str(error_of(tmp_path / "gone.txt"))
    assert "No such file" in str(error_of(tmp_path / "gone.jsonl"))
    assert "unknown format .xyz" in str(error_of(write(tmp_path / "a.xyz", "Isi.")))
    (tmp_path / "folder.txt").mkdir()
    assert "cannot be read" in str(error_of(tmp_path / "folder.txt"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "Isi.")
    path.chmod(0)
    assert "Permission denied" in str(error_of(path))


def test_one_huge_line_is_read(tmp_path: Path) -> None:
    article = read_one(write(tmp_path / "a.txt", "Harga beras turun lagi. " * 40_000))
    assert (len(article.text), article.language) == (960_000, "id")


def rows_of(tmp_path: Path, *rows: object) -> list[Article | ArticleError]:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    return list(read_articles(write(tmp_path / "a.jsonl", b"\n".join(lines))))


def test_what_a_row_says_beats_what_its_text_says(tmp_path: Path) -> None:
    (article,) = rows_of(
        tmp_path,
        {
            "_id": "b7",
            "judul": " Harga Beras ",
            "isi": "JAKARTA, KOMPAS.com - Harga beras di pasar itu turun, Senin (27/2/2023).",
            "tanggal": "Tayang: Selasa, 10 Juni 2025 07:50 WIB",
            "sumber": "Harian Contoh",
            "link": "https://www.liputan6.com/a",
        },
    )
    assert article == Article(
        row="b7",
        text="JAKARTA, KOMPAS.com - Harga beras di pasar itu turun, Senin (27/2/2023).",
        title="Harga Beras",
        source="Harian Contoh",
        published="2025-06-10",
        published_precision="day",
        url="https://www.liputan6.com/a",
        language="id",
        row_line=1,
    )


def test_what_a_row_leaves_out_comes_from_url_and_text(tmp_path: Path) -> None:
    body = "Harga beras di pasar itu turun dari yang lalu, kata dia, Senin (27/2/2023)."
    by_url, by_text = rows_of(
        tmp_path,
        {"text": body, "url": "https://news.detik.com/a", "date": "entah"},
        {"content": f"Merdeka.com - {body}", "title": "", "source": None},
    )
    assert isinstance(by_url, Article)
    assert isinstance(by_text, Article)
    assert (by_url.row, by_url.source, by_url.published) == ("1", "detikcom", "2023-02-27")
    assert (by_text.row, by_text.source, by_text.title) == ("2", "Merdeka.com", None)


def test_beir_rows(tmp_path: Path) -> None:
    (article,) = rows_of(
        tmp_path, {"_id": 17, "title": "Rice", "text": "The price of rice is low.", "metadata": {"url": "x.com"}}
    )
    assert isinstance(article, Article)
    assert (article.row, article.title, article.url, article.language) == ("17", "Rice", "x.com", "en")


def test_a_broken_row_does_not_end_the_others(tmp_path: Path) -> None:
    found = rows_of(
        tmp_path,
        "\ufeff".encode() + b'{"text": "Satu."}',
        b'{"text": "Dua.',
        b"",
        b'["Tiga."]',
        {"judul": "Tanpa isi"},
        b'{"text": "Lima \xff"}',
        b"[" * 100_000,
        {"text": "Delapan."},
    )
    assert [one.text if isinstance(one, Article) else str(one).split(" (")[0] for one in found] == [
        "Satu.",
        "line 2: broken JSON",
        "line 4: no JSON object",
        "line 5: no text",
        "line 6: not UTF-8",
        "line 7: broken JSON",
        "Delapan.",
    ]
    assert [one.row for one in found if isinstance(one, Article)] == ["1", "8"]
    assert all(one.hint for one in found if isinstance(one, ArticleError))


def test_a_broken_line_is_said_by_one_number_and_a_column(tmp_path: Path) -> None:
    found = rows_of(tmp_path, {"text": "Satu."}, b'{"text": "Harga', b'{"text": "Harga" "beras"}', b'{"text": "a\tb"}')
    assert [str(one) for one in found[1:]] == [
        "line 2: broken JSON (Unterminated string starting at column 10)",
        "line 3: broken JSON (Expecting ',' delimiter at column 18)",
        "line 4: broken JSON (Invalid control character at column 12)",
    ]


def test_lone_surrogates_are_made_harmless(tmp_path: Path) -> None:
    (article,) = rows_of(
        tmp_path, b'{"text": "Harga \\ud83d turun \\ud83d\\ude00.", "title": "\\udc00a", "id": "\\ud800"}'
    )
    assert isinstance(article, Article)
    assert (article.text, article.title, article.row) == ("Harga \ufffd turun 😀.", "\ufffda", "\ufffd")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\x00\x01"])
def test_a_jsonl_file_with_no_rows_or_no_text(tmp_path: Path, content: bytes) -> None:
    assert error_of(write(tmp_path / "a.jsonl", content)).hint


def test_the_ending_may_be_in_capitals(tmp_path: Path) -> None:
    assert read_one(write(tmp_path / "A.TXT", "Isi.")).text == "Isi."
    assert read_one(write(tmp_path / "B.JSONL", '{"text": "Isi."}')).row == "1"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_a_text_in_any_encoding_is_its_literal_decoding(tmp_path: Path, encoding: str, named: str) -> None:
    path = write(tmp_path / "a.txt", "Harga “beras” turun – kata Menteri é.\r\nDi café itu, Senin.\n".encode(encoding))
    article = read_one(path)
    assert article.encoding == named
    with path.open(encoding=named, newline="") as file:
        assert article.text == file.read()
    assert "“beras” turun – kata Menteri é.\r\n" in article.text


def test_what_was_encoded_twice_is_mended_and_said_so(tmp_path: Path) -> None:
    right = "Harga “beras” turun – kata Menteri.\nCafé itu, £5, “Ça va”.\nSudah “benar” dan é.\n"
    twice = right.encode().decode("cp1252", "replace").replace("\ufffd", "\x9d")
    article = read_one(write(tmp_path / "a.txt", twice))
    assert (article.text, article.encoding) == (right, "utf-8, mojibake mended")
    article = read_one(write(tmp_path / "b.txt", right))
    assert (article.text, article.encoding) == (right, "utf-8")


def test_utf8_with_a_broken_byte_stays_utf8(tmp_path: Path) -> None:
    article = read_one(write(tmp_path / "a.txt", "Harga “beras” turun – kata Menteri “é”".encode()[:-1]))
    assert (article.text, article.encoding) == ("Harga “beras” turun – kata Menteri “é\ufffd", "utf-8 (1 broken)")


def test_a_file_is_read_as_what_it_is(tmp_path: Path) -> None:
    page = "<!DOCTYPE html><html><head><title>Harga Beras</title></head><body><p>Harga beras turun.</p></body></html>"
    for name in ("a.html", "a.txt", "a.pdf", "a.docx"):
        article = read_one(write(tmp_path / name, page))
        assert (article.text, article.title, article.encoding) == ("Harga beras turun.", "Harga Beras", None)
    assert read_one(write(tmp_path / "b.txt", gzip.compress(b"Harga beras turun."))).text == "Harga beras turun."


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "backports", None)
    error = error_of(write(tmp_path / "a.txt.zst", b"\x28\xb5\x2f\xfd"))
    assert str(error) == ".zst files need the package backports.zstd, which is not installed"
    assert error.hint == "run `pip install backports.zstd`"


def test_a_parser_that_fails_stops_no_one_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RecursionError("maximum recursion depth")

    monkeypatch.setattr("index.reading.plain.decoded", fails)
    error = error_of(write(tmp_path / "a.txt", "Isi."))
    assert "damaged, or not what its ending says (RecursionError: maximum recursion depth)" in str(error)


def test_a_text_too_long_for_an_article_is_named_and_not_read(tmp_path: Path) -> None:
    line = tmp_path / "dump.txt"
    with line.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(ArticleError, match=r"too long for one article: 50,000,000 bytes, at most 1,000,000 characters"):
        next(read_articles(line))
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"text": "kata " * 200_001}) + "\n" + json.dumps({"text": "Beras naik."}) + "\n")
    first, second = read_articles(rows)
    assert str(first) == (
        "line 1: too long for one article: 1,000,005 characters, at most 1,000,000 characters are read"
    )
    assert isinstance(second, Article)
    assert second.text == "Beras naik."


def test_a_text_that_begins_like_a_program_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("MZ adalah inisial tersangka, kata polisi.")
    (article,) = read_articles(path)
    assert isinstance(article, Article)
