"""What each address answers: the same as the commands, and refusals in sentences."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Archive, nearly
from starlette.testclient import TestClient
from typer.testing import CliRunner

from search.api.app import application
from search.api.guard import MAX_BODY, MAX_QUERY_STRING
from search.api.page import page_files
from search.api.parameters import MAX_K, MAX_TEXT
from search.cli import app as commands
from search.engine import Searcher
from search.query import MAX_LENGTH

HERE = "http://127.0.0.1:8765"
QUESTION = "Apa kata Xi tentang Kuba?"
CSP = "default-src 'none'"


@pytest.fixture(scope="module")
def client(seeds_index: Path) -> Iterator[TestClient]:
    with Searcher.open(seeds_index) as searcher, TestClient(application(searcher), HERE) as opened:
        yield opened


@pytest.fixture(scope="module")
def hit(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/search", params={"query": QUESTION}).json()["hits"][0]
    return found


def printed(*arguments: str, index: Path, typed: str | None = None) -> Any:
    result = CliRunner().invoke(commands, [*arguments, "--json", "--index", str(index)], input=typed)
    return json.loads(result.stdout)


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer.pop("seconds") >= 0
    return answer


# --- the same as the commands ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ([], {}),
        (["-k", "2", "--mode", "lexical", "--explain"], {"k": "2", "mode": "lexical", "explain": "true"}),
        (["--mode", "semantic", "--all"], {"mode": "semantic", "all": "true"}),
        (["--source", "VOA", "--source", "kontan"], {"source": ["VOA", "kontan"]}),
        (["--language", "id", "--since", "2022", "--until", "2022-11"],
         {"language": "id", "since": "2022", "until": "2022-11"}),
        (["--path", "*000_*"], {"path": "*000_*"}),
    ],
)  # fmt: skip
def test_search_is_what_the_command_prints(
    client: TestClient, seeds_index: Path, options: list[str], parameters: dict[str, Any]
) -> None:
    for question in (QUESTION, "Which vitamin is in carrots?"):
        found = client.get("/api/search", params={"query": question, **parameters})
        assert (found.status_code, found.headers["content-type"]) == (200, "application/json")
        assert timeless(found.json()) == nearly(timeless(printed("search", question, *options, index=seeds_index)))


def test_related_show_and_status_are_what_the_commands_print(
    client: TestClient, seeds_index: Path, hit: dict[str, Any]
) -> None:
    for target in (hit["passage_id"], hit["article_id"]):
        found = client.get("/api/related", params={"target": target, "k": 3}).json()
        assert timeless(found) == nearly(timeless(printed("related", target, "-k", "3", index=seeds_index)))
        assert timeless(client.post("/api/related", json={"target": target, "k": 3}).json()) == found
        shown = client.get("/api/show", params={"id": target, "context": 1}).json()
        assert shown == printed("show", target, "--context", "1", index=seeds_index)
    posted = client.post("/api/related", json={"text": hit["text"], "source": ["VOA"], "all": True}).json()
    options = ("--source", "VOA", "--all")
    assert timeless(posted) == nearly(timeless(printed("related", "-", *options, index=seeds_index, typed=hit["text"])))
    assert client.get("/api/status").json() == printed("status", index=seeds_index)


def test_health_and_metrics(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "generation": 1}
    client.get("/api/search")
    client.get("/api/search", params={"query": QUESTION})
    figures = client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = dict(line.rsplit(" ", 1) for line in figures.text.splitlines() if not line.startswith("#"))
    assert float(lines['telusur_http_requests_total{path="/api/search",status="400"}']) >= 1
    assert float(lines['telusur_http_seconds_count{path="/healthz"}']) >= 1
    assert float(lines["telusur_index_vectors"]) == client.get("/api/status").json()["passages"]
    assert float(lines["telusur_encoded_questions_total"]) >= float(lines["telusur_encoder_batches_total"]) >= 1
    assert "Kuba" not in figures.text


# --- refusals --------------------------------------------------------------------------------------------------------

S = "/api/search?query=Xi"


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/api/search", 400, "query is missing"),
        ("/api/search?query=%20", 400, "the question is empty"),
        ("/api/search?query=" + "x" * (MAX_LENGTH + 1), 400, "query has 2,001 characters; it must have 1 to 2,000"),
        ("/api/search?query=" + "x" * MAX_QUERY_STRING, 414, "more than 32,768 bytes"),
        (S + "&query=Li", 400, "query is given 2 times"),
        (S + "&k=0", 400, f"k is 0; it must be 1 to {MAX_K}"),
        (S + f"&k={MAX_K + 1}", 400, f"k is {MAX_K + 1}"),
        (S + "&k=1e3", 400, 'k "1e3" is no integer'),
        (S + "&k=99999999999999999999", 400, "is no integer"),
        (S + "&mode=best", 400, 'there is no mode "best"'),
        (S + "&since=soon", 400, 'since "soon" is not well formed'),
        (S + "&until=2023-02-29", 400, "until '2023-02-29' is not a date"),
        (S + "&all=yes", 400, 'all "yes" is no boolean'),
        (S + "&language=indonesian", 400, 'language "indonesian" is not well formed'),
        (S + "&sources=VOA", 400, 'there is no parameter "sources"'),
        (S + "&index=/etc", 400, 'there is no parameter "index"'),
        (S + "&encoder=/tmp", 400, 'there is no parameter "encoder"'),
        (S + "&source=x" * 51, 400, "source must be a list of at most 50 values"),
        ("/api/related", 400, "target is missing"),
        ("/api/related?target=00000000", 404, "no passage, article or file '00000000'"),
        ("/api/show?id=00000000%231", 404, "no passage, article or file '00000000#1'"),
        ("/api/show?id=seeds/000_430c46955cfb6541.txt", 400, "is not well formed"),
        ("/api/show?id=../../../etc/passwd", 400, "is not well formed"),
        ("/api/show?id=00000000&context=51", 400, "context is 51; it must be 0 to 50"),
        ("/api/nothing", 404, "GET /api/nothing: Not Found"),
        ("/../../etc/passwd", 404, "Not Found"),
        ("/%2e%2e/engine.py", 404, "Not Found"),
    ],
)
def test_what_is_refused(client: TestClient, address: str, status: int, said: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, [*answer.json()]) == (status, ["error", "hint"])
    assert said in answer.json()["error"]
    assert answer.json()["hint"]
    assert answer.headers["content-security-policy"].startswith(CSP)


@pytest.mark.parametrize(
    ("body", "media_type", "status", "said"),
    [
        (b"", "application/json", 400, "the body is no JSON object"),
        (b"[" * 100_000, "application/json", 400, "the body is no JSON object"),
        (b'["text"]', "application/json", 400, "the body is no JSON object"),
        (b"{}", "application/json", 400, "one of target and text is needed"),
        (b'{"text": "a", "target": "00000000"}', "application/json", 400, "one of target and text is needed"),
        (b'{"text": 7}', "application/json", 400, "text 7 is no string"),
        (b'{"text": null}', "application/json", 400, "text null is no string"),
        (b'{"text": "a", "k": true}', "application/json", 400, "k true is no integer"),
        (b'{"text": "a", "k": 1.5}', "application/json", 400, "k 1.5 is no integer"),
        (b'{"text": "a", "source": "VOA"}', "application/json", 400, "source must be a list"),
        (b'{"text": "a", "path": "\\u0000"}', "application/json", 200, ""),
        (b'{"text": "a", "k": 3.0}', "application/json", 200, ""),
        (b'{"text": "\\ud800 Xi Jinping"}', "application/json; charset=utf-8", 200, ""),
        (json.dumps({"text": "x" * (MAX_TEXT + 1)}).encode(), "application/json", 400, "text has 50,001 characters"),
        (b"x" * (MAX_BODY + 1), "application/json", 413, "the body has more than 512,000 bytes"),
        (b'{"text": "a"}', "text/plain", 415, "must be sent as Content-Type: application/json"),
        (b"text=a", "application/x-www-form-urlencoded", 415, "must be sent as"),
    ],
)
def test_bodies(client: TestClient, body: bytes, media_type: str, status: int, said: str) -> None:
    answer = client.post("/api/related", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == status, answer.text
    assert said in answer.json().get("error", "")


def test_a_body_that_does_not_say_how_large_it_is(client: TestClient) -> None:
    pieces = (b"x" * 100_000 for _ in range(6))
    answer = client.post("/api/related", content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_methods(client: TestClient) -> None:
    answer = client.post("/api/search", json={"query": "Xi"})
    assert (answer.status_code, {*answer.headers["allow"].split(", ")}) == (405, {"GET", "HEAD"})
    assert client.post("/api/related?k=3", json={"text": "Xi"}).status_code == 400
    assert client.options("/api/search").status_code == 405
    assert client.head("/healthz").status_code == 200


def test_an_answer_that_takes_too_long(seeds_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(Searcher, "status", lambda self: ended.wait(30))
    with Searcher.open(seeds_index) as searcher, TestClient(application(searcher, timeout=0.05), HERE) as client:
        answer = client.get("/api/status")
        ended.set()
    assert (answer.status_code, answer.json()["error"]) == (504, "the answer took too long")


def test_what_goes_wrong_inside_is_not_told(
    seeds_index: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Searcher) -> None:
        raise RuntimeError("/home/rahasia")

    monkeypatch.setattr(Searcher, "status", broken)
    with Searcher.open(seeds_index) as searcher, TestClient(application(searcher), HERE) as client:
        answer = client.get("/api/status")
    assert (answer.status_code, answer.json()["error"]) == (500, "something went wrong inside")
    assert "rahasia" not in answer.text
    assert "rahasia" in caplog.text


def test_an_index_that_is_gone(archive: Archive) -> None:
    archive.write("a.txt", "Harga beras naik.")
    archive.update()
    with Searcher.open(archive.root) as searcher, TestClient(application(searcher), HERE) as client:
        away = archive.root.rename(archive.root.with_name("away"))
        for address in ("/api/search?query=beras", "/api/status", "/healthz"):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), address
            assert "there is no index" in answer.json()["error"]
        assert client.get("/metrics").status_code == 200
        away.rename(archive.root)
        assert client.get("/api/search?query=beras").json()["hits"][0]["text"] == "Harga beras naik."


def test_an_encoder_that_is_gone(tmp_path: Path, tiny_encoder: Path) -> None:
    archive = Archive(tmp_path / "berita", shutil.copytree(tiny_encoder, tmp_path / "encoder"))
    archive.write("a.txt", "Harga beras naik.")
    archive.update()
    shutil.rmtree(archive.encoder)
    with Searcher.open(archive.root) as searcher, TestClient(application(searcher), HERE) as client:
        answer = client.get("/api/search?query=beras")
        assert (answer.status_code, "encoder" in answer.json()["error"]) == (503, True)
        assert client.get("/api/search?query=beras&mode=lexical").json()["answered"]


# --- the page, and text that would like to be more -------------------------------------------------------------------


def test_hostile_articles_stay_data(archive: Archive) -> None:
    hostile = (
        "<script>alert(1)</script> <img src=x onerror=alert(2)> <a href='javascript:alert(3)'>harga beras</a> "
        "\"'><svg/onload=alert(4)> </script><!-- ]]> {{7*7}} harga beras naik \u2028 \u202e."
    )
    row = {"title": hostile, "url": "javascript:alert(5)", "source": hostile, "body": hostile}
    (archive.folder / "berita.jsonl").write_text(json.dumps(row) + "\n")  # tags in a row's body are markup, and go
    (archive.folder / "berita.txt").write_text(hostile)
    archive.update()
    with Searcher.open(archive.root) as searcher, TestClient(application(searcher), HERE) as client:
        answer = client.get("/api/search", params={"query": "harga beras <script>", "all": "true"})
        assert {hit["source"] for hit in answer.json()["hits"]} >= {" ".join(hostile.split())}
        found = next(hit for hit in answer.json()["hits"] if hit["path"].endswith(".txt"))
        assert "<script>alert(1)</script>" in found["text"]
        shown = client.get("/api/show", params={"id": found["article_id"]})
        for response in (answer, shown, client.get("/nothing<script>")):
            assert response.headers["content-type"] == "application/json"
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["content-security-policy"].startswith(CSP)
            assert "\u2028" not in response.text
        assert shown.json()["text"].count("onerror=alert(2)") == 1


def test_files_of_the_page(seeds_index: Path, tmp_path: Path) -> None:
    contents = {"index.html": "<!doctype html><title>Telusur</title>", "page.js": "'use strict'", "icon.svg": "<svg/>"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "notes.py").write_text("secret")
    table = page_files(tmp_path)
    assert sorted(table) == ["/", "/article", "/icon.svg", "/index.html", "/page.js"]
    with Searcher.open(seeds_index) as searcher, TestClient(application(searcher, page=table), HERE) as client:
        page = client.get("/?q=apa")
        assert (page.text, page.headers["content-type"]) == (contents["index.html"], "text/html; charset=utf-8")
        assert client.get("/article?id=00000000").text == page.text
        script = client.get("/page.js")
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert script.headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        assert script.headers["referrer-policy"] == "no-referrer"
        again = client.get("/page.js", headers={"If-None-Match": script.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/notes.py").status_code == 404
        (tmp_path / "page.js").write_text("changed")  # read at start, once
        assert client.get("/page.js").text == contents["page.js"]


def test_openapi_names_every_address_and_parameter(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert sorted(document["paths"]) == ["/api/related", "/api/search", "/api/show", "/api/status", "/healthz"]
    names = {parameter["name"] for parameter in document["paths"]["/api/search"]["get"]["parameters"]}
    options = {name.strip("-").replace("-", "_") for name in command_options("search")}
    # No request makes a server open, let alone download, a model; nor read or write other files.
    forms = {"json", "jsonl", "trec", "index", "batch", "output", "timeline", "plot"}
    assert names == options - forms - {"rerank", "yes"} | {"query"}


def command_options(name: str) -> list[str]:
    import typer.main

    program: Any = typer.main.get_command(commands)
    return [option for p in program.commands[name].params if p.param_type_name == "option" for option in p.opts]
