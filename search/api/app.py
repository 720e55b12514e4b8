"""The HTTP application: what each address answers. Bodies are those of the commands' --json (search/render.py)."""

import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from index.catalogue import Filter
from index.errors import EncoderError, IndexUnusableError, NotFoundError, TelusurError, UsageError
from search.api import parameters
from search.api.guard import MAX_BODY, Door, Guard, TooLargeError
from search.api.metrics import Metrics
from search.api.openapi import document
from search.api.page import PageFile, page_files
from search.api.parameters import Given, Parameter
from search.api.reply import HEADERS, refuse, reply
from search.engine import Searcher
from search.query import iso_date
from search.render import answer_object

TIMEOUT = 30.0  # seconds for one request
WORKERS = 16  # requests answered at a time, so that batches can fill; the others wait in the order in which they came

log = logging.getLogger(__name__)


def application(
    searcher: Searcher,
    door: Door | None = None,
    *,
    page: Mapping[str, PageFile] | None = None,
    timeout: float = TIMEOUT,
) -> Starlette:
    """The application over an open Searcher. `page`: files by address, those of search/page/ unless given."""
    door = door or Door()
    metrics = Metrics(searcher)
    in_thread = partial(anyio.to_thread.run_sync, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(WORKERS))

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(in_thread, _warm, searcher)
            yield
            tasks.cancel_scope.cancel()

    def answers(ask: Ask) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            with anyio.fail_after(timeout):
                given = await _given(ask, request)
                value = await in_thread(ask.of, searcher, given)
            return reply(value)

        return metrics.observed(ask.path, endpoint, _refusal)

    async def openapi(_: Request) -> Response:
        return reply(document(door.token is not None))

    async def measured(_: Request) -> Response:
        content, media_type = await anyio.to_thread.run_sync(metrics.text)
        return Response(content, headers={**HEADERS, "Content-Type": media_type})

    routes = [Route(ask.path, answers(ask), methods=["GET", "POST"] if ask.in_body else ["GET"]) for ask in ASKS]
    routes += [Route("/openapi.json", openapi), Route("/metrics", measured)]
    routes += [Route(path, _sends(file)) for path, file in (page_files() if page is None else page).items()]
    handled = TelusurError, sqlite3.Error, TimeoutError, TooLargeError, ClientDisconnect, HTTPException, Exception
    return Starlette(
        routes=routes,
        lifespan=life,
        middleware=[Middleware(Guard, door)],
        exception_handlers=dict.fromkeys(handled, _refusal),
    )


# --- what is asked ---------------------------------------------------------------------------------------------------


def _search(searcher: Searcher, given: Given) -> Any:
    return answer_object(searcher.search(given["query"], dates=not given["no_dates"], **_choice(given)))


def _related(searcher: Searcher, given: Given) -> Any:
    target, text = given["target"], given.get("text")
    if (target is None) == (text is None):
        raise UsageError("one of target and text is needed", parameters.TARGET.about)
    return answer_object(searcher.related("-" if target is None else target, text=text, **_choice(given)))


def _show(searcher: Searcher, given: Given) -> Any:
    return searcher.show(given["id"], given["context"])


def _health(searcher: Searcher) -> Any:
    with searcher.state() as opened:
        return {"status": "ok", "generation": opened.generation}


@dataclass(frozen=True, slots=True)
class Ask:
    """An address, how a Searcher answers it, and the parameters it takes in the query and in a posted body."""

    path: str
    of: Callable[[Searcher, Given], Any]
    in_query: Sequence[Parameter] = ()
    in_body: Sequence[Parameter] = ()


ASKS = (
    Ask("/api/search", _search, parameters.SEARCH),
    Ask("/api/related", _related, parameters.RELATED, parameters.RELATED_BODY),
    Ask("/api/show", _show, parameters.SHOW),
    Ask("/api/status", lambda searcher, given: searcher.status()),
    Ask("/healthz", lambda searcher, given: _health(searcher)),
)


def _choice(given: Given) -> dict[str, Any]:
    """What `search` and `related` have in common, as the Searcher takes it."""
    within = Filter(
        sources=tuple(given["source"]),
        languages=tuple(given["language"]),
        since=iso_date(given["since"], "since"),
        until=iso_date(given["until"], "until"),
        path=given["path"],
    )
    return {
        "k": given["k"],
        "mode": given["mode"],
        "restriction": within,
        "all_passages": given["all"],
        "explain": given["explain"],
    }


def _warm(searcher: Searcher) -> None:
    """Map the encoder's weights before the first question needs them; a question says what is wrong, if anything."""
    with suppress(TelusurError, sqlite3.Error):
        searcher.encoder.encode_query("siap")


# --- requests and refusals -------------------------------------------------------------------------------------------


async def _given(ask: Ask, request: Request) -> Given:
    """The parameters of a request: a posted object's, or else those of the query."""
    pairs = request.query_params.multi_items()
    if request.method != "POST":
        return parameters.from_query(ask.in_query, pairs)
    if pairs:
        raise UsageError("a POST has its parameters in its body", f"send {pairs[0][0][:50]!r} in the JSON object")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "the body must be sent as Content-Type: application/json")
    return parameters.read(ask.in_body, parameters.from_json(await request.body()))


def _sends(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
    headers = {**HEADERS, "ETag": file.etag, "Cache-Control": "no-cache", "Content-Type": file.media_type}

    async def endpoint(request: Request) -> Response:
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers)

    return endpoint


def _refusal(request: Request, error: Exception) -> Response:
    """What became of a request that has no answer."""
    match error:
        case HTTPException():
            return refuse(error.status_code, f"{request.method} {request.url.path[:100]}: {error.detail}",
                          "/openapi.json lists what can be asked", error.headers)  # fmt: skip
        case NotFoundError():
            return refuse(404, str(error), "give a passage_id (ARTICLE#n) or an article_id, as answers give them")
        case IndexUnusableError() | EncoderError():
            return refuse(503, str(error), error.hint, {"Retry-After": "5"})
        case TelusurError():
            return refuse(400, str(error), error.hint)
        case sqlite3.Error():
            return refuse(503, f"the index cannot be read: {error}", "`telusur verify` says more", {"Retry-After": "5"})
        case TimeoutError():
            return refuse(504, "the answer took too long", "ask for fewer hits, or again when less is going on")
        case TooLargeError():
            return refuse(413, f"the body has more than {MAX_BODY:,} bytes", "send less text", {"Connection": "close"})
        case ClientDisconnect():
            return refuse(400, "the client went away", "ask again")
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(500, "something went wrong inside", "what it was stands on the terminal of `telusur serve`")
