"""Responses: JSON as the commands write it, with the headers that everything bears."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from search.render import as_json

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def reply(value: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON."""
    every = {**HEADERS, "Cache-Control": "no-store", **(headers or {})}
    return Response(as_json(value) + "\n", status_code, every, media_type="application/json")


def refuse(status_code: int, error: str, hint: str, headers: Mapping[str, str] | None = None) -> Response:
    """What went wrong and what to do, as two sentences."""
    return reply({"error": error, "hint": hint}, status_code, headers)


def redirect(address: str, cookies: Mapping[str, str]) -> Response:
    """The way to another address of this server, with cookies that scripts cannot read."""
    response = Response(status_code=303, headers={**HEADERS, "Cache-Control": "no-store", "Location": address})
    for name, value in cookies.items():
        response.set_cookie(name, value, httponly=True, samesite="lax")
    return response
