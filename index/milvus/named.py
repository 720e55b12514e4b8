"""Which servers the user has named: no other is ever spoken to.

An index folder says where its vectors lie, and it may come from a stranger, whose server would then be sent the
user's questions and his token. So an address counts only when the user himself gave it: on a command line, which is
remembered in his own folder and not in the index's, or in the environment.
"""

import os
from contextlib import suppress
from pathlib import Path

URI = "TELUSUR_MILVUS_URI"
_named: set[str] = set()  # by this process: its memory where nothing can be written


def name_server(uri: str) -> None:
    """Note that the user gave this address himself, for this process and those that follow it."""
    if is_named(uri):
        return
    _named.add(uri)
    with suppress(OSError, RuntimeError):  # a user without a folder of his own has the environment
        path = _remembered()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{uri}\n")


def is_named(uri: str) -> bool:
    """Whether the user gave this very address, letter by letter."""
    if uri in _named or uri == os.environ.get(URI):
        return True
    with suppress(OSError, RuntimeError, ValueError):
        return uri in _remembered().read_text(encoding="utf-8").splitlines()
    return False


def _remembered() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "telusur" / "milvus-servers"
