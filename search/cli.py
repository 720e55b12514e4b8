"""The command line. Results go to stdout, everything else to stderr; heavy modules load only when a command runs."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from index.errors import TelusurError, UsageError

if TYPE_CHECKING:
    from index.build import OnProgress, Report
    from index.catalogue import Filter
    from search.answer import Answer
    from search.engine import Searcher


app = typer.Typer(
    help="Ask a folder of news articles, in Indonesian or English; get the passages that answer, with their sources.",
    epilog='Example: telusur index articles/ && telusur search "Siapa mitra dagang terbesar Rusia?"',
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

IndexOption = Annotated[
    Path, typer.Option("--index", envvar="TELUSUR_INDEX", metavar="DIR", help="Folder that holds the index.")
]
KOption = Annotated[int, typer.Option("-k", help="Hits at most.")]
ModeOption = Annotated[str, typer.Option("--mode", help="hybrid, semantic (meaning only) or lexical (words only).")]
SourceOption = Annotated[
    list[str] | None, typer.Option("--source", help="Only publishers whose name contains this; may be repeated.")
]
LanguageOption = Annotated[
    list[str] | None, typer.Option("--language", help="Only articles in id or en; may be repeated.")
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Published then or later: 2024-02-08, 2024-02 or 2024.")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Published then or earlier.")]
PathOption = Annotated[
    str | None, typer.Option("--path", metavar="GLOB", help="Only files whose path matches, as 'kompas/2024-*'.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Every passage and copy, also when nothing seems relevant.")]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Show how each score came about.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]
JsonLinesOption = Annotated[bool, typer.Option("--jsonl", help="One JSON object a hit.")]
TrecOption = Annotated[bool, typer.Option("--trec", help="Lines of a TREC run.")]

DEFAULT_INDEX = Path(".telusur")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        _print(f"telusur {version('telusur')}")
        raise typer.Exit


@app.callback()
def telusur(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Ask a folder of news articles, in Indonesian or English; get the passages that answer, with their sources."""


@app.command("index", epilog="Example: telusur index articles/ --exclude 'drafts/*'")
def index_command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders of articles.")],
    fresh: Annotated[bool, typer.Option("--fresh", help="Build anew, encode everything again, then swap.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    include: Annotated[list[str] | None, typer.Option("--include", metavar="GLOB", help="Only such files.")] = None,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", metavar="GLOB", help="No such files.")] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="PRESET|PATH|HUB-NAME", help="Which encoder; see `telusur models`."),
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    json: JsonOption = False,
) -> None:
    """Make the index hold exactly the articles under the paths: new, changed, renamed and removed ones."""
    from index.update import update
    from search.render import as_json

    with _progress("Reading and encoding") as on_progress:
        report = update(
            index,
            paths,
            fresh=fresh,
            dry_run=dry_run,
            include=include or (),
            exclude=exclude or (),
            encoder=encoder,
            on_progress=on_progress,
        )
    for skip in report.skipped:
        _say(f"skipped {skip.path}: {skip.reason}" + (f" ({skip.hint})" if skip.hint else ""))
    _print(as_json(_report_object(report)) if json else _report_text(report, dry_run=dry_run))
    raise typer.Exit(0 if report.went_in or not report.skipped else 2)


@app.command("search", epilog='Example: telusur search "Apa kata Xi tentang Kuba?" -k 3 --since 2022-11')
def search_command(
    query: Annotated[
        str, typer.Argument(help='The question; "quoted words" must occur, -word must not. - reads stdin.')
    ],
    k: KOption = 10,
    mode: ModeOption = "hybrid",
    source: SourceOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    path: PathOption = None,
    all_: AllOption = False,
    explain: ExplainOption = False,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    trec: TrecOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Ranked passages that answer a question, each with its source."""
    restriction = _filter(source, language, since, until, path)
    with _searcher(index) as searcher:
        answer = searcher.search(
            _typed(query), k, mode=mode, restriction=restriction, all_passages=all_, explain=explain
        )
    _show_answer(answer, json=json, jsonl=jsonl, trec=trec)


@app.command("related", epilog="Example: telusur related articles/kuba.txt -k 5")
def related_command(
    target: Annotated[
        str, typer.Argument(help="A passage_id (ARTICLE#n), an article_id, a path, or - for a text on stdin.")
    ],
    k: KOption = 10,
    mode: ModeOption = "hybrid",
    source: SourceOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    path: PathOption = None,
    all_: AllOption = False,
    explain: ExplainOption = False,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    trec: TrecOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Passages about the same thing as a passage, an article or a text; never from the target itself."""
    restriction = _filter(source, language, since, until, path)
    text = sys.stdin.read() if target == "-" else None
    with _searcher(index) as searcher:
        answer = searcher.related(
            target, k, mode=mode, restriction=restriction, all_passages=all_, explain=explain, text=text
        )
    _show_answer(answer, json=json, jsonl=jsonl, trec=trec)


@app.command("show", epilog="Example: telusur show 1f0c3a9b#2 --context 1")
def show_command(
    target: Annotated[
        str, typer.Argument(metavar="ID", help="A passage_id, an article_id, or the path of an indexed file.")
    ],
    context: Annotated[int, typer.Option("--context", min=0, help="Neighbouring passages on each side.")] = 0,
    json: JsonOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """A passage with its neighbours, or an article, with source and position."""
    from search.render import as_json, shown_text

    with _searcher(index) as searcher:
        shown = searcher.show(target, context)
    _print(as_json(shown) if json else shown_text(shown, width=_width(), colour=_colour()))


@app.command("status", epilog="Example: telusur status --json")
def status_command(json: JsonOption = False, index: IndexOption = DEFAULT_INDEX) -> None:
    """What the index holds, how it was made, and how large it is."""
    from search.render import as_json, status_text

    with _searcher(index) as searcher:
        status = searcher.status()
    _print(as_json(status) if json else status_text(status))


@app.command("verify", epilog="Example: telusur verify --deep")
def verify_command(
    deep: Annotated[bool, typer.Option("--deep", help="Also read every file again and encode a sample again.")] = False,
    json: JsonOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Is the index whole, and does it match the files? Exit 0 when whole, 2 when not."""
    from index.verify import verify
    from search.render import as_json

    problems = verify(index, deep=deep)
    if json:
        _print(as_json({"whole": not problems, "problems": [problem._asdict() for problem in problems]}))
    else:
        for problem in problems:
            _print(f"{problem.what}\n  {problem.remedy}")
        if not problems:
            _print("The index is whole and matches the files.")
    raise typer.Exit(2 if problems else 0)


@app.command("eval", epilog="Example: telusur eval benchmark/ --mode semantic")
def eval_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="queries.jsonl and qrels/*.tsv, with or without corpus.jsonl.")
    ],
    mode: ModeOption = "hybrid",
    run: Annotated[Path | None, typer.Option("--run", metavar="FILE", help="Also write the TREC run here.")] = None,
    json: JsonOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Quality on a benchmark in BEIR form, or on the current index: nDCG@10, RR@10, recall."""
    from search.evaluate import evaluate
    from search.render import as_json, scores_text

    with _progress("Indexing the corpus") as on_progress:
        scores = evaluate(folder, index, mode=mode, run=run, on_progress=on_progress)
    _print(as_json(scores) if json else scores_text(scores))


@app.command("models", epilog="Example: telusur models --json")
def models_command(json: JsonOption = False) -> None:
    """The encoders that Telusur knows by name, and which of them are on this machine."""
    from index.presets import present, presets
    from search.render import as_json, models_text, preset_object

    known = [preset_object(preset, here=present(preset)) for preset in presets()]
    _print(as_json(known) if json else models_text(known))


COMMANDS = tuple(str(command.name) for command in app.registered_commands)


# --- what commands share ---------------------------------------------------------------------------------------


def _searcher(index: Path) -> "Searcher":
    from search.engine import Searcher

    return Searcher.open(index)


def _filter(
    sources: list[str] | None, languages: list[str] | None, since: str | None, until: str | None, path: str | None
) -> "Filter":
    from index.catalogue import Filter
    from search.query import iso_date

    return Filter(
        tuple(sources or ()), tuple(languages or ()), iso_date(since, "--since"), iso_date(until, "--until"), path
    )


def _typed(query: str) -> str:
    return sys.stdin.read().strip() if query == "-" else query


def _show_answer(answer: "Answer", *, json: bool, jsonl: bool, trec: bool) -> NoReturn:
    from search import render

    if sum((json, jsonl, trec)) > 1:
        raise UsageError("--json, --jsonl and --trec exclude each other", "choose one of them")
    if json:
        _print(render.as_json(render.answer_object(answer)))
    elif jsonl or trec:
        for line in render.answer_lines(answer) if jsonl else render.answer_trec(answer):
            _print(line)
    else:
        _print(render.answer_text(answer, width=_width(), colour=_colour()))
    raise typer.Exit(0 if answer.answered else 1)


def _report_object(report: "Report") -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in ("added", "changed", "renamed", "removed", "unchanged")}
    skipped = [{"path": skip.path, "reason": skip.reason} for skip in report.skipped]
    totals = {name: getattr(report, name) for name in ("articles", "passages", "encoded", "seconds")}
    return {**counts, "skipped": skipped, **totals}


def _report_text(report: "Report", *, dry_run: bool) -> str:
    shown = [
        f"{count} {name}"
        for name in ("added", "changed", "renamed", "removed", "unchanged")
        if (count := getattr(report, name))
    ]
    if report.skipped:
        shown.append(f"{len(report.skipped)} skipped")
    line = ("Would be: " if dry_run else "Articles: ") + (", ".join(shown) or "nothing found")
    if dry_run:
        return line + "."
    return (
        f"{line}.\nThe index holds {report.articles:,} articles in {report.passages:,} passages; "
        f"{report.encoded:,} passages encoded in {report.seconds:.1f} s."
    )


def _print(text: str) -> None:
    try:
        sys.stdout.write(text.encode("utf-8", "replace").decode("utf-8") + "\n")
    except BrokenPipeError:  # typer would make it exit code 1, which says that nothing was found
        _drop_output()
        raise typer.Exit(0) from None


def _drop_output() -> None:
    """Nobody reads on: what is still to be written goes nowhere, or the interpreter complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(line: str) -> None:
    from index.text import clean

    sys.stderr.write(clean(line).replace("\n", " ").encode("utf-8", "replace").decode("utf-8") + "\n")


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _width() -> int:
    import shutil

    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 110))


@contextmanager
def _progress(label: str) -> "Iterator[OnProgress]":
    """A progress bar on stderr, on a terminal only."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _fail(message: str, hint: str) -> int:
    _say(f"error: {message}")
    if hint:
        _say(f"hint: {hint}")
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
        _drop_output()
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
