"""An index whose articles lie elsewhere now."""

import shutil
from pathlib import Path

import pytest

from index.catalogue import FileState
from index.corpus import Corpus
from index.errors import UsageError
from index.moved import moved
from index.verify import verify
from search.engine import Searcher
from tests.conftest import Archive, paragraph


def states(*names: str, size: int = 3) -> list[FileState]:
    return [FileState(n, name, size, 1, "x") for n, name in enumerate(names)]


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("isi")
    return folder


@pytest.mark.parametrize(
    ("known", "there", "expected"),
    [
        (["/home/ana/berita/2024/a.txt", "/home/ana/berita/b.txt"], ["2024/a.txt", "b.txt"], ["2024/a.txt", "b.txt"]),
        (["/home/ana/berita/2024/a.txt"], ["2024/a.txt"], ["2024/a.txt"]),
        (["berita/a.txt", "berita/b.txt", "arsip/c.txt"], ["a.txt", "b.txt"], ["a.txt", "b.txt", None]),
        (["berita/a.txt", "arsip/c.txt"], ["berita/a.txt", "arsip/c.txt"], ["berita/a.txt", "arsip/c.txt"]),
        (["/x/a.txt", "berita/a.txt", "berita/b.txt"], ["a.txt", "b.txt"], [None, "a.txt", "b.txt"]),
        (["/x/a/a.txt", "/x/a/b.txt", "/x/gone.txt"], ["a/a.txt", "a/b.txt"], ["a/a.txt", "a/b.txt", "gone.txt"]),
        (["C:/berita/a.txt", "C:/berita/b.txt"], ["a.txt", "b.txt"], ["a.txt", "b.txt"]),
    ],
)
def test_where_the_files_were_is_told_by_the_files(
    tmp_path: Path, known: list[str], there: list[str], expected: list[str | None]
) -> None:
    folder = lay(tmp_path / "data", *there)
    found = moved(Corpus(tmp_path / "indeks/.telusur"), states(*known), folder)
    names = [found.get(n) for n in range(len(known))]
    assert names == [name and f"{folder.as_posix()}/{name}" for name in expected]


def test_a_folder_that_holds_none_of_them_is_refused(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / ".telusur")
    folder = lay(tmp_path / "data", "a.txt")
    with pytest.raises(UsageError, match="holds none of the 2 files"):
        moved(corpus, states("berita/b.txt", "berita/c.txt"), folder)
    with pytest.raises(UsageError, match="holds none of the 1 files"):
        moved(corpus, states("berita/a.txt", size=4), folder)  # another file of that name
    with pytest.raises(UsageError, match="is no folder"):
        moved(corpus, states("berita/a.txt"), folder / "a.txt")
    assert moved(corpus, states("data/a.txt"), folder) == {}  # where it was


def elsewhere(archive: Archive, tmp_path: Path) -> Path:
    """Leave the index where it is, and move the articles to another disk, with other times."""
    folder = tmp_path / "cakram/arsip"
    shutil.copytree(archive.folder, folder, copy_function=shutil.copy)
    shutil.rmtree(archive.folder)
    for path in folder.rglob("*.txt"):
        archive.settle(path)
    return folder


def test_articles_on_another_disk_are_followed_and_nothing_is_encoded(archive: Archive, tmp_path: Path) -> None:
    for n in range(4):
        archive.write(f"2024/{n}.txt", paragraph(n))
    archive.update()
    ids, folder = archive.ids(), elsewhere(archive, tmp_path)
    (folder / "2024/0.txt").unlink()
    archive.folder = folder
    archive.write("2024/9.txt", paragraph(9))
    wanted = {"added": 1, "removed": 1, "unchanged": 3}
    assert archive.counts(moved_to=folder, dry_run=True) == wanted
    assert {path.partition("/")[0] for path, _ in archive.ids()} == {"berita"}  # a dry run changes nothing
    assert archive.counts(moved_to=folder) == {**wanted, "encoded": 1}
    kept = {path: article_id for (path, _), article_id in archive.ids().items() if "9.txt" not in path}
    assert kept == {f"cakram/arsip/2024/{n}.txt": ids[f"berita/2024/{n}.txt", None] for n in (1, 2, 3)}
    assert verify(archive.root, deep=True) == []
    with Searcher.open(archive.root) as searcher:
        assert {Path(hit.path).parent for hit in searcher.search("harga", all_passages=True).hits} == {folder / "2024"}
    assert archive.counts(moved_to=folder) == {"unchanged": 4}


def test_what_was_indexed_at_the_new_place_already_is_there_once(archive: Archive, tmp_path: Path) -> None:
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    folder = elsewhere(archive, tmp_path)
    assert archive.counts(folder / "1.txt") == {"added": 1}  # without saying that they were moved
    assert archive.counts(folder, moved_to=folder) == {"unchanged": 3, "removed": 1}
    assert sorted(path for path, _ in archive.ids()) == [f"cakram/arsip/{n}.txt" for n in range(3)]


def test_a_reader_that_is_open_shows_the_new_places(archive: Archive, tmp_path: Path) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    with Searcher.open(archive.root) as searcher:
        assert [hit.path for hit in searcher.search("harga", all_passages=True).hits] == [str(archive.folder / "a.txt")]
        folder = elsewhere(archive, tmp_path)
        archive.update(folder, moved_to=folder)
        assert [hit.path for hit in searcher.search("harga", all_passages=True).hits] == [str(folder / "a.txt")]
