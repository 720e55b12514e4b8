"""The catalogue: filters, look-ups, the one commit point, and catalogues that cannot be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.catalogue import FILE_NAME, FORMAT, PAGE_SIZE, Catalogue, Filter
from index.errors import IndexUnusableError
from index.filter import distinct
from index.rows import SegmentName

ARTICLES = [  # article, path, source, published, language
    (1, "berita/a.txt", "Liputan6.com", "2020-12-28", "id"),
    (2, "berita/b.txt", "Kontan", "2024-02-08", "id"),
    (3, "arsip/2024/c.txt", "VOA Indonesia", "2024-02", "id"),
    (4, "arsip/d.txt", "VOA News", "2024", "en"),
    (5, "e.txt", None, None, None),
]
TEXT = "Paragraf satu 😀.\nParagraf dua."


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with closing(Catalogue(tmp_path, create=True)) as made:
        with made.transaction():
            for article, path, source, published, language in ARTICLES:
                file = made.add_file(path, 10, 20, f"digest of {path}")
                fields = {"source": source, "published": published, "language": language, "text": TEXT}
                made.write_article(article, f"id{article}", file, fields)
                made.add_passages(
                    [
                        (10 * article + 1, article, 1, 0, 16, 1, 1, b"satu", None),
                        (10 * article + 2, article, 2, 17, 30, 2, 2, b"dua", None),
                    ]
                )
        yield made


def let_through(catalogue: Catalogue, restriction: Filter) -> tuple[list[int], list[int]]:
    allowed = catalogue.allowed(restriction)
    return allowed.passages.tolist(), distinct(allowed.articles).tolist()


@pytest.mark.parametrize(
    ("restriction", "articles"),
    [
        (Filter(), [1, 2, 3, 4, 5]),
        (Filter(sources=("voa",)), [3, 4]),
        (Filter(sources=("KONTAN", "liputan6")), [1, 2]),
        (Filter(sources=("x",)), []),
        (Filter(languages=("en",)), [4]),
        (Filter(languages=("en", "id")), [1, 2, 3, 4]),
        (Filter(since="2024-02-08"), [2, 3, 4]),  # a month, a year may reach beyond the day asked
        (Filter(since="2024-02-09"), [3, 4]),
        (Filter(since="2024-03-01"), [4]),
        (Filter(until="2024-02-07"), [1, 3, 4]),
        (Filter(until="2023-12-31"), [1]),
        (Filter(since="2024-02-08", until="2024-02-08"), [2, 3, 4]),
        (Filter(since="2025-01-01"), []),
        (Filter(path="berita/*"), [1, 2]),
        (Filter(path="*.txt"), [1, 2, 3, 4, 5]),
        (Filter(path="c.txt"), [3]),
        (Filter(path="2024/*"), [3]),
        (Filter(path="b"), []),
        (Filter(articles_not=(2, 4)), [1, 3, 5]),
        (Filter(sources=("voa",), languages=("id",), since="2024-01-01", articles_not=(1,)), [3]),
    ],
)
def test_a_filter_lets_through_exactly(catalogue: Catalogue, restriction: Filter, articles: list[int]) -> None:
    passages = [10 * article + n for article in articles for n in (1, 2)]
    assert let_through(catalogue, restriction) == (passages, articles)
    assert bool(restriction) == (restriction != Filter())


def test_a_passage_has_a_language_of_its_own(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        catalogue.add_passages(
            [
                (90 + n, 4, n, 0, 16, 1, 1, b"x", language)
                for n, language in enumerate(("id", "mixed", "jv", None), start=3)
            ]
        )
    assert let_through(catalogue, Filter(languages=("en",)))[0] == [41, 42, 94, 96]  # mixed: both; none: the article's
    assert let_through(catalogue, Filter(languages=("ID",)))[0] == [11, 12, 21, 22, 31, 32, 93, 94]
    assert let_through(catalogue, Filter(languages=("jv",))) == ([95], [4])
    assert let_through(catalogue, Filter(languages=("mixed",))) == ([94], [4])
    assert [catalogue.hits([n])[n].language for n in (93, 94, 95, 96)] == ["id", "mixed", "jv", "en"]


def test_a_filter_is_no_way_into_the_database(catalogue: Catalogue) -> None:
    rude = "'; DROP TABLE articles; --"
    assert let_through(catalogue, Filter((rude,), (rude,), rude, rude, rude)) == ([], [])
    assert catalogue.counts()["articles"] == 5


def test_hits_show_the_passage_itself(catalogue: Catalogue) -> None:
    hits = catalogue.hits([12, 51, 99])
    assert sorted(hits) == [12, 51]
    hit = hits[12]
    assert (hit.text, hit.passage_id, hit.path, hit.source) == (
        "Paragraf dua.",
        "id1#2",
        "berita/a.txt",
        "Liputan6.com",
    )
    assert (hit.char_start, hit.char_end, hit.line_start, hit.line_end) == (17, 30, 2, 2)
    assert hits[51].text == "Paragraf satu 😀."
    assert [row.n for row in catalogue.passages_of(3)] == [1, 2]
    assert list(catalogue.hits(list(range(2000)))) == catalogue.passage_numbers()


def test_articles_are_found_by_id_and_by_path(catalogue: Catalogue) -> None:
    assert catalogue.find_articles(article_id="id3") == [3]
    assert catalogue.find_articles(path="arsip/d.txt") == [4]
    assert catalogue.find_articles(article_id="3") == catalogue.find_articles(path="d.txt") == []
    assert catalogue.article(4)["source"] == "VOA News"
    assert catalogue.article_ids()["e.txt", None] == "id5"


def test_files_at_or_below_a_path(catalogue: Catalogue) -> None:
    for path in ("arsip.txt", "arsip-lama/f.txt", "arsip0", "arsip/2024.txt"):
        catalogue.add_file(path, 1, 1, "")
    found = {path: sorted(state.path for state in catalogue.files_below(path)) for path in ("arsip", "arsip/2024")}
    assert found["arsip"] == ["arsip/2024.txt", "arsip/2024/c.txt", "arsip/d.txt"]
    assert found["arsip/2024"] == ["arsip/2024/c.txt"]
    assert [state.path for state in catalogue.files_below("e.txt")] == ["e.txt"]
    assert catalogue.files_below("e") == catalogue.files_below("arsi") == []


def test_articles_of_several_files_are_counted(catalogue: Catalogue) -> None:
    files = [state.file for state in catalogue.files()]
    catalogue.write_article(6, "id6", files[0], {"row": "2", "text": TEXT})
    assert catalogue.count_articles(files) == 6
    assert catalogue.count_articles(files[:2]) == 3
    assert catalogue.count_articles([]) == catalogue.count_articles([99]) == 0


def test_counts(catalogue: Catalogue) -> None:
    counts = catalogue.counts()
    assert (counts["articles"], counts["passages"]) == (5, 10)
    assert counts["languages"] == {"id": 3, "en": 1, "unknown": 1}
    assert counts["published"] == {"first": "2020-12-28", "last": "2024-02-08"}


def test_removals_are_remembered_until_segment_and_lexicon_dropped_them(catalogue: Catalogue) -> None:
    catalogue.replace_segments([], SegmentName(1, 1, 39, 6, 0))
    catalogue.replace_segments([], SegmentName(2, 40, 60, 4, 0))
    catalogue.remove_article(2)
    catalogue.remove_article(5)
    assert catalogue.removed("segment") == catalogue.removed("lexicon") == [21, 22, 51, 52]
    assert [catalogue.count_removed(name) for name in catalogue.segments()] == [2, 2]
    catalogue.replace_segments([SegmentName(1, 1, 39, 6, 0)], SegmentName(3, 1, 39, 4, 0))
    assert catalogue.removed("segment") == [51, 52]
    assert [name.segment for name in catalogue.segments()] == [3, 2]
    catalogue.purged_from_lexicon([21, 22, 51, 52])
    assert catalogue.removed("lexicon") == []
    assert catalogue.removed("segment") == [51, 52]


def test_passages_are_found_by_the_digest_of_their_text(catalogue: Catalogue) -> None:
    found = catalogue.passages_with([b"dua", b"tiga", b"dua"])
    assert list(found) == [b"dua"]
    assert found[b"dua"] in (12, 22, 32, 42, 52)
    assert sorted(catalogue.digests_of(4)) == [(b"dua", 42), (b"satu", 41)]


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()])
def test_a_transaction_is_all_or_nothing(catalogue: Catalogue, tmp_path: Path, error: BaseException) -> None:
    def interrupted() -> None:
        with catalogue.transaction():
            catalogue.clear()
            catalogue.set(generation=7)
            raise error

    with pytest.raises(type(error)):
        interrupted()
    with closing(Catalogue(tmp_path)) as other:
        for seen in (catalogue, other):
            assert (seen.counts()["articles"], seen.get("generation")) == (5, 0)
    with catalogue.transaction():
        catalogue.set(generation=8)
    with closing(Catalogue(tmp_path)) as other:
        assert other.get("generation") == 8


def test_a_snapshot_sees_one_state(catalogue: Catalogue, tmp_path: Path) -> None:
    with closing(Catalogue(tmp_path)) as reader:
        with reader.snapshot():
            assert reader.counts()["articles"] == 5
            with catalogue.transaction():
                catalogue.remove_article(1)
            assert reader.counts()["articles"] == 5
            assert reader.hits([11])[11].article == 1
        assert reader.counts()["articles"] == 4
        assert reader.hits([11]) == {}


def test_a_commit_that_fails_is_taken_back(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue._db.execute("PRAGMA foreign_keys = ON")

    def broken() -> None:
        with catalogue.transaction():
            catalogue.remove_article(1)
            catalogue._db.execute("PRAGMA defer_foreign_keys = ON")
            catalogue._db.execute("UPDATE articles SET file = 999 WHERE article = 2")  # found out by COMMIT

    with pytest.raises(sqlite3.IntegrityError):
        broken()
    assert not catalogue._db.in_transaction
    assert catalogue.counts()["articles"] == 5


# --- catalogues that cannot be used ---


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError, match="no index at") as caught:
        Catalogue(tmp_path)
    assert "telusur index" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_another_format_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.set(format=99)
    for create in (False, True):
        with pytest.raises(IndexUnusableError, match=f"format 99; .* format {FORMAT}") as caught:
            Catalogue(tmp_path, create=create)
        assert "--fresh" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"Ini bukan basis data. " * 400, b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_catalogue_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(IndexUnusableError) as caught:
        Catalogue(tmp_path)
    assert "--fresh" in caught.value.hint


def test_another_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute("CREATE TABLE orang (nama TEXT)")
    for create in (False, True):
        with pytest.raises(IndexUnusableError):
            Catalogue(tmp_path, create=create)


def test_damage_is_named(catalogue: Catalogue, tmp_path: Path) -> None:
    assert catalogue.damaged() == []
    catalogue.close()
    raw = bytearray((tmp_path / FILE_NAME).read_bytes())
    for page in range(2 * PAGE_SIZE, len(raw), PAGE_SIZE):  # the header of each page from the third on
        raw[page : page + 8] = b"\xff" * 8
    (tmp_path / FILE_NAME).write_bytes(raw)
    with closing(Catalogue(tmp_path)) as opened:
        assert opened.damaged()


def test_what_many_passages_and_articles_are_asked_for_at_once(catalogue: Catalogue) -> None:
    """Numbers that do not exist are left out; an article's passages stand in reading order."""
    assert catalogue.holders([12, 51, 99, 11]) == {11: 1, 12: 1, 51: 5}
    assert catalogue.bodies([5, 1, 77]) == dict.fromkeys((1, 5), f"{TEXT[0:16]} {TEXT[17:30]}")
    known = {article: (None, source, None, published) for article, _, source, published, _ in ARTICLES}
    assert catalogue.sketches([1, 5, 77]) == {1: known[1], 5: known[5]}
    assert (catalogue.holders([]), catalogue.sketches([]), catalogue.bodies([])) == ({}, {}, {})
