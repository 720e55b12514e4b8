"""One Milvus server: the connection, how long to wait for it, and its errors in plain words."""

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from index.errors import StoreError, UsageError
from index.milvus.named import URI, is_named

TOKEN = "TELUSUR_MILVUS_TOKEN"  # noqa: S105  the variable's name
TIMEOUT = "TELUSUR_MILVUS_TIMEOUT"
READ_SECONDS = 30.0
WRITE_SHARE = 10  # a write may take so many times as long: nobody waits for it, and an update is worth waiting for
# What a server says while it starts, loads a collection, or moves one to another node.
_PASSING = (
    "not loaded", "not fully loaded", "channel not available", "no available", "node offline", "not ready",
    "recovering", "unavailable", "rate limit", "server is not", "node not found", "shard leader", "connection refused",
)  # fmt: skip
_REFUSED = ("auth", "permission", "privilege", "token", "password")

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

    def read(self, ask: Callable[[Any, float], Found]) -> Found:
        """What `ask(client, seconds)` gives; asked again while the server says that it is not ready.

        Raises StoreError.
        """
        return self._call(ask, seconds())

    def write(self, ask: Callable[[Any, float], Found]) -> Found:
        """As `read`, with more patience. Only for what may be done twice: every write here is. Raises StoreError."""
        return self._call(ask, seconds() * WRITE_SHARE)

    def _call(self, ask: Callable[[Any, float], Found], patience: float) -> Found:
        if not is_named(self.uri):
            raise StoreError(
                f"the index keeps its vectors at {self.uri}, and you have not named that server",
                f"if you trust it with your questions (and {TOKEN}), set {URI}={self.uri}; "
                "`telusur search --mode lexical` needs no server",
            )
        try:
            import grpc
            from pymilvus.exceptions import MilvusException
        except ImportError as error:
            raise StoreError(
                f"the package {error.name} is not installed", 'run `pip install "telusur[milvus]"`'
            ) from error
        begun = time.monotonic()
        until = begun + patience
        while True:
            try:
                return ask(self._connected(), max(0.1, until - time.monotonic()))
            except (MilvusException, grpc.RpcError) as error:
                text = str(error).lower()
                never = self._client is None and "illegal connection params" in text  # nobody there, or a wrong token
                if never or time.monotonic() >= until or not any(said in text for said in _PASSING):
                    raise self._explained(error, time.monotonic() - begun) from error
                time.sleep(0.2)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                from pymilvus import MilvusClient

                self._client = MilvusClient(self.uri, token=os.environ.get(TOKEN, ""), timeout=seconds())
            return self._client

    def _explained(self, error: Exception, waited: float) -> StoreError:
        message = " ".join(str(getattr(error, "message", "") or error).split())[:300]
        if not self._answers():
            return StoreError(
                f"no Milvus server answers at {self.uri}",
                "start it, or name another with `telusur index … --store milvus --uri URI`; nothing was lost, and "
                "`telusur search --mode lexical` needs no server",
            )
        if waited > 0.9 * seconds() or any(said in message.lower() for said in ("timeout", "deadline")):
            return StoreError(
                f"the Milvus server at {self.uri} did not answer within {waited:.0f} s",
                f"try again, or give it longer with {TIMEOUT}; nothing was lost",
            )
        if "illegal connection params" in message or any(said in message.lower() for said in _REFUSED):
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


_servers: dict[tuple[str, str], Server] = {}


def server(uri: str) -> Server:
    """The one connection of this process to a server. Raises UsageError."""
    key = uri, os.environ.get(TOKEN, "")
    return _servers.setdefault(key, Server(uri))
