"""Faults of the machine that an index meets: clocks, permissions, files that go, folders that cannot be mapped."""

import mmap
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Archive, paragraph

import index.plan
from index.encoder import open_encoder
from index.verify import verify
from search.engine import Searcher

ROOT = Path(__file__).parent.parent
YEAR = 365 * 24 * 3600 * 10**9  # in ns


def found(root: Path) -> int:
    with Searcher.open(root) as searcher:
        return len(searcher.search("persen", mode="lexical", all_passages=True).hits)


# --- the clock ---


def test_a_clock_that_was_set_back_hides_no_change(archive: Archive) -> None:
    """A file bears a time that is yet to come; an edit may then bear any time, also the same."""
    path = archive.write("a.txt", "Beras naik di pasar.")
    ahead = time.time_ns() + YEAR
    os.utime(path, ns=(ahead, ahead))
    assert archive.counts() == {"added": 1, "encoded": 1}
    path.write_text("Beras turun di pasar"[:19] + ".\n")
    os.utime(path, ns=(ahead, ahead))
    assert archive.counts() == {"changed": 1, "encoded": 1}
    path.write_text("Gula naik di pasarr.\n")
    os.utime(path, ns=(ahead - 2 * YEAR, ahead - 2 * YEAR))  # older than what it was
    assert archive.counts() == {"changed": 1, "encoded": 1}
    assert archive.counts() == {"unchanged": 1}
    assert archive.whole()


def test_updates_and_searches_while_the_clock_runs_backwards(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    now, now_ns = time.time(), time.time_ns()
    for n in range(3):
        monkeypatch.setattr(time, "time", lambda n=n: now - n * 1e7)
        monkeypatch.setattr(time, "time_ns", lambda n=n: now_ns - n * 10**16)
        archive.write(f"{n}.txt", paragraph(n))
        assert archive.counts()["added"] == 1
        assert found(archive.root) == n + 1
    assert archive.whole()


# --- files that go, and rights that are missing ---


def test_a_file_that_goes_between_listing_and_reading(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        archive.write(f"{name}.txt", paragraph(name))
    digest = index.plan._digest

    def first_removed(file: Any) -> tuple[str, str]:
        if Path(file.location).name == "a.txt":  # listed, and gone before its content is looked at
            Path(file.location).unlink()
        return digest(file)

    def removing(name: str) -> Any:  # everything is looked at, nothing is read yet
        (archive.folder / "b.txt").unlink()
        return open_encoder(name)

    monkeypatch.setattr(index.plan, "_digest", first_removed)
    report = archive.update(opener=removing)
    assert report.added == 1
    assert [Path(skip.path).name for skip in report.skipped] == ["a.txt", "b.txt"]
    assert all("cannot be read: No such file" in skip.reason for skip in report.skipped)
    monkeypatch.undo()
    assert archive.counts() == {"unchanged": 1}
    assert archive.whole()


def telusur(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of somebody who must obey permissions: root without the right to pass them over."""
    who = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root obeys no permissions without setpriv")
        who = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    return subprocess.run(
        [*who, sys.executable, "-m", "search", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )


@contextmanager
def permissions(folder: Path, folders: int, files: int) -> Iterator[None]:
    """All in a folder, and itself, with these permissions; afterwards with those of before."""
    before = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    try:
        for path in reversed(before):
            path.chmod(folders if path.is_dir() else files)
        yield
    finally:
        for path, mode in before.items():
            path.chmod(mode)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are other ones there")
def test_what_may_not_be_read_is_named_and_keeps_what_was_read(archive: Archive) -> None:
    for n, name in enumerate(("a.txt", "b.txt", "tertutup/c.txt", "tertutup/dalam/d.txt")):
        archive.write(name, paragraph(n))
    archive.update()
    os.utime(archive.folder / "a.txt", ns=(1, 1))
    with permissions(archive.folder / "a.txt", 0, 0), permissions(archive.folder / "tertutup", 0, 0):
        done = telusur("index", str(archive.folder), "--index", str(archive.root))
    assert done.returncode == 0
    assert "a.txt: cannot be read: Permission denied" in done.stderr
    assert "tertutup: cannot be looked into: Permission denied" in done.stderr
    assert "holds 4 articles" in done.stdout
    assert found(archive.root) == 4
    (archive.folder / "tertutup" / "c.txt").unlink()
    assert archive.counts() == {"removed": 1, "unchanged": 3}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are other ones there")
def test_a_folder_that_cannot_be_written(archive: Archive) -> None:
    """Articles may lie where nothing can be written; an index may not, and every command that writes says so."""
    archive.write("a.txt", paragraph(1))
    archive.update()
    archive.write("b.txt", paragraph(2))
    place = archive.root.parent
    with permissions(place, 0o555, 0o444):
        before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
        for line in (
            ["index", str(archive.folder)],
            ["index", str(archive.folder), "--fresh"],
            ["verify", "--repair"],
        ):
            done = telusur(*line, "--index", str(archive.root))
            assert (done.returncode, done.stdout) == (2, ""), line
            assert done.stderr.startswith("error: ")
            assert "Permission denied" in done.stderr
            assert "\nhint: " in done.stderr
            assert done.stderr.count("\n") == 2
        done = telusur("index", str(archive.folder), "--index", str(place / "baru"))
        assert (done.returncode, done.stderr.count("\n")) == (2, 2)
        assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before
    elsewhere = archive.root.parent / "lain"
    with permissions(archive.folder, 0o555, 0o444):
        done = telusur("index", str(archive.folder), "--index", str(elsewhere), "--encoder", str(archive.encoder))
    assert (done.returncode, "2 added" in done.stdout) == (0, True)


# --- where files cannot be mapped, as on some network shares ---


def test_segments_and_models_are_read_where_they_cannot_be_mapped(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    nearest = archive.nearest("harga beras", 3)

    def refused(*_: object, **__: object) -> Any:
        raise OSError(19, "No such device")

    monkeypatch.setattr(mmap, "mmap", refused)
    assert archive.nearest("harga beras", 3) == nearest
    assert found(archive.root) == 3
    assert verify(archive.root, deep=True) == []


@pytest.mark.skipif(not shutil.which("strace"), reason="system calls cannot be made to fail without strace")
def test_an_index_where_files_cannot_be_mapped_is_searched_and_not_written(archive: Archive) -> None:
    """Every mapping of a file of the index fails, tantivy's and SQLite's as well."""
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    files = [path for path in archive.root.rglob("*") if path.is_file()]
    files += [archive.root / name for name in ("writer.json", "catalogue.sqlite-shm", "catalogue.sqlite-wal")]
    trace = archive.root.parent / "calls"
    before = {path: path.read_bytes() for path in archive.root.rglob("*.s*")}

    def telusur(*arguments: str) -> subprocess.CompletedProcess[str]:
        paths = [word for path in files for word in ("-P", str(path))]
        fail = ["-e", "trace=mmap", "-e", "inject=mmap:error=ENODEV", "-o", str(trace)]
        line = ["strace", "-f", *fail, *paths, sys.executable, "-m", "search", *arguments, "--index", str(archive.root)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(line, capture_output=True, text=True, env=environment)

    done = telusur("search", "persen", "--all", "--jsonl")
    if "ptrace" in done.stderr:
        pytest.skip("processes cannot be traced there")
    assert (done.returncode, done.stdout.count('"passage_id"')) == (0, 3), done.stderr
    assert trace.read_text().count("ENODEV") >= 4  # a segment, the lexicon's list, SQLite's shared memory
    done = telusur("index", str(archive.folder))
    assert done.returncode == 2
    assert "cannot be mapped into memory" in done.stderr
    assert "hint: it can be searched there" in done.stderr
    assert {path: path.read_bytes() for path in before} == before
