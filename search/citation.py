"""A passage as a citation that others can check: plain text, Markdown, BibTeX. Pure: facts in, a string out.

The facts are a hit's JSON fields, or what `facts` takes out of an answer of `show`. Everything in them is escaped for
the format it goes into, so that a citation reads as its article did, whatever characters that holds.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from index.errors import UsageError
from index.text import clean

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()

# What CommonMark, its tables and its mathematics take for markup within a line, and what only where a line begins.
_MARKUP = re.compile(r"[\\`*_\[\]<>&~|$]")
_LINE_MARKUP = re.compile(r"^(?:[#+=-]|\d+[.)])")

# BibTeX counts braces even behind a backslash, so that they need names.
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"$\lbrace$", "}": r"$\rbrace$", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$",
    **{character: f"\\{character}" for character in "$&#_%"},
}  # fmt: skip
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=`)(?=`)|(?<=')(?=')|(?<=,)(?=,)|(?<=[?!])(?=`)")


def cite(facts: Mapping[str, Any], style: str) -> str:
    """A citation in the style `text`, `markdown` or `bibtex`. Raises UsageError for another style.

    `facts`: `title`, `source`, `origin`, `published`, `published_precision`, `published_inferred`, `url`, `path`,
    `row`, `line_start`, `line_end`, `text`, and `passage_id`, or `article_id` where the whole article is cited; then
    nothing is quoted.
    """
    if style not in STYLES:
        raise UsageError(f"there is no citation style {style!r}", f"use one of: {', '.join(STYLES)}")
    return STYLES[style](facts)


def facts(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What `cite` needs, out of an answer of `Searcher.show`: the stretch shown, under the name of what was asked."""
    passages = shown["passages"]
    asked = [passage["passage_id"] for passage in passages if passage["asked"]]
    if len(asked) == 1 and passages[0]["char_start"] == shown["char_start"]:
        lines = {"line_start": passages[0]["line_start"], "line_end": passages[-1]["line_end"]}
        return {**shown, **lines, "passage_id": asked[0]}
    return {**shown, "line_start": 1, "line_end": len(shown["text"].splitlines())}


def reference(facts: Mapping[str, Any]) -> str:
    """What a citation says before it quotes, in one line."""
    return " ".join(_source(facts))


def _source(facts: Mapping[str, Any]) -> list[str]:
    return [f"{', '.join(_credits(facts))}. {_web(facts['url'])}".rstrip(), _place(facts)]


def _text(facts: Mapping[str, Any]) -> str:
    lines = _source(facts)
    for paragraph in _quoted(facts):
        lines += ["", *(f"    {line}" for line in paragraph)]
    return "\n".join(lines)


def _markdown(facts: Mapping[str, Any]) -> str:
    publisher, *rest = map(_in_markdown, _credits(facts))
    if url := _target(_web(facts["url"])).replace("&", r"\&"):  # `&copy=` would be read as an entity
        rest[0] = f"[{rest[0]}](<{url}>)"
    quote = "\n>\n".join("\n".join(f"> {_in_markdown(line)}" for line in paragraph) for paragraph in _quoted(facts))
    source = f"— {', '.join([publisher, *rest])}. {_in_markdown(_place(facts))}"
    return f"{quote}\n\n{source}" if quote else source


def _bibtex(facts: Mapping[str, Any]) -> str:
    name = facts.get("passage_id") or facts["article_id"]
    notes = [_place(facts)]
    if facts["origin"]:
        notes.insert(0, f"from {_line(facts['origin'])}")
    if _is_inferred(facts):
        notes.insert(0, "date inferred")
    year, month, day = [*(facts["published"] or "").split("-"), "", ""][:3]
    fields = {
        "author": f"{{{_in_latex(facts['source'] or '')}}}",  # in braces: no given and family name
        "title": f"{{{_in_latex(facts['title'] or '')}}}",
        "date": _line(facts["published"] or ""),
        "year": year,
        "month": _MONTHS[int(month) - 1] if month else "",
        "day": day.lstrip("0"),
        "url": _target(_web(facts["url"])),
        "note": _in_latex("; ".join(notes)),
        "annote": _in_latex(" ".join(line for paragraph in _quoted(facts) for line in paragraph)),
    }
    known = {name: value for name, value in fields.items() if value not in ("", "{}")}
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}" for name, value in known.items()]
    key = "telusur-" + re.sub(r"[^A-Za-z0-9]+", "-", name)
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


STYLES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {"text": _text, "markdown": _markdown, "bibtex": _bibtex}


def _credits(facts: Mapping[str, Any]) -> list[str]:
    """Publisher, title between quotation marks where there is one, and date: what is not known is said so."""
    publisher = facts["source"] or "Unknown publisher"
    if facts["origin"]:
        publisher += f" ({facts['origin']})"
    date = facts["published"] or "undated"
    if _is_inferred(facts):
        date += " (inferred)"
    title = [f"“{facts['title']}”"] if facts["title"] else []
    return [_line(part) for part in (publisher, *title, date)]


def _is_inferred(facts: Mapping[str, Any]) -> bool:
    """Whether nobody states the date as that of publication, or a part of it was worked out."""
    return bool(facts["published_inferred"]) or facts["published_precision"] == "inferred"


def _place(facts: Mapping[str, Any]) -> str:
    """File, lines and name of what is cited."""
    path = facts["path"] if facts["row"] is None else f"{facts['path']}[{facts['row']}]"
    first, last = facts["line_start"], facts["line_end"]
    lines = f"line {first}" if first == last else f"lines {first}–{last}"
    return _line(f"{path}, {lines} ({facts.get('passage_id') or facts['article_id']})")


def _quoted(facts: Mapping[str, Any]) -> list[list[str]]:
    """Paragraphs of the passage, each its lines; none where a whole article is cited."""
    if not facts.get("passage_id"):
        return []
    paragraphs = re.split(r"\n\s*\n", clean(facts["text"]))
    lines = [[_line(line) for line in paragraph.splitlines() if line.strip()] for paragraph in paragraphs]
    return [paragraph for paragraph in lines if paragraph]


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _web(url: str | None) -> str:
    """An address that may become a link: of the web, nothing else."""
    line = _line(url or "")
    return line if re.match(r"https?://", line, re.IGNORECASE) else ""


def _target(url: str) -> str:
    """An address without the characters that end one in Markdown or BibTeX."""
    return re.sub(r"[\\{}<>]", lambda found: f"%{ord(found.group()):02X}", url)


def _in_markdown(line: str) -> str:
    escaped = _MARKUP.sub(r"\\\g<0>", line)
    return _LINE_MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", escaped)


def _in_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in _LIGATURE.sub("\0", _line(text))).replace(
        "\0", "{}"
    )
