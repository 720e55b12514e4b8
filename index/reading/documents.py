"""Documents that parsers written in C take apart, read in a process of their own.

A file made to harm, or merely broken, can make such a parser crash, never end, or fill the memory. Here that costs the
one file, which is named, and the process, which is started again. The process is started for the first document, serves
one after the other, and ends with this one. The two speak in frames (a length of 8 bytes, then so many bytes) of JSON
and of plain bytes: nothing in them is ever executed.
"""

import atexit
import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from index.errors import ArticleError
from index.reading import mail, pdf, web, word
from index.reading.extract import Extract, unreadable
from index.reading.source import Source

READERS: Mapping[str, Callable[[Source], Iterator[Extract | Source]]] = {
    ".html": web.read_html,
    ".htm": web.read_html,
    ".xhtml": web.read_html,
    ".mhtml": mail.read_web_archive,
    ".mht": mail.read_web_archive,
    ".pdf": pdf.read_pdf,
    ".docx": word.read_docx,
    ".eml": mail.read_mail,
}
SECONDS = 8  # of the processor that a document may take; a page of a megabyte takes one
PATIENCE = 60  # seconds that it may take in all, on a machine that is busy, or where no process's time can be limited
MEMORY = 1_000_000_000  # bytes of address space; the process has 190 MB when it has loaded everything
_ANOTHER_TRY = "open it in its own program and save it again"
_START = "import sys; sys.path.insert(0, sys.argv[1]); from index.reading.documents import serve; serve()"


def read_document(ending: str, source: Source) -> list[Extract | Source]:
    """What a document holds, as READERS[ending] says. Raises ArticleError, ImportError, OSError."""
    content = source.read(pdf.MAX_DOCUMENT)
    with _turn:
        return _process().read(ending, source.name, content)


class _EndedError(Exception):
    """The process ended without an answer; whether by a limit of time, and by which signal."""


class _Process:
    """The other process, seen from this one."""

    def __init__(self) -> None:
        self.belongs_to = os.getpid()  # a fork of this one must not speak into the same pipes
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._too_slow: dict[bytes, tuple[str, str]] = {}  # by digest: some files are read twice in an update

    def read(self, ending: str, name: str, content: bytes) -> list[Extract | Source]:
        """One document. Raises ArticleError, ImportError."""
        digest = hashlib.sha256(content).digest()
        if digest in self._too_slow:
            raise ArticleError(*self._too_slow[digest])
        while True:
            first = not self._served
            try:
                answer = self._ask(ending, name, content)
            except _EndedError as end:
                self._end()
                too_slow, *said = end.args
                if too_slow:
                    self._too_slow[digest] = (said[0], said[1])
                if first or too_slow:
                    raise ArticleError(*said) from None
                continue  # it may have been what earlier documents left behind: once more, in a new process
            error = answer["error"]
            if error and error["full"]:
                self._end()
                if not first:
                    continue
            if error and error["package"]:
                raise ImportError(name=error["package"])
            if error:
                raise ArticleError(error["message"], error["hint"])
            return [self._found(item) for item in answer["found"]]

    def _ask(self, ending: str, name: str, content: bytes) -> Any:
        child = self._child = self._child or _start()
        if not child.stdin or not child.stdout:
            raise AssertionError("it was started with pipes")
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(PATIENCE, end)
        timer.daemon = True
        timer.start()
        try:
            _send(child.stdin, json.dumps({"ending": ending, "name": name, "seconds": SECONDS}).encode(), content)
            self._served += 1
            return json.loads(_receive(child.stdout))
        except (OSError, EOFError):
            child.kill()
            raise _EndedError(*_why(child.wait(), late=late.is_set())) from None
        finally:
            timer.cancel()

    def _found(self, item: Any) -> Extract | Source:
        if "attachment" in item:
            if not self._child or not self._child.stdout:
                raise AssertionError("it has just answered")
            return Source.holding(item["attachment"], _receive(self._child.stdout))
        return Extract(**{**item, "pages": tuple(item["pages"]), "apart": tuple(map(tuple, item["apart"]))})

    def stop(self) -> None:
        """End the process, and forget what it was asked; the next document starts another."""
        self._too_slow.clear()
        self._end()

    def _end(self) -> None:
        child, self._child, self._served = self._child, None, 0
        if child:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):  # what was not yet sent is not needed
                    if pipe:
                        pipe.close()


def _start() -> "subprocess.Popen[bytes]":
    place = str(Path(__file__).parents[2])
    # -P: what lies in the current folder is the user's, and no module.
    line = [sys.executable, "-P", "-W", "ignore", "-c", _START, place]
    return subprocess.Popen(  # noqa: S603 - this Python, and a path of this package
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def _why(status: int, *, late: bool) -> tuple[bool, str, str]:
    """Of a process that ended with this status: whether it took too long; what to say, and what to do."""
    if late or status == -getattr(signal, "SIGXCPU", 0):
        return True, f"takes too long to be read: over {SECONDS} seconds", "save its text in a .txt file"
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return False, f"cannot be read: it makes the program that reads it end ({how})", _ANOTHER_TRY


_turn = threading.RLock()
_only: _Process | None = None


def _process() -> _Process:
    global _only
    if _only is None or _only.belongs_to != os.getpid():
        _only = _Process()
        atexit.register(_only.stop)
    return _only


def _send(pipe: Any, *frames: bytes) -> None:
    for frame in frames:
        pipe.write(len(frame).to_bytes(8, "little"))
        pipe.write(frame)
    pipe.flush()


def _receive(pipe: Any) -> bytes:
    """One frame. Raises EOFError when the other side has gone."""
    size = pipe.read(8)
    content: bytes = pipe.read(int.from_bytes(size, "little")) if len(size) == 8 else b""
    if len(size) < 8 or len(content) < int.from_bytes(size, "little"):
        raise EOFError
    return content


# --- what follows runs in the other process ---


def serve() -> None:
    """Read documents for another process until it goes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that asks
    _limit("RLIMIT_AS", MEMORY)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)  # it has nothing to write
    with suppress(EOFError, BrokenPipeError):
        while True:
            _serve_one(sys.stdin.buffer, answers)


def _serve_one(questions: BinaryIO, answers: BinaryIO) -> None:
    asked = json.loads(_receive(questions))
    source = Source.holding(asked["name"], _receive(questions))
    _limit("RLIMIT_CPU", int(sum(os.times()[:2])) + 1 + asked["seconds"])
    found: list[dict[str, Any]] = []
    attached: list[bytes] = []
    error: dict[str, Any] | None = None
    try:
        for item in READERS[asked["ending"]](source):
            if isinstance(item, Source):
                found.append({"attachment": item.name})
                attached.append(item.read(item.size))
            else:
                found.append(dataclasses.asdict(item))
    except ArticleError as failure:
        error = {"message": str(failure), "hint": failure.hint, "package": None, "full": False}
    except Exception as failure:
        said = unreadable(failure)
        package = failure.name if isinstance(failure, ImportError) else None
        full = isinstance(failure, MemoryError)
        error = {"message": str(said), "hint": said.hint, "package": package, "full": full}
    _send(answers, json.dumps({"found": found, "error": error}).encode(), *attached)


def _limit(name: str, amount: int) -> None:
    """Limit what this process may take, where processes can be limited; never beyond what it was given."""
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (amount if most == resource.RLIM_INFINITY else min(amount, most), most))
