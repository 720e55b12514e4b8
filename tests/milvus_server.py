"""A real Milvus server for the tests, where the package `milvus` is installed: its own process, its own folder."""

import importlib.util
import subprocess
import sys
from pathlib import Path

TOKEN = "root:Milvus"  # the server's own first password
MISSING = None if importlib.util.find_spec("milvus") else "no Milvus server here (pip install milvus)"

_SERVE = """
import sys
from milvus import MilvusServer, MilvusServerConfig
folder, port = sys.argv[1:]
server = MilvusServer(MilvusServerConfig(data_dir=folder, **({"proxy_port": port} if port != "0" else {})))
server.config.set("authorization_enabled", True)
server.start()
print(server.listen_port, flush=True)
sys.stdin.read()
server.server_proc.kill()
server.server_proc.wait()
"""


class MilvusServer:
    """A standalone Milvus. Stopping it is as if its machine had lost power."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.start()

    def start(self) -> None:
        """Start, or start again with the same data at the same address."""
        command = [sys.executable, "-W", "ignore", "-c", _SERVE, str(self.folder), str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """Kill it."""
        self._process.communicate()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"
