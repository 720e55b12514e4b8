"""Commands that look after an index and its quality."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from index.errors import UsageError
from search.options import (
    DEFAULT_INDEX,
    IndexOption,
    JsonOption,
    ModeOption,
    RerankOption,
    YesOption,
    encoder_names,
    model_names,
)
from search.terminal import print_text, progress, say, width


def status_command(json: JsonOption = False, index: IndexOption = DEFAULT_INDEX) -> None:
    """What the index holds, how it was made, and how large it is."""
    from search.engine import Searcher
    from search.render import as_json, status_text

    with Searcher.open(index) as searcher:
        status = searcher.status()
    print_text(as_json(status) if json else status_text(status, width=width()))


def verify_command(
    deep: Annotated[bool, typer.Option("--deep", help="Also read every file again and encode a sample again.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="First mend what can be made anew from the catalogue.")
    ] = False,
    quotes: Annotated[
        Path | None,
        typer.Option("--quotes", metavar="FILE", help="Instead: do the quotations of a manuscript stand in the files?"),
    ] = None,
    json: JsonOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Is the index whole, and does it match the files? Exit 0 when whole, 2 when not."""
    if quotes:
        if deep or repair:
            raise UsageError("--quotes checks quotations, not the index", "leave out --deep and --repair")
        _verify_quotes(quotes, index, json=json)
    from index.repair import repair as mend
    from index.verify import verify
    from search.render import as_json

    repaired: list[str] = []
    if repair:
        with progress("Encoding again") as on_progress:
            repaired = mend(index, on_progress)
    problems = verify(index, deep=deep)
    if json:
        found = [problem._asdict() for problem in problems]
        print_text(as_json({"whole": not problems, "problems": found, "repaired": repaired}))
    else:
        for done in repaired:
            print_text(f"Mended: {done}.")
        for problem in problems:
            print_text(f"{problem.what}\n  {problem.remedy}")
        if not problems:
            print_text("The index is whole and matches the files.")
    raise typer.Exit(2 if problems else 0)


def _verify_quotes(file: Path, index: Path, *, json: bool) -> NoReturn:
    from search.engine import Searcher
    from search.quotations import check, checked_object, checked_text, holds, read_manuscript
    from search.render import as_json

    quoted = read_manuscript(file)
    with Searcher.open(index) as searcher:
        found = check(searcher, quoted)
    print_text(as_json(checked_object(found)) if json else checked_text(file, found, width=width()))
    raise typer.Exit(0 if holds(found) else 2)


def eval_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="queries.jsonl and qrels/*.tsv, with or without corpus.jsonl.")
    ],
    mode: ModeOption = "hybrid",
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="PRESET|PATH|HUB-NAME",
            help="Which encoder for corpus.jsonl; otherwise the bundled one. NAME:256 keeps 256 dimensions.",
            autocompletion=encoder_names,
        ),
    ] = None,
    rerank: RerankOption = None,
    yes: YesOption = False,
    run: Annotated[Path | None, typer.Option("--run", metavar="FILE", help="Also write the TREC run here.")] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", metavar="RUN", help="Also compare with this TREC run, query by query.")
    ] = None,
    show: Annotated[
        int, typer.Option("--show", metavar="N", min=0, help="With --compare: the N queries that differ most.")
    ] = 0,
    json: JsonOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Quality on a benchmark in BEIR form, or on the current index: nDCG@10, RR@10, recall; two runs compared."""
    from search.commands.asking import open_reranker
    from search.commands.building import fetch_encoder
    from search.evaluate import evaluate
    from search.render import as_json
    from search.scores import scores_text

    if show and compare is None:
        raise UsageError("--show shows where two runs differ", "name the other run with --compare RUN")
    if encoder:
        fetch_encoder(encoder, yes=yes)
    reranker = open_reranker(rerank, yes=yes)
    with progress("Indexing the corpus") as on_progress:
        scores = evaluate(
            folder,
            index,
            mode=mode,
            encoder=encoder,
            run=run,
            other=compare,
            show=show,
            reranker=reranker,
            on_progress=on_progress,
        )
    for notice in scores["notices"]:
        say(f"notice: {notice}")
    print_text(as_json(scores) if json else scores_text(scores, width=width()))


def models_command(
    download: Annotated[
        str | None,
        typer.Option(
            "--download",
            metavar="PRESET|HUB-NAME",
            help="Get this model, for use without a network.",
            autocompletion=model_names,
        ),
    ] = None,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="With --download: its own code too, which you trust.")
    ] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """The encoders and rerankers that Telusur knows by name, and which of them are on this machine."""
    from index.presets import find_preset, find_reranker, present, presets, rerankers
    from search.render import as_json, model_object, models_text

    if download:
        from search.fetch import fetch

        folder = fetch(download, find_preset(download) or find_reranker(download), yes=yes, trust=trust_remote_code)
        if folder is None:
            raise UsageError(
                f"{download} can be no model's name on the hub", "`telusur models` lists those known by name"
            )
        print_text(as_json({"model": download, "folder": str(folder)}) if json else f"{download} is here: {folder}")
        return
    known = [model_object(preset, here=present(preset)) for preset in presets()]
    known += [model_object(preset, here=present(preset)) for preset in rerankers()]
    print_text(as_json(known) if json else models_text(known, width=width()))
