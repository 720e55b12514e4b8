"""Commands that read passages out of an index."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from index.errors import EncoderError, UsageError
from search.options import (
    DEFAULT_INDEX,
    AllOption,
    BatchOption,
    CiteOption,
    ExplainOption,
    IndexOption,
    JsonLinesOption,
    JsonOption,
    KOption,
    LanguageOption,
    ModeOption,
    NoDatesOption,
    OutputOption,
    PathOption,
    PlotOption,
    RerankOption,
    SinceOption,
    SourceOption,
    TimelineOption,
    TrecOption,
    UntilOption,
    YesOption,
    restriction,
)
from search.terminal import colour, link, print_text, say, width

if TYPE_CHECKING:
    from search.answer import Answer
    from search.engine import Searcher
    from search.reranker import Reranker


def search_command(
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help='The question; "quoted words" must occur, -word must not. - reads stdin.'),
    ] = None,
    k: KOption = 10,
    mode: ModeOption = "hybrid",
    source: SourceOption = None,
    language: LanguageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    path: PathOption = None,
    no_dates: NoDatesOption = False,
    rerank: RerankOption = None,
    yes: YesOption = False,
    all_: AllOption = False,
    explain: ExplainOption = False,
    json: JsonOption = False,
    jsonl: JsonLinesOption = False,
    trec: TrecOption = False,
    batch: BatchOption = None,
    output: OutputOption = None,
    timeline: TimelineOption = False,
    plot: PlotOption = None,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Ranked passages that answer a question, each with its source."""
    within = restriction(source, language, since, until, path)
    _check_forms(
        query, batch=batch, output=output, timeline=timeline or plot is not None, plot=plot, json=json,
        others=jsonl or trec, showing=all_ or explain or rerank is not None,
    )  # fmt: skip
    reranker = open_reranker(rerank, yes=yes)

    def asked(searcher: "Searcher", query: str) -> "Answer":
        return searcher.search(
            query,
            k,
            mode=mode,
            restriction=within,
            all_passages=all_,
            explain=explain,
            dates=not no_dates,
            reranker=reranker,
        )

    if batch:
        from search.commands.batch import answer_all

        answer_all(batch, output, index, asked, encoded=mode != "lexical")
    with _searcher(index) as searcher:
        if timeline or plot:
            if k < 1:
                raise UsageError(f"-k is {k}; it must be at least 1", "it limits the hits shown of each period")
            found, whole = searcher.relevant(_typed(query), mode=mode, restriction=within, dates=not no_dates)
            _say_unknown(searcher, source, found)
            _show_timeline(found, whole, k, plot, json=json)
        answer = asked(searcher, _typed(query))
        _say_unknown(searcher, source, answer)
    _show_answer(answer, json=json, jsonl=jsonl, trec=trec)


def _check_forms(
    query: str | None, *, batch: Path | None, output: Path | None, timeline: bool, plot: Path | None,
    json: bool, others: bool, showing: bool,
) -> None:  # fmt: skip
    """Refuse options that do not go together. Raises UsageError."""
    if (query is None) == (batch is None):
        raise UsageError(
            "a question and --batch exclude each other" if batch else "Missing argument 'QUERY', and no --batch FILE",
            "`telusur search --help` shows how it is used",
        )
    if output and not batch:
        raise UsageError("--output is where the answers to --batch go", "write other answers with `> FILE`")
    if batch and (timeline or json or others):
        raise UsageError(
            "--batch writes one JSON object a question, or a table",
            "leave out --json, --jsonl, --trec and --timeline; --output FILE.csv makes a table",
        )
    if timeline and (others or showing):
        raise UsageError(
            "--timeline shows every relevant report by date, as text or with --json",
            "leave out --jsonl, --trec, --all, --explain and --rerank",
        )
    if plot and plot.suffix.lower() != ".svg":
        raise UsageError(f"--plot writes SVG, and {plot} does not end so", "name a file that ends in .svg")


def _show_timeline(answer: "Answer", whole: bool, k: int, plot: Path | None, *, json: bool) -> NoReturn:
    from search.plot import plotted
    from search.render import as_json
    from search.timeline import timeline, timeline_object, timeline_text
    from search.whole_file import write_whole

    found = timeline(answer, whole=whole)
    if plot:
        write_whole(plot, plotted(found))
    if json:
        print_text(as_json(timeline_object(found, k)))
    else:
        print_text(timeline_text(found, k, width=width(), colour=colour()))
    raise typer.Exit(0 if answer.answered else 1)


def related_command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="A passage_id (ARTICLE#n), an article_id, a path, or - for a text on stdin."
        ),
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
    within = restriction(source, language, since, until, path)
    text = sys.stdin.read() if target == "-" else None
    with _searcher(index) as searcher:
        answer = searcher.related(
            target, k, mode=mode, restriction=within, all_passages=all_, explain=explain, text=text
        )
        _say_unknown(searcher, source, answer)
    _show_answer(answer, json=json, jsonl=jsonl, trec=trec)


def show_command(
    target: Annotated[
        str, typer.Argument(metavar="ID", help="A passage_id, an article_id, or the path of an indexed file.")
    ],
    context: Annotated[
        int, typer.Option("--context", metavar="N", min=0, help="Neighbouring passages on each side.")
    ] = 0,
    cite: CiteOption = None,
    json: JsonOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """A passage with its neighbours, or an article, with source and position."""
    from search import citation
    from search.render import as_json, shown_text

    if cite and json:
        raise UsageError("--cite and --json exclude each other", "choose one of them")
    with _searcher(index) as searcher:
        shown = searcher.show(target, context)
    if cite:
        print_text(citation.cite(citation.facts(shown), cite))
    else:
        print_text(as_json(shown) if json else shown_text(shown, width=width(), colour=colour(), link=link()))


def open_reranker(name: str | None, *, yes: bool) -> "Reranker | None":
    """The reranker of this name, downloaded when there is none here and somebody says so; None for no name."""
    if name is None:
        return None
    from index.presets import WAY_OUT, find_reranker
    from search.fetch import fetch
    from search.reranker import Reranker

    try:
        fetch(name, find_reranker(name), yes=yes)
        return Reranker(name)
    except EncoderError as error:
        raise EncoderError(str(error), error.hint.replace(WAY_OUT, "search works without --rerank")) from error


def _searcher(index: Path) -> "Searcher":
    from search.engine import Searcher

    return Searcher.open(index)


def _typed(query: str | None) -> str:
    assert query is not None  # noqa: S101
    return sys.stdin.read().strip() if query == "-" else query


def _say_unknown(searcher: "Searcher", sources: list[str] | None, answer: "Answer") -> None:
    """Where nothing was found: whether that is because no article has such a source."""
    from search.query import unknown_sources

    if sources and not answer.hits and (unknown := unknown_sources(sources, searcher.status()["sources"])):
        say(f"notice: {unknown}")


def _show_answer(answer: "Answer", *, json: bool, jsonl: bool, trec: bool) -> NoReturn:
    from search import render

    if sum((json, jsonl, trec)) > 1:
        raise UsageError("--json, --jsonl and --trec exclude each other", "choose one of them")
    if json:
        print_text(render.as_json(render.answer_object(answer)))
    elif jsonl or trec:
        for line in render.answer_lines(answer) if jsonl else render.answer_trec(answer):
            print_text(line)
    else:
        print_text(render.answer_text(answer, width=width(), colour=colour(), link=link()))
    raise typer.Exit(0 if answer.answered else 1)
