"""Sketches of articles: they never tell apart what is a copy, and those in the index are those of its texts."""

import sqlite3
from contextlib import closing

import pytest
from conftest import Archive, paragraph
from hypothesis import given
from hypothesis import strategies as st

from index.catalogue import FILE_NAME, Catalogue
from index.sketch import ENOUGH, READ, Sketch
from search.copies import Told, same_story
from search.engine import Searcher

LONG_WORDS = [f"{kind}katapanjang" for kind in "abcdefghijklmnopqrstuvwxyz"]


@given(st.sets(st.sampled_from(LONG_WORDS)), st.sets(st.sampled_from(LONG_WORDS)))
def test_what_may_be_a_copy_is_never_ruled_out(one: set[str], other: set[str]) -> None:
    few, shared = min(len(one), len(other)), len(one & other)
    found = Sketch.of(" ".join(sorted(one))).may_share(Sketch.of(" ".join(sorted(other))))
    if few < ENOUGH or 20 * shared >= 11 * few:
        assert found
    else:  # none of these words have the same hash
        assert not found


@given(st.text(max_size=400))
def test_a_sketch_is_read_as_it_was_written(text: str) -> None:
    sketch = Sketch.of(text)
    assert Sketch.read(sketch.packed()) == sketch
    assert len(sketch.packed()) == 4 + 2 * len(sketch.hashes)


def test_a_sketch_by_hand() -> None:
    words = " ".join(LONG_WORDS[:ENOUGH])
    assert Sketch.of(words)[:2] == (len(words), ENOUGH)
    assert Sketch.of(words.upper() + " pendek saja").hashes == Sketch.of(words).hashes
    too_few = " ".join(LONG_WORDS[: ENOUGH - 1])
    assert Sketch.of(too_few) == (len(too_few), 0, frozenset())
    assert Sketch.of("x " * READ).length == READ


@pytest.mark.parametrize("packed", [None, "text", 7, b"", b"abc", b"abcde"])
def test_what_is_no_sketch_is_not_read(packed: object) -> None:
    assert Sketch.read(packed) is None


def test_the_index_holds_the_sketches_of_its_articles(archive: Archive) -> None:
    archive.write("0.txt", *(paragraph("report", n) for n in range(4)))
    archive.write("1.txt", paragraph("other"))
    archive.update()
    archive.write("1.txt", paragraph("another"), paragraph("another", 2))
    archive.write("2.txt", paragraph("third"))
    (archive.folder / "0.txt").rename(archive.folder / "3.txt")
    archive.update()
    (archive.folder / "2.txt").unlink()
    archive.update()
    with closing(Catalogue(archive.root)) as catalogue:
        bodies = catalogue.bodies(catalogue.articles())
        assert len(bodies) == 2
        assert catalogue.sketches([*bodies, 77]) == {
            article: (Sketch.of(body), None, None, None) for article, body in bodies.items()
        }


@pytest.mark.parametrize("damage", ["DELETE FROM sketches", "UPDATE sketches SET sketch = 'x'"])
def test_copies_collapse_also_without_sketches(archive: Archive, damage: str) -> None:
    for name in ("0.txt", "1.txt"):
        archive.write(name, *(paragraph("report", n) for n in range(4)))
    archive.update()
    with closing(sqlite3.connect(archive.root / FILE_NAME)) as db, db:
        db.execute(damage)
    with Searcher.open(archive.root) as searcher:
        [hit] = searcher.search(paragraph("report", 1)).hits
        assert len(hit.also_in) == 1


def test_the_texts_of_what_cannot_be_a_copy_are_not_read() -> None:
    def read() -> str:
        raise AssertionError("the text was read")

    one, other = (" ".join(LONG_WORDS[n : n + 13]) for n in (0, 13))
    assert not same_story(Told(read, Sketch.of(one)), Told(read, Sketch.of(other)))
    assert not same_story(Told(read, Sketch.of(one)), Told(read, Sketch.of(one * 4)))
