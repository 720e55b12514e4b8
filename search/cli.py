"""The command line: which commands there are, and what becomes of errors. Heavy modules load only in a command."""

import os
import sys
from typing import Annotated

import typer

from index.errors import TelusurError
from search.commands import asking, assisting, building, serving, standing, upkeep
from search.terminal import drop_output, print_text, say


def _examples(*commands: str, status: str = "") -> str:
    """The end of a help text: commands as one types them, a line each, and what the exit status says."""
    shown = "\n".join(["\b", "Examples:", *(f"  telusur {command}" for command in commands)])
    return f"{shown}\n\n{status}" if status else shown


FOUND = "Exit status: 0 something relevant was found, 1 nothing was, 2 it could not be done."
DONE = "Exit status: 0 done, 2 it could not be done."

app = typer.Typer(
    help="Ask a folder of news articles, in Indonesian or English; get the passages that answer, with their sources.",
    epilog=_examples(
        "index articles/",
        'search "Siapa mitra dagang terbesar Rusia?"',
        "serve --open",
        status="`telusur COMMAND --help` tells more of each command. The index lies in .telusur/ in the current folder "
        "unless --index or TELUSUR_INDEX names another.",
    ),
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


app.command(
    "index",
    short_help="Bring the index up to date with folders of articles.",
    epilog=_examples(
        "index articles/",
        "index articles/ --exclude 'drafts/*' --dry-run",
        "index articles/ --encoder multilingual-e5-small",
        status="Exit status: 0 articles went in or nothing was wrong, 2 it could not be done.",
    ),
)(building.index_command)
app.command(
    "watch",
    short_help="Keep the index up to date as articles arrive, change and go.",
    epilog=_examples(
        "watch articles/",
        "watch articles/ --exclude 'drafts/*' --json",
        status="Exit status: 0 ended by SIGTERM, 130 by Ctrl-C, 2 it could not begin.",
    ),
)(building.watch_command)
app.command(
    "search",
    short_help="Ask; get the passages that answer, with their sources.",
    epilog=_examples(
        'search "Apa kata Xi tentang Kuba?"',
        'search "What did Xi say about Cuba?" --since 2022-11 -k 3',
        "search '\"kepentingan utama\" Kuba' --source VOA --json",
        "search --all --mode lexical -- 'Kuba -Taiwan'",
        "search --batch questions.csv --output answers.csv",
        "search banjir --timeline --plot banjir.svg",
        status=FOUND,
    ),
)(asking.search_command)
app.command(
    "related",
    short_help="Find what else is about the same thing.",
    epilog=_examples("related 7ddd57be#1", "related articles/kuba.txt -k 5", "related - < draft.txt", status=FOUND),
)(asking.related_command)
app.command(
    "show",
    short_help="Read a passage or an article, or cite it.",
    epilog=_examples(
        "show 7ddd57be#1 --context 1", "show articles/kuba.txt", "show 7ddd57be#1 --cite bibtex", status=DONE
    ),
)(asking.show_command)
app.command("status", short_help="Say what the index holds.", epilog=_examples("status", "status --json", status=DONE))(
    upkeep.status_command
)
app.command(
    "verify",
    short_help="Check that the index is whole and matches the files.",
    epilog=_examples("verify", "verify --repair", "verify --quotes draft.md", status="Exit status: 0 whole, 2 not."),
)(upkeep.verify_command)
app.command(
    "eval",
    short_help="Measure quality on a benchmark; compare two runs.",
    epilog=_examples(
        "eval benchmark/ --mode semantic --run semantic.trec",
        "eval benchmark/ --compare semantic.trec --show 5",
        "eval benchmark/ --encoder multilingual-e5-small --json",
        status=DONE,
    ),
)(upkeep.eval_command)
app.command(
    "models",
    short_help="List the encoders and rerankers known by name; download one.",
    epilog=_examples("models", "models --download bge-m3", status=DONE),
)(upkeep.models_command)
app.command(
    "watchlist",
    short_help="Keep questions, and be told of new articles that answer them.",
    epilog=_examples(
        'watchlist add "banjir di Jakarta"',
        "watchlist list",
        "watchlist run --json",
        "watchlist remove 1",
        status="Exit status: 0 done, or there is news; 1 there is none; 2 it could not be done.",
    ),
)(standing.watchlist_command)
app.command(
    "serve",
    short_help="Search on a web page, and over HTTP.",
    epilog=_examples("serve --open", "serve --port 9000 --index ~/berita/.telusur", status=DONE),
)(serving.serve_command)
app.command(
    "mcp",
    short_help="Let an assistant search (MCP, on stdio).",
    epilog=_examples("mcp --index ~/berita/.telusur", status=DONE),
)(assisting.mcp_command)

COMMANDS = tuple(str(command.name) for command in app.registered_commands)


_FAULT = "`telusur verify` looks whether the index is whole; with TELUSUR_TRACEBACK=1 set it says where it happened"


def _fail(message: str, hint: str) -> int:
    say(f"error: {message}")
    if hint:
        say(f"hint: {hint}")
    return 2


def _told(error: Exception) -> int:
    """Say what nobody raised on purpose. Raises it again when TELUSUR_TRACEBACK is set."""
    if hasattr(error, "format_message"):  # what click raises, be it by itself or as typer carries it within
        context = getattr(error, "ctx", None)
        name = context.command_path if context else "telusur"
        message, hint = error.format_message(), f"`{name} --help` shows how it is used"
        if "unexpected extra argument" in message and name.endswith((" search", " watchlist")):
            hint = 'put the question in quotation marks, as "Siapa presiden Kuba?"'
        return _fail(message, hint)
    if "TELUSUR_TRACEBACK" in os.environ:
        raise error
    if type(error).__module__ == "sqlite3":  # which takes 40 ms to import
        return _fail(f"the catalogue cannot be read: {error}", "`telusur verify` says what is wrong with it")
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return _fail(f"this should not happen, and is a fault in Telusur ({what})", _FAULT)


def main() -> None:
    """Run the command line; every deliberate error becomes an `error:` and a `hint:` line and exit code 2."""
    # Before numpy is loaded: the encoder's small products on one thread. More of them spin while they wait for each
    # other: on a busy machine that alone took 0.5 s of processor time for one added article, and doubled a batch of
    # questions.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
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
        code = _told(error)
    sys.exit(code)
