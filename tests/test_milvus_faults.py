"""A Milvus server that is away, slow, closed to us, or not what it should be: said plainly, and nothing is lost."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Archive, paragraph
from milvus_server import GivenServer, MilvusServer, missing

import index.milvus.server as servers
from index.catalogue import Catalogue
from index.errors import IndexUnusableError, StoreError, UsageError
from index.milvus.collection import Collection
from index.milvus.server import Server, server
from index.repair import repair
from index.stores import Store
from index.verify import verify
from search.engine import Searcher

pytestmark = pytest.mark.filterwarnings("default")
pytest.importorskip("milvus_lite")


@pytest.fixture
def lite(tmp_path: Path) -> Store:
    return Store("milvus", str(tmp_path / "vectors.db"))


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
    with closing(Catalogue(archive.root)) as catalogue, catalogue.transaction():
        setting = {"uri": uri, "collection": "telusur_x_000001", "dimension": 32, "kind": "flat", "new": False}
        catalogue.set(store=setting, generation=9)
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


def test_a_server_that_says_nothing(quick: None) -> None:
    with listener() as uri, pytest.raises(StoreError) as raised:
        Collection(Server(uri), "any", 32).exists()
    assert f"at {uri} did not answer within" in str(raised.value)
    assert "TELUSUR_MILVUS_TIMEOUT" in raised.value.hint


def test_fields_of_another_version(archive: Archive, lite: Store) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update(store=lite)
    setting = archive.setting("store")
    other = Collection(server(setting["uri"]), setting["collection"], 16)
    other.create()
    wrong = "is not as this version makes it: it has id, vector 16, sentences"
    with Searcher.open(archive.root) as searcher, pytest.raises(IndexUnusableError, match=wrong):
        searcher.search("apa")
    assert any(wrong in problem.what for problem in verify(archive.root))
    assert archive.counts(fresh=True) == {"added": 1, "encoded": 1}
    assert verify(archive.root) == []


def test_what_the_server_lost_is_made_anew(archive: Archive, lite: Store) -> None:
    """Some passages, or the whole collection: the catalogue has all it takes."""
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update(store=lite)
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


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """A server of its own, to be killed and started again."""
    if missing() or GivenServer.uri:
        pytest.skip(missing() or "that server is not ours to kill")
    started = MilvusServer(tmp_path_factory.mktemp("milvus"), lease=15)
    yield started
    started.stop()


@pytest.mark.parametrize("token", ["", "root:wrong"])
def test_the_wrong_token(real: MilvusServer, archive: Archive, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("TELUSUR_MILVUS_TOKEN", token)
    archive.write("a.txt", paragraph(1))
    with pytest.raises(StoreError, match="refuses: the token is not") as raised:
        archive.update(store=Store("milvus", real.uri))
    assert raised.value.hint == "set TELUSUR_MILVUS_TOKEN"
    assert token not in str(raised.value) or not token
