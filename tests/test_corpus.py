"""Names of files, where they lie, and which names a path covers."""

import os
from pathlib import Path

import pytest

from index.corpus import Corpus
from index.scan import find_files


def test_names_move_with_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(tmp_path / "kerja/.telusur")
    inside, outside = tmp_path / "kerja/berita/a.txt", tmp_path / "lain/b.txt"
    assert corpus.name(inside) == "berita/a.txt"
    assert corpus.name(outside) == outside.as_posix()
    assert Corpus(tmp_path / "pindah/.telusur").locate("berita/a.txt") == tmp_path / "pindah/berita/a.txt"
    for location in (inside, outside):
        assert corpus.locate(corpus.name(location)) == location
    (tmp_path / "kerja/berita").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "kerja/berita")
    assert corpus.shown("berita/a.txt") == "a.txt"
    assert corpus.shown("sini.txt") == str(tmp_path / "kerja/sini.txt")
    assert corpus.name(Path("a.txt")) == "berita/a.txt"
    assert corpus.name(Path("../x/./a.txt")) == "x/a.txt"


def test_which_names_lie_below_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(tmp_path / "kerja/.telusur")
    lain = (tmp_path / "lain/x.txt").as_posix()
    names = ["a/b/c.txt", "a.txt", "ab.txt", "b/a/c.txt", lain]
    (tmp_path / "kerja").mkdir()
    monkeypatch.chdir(tmp_path / "kerja")

    def covered(*paths: Path) -> list[str]:
        return sorted(corpus.covered(paths, names))

    assert covered(tmp_path / "kerja/a") == covered(Path("a")) == covered(Path("../kerja/./a")) == ["a/b/c.txt"]
    assert covered(tmp_path / "x", Path("a.txt")) == ["a.txt"]
    assert covered(Path()) == sorted(names[:-1])
    assert covered(tmp_path / "lain", Path("b")) == sorted(["b/a/c.txt", lain])
    assert covered(tmp_path) == covered(Path(os.path.abspath(os.sep))) == sorted(names)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a"], ["a"]),
        (["a", "b/c.txt"], ["a", "b/c.txt"]),
        (["."], None),
        (["a", "."], None),
        ([".."], None),
    ],
)
def test_names_of_paths(tmp_path: Path, paths: list[str], names: list[str] | None) -> None:
    corpus = Corpus(tmp_path / ".telusur")
    assert corpus.names([tmp_path / path for path in paths]) == names


def test_names_outside_the_index_s_folder_are_absolute(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "indeks" / ".telusur")
    assert corpus.names([tmp_path / "berita"]) == [(tmp_path / "berita").as_posix()]
    (tmp_path / "berita").mkdir()
    (tmp_path / "berita/a.txt").write_text("x")
    assert [file.path for file in find_files(corpus, [tmp_path / "berita"])] == [(tmp_path / "berita/a.txt").as_posix()]
    (tmp_path / "indeks").mkdir()
    (tmp_path / "indeks/b.txt").write_text("x")
    found = [file.path for file in find_files(corpus, [tmp_path])]
    assert found == [(tmp_path / "berita/a.txt").as_posix(), "b.txt"]
