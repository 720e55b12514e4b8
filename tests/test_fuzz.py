"""The short form of `scripts.fuzz`: some hostile files, questions and index folders; and that it sees what fails."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article, _article, read_articles
from index.errors import UsageError
from index.passage import split
from index.reading.extract import Extract
from scripts.fuzz import told
from scripts.fuzz_cases import OBEYED, one_line, plain
from scripts.mutations import ENDINGS, drawn, file_of, mutated, question_of, sound
from search.query import parse

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as on Linux")
def test_hostile_files_questions_and_indexes(tmp_path: Path, tiny_encoder: Path) -> None:
    line = [sys.executable, "-m", "scripts.fuzz", "--seed", "5", "--encoder", str(tiny_encoder)]
    line += ["--files", "50", "--queries", "100", "--indexes", "10", "--keep", str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "files: 50 cases, 0 failed" in done.stdout


def test_a_seed_and_a_number_give_the_same_input_again() -> None:
    for number in range(60):
        if "docx" not in file_of(5, number)[0]:  # an Office document holds the time at which it was made
            assert file_of(5, number) == file_of(5, number)
        assert question_of(5, number) == question_of(5, number)
    assert len({file_of(5, number)[0].partition(".")[2] for number in range(300)}) == len(ENDINGS)


def test_every_sound_file_is_read(tmp_path: Path) -> None:
    """What is mutated was good: else the fuzzer would only see the first check of each reader."""
    for ending in ENDINGS:
        path = tmp_path / f"a.{ending}"
        path.write_bytes(sound(ending))
        assert all(isinstance(found, Article) for found in read_articles(path)), ending


# What a worker runs in place of the cases of files.
FAILING = """
import os, sys
from pathlib import Path
import scripts.fuzz as fuzz
from scripts.fuzz_cases import Cases, plain
def files(self, number):
    yield
    if number == 0:
        Path(sys.argv[0]).with_name("lain").write_text("x")
    if number == 1:
        plain("a\x1b[31m")
    if number == 2:
        bytearray(3_000_000_000)
    if number == 3:
        sys.stderr.write("." * 1_000_000)
        os.abort()
Cases.files = files
fuzz.main()
"""
# Looks on as ever, but at that worker.
LOOKING_ON = """
import subprocess, sys
import scripts.fuzz as fuzz
start = subprocess.Popen
subprocess.Popen = lambda line, **options: start([line[0], SCRIPT, *line[3:]], **options)
fuzz.main()
"""


def test_a_failure_is_seen_and_kept(tmp_path: Path, tiny_encoder: Path) -> None:
    """The fuzzer itself: cases that write elsewhere, let a code through, take all memory, crash; and a good one."""
    script = tmp_path / "failing.py"
    script.write_text(FAILING)
    line = [sys.executable, "-c", f"SCRIPT = {str(script)!r}\n{LOOKING_ON}", "--files", "5", "--queries", "0"]
    line += ["--indexes", "0", "--seed", "1", "--encoder", str(tiny_encoder), "--keep", str(tmp_path / "kept")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert "files: 5 cases, 4 failed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    for n, reason in enumerate(("beyond its folder", "came through", "MemoryError", "the process ended with -6")):
        kept = (tmp_path / "kept" / f"files-1-{n}" / "failure.txt").read_text()
        assert f"python -m scripts.fuzz --replay files:{n} --seed 1" in kept
        assert reason in kept


def test_a_case_that_never_ends_is_seen() -> None:
    """Also when it begins in the same instant in which the one before it ended."""
    said = '{"begin": 6}\n{"end": 6, "failure": "", "seconds": 0.1}\n{"begin": 7}'
    code = f"import time; print({said!r}, flush=True); time.sleep(100)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert list(told(child, 0.5)) == [(6, "", 0.1), (7, "not done after 0.5 s", 0.5)]
        child.kill()


@settings(max_examples=200, deadline=2000)
@given(st.integers(0, 10**9))
def test_any_text_is_split_and_dated_without_trouble(number: int) -> None:
    text = mutated(drawn(1, "texts", number), sound("txt")).decode("utf-8", "replace")[:20_000]
    article = _article(Extract(text), {}, "a")
    for passage in split(article.text, article.boilerplate):
        assert article.text[passage.start : passage.end] == passage.text


@settings(max_examples=200, deadline=2000)
@given(st.text(max_size=200), st.sampled_from(['"', "-", "“", " -", '"-', ""]))
def test_any_question_is_taken_apart(text: str, mark: str) -> None:
    with suppress(UsageError):
        asked = parse(mark + text + mark)
        assert len(asked.text) <= len(text) + 2 * len(mark)


def test_what_the_fuzzer_looks_for() -> None:
    assert all(OBEYED.search(code) for code in ("\x1b[2J", "\x9b", "\r", "\x08", "\u202e", "\u2066", "\x7f"))
    plain("Harga beras\tnaik\n“5 %” – é")
    one_line(json.dumps({"a": "\x1b"}))
    with pytest.raises(AssertionError):
        one_line('{"a": 1,\n"b": 2}')
