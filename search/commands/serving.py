"""The command that answers over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from search.options import DEFAULT_INDEX, IndexOption
from search.terminal import print_text


def serve_command(
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at; 0 takes a free one.")
    ] = 8765,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """A web page to ask in, and the same as JSON over HTTP, until it is stopped."""
    import uvicorn

    from search.api.app import application
    from search.engine import Searcher

    with Searcher.open(index) as searcher:
        print_text(f"http://{host}:{port}/")
        uvicorn.run(application(searcher), host=host, port=port, log_level="warning", access_log=False)
