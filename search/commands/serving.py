"""The command that answers over HTTP."""

import sys
from typing import Annotated

import typer

from search.options import DEFAULT_INDEX, IndexOption
from search.terminal import print_text, say


def serve_command(
    host: Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at; 0 takes a free one.")
    ] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            "--token", envvar="TELUSUR_TOKEN", help="What askers must send; elsewhere than on loopback one is made up."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="Answer under this name too, as behind a proxy; repeatable."),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """A web page to ask in, and the same as JSON over HTTP, until it is stopped."""
    from search.api.server import serve
    from search.engine import Searcher

    def ready(link: str) -> None:
        print_text(link)
        sys.stdout.flush()
        say("Ctrl-C stops it.")
        if open_:
            import webbrowser

            webbrowser.open(link)

    with Searcher.open(index) as searcher:
        serve(searcher, host, port, token=token, names=allow_host or (), ready=ready)
