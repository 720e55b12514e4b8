"""One Milvus server: the connection, how long to wait for it, and its errors in plain words."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from index.errors import StoreError, UsageError
from index.milvus.named import URI, is_named

TOKEN = "TELUSUR_MILVUS_TOKEN"  # noqa: S105  the variable's name
TIMEOUT = "TELUSUR_MILVUS_TIMEOUT"
READ_SECONDS = 30.0
WRITE_SHARE = 10  # a write may take so many times as long: nobody waits for it, and an update is worth waiting for
CONNECT_SHARE = 1 / 3  # the first answer comes quickly or never: a server that never gave one is not starting again
MOMENT = 2.0  # seconds after which waiting is told
AGAIN = 30.0  # seconds after which it is told again
BUILD_SECONDS = 86_400.0  # a server may work on an index for so long
# What a server says while it starts, loads a collection, or moves one to another node.
_PASSING = (
    "not loaded", "not fully loaded", "channel not available", "no available", "node offline", "not ready",
    "recovering", "unavailable", "rate limit", "server is not", "node not found", "shard leader", "connection refused",
)  # fmt: skip
_REFUSED = ("auth", "permission", "privilege", "token", "password")
_LATE = ("timeout", "deadline")

log = logging.getLogger("telusur")  # its warnings reach stderr where nobody asks otherwise

Found = TypeVar("Found")


def seconds() -> float:
    """How long a read may take before the server counts as gone: 30, or what TELUSUR_MILVUS_TIMEOUT says."""
    said = os.environ.get(TIMEOUT, "")
    try:
        found = float(said or READ_SECONDS)
    except ValueError:
        found = 0.0
    if not found > 0:
        raise UsageError(f"{TIMEOUT} is {said!r}", "give it a number of seconds above 0")
    return found


def check_uri(uri: str) -> str:
    """The address of a server, without a password in it, or a path for Milvus Lite. Raises UsageError."""
    if "@" in urlsplit(uri).netloc:
        raise UsageError("the address holds a name or password", f"leave it out and set {TOKEN} to USER:PASSWORD")
    if ("://" not in uri and not uri.endswith(".db")) or not uri.isprintable():
        raise UsageError(f"{uri!r} is no address of a Milvus server", "write it as http://HOST:19530")
    return uri


class Server:
    """A connection that is made when it is first needed. Safe to share between threads."""

    def __init__(self, uri: str) -> None:
        """`uri`: as `http://host:19530`; the token is taken from the environment. Raises UsageError."""
        self.uri = check_uri(uri)
        self._client: Any = None
        self._lock = threading.Lock()
        self._told = -AGAIN  # when waiting was told last, on the monotonic clock

    def read(self, ask: Callable[[Any, float], Found]) -> Found:
        """What `ask(client, seconds)` gives; asked again while the server says that it is not ready.

        Raises StoreError.
        """
        return self._call(ask, seconds())

    def write(self, ask: Callable[[Any, float], Found]) -> Found:
        """As `read`, with more patience. Only for what may be done twice: every write here is. Raises StoreError."""
        return self._call(ask, seconds() * WRITE_SHARE)

    def wait_until(self, done: Callable[[Any, float], bool], what: str) -> None:
        """Ask again and again until `done(client, seconds)`: the server is at work, `what` says on what.

        Raises StoreError.
        """
        begun = time.monotonic()
        while not self.write(done):
            worked = time.monotonic() - begun
            if worked > BUILD_SECONDS:
                raise StoreError(f"the Milvus server at {self.uri} did not {what} within a day", "see its log")
            if worked > MOMENT:
                self._tell(f"to {what}")
            time.sleep(0.2)

    def _call(self, ask: Callable[[Any, float], Found], patience: float) -> Found:
        if not is_named(self.uri):
            raise StoreError(
                f"the index keeps its vectors at {self.uri}, and you have not named that server",
                f"if you trust it with your questions (and {TOKEN}), set {URI}={self.uri}; "
                "`telusur search --mode lexical` needs no server",
            )
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what it would print, the errors here say
        try:
            import grpc
            from pymilvus.exceptions import MilvusException
        except ImportError as error:
            raise StoreError(
                f"the package {error.name} is not installed", 'run `pip install "telusur[milvus]"`'
            ) from error
        begun = time.monotonic()
        until = begun + patience
        with self._telling(patience):
            while True:
                try:
                    return ask(self._connected(), max(0.1, until - time.monotonic()))
                except (MilvusException, grpc.RpcError) as error:
                    text, waited = _message(error).lower(), time.monotonic() - begun
                    passing = self._client is not None or _status(error) is None  # it has said a word of its own
                    if not passing or time.monotonic() >= until or not any(said in text for said in _PASSING):
                        raise self._explained(error, waited) from error
                    time.sleep(0.2)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                from pymilvus import MilvusClient

                limit = CONNECT_SHARE * seconds()
                self._client = MilvusClient(self.uri, token=os.environ.get(TOKEN, ""), timeout=limit)
            return self._client

    @contextmanager
    def _telling(self, patience: float) -> Iterator[None]:
        """While the block lasts longer than a moment: say whom it waits for, how long at most, and how to end it."""
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(MOMENT):
                limit = patience if self._client else CONNECT_SHARE * seconds()
                self._tell(f"for {limit:.0f} s at most ({TIMEOUT} changes that)")

        threading.Thread(target=tell, daemon=True).start()
        try:
            yield
        finally:
            ended.set()

    def _tell(self, what: str) -> None:
        if time.monotonic() - self._told >= AGAIN:
            self._told = time.monotonic()
            log.warning("waiting for the Milvus server at %s, %s; Ctrl-C ends it, nothing is lost", self.uri, what)

    def _explained(self, error: Exception, waited: float) -> StoreError:
        message, status = _message(error), _status(error)
        if not self._answers():
            return StoreError(
                f"no Milvus server answers at {self.uri}",
                "start it, or name another with `telusur index … --store milvus --uri URI`; nothing was lost, and "
                "`telusur search --mode lexical` needs no server",
            )
        if self._client is None and status == "UNAVAILABLE":
            return StoreError(
                f"what listens at {self.uri} is no Milvus server",
                "check host and port (Milvus's own is 19530), and whether it is http or https",
            )
        if status == "DEADLINE_EXCEEDED" or waited > 0.9 * seconds() or any(said in message.lower() for said in _LATE):
            return StoreError(
                f"the Milvus server at {self.uri} did not answer within {waited:.0f} s",
                f"try again, or give it longer with {TIMEOUT}; nothing was lost",
            )
        if status == "UNAUTHENTICATED" or any(said in message.lower() for said in _REFUSED):
            given = "is not the right one" if os.environ.get(TOKEN) else "is not set"
            return StoreError(f"the Milvus server at {self.uri} refuses: the token {given}", f"set {TOKEN}")
        return StoreError(f"the Milvus server at {self.uri} says: {message}", "see its log; nothing was lost")

    def _answers(self) -> bool:
        """Whether anybody listens there."""
        parts = urlsplit(self.uri)
        if not parts.hostname:
            return True
        try:
            socket.create_connection((parts.hostname, parts.port or 19530), timeout=3).close()
        except OSError:
            return False
        return True


def _message(error: Exception) -> str:
    return " ".join(str(getattr(error, "message", "") or error).split())[:300]


def _status(error: BaseException | None) -> str | None:
    """The name of the transport's own error, where it is what lies under this one; None when the server spoke."""
    while error is not None:
        code = getattr(error, "code", None)
        if callable(code):
            return str(code().name)
        error = error.__cause__ if error.__cause__ is not error else None  # the client raises errors from themselves
    return None


_servers: dict[tuple[str, str], Server] = {}


def server(uri: str) -> Server:
    """The one connection of this process to a server. Raises UsageError."""
    key = uri, os.environ.get(TOKEN, "")
    return _servers.setdefault(key, Server(uri))
