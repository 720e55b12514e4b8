"""Answers to many questions, appended to a file as they come: JSON Lines, or a table with a row a hit.

What is appended is whole: a line, or all rows of an answer. Whoever opens the file to go on cuts off what an
interruption left torn, and learns which questions are answered. A file that is something else is refused.
"""

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from index.errors import UsageError
from search.answer import Answer
from search.citation import reference
from search.questions import Question, Questions
from search.render import answer_object, as_json

HIT_FIELDS = (
    "score", "source", "published", "published_precision", "title", "url", "path", "line_start", "line_end",
    "passage_id", "text",
)  # fmt: skip
ANSWER_FIELDS = ("row", "answered", "confidence", "hits", "rank", *HIT_FIELDS, "citation")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula


class Answered(NamedTuple):
    """A question that a file has the answer to."""

    row: int
    query: str
    answered: bool


class Form(Protocol):
    """How answers are written, and read again."""

    def begin(self) -> str:
        """What a new file begins with."""
        ...

    def block(self, question: Question, answer: Answer) -> str:
        """What one answer comes to."""
        ...

    def blocks(self, raw: bytes) -> Iterator[tuple[int, Answered | None]]:
        """Where each whole answer ends, in bytes, with its question. Raises ValueError for what is no such file."""
        ...


class JsonLines:
    """A JSON object a question: `row`, its other columns, and the answer, each hit with its `citation`."""

    def __init__(self, questions: Questions) -> None:
        self._query_name = questions.query_name

    def begin(self) -> str:
        """Nothing."""
        return ""

    def block(self, question: Question, answer: Answer) -> str:
        """One line."""
        shown = answer_object(answer)
        for hit, fields in zip(answer.hits, shown["hits"], strict=True):
            fields["citation"] = reference(asdict(hit))
        columns = {name: cell for name, cell in question.cells.items() if name != self._query_name}
        return as_json({"row": question.row, "query": shown.pop("query"), "columns": columns, **shown}) + "\n"

    def blocks(self, raw: bytes) -> Iterator[tuple[int, Answered | None]]:
        """One a line."""
        end = 0
        if not (raw.startswith(b'{"row": ') or b'{"row": '.startswith(raw)):
            raise ValueError("it does not begin as one")
        for number, line in enumerate(raw.splitlines(keepends=True), start=1):
            if not line.endswith(b"\n"):
                return
            end += len(line)
            try:
                one = json.loads(line)
                yield end, Answered(int(one["row"]), str(one["query"]), bool(one["answered"]))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise ValueError(f"line {number} is none ({error})") from None


class Table:
    """A row a hit, a row without one where nothing answers: the question's columns, then those of the answer."""

    def __init__(self, questions: Questions, delimiter: str = ",") -> None:
        self._names = questions.names
        self._query = questions.names.index(questions.query_name)
        self._own: list[str] = []
        self._delimiter = delimiter
        for name in ANSWER_FIELDS:
            while name in self._names:
                name = f"hit_{name}"
            self._own.append(name)

    def begin(self) -> str:
        """The names of the columns."""
        return self._rows([[*self._names, *self._own]])

    def block(self, question: Question, answer: Answer) -> str:
        """The rows of one answer."""
        given = [_cell(question.cells.get(name)) for name in self._names]
        facts = [question.row, str(answer.answered).lower(), answer.confidence, len(answer.hits)]
        rows = [[*given, *facts, hit.rank, *_hit_cells(asdict(hit))] for hit in answer.hits]
        return self._rows(rows or [[*given, *facts, 0, *[""] * (len(HIT_FIELDS) + 1)]])

    def blocks(self, raw: bytes) -> Iterator[tuple[int, Answered | None]]:
        """One where the last hit of an answer stands."""
        begin = self.begin().encode()
        if not (raw.startswith(begin) or begin.startswith(raw)):
            raise ValueError("its columns are others")
        ends = list(_record_ends(raw))
        whole = raw[: ends[-1]] if ends else b""
        records = csv.reader(io.StringIO(whole.decode("utf-8"), newline=""), delimiter=self._delimiter)
        width = len(self._names)
        for number, (end, record) in enumerate(zip(ends, records, strict=True), start=1):
            if number == 1:
                yield end, None
                continue
            try:
                row, answered, _, hits, rank = record[width : width + 5]
                if int(rank) == int(hits):
                    yield end, Answered(int(row), record[self._query], answered == "true")
            except ValueError:
                raise ValueError(f"row {number} is none") from None

    def _rows(self, rows: Sequence[Sequence[Any]]) -> str:
        written = io.StringIO()
        csv.writer(written, delimiter=self._delimiter, lineterminator="\r\n").writerows(rows)
        return written.getvalue().encode("utf-8", "replace").decode()


def form_for(path: Path | None, questions: Questions) -> Form:
    """A table where the file's name ends so, else JSON Lines."""
    ending = path.suffix.lower() if path else ""
    if ending in (".csv", ".tsv"):
        return Table(questions, "," if ending == ".csv" else "\t")
    return JsonLines(questions)


class AnswersFile:
    """A file that answers are appended to."""

    def __init__(self, path: Path, form: Form, questions: Questions) -> None:
        """Open the file, or make it. `done`: rows that it answers. Raises UsageError when it is another file; OSError.

        Another file is one in another form, or that answers other questions in the same rows.
        """
        self._form = form
        self.done: dict[int, Answered] = {}
        raw = path.read_bytes() if path.exists() else b""
        end = 0
        try:
            for at, one in form.blocks(raw) if raw else ():
                end = at
                if one:
                    self.done[one.row] = one
        except ValueError as error:
            raise UsageError(f"{path} is no file of answers to these questions: {error}", _OTHER) from None
        for question in questions.rows:
            before = self.done.get(question.row)
            if before and before.query != question.query:
                what = (
                    f"row {question.row} is answered there as {before.query!r:.80}, and is now {question.query!r:.80}"
                )
                raise UsageError(f"{path} answers other questions: {what}", _OTHER)
        self.torn = len(raw) - end
        self._file = path.open("r+b" if path.exists() else "x+b", buffering=0)
        self._end = self._file.truncate(end)
        if not end:
            self._append(form.begin())

    def add(self, question: Question, answer: Answer) -> None:
        """Append one answer, whole or not at all. Raises OSError."""
        self._append(self._form.block(question, answer))

    def _append(self, text: str) -> None:
        left = memoryview(text.encode("utf-8", "replace"))
        try:
            self._file.seek(self._end)
            size = len(left)
            while left:
                left = left[self._file.write(left) or 0 :]
        except BaseException:
            self._file.truncate(self._end)
            raise
        self._end += size

    def close(self) -> None:
        """Close the file, once it is on the disk. Raises OSError."""
        os.fsync(self._file.fileno())
        self._file.close()


_OTHER = "name another file with --output, or move this one away"


def _hit_cells(hit: Mapping[str, Any]) -> list[Any]:
    return [*(_harmless(hit[name]) for name in HIT_FIELDS), _harmless(reference(hit))]


def _harmless(value: Any) -> Any:
    """What an article says, so that no spreadsheet runs it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else as_json(value)


def _record_ends(raw: bytes) -> Iterator[int]:
    """Where the records of a table end: at line ends that are not between quotation marks."""
    end = quotes = 0
    for line in raw.splitlines(keepends=True):
        end += len(line)
        quotes += line.count(b'"')
        if line.endswith(b"\n") and quotes % 2 == 0:
            yield end
