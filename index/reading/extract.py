"""What a reader takes out of a file, and why it may take nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from index.errors import ArticleError

# No news article is so long: a file or row beyond it is an archive or a dump, and would take an hour to encode.
MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of one article with what the file says of it (`given`: title, author, date, source, url, language).

    `row` names the article in a file of many (None: the file is the article) and `row_line` is the line of the file
    where it begins. `pages`: where in `text` each page begins. `encoding`: how the file was decoded, when `text` is
    the whole file as decoded. `apart`: spans of `text` that are not the article, such as front matter.
    """

    text: str
    given: Mapping[str, str | None] = field(default_factory=dict)
    row: str | None = None
    row_line: int | None = None
    pages: tuple[int, ...] = ()
    encoding: str | None = None
    apart: tuple[tuple[int, int], ...] = ()


def empty() -> ArticleError:
    """A file without text."""
    return ArticleError("empty: nothing but white space", "remove the file or give it text")


def too_long(size: str) -> ArticleError:
    """An article over the limit; `size` says how long it is."""
    msg = f"too long for one article: {size}, at most {MAX_CHARACTERS:,} characters are read"
    return ArticleError(msg, "split it into articles, one file each or one JSON line each")


def check_length(text: str) -> str:
    """`text` itself. Raises ArticleError when it is empty or over the limit."""
    if not text.strip("\ufeff \t\r\n\v\f") or not text.strip():
        raise empty()
    if len(text) > MAX_CHARACTERS:
        raise too_long(f"{len(text):,} characters")
    return text


def broken_json(error: Exception) -> str:
    """What is wrong with one line of JSON; which line that is, the caller says."""
    if isinstance(error, json.JSONDecodeError):
        return f"broken JSON ({error.msg.removesuffix(' at')} at column {error.colno})"
    return f"broken JSON ({error})"


def unreadable(error: Exception) -> ArticleError:
    """What to say when a parser met what its makers did not think of: one bad file must not stop the rest."""
    if isinstance(error, MemoryError):
        return ArticleError("takes too much memory to be read", "split it, or save its text in a .txt file")
    msg = f"damaged, or not what its ending says ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
    return ArticleError(msg, "open it in its own program and save it again")
