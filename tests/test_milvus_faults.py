"""A Milvus server that is away, slow, closed to us, or not what it should be: said plainly, and nothing is lost."""

import http.server
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Archive, paragraph
from milvus_server import TOKEN, GivenServer, MilvusServer, missing

import index.milvus.server as servers
from index.build import Report
from index.catalogue import Catalogue
from index.encoder import open_encoder
from index.errors import IndexUnusableError, StoreError, UsageError
from index.milvus.collection import Collection
from index.milvus.named import name_server
from index.milvus.server import Server, server
from index.repair import repair
from index.stores import Store, collection_of, open_vectors
from index.verify import verify
from search.engine import Searcher

pytestmark = pytest.mark.filterwarnings("default")
pytest.importorskip("milvus_lite")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """A server of its own, to be killed and started again."""
    if missing() or GivenServer.uri:
        pytest.skip(missing() or "that server is not ours to kill")
    started = MilvusServer(tmp_path_factory.mktemp("milvus"), lease=15)
    yield started
    started.stop()


@pytest.fixture(params=["lite", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Milvus Lite, and a real server where one can be had."""
    if request.param == "lite":
        return Store("milvus", str(tmp_path / "vectors.db"))
    monkeypatch.setenv("TELUSUR_MILVUS_TOKEN", TOKEN)
    return Store("milvus", request.getfixturevalue("real").uri)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELUSUR_MILVUS_TIMEOUT", "1")


@contextmanager
def listener() -> Iterator[str]:
    """An address where somebody takes every call and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    held.append(silent.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"
        for one in held:
            one.close()
        silent.shutdown(socket.SHUT_RDWR)


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_nobody_there(archive: Archive, quick: None) -> None:
    """An index stays as it was; words are still found, and lines up to the server are told to start it."""
    archive.write("a.txt", paragraph(1))
    archive.update()
    before = archive.state()
    uri = free_address()
    with pytest.raises(StoreError, match=f"no Milvus server answers at {uri}") as raised:
        archive.update(store=Store("milvus", uri))
    assert "start it" in raised.value.hint
    assert archive.state() == before
    pointed(archive, uri)
    with Searcher.open(archive.root) as searcher:
        assert [hit.path for hit in searcher.search(paragraph(1)[:30], mode="lexical", all_passages=True).hits]
        assert searcher.status()["vectors"]["uri"] == uri
        with pytest.raises(StoreError, match="no Milvus server answers"):
            searcher.search(paragraph(1)[:30])
    (problem,) = verify(archive.root)
    assert "no Milvus server answers" in problem.what
    archive.write("b.txt", paragraph(2))
    with pytest.raises(StoreError):
        archive.update()
    assert archive.setting("articles") == 1


def pointed(archive: Archive, uri: str) -> None:
    """An index of one article whose vectors lie at this address, as it says."""
    archive.write("a.txt", paragraph(1))
    archive.update()
    with closing(Catalogue(archive.root)) as catalogue, catalogue.transaction():
        setting = {"uri": uri, "collection": "telusur_x_000001", "dimension": 32, "kind": "flat", "new": False}
        catalogue.set(store=setting, generation=9)


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A first answer is waited for a third as long as later ones, to write no longer than to read; and that is told."""
    monkeypatch.setenv("TELUSUR_MILVUS_TIMEOUT", "3")
    monkeypatch.setattr(servers, "MOMENT", 0.2)
    with listener() as uri:
        name_server(uri)
        for ask in (Server(uri).read, Server(uri).write):
            with pytest.raises(StoreError) as raised:
                ask(lambda client, t: client.has_collection("any", timeout=t))
            assert str(raised.value) == f"the Milvus server at {uri} did not answer within 1 s"
            assert "TELUSUR_MILVUS_TIMEOUT" in raised.value.hint
    told = "for 1 s at most (TELUSUR_MILVUS_TIMEOUT changes that); Ctrl-C ends it, nothing is lost"
    assert caplog.messages == [f"waiting for the Milvus server at {uri}, {told}"] * 2


def test_what_a_user_sees_of_a_server_that_says_nothing(archive: Archive, tmp_path: Path) -> None:
    """One line on stderr at once, and Ctrl-C ends it as it ends everything."""
    with listener() as uri:
        pointed(archive, uri)
        command = [sys.executable, "-m", "search", "search", "apa", "--index", str(archive.root)]
        environment = {**os.environ, "TELUSUR_MILVUS_URI": uri, "TELUSUR_MILVUS_TIMEOUT": "600"}
        asking = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        assert asking.stderr
        try:
            assert asking.stderr.readline().startswith(f"waiting for the Milvus server at {uri}, for 200 s at most")
            asking.send_signal(signal.SIGINT)
            assert asking.communicate(timeout=60) == ("", "")
        finally:
            asking.kill()
    assert asking.returncode == 130


def test_an_address_of_something_else(quick: None) -> None:
    """A port on which a web server answers, or another than the server's own kind of address."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        try:
            for scheme in ("http", "https"):
                uri = f"{scheme}://127.0.0.1:{web.server_port}"
                name_server(uri)
                with pytest.raises(StoreError, match=f"what listens at {uri} is no Milvus server") as raised:
                    Collection(Server(uri), "any", 32).exists()
                assert "check host and port" in raised.value.hint
        finally:
            web.shutdown()


def test_waiting_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """When it lasts, once in a while, with the longest that it may last; what comes at once is not spoken of."""
    there = Server("http://127.0.0.1:1")
    name_server(there.uri)
    there._client = object()

    def slow(_client: Any, _seconds: float) -> bool:
        time.sleep(0.3)
        return True

    with caplog.at_level(logging.WARNING):
        there.read(slow)
        assert caplog.messages == []
        monkeypatch.setattr(servers, "MOMENT", 0.02)
        there.write(slow)
        there.read(slow)
        assert [message.split(", ")[1] for message in caplog.messages] == [
            "for 300 s at most (TELUSUR_MILVUS_TIMEOUT changes that); Ctrl-C ends it"
        ]
        caplog.clear()
        monkeypatch.setattr(servers, "AGAIN", 0.05)
        there.read(slow)
        assert len(caplog.messages) > 1
        assert all("for 30 s at most" in message for message in caplog.messages)


def test_a_server_at_work_is_waited_for(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """As long as it answers: no answer takes long, the work does. When it stops answering, it counts as gone."""
    from pymilvus.exceptions import MilvusException

    there = Server("http://127.0.0.1:1")
    name_server(there.uri)
    there._client = object()
    monkeypatch.setattr(servers, "MOMENT", 0.1)
    answers = [False, False, True]
    there.wait_until(lambda client, t: answers.pop(0), "build the index of 9 passages")
    assert answers == []
    assert "to build the index of 9 passages; Ctrl-C ends it, nothing is lost" in caplog.messages[0]
    assert len(caplog.messages) == 1

    def gone(_client: Any, seconds: float) -> bool:
        error = MilvusException(message=f"gone for {seconds:.0f} s")
        raise error from error  # as the client does

    with pytest.raises(StoreError, match="no Milvus server answers"):
        there.wait_until(gone, "build the index")
    monkeypatch.setattr(servers, "BUILD_SECONDS", 0.1)
    with pytest.raises(StoreError, match="did not build the index within a day"):
        there.wait_until(lambda client, t: False, "build the index")


def test_fields_of_another_version(archive: Archive, store: Store) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update(store=store)
    setting = archive.setting("store")
    other = Collection(server(setting["uri"]), setting["collection"], 16)
    other.create()
    wrong = "is not as this version makes it: it has id, vector 16, sentences"
    with Searcher.open(archive.root) as searcher, pytest.raises(IndexUnusableError, match=wrong):
        searcher.search("apa")
    assert any(wrong in problem.what for problem in verify(archive.root))
    assert archive.counts(fresh=True) == {"added": 1, "encoded": 1}
    assert verify(archive.root) == []


def test_what_the_server_lost_is_made_anew(archive: Archive, store: Store) -> None:
    """Some passages, or the whole collection: the catalogue has all it takes."""
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update(store=store)
    setting = archive.setting("store")
    collection = Collection(server(setting["uri"]), setting["collection"], setting["dimension"])
    collection.delete([2])
    assert "lacks 1 passages" in verify(archive.root)[0].what
    assert repair(archive.root) == ["what the server lacked put there, 1 passages encoded"]
    assert verify(archive.root, deep=True) == []
    collection.drop()
    assert "is not on the server" in verify(archive.root)[0].what
    assert repair(archive.root) == ["what the server lacked put there, 3 passages encoded"]
    assert verify(archive.root, deep=True) == []


def test_a_server_that_is_not_ready_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from pymilvus.exceptions import MilvusException

    asked: list[float] = []

    def ask(_client: Any, seconds: float) -> str:
        asked.append(seconds)
        if len(asked) < 3:
            raise MilvusException(code=101, message="collection not loaded")
        return "found"

    name_server("http://127.0.0.1:1")
    there = Server("http://127.0.0.1:1")
    there._client = object()
    assert there.read(ask) == "found"
    assert len(asked) == 3
    asked.clear()
    monkeypatch.setattr(servers, "READ_SECONDS", 0.3)
    with pytest.raises(StoreError):
        there.read(lambda client, t: (_ for _ in ()).throw(MilvusException(code=101, message="not loaded")))


def test_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("soon", "0", "-3"):
        monkeypatch.setenv("TELUSUR_MILVUS_TIMEOUT", wrong)
        with pytest.raises(UsageError, match="TELUSUR_MILVUS_TIMEOUT"):
            servers.seconds()


# --- with a real server ---


@pytest.mark.parametrize("token", ["", "root:wrong"])
def test_the_wrong_token(real: MilvusServer, archive: Archive, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("TELUSUR_MILVUS_TOKEN", token)
    archive.write("a.txt", paragraph(1))
    with pytest.raises(StoreError, match="refuses: the token is not") as raised:
        archive.update(store=Store("milvus", real.uri))
    assert raised.value.hint == "set TELUSUR_MILVUS_TOKEN"
    assert token not in str(raised.value) or not token


class Reached(Archive):
    """An archive with vectors on a server, and something that happens once half of an update is written there."""

    def found(self) -> list[int]:
        """The passages that a reader finds now."""
        query = open_encoder(str(self.encoder)).encode_queries(["satu dua tiga"])[0]
        with closing(Catalogue(self.root)) as catalogue:
            return sorted(number for number, _ in open_vectors(self.root, catalogue).search(query, 100))

    def check(self, passages: int) -> None:
        """Readers find so many, and the server holds these and no others, each once."""
        with closing(Catalogue(self.root)) as catalogue:
            collection = collection_of(catalogue.get("store"))
            assert self.found() == [*collection.numbers(0, 1_000)] == catalogue.passage_numbers()
            assert collection.count(0) == passages
        assert verify(self.root, deep=True) == []

    def update_with(self, happening: Callable[[], object]) -> Report:
        upsert, calls = Collection.upsert, []

        def upsert_some(collection: Collection, keys: Any, encoded: Any) -> None:
            calls.append(keys)
            half = len(keys) // 2
            upsert(collection, keys[:half], encoded[:half])
            happening()
            upsert(collection, keys[half:], encoded[half:])

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Collection, "upsert", upsert_some)
            try:
                return self.update()
            finally:
                assert len(calls) == 1
                assert len(calls[0]) > 1


def test_a_server_that_dies_in_the_middle_of_an_update(
    real: MilvusServer, tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed without warning while an update is being written, and started again on the same data.

    Down too long, it ends the update with an error, and searches go on with the state before once it is there again.
    Up again in time, it is waited for. Either way no passage is lost, doubled, or seen too early.
    """
    monkeypatch.setenv("TELUSUR_MILVUS_TOKEN", TOKEN)
    archive = Reached(tmp_path / "berita", tiny_encoder)
    for n in range(4):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update(store=Store("milvus", real.uri))
    archive.check(4)
    for n in range(4, 12):
        archive.write(f"{n}.txt", paragraph(n))
    with monkeypatch.context() as patch:
        patch.setattr(servers, "WRITE_SHARE", 0.1)
        with pytest.raises(StoreError, match=f"no Milvus server answers at {real.uri}") as raised:
            archive.update_with(real.stop)
    assert "nothing was lost" in raised.value.hint
    with Searcher.open(archive.root) as searcher:
        assert len(searcher.search("persen", mode="lexical", all_passages=True).hits) == 4
    real.start()
    assert archive.found() == [1, 2, 3, 4]  # half of the next state lies beside them
    assert archive.counts() == {"added": 8, "unchanged": 4, "encoded": 8}
    archive.check(12)

    def die_and_come_back() -> None:
        real.stop()
        threading.Thread(target=real.start).start()

    for n in range(12, 20):
        archive.write(f"{n}.txt", paragraph(n))
    (archive.folder / "0.txt").unlink()
    report = archive.update_with(die_and_come_back)
    assert (report.added, report.removed, report.encoded) == (8, 1, 8)
    assert len(archive.found()) == 19
    assert verify(archive.root, deep=True) == []
