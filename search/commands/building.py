"""Commands that write an index."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.options import DEFAULT_INDEX, IndexOption, JsonOption, encoder_names
from search.terminal import print_text, progress, say

if TYPE_CHECKING:
    from index.build import Report

PathsArgument = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders of articles.")]
IncludeOption = Annotated[list[str] | None, typer.Option("--include", metavar="GLOB", help="Only such files.")]
ExcludeOption = Annotated[list[str] | None, typer.Option("--exclude", metavar="GLOB", help="No such files.")]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="PRESET|PATH|HUB-NAME",
        help="Which encoder; see `telusur models`.",
        autocompletion=encoder_names,
    ),
]


def index_command(
    paths: PathsArgument,
    fresh: Annotated[bool, typer.Option("--fresh", help="Build anew, encode everything again, then swap.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    encoder: EncoderOption = None,
    ann: Annotated[
        str | None,
        typer.Option(
            "--ann", metavar="auto|exact|codes", help="How vectors are searched; auto: exactly up to 200,000."
        ),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="Which column holds text, title, date, …; remembered."),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus", metavar="DIR", help="Where the articles lie now, if they were moved; nothing is encoded again."
        ),
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    json: JsonOption = False,
) -> None:
    """Make the index hold exactly the articles under the paths: new, changed, renamed and removed ones."""
    from index.reading.fields import parse_mapping
    from index.update import update
    from search.render import as_json
    from search.report import report_object, report_text

    columns = parse_mapping(map_ or [])
    with progress("Reading and encoding") as on_progress:
        report = update(
            index,
            paths,
            fresh=fresh,
            dry_run=dry_run,
            include=include or (),
            exclude=exclude or (),
            encoder=encoder,
            ann=ann,
            columns=columns,
            moved_to=corpus,
            on_progress=on_progress,
        )
    if report.columns.keys() - columns.keys():
        remembered = ", ".join(
            f"{kind}={report.columns[kind]}" for kind in sorted(report.columns.keys() - columns.keys())
        )
        say(f"columns as remembered: {remembered} (--map FIELD= forgets one)")
    _show(report, as_json(report_object(report)) if json else report_text(report, dry_run=dry_run))
    raise typer.Exit(0 if report.went_in or not report.skipped else 2)


def watch_command(
    paths: PathsArgument,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    encoder: EncoderOption = None,
    scan_every: Annotated[
        float,
        typer.Option(
            "--scan-every", metavar="SECONDS", min=0, help="How often to look at all files; 0: at first only."
        ),
    ] = 300,
    index: IndexOption = DEFAULT_INDEX,
    json: Annotated[bool, typer.Option("--json", help="One JSON object an update.")] = False,
) -> None:
    """Bring the index up to date, then keep it so while articles arrive, change and go; until Ctrl-C or SIGTERM."""
    import signal
    from datetime import datetime

    from index.watch import watch
    from search.render import as_json
    from search.report import report_object, report_text

    ended = False

    def end(_signum: int, _frame: object) -> None:
        nonlocal ended
        ended = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    following = False
    try:
        for report in watch(
            index,
            paths,
            include=include or (),
            exclude=exclude or (),
            encoder=encoder,
            scan_every=scan_every,
            showing=lambda: progress("Reading and encoding"),
            tell=say,
        ):
            line = f"{datetime.now():%H:%M:%S} {report_text(report)}".replace("\n", " ")
            _show(report, as_json(report_object(report)) if json else line, again=following)
            if not following:
                say(f"watching {', '.join(map(str, paths))}; Ctrl-C ends it")
            following = True
    except KeyboardInterrupt:
        if ended:  # as whoever ends a service expects it
            raise typer.Exit(0) from None
        raise


def _show(report: "Report", result: str, *, again: bool = False) -> None:
    """What was skipped on stderr, the result on stdout, at once."""
    import sys

    from search.report import ignored_line, skipped_lines

    for line in skipped_lines(report):
        say(line)
    if report.ignored and not again:
        say(ignored_line(report))
    print_text(result)
    sys.stdout.flush()
