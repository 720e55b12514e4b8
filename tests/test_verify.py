"""What verify finds: each kind of damage by itself, named, with what to do."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import Archive, paragraph, write_tiny_encoder

from index.catalogue import FILE_NAME, PAGE_SIZE, Catalogue
from index.errors import IndexUnusableError
from index.lexicon import Entry, Lexicon
from index.repair import repair
from index.rows import Encoded, Rows
from index.segment import Segment, write_segment
from index.verify import Problem, verify


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Archive:
    """Four articles in two segments."""
    archive = Archive(tmp_path_factory.mktemp("whole") / "berita", tiny_encoder)
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n), paragraph(n, 2), paragraph(n, 3))
    archive.update()
    archive.write("3.txt", "Harga beras naik.")
    archive.update()
    assert len(archive.segments()) == 2
    return archive


@pytest.fixture
def filled(whole: Archive, archive: Archive) -> Archive:
    """A copy of it, to be damaged."""
    shutil.copytree(whole.folder.parent, archive.folder.parent, dirs_exist_ok=True)
    return archive


def test_a_whole_index(filled: Archive) -> None:
    assert verify(filled.root) == verify(filled.root, deep=True) == []


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def mended(archive: Archive) -> list[str]:
    """Repair an index whose articles are out of reach; what was done. It answers as before, and is whole."""
    away = archive.folder.rename(archive.folder.with_name("dipinjam"))
    done = repair(archive.root)
    away.rename(archive.folder)
    assert archive.whole()
    assert repair(archive.root) == []
    return done


def lexicon(archive: Archive) -> Lexicon:
    return Lexicon(archive.root / "lexicon" / archive.setting("lexicon"))


@pytest.mark.parametrize("place", [0.02, 0.5, 0.97])
def test_a_flipped_bit_in_a_segment(filled: Archive, place: float) -> None:
    path, held = filled.segments()[0].file(filled.root / "segments"), filled.segments()[0].passages
    raw = bytearray(path.read_bytes())
    raw[int(place * len(raw))] ^= 1
    path.write_bytes(raw)
    problem = only(verify(filled.root))
    assert f"{filled.segments()[0].segment:06d}" in problem.what
    assert "missing or damaged" in problem.what
    assert "--repair" in problem.remedy
    assert mended(filled) == [f"1 damaged segments written anew, {held} passages encoded"]


@pytest.mark.parametrize("size", [None, 0, 0.5, -1])
def test_a_missing_or_truncated_segment(filled: Archive, size: float | None) -> None:
    path, held = filled.segments()[1].file(filled.root / "segments"), filled.segments()[1].passages
    if size is None:
        path.unlink()
    else:
        length = path.stat().st_size
        os.truncate(path, length - 1 if size == -1 else int(size * length))
    problem = only(verify(filled.root))
    assert f"{filled.segments()[1].segment:06d}" in problem.what
    assert "missing or damaged" in problem.what
    assert "--repair" in problem.remedy
    assert mended(filled) == [f"1 damaged segments written anew, {held} passages encoded"]


def rewrite(archive: Archive, change: Callable[[list[int], list[Encoded]], None]) -> None:
    """Write the first segment anew, with a valid checksum and other content."""
    name = archive.segments()[0]
    held = Segment(archive.root / "segments", name, 32)
    numbers = held.rows.numbers.tolist()
    encoded = [*held.lookup(held.rows.numbers).values()]
    change(numbers, encoded)
    rows = Rows.of(np.array(numbers, np.int64), encoded)
    new = write_segment(archive.root / "segments", name.segment, rows)
    with closing(Catalogue(archive.root)) as catalogue:
        catalogue.replace_segments([name], new)


def test_vectors_that_are_not_of_unit_length(filled: Archive) -> None:
    def stretch(numbers: list[int], encoded: list[Encoded]) -> None:
        encoded[1] = encoded[1]._replace(vector=encoded[1].vector * 1.5)
        encoded[2] = encoded[2]._replace(vector=encoded[2].vector * np.nan)

    rewrite(filled, stretch)
    assert only(verify(filled.root)).what == "2 vectors are damaged: their length is not 1"


def test_vectors_of_other_texts_are_found_by_the_deep_check(filled: Archive) -> None:
    def swap(numbers: list[int], encoded: list[Encoded]) -> None:
        encoded[0], encoded[1] = encoded[1], encoded[0]

    rewrite(filled, swap)
    assert verify(filled.root) == []
    assert "passages encoded again gave other vectors" in only(verify(filled.root, deep=True)).what


def test_passages_without_a_vector_and_vectors_without_a_passage(filled: Archive) -> None:
    with closing(Catalogue(filled.root)) as catalogue:
        numbers = catalogue.passage_numbers()
        catalogue._db.execute("UPDATE passages SET passage = 77 WHERE passage = ?", (numbers[1],))
    found = {problem.what for problem in verify(filled.root)}
    assert {"1 passages have no vector", "1 vectors belong to no passage", "the lexicon lacks 1 passages"} <= found


def test_a_missing_lexicon(filled: Archive) -> None:
    shutil.rmtree(filled.root / "lexicon")
    problem = only(verify(filled.root))
    assert "the lexicon in" in problem.what
    assert "--repair" in problem.remedy
    assert mended(filled) == ["the lexicon written anew, nothing encoded"]
    assert filled.containing("beras") == ["Harga beras naik."]


def test_a_lexicon_that_lacks_a_passage(filled: Archive) -> None:
    with lexicon(filled).writer() as writer:
        writer.remove([2, 3])
    assert only(verify(filled.root)).what == "the lexicon lacks 2 passages"
    assert mended(filled) == ["the lexicon written anew, nothing encoded"]


def test_a_lexicon_that_holds_too_much(filled: Archive) -> None:
    filled.write("0.txt", paragraph("baru"))
    filled.update()
    assert verify(filled.root, deep=True) == []
    with closing(Catalogue(filled.root)) as catalogue:
        gone = min(catalogue.removed("segment") or set(range(1, 20)) - set(catalogue.passage_numbers()))
    with lexicon(filled).writer() as writer:
        writer.add(Entry(gone, 1, "hantu", None, "id"))
    assert only(verify(filled.root)).what == "the lexicon holds 1 passages that are gone"
    assert mended(filled) == ["the lexicon written anew, nothing encoded"]


def test_changed_touched_and_gone_files(filled: Archive) -> None:
    filled.write("0.txt", paragraph("baru"))
    (filled.folder / "1.txt").unlink()
    filled.settle(filled.folder / "2.txt")
    found = {Path(problem.what.split()[0]).name: problem for problem in verify(filled.root)}
    assert set(found) == {"0.txt", "1.txt"}
    assert found["0.txt"].what.endswith("has changed since it was read")
    assert found["1.txt"].what.endswith("is gone")
    assert all("telusur index" in problem.remedy for problem in found.values())
    filled.update()
    assert verify(filled.root, deep=True) == []


def test_a_change_that_kept_size_and_time_is_found_by_the_deep_check(filled: Archive) -> None:
    path = filled.folder / "3.txt"
    status = path.stat()
    path.write_text(path.read_text().replace("naik", "baik"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert verify(filled.root) == []
    assert only(verify(filled.root, deep=True)).what.endswith("3.txt has changed since it was read")


def test_a_text_that_is_not_the_one_encoded(filled: Archive) -> None:
    with closing(Catalogue(filled.root)) as catalogue:
        catalogue._db.execute("UPDATE texts SET text = replace(text, 'Harga', 'Marga')")
    assert verify(filled.root) == []
    assert any("is not the text that was encoded" in what for what, _ in verify(filled.root, deep=True))


def test_another_or_no_encoder_is_found_by_the_deep_check(
    filled: Archive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = write_tiny_encoder(tmp_path_factory.mktemp("encoder") / "own")
    filled.update(fresh=True, encoder=str(place))
    assert verify(filled.root, deep=True) == []
    write_tiny_encoder(place, seed=9)
    assert "not the one that the index was made with" in only(verify(filled.root, deep=True)).what
    shutil.rmtree(place)
    assert only(verify(filled.root, deep=True)).what
    assert verify(filled.root) == []


def test_a_damaged_catalogue(filled: Archive) -> None:
    raw = bytearray((filled.root / FILE_NAME).read_bytes())
    for page in range(2 * PAGE_SIZE, len(raw), PAGE_SIZE):
        raw[page : page + 8] = b"\xff" * 8
    (filled.root / FILE_NAME).write_bytes(raw)
    problems = verify(filled.root)
    assert problems
    assert all(what.startswith("the catalogue is damaged") and "--fresh" in remedy for what, remedy in problems)


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError, match="no index"):
        verify(tmp_path)


def test_the_seeds_are_whole(seeds_index: Path) -> None:
    assert verify(seeds_index, deep=True) == []


def test_a_merge_refuses_a_damaged_segment(filled: Archive) -> None:
    path = filled.segments()[1].file(filled.root / "segments")
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    filled.write("4.txt", "Banjir surut.")  # as small as the damaged one: they would be joined
    before = filled.state()
    with pytest.raises(IndexUnusableError, match=f"{path.name} is damaged") as caught:
        filled.update()
    assert "verify --repair" in caught.value.hint
    assert filled.state() == before
    assert repair(filled.root) == ["1 damaged segments written anew, 1 passages encoded"]
    assert filled.counts() == {"added": 1, "unchanged": 4, "encoded": 1}
    assert filled.whole()
