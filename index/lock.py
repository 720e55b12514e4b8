"""One writer at a time. The operating system frees the lock of a process that dies."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import LockedError, TelusurError
from index.foreign import check_folder
from index.tensor_file import can_be_mapped

WAIT_SECONDS = 30.0


@contextmanager
def write_lock(root: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the index in `root` for writing. Raises LockedError, naming the holder, after `wait` seconds.

    Raises IndexUnusableError when there is something in it that no index has; TelusurError where it cannot be written.
    """
    check_folder(root)
    lock = FileLock(root / "lock")
    holder = root / "writer.json"
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        who = ""
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            held = json.loads(holder.read_text())
            who = f" (process {held['process']} on {held['host']}, since {held['since']})"
        raise LockedError(
            f"another process is writing the index {root}{who}",
            "wait until it has finished, or end it, then run this again",
        ) from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"process": os.getpid(), "host": socket.gethostname(), "since": since}))
        if not can_be_mapped(holder):
            msg = f"the index {root} lies where files cannot be mapped into memory, as on some network shares"
            raise TelusurError(msg, "it can be searched there, but not written: write it on a disk here, then copy it")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()
