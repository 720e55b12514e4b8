"""Commands that write an index."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search.options import DEFAULT_INDEX, IndexOption, JsonOption, encoder_names
from search.terminal import print_text, progress, say

if TYPE_CHECKING:
    from index.build import Report


def index_command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders of articles.")],
    fresh: Annotated[bool, typer.Option("--fresh", help="Build anew, encode everything again, then swap.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    include: Annotated[list[str] | None, typer.Option("--include", metavar="GLOB", help="Only such files.")] = None,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", metavar="GLOB", help="No such files.")] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="PRESET|PATH|HUB-NAME",
            help="Which encoder; see `telusur models`.",
            autocompletion=encoder_names,
        ),
    ] = None,
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
    index: IndexOption = DEFAULT_INDEX,
    json: JsonOption = False,
) -> None:
    """Make the index hold exactly the articles under the paths: new, changed, renamed and removed ones."""
    from index.reading.fields import parse_mapping
    from index.update import update
    from search.render import as_json

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
            on_progress=on_progress,
        )
    if report.columns.keys() - columns.keys():
        remembered = ", ".join(
            f"{kind}={report.columns[kind]}" for kind in sorted(report.columns.keys() - columns.keys())
        )
        say(f"columns as remembered: {remembered} (--map FIELD= forgets one)")
    for skip in report.skipped:
        say(f"skipped {skip.path}: {skip.reason}" + (f" ({skip.hint})" if skip.hint else ""))
    print_text(as_json(_report_object(report)) if json else _report_text(report, dry_run=dry_run))
    raise typer.Exit(0 if report.went_in or not report.skipped else 2)


def _report_object(report: "Report") -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in ("added", "changed", "renamed", "removed", "unchanged")}
    skipped = [{"path": skip.path, "reason": skip.reason} for skip in report.skipped]
    totals = {name: getattr(report, name) for name in ("articles", "passages", "encoded", "seconds")}
    return {**counts, "skipped": skipped, **totals, "columns": dict(report.columns)}


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
