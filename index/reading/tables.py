"""Tables: one article a row of a .csv or .tsv file, read one at a time."""

import csv
import io
import itertools
from collections.abc import Iterator
from typing import Any

from index.errors import ArticleError
from index.reading.decoding import MAX_LINE, utf8
from index.reading.extract import MAX_CHARACTERS, Extract, empty
from index.reading.fields import Columns
from index.reading.rows import no_text, row_extract
from index.reading.source import Source

DELIMITERS = ",;\t|"
_HEADER = 1_000_000  # characters that the names of the columns may take
_SAMPLE = 16_384  # of them that are looked at to tell what parts them
_ENCODED_SURROGATES = "surrogateescape"


def read_table(source: Source, columns: Columns) -> Iterator[Extract | ArticleError]:
    """A table with a line of column names, whatever parts its columns; rows are counted as a spreadsheet does."""
    csv.field_size_limit(2 * MAX_CHARACTERS)  # so that a quotation mark that is never closed takes no more than that
    with io.TextIOWrapper(utf8(source), "utf-8", errors=_ENCODED_SURROGATES, newline="") as file:
        lines = _lines(file)
        first = next((line for line in lines if line.strip()), "")
        if not first:
            raise empty()
        if first.lower().startswith("sep=") and len(first.strip()) == 5:  # how Excel is told of it
            delimiter, first = first[4], next(lines, "")
        else:
            delimiter = _delimiter(first, columns)
        lines = _Lines(itertools.chain([first], lines))
        table = csv.reader(lines, delimiter=delimiter, strict=False)
        yield from _rows(table, lines, columns)


class _Lines:
    """Lines, as many as a row may take: quoted cells go over lines, and nothing else ends a row of such."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.begin(_HEADER)

    def begin(self, limit: int) -> None:
        """A row begins, of so many characters at most."""
        self._limit = self._room = limit

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._room -= len(line)
        if self._room < 0:
            raise csv.Error(f"over {self._limit:,} characters")
        return line


def _rows(table: Any, lines: _Lines, columns: Columns) -> Iterator[Extract | ArticleError]:
    try:
        names = [name.strip() for name in next(table)]
    except csv.Error as error:
        msg = f"no line of column names: broken ({error})"
        raise ArticleError(msg, "the first line names the columns; one of them is text") from error
    if not any(columns.field_of(name) == "text" for name in names):
        raise no_text("no column with a text", names)
    number, line = 1, table.line_num
    while True:
        number, begin = number + 1, line + 1
        lines.begin(MAX_LINE)
        try:
            cells = next(table, None)
        except csv.Error as error:
            msg = f"row {number}, line {begin}: broken ({error}); what came before was read"
            raise ArticleError(msg, "look for a quotation mark that is not closed") from error
        if cells is None:
            return
        line = table.line_num
        if not any(cell.strip() for cell in cells):
            continue
        place = f"row {number}, line {begin}"
        if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell if not cell.isascii()):
            yield ArticleError(f"{place}: not UTF-8", "save the file as UTF-8")
        else:
            yield row_extract(dict(zip(names, cells, strict=False)), columns, place, str(number), begin)


def _lines(file: io.TextIOWrapper) -> Iterator[str]:
    while line := file.readline(MAX_LINE + 1):  # a longer one is more than a row may take
        yield line.replace("\0", "")


def _delimiter(header: str, columns: Columns) -> str:
    """The character that parts most column names that are known, or else most columns."""

    def parted(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header[:_SAMPLE]], delimiter=delimiter), [])
        return sum(columns.field_of(name.strip()) is not None for name in names), len(names)

    return max(DELIMITERS, key=parted)
