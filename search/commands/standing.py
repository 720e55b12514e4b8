"""`telusur watchlist`: questions that stand."""

import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import UsageError
from search.options import DEFAULT_INDEX, IndexOption, JsonOption, one_of
from search.terminal import colour, link, print_text, width

if TYPE_CHECKING:
    from search.watchlist import News

ACTIONS = ("add", "list", "remove", "run")


def watchlist_command(
    action: Annotated[
        str, typer.Argument(metavar="|".join(ACTIONS), help="What to do.", autocompletion=one_of(*ACTIONS))
    ],
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="To add: a question. To remove: its number or its words.")
    ] = None,
    json: JsonOption = False,
    index: IndexOption = DEFAULT_INDEX,
) -> None:
    """Questions that stand: new articles that answer one are reported once, with their sources."""
    if action not in ACTIONS:
        raise UsageError(f"there is nothing called {action!r} to do", f"use one of: {', '.join(ACTIONS)}")
    if (action in ("add", "remove")) == (question is None):
        told = "a question in quotation marks" if action == "add" else "a number or the words of a question"
        raise UsageError(
            f"`watchlist {action}` takes {told if question is None else 'no question'}",
            "`telusur watchlist --help` shows how it is used",
        )
    from search.render import as_json

    if action == "run":
        raise typer.Exit(0 if run_watchlist(index, json=json) else 1)
    from search.engine import Searcher
    from search.watchlist import Watchlist

    with closing(Watchlist(index)) as watchlist:
        if action == "list":
            standing = [_standing(one._asdict()) for one in watchlist.standing()]
            print_text(as_json(standing) if json else _listed(standing))
        elif action == "add":
            with Searcher.open(index) as searcher:
                one, is_new = watchlist.add(str(question), searcher)
            said = "New articles on it will be reported from now on" if is_new else "It stands already"
            print_text(as_json(_standing(one._asdict())) if json else f"{one.number}. {one.question}\n{said}.")
        else:
            one = watchlist.remove(str(question))
            print_text(as_json(_standing(one._asdict())) if json else f"Removed {one.number}. {one.question}")


def run_watchlist(index: Path, *, json: bool) -> bool:
    """Print what is new on the standing questions, and remember that it was; whether there was anything."""
    from search.engine import Searcher
    from search.render import as_json
    from search.watchlist import Watchlist
    from search.wrap import several

    with (
        closing(Watchlist(index)) as watchlist,
        Searcher.open(index) as searcher,
        watchlist.news(searcher) as (found, articles),
    ):
        if json:
            questions = len(watchlist.standing())
            print_text(as_json({"questions": questions, "articles": articles, "news": [_news(one) for one in found]}))
        else:
            print_text("\n\n".join(map(_news_text, found)) or f"No news in {several(articles, 'new article')}.")
        sys.stdout.flush()  # only what was taken counts as reported
    return bool(found)


def _standing(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in ("number", "question", "added", "reports")}


def _listed(standing: list[dict[str, Any]]) -> str:
    lines = [
        f"{one['number']:>3}. {one['question']}  (since {one['added'][:10]}, {one['reports']} reported)"
        for one in standing
    ]
    return "\n".join(lines) or "No question stands. `telusur watchlist add QUESTION` adds one."


def _news(one: "News") -> dict[str, Any]:
    from search.citation import reference
    from search.render import answer_object

    shown = answer_object(one.answer)
    for hit, fields in zip(one.answer.hits, shown["hits"], strict=True):
        fields["citation"] = reference(asdict(hit))
    facts = {name: shown[name] for name in ("language", "confidence", "hits")}
    return {"number": one.standing.number, "question": one.standing.question, **facts}


def _news_text(one: "News") -> str:
    from index.text import clean
    from search.render import BOLD, PLAIN, answer_text

    bold, plain = (BOLD, PLAIN) if colour() else ("", "")
    head = f"{bold}{one.standing.number}. {clean(one.standing.question)}{plain}: {len(one.answer.hits)} new"
    return f"{head}\n\n{answer_text(one.answer, width=width(), colour=colour(), link=link())}"
