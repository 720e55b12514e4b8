"""What the scan finds, and what it makes of the difference to the last time."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from index.article import Article, read_articles
from index.catalogue import FileState
from index.corpus import Corpus
from index.errors import UsageError
from index.plan import Plan, plan
from index.scan import SETTLED_NS, FoundFile, LeftOut, find_files

OLD = time.time_ns() - 10**12


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / ".telusur")


def write(path: Path, text: str, mtime_ns: int = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def names(corpus: Corpus, *paths: Path, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> list[str]:
    return [file.path for file in find_files(corpus, paths, [*include], [*exclude])]


def states(corpus: Corpus, *paths: Path) -> list[FileState]:
    """The files as the catalogue would remember them."""
    return [
        FileState(n, file.path, file.size, file.settled_mtime_ns(), file.sha256())
        for n, file in enumerate(find_files(corpus, paths), start=1)
    ]


def summary(result: Plan) -> dict[str, object]:
    """The plan by paths."""
    told = {
        "added": [file.path for file, _ in result.added],
        "changed": [file.path for _, file, _ in result.changed],
        "renamed": [(state.path, file.path) for state, file, _ in result.renamed],
        "touched": [file.path for _, file, _ in result.touched],
        "gone": [state.path for state in result.gone],
        "unchanged": [state.path for state in result.unchanged],
        "unreadable": [path for path, _ in result.unreadable],
    }
    return {kind: paths for kind, paths in told.items() if paths}


# --- planning ---


def test_plan(tmp_path: Path, corpus: Corpus) -> None:
    for name in ("same", "edited", "touched", "moved", "gone"):
        write(tmp_path / "a" / f"{name}.txt", f"isi {name}")
    before = states(corpus, tmp_path / "a")
    assert summary(plan(find_files(corpus, [tmp_path / "a"]), before)) == {"unchanged": [s.path for s in before]}
    write(tmp_path / "a/edited.txt", "lain edited")
    write(tmp_path / "a/touched.txt", "isi touched", OLD + 1)
    (tmp_path / "a/moved.txt").rename(tmp_path / "a/zz-baru.txt")
    (tmp_path / "a/gone.txt").unlink()
    write(tmp_path / "a/new.txt", "isi new")
    result = plan(find_files(corpus, [tmp_path / "a"]), before)
    assert summary(result) == {
        "added": ["a/new.txt"],
        "changed": ["a/edited.txt"],
        "renamed": [("a/moved.txt", "a/zz-baru.txt")],
        "touched": ["a/touched.txt"],
        "gone": ["a/gone.txt"],
        "unchanged": ["a/same.txt"],
    }
    assert not result.is_empty()


def test_an_edit_within_the_same_size_and_tick_is_seen(tmp_path: Path, corpus: Corpus) -> None:
    now = time.time_ns()
    path = write(tmp_path / "a.txt", "Harga 100", now)
    before = states(corpus, tmp_path)
    assert before[0].mtime_ns == -1  # too fresh to rely on
    write(path, "Harga 900", now)
    assert summary(plan(find_files(corpus, [tmp_path]), before)) == {"changed": ["a.txt"]}


@pytest.mark.parametrize(("age_ns", "settled"), [(SETTLED_NS // 4, False), (3 * SETTLED_NS, True), (-(10**12), False)])
def test_when_a_time_is_relied_on(tmp_path: Path, corpus: Corpus, age_ns: int, settled: bool) -> None:
    mtime_ns = time.time_ns() - age_ns
    write(tmp_path / "a.txt", "isi", mtime_ns)
    (file,) = find_files(corpus, [tmp_path])
    assert file.settled_mtime_ns() == (file.mtime_ns if settled else -1)


def test_files_of_equal_size_time_and_content_are_kept_apart(tmp_path: Path, corpus: Corpus) -> None:
    for name in "abcd":
        write(tmp_path / f"in/{name}.txt", "isi yang sama")
    before = states(corpus, tmp_path / "in")
    (tmp_path / "out").mkdir()
    for name in "abc":
        (tmp_path / f"in/{name}.txt").rename(tmp_path / f"out/{name}.txt")
    result = plan(find_files(corpus, [tmp_path]), before)
    assert summary(result) == {
        "renamed": [("in/a.txt", "out/a.txt"), ("in/b.txt", "out/b.txt"), ("in/c.txt", "out/c.txt")],
        "unchanged": ["in/d.txt"],
    }


def test_a_copy_is_added_and_a_swap_is_two_changes(tmp_path: Path, corpus: Corpus) -> None:
    a, b = write(tmp_path / "a.txt", "isi a"), write(tmp_path / "b.txt", "isi b")
    before = states(corpus, tmp_path)
    write(tmp_path / "c.txt", "isi a")
    assert summary(plan(find_files(corpus, [tmp_path]), before)) == {
        "added": ["c.txt"],
        "unchanged": ["a.txt", "b.txt"],
    }
    (tmp_path / "c.txt").unlink()
    write(a, "isi b", OLD + 1)
    write(b, "isi a", OLD + 1)
    assert summary(plan(find_files(corpus, [tmp_path]), before)) == {"changed": ["a.txt", "b.txt"]}


def test_reading_everything_again(tmp_path: Path, corpus: Corpus) -> None:
    write(tmp_path / "a.txt", "isi a")
    result = plan(find_files(corpus, [tmp_path]), states(corpus, tmp_path), reread=True)
    assert summary(result) == {"changed": ["a.txt"]}


def test_a_file_that_cannot_be_read_now_keeps_what_was_read(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.txt", "isi a")
    before = states(corpus, tmp_path)
    write(path, "isi baru", OLD + 1)
    write(tmp_path / "b.txt", "isi b")

    def refused(file: FoundFile) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FoundFile, "sha256", refused)
    result = plan(find_files(corpus, [tmp_path]), before)
    assert summary(result) == {"unchanged": ["a.txt"], "unreadable": ["a.txt", "b.txt"]}
    assert {reason for _, reason in result.unreadable} == {"cannot be read: Permission denied"}


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_not_utf8_is_named_not_fatal(tmp_path: Path, corpus: Corpus) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("isi")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    write(tmp_path / "a.txt", "isi a")
    result = plan(find_files(corpus, [tmp_path]), [])
    assert summary(result) == {"added": ["a.txt"], "unreadable": ["caf?.txt"]}
    assert result.unreadable[0][1] == "its name is not UTF-8"


# --- finding ---


def test_every_file_once_in_order_without_the_hidden_ones(tmp_path: Path, corpus: Corpus) -> None:
    for name in ("b/2.txt", "b/10.txt", "a/x.txt", "c.txt", ".hidden.txt", ".git/config", "b/.cache/1.txt"):
        write(tmp_path / name, name)
    everything = ["c.txt", "a/x.txt", "b/10.txt", "b/2.txt"]
    assert names(corpus, tmp_path) == everything
    assert names(corpus, tmp_path, tmp_path / "b", tmp_path / "c.txt", tmp_path / "b/../c.txt") == everything
    assert names(corpus, tmp_path / "b/2.txt", tmp_path / "b") == ["b/2.txt", "b/10.txt"]
    assert names(corpus, tmp_path / ".hidden.txt") == [".hidden.txt"]  # named, it is meant


def test_the_index_itself_is_never_an_article(tmp_path: Path) -> None:
    write(tmp_path / "idx/segments/000001.txt", "segmen")
    write(tmp_path / "idx-lain/catalogue.sqlite", "")
    write(tmp_path / "idx-lain/lexicon/x.txt", "")
    write(tmp_path / "a.txt", "isi")
    assert names(Corpus(tmp_path / "idx"), tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_links(tmp_path: Path, corpus: Corpus) -> None:
    write(tmp_path / "a/x.txt", "isi x")
    (tmp_path / "a/loop").symlink_to(tmp_path / "a")
    (tmp_path / "a/self.txt").symlink_to(tmp_path / "a/self.txt")
    (tmp_path / "a/nowhere.txt").symlink_to(tmp_path / "none.txt")
    (tmp_path / "a/y.txt").symlink_to(tmp_path / "a/x.txt")
    (tmp_path / "to-a").symlink_to(tmp_path / "a")
    assert names(corpus, tmp_path / "a") == ["a/x.txt", "a/y.txt"]
    assert names(corpus, tmp_path / "to-a") == ["to-a/x.txt", "to-a/y.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_links_that_leave_the_folders_are_named_not_followed(tmp_path: Path, corpus: Corpus) -> None:
    write(tmp_path / "rahasia/x.txt", "isi x")
    write(tmp_path / "a/b/y.txt", "isi y")
    (tmp_path / "a/x.txt").symlink_to("../rahasia/x.txt")
    (tmp_path / "a/lain").symlink_to("../rahasia")
    (tmp_path / "a/putus.txt").symlink_to("none.txt")
    (tmp_path / "a/dalam.txt").symlink_to("b/y.txt")
    (tmp_path / "a/b-lagi").symlink_to("b")
    (tmp_path / "a/b/atas").symlink_to("..")
    left_out = LeftOut()
    found = find_files(corpus, [tmp_path / "a"], left_out=left_out)
    assert [file.path for file in found] == ["a/dalam.txt", "a/b/y.txt"]
    assert {path.name: reason.split(";")[0] for path, reason in left_out.named()} == {
        "x.txt": "a link to a file elsewhere",
        "lain": "a link to a folder elsewhere",
        "putus.txt": "a link that leads nowhere",
    }
    assert names(corpus, tmp_path / "a", tmp_path / "rahasia") == [
        "a/dalam.txt",
        "a/x.txt",
        "a/b/y.txt",
        "rahasia/x.txt",
    ]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_sidecar_that_leaves_its_folder_is_named_not_read(tmp_path: Path, corpus: Corpus) -> None:
    write(tmp_path / "rahasia/kunci.json", '{"title": "Rahasia"}')
    write(tmp_path / "lain/b.txt", "isi b")
    for name in ("luar", "dalam", "pasangan"):
        write(tmp_path / f"a/{name}.txt", name)
    write(tmp_path / "a/dalam/judul.json", '{"title": "Dalam"}')
    (tmp_path / "a/luar.txt.meta.json").symlink_to("../rahasia/kunci.json")
    (tmp_path / "a/dalam.meta.json").symlink_to("dalam/judul.json")
    write(tmp_path / "lain/b.txt.meta.json", '{"title": "Pasangan"}')
    (tmp_path / "a/pasangan.txt").unlink()
    (tmp_path / "a/pasangan.txt").symlink_to("../lain/b.txt")
    (tmp_path / "a/pasangan.txt.meta.json").symlink_to("../lain/b.txt.meta.json")
    left_out = LeftOut()
    found = find_files(corpus, [tmp_path / "a", tmp_path / "lain"], left_out=left_out)
    sidecars = {file.path: file.sidecar and Path(file.sidecar).name for file in found}
    assert sidecars == {
        "a/dalam.txt": "dalam.meta.json",
        "a/luar.txt": None,
        "a/pasangan.txt": "pasangan.txt.meta.json",
        "a/dalam/judul.json": None,
        "lain/b.txt": "b.txt.meta.json",
    }
    named = [(path.name, reason) for path, reason in left_out.named()]
    assert named == [("luar.txt.meta.json", "a sidecar that is a link to a file elsewhere; copy it here")]
    read = {name: next(read_articles(tmp_path / name)) for name in ("a/luar.txt", "a/dalam.txt", "a/pasangan.txt")}
    titles = [found.title for found in read.values() if isinstance(found, Article)]
    assert titles == [None, "Dalam", "Pasangan"]


def test_only_what_changed_is_looked_at(tmp_path: Path, corpus: Corpus) -> None:
    top = tmp_path / "a"
    for name in ("1.txt", "2.txt", "b/3.txt", "b/c/4.txt", "b/.d/5.txt", "idx/catalogue.sqlite", "idx/6.txt"):
        write(top / name, name)
    if os.name != "nt":
        (top / "tautan").symlink_to("b")

    def changed(*paths: str) -> list[str]:
        return [file.path for file in find_files(corpus, [top], changed=[top / path for path in paths])]

    assert changed("1.txt", "gone.txt", "b/c") == ["a/1.txt", "a/b/c/4.txt"]
    assert changed("b") == changed("b/3.txt", "b/c/4.txt", "b") == ["a/b/3.txt", "a/b/c/4.txt"]
    assert changed("b/.d/5.txt", "b/.d", "idx/6.txt", "idx", "tautan/3.txt", "tautan") == []
    assert changed(".") == ["a/1.txt", "a/2.txt", "a/b/3.txt", "a/b/c/4.txt"]
    assert [*find_files(corpus, [top / "b"], changed=[top / "1.txt"])] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes there")
def test_a_pipe_is_no_file(tmp_path: Path, corpus: Corpus) -> None:
    os.mkfifo(tmp_path / "pipa.txt")
    write(tmp_path / "a.txt", "isi")
    assert names(corpus, tmp_path) == ["a.txt"]


def test_include_and_exclude_look_at_name_and_path(tmp_path: Path, corpus: Corpus) -> None:
    for name in ("a/1.txt", "a/2.jsonl", "b/1.txt", "b/draf-2.txt"):
        write(tmp_path / name, name)
    assert names(corpus, tmp_path, include=["*.txt"]) == ["a/1.txt", "b/1.txt", "b/draf-2.txt"]
    assert names(corpus, tmp_path, include=["a/*", "draf*"]) == ["a/1.txt", "a/2.jsonl", "b/draf-2.txt"]
    assert names(corpus, tmp_path, exclude=["draf-*", "a/*"]) == ["b/1.txt"]
    assert names(corpus, tmp_path, include=["*.txt"], exclude=["1.txt"]) == ["b/draf-2.txt"]


def test_a_path_that_is_not_there(tmp_path: Path, corpus: Corpus) -> None:
    write(tmp_path / "a.txt", "isi")
    with pytest.raises(UsageError, match=r"tidak-ada\.txt is not there"):
        names(corpus, tmp_path, tmp_path / "tidak-ada.txt")
