"""Options that several commands have."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import UsageError

if TYPE_CHECKING:
    from index.catalogue import Filter


def one_of(*values: str) -> Callable[[str], list[str]]:
    """What a shell completes to; the command itself says what is wrong with another value."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def encoder_names(incomplete: str) -> list[str]:
    """The presets whose name begins so, for a shell to complete."""
    from index.presets import presets

    return [preset.name for preset in presets() if preset.name.startswith(incomplete)]


def reranker_names(incomplete: str) -> list[str]:
    """The rerankers whose name begins so, for a shell to complete."""
    from index.presets import rerankers

    return [preset.name for preset in rerankers() if preset.name.startswith(incomplete)]


def model_names(incomplete: str) -> list[str]:
    """The encoders and rerankers whose name begins so, for a shell to complete."""
    return encoder_names(incomplete) + reranker_names(incomplete)


IndexOption = Annotated[
    Path, typer.Option("--index", envvar="TELUSUR_INDEX", metavar="DIR", help="Folder that holds the index.")
]
KOption = Annotated[int, typer.Option("-k", metavar="N", help="Hits at most.")]
ModeOption = Annotated[
    str,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="hybrid, semantic (meaning only) or lexical (words only).",
        autocompletion=one_of("hybrid", "semantic", "lexical"),
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Only publishers whose name contains this; may be repeated."),
]
LanguageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        metavar="id|en",
        help="Only passages in this language; may be repeated.",
        autocompletion=one_of("id", "en"),
    ),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Published then or later: 2024-02-08, 2024-02 or 2024.")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Published then or earlier.")]
PathOption = Annotated[
    str | None, typer.Option("--path", metavar="GLOB", help="Only files whose path matches, as 'kompas/2024-*'.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Every passage and copy, also when nothing seems relevant.")]
NoDatesOption = Annotated[
    bool, typer.Option("--no-dates", help="Take dates in the question as words, not as limits on publication.")
]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Show how each score came about.")]
CiteOption = Annotated[
    str | None,
    typer.Option(
        "--cite",
        metavar="STYLE",
        help="As a citation: text, markdown or bibtex.",
        autocompletion=one_of("text", "markdown", "bibtex"),
    ),
]
RerankOption = Annotated[
    str | None,
    typer.Option(
        "--rerank",
        metavar="PRESET|PATH|HUB-NAME",
        help="Let a cross-encoder put the best hits in order; see `telusur models`.",
        autocompletion=reranker_names,
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Download the model without asking.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]
JsonLinesOption = Annotated[bool, typer.Option("--jsonl", help="One JSON object a hit.")]
TrecOption = Annotated[bool, typer.Option("--trec", help="Lines of a TREC run.")]
BatchOption = Annotated[
    Path | None,
    typer.Option(
        "--batch",
        metavar="FILE",
        help="Ask each question of a file: .csv or .tsv with a column query, .jsonl, or lines.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="FILE",
        help="With --batch: append the answers here, as JSON Lines or a table (.csv); goes on where it stopped.",
    ),
]
TimelineOption = Annotated[
    bool, typer.Option("--timeline", help="Every relevant report by date, the first mention first.")
]
PlotOption = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Also draw the timeline, as SVG.")]

DEFAULT_INDEX = Path(".telusur")


def restriction(
    sources: list[str] | None, languages: list[str] | None, since: str | None, until: str | None, path: str | None
) -> "Filter":
    """What the filter options say. Raises UsageError on a date or a code of a language that is none."""
    from index.catalogue import Filter
    from search.query import LANGUAGE, iso_date

    for language in languages or ():
        if not re.fullmatch(LANGUAGE, language):
            raise UsageError(
                f"--language {language!r} is no code of a language", "write id for Indonesian, en for English"
            )
    return Filter(
        tuple(sources or ()), tuple(languages or ()), iso_date(since, "--since"), iso_date(until, "--until"), path
    )
