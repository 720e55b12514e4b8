"""Commands that write an index."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import IndexUnusableError, UsageError
from search.options import DEFAULT_INDEX, IndexOption, JsonOption, YesOption, encoder_names
from search.terminal import print_text, progress, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index.report import Report
    from index.stores import Store

PathsArgument = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders of articles.")]
IncludeOption = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="GLOB", help="Only files whose name or path matches; may be repeated."),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="GLOB", help="No files whose name or path matches; may be repeated."),
]
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
    dimensions: Annotated[
        int | None,
        typer.Option(
            "--dimensions", metavar="N", min=1, help="With --encoder: keep only the first N of its dimensions."
        ),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend", metavar="torch|onnx|openvino", help="With --encoder: sentence-transformers' engine for it."
        ),
    ] = None,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="With --encoder: let the model run code of its own.")
    ] = False,
    yes: YesOption = False,
    ann: Annotated[
        str | None,
        typer.Option(
            "--ann",
            metavar="auto|exact|codes|hnsw|ivf",
            help="How vectors are searched; auto: exactly up to 50,000.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="local|milvus", help="Where the vectors lie from now on; remembered."),
    ] = None,
    uri: Annotated[
        str | None, typer.Option("--uri", metavar="URI", help="Of the Milvus server: http://HOST:19530.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="K/N", help="Only encode the K-th of N shares, for the index that another run writes."
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
    from functools import partial

    from index.encoder import open_encoder
    from index.reading.fields import parse_mapping
    from index.stores import Store
    from index.update import update
    from search.render import as_json
    from search.report import report_object, report_text

    columns = parse_mapping(map_ or [])
    encoder = _chosen(encoder, dimensions, backend, trust=trust_remote_code)
    if encoder and not dry_run:
        fetch_encoder(encoder, yes=yes, trust=trust_remote_code)
    where = Store.of(store, uri)
    if shard:
        _index_shard(shard, index, paths, where, include or (), exclude or (), encoder, columns, json=json)
        return
    try:
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
                store=where,
                columns=columns,
                moved_to=corpus,
                opener=partial(open_encoder, trust=trust_remote_code),
                on_progress=on_progress,
            )
    except KeyboardInterrupt:
        if not dry_run:
            _say_what_is_in(index, fresh=fresh)
        raise
    if report.columns.keys() - columns.keys():
        remembered = ", ".join(
            f"{kind}={report.columns[kind]}" for kind in sorted(report.columns.keys() - columns.keys())
        )
        say(f"columns as remembered: {remembered} (--map FIELD= forgets one)")
    _show(report, as_json(report_object(report)) if json else report_text(report, dry_run=dry_run))
    raise typer.Exit(0 if report.went_in or not report.skipped else 2)


def _say_what_is_in(index: Path, *, fresh: bool) -> None:
    """What an interrupted update leaves, and what comes next."""
    from contextlib import closing

    from index.catalogue import Catalogue
    from search.wrap import several

    try:
        with closing(Catalogue(index)) as catalogue:
            articles = catalogue.get("articles")
    except IndexUnusableError:  # there was none, or none that can be opened
        articles = 0
    after = "with --fresh the next run begins anew" if fresh else "run the same command again to go on"
    say(f"interrupted: the index holds {several(articles, 'article')}; {after}")


def _chosen(encoder: str | None, dimensions: int | None, backend: str | None, *, trust: bool) -> str | None:
    """The encoder as the index is to remember it. Raises UsageError."""
    from index.choice import BACKENDS, Choice, preset_of, read_choice

    if encoder is None:
        if dimensions or backend or trust:
            raise UsageError(
                "--dimensions, --backend and --trust-remote-code belong to --encoder", "name the encoder too"
            )
        return None
    if backend not in (None, *BACKENDS):
        raise UsageError(f"there is no back end {backend!r}", f"use one of: {', '.join(BACKENDS)}")
    chosen = read_choice(encoder)
    preset = preset_of(encoder)
    if dimensions and preset and dimensions < preset.dimension and dimensions not in preset.matryoshka:
        trained = ", ".join(map(str, (preset.dimension, *preset.matryoshka)))
        say(f"notice: {preset.name} was trained to give {trained} dimensions; measure {dimensions} first")
    return str(Choice(chosen.model, dimensions or chosen.dimensions, backend or chosen.backend))


def fetch_encoder(encoder: str, *, yes: bool, trust: bool = False) -> None:
    """Have the encoder's model on this machine."""
    from index.choice import preset_of, read_choice
    from search.fetch import fetch

    fetch(read_choice(encoder).model, preset_of(encoder), yes=yes, trust=trust)


def _index_shard(
    shard: str,
    index: Path,
    paths: list[Path],
    store: "Store | None",
    include: "Sequence[str]",
    exclude: "Sequence[str]",
    encoder: str | None,
    columns: "Mapping[str, str]",
    *,
    json: bool,
) -> None:
    from index.shard import encode_shard, parse_shard
    from search.render import as_json
    from search.report import shard_object, shard_text, skipped_lines

    part = parse_shard(shard)
    with progress("Reading and encoding") as on_progress:
        report = encode_shard(
            index,
            paths,
            part,
            store.uri if store else None,
            include=include,
            exclude=exclude,
            encoder=encoder,
            columns=columns,
            on_progress=on_progress,
        )
    for line in skipped_lines(report):
        say(line)
    print_text(as_json(shard_object(shard, report)) if json else shard_text(shard, report))
    raise typer.Exit(0 if report.articles or not report.skipped else 2)


def watch_command(
    paths: PathsArgument,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    encoder: EncoderOption = None,
    yes: YesOption = False,
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

    if encoder:
        fetch_encoder(encoder, yes=yes)
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
