"""`telusur serve` as it is run: a process of its own on loopback, told to stop, and asked by what OpenAPI allows."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from conftest import ROOT, Archive

SCHEMATHESIS = """
[[operations]]
include-path = "/api/show"
parameters = { id = "%(article)s" }

[[operations]]
include-path = "/api/search"
# No schema can say that a question needs more than excluded words and marks.
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400"]

[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "413", "414", "415"]
"""


@contextmanager
def served(index: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server at a free port, and the link that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "search", "serve", "--port", "0", "--index", str(index), *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        link = process.stdout.readline().strip()
        assert link, process.communicate()
        yield process, link
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def index(archive: Archive) -> Path:
    archive.write("a.txt", "Harga beras naik di Demak.")
    archive.update()
    return archive.root


@pytest.mark.parametrize(("told", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_answers_until_it_is_told_to_stop(index: Path, told: signal.Signals, code: int) -> None:
    with served(index) as (process, link):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", link)
        with httpx2.Client(base_url=link) as client:  # a connection that stays open does not keep the server
            answer = client.get("api/search", params={"query": "beras", "all": "true"})
            assert answer.json()["hits"][0]["text"] == "Harga beras naik di Demak."
            assert "server" not in answer.headers
            process.send_signal(told)
            _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert errors == "Ctrl-C stops it.\n"


def test_what_is_under_way_is_answered_before_it_stops(index: Path) -> None:
    with served(index) as (process, link), httpx2.Client(timeout=60) as client:
        port = httpx2.URL(link).port
        assert port
        with socket.create_connection(("127.0.0.1", port)) as half:
            body = json.dumps({"text": "Harga beras naik di Demak."}).encode()
            head = "POST /api/related HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            half.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
            while "telusur_http_requests_in_progress 1.0" not in client.get(link + "metrics").text:
                pass
            process.send_signal(signal.SIGTERM)
            while not refuses(port):
                pass
            half.sendall(body[5:])
            answer = b""
            while part := half.recv(65536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"Demak" in answer
        assert process.wait(60) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return True
    return False


def ended(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "search", "serve", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def test_what_it_cannot_do(index: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        busy = f"error: 127.0.0.1 port {port} is in use already\nhint: choose another with --port; "
        assert ended("--index", str(index), "--port", port) == (2, "", busy + "--port 0 takes a free one\n")
    for arguments, said in (
        (("--index", str(tmp_path / "nowhere")), "there is no index at"),
        (("--index", str(index), "--host", "192.0.2.1"), "cannot listen at 192.0.2.1 port 8765"),  # RFC 5737: nobody's
        (("--index", str(index), "--port", "0", "--token", "short"), "the token must be 16 to 200 letters"),
    ):
        code, printed, errors = ended(*arguments)
        assert (code, printed) == (2, "")
        assert errors.startswith(f"error: {said}" if "index" not in said else "error: ")
        assert said in errors
        assert errors.splitlines()[1].startswith("hint: ")


def test_elsewhere_it_asks_for_the_token_it_printed(index: Path) -> None:
    with served(index, "--host", "0.0.0.0") as (_, link):
        address, token = re.fullmatch(r"http://[^/]+:(\d+)/\?token=(\S{32,})", link).groups()  # type: ignore[union-attr]
        here = f"http://127.0.0.1:{address}"
        assert httpx2.get(f"{here}/api/status").status_code == 401
        assert httpx2.get(f"{here}/api/status", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        with httpx2.Client(base_url=here) as browser:
            opened = browser.get(f"/?token={token}")
            assert (opened.status_code, opened.headers["location"]) == (303, "/")
            assert browser.get("/api/status").json()["articles"] == 1


def test_questions_while_the_index_changes(archive: Archive) -> None:
    """Every question is answered, with the articles of before or of after."""
    archive.write("a.txt", "Versi0 harga beras naik.")
    archive.update()
    with served(archive.root) as (_, link), httpx2.Client(base_url=link, timeout=60) as client:
        ended = threading.Event()

        def ask(_: int) -> list[str]:
            seen = []
            while not ended.is_set() or not seen:
                answer = client.get("api/search", params={"query": "harga beras", "all": "true"})
                assert answer.status_code == 200, answer.text
                seen += [hit["text"].split()[0] for hit in answer.json()["hits"]]
            return seen

        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(ask, n) for n in range(4)]
            try:
                for version in range(1, 6):
                    archive.write("a.txt", f"Versi{version} harga beras naik.")
                    archive.update(fresh=version == 3)
            finally:
                ended.set()
            for future in futures:
                assert future.result() == sorted(future.result())
        last = client.get("api/search", params={"query": "harga beras", "all": "true"}).json()["hits"]
        assert [hit["text"].split()[0] for hit in last] == ["Versi5"]


@pytest.mark.skipif(shutil.which("schemathesis", path=str(Path(sys.executable).parent)) is None, reason="not installed")
def test_schemathesis_finds_nothing(index: Path, archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SCHEMATHESIS % {"article": next(iter(archive.ids().values()))})
    with served(index) as (_, link):
        done = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis", "run", link + "openapi.json", "--no-color",
                "--phases", "examples,coverage,fuzzing", "--max-examples", "3", "--generation-deterministic",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "Tested: 6" in done.stdout


def test_no_answer_waits_for_an_acknowledgement() -> None:
    """Headers and body are two packets: under Nagle's algorithm the second waits until the first is acknowledged."""
    from search.api.server import _listen

    with _listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
