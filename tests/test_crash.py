"""The short form of `scripts.crash_test`: an index is whole after any fault that it goes through."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# In a process of its own, without threads, so that it can fork; few questions, for speed.
CODE = """
import random, resource, sys
from pathlib import Path
import index.calibration
from scripts.crash_test import Archive, KINDS, check, in_child, instants
index.calibration.EVERYDAY_QUESTIONS = index.calibration.EVERYDAY_QUESTIONS[:3]
place, encoder, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
archive = Archive(place / "articles", place / ".telusur", encoder, random.Random(seed))
"""
KILL = CODE + "print(instants(archive, len(KINDS)))"
# No file may grow beyond a size that is a little larger each time: what a full disk is, for a user who is not root.
FULL = (
    CODE
    + """
def starved(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    archive.update("update")
assert in_child(lambda: archive.update("update")) == 0
for limit in (200, 2_000, 9_000, 40_000):
    before = archive.wanted()
    archive.change()
    print(limit, in_child(lambda: starved(limit)))
    check(archive, before, "update", f"files of {limit} bytes at most")
"""
)


def run(code: str, place: Path, encoder: Path) -> str:
    seed = random.randrange(10**6)
    done = subprocess.run(
        [sys.executable, "-c", code, place, encoder, str(seed)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked there")
def test_killed_at_any_instant(tmp_path: Path, tiny_encoder: Path) -> None:
    assert "killed" in run(KILL, tmp_path, tiny_encoder)


DESK = (
    CODE
    + """
from scripts.crash_desk import DESK, desk
from scripts.crash_test import at_the_desk
print(desk(at_the_desk(archive, place / "written"), 2 * len(DESK), in_child))
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked there")
def test_what_is_written_beside_the_index_is_killed_at_any_instant(tmp_path: Path, tiny_encoder: Path) -> None:
    """Standing questions, their news, answers to many questions, runs and pictures."""
    assert "killed" in run(DESK, tmp_path, tiny_encoder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked there")
def test_no_room_to_write(tmp_path: Path, tiny_encoder: Path) -> None:
    said = run(FULL, tmp_path, tiny_encoder)
    assert "200 256" in said  # it did fail
