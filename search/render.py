"""Answers as people and programs read them: terminal text, JSON, JSON Lines, TREC runs. Pure: strings in, strings out.

Article text is cleaned of control characters on its way to a terminal, so that nothing in it can move the cursor,
change colours or forge a link.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from index.presets import Preset
from index.text import clean
from search.answer import Answer, Hit
from search.verdict import WEAK

NOTHING = "Tidak ada artikel yang relevan / No relevant article"

BOLD, DIM, MARK, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[1;33m", "\x1b[0m"

# What json leaves as it is though a terminal obeys it, or a program reading lines takes it for a line's end.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def as_json(value: Any) -> str:
    """One JSON object on one line; characters outside ASCII as they are, invisible ones and surrogates escaped."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value, ensure_ascii=False))


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer with the keys that docs and CLI promise; `explain` only where it was asked for."""
    shown = asdict(answer)
    for hit in shown["hits"]:
        if hit["explain"] is None:
            del hit["explain"]
    return shown


def answer_lines(answer: Answer) -> Iterable[str]:
    """One JSON object a hit."""
    for hit in answer_object(answer)["hits"]:
        yield as_json(hit)


def answer_trec(answer: Answer, topic: str = "1", tag: str = "telusur") -> Iterable[str]:
    """Lines of a TREC run: topic Q0 passage_id rank score tag."""
    for hit in answer.hits:
        yield f"{topic} Q0 {hit.passage_id} {hit.rank} {hit.score:.6f} {tag}"


def answer_text(answer: Answer, *, width: int = 80, colour: bool = False) -> str:
    """An answer for a person: the source of each hit first, then the passage, then where it stands."""
    if not answer.hits:
        return NOTHING
    parts = [_hit_text(hit, width, colour) for hit in answer.hits]
    if not answer.answered:
        parts.insert(0, f"{NOTHING}\nThe nearest passages, though they do not seem to answer:")
    elif answer.confidence < WEAK:
        parts.insert(0, "Weak match: check whether these passages really answer.")
    return "\n\n".join(parts)


def source_line(fields: dict[str, Any]) -> str:
    """Publisher, date and title of an article in one line; what is not known is said to be unknown."""
    source = fields["source"] or "unknown publisher"
    if fields["origin"]:
        source += f" ({fields['origin']})"
    date = fields["published"] or "undated"
    if fields["published_precision"] == "inferred":
        date += " (inferred)"
    title = f" · {fields['title']}" if fields["title"] else ""
    return _one_line(f"{source} · {date}{title}")


def _one_line(text: str) -> str:
    """`text` safe to print, and on one line whatever a file name or a title holds."""
    return re.sub("[\t\n\u2028\u2029]", " ", clean(text))


def _hit_text(hit: Hit, width: int, colour: bool) -> str:
    head = f"{hit.rank}. {source_line(asdict(hit))}"
    lines = textwrap.wrap(head, width, subsequent_indent="   ")
    if colour:
        lines = [f"{BOLD}{line}{PLAIN}" for line in lines]
    lines += passage_text(hit.text, hit.highlights, width=width, indent="   ", colour=colour)
    place = f"   {_place(hit.path, hit.row, hit.line_start)}  {hit.passage_id}"
    if hit.also_in:
        place += "  also in " + ", ".join(_one_line(copy.source or copy.path) for copy in hit.also_in)
    lines.append(f"{DIM}{place}{PLAIN}" if colour else place)
    if hit.explain:
        pairs = ", ".join(f"{name} {_figure(value)}" for name, value in hit.explain.items())
        lines.append(f"   score {hit.score:.3f}: {pairs}")
    return "\n".join(lines)


def _place(path: str, row: str | None, line: int) -> str:
    """Where a passage stands; a row's line counts in its own text, so the row comes first."""
    return _one_line(path if row is None else f"{path}[{row}]") + f":{line}"


def _figure(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def passage_text(
    text: str, marks: Sequence[tuple[int, int]] = (), *, width: int, indent: str = "", colour: bool = False
) -> list[str]:
    """A passage wrapped to lines, with marked spans in colour, or between » and « where there is none.

    Each paragraph begins a line. Wrapping works on text in which each marked word carries its marker, so that a mark
    may run over a line's end.
    """
    opening, closing = (MARK, PLAIN) if colour else ("»", "«")
    shown, inside = [], False
    for line in _wrapped("".join(_marked(clean(text), marks)), width - len(indent), markers_take_room=not colour):
        begins_inside = inside
        for character in line:
            inside = {"\ue000": True, "\ue001": False}.get(character, inside)
        line = line.replace("\ue000", opening).replace("\ue001", closing)
        if colour:  # a colour must not run into the margin
            line = (opening if begins_inside else "") + line + (closing if inside else "")
        shown.append(indent + line)
    return shown


def _wrapped(text: str, room: int, *, markers_take_room: bool) -> Iterator[str]:
    """The lines of a text, of at most `room` characters unless one word alone is longer."""
    for paragraph in text.splitlines():
        line, used = "", 0
        for word in paragraph.split():
            length = len(word) if markers_take_room else len(word.replace("\ue000", "").replace("\ue001", ""))
            if line and used + 1 + length > room:
                yield line
                line, used = "", 0
            line = f"{line} {word}" if line else word
            used += length + (used > 0)
        if line:
            yield line


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> Iterable[str]:
    """The text with private-use characters around its marked spans; its own private-use ones go."""
    text = text.replace("\ue000", " ").replace("\ue001", " ")
    at = 0
    for start, end in marks:
        yield text[at:start]
        yield f"\ue000{text[start:end].rstrip()}\ue001"
        yield text[start:end][len(text[start:end].rstrip()) :]
        at = end
    yield text[at:]


def shown_text(shown: dict[str, Any], *, width: int, colour: bool = False) -> str:
    """A passage with its neighbours, or an article, for a person."""
    lines = textwrap.wrap(source_line(shown), width)
    if colour:
        lines = [f"{BOLD}{line}{PLAIN}" for line in lines]
    if shown["url"]:
        lines.append(_one_line(shown["url"]))
    for passage in shown["passages"]:
        place = f"{_place(shown['path'], shown['row'], passage['line_start'])}  {passage['passage_id']}"
        lines += ["", f"{DIM}{place}{PLAIN}" if colour else place]
        lines += passage_text(passage["text"], width=width)
    return "\n".join(lines)


_KINDS = {"exact": "searched exactly", "codes": "searched by 4-bit codes, the best by their vectors"}


def status_text(status: dict[str, Any]) -> str:
    """Figures of the index, for a person."""
    published = status["published"]
    rows = {
        "index": f"{status['index']} (format {status['format']})",
        "articles": f"{status['articles']:,} in {status['passages']:,} passages",
        "languages": _counted(status["languages"]),
        "publishers": _counted(status["sources"]),
        "published": f"{published['first']} to {published['last']}" if published["first"] else "no dates known",
        "encoder": "{name}, {dimension} dimensions, fingerprint {fingerprint}".format(**status["encoder"]),
        "vectors": f"{_KINDS[status['vectors']['kind']]}, {status['vectors']['segments']} segments",
        "on disk": f"{status['size_bytes'] / 1e6:,.1f} MB",
        "updated": status["updated"] or "never",
    }
    return "\n".join(f"{name:<11}{clean(value)}" for name, value in rows.items())


def _counted(counts: dict[str, int], most: int = 8) -> str:
    shown = [f"{name} {count:,}" for name, count in list(counts.items())[:most]]
    if len(counts) > most:
        shown.append(f"and {len(counts) - most:,} more")
    return ", ".join(shown) or "none"


def scores_text(scores: dict[str, Any]) -> str:
    """A benchmark's scores, for a person."""
    lines = [f"{scores['queries']:,} queries, {scores['passages']:,} passages, {scores['mode']}"]
    for name, (low, high) in scores["ci95"].items():
        by_language = "  ".join(f"{clean(lang)} {means[name]:.4f}" for lang, means in scores["by_language"].items())
        lines.append(f"{name:<8} {scores[name]:.4f}  95 % [{low:.4f}, {high:.4f}]  {by_language}")
    return "\n".join(lines)


def preset_object(preset: Preset, *, here: bool) -> dict[str, Any]:
    """An encoder preset with whether its weights are on this machine."""
    return {**asdict(preset), "present": here}


def models_text(presets: Sequence[dict[str, Any]]) -> str:
    """The encoder presets, for a person."""
    lines = [f"{'preset':<38}{'dimension':>10}{'tokens':>8}  {'licence':<20}{'here':<6}languages"]
    for preset in presets:
        here = "yes" if preset["present"] else "no"
        figures = f"{preset['dimension']:>10}{preset['max_tokens']:>8}  {preset['licence']:<20}{here:<6}"
        lines.append(f"{preset['name']:<38}{figures}{preset['languages']}")
    return "\n".join(lines)
