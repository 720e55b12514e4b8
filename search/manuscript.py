"""The quotations of a manuscript, each with the citation that it stands with; or those of a file of hits. Pure.

A manuscript is plain text or Markdown. It quotes between quotation marks, in paragraphs behind `>`, and in indented
paragraphs; it cites as `telusur show ID --cite text|markdown` does (file, lines, passage_id) or by a passage_id alone,
in the text or in a footnote. A quotation in running text belongs to the next citation of its paragraph, or the last
before it; a block to the citation inside it, below it, or (where it is indented) above it.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from search.wording import count_words

CITED_WORDS, UNCITED_WORDS = 2, 5  # fewer are a name or a title, not a quotation

_CITED = re.compile(
    r"(?:,\s+lines?\s+(?P<first>\d{1,9})(?:\s?[–—-]\s?(?P<last>\d{1,9}))?\s+\((?P<id>[0-9a-f]{8,64}(?:\#\d{1,9})?)\))"
    r"|\b(?P<bare>[0-9a-f]{8,64}\#\d{1,9})\b",
    re.VERBOSE,
)
_INLINE = re.compile(
    r"“([^“”]{1,5000})”|„([^„“”]{1,5000})[“”]|«([^«»]{1,5000})»|»([^«»]{1,5000})«"
    r"|(?<!\w)\"([^\"]{1,5000})\"(?!\w)|(?<!\w)‘([^‘]{1,5000}?)’(?!\w)"
)
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>&~|$#+=.)-])")
_FOOTNOTE = re.compile(r"^\[\^([^\]\s]{1,50})\]:", re.MULTILINE)
_MARKER = re.compile(r"\[\^([^\]\s]{1,50})\](?!:)")


@dataclass(frozen=True, slots=True)
class Citation:
    """What a manuscript says of where a quotation stands."""

    name: str  # passage_id or article_id
    first: int | None = None  # lines
    last: int | None = None
    before: str = ""  # what stands before the lines, ending with the file's name
    char_start: int | None = None  # as only a hit has it


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that a manuscript quotes, the line on which they begin, and their citation."""

    line: int
    text: str
    cited: Citation | None


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph: running text, or a quotation behind `>` or indented."""

    kind: str  # prose, quoted, indented
    line: int
    text: str
    cited: tuple[tuple[int, Citation], ...] = ()  # with where each stands in the text


def quotations(text: str) -> list[Quotation]:
    """The quotations of a manuscript, in order."""
    blocks = list(_blocks(text))
    notes: dict[str, Citation] = {}
    for block in blocks:
        marks = [*_FOOTNOTE.finditer(block.text)]
        ends = [*(mark.start() for mark in marks), len(block.text)][1:]
        for mark, end in zip(marks, ends, strict=False):
            for _, citation in _citations(block.text[mark.end() : end]):
                notes.setdefault(mark[1], citation)
    blocks = [replace(block, cited=tuple(_citations(block.text, notes))) for block in blocks]
    found: list[Quotation] = []
    for n, block in enumerate(blocks):
        below = blocks[n + 1] if n + 1 < len(blocks) else None
        if block.kind == "prose":
            found += _inline(block, below)
            continue
        if block.kind == "indented" and n and blocks[n - 1].kind == "indented":
            continue  # taken with the paragraph before it
        words, cited = block.text, _first(block) or (_first(below) if below and below.kind == "prose" else None)
        if block.kind == "indented":
            above = next((one for one in reversed(blocks[:n]) if one.kind == "prose"), None)
            cited = above.cited[-1][1] if above and above.cited else cited
            same = next((m for m in range(n, len(blocks)) if blocks[m].kind != "indented"), len(blocks))
            words = "\n\n".join(one.text for one in blocks[n:same])
        elif block.cited:
            words = words[: max(0, words.rfind("—", 0, block.cited[0][0]))] or words[: block.cited[0][0]]
        if count_words(words) >= (CITED_WORDS if cited else UNCITED_WORDS):
            found.append(Quotation(block.line, words.strip(), cited))
    return found


def quoted_hits(text: str, ending: str) -> list[Quotation]:
    """The passages of hits in JSON, JSON Lines or a table as `search --batch` writes it. Raises ValueError."""
    found: list[Quotation] = []
    if ending in (".csv", ".tsv"):
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter="," if ending == ".csv" else "\t")
        rows: Iterable[tuple[int, Any]] = ((table.line_num, row) for row in table)
    elif ending == ".json":
        rows = [(1, json.loads(text))]
    else:
        rows = ((n, json.loads(line)) for n, line in enumerate(text.split("\n"), start=1) if line.strip())
    for number, row in rows:
        for hit in _hits(row):
            first, last = (_number(hit.get(name)) for name in ("line_start", "line_end"))
            before = str(hit.get("path") or "") + (f"[{hit['row']}]" if hit.get("row") and "char_start" in hit else "")
            start = hit.get("char_start")
            cited = Citation(str(hit["passage_id"]), first, last, before, start if isinstance(start, int) else None)
            found.append(Quotation(number, str(hit["text"]), cited))
    return found


def _number(given: Any) -> int | None:
    return int(given) if str(given).isdecimal() else None


def _hits(value: Any) -> Iterator[Mapping[str, Any]]:
    """What bears a passage_id and a text, however deep it lies."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            if one.get("passage_id") and one.get("text"):
                yield one
            waiting += reversed([*one.values()])
        elif isinstance(one, list):
            waiting += reversed(one)


def _inline(block: _Block, below: _Block | None) -> Iterator[Quotation]:
    """Between quotation marks; those within another quotation are part of it."""
    end = 0
    for match in _INLINE.finditer(block.text):
        if match.start() < end:
            continue
        end = match.end()
        words = next(group for group in match.groups() if group is not None)
        after = [cited for at, cited in block.cited if at >= end]
        before = [cited for at, cited in block.cited if at < match.start()]
        cited = after[0] if after else before[-1] if before else None
        if cited is None and below and below.text.lstrip().startswith(("—", "--")):
            cited = _first(below)
        if count_words(words) >= (CITED_WORDS if cited else UNCITED_WORDS):
            yield Quotation(block.line + block.text.count("\n", 0, match.start()), words.strip(), cited)


def _first(block: _Block | None) -> Citation | None:
    return block.cited[0][1] if block and block.cited else None


def _citations(text: str, notes: Mapping[str, Citation] | None = None) -> list[tuple[int, Citation]]:
    """The citations of a text and where they stand, those in footnotes where their marks are."""
    found = []
    end = 0
    for match in _CITED.finditer(text):
        before = " ".join(text[max(end, match.start() - 300) : match.start()].split())
        first, last = _number(match["first"]), _number(match["last"] or match["first"])
        name = match["id"] or match["bare"]
        found.append((match.start(), Citation(name, first, last, before if first else "")))
        end = match.end()
    if notes:
        found += [(mark.start(), notes[mark[1]]) for mark in _MARKER.finditer(text) if mark[1] in notes]
    return sorted(found, key=lambda one: one[0])


def _blocks(text: str) -> Iterator[_Block]:
    kind, begin, lines = "", 0, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        plain = _ESCAPED.sub(r"\1", line)
        if line.startswith(">"):
            own, plain = "quoted", plain[1:].removeprefix(" ")
        elif not line.strip():
            own, plain = "", ""
        elif line.startswith(("    ", "\t")) and kind in ("", "indented"):
            own, plain = "indented", plain.strip()
        else:
            own = "prose"
        if own != kind:
            if kind:
                yield _Block(kind, begin, "\n".join(lines))
            kind, begin, lines = own, number, []
        lines.append(plain)
    if kind:
        yield _Block(kind, begin, "\n".join(lines))
