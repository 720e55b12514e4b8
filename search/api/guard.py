"""Who may ask: Host, Origin, token, and how much a request may bring. An ASGI layer around everything else.

A page from elsewhere that a browser shows can reach a server on loopback, and, by a name of its own that it makes
point there (DNS rebinding), even read what comes back. So a Host must be an address, which no one can make point
elsewhere, or a name known at start; and what a browser says of where a request comes from must be this server itself.
"""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.api.reply import redirect, refuse

COOKIE = "telusur_token"
OPEN = frozenset({"/healthz"})  # tells nothing but that there is a server
MAX_QUERY_STRING = 32_768  # bytes; a question of the greatest length in any script takes 24,000
MAX_BODY = 512_000  # bytes
MAX_WAITING = 500  # requests at a time


class TooLargeError(Exception):
    """A body grew beyond MAX_BODY while it was read."""


@dataclass(frozen=True, slots=True)
class Door:
    """Who is let in: `names` that a Host may bear beside addresses, and a token unless none is needed."""

    names: frozenset[str] = frozenset({"localhost"})
    token: str | None = None
    only_loopback: bool = True  # of addresses as Host

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server."""
        try:
            name = urlsplit(f"//{host}").hostname or "" if "@" not in host else ""
        except ValueError:
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self.names
        return address.is_loopback or not self.only_loopback

    def admits(self, token: str) -> bool:
        """Whether a token is the right one, in a time that tells nothing about it."""
        return self.token is None or hmac.compare_digest(token.encode(), self.token.encode())


class Guard:
    """Lets through what may ask, and answers everything else itself."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door, self.inside = app, door, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers)
        if answer is not None:
            await answer(scope, receive, send)
            return
        left = MAX_BODY

        async def limited() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLargeError
            return message

        self.inside += 1
        try:
            await self.app(scope, limited, send)
        finally:
            self.inside -= 1

    def _refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        if not self.door.knows(host):
            return refuse(
                421, f"this server does not answer as {host[:100]!r}", "`telusur serve --allow-host NAME` lets it"
            )
        if _from_elsewhere(scope, headers, host):
            return refuse(403, "a request from another site", "open the page of this server itself")
        if len(scope["query_string"]) > MAX_QUERY_STRING:
            return refuse(414, f"the address has more than {MAX_QUERY_STRING:,} bytes after its ?", "ask more briefly")
        if int(headers.get("content-length", "0")) > MAX_BODY:
            return refuse(413, f"the body has more than {MAX_BODY:,} bytes", "send less text")
        if self.inside >= MAX_WAITING:
            return refuse(503, "too many questions at a time", "ask again in a second", {"Retry-After": "1"})
        if self.door.token is None or scope["path"] in OPEN:
            return None
        return self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self.door.admits(bearer.strip()):
            return None
        if self.door.admits(_cookie(headers)):
            return None
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["method"] == "GET" and not scope["path"].startswith("/api/"):
            # The printed link: the token moves into a cookie, and out of the address and the history.
            rest = [(name, value) for name, value in pairs if name != "token"]
            if any(name == "token" and self.door.admits(value) for name, value in pairs):
                return redirect(
                    quote("/" + scope["path"].lstrip("/\\")) + (f"?{urlencode(rest)}" if rest else ""),
                    {COOKIE: self.door.token or ""},
                )
        return refuse(
            401,
            "a token is needed",
            "open the link that `telusur serve` printed, or send `Authorization: Bearer TOKEN`",
            {"WWW-Authenticate": 'Bearer realm="telusur"'},
        )


def _from_elsewhere(scope: Scope, headers: Headers, host: str) -> bool:
    """Whether a browser says that a page of another site makes this request. Following a link to a page is allowed."""
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() not in {f"http://{host.lower()}", f"https://{host.lower()}"}
    site = headers.get("sec-fetch-site", "none")
    followed = headers.get("sec-fetch-mode") == "navigate" and not scope["path"].startswith("/api/")
    return site not in {"none", "same-origin"} and not followed


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
