"""The terminal: results to stdout, everything else to stderr, colours and bars only where they can be seen."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.report import OnProgress


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


def link() -> "Callable[[str, int | None], str] | None":
    """Where a link to a path and line leads, as this terminal follows it; None when stdout takes no links (OSC 8).

    A terminal that knows nothing of links shows their text alone, so all get them but those known to show the codes.
    Few take a line from a file's address: kitty behind `#`, Visual Studio Code in addresses of its own.
    """
    if not colour() or not _takes_links():
        return None
    from socket import gethostname
    from urllib.parse import quote

    def address(path: str, line: int | None) -> str:
        place = Path(os.path.abspath(path)).as_uri().removeprefix("file://")
        if os.environ.get("TERM_PROGRAM") == "vscode":
            return f"vscode://file{place}" + (f":{line}" if line else "")
        at = f"#{line}" if line and os.environ.get("TERM") == "xterm-kitty" else ""
        return f"file://{quote(gethostname())}{place}{at}"

    return address


def _takes_links() -> bool:
    """Whether the terminal is none of those that show the codes of links, or break on them."""
    forced = os.environ.get("FORCE_HYPERLINK")  # as other programs name it: 0 for none, anything else for links
    if forced:
        return forced != "0"
    terminal, vte = os.environ.get("TERM", ""), os.environ.get("VTE_VERSION", "")
    return not (
        terminal.startswith(("linux", "eterm", "vt"))
        or (terminal.startswith("screen") and "TMUX" not in os.environ)
        or (vte.isdecimal() and int(vte) < 5000)  # GNOME's before 0.50
        or "INSIDE_EMACS" in os.environ
        or os.environ.get("TERM_PROGRAM") == "Apple_Terminal"
        or (sys.platform == "win32" and "WT_SESSION" not in os.environ)
    )


_TELLING = 0.002  # share of the work from which the time that is left is told


@contextmanager
def progress(label: str, what: str = "articles") -> "Iterator[OnProgress]":
    """A progress bar on stderr, on a terminal only; it counts `what`."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total, articles: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[articles]}"),
        TimeRemainingColumn(),
    )
    begun = 0.0

    def show(done: int, total: int, articles: int) -> None:
        nonlocal begun
        begun = begun or time.monotonic()  # looking for files and learning from them is not counted
        speed = articles / max(time.monotonic() - begun, 1.0)
        # The first byte tells the bar when the work began. It tells the time left from what is done since; so little as
        # an article without text would have it promise hours.
        completed = done if done >= total * _TELLING else 1
        bar.update(task, completed=completed, total=total, articles=f"{articles:,} {what}, {speed:,.0f}/s")

    # On a busy machine one block of passages can take minutes: a short period would leave the time left unknown.
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=1800) as bar:
        task = bar.add_task(label, total=None, articles="")
        yield show


@contextmanager
def download_bar(label: str) -> "Iterator[Callable[[int, int], None]]":
    """A progress bar over bytes on stderr, on a terminal only."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
