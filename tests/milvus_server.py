"""A real Milvus server for the tests, where the package `milvus` is installed: its own process, its own folder."""

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path

TOKEN = "root:Milvus"  # the server's own first password
PEERS = 2380  # of the etcd inside it, which asks for this port and no other

_SERVE = """
import signal
import socket
import sys
from milvus import MilvusServer, MilvusServerConfig
class Config(MilvusServerConfig):
    def try_bind_port(self, port):
        try:  # as the server itself does: connections of one that was killed keep the address busy for a minute
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            return None
folder, port, lease = sys.argv[1:]
server = MilvusServer(Config(data_dir=folder, **({"proxy_port": port} if port != "0" else {})))
server.config.set("authorization_enabled", True)
server.config.set("common.session.ttl", lease)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
try:
    server.start()
    print(server.listen_port, flush=True)
    sys.stdin.read()
finally:
    if server.server_proc:
        server.server_proc.kill()
        server.server_proc.wait()
"""


def missing() -> str:
    """Why there can be no server here; empty when there can."""
    if not importlib.util.find_spec("milvus"):
        return "no Milvus server here (on Linux: pip install milvus)"
    with socket.socket() as tried:
        if tried.connect_ex(("127.0.0.1", PEERS)) == 0:
            return f"port {PEERS} is taken, by another Milvus or etcd"
    return ""


class GivenServer:
    """One that somebody else runs, named by TELUSUR_TEST_MILVUS_URI; its token is the one above."""

    uri = os.environ.get("TELUSUR_TEST_MILVUS_URI", "")


class MilvusServer:
    """A standalone Milvus. Stopping it is as if its machine had lost power."""

    def __init__(self, folder: Path, lease: int = 300) -> None:
        """`lease`: seconds; with few a busy machine makes it lose itself, with many it starts again only after them."""
        self.folder, self.port, self.lease = folder, 0, lease
        self.start()

    def start(self) -> None:
        """Start, or start again with the same data at the same address."""
        command = [sys.executable, "-W", "ignore", "-c", _SERVE, str(self.folder), str(self.port), str(self.lease)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        said = self._process.stdout.readline()
        if not said:
            self.stop()
            raise RuntimeError(f"Milvus did not start: see {self.folder}/logs")
        self.port = int(said)

    def stop(self) -> None:
        """Kill it."""
        self._process.communicate()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"
