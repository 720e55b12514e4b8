"""Text and Markdown files: one article each, its text the whole file as decoded, so that offsets count in the file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from index.reading.decoding import decoded, mended
from index.reading.extract import MAX_CHARACTERS, Extract, check_length, too_long
from index.reading.fields import Columns
from index.reading.source import Source

_FRONT_MATTER = re.compile(
    r"\ufeff?(?P<fence>---|\+\+\+)[ \t]*\r?\n(?P<matter>.{0,20000}?)^(?P=fence)[ \t]*\r?(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FENCED = re.compile(r"^(```|~~~)[^\n]*\n.*?(?:^\1[^\n]*$|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,2}[ \t]+(?P<title>[^\n]*[^\n# \t])", re.MULTILINE)
# Images, comments, and lines of nothing but a link.
_MARKDOWN_APART = re.compile(
    r"!\[[^\]\n]*\]\([^)\n]*\)|<!--.*?-->|^[ \t]*\[[^\]\n]*\]\([^)\n]*\)[ \t]*$", re.DOTALL | re.MULTILINE
)


def read_text(source: Source) -> Iterator[Extract]:
    """A plain text file, with or without front matter."""
    yield _plain(source)


def read_markdown(source: Source) -> Iterator[Extract]:
    """A Markdown file: its marks stay in the text, images and comments stand apart; the first heading is a title."""
    plain = _plain(source)
    begin = plain.apart[-1][1] if plain.apart else 0
    heading = _HEADING.search(_FENCED.sub(lambda block: " " * len(block.group()), plain.text[begin : begin + 5000]))
    title = re.sub(r"[*_`]|\[([^\]]*)\]\([^)]*\)", r"\1", heading["title"]) if heading else None
    apart = [*plain.apart, *(found.span() for found in _MARKDOWN_APART.finditer(plain.text, begin))]
    yield Extract(plain.text, {"title": title, **plain.given}, encoding=plain.encoding, apart=tuple(apart))


def _plain(source: Source) -> Extract:
    limit = 4 * MAX_CHARACTERS  # a character has at most four bytes
    if source.size > limit:
        raise too_long(f"{source.size:,} bytes")
    text, encoding = decoded(source.read(limit))
    text = check_length(text)
    better = mended(text)
    if better != text:
        text, encoding = better, f"{encoding}, mojibake mended"
    matter = _FRONT_MATTER.match(text)
    said = _said(matter["fence"], matter["matter"]) if matter else {}
    if not matter or not said:
        return Extract(text, encoding=encoding)
    check_length(text[matter.end() :])
    return Extract(text, said, encoding=encoding, apart=(matter.span(),))


def _said(fence: str, matter: str) -> Mapping[str, str | None]:
    """What front matter says of its article; nothing when it is none after all."""
    try:
        fields = _toml(matter) if fence == "+++" else _yaml(matter)
    except ValueError:
        return {}
    if not isinstance(fields, dict):
        return {}
    return {name: value for name, value in Columns().given(fields).items() if value is not None}


def _toml(matter: str) -> Any:
    import tomllib

    return tomllib.loads(matter)


def _yaml(matter: str) -> Any:
    import yaml

    try:
        # Every value as it is written: 2024-02-08 stays a text, and so does a title that is a number.
        return yaml.load(matter, yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from error
