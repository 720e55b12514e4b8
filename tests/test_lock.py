"""One writer at a time, and none for ever."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.errors import LockedError
from index.lock import write_lock

ROOT = Path(__file__).parent.parent


@contextmanager
def another_process(root: Path, action: str = "time.sleep(60)") -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock and then does `action`."""
    code = (
        "import sys, time; from pathlib import Path; from index.lock import write_lock\n"
        "with write_lock(Path(sys.argv[1])):\n"
        f"    print('held', flush=True); {action}"
    )
    process = subprocess.Popen([sys.executable, "-c", code, root], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_second_writer_is_told_who_holds_it(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        started = time.monotonic()
        with pytest.raises(LockedError, match=rf"process {process.pid} on \S+, since \d{{4}}-") as caught:
            write_lock(tmp_path, wait=0.2).__enter__()
        assert 0.2 <= time.monotonic() - started < 5
        assert caught.value.hint


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / "writer.json").exists()  # it had no time to tidy up
        with write_lock(tmp_path, wait=5):
            pass
    assert not (tmp_path / "writer.json").exists()


def test_the_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    with another_process(tmp_path, "time.sleep(0.3)"), write_lock(tmp_path, wait=20):
        pass


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()])
def test_an_exception_frees_it(tmp_path: Path, error: BaseException) -> None:
    def broken() -> None:
        with write_lock(tmp_path):
            raise error

    with pytest.raises(type(error)):
        broken()
    assert not (tmp_path / "writer.json").exists()
    with write_lock(tmp_path, wait=0):
        assert (tmp_path / "writer.json").exists()


@pytest.mark.parametrize("notice", ["", "[]", "{}", "null", '{"process": 1}'])
def test_a_notice_that_cannot_be_read_does_not_matter(tmp_path: Path, notice: str) -> None:
    with another_process(tmp_path):
        (tmp_path / "writer.json").write_text(notice)
        with pytest.raises(LockedError, match="another process is writing the index"):
            write_lock(tmp_path, wait=0).__enter__()
