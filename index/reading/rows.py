"""JSON and JSON Lines: many articles a file, read one at a time."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from index.errors import ArticleError
from index.reading.decoding import MAX_LINE, SAMPLE, utf8, utf8_lines
from index.reading.extract import MAX_CHARACTERS, Extract, broken_json, empty, too_long
from index.reading.fields import FIELDS, Columns
from index.reading.source import Source, stream
from index.reading.web import is_markup, text_of_markup

_SHOWN = 12  # names of keys in a message
_NESTING = 100  # levels of a JSON file
_DEPTH = 6  # levels that a list of articles is looked for
_VALUES = 1_000_000  # of one article, however they nest
_LISTS = 1_000  # that are compared
_INSIDE = re.compile(r"\.(?:item|rendered)$")  # a text as a list of paragraphs, and as WordPress has it


def read_jsonl(source: Source, columns: Columns) -> Iterator[Extract | ArticleError]:
    """A JSON Lines file: one article a line; blank lines are skipped."""
    rows = 0
    for number, line in utf8_lines(source):
        if isinstance(line, ArticleError):
            yield line
        elif line.strip():
            yield _line(line, number, columns)
        else:
            continue
        rows += 1
    if not rows:
        raise empty()


def _line(line: bytes, number: int, columns: Columns) -> Extract | ArticleError:
    """The article of one JSON line, or why there is none."""
    try:
        row = _loads(line)
    except UnicodeDecodeError:
        return ArticleError(f"line {number}: not UTF-8", "save the file as UTF-8")
    except (ValueError, RecursionError) as error:
        return ArticleError(f"line {number}: {broken_json(error)}", "one JSON object a line")
    if not isinstance(row, dict):
        return ArticleError(f"line {number}: no JSON object", "one JSON object a line")
    return row_extract(row, columns, f"line {number}", str(number), number)


def _loads(line: bytes) -> Any:
    """What a line of JSON says. Raises ValueError, RecursionError."""
    # Commas in texts are counted with the others: a text of so many is too long as well.
    if sum(map(line.count, (b",", b"[", b"{"))) > _VALUES:
        raise ValueError(f"over {_VALUES:,} values")
    return json.loads(line.rstrip(b"\r\n").decode("utf-8"))  # else a text cut off is said to hold a line end


def read_json(source: Source, columns: Columns) -> Iterator[Extract | ArticleError]:
    """A JSON file: a list of articles, an object with such a list somewhere in it, one article, or JSON Lines."""
    if _is_jsonl(source):
        yield from read_jsonl(source, columns)
        return
    import ijson

    try:
        found = _layout(source, columns)
        if found.is_article:
            with utf8(source) as file:
                row = next(iter(ijson.items(_within(_events(file), ""), "")))
            one = row_extract(row, columns, "the object", "", None)
            yield Extract(one.text, one.given) if isinstance(one, Extract) else one
            return
        with utf8(source) as file:
            n = 0
            for n, row in enumerate(ijson.items(_within(_events(file), found.prefix), found.prefix), start=1):
                if isinstance(row, dict):
                    yield row_extract(row, columns, f"element {n}", str(n), None)
                else:
                    yield ArticleError(f"element {n}: no JSON object", "one JSON object an article")
    except (ijson.JSONError, UnicodeError) as error:
        what = " ".join(str(error).partition("(right here)")[0].split())
        msg = f"broken JSON ({what}); what came before was read"
        raise ArticleError(msg, "mend the file, or fetch it again") from error
    if not n:
        raise empty()


class _Layout(NamedTuple):
    """Where a JSON file has its articles: it is one itself, or they are the items of a list (an ijson prefix)."""

    is_article: bool
    prefix: str


def _layout(source: Source, columns: Columns) -> _Layout:
    """Look through a JSON file once for its articles. Raises ArticleError when there is nothing like one."""
    import ijson

    lists: Counter[str] = Counter()  # of each list of objects, how many of these have a text
    keys: dict[str, None] = {}
    last = 0
    with utf8(source) as file:
        try:
            for n, (prefix, event, value) in enumerate(_events(file)):
                if n == 0 and event == "start_array":
                    return _Layout(is_article=False, prefix="item")
                if n - last > _VALUES:
                    break
                if event == "map_key" and prefix == "" and len(keys) <= _SHOWN:
                    keys[value] = None
                elif (
                    event == "map_key"
                    and prefix.endswith(".item")
                    and prefix.count(".") < _DEPTH
                    and columns.field_of(value) == "text"
                    and (prefix in lists or len(lists) < _LISTS)
                ):
                    lists[prefix] += 1
                    last = n
                elif event == "string" and columns.field_of(_INSIDE.sub("", prefix)) == "text":
                    return _Layout(is_article=True, prefix="")
        except ijson.JSONError:
            if not lists:
                raise
    if not lists:
        raise no_text(
            f"no articles in its first {_VALUES:,} values" if n > _VALUES else "no articles in it", list(keys)
        )
    return _Layout(is_article=False, prefix=min(lists, key=lambda prefix: (prefix.count("."), -lists[prefix])))


def _events(file: Any) -> Iterator[tuple[str, str, Any]]:
    """What ijson says of a file. Raises ArticleError where it nests deep: that costs its square."""
    import ijson

    def shallow() -> Iterator[tuple[str, Any]]:
        depth = 0
        for event, value in ijson.basic_parse(stream(_short_texts(file)), use_float=True):
            depth += event.startswith("start") - event.startswith("end")
            if depth > _NESTING:
                raise ArticleError(f"nested over {_NESTING} levels deep", "give it a list of articles")
            yield event, value

    yield from ijson.parse(shallow())


def _within(events: Iterator[tuple[str, str, Any]], prefix: str) -> Iterator[tuple[str, str, Any]]:
    """The same. Raises ArticleError where what lies at `prefix`, which is held whole, has too much in it."""
    values = size = 0
    for at, event, value in events:
        if at == prefix and event != "map_key":
            values = size = 0
        values, size = values + 1, size + (len(value) if isinstance(value, str) else 0)
        if values > _VALUES or size > MAX_LINE:
            msg = f"an article of over {_VALUES:,} values or {MAX_LINE:,} characters; what came before was read"
            raise ArticleError(msg, "give it a list of articles")
        yield at, event, value


def _short_texts(file: Any) -> Iterator[bytes]:
    """The bytes of a JSON file. Raises ArticleError where a text or a number has no end: a parser holds it whole."""
    run = 0
    while piece := file.read1(SAMPLE):
        ends = b'"' in piece.replace(b"\\\\", b"").replace(b'\\"', b"")
        run = 0 if ends else run + len(piece)
        if run > MAX_LINE or not piece.translate(None, b"+-.0123456789Ee"):
            msg = f"over {min(run, MAX_LINE):,} bytes without the end of a text or number; what came before was read"
            raise ArticleError(msg, "mend the file, or give it a list of articles")
        yield piece


def _is_jsonl(source: Source) -> bool:
    """Whether the first line is an object of its own and another follows."""
    lines = (line for _, line in utf8_lines(source) if isinstance(line, ArticleError) or line.strip())
    first, second = next(lines, b""), next(lines, b"")
    if isinstance(first, ArticleError) or isinstance(second, ArticleError) or not second.lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(_loads(first), dict)
    except (ValueError, RecursionError):
        return False


def row_extract(
    row: Mapping[str, Any], columns: Columns, place: str, name: str, line: int | None
) -> Extract | ArticleError:
    """The article of a row; `place` says in messages where it stands, `name` is for a row that has no id."""
    given = columns.given(row)
    text, row_id = given.pop("text"), given.pop("id")
    if text is None:
        return no_text(f"{place}: no text", [str(key) for key in row])
    if is_markup(text):
        text = text_of_markup(text)
    if not text.strip():
        return no_text(f"{place}: no text", [])
    if len(text) > MAX_CHARACTERS:
        return ArticleError(f"{place}: {too_long(f'{len(text):,} characters')}", "split the text into articles")
    return Extract(text, given, row=row_id or name, row_line=line)


def no_text(what: str, names: list[str]) -> ArticleError:
    """No column or key is known to hold the text; `names` are those that are there."""
    shown = f" (there are {', '.join(itertools.islice(names, _SHOWN))})" if names else ""
    usual = ", ".join(FIELDS["text"][:5])
    hint = f"the text goes under one of: {usual}; for another name: `telusur index PATH --map text=NAME`"
    return ArticleError(what + shown, hint)
