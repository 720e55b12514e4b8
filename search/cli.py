"""The command line: which commands there are, and what becomes of errors. Heavy modules load only in a command."""

import sys
from typing import Annotated

import typer

from index.errors import TelusurError
from search.commands import asking, building, serving, upkeep
from search.terminal import drop_output, print_text, say

app = typer.Typer(
    help="Ask a folder of news articles, in Indonesian or English; get the passages that answer, with their sources.",
    epilog='Example: telusur index articles/ && telusur search "Siapa mitra dagang terbesar Rusia?"',
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print_text(f"telusur {version('telusur')}")
        raise typer.Exit


@app.callback()
def telusur(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Ask a folder of news articles, in Indonesian or English; get the passages that answer, with their sources."""


app.command("index", epilog="Example: telusur index articles/ --exclude 'drafts/*'")(building.index_command)
app.command("search", epilog='Example: telusur search "Apa kata Xi tentang Kuba?" -k 3 --since 2022-11')(
    asking.search_command
)
app.command("related", epilog="Example: telusur related articles/kuba.txt -k 5")(asking.related_command)
app.command("show", epilog="Example: telusur show 1f0c3a9b#2 --context 1")(asking.show_command)
app.command("status", epilog="Example: telusur status --json")(upkeep.status_command)
app.command("serve", epilog="Example: telusur serve --open")(serving.serve_command)
app.command("verify", epilog="Example: telusur verify --deep")(upkeep.verify_command)
app.command("eval", epilog="Example: telusur eval benchmark/ --mode semantic")(upkeep.eval_command)
app.command("models", epilog="Example: telusur models --json")(upkeep.models_command)

COMMANDS = tuple(str(command.name) for command in app.registered_commands)


def _fail(message: str, hint: str) -> int:
    say(f"error: {message}")
    if hint:
        say(f"hint: {hint}")
    return 2


def main() -> None:
    """Run the command line; every deliberate error becomes an `error:` and a `hint:` line and exit code 2."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a pipe on Windows, or LANG=C, is not UTF-8 by itself
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False) or 0
        sys.stdout.flush()
    except TelusurError as error:
        code = _fail(str(error), error.hint)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:
        drop_output()
        code = 0
    except OSError as error:
        code = _fail(
            f"{error.filename or 'the disk'}: {error.strerror or error}", "mend that and run the same command again"
        )
    except Exception as error:
        if not hasattr(error, "format_message"):  # what click raises, be it by itself or as typer carries it within
            raise
        context = getattr(error, "ctx", None)
        name = context.command_path if context else "telusur"
        code = _fail(error.format_message(), f"`{name} --help` shows how it is used")
    sys.exit(code)
