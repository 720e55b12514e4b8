"""The server: a socket, a door that fits the address, and uvicorn until it is told to stop."""

import errno
import ipaddress
import re
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from urllib.parse import quote

import uvicorn

from index.errors import TelusurError, UsageError
from search.api.app import application
from search.api.guard import Door
from search.engine import Searcher

STOP_SECONDS = 10  # so long answers under way may take when the server is told to stop


def serve(
    searcher: Searcher,
    host: str,
    port: int,
    *,
    token: str | None = None,
    names: Sequence[str] = (),
    ready: Callable[[str], None],
) -> None:
    """Answer at an address until SIGINT or SIGTERM. `ready` is told the link to open.

    `token`: needed of whoever asks; one is made up where others than this machine can ask and none is given. `names`:
    more names that this server goes by. Raises TelusurError when nothing can listen there.
    """
    listening = _listen(host, port)
    with listening:
        address = listening.getsockname()[0]
        door = door_at(address, host, token, names)
        config = uvicorn.Config(
            application(searcher, door),
            log_level="warning",
            access_log=False,  # questions are nobody else's business
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        # uvicorn ends in peace and then gives the signal on; by then there is nothing left to do.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        server = uvicorn.Server(config)
        ready(link(host, listening.getsockname()[1], door.token))
        server.run(sockets=[listening])


def door_at(address: str, host: str, token: str | None, names: Sequence[str]) -> Door:
    """Who is let in at an address: on loopback this machine, elsewhere whoever has the token. Raises UsageError."""
    loopback = ipaddress.ip_address(address).is_loopback
    if token is not None and not re.fullmatch(r"[\w.~+/=-]{16,200}", token, re.ASCII):
        raise UsageError(
            "the token must be 16 to 200 letters, digits or any of -._~+/=",
            "leave --token away: elsewhere than on loopback one is made up",
        )
    if token is None and not loopback:
        token = secrets.token_urlsafe(24)
    machine = socket.gethostname()
    own = [host, "localhost"] if loopback else [host, "localhost", machine, f"{machine}.local"]
    return Door(frozenset(name.lower().rstrip(".") for name in (*own, *names)), token, only_loopback=loopback)


def link(host: str, port: int, token: str | None) -> str:
    """The address to open in a browser on this machine."""
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    return f"http://{shown}:{port}/" + (f"?token={quote(token)}" if token else "")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=1024)
        # asyncio does this only to sockets that were made for TCP by name. Without it the body of a small answer waits
        # 40 ms for the client to acknowledge its headers (Nagle's algorithm against delayed acknowledgements).
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        where = f"{host} port {port}"
        if error.errno == errno.EADDRINUSE:
            raise TelusurError(
                f"{where} is in use already", "choose another with --port; --port 0 takes a free one"
            ) from error
        if error.errno == errno.EACCES:
            raise TelusurError(f"{where} may not be used", "choose a --port from 1024 on") from error
        reason = error.strerror or error
        raise TelusurError(f"cannot listen at {where}: {reason}", "--host 127.0.0.1 is this machine") from error
