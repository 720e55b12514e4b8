"""Many questions out of a file: a table with a column `query`, JSON Lines with such a key, or one question a line."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.errors import TelusurError, UsageError
from index.reading.decoding import decoded
from index.reading.extract import broken_json
from search.query import parse

QUERY = "query"
_DELIMITERS = ",;\t|"
_FORMS = "a table (.csv, .tsv) with a column `query`, .jsonl with such a key, or one question a line"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `row`: as a spreadsheet counts rows, or the line; `cells`: all its columns, itself among them."""

    row: int
    query: str
    cells: Mapping[str, Any]


@dataclass(slots=True)
class Questions:
    """What a file asks: the names of its columns in order, which of them is the question, and rows that ask nothing."""

    names: list[str]
    query_name: str
    rows: list[Question] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)  # row, and why it cannot be asked

    def add(self, row: int, query: Any, cells: Mapping[str, Any]) -> None:
        """One more row, among those that cannot be asked if its question cannot be understood."""
        if not isinstance(query, str):
            self.bad.append((row, "has no question" if query is None else f"the question is no text: {query!r:.60}"))
            return
        try:
            parse(query)
        except UsageError as error:
            self.bad.append((row, str(error)))
        else:
            self.rows.append(Question(row, query, cells))


def read_questions(path: Path) -> Questions:
    """The questions of a file, or with `-` of standard input. Raises UsageError when there are none; OSError."""
    raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        text = decoded(raw)[0].removeprefix("\ufeff")
    except TelusurError as error:
        raise UsageError(f"{path} holds no questions: {error}", _FORMS) from None
    ending = path.suffix.lower()
    read = _table if ending in (".csv", ".tsv") else _json_lines if ending in (".jsonl", ".ndjson") else _lines
    found = read(text, path)
    if not (found.rows or found.bad):
        raise UsageError(f"{path} holds no questions", _FORMS)
    return found


def _lines(text: str, _path: Path) -> Questions:
    found = Questions([QUERY], QUERY)
    for number, line in enumerate(text.split("\n"), start=1):
        if query := line.strip():
            found.add(number, query, {QUERY: query})
    return found


def _json_lines(text: str, _path: Path) -> Questions:
    found = Questions([], QUERY)
    names: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except (ValueError, RecursionError) as error:
            found.bad.append((number, broken_json(error)))
            continue
        if not isinstance(cells, dict):
            found.bad.append((number, "no JSON object"))
            continue
        names |= dict.fromkeys(cells)
        found.add(number, cells.get(QUERY), cells)
    found.names = list(names | {QUERY: None})
    return found


def _table(text: str, path: Path) -> Questions:
    delimiter = _delimiter(text)
    if text[:4].lower() == "sep=":  # how Excel is told of it
        text = text.partition("\n")[2]
    rows = _records(text, delimiter)
    header = next(rows, None)
    names = _distinct([cell.strip() for cell in header[1]]) if header and isinstance(header[1], list) else []
    query_name = next((name for name in names if name.casefold() == QUERY), None)
    if query_name is None:
        shown = ", ".join(names)[:200]
        raise UsageError(f"{path} has no column `query`; its columns: {shown}", "name the column of questions so")
    found = Questions(names, query_name)
    for number, cells in rows:
        if isinstance(cells, str):
            found.bad.append((number, cells))
        elif len(cells) > len(names):
            why = f"has {len(cells)} cells, the line of names {len(names)}; a question with a {delimiter!r} in it needs"
            found.bad.append((number, f'{why} "quotation marks" around it'))
        elif any(cell.strip() for cell in cells):
            row = dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=True))
            found.add(number, row[query_name] if row[query_name].strip() else None, row)
    return found


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Rows with their numbers; of one that is broken, what is wrong with it."""
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number, begin = number + 1, table.line_num + 1
        try:
            yield number, next(table)
        except csv.Error as error:
            yield number, f"lines {begin} to {table.line_num} are broken ({error}): look for a quotation mark too many"
        except StopIteration:
            return


def _delimiter(text: str) -> str:
    """What Excel was told, or the character that parts the names of columns so that one is `query`."""
    first = text.partition("\n")[0]
    if first[:4].lower() == "sep=" and len(first.strip()) == 5:
        return first[4]

    def parted(delimiter: str) -> tuple[bool, int]:
        names = next(csv.reader([first], delimiter=delimiter), [])
        return any(name.strip().casefold() == QUERY for name in names), len(names)

    return max(_DELIMITERS, key=parted)


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        n = 1
        while (name if n == 1 else f"{name}~{n}") in found:
            n += 1
        found.append(name if n == 1 else f"{name}~{n}")
    return found
