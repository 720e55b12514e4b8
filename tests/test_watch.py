"""Real processes that watch real folders; the tests wait for what they say."""

import json
import mmap
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Archive, paragraph

from index.errors import EncoderError, IndexUnusableError, UsageError
from index.lock import write_lock
from index.watch import watch

LIMIT = 60  # seconds that a line may take on a very busy machine
STILL = 0.5  # seconds after which these watchers take a file for written
PAUSE = STILL / 5  # of a slow writer
HASTY = f"""
import index.watch, runpy
index.watch.STILL, index.watch.TICK, index.watch.RETRY = {STILL}, 0.05, 0.3
runpy.run_module("search", run_name="__main__")
"""


class Watching:
    """A `telusur watch --json` of an archive's folder, and the lines that it has not been asked for yet."""

    def __init__(self, archive: Archive, *options: object) -> None:
        command = [sys.executable, "-c", HASTY, "watch", archive.folder, "--index", archive.root, "--json", *options]
        self.process = subprocess.Popen(
            [*map(str, command)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lines: dict[str, queue.Queue[str]] = {"stdout": queue.Queue(), "stderr": queue.Queue()}
        self.threads = [threading.Thread(target=self._collect, args=[name], daemon=True) for name in self.lines]
        for thread in self.threads:
            thread.start()

    def _collect(self, name: str) -> None:
        for line in getattr(self.process, name):
            self.lines[name].put(line)

    def report(self) -> dict[str, Any]:
        """The next update, all of it."""
        return json.loads(self.lines["stdout"].get(timeout=LIMIT))

    def counts(self, until: Callable[[dict[str, int]], bool] = bool) -> dict[str, int]:
        """What the next updates did, taken together, until it is what was waited for; unchanged ones left out."""
        total: dict[str, int] = {}
        while not until(total):
            report = self.report()
            for name in ("added", "changed", "renamed", "removed"):
                if report[name]:
                    total[name] = total.get(name, 0) + report[name]
        return total

    def said(self, words: str) -> str:
        """The next line on stderr, which holds these words."""
        line = self.lines["stderr"].get(timeout=LIMIT)
        assert words in line
        return line

    def ended(self, signum: signal.Signals) -> int:
        """The exit code after a signal; all has been said before."""
        self.process.send_signal(signum)
        code = self.process.wait(timeout=LIMIT)
        for thread in self.threads:
            thread.join(timeout=LIMIT)
        assert {name: list(lines.queue) for name, lines in self.lines.items()} == {"stdout": [], "stderr": []}
        return code


@pytest.fixture
def watching(archive: Archive) -> Iterator[Callable[..., Watching]]:
    started: list[Watching] = []

    def start(*options: object) -> Watching:
        started.append(Watching(archive, "--encoder", archive.encoder, *options))
        return started[0]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()
        for stream in (each.process.stdout, each.process.stderr):
            assert stream is not None
            stream.close()


def test_articles_arrive_change_and_go(archive: Archive, watching: Callable[..., Watching]) -> None:
    (archive.folder / "a.txt").write_text(paragraph("a"))
    archive.write("b.txt", paragraph("b"))
    seen = watching("--exclude", "draf-*")
    assert seen.counts(lambda total: total == {"added": 2}) == {"added": 2}  # a.txt may still be too fresh at first
    seen.said("watching")

    for n in range(30):
        (archive.folder / f"n{n}.txt").write_text(paragraph(n))
    report = seen.report()
    assert (report["added"], report["articles"], report["encoded"]) == (30, 32, 30)  # a burst is one update

    (archive.folder / "n0.txt").rename(archive.folder / "baru.txt")
    (archive.folder / "n1.txt").unlink()
    (archive.folder / "n2.txt").write_text(paragraph("lain"))
    (archive.folder / ".unduhan.part").write_text(paragraph("unduhan"))
    (archive.folder / ".unduhan.part").rename(archive.folder / "unduhan.txt")
    for name in (".rahasia.txt", "draf-1.txt"):
        (archive.folder / name).write_text(paragraph(name))
    want = {"added": 1, "changed": 1, "renamed": 1, "removed": 1}
    assert seen.counts(lambda total: total == want) == want

    stage = archive.folder.parent / "stage"
    stage.mkdir()
    for n in range(3):
        (stage / f"{n}.txt").write_text(paragraph("stage", n))
    stage.rename(archive.folder / "kota")
    assert seen.counts(lambda total: total == {"added": 3}) == {"added": 3}
    (archive.folder / ".telusurignore").write_text("kota/\n")
    report = seen.report()
    assert (report["removed"], report["ignored"]) == (3, 1)

    whole = paragraph("pelan", 1) + " " + paragraph("pelan", 2)
    with (archive.folder / "pelan.txt").open("w") as file:
        for at in range(0, len(whole), 150):
            file.write(whole[at : at + 150])
            file.flush()
            time.sleep(PAUSE)
    assert seen.report()["added"] == 1
    text, _ = archive.articles()["berita/pelan.txt", None]
    assert text == whole

    (archive.folder / "foto.jpg").write_bytes(b"\xff\xd8\xff")
    report = seen.report()
    assert [Path(skip["path"]).name for skip in report["skipped"]] == ["foto.jpg"]
    assert report["skipped_by_reason"] == {"unknown format .jpg": 1}
    seen.said("foto.jpg: unknown format .jpg")
    assert seen.ended(signal.SIGTERM) == 0
    assert archive.whole()


def test_troubles_are_told_and_outlived(archive: Archive, watching: Callable[..., Watching]) -> None:
    path = archive.write("a.txt", paragraph("a"))
    (archive.folder / "buruk.xyz").write_bytes(b"?")
    for file in archive.folder.iterdir():
        os.utime(file, (1.7e9, 1.7e9))  # still for long: what was written just now could wait for the next look
    seen = watching("--scan-every", 0.5)
    assert seen.report()["added"] == 1
    seen.said("buruk.xyz: unknown format")  # once, although every scan meets it again
    seen.said("watching")

    with write_lock(archive.root):
        archive.write("b.txt", paragraph("b"))
        assert f"process {os.getpid()} on " in seen.said("waiting: another process is writing the index")
    assert seen.counts() == {"added": 1}

    resource = pytest.importorskip("resource")
    if hasattr(resource, "prlimit"):
        resource.prlimit(seen.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))  # no byte more
        archive.write("c.txt", paragraph("c"))
        seen.said("trying again")
        resource.prlimit(seen.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert seen.counts() == {"added": 1}

    away = archive.folder.parent / "pergi"
    archive.folder.rename(away)
    seen.said("is gone; its articles stay in the index")
    (away / "d.txt").write_text(paragraph("d"))
    away.rename(archive.folder)
    seen.said("is back")
    assert seen.counts() == {"added": 1}
    shutil.copytree(archive.folder, away)
    shutil.rmtree(archive.folder)
    seen.said("is gone")
    away.rename(archive.folder)
    seen.said("is back")
    archive.write("e.txt", paragraph("e"))
    assert seen.counts() == {"added": 1}

    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:  # of such writing nobody is told
        before = path.stat().st_mtime_ns
        memory[:5] = b"Pasar"
        memory.flush()
        if path.stat().st_mtime_ns != before:  # else not even a scan could see it
            assert seen.counts() == {"changed": 1}
    assert seen.ended(signal.SIGINT) == 130
    assert archive.whole()


def first_report(archive: Archive, *paths: Path, encoder: Path | None = None) -> Any:
    told: list[str] = []
    reports = watch(
        archive.root, paths, encoder=str(encoder or archive.encoder), tell=told.append,
        showing=lambda: nullcontext(lambda done, total, articles: None),
    )  # fmt: skip
    return next(reports)


def test_what_cannot_begin(archive: Archive, tmp_path: Path) -> None:
    archive.write("a.txt", paragraph("a"))
    with pytest.raises(UsageError, match="is not there"):
        first_report(archive, archive.folder, tmp_path / "salah")
    with pytest.raises(EncoderError):
        first_report(archive, archive.folder, encoder=tmp_path / "salah")
    archive.update()
    (archive.root / "catalogue.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(IndexUnusableError, match="cannot be read"):
        first_report(archive, archive.folder)
