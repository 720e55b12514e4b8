"""Who may ask: every Host, Origin and token there is to try, on loopback and elsewhere."""

from collections.abc import Awaitable, Callable

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from search.api import guard
from search.api.guard import COOKIE, Door, Guard, TooLargeError
from search.api.server import door_at

TOKEN = "rahasia-rahasia-rahasia"


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("inside")(scope, receive, send)


def client(door: Door, base: str = "http://127.0.0.1:8765") -> TestClient:
    return TestClient(Guard(inside, door), base, follow_redirects=False)


LOOPBACK = door_at("127.0.0.1", "127.0.0.1", None, ["berita.example.org"])
ELSEWHERE = door_at("0.0.0.0", "0.0.0.0", TOKEN, ["berita.example.org"])
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("host", "on_loopback", "elsewhere"),
    [
        ("127.0.0.1:8765", 200, 200),
        ("localhost:8765", 200, 200),
        ("LOCALHOST", 200, 200),
        ("localhost.", 200, 200),
        ("[::1]:8765", 200, 200),
        ("127.9.9.9", 200, 200),
        ("192.168.1.20:8765", 421, 200),  # an address cannot be made to point elsewhere, a name can
        ("[fe80::1]:8765", 421, 200),
        ("berita.example.org", 200, 200),
        ("Berita.Example.org:443", 200, 200),
        ("evil.example", 421, 421),
        ("evil.berita.example.org", 421, 421),
        ("berita.example.org.evil.example", 421, 421),
        ("127.0.0.1.evil.example:8765", 421, 421),
        ("localhost@evil.example", 421, 421),
        ("evil.example@localhost", 421, 421),
        ("evil.example#localhost", 421, 421),
        ("[::1", 421, 421),
        ("0", 421, 421),
        ("", 421, 421),
    ],
)
def test_hosts(host: str, on_loopback: int, elsewhere: int) -> None:
    for door, status in ((LOOPBACK, on_loopback), (ELSEWHERE, elsewhere)):
        answer = client(door).get("/api/status", headers={"Host": host, **BEARER})
        assert answer.status_code == status, (door, answer.text)


FETCH = "Sec-Fetch-Site"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/status", {}, 200),
        ("/api/status", {"Origin": "http://127.0.0.1:8765"}, 200),
        ("/api/status", {"Origin": "https://127.0.0.1:8765"}, 200),  # behind a proxy that ends TLS
        ("/api/status", {"Origin": "http://127.0.0.1:9999"}, 403),
        ("/api/status", {"Origin": "http://localhost:8765"}, 403),
        ("/api/status", {"Origin": "http://evil.example"}, 403),
        ("/api/status", {"Origin": "null"}, 403),
        ("/api/status", {"Origin": ""}, 403),
        ("/api/status", {"Origin": "file://"}, 403),
        ("/api/status", {FETCH: "same-origin"}, 200),
        ("/api/status", {FETCH: "none", "Sec-Fetch-Mode": "navigate"}, 200),
        ("/api/status", {FETCH: "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ("/api/status", {FETCH: "same-site"}, 403),
        ("/api/status", {FETCH: "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ("/?q=apa", {FETCH: "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),  # a link in a mail
        ("/page.js", {FETCH: "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
    ],
)
def test_origins(path: str, headers: dict[str, str], status: int) -> None:
    for door in (LOOPBACK, ELSEWHERE):
        for method in ("GET", "POST"):
            answer = client(door).request(method, path, headers={**headers, **BEARER})
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (BEARER, 200),
        ({"Authorization": f"bearer  {TOKEN}"}, 200),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer \xff".encode("latin-1").decode("latin-1")}, 401),
        ({"Cookie": f"{COOKIE}={TOKEN}"}, 200),
        ({"Cookie": f"a=b; {COOKIE}={TOKEN}; c=d"}, 200),
        ({"Cookie": f"{COOKIE}=x"}, 401),
        ({"Cookie": f"{COOKIE}="}, 401),
        ({"Cookie": "\x01=;;;"}, 401),
    ],
)
def test_tokens(headers: dict[str, str], status: int) -> None:
    for path in ("/", "/api/status", "/metrics", "/openapi.json", "/nothing"):
        answer = client(ELSEWHERE).get(path, headers={k: v.encode("latin-1") for k, v in headers.items()})  # type: ignore[misc]
        assert answer.status_code == status
        assert ("www-authenticate" in answer.headers) == (status == 401)
    assert client(ELSEWHERE).get("/healthz").status_code == 200
    assert client(LOOPBACK).get("/api/status", headers={}).status_code == 200


def test_the_printed_link_becomes_a_cookie() -> None:
    browser = client(ELSEWHERE)
    answer = browser.get("/article", params={"id": "00000000#1", "token": TOKEN, "q": "apa & siapa"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/article?id=00000000%231&q=apa+%26+siapa")
    assert TOKEN not in answer.headers["location"]
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get(answer.headers["location"]).text == "inside"  # the client keeps cookies
    assert browser.get("/api/status").text == "inside"


def test_a_link_that_lets_nobody_in() -> None:
    assert client(ELSEWHERE).get("/?token=wrong").status_code == 401
    assert client(ELSEWHERE).get(f"/api/status?token={TOKEN}").status_code == 401  # addresses are written down
    assert client(ELSEWHERE).post(f"/?token={TOKEN}").status_code == 401
    away = client(ELSEWHERE).get(f"//evil.example/%2e%2e?token={TOKEN}", headers={"Host": "127.0.0.1:8765"})
    assert away.headers.get("location", "/").startswith("/")
    assert not away.headers.get("location", "/").startswith("//")
    assert client(ELSEWHERE).get(f"/%0d%0aSet-Cookie:x=1?token={TOKEN}").headers["location"].isascii()


def test_a_token_on_loopback_when_one_is_given() -> None:
    door = door_at("127.0.0.1", "localhost", TOKEN, [])
    assert client(door).get("/api/status").status_code == 401
    assert client(door).get("/api/status", headers=BEARER).status_code == 200


def test_elsewhere_than_on_loopback_a_token_is_made() -> None:
    tokens = {door_at(address, "telusur.example", None, []).token for address in ("0.0.0.0", "192.168.1.2", "::")}
    assert None not in tokens
    assert len(tokens) == 3
    assert all(len(token or "") >= 32 for token in tokens)
    assert door_at("::1", "::1", None, []).token is None


def in_parts(app: Guard, parts: list[bytes]) -> list[Message]:
    """What a guarded application sends when a body comes in parts."""
    sent: list[Message] = []
    left = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    scope = {
        "type": "http", "method": "POST", "path": "/api/related", "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }  # fmt: skip

    async def receive() -> Message:
        return left.pop(0) if left else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)
    return sent


def test_a_body_is_not_read_beyond_its_limit() -> None:
    taken: list[int] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        async for part in Request(scope, receive).stream():
            taken.append(len(part))

    with pytest.raises(TooLargeError):
        in_parts(Guard(reading, Door()), [b"x" * 100_000] * 50)
    assert sum(taken) <= guard.MAX_BODY


def test_no_more_than_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_WAITING", 1)
    statuses = []
    app: Callable[[Scope, Receive, Send], Awaitable[None]]

    async def asks_itself(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            statuses.append(message.get("status"))

        await app(scope, receive, note)
        await inside(scope, receive, send)

    app = Guard(asks_itself, Door())
    sent = in_parts(app, [])  # type: ignore[arg-type]
    assert statuses[0] == 503
    assert sent[0]["status"] == 200
    assert in_parts(app, [])[0]["status"] == 200  # type: ignore[arg-type]
