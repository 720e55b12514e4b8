"""Documents are read in a process of their own: what a parser does there costs the one file."""

import io
import json
import os
import signal
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from index.article import Article, read_articles
from index.errors import ArticleError
from index.reading import documents

PAGE = "<html><head><title>Judul</title></head><body><article><p>Harga beras turun.</p></article></body></html>"


def page(folder: Path) -> Path:
    path = folder / "a.html"
    path.write_text(PAGE)
    return path


def text_of(path: Path) -> str:
    (article,) = read_articles(path)
    assert isinstance(article, Article)
    return article.text


def error_of(path: Path) -> ArticleError:
    with pytest.raises(ArticleError) as caught:
        list(read_articles(path))
    return caught.value


def child() -> Any:
    found = documents._process()._child
    assert found is not None
    return found


@pytest.fixture
def killed_while_reading(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every process that is started from now on is killed, by the signal in the list, when it is first asked."""
    signals = [signal.SIGKILL]
    start = documents._start

    def start_and_kill() -> Any:
        process = start()
        if signals:
            process.send_signal(signals[0])
            process.wait()
        return process

    documents._process().stop()
    monkeypatch.setattr(documents, "_start", start_and_kill)
    return signals


def test_one_process_serves_all(tmp_path: Path) -> None:
    assert text_of(page(tmp_path)) == "Harga beras turun."
    first = child().pid
    assert text_of(page(tmp_path)) == "Harga beras turun."
    assert child().pid == first != os.getpid()


def test_a_process_that_dies_is_named_and_the_next_file_is_read(
    tmp_path: Path, killed_while_reading: list[int]
) -> None:
    error = error_of(page(tmp_path))  # as when memory is short and the system chooses it
    assert str(error) == "cannot be read: it makes the program that reads it end (signal 9)"
    assert error.hint
    killed_while_reading.clear()
    assert text_of(page(tmp_path)) == "Harga beras turun."


def test_what_earlier_documents_left_behind_costs_no_later_one(tmp_path: Path) -> None:
    text_of(page(tmp_path))
    before = child()
    before.kill()
    before.wait()
    assert text_of(page(tmp_path)) == "Harga beras turun."
    assert child().pid != before.pid


@pytest.mark.skipif(not hasattr(signal, "SIGXCPU"), reason="a process's time cannot be limited there")
def test_a_document_that_takes_for_ever_is_ended(tmp_path: Path, killed_while_reading: list[int]) -> None:
    killed_while_reading[:] = [signal.SIGXCPU]
    said = f"takes too long to be read: over {documents.SECONDS} seconds"
    assert str(error_of(page(tmp_path))) == said
    killed_while_reading.clear()
    assert str(error_of(page(tmp_path))) == said  # and costs no more, though it is asked for again
    documents._process().stop()
    assert text_of(page(tmp_path)) == "Harga beras turun."


def test_a_document_that_only_waits_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents._process().stop()
    monkeypatch.setattr(documents, "_START", "import time; time.sleep(100)")
    monkeypatch.setattr(documents, "PATIENCE", 0.1)
    assert "takes too long" in str(error_of(page(tmp_path)))
    documents._process().stop()


@pytest.mark.skipif(sys.platform != "linux", reason="limits and figures of Linux")
def test_the_process_has_limits(tmp_path: Path) -> None:
    text_of(page(tmp_path))
    limits = Path(f"/proc/{child().pid}/limits").read_text()
    assert f"Max address space         {documents.MEMORY}" in limits
    used = sum(map(int, Path(f"/proc/{child().pid}/stat").read_text().split()[13:15])) / os.sysconf("SC_CLK_TCK")
    (seconds,) = [line.split()[3] for line in limits.splitlines() if line.startswith("Max cpu time")]
    assert int(seconds) <= used + 1 + documents.SECONDS


def ask(monkeypatch: pytest.MonkeyPatch, ending: str, content: bytes) -> Any:
    """What the other process would answer, asked in this one."""
    monkeypatch.setattr(documents, "_limit", lambda name, amount: None)
    question, answer = io.BytesIO(), io.BytesIO()
    documents._send(question, json.dumps({"ending": ending, "name": "a" + ending, "seconds": 1}).encode(), content)
    question.seek(0)
    documents._serve_one(question, answer)
    answer.seek(0)
    return json.loads(documents._receive(answer))


def test_what_goes_wrong_there_is_told_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(error: Exception) -> Any:
        def extraction(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("trafilatura.bare_extraction", extraction)
        return ask(monkeypatch, ".html", PAGE.encode())["error"]

    assert fails(RecursionError("too deep"))["message"] == (
        "damaged, or not what its ending says (RecursionError: too deep)"
    )
    full = fails(MemoryError())
    assert (full["message"], full["full"]) == ("takes too much memory to be read", True)
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert ask(monkeypatch, ".pdf", b"%PDF-1.7")["error"]["package"] == "pypdfium2"


def test_a_missing_package_there_is_named_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"message": "", "hint": "", "package": "pypdfium2", "full": False}
    monkeypatch.setattr(documents._Process, "_ask", lambda *_: {"found": [], "error": error})
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    found = error_of(tmp_path / "a.pdf")
    assert str(found) == ".pdf files need the package pypdfium2, which is not installed"
    assert found.hint == "run `pip install pypdfium2`"


def test_nesting_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that took half a minute, and a drawing that would take a gigabyte."""
    monkeypatch.setattr(documents, "SECONDS", 1)
    path = tmp_path / "a.html"
    path.write_text("<html><body>" + "<a>" * 330_000)
    assert "takes too long" in str(error_of(path))
    wide = b"%PDF-1.4\n4 0 obj\n<</Length 9/Filter/FlateDecode>>stream\n" + zlib.compress(b"x" * 33_000_000)
    (tmp_path / "a.pdf").write_bytes(wide)
    assert "expands to more" in str(error_of(tmp_path / "a.pdf"))
