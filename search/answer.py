"""What a question comes to: frozen types with the names of the JSON fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Copy:
    """Where the same passage also stands."""

    path: str
    source: str | None
    published: str | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that answers, as a citation. Offsets are code points in the article's text; lines start at 1."""

    rank: int
    score: float
    passage_id: str
    article_id: str
    title: str | None
    source: str | None
    origin: str | None
    published: str | None
    published_precision: str | None
    url: str | None
    language: str | None
    path: str
    row: str | None  # of a file with many articles
    line_start: int
    line_end: int
    char_start: int
    char_end: int
    text: str
    author: str | None = None
    row_line: int | None = None  # line of the file where the row begins
    page: int | None = None  # of a paged document, the pages that the passage begins and ends on
    page_end: int | None = None
    encoding: str | None = None  # of a plain text file; offsets in other formats count in the text taken out of them
    highlights: tuple[tuple[int, int], ...] = ()
    also_in: tuple[Copy, ...] = ()
    explain: Mapping[str, Any] | None = None
    published_inferred: bool = False  # nobody states it as the date of publication


@dataclass(frozen=True, slots=True)
class DatesUsed:
    """Dates of publication that the question's `words` mean; not `used` when nothing within them answers as well."""

    since: str | None
    until: str | None
    words: str
    used: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to. `answered` is false when nothing relevant was found; then hits are empty or nearest."""

    query: str
    language: str | None
    mode: str
    answered: bool
    confidence: float
    seconds: float
    hits: tuple[Hit, ...] = ()
    dates: DatesUsed | None = None  # what the question's words were taken to mean
    copies: tuple[Copy, ...] = ()  # of the article that related passages were asked for: no hits
    reranker: str | None = None  # the model that put the hits in order, where one was asked to
