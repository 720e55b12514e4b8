"""The real huggingface_hub against a small server on loopback that speaks the hub's routes."""

import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import index.hub
from index.encoder import open_encoder
from index.errors import EncoderError
from index.hub import download, offer, wanted
from index.presets import hub_folder

ROOT = Path(__file__).parent.parent
COMMIT = "c0ffee" + "0" * 34
LARGE = 20_000  # the tiny model's weights are larger, nothing else is


@dataclass
class Hub:
    """One model, served as huggingface.co does; what was asked of it; and how it misbehaves."""

    folder: Path
    name: str = "orang/mungil"
    commit: str = COMMIT
    card: dict[str, Any] = field(default_factory=lambda: {"license": "mit"})
    status: int = 200
    break_after: int | None = None  # bytes of a large file after which the connection ends, once
    damaged: bool = False
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    url: str = ""

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def model(self) -> dict[str, Any]:
        siblings = []
        for name, content in self.files().items():
            digest = hashlib.sha256(content).hexdigest()
            large = {"lfs": {"size": len(content), "sha256": digest, "pointerSize": 1}} if len(content) > LARGE else {}
            siblings.append({"rfilename": name, "size": len(content), "blobId": digest[:40], **large})
        facts = {"private": False, "disabled": False, "gated": False, "tags": [], "downloads": 0, "likes": 0}
        return {"id": self.name, "sha": self.commit, **facts, "cardData": self.card, "siblings": siblings}

    def ranges(self, name: str) -> list[str | None]:
        return [span for method, path, span in self.asked if method == "GET" and path.endswith(f"/{name}")]


class Answers(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        hub, path = self.hub, self.path.partition("?")[0]
        hub.asked.append((self.command, path, self.headers.get("Range")))
        if hub.status != 200:
            headers = {"X-Error-Code": {403: "GatedRepo", 404: "RepoNotFound"}.get(hub.status, "")}
            return self.reply(hub.status, b"{}", headers)
        if path in (f"/api/models/{hub.name}", f"/api/models/{hub.name}/revision/{hub.commit}"):
            return self.reply(200, json.dumps(hub.model()).encode(), {"Content-Type": "application/json"})
        if path.startswith(f"/api/models/{hub.name}/revision/"):
            return self.reply(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        found = re.fullmatch(rf"/{hub.name}/resolve/{hub.commit}/(.+)", path)
        content = hub.files().get(found[1]) if found else None
        if content is None:
            return self.reply(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        digest, size = hashlib.sha256(content).hexdigest(), len(content)
        headers = {"ETag": f'"{digest}"', "X-Repo-Commit": hub.commit, "X-Linked-Size": str(size)}
        headers |= {"X-Linked-Etag": f'"{digest}"', "Accept-Ranges": "bytes"}
        if hub.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        start = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        if hub.break_after is not None and size > LARGE and self.command == "GET":
            until, hub.break_after = start + hub.break_after, None
            return self.reply(206 if start else 200, content[start:until], headers, size - start)
        return self.reply(206 if start else 200, content[start:], headers)

    def reply(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length or len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        self.close_connection = length is not None


@pytest.fixture
def hub(tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one tiny model of several formats, and an empty cache."""
    folder = Path(shutil.copytree(tiny_encoder, tmp_path / "served"))
    (folder / "README.md").write_text("# mungil\n")
    (folder / "pytorch_model.bin").write_bytes(b"the same once more")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"and once more")
    (folder / "train_script.py").write_text("print('never fetched')\n")
    served = Hub(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answers,), {"hub": served}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", served.url)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", served.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 8_000)
    monkeypatch.setattr(index.hub, "_LARGE", LARGE)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


# --- which files ---


def test_weights_come_in_one_format_and_last() -> None:
    bge = ["1_Pooling/config.json", "README.md", "colbert_linear.pt", "config.json", "imgs/nqa.jpg", "modules.json",
           "onnx/model.onnx", "onnx/model.onnx_data", "onnx/tokenizer.json", "pytorch_model.bin",
           "sentence_bert_config.json", "sentencepiece.bpe.model", "sparse_linear.pt", "tokenizer.json"]  # fmt: skip
    assert wanted(bge) == ["1_Pooling/config.json", "README.md", "config.json", "modules.json",
                           "sentence_bert_config.json", "sentencepiece.bpe.model", "tokenizer.json",
                           "pytorch_model.bin"]  # fmt: skip
    gemma = ["model.safetensors", "2_Dense/model.safetensors", "2_Dense/config.json", "tokenizer.model", "model.py"]
    assert wanted(gemma)[-2:] == ["2_Dense/model.safetensors", "model.safetensors"]
    assert "model.py" not in wanted(gemma)
    assert "model.py" in wanted(gemma, code=True)
    assert wanted(["pytorch_model.bin", "model.safetensors", "tf_model.h5"]) == ["model.safetensors"]


# --- offers and downloads ---


def test_a_download_brings_what_was_offered_and_no_more(hub: Hub, tiny_encoder: Path) -> None:
    offered = offer(hub.name)
    assert (offered.commit, offered.licence) == (COMMIT, "mit")
    files = hub.files()
    fetched = {name for name in files if not name.startswith(("onnx", "pytorch", "train"))}
    assert {file.name for file in offered.files} == fetched
    assert offered.size == sum(len(files[name]) for name in fetched)
    told: list[tuple[int, int]] = []
    folder = download(offered, lambda done, total: told.append((done, total)))
    assert folder == hub_folder(hub.name)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == fetched
    assert all((folder / name).read_bytes() == files[name] for name in fetched)
    assert told == sorted(told)
    assert told[-1] == (offered.size, offered.size)
    texts = ["harga beras naik", "banjir"]
    ours, theirs = open_encoder(hub.name), open_encoder(str(tiny_encoder))
    np.testing.assert_array_equal(ours.encode_passages(texts), theirs.encode_passages(texts))


def test_nothing_is_asked_once_the_model_is_here(hub: Hub) -> None:
    download(offer(hub.name))
    hub.asked.clear()
    open_encoder(hub.name).encode_queries(["banjir"])
    assert hub.asked == []


def test_a_pinned_revision_is_the_one_that_comes(hub: Hub) -> None:
    assert offer(hub.name, COMMIT).commit == COMMIT
    with pytest.raises(EncoderError, match="no longer has the revision"):
        offer(hub.name, "d" * 40)


def test_a_broken_connection_is_taken_up_where_it_ended(hub: Hub) -> None:
    hub.break_after = 30_000
    folder = download(offer(hub.name))
    assert (folder / "model.safetensors").read_bytes() == hub.files()["model.safetensors"]
    assert hub.ranges("model.safetensors") == [None, "bytes=24000-"], "whole blocks of 8,000 were kept"


class StoppedError(Exception):
    pass


def test_a_program_that_ended_goes_on_the_next_time(hub: Hub) -> None:
    offered = offer(hub.name)
    small = offered.size - len(hub.files()["model.safetensors"])

    def stop(done: int, total: int) -> None:
        if done > small + 20_000:
            raise StoppedError

    with pytest.raises(StoppedError):
        download(offered, stop)
    assert hub_folder(hub.name) is None, "half a model is no model"
    told: list[int] = []
    folder = download(offered, lambda done, total: told.append(done))
    assert (folder / "model.safetensors").read_bytes() == hub.files()["model.safetensors"]
    first, second = hub.ranges("model.safetensors")
    assert first is None
    assert second is not None
    assert int(second[6:-1]) >= 16_000
    assert told[-1] == offered.size
    assert not [*folder.parent.parent.glob("blobs/*.part")]


def test_what_arrives_damaged_is_not_kept(hub: Hub) -> None:
    hub.damaged = True
    with pytest.raises(EncoderError, match="arrived damaged"):
        download(offer(hub.name))
    assert hub_folder(hub.name) is None
    hub.damaged = False
    shutil.rmtree(Path(os.environ["HF_HUB_CACHE"]))
    assert download(offer(hub.name)) == hub_folder(hub.name)


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "accept its terms"), (404, "the hub has no model"), (500, "could not be fetched")],
)
def test_the_hubs_refusals_are_explained(hub: Hub, status: int, words: str) -> None:
    hub.status = status
    with pytest.raises(EncoderError, match=words) as caught:
        offer(hub.name)
    assert "bundled" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_no_network_is_explained(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EncoderError, match="could not be fetched") as caught:
        offer(hub.name)
    assert "bundled" in caught.value.hint
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="HF_HUB_OFFLINE"):
        offer(hub.name)


def test_a_repository_without_weights_is_no_model(hub: Hub) -> None:
    for name in ("model.safetensors", "pytorch_model.bin"):
        (hub.folder / name).unlink()
    with pytest.raises(EncoderError, match="no weights"):
        offer(hub.name)
