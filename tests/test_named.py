"""A server that only an index folder names is never spoken to: no question and no token goes there."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Archive, paragraph

from index.catalogue import Catalogue
from index.errors import StoreError, UsageError
from index.milvus.named import is_named, name_server
from index.milvus.server import Server
from index.repair import repair
from index.shard import encode_shard
from index.stores import Store
from index.verify import verify
from search.engine import Searcher

pytest.importorskip("milvus_lite")


@pytest.fixture(autouse=True)
def another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody who has named no server yet, and has a token in the environment; where his servers are kept."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("index.milvus.named._named", set())
    monkeypatch.delenv("TELUSUR_MILVUS_URI", raising=False)
    monkeypatch.setenv("TELUSUR_MILVUS_TOKEN", "root:RAHASIA")
    monkeypatch.setenv("TELUSUR_MILVUS_TIMEOUT", "1")
    return tmp_path / "state" / "telusur" / "milvus-servers"


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """A server on which somebody listens for what comes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def address(stranger: socket.socket) -> str:
    return f"http://127.0.0.1:{stranger.getsockname()[1]}"


def given(archive: Archive, uri: str) -> None:
    """An index folder that keeps its vectors there, as a stranger would hand it on."""
    archive.write("a.txt", paragraph(1))
    archive.update()
    catalogue = Catalogue(archive.root)
    with catalogue.transaction():
        setting = {"uri": uri, "collection": "telusur_x_000001", "dimension": 32, "kind": "flat", "new": False}
        catalogue.set(store=setting, retired=[[uri, "telusur_x_000000", 0.0]], generation=9)
    catalogue.close()


def test_a_folder_cannot_name_a_server(archive: Archive, stranger: socket.socket) -> None:
    """Whatever is done with it; what needs no server goes on."""
    uri = address(stranger)
    given(archive, uri)
    archive.write("b.txt", paragraph(2))
    with Searcher.open(archive.root) as searcher:
        assert searcher.search(paragraph(1)[:30], mode="lexical", all_passages=True).hits
        assert searcher.status()["vectors"]["uri"] == uri
        for step in (
            lambda: searcher.search(paragraph(1)[:30]),
            archive.update,
            lambda: archive.update(fresh=True),
            lambda: archive.update(ann="hnsw"),
            lambda: archive.update(store=Store("local")),
            lambda: repair(archive.root),
            lambda: encode_shard(archive.root, [archive.folder], (1, 1), None, encoder=str(archive.encoder)),
        ):
            with pytest.raises(StoreError, match=f"keeps its vectors at {uri}, and you have not named that") as caught:
                step()
            assert f"set TELUSUR_MILVUS_URI={uri}" in caught.value.hint
    assert "you have not named that server" in verify(archive.root)[0].what
    with pytest.raises(BlockingIOError):
        stranger.accept()
    assert archive.counts(fresh=True, store=Store("local")) == {"added": 2, "encoded": 2}  # the way out
    assert archive.counts() == {"unchanged": 2}
    with pytest.raises(BlockingIOError):
        stranger.accept()


def test_whom_the_environment_names_is_spoken_to(
    archive: Archive, stranger: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = address(stranger)
    given(archive, uri)
    monkeypatch.setenv("TELUSUR_MILVUS_URI", uri + "0")
    with Searcher.open(archive.root) as searcher:
        with pytest.raises(StoreError, match="not named"):
            searcher.search("apa")
        monkeypatch.setenv("TELUSUR_MILVUS_URI", uri)
        with pytest.raises(StoreError, match="did not answer within"):
            searcher.search("apa")
    stranger.accept()[0].close()


def test_a_server_named_once_is_remembered(archive: Archive, tmp_path: Path, another_user: Path) -> None:
    """By the user's own folder, so that later commands need say no more; each once, and not by `--dry-run`."""
    uri = str(tmp_path / "vectors.db")
    archive.write("a.txt", paragraph(1))
    archive.update(store=Store("milvus", uri), dry_run=True)
    assert not is_named(uri)
    assert archive.counts(store=Store("milvus", uri)) == {"added": 1, "encoded": 1}
    assert archive.counts(store=Store("milvus", uri)) == {"unchanged": 1}
    assert another_user.read_text() == f"{uri}\n"
    name_server("http://lain:19530")
    assert another_user.read_text().splitlines() == [uri, "http://lain:19530"]
    with pytest.MonkeyPatch.context() as patch:  # a later process
        patch.setattr("index.milvus.named._named", set())
        assert is_named(uri)
        with Searcher.open(archive.root) as searcher:
            assert searcher.search(paragraph(1)[:30], all_passages=True).hits
        assert not is_named(uri + "/")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything can be written there")
def test_where_nothing_can_be_written_it_holds_for_this_process(another_user: Path) -> None:
    another_user.parent.parent.mkdir()
    another_user.parent.parent.chmod(0o500)
    name_server("http://h:19530")
    assert is_named("http://h:19530")
    assert not another_user.exists()


def test_a_file_in_the_way_is_no_obstacle(another_user: Path) -> None:
    another_user.parent.parent.write_text("")
    assert not is_named("http://h:19530")
    name_server("http://h:19530")
    assert is_named("http://h:19530")


def test_the_environment_names_the_address_of_store_milvus(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="needs the server's address"):
        Store.of("milvus", None)
    monkeypatch.setenv("TELUSUR_MILVUS_URI", "http://h:19530")
    assert Store.of("milvus", None) == Store("milvus", "http://h:19530")
    assert Store.of("milvus", "http://other:19530") == Store("milvus", "http://other:19530")
    assert Store.of(None, None) is None
    assert Store.of("local", None) == Store("local")


def test_an_address_of_two_lines_names_nobody_else() -> None:
    with pytest.raises(UsageError):
        Server("http://h:19530\nhttp://evil:19530")
