"""The terminal: results to stdout, everything else to stderr, colours and bars only where they can be seen."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from index.build import OnProgress


def print_text(text: str) -> None:
    """Write a result to stdout; quiet when nobody reads on."""
    try:
        sys.stdout.write(text.encode("utf-8", "replace").decode("utf-8") + "\n")
    except BrokenPipeError:  # typer would make it exit code 1, which says that nothing was found
        drop_output()
        raise typer.Exit(0) from None


def drop_output() -> None:
    """Nobody reads on: what is still to be written goes nowhere, or the interpreter complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(line: str) -> None:
    """Write one line to stderr, with nothing in it that a terminal would obey."""
    from index.text import clean

    sys.stderr.write(clean(line).replace("\n", " ").encode("utf-8", "replace").decode("utf-8") + "\n")


def colour() -> bool:
    """Whether stdout takes colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns to fill on stdout."""
    import shutil

    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 110))


@contextmanager
def progress(label: str) -> "Iterator[OnProgress]":
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
