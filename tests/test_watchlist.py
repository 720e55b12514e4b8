import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Archive, paragraph

import search.watchlist
from index.catalogue import FILE_NAME, Catalogue
from index.errors import IndexUnusableError, LockedError, NotFoundError, UsageError
from search.engine import Searcher
from search.watchlist import _REPORTED_1, Watchlist

QUESTION = "jembatan Suramadu ditutup"  # its words decide: the tiny encoder knows nothing
NEWS = f"Jembatan Suramadu ditutup. {paragraph('berita')}"


@pytest.fixture
def watched(archive: Archive) -> Archive:
    """An archive that was indexed before a question stood, an article that answers it within."""
    archive.write("lama.txt", NEWS.replace("berita", "lama") + paragraph("lama"))
    archive.write("lain.txt", paragraph("lain"))
    archive.update()
    with closing(Watchlist(archive.root)) as watchlist, Searcher.open(archive.root) as searcher:
        assert watchlist.add(QUESTION, searcher)[1]
        assert not watchlist.add(f" {QUESTION}", searcher)[1]
    return archive


def run(archive: Archive) -> list[tuple[int, list[str]]]:
    """What is news: number of the question, names of files."""
    with (
        closing(Watchlist(archive.root)) as watchlist,
        Searcher.open(archive.root) as searcher,
        watchlist.news(searcher) as (found, _),
    ):
        return [(one.standing.number, [Path(hit.path).name for hit in one.answer.hits]) for one in found]


def test_news_is_told_once(watched: Archive) -> None:
    assert run(watched) == []
    watched.write("baru.txt", NEWS)
    watched.write("baru2.txt", paragraph("x"))
    watched.update()
    assert run(watched) == [(1, ["baru.txt"])]
    assert run(watched) == []


def test_what_changed_counts_and_what_only_moved_does_not(watched: Archive) -> None:
    (watched.folder / "lama.txt").rename(watched.folder / "pindah.txt")
    watched.update()
    assert run(watched) == []
    watched.write("lain.txt", f"Jembatan Suramadu ditutup lagi. {paragraph('lain')}")
    watched.update()
    assert run(watched) == [(1, ["lain.txt"])]


def test_copies_of_what_was_told_are_no_news(watched: Archive) -> None:
    watched.write("baru.txt", NEWS)
    watched.update()
    assert run(watched) == [(1, ["baru.txt"])]
    watched.write("salinan.txt", "ANTARA - " + NEWS)
    watched.update()
    assert run(watched) == []


def test_the_next_report_of_a_publisher_is_news(watched: Archive) -> None:
    report = " ".join([NEWS, *(paragraph("report", n) for n in range(3))])
    lead, foot = (" ".join(paragraph(name).split()[:60]) for name in ("lead", "foot"))
    follow_up = f"Jembatan Suramadu ditutup. {lead} {report} {foot}"
    for name, text, source, told in (
        ("satu", report, "detik.com", ["satu.jsonl"]),
        ("dua", f"Diperbarui. {report}", "detik.com", None),
        ("tiga", follow_up, "detik.com", ["tiga.jsonl"]),
        ("empat", f"ANTARA - {follow_up}", "antara", None),
    ):
        watched.write(f"{name}.jsonl", json.dumps({"text": text, "source": source}))
        watched.update()
        assert run(watched) == ([(1, told)] if told else []), name


def test_a_list_of_the_format_before_goes_on(watched: Archive) -> None:
    watched.write("baru.txt", NEWS)
    watched.update()
    assert run(watched) == [(1, ["baru.txt"])]
    with closing(sqlite3.connect(watched.root / "watchlist.sqlite")) as db, db:
        kept = db.execute("SELECT report, number, text FROM reported").fetchall()
        db.executescript(f"DROP TABLE reported; {_REPORTED_1}; CREATE INDEX reported_by_question ON reported (number)")
        db.executemany("INSERT INTO reported VALUES (?, ?, ?)", kept)
        db.execute("UPDATE facts SET value = 1 WHERE name = 'format'")
    watched.write("salinan.txt", "ANTARA - " + NEWS)
    watched.write("baru2.txt", f"Jembatan Suramadu ditutup. {paragraph('x')}")
    watched.update()
    assert run(watched) == [(1, ["baru2.txt"])]
    assert run(watched) == []


def test_a_rebuild_and_another_encoder_bring_no_news(watched: Archive, other_encoder: Path) -> None:
    watched.update(fresh=True)
    assert run(watched) == []
    watched.update(encoder=str(other_encoder))
    assert run(watched) == []
    watched.write("baru.txt", NEWS)
    watched.update(fresh=True, encoder=str(other_encoder))
    assert run(watched) == [(1, ["baru.txt"])]


def test_a_catalogue_made_from_nothing_brings_no_news(watched: Archive) -> None:
    (watched.root / FILE_NAME).write_bytes(b"broken" * 1000)
    watched.write("aa.txt", NEWS)
    watched.update(fresh=True)
    assert run(watched) == [(1, ["aa.txt"])]


def test_each_question_has_its_own_beginning(watched: Archive) -> None:
    watched.write("baru.txt", NEWS)
    watched.update()
    with closing(Watchlist(watched.root)) as watchlist, Searcher.open(watched.root) as searcher:
        watchlist.add("Suramadu ditutup kapan", searcher)
    assert run(watched) == [(1, ["baru.txt"])]
    watched.write("baru2.txt", f"Jembatan Suramadu ditutup kapan? {paragraph('lagi')}")
    watched.update()
    assert [number for number, _ in run(watched)] == [1, 2]


def test_however_many_are_new_none_is_left_out(watched: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.watchlist, "AT_ONCE", 2)
    for number in range(5):
        watched.write(f"baru{number}.txt", f"Jembatan Suramadu ditutup. {paragraph(number)}")
    watched.write("salinan.txt", f"ANTARA - Jembatan Suramadu ditutup. {paragraph(0)}")
    watched.update()
    ((_, names),) = run(watched)
    assert {"baru1.txt", "baru2.txt", "baru3.txt", "baru4.txt"} < {*names}
    assert len(names) == 5  # the copy and what it copies are one


def test_who_dies_before_the_news_is_taken_gets_it_again(watched: Archive) -> None:
    watched.write("baru.txt", NEWS)
    watched.update()
    with closing(Watchlist(watched.root)) as watchlist, Searcher.open(watched.root) as searcher:
        taken = watchlist.news(searcher)
        found, articles = taken.__enter__()
        assert (len(found), articles) == (1, 1)
        assert not taken.__exit__(BrokenPipeError, BrokenPipeError(), None)
        assert watchlist.standing()[0].reports == 0
    assert run(watched) == [(1, ["baru.txt"])]


def test_one_run_at_a_time(watched: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.watchlist, "WAIT", 0.05)
    with (
        closing(Watchlist(watched.root)) as one,
        closing(Watchlist(watched.root)) as other,
        Searcher.open(watched.root) as searcher,
        one.news(searcher),
        pytest.raises(LockedError),
        other.news(searcher),
    ):
        pass


def test_questions_go_by_number_and_by_words(watched: Archive) -> None:
    with closing(Watchlist(watched.root)) as watchlist, Searcher.open(watched.root) as searcher:
        watchlist.add("Siapa presiden Kuba?", searcher)
        assert [one.number for one in watchlist.standing()] == [1, 2]
        assert watchlist.remove("1").question == QUESTION
        watchlist.remove("Siapa presiden Kuba?")
        with pytest.raises(NotFoundError):
            watchlist.remove("1")
        with pytest.raises(UsageError), watchlist.news(searcher):
            pass
        with pytest.raises(UsageError):
            watchlist.add("?!", searcher)
        assert watchlist.add("lagi satu", searcher)[0].number == 3  # numbers are not used twice


def test_the_list_is_no_leftover(watched: Archive) -> None:
    watched.update()
    assert watched.whole()
    watched.update(fresh=True)
    assert (watched.root / "watchlist.sqlite").exists()


def test_a_damaged_list_is_named(watched: Archive) -> None:
    with closing(sqlite3.connect(watched.root / "watchlist.sqlite")) as db, db:
        db.execute("UPDATE facts SET value = 9 WHERE name = 'format'")
    with pytest.raises(IndexUnusableError, match="format 9"):
        Watchlist(watched.root)
    (watched.root / "watchlist.sqlite").write_bytes(b"nichts" * 1000)
    with pytest.raises(IndexUnusableError, match="cannot be read"):
        Watchlist(watched.root)


def test_without_an_index_there_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError):
        Watchlist(tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_marks_are_passages(watched: Archive) -> None:
    with closing(Watchlist(watched.root)) as watchlist, closing(Catalogue(watched.root)) as catalogue:
        assert [one.mark for one in watchlist.standing()] == [catalogue.get("next_passage")]
