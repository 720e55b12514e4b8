"""Do quotations still stand in the files? Where they moved, how they were altered, or that they are gone.

The articles' files are asked, not only the index: one that changed since it was indexed is read anew.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from index.article import Article, read_articles
from index.errors import TelusurError, UsageError
from index.reading.decoding import decoded
from index.reading.fields import Columns
from index.text import clean
from index.verify import file_problem
from search.engine import Searcher
from search.manuscript import Citation, Quotation, quotations, quoted_hits
from search.wording import Span, Wording, fragments
from search.wrap import lines

HITS = (".jsonl", ".json", ".csv", ".tsv", ".ndjson")
ELSEWHERE = 20  # articles that are looked through for a quotation that is not where it was
CHANGES = 5  # of an altered quotation that are shown; of more, the whole wording
PHRASE = 8  # words of it that they must hold

STATUSES = ("stands", "moved", "altered", "gone", "uncited")


@dataclass(frozen=True, slots=True)
class Place:
    """Where words stand now. Offsets are code points in the article's text, lines start at 1."""

    article_id: str
    path: str
    row: str | None
    line_start: int
    line_end: int
    char_start: int
    char_end: int
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a quotation. `similarity`: how much of it the words at `found` hold, 0 … 1."""

    quotation: Quotation
    status: str  # one of STATUSES
    found: Place | None = None
    similarity: float = 0.0
    reason: str = ""
    changes: tuple[tuple[str, str], ...] = ()  # words quoted, and those that stand in their place


def read_manuscript(path: Path) -> list[Quotation]:
    """The quotations of a manuscript or a file of hits. Raises UsageError: none, or no such file; OSError."""
    try:
        text = decoded(path.read_bytes())[0].removeprefix("\ufeff")
        ending = path.suffix.lower()
        found = quoted_hits(text, ending) if ending in HITS else quotations(text)
    except (TelusurError, ValueError, RecursionError, csv.Error) as error:
        hint = "give text, Markdown, or hits as --json and --jsonl"
        raise UsageError(f"{path} cannot be read: {error}", hint) from None
    if not found:
        raise UsageError(f"{path} quotes nothing", "quote as `telusur show ID --cite markdown` does: docs/desk.md")
    return found


def check(searcher: Searcher, quoted: Sequence[Quotation]) -> list[Checked]:
    """What became of each quotation, in order; titles of the articles cited are no quotations and left out."""
    articles = _Articles(searcher)
    return [done for one in quoted if (done := _checked(articles, one))]


class _Articles:
    """Articles as their files have them now."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._texts = lru_cache(maxsize=64)(self._read)
        self._problem = lru_cache(maxsize=None)(self._file_problem)

    def named(self, name: str) -> dict[str, Any] | None:
        """An article of the index by its id or that of a passage, with its text as its file has it."""
        with self._searcher.state():
            found = self._searcher.catalogue.find_articles(article_id=name.partition("#")[0])
            return self._searcher.catalogue.article(found[0]) if found else None

    def now(self, article: dict[str, Any]) -> tuple[str | None, str]:
        """Its text in its file now, None if there is none, and then why."""
        problem = self._problem(article["path"])
        if not problem:
            return article["text"], ""
        if problem != "has changed since it was read":
            return None, f"the file {self.shown(article)} {problem}"
        try:
            text = self._texts(article["path"]).get(article["row"])
        except (TelusurError, OSError) as error:
            return None, f"the file {self.shown(article)} cannot be read: {error}"
        return text, "" if text is not None else f"the file {self.shown(article)} has no such row any more"

    def shown(self, article: dict[str, Any]) -> str:
        """Its path as a person finds it from here."""
        return self._searcher.corpus.shown(article["path"])

    def holding(self, quotation: str) -> Iterator[dict[str, Any]]:
        """Articles of the index that hold some of a quotation's words side by side."""
        words = max(fragments(quotation), key=len, default="").split()
        middle = max(0, (len(words) - PHRASE) // 2)
        for begin in dict.fromkeys((0, middle)):
            with self._searcher.state() as opened:
                phrase = " ".join(words[begin : begin + PHRASE])
                passages = opened.lexicon.containing(phrase)[: 4 * ELSEWHERE].tolist() if phrase else []
                rows = self._searcher.catalogue.hits(passages).values()
                numbers = list(dict.fromkeys(row.article for row in rows))[:ELSEWHERE]
                found = [self._searcher.catalogue.article(number) for number in numbers]
            yield from found

    def _file_problem(self, path: str) -> str:
        with self._searcher.state():
            states = self._searcher.catalogue.files_below(path)
        return file_problem(self._searcher.corpus, states[0], deep=True) if states else "is gone"

    def _read(self, path: str) -> dict[str | None, str]:
        with self._searcher.state():
            columns = Columns(self._searcher.catalogue.get("columns") or {})
        texts: dict[str | None, str] = {}
        seen: Counter[str | None] = Counter()
        for found in read_articles(self._searcher.corpus.locate(path), columns):
            if isinstance(found, Article):
                seen[found.row] += 1  # rows of one name are told apart by their order, as in `index.build`
                texts[found.row if seen[found.row] == 1 else f"{found.row}~{seen[found.row]}"] = found.text
        return texts


def _checked(articles: _Articles, one: Quotation) -> Checked | None:
    cited = one.cited
    article = articles.named(cited.name) if cited else None
    if article and one.text.split() == (article["title"] or "").split():
        return None
    reason = "" if article or not cited else f"the index has no article {cited.name.partition('#')[0]}"
    if cited and article:
        text, reason = articles.now(article)
        if text is not None:
            wording = Wording(text)
            if spans := wording.find(one.text):
                place = _place(articles, article, wording, _best(spans, wording, cited))
                stands = _is_where(place, cited)
                return Checked(one, "stands" if stands else "moved", place, 1.0)
            if near := wording.nearest(one.text):
                place = _place(articles, article, wording, near.span)
                return Checked(one, "altered", place, round(near.similarity, 3), changes=near.changes)
            reason = "its words are not in the article any more"
    for other in articles.holding(one.text):
        text, _ = articles.now(other)
        if text is None or (article and other["article"] == article["article"]):
            continue
        wording = Wording(text)
        if spans := wording.find(one.text):
            place = _place(articles, other, wording, spans[0])
            return Checked(one, "moved" if cited else "uncited", place, 1.0, reason)
    if not cited:
        return Checked(one, "uncited", reason="no article of the index has these words")
    return Checked(one, "gone", reason=reason)


def _best(spans: Sequence[Span], wording: Wording, cited: Citation) -> Span:
    """Of several places the one where the citation says."""
    if cited.char_start is not None:
        start = cited.char_start
        return min(spans, key=lambda span: abs(span.start - start))
    first, last = cited.first or 1, cited.last or 1

    def away(span: Span) -> int:
        line = wording.line(span.start)
        return max(first - line, line - last, 0)

    return min(spans, key=away)


def _is_where(place: Place, cited: Citation) -> bool:
    """Whether the citation still says where the words stand: file name, row, lines, and the offset if it has one."""
    if cited.char_start is not None and cited.char_start != place.char_start:
        return False
    file = Path(place.path).name
    if cited.before and not cited.before.endswith((file, f"{file}[{place.row}]")):
        return False
    return cited.first is None or (cited.first <= place.line_start and place.line_end <= (cited.last or cited.first))


def _place(articles: _Articles, article: dict[str, Any], wording: Wording, span: Span) -> Place:
    lines = wording.line(span.start), wording.line(max(span.start, span.end - 1))
    words = wording.text[span.start : span.end]
    return Place(article["article_id"], articles.shown(article), article["row"], *lines, *span, words)


def checked_object(found: Sequence[Checked]) -> dict[str, Any]:
    """What became of all quotations, with the keys that docs promise."""
    counts = Counter(one.status for one in found)
    return {
        "hold": holds(found),
        **{status: counts[status] for status in STATUSES},
        "quotes": [
            {
                "line": one.quotation.line,
                "quote": one.quotation.text,
                "status": one.status,
                "passage_id": one.quotation.cited.name if one.quotation.cited else None,
                "line_start": one.quotation.cited.first if one.quotation.cited else None,
                "line_end": one.quotation.cited.last if one.quotation.cited else None,
                "found": asdict(one.found) if one.found else None,
                "similarity": one.similarity,
                "changes": one.changes,
                "reason": one.reason or None,
            }
            for one in found
        ],
    }


def holds(found: Sequence[Checked]) -> bool:
    """Whether no quotation was altered or is gone."""
    return not any(one.status in ("altered", "gone") for one in found)


def checked_text(path: Path, found: Sequence[Checked], *, width: int = 80) -> str:
    """The same for a person: what does not stand as cited in full, then how many of each there are."""
    out: list[str] = []

    def laid(text: str, indent: str = "") -> None:
        out.extend(indent + line for line in lines(_one_line(text).split(), width - len(indent)))

    for one in found:
        if one.status == "stands":
            continue
        laid(f"{path}:{one.quotation.line} {one.status}: “{_short(one.quotation.text)}”")
        if one.reason:
            laid(one.reason + ".", "   ")
        if one.found:
            label = "nearest wording" if one.status == "altered" else "now" if one.status == "moved" else "found"
            laid(f"{label}: {_where(one.found)}", "   ")
            for quoted, said in one.changes[:CHANGES]:
                laid(f"“{quoted}” is “{_short(said)}”" if said else f"“{quoted}” is left out", "     ")
            if one.status == "altered" and len(one.changes) > CHANGES:
                laid(f"“{one.found.text}”", "     ")
        out.append("")
    counts = Counter(one.status for one in found)
    shown = ", ".join(f"{counts[status]} {_COUNTED[status]}" for status in STATUSES if counts[status])
    laid(f"{len(found)} quotation{'s' * (len(found) != 1)}: {shown}.")
    return "\n".join(out)


_COUNTED = {
    "stands": "stand as cited", "moved": "moved", "altered": "altered", "gone": "gone", "uncited": "without citation",
}  # fmt: skip


def _where(place: Place) -> str:
    row = f"[{place.row}]" if place.row is not None else ""
    first, last = place.line_start, place.line_end
    lines = f"line {first}" if first == last else f"lines {first}–{last}"
    return f"{place.path}{row}, {lines} ({place.article_id})"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 160 else words[:100] + " … " + words[-50:]


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
