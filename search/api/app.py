"""The HTTP application: what each address answers. Bodies are those of the commands' --json (search/render.py)."""

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from index.errors import EncoderError, IndexUnusableError, NotFoundError, TelusurError, UsageError
from search.api import parameters
from search.api.page import PageFile, page_files
from search.engine import Searcher
from search.options import restriction
from search.render import answer_object, as_json

log = logging.getLogger(__name__)

Given = dict[str, Any]
Ask = Callable[[Searcher, Given], Any]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def application(searcher: Searcher, *, page: Mapping[str, PageFile] | None = None) -> Starlette:
    """The application over an open Searcher. `page`: files by address, those of search/page/ unless given."""
    routes = [
        Route("/api/search", _answers(searcher, search)),
        Route("/api/related", _answers(searcher, related), methods=["GET", "POST"]),
        Route("/api/show", _answers(searcher, show)),
        Route("/api/status", _answers(searcher, status)),
        Route("/healthz", _answers(searcher, health)),
    ]
    routes += [Route(path, _sends(file)) for path, file in (page_files() if page is None else page).items()]
    return Starlette(
        routes=routes,
        exception_handlers={
            TelusurError: _refusal,
            sqlite3.Error: _refusal,
            HTTPException: _refusal,
            Exception: _refusal,
        },
    )


# --- what is asked ---------------------------------------------------------------------------------------------------


def search(searcher: Searcher, given: Given) -> Any:
    """The answer to a question."""
    return answer_object(searcher.search(given["query"], **_choice(given)))


def related(searcher: Searcher, given: Given) -> Any:
    """What is about the same thing as a passage, an article or a text."""
    target, text = given["target"], given.get("text")
    if (target is None) == (text is None):
        raise UsageError("one of target and text is needed", parameters.TARGET.about)
    return answer_object(searcher.related("-" if target is None else target, text=text, **_choice(given)))


def show(searcher: Searcher, given: Given) -> Any:
    """A passage with its neighbours, or an article."""
    return searcher.show(given["id"], given["context"])


def status(searcher: Searcher, given: Given) -> Any:
    """Figures of the index."""
    return searcher.status()


def health(searcher: Searcher, given: Given) -> Any:
    """That the index can be asked; raises IndexUnusableError when not."""
    with searcher.state() as opened:
        return {"status": "ok", "generation": opened.generation}


TABLES = {
    search: (parameters.SEARCH, ()),
    related: (parameters.RELATED, parameters.RELATED_BODY),
    show: (parameters.SHOW, ()),
    status: ((), ()),
    health: ((), ()),
}


def _choice(given: Given) -> dict[str, Any]:
    """What `search` and `related` have in common, as the Searcher takes it."""
    return {
        "k": given["k"],
        "mode": given["mode"],
        "restriction": restriction(given["source"], given["language"], given["since"], given["until"], given["path"]),
        "all_passages": given["all"],
        "explain": given["explain"],
    }


# --- requests and responses ------------------------------------------------------------------------------------------


def _answers(searcher: Searcher, ask: Ask) -> Callable[[Request], Awaitable[Response]]:
    in_query, in_body = TABLES[ask]

    async def endpoint(request: Request) -> Response:
        given = parameters.from_query(in_query, request.query_params.multi_items())
        if request.method == "POST":
            given = parameters.read(in_body, _object(await request.body()))
        return reply(await anyio.to_thread.run_sync(partial(ask, searcher, given)))

    return endpoint


def _sends(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
    headers = {**HEADERS, "ETag": file.etag, "Cache-Control": "no-cache"}

    async def endpoint(request: Request) -> Response:
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media_type)

    return endpoint


def reply(value: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON, with the headers that everything bears."""
    return Response(
        as_json(value),
        status_code,
        {**HEADERS, "Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise UsageError(f"the body is not JSON: {error}", 'send an object, for example {"text": "…"}') from None
    if not isinstance(found, dict):
        raise UsageError("the body is no JSON object", 'send an object, for example {"text": "…"}')
    return found


def _refusal(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        hint = "the addresses are listed in /openapi.json"
        return reply({"error": error.detail, "hint": hint}, error.status_code, error.headers)
    if isinstance(error, UsageError):
        return reply({"error": str(error), "hint": error.hint}, 400)
    if isinstance(error, NotFoundError):
        return reply({"error": str(error), "hint": error.hint}, 404)
    if isinstance(error, (IndexUnusableError, EncoderError)):
        return reply({"error": str(error), "hint": error.hint}, 503, {"Retry-After": "5"})
    if isinstance(error, sqlite3.Error):
        message = f"the index cannot be read now: {error}"
        return reply({"error": message, "hint": "ask again; `telusur verify` tells more"}, 503, {"Retry-After": "5"})
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return reply({"error": "something went wrong inside", "hint": "the server's own output says what"}, 500)
