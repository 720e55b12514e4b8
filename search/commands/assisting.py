"""The command that assistants run."""

import os
import sys
from pathlib import Path

from index.errors import UsageError
from search.options import DEFAULT_INDEX, IndexOption
from search.terminal import say


def mcp_command(index: IndexOption = DEFAULT_INDEX) -> None:
    """Let an assistant search, over the Model Context Protocol on standard input and output."""
    try:
        import mcp  # noqa: F401  (so that only its absence is taken for its absence)
    except ModuleNotFoundError:
        raise UsageError(
            "the Model Context Protocol SDK is not installed", 'run `pip install "telusur[mcp]"`'
        ) from None
    import signal
    from importlib.metadata import version  # brings the whole of `email`

    import anyio

    from search.mcp import serve

    if sys.stdin.isatty():
        say("Waiting for an assistant on standard input: its configuration starts this command; Ctrl-C ends.")
    # The SDK's thread waits in a read that nothing can interrupt; this process only reads, so that it may just end.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    anyio.run(serve, Path(index), version("telusur"))
