from pathlib import Path

import pytest
from conftest import Archive, paragraph

from index.errors import UsageError
from search.engine import Searcher
from search.manuscript import Citation, Quotation
from search.quotations import Checked, check, checked_object, read_manuscript

ONE, TWO = paragraph("satu"), paragraph("dua")


@pytest.fixture
def cited(archive: Archive) -> tuple[Archive, Citation]:
    """An archive of two articles, and a citation of the second paragraph of the first."""
    archive.write("a.txt", ONE, TWO)
    archive.write("b.txt", paragraph("tiga"))
    archive.update()
    with Searcher.open(archive.root) as searcher:
        row = next(p for p in searcher.show(str(archive.folder / "a.txt"))["passages"] if TWO[:40] in p["text"])
    return archive, Citation(row["passage_id"], row["line_start"], row["line_end"], "lama/a.txt")


def became(archive: Archive, *quoted: Quotation) -> list[Checked]:
    with Searcher.open(archive.root) as searcher:
        return check(searcher, quoted)


def sentence(text: str, number: int = 1) -> str:
    return text.split(". ")[number]


def test_what_stands_stands(cited: tuple[Archive, Citation]) -> None:
    archive, citation = cited
    (one,) = became(archive, Quotation(1, sentence(TWO).upper().replace(" ", "\n "), citation))
    assert one.found is not None
    assert (one.status, one.found.line_start, one.found.text) == ("stands", 3, sentence(TWO))
    text = (archive.folder / "a.txt").read_text()
    assert text[one.found.char_start : one.found.char_end] == sentence(TWO)


def test_what_moved_is_found_in_the_file_and_not_in_the_index(cited: tuple[Archive, Citation]) -> None:
    archive, citation = cited
    archive.write("a.txt", paragraph("baru"), ONE, TWO)  # not indexed again
    (one,) = became(archive, Quotation(1, sentence(TWO), citation))
    assert one.found is not None
    assert (one.status, one.found.line_start, one.found.line_end) == ("moved", 5, 5)
    assert "tells" not in one.reason


def test_what_was_altered_is_shown_beside(cited: tuple[Archive, Citation]) -> None:
    archive, citation = cited
    words = sentence(TWO).split()
    now = " ".join([*words[:5], "diubah", *words[6:]])
    archive.write("a.txt", ONE, TWO.replace(sentence(TWO), now))
    (one,) = became(archive, Quotation(1, sentence(TWO), citation))
    assert one.found is not None
    assert (one.status, one.found.text.rstrip(".")) == ("altered", now)
    assert one.changes == ((words[5].casefold(), "diubah"),)
    assert checked_object([one])["hold"] is False


def test_what_is_gone_is_gone(cited: tuple[Archive, Citation]) -> None:
    archive, citation = cited
    archive.write("a.txt", ONE)
    (one,) = became(archive, Quotation(1, TWO, citation))
    assert (one.status, one.found, one.reason) == ("gone", None, "its words are not in the article any more")
    (archive.folder / "a.txt").unlink()
    (one,) = became(archive, Quotation(1, TWO, citation))
    assert (one.status, one.reason.rpartition("/")[2]) == ("gone", "a.txt is gone")


def test_what_went_to_another_file_is_found_there(cited: tuple[Archive, Citation]) -> None:
    archive, citation = cited
    archive.write("a.txt", ONE)
    archive.write("c.txt", paragraph("empat"), TWO)
    archive.update()
    (one,) = became(archive, Quotation(1, TWO, citation))
    assert one.found is not None
    assert (one.status, Path(one.found.path).name, one.found.line_start) == ("moved", "c.txt", 3)


def test_another_name_of_the_file_is_a_move(cited: tuple[Archive, Citation]) -> None:
    archive, citation = cited
    (archive.folder / "a.txt").rename(archive.folder / "z.txt")
    archive.update()
    (one,) = became(archive, Quotation(1, sentence(TWO), citation))
    assert one.found is not None
    assert (one.status, Path(one.found.path).name) == ("moved", "z.txt")


def test_without_citation_it_is_looked_for(cited: tuple[Archive, Citation]) -> None:
    archive, _ = cited
    found, lost = became(archive, Quotation(1, sentence(TWO), None), Quotation(2, "lima kata yang tidak ada", None))
    assert found.found is not None
    assert (found.status, Path(found.found.path).name) == ("uncited", "a.txt")
    assert (lost.status, lost.found, checked_object([found, lost])["hold"]) == ("uncited", None, True)


def test_a_manuscript_without_quotations_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.md"
    path.write_text("Tidak ada apa-apa.")
    with pytest.raises(UsageError, match="quotes nothing"):
        read_manuscript(path)
    path = tmp_path / "m.jsonl"
    path.write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        read_manuscript(path)
