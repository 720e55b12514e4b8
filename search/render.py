"""Answers as people and programs read them: terminal text, JSON, JSON Lines, TREC runs. Pure: strings in, strings out.

Article text is cleaned of control characters on its way to a terminal, so that nothing in it can move the cursor,
change colours or forge a link.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from index.presets import Preset, RerankerPreset
from index.text import clean
from search.answer import Answer, Hit
from search.verdict import WEAK
from search.wrap import dressed, lines, marked, several, span

Link = Callable[[str, int | None], str] | None

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


def answer_text(answer: Answer, *, width: int = 80, colour: bool = False, link: Link = None) -> str:
    """An answer for a person: the source of each hit first, then the passage, then where it stands.

    `link`: the address that leads to a path and line, where the terminal has hyperlinks. No line takes more than
    `width` cells.
    """
    said = [line for note in _notes(answer) for line in lines(_one_line(note).split(), width)]
    if not answer.hits:
        return "\n".join([*said, NOTHING])
    parts = [_hit_text(hit, width, colour, link) for hit in answer.hits]
    if not answer.answered:
        parts.insert(0, f"{NOTHING}\nThe nearest passages, though they do not seem to answer:")
    elif answer.confidence < WEAK:
        parts.insert(0, "Weak match: check whether these passages really answer.")
    return "\n\n".join([*(["\n".join(said)] if said else []), *parts])


def _notes(answer: Answer) -> Iterable[str]:
    """What was taken out of the question's words, and which copies of the target are left out."""
    if dates := answer.dates:
        ends = [f"{name} {end}" for name, end in (("since", dates.since), ("until", dates.until)) if end]
        limits = " ".join(ends)
        if dates.used:
            yield f"Only articles published {limits}, for “{dates.words}”; --no-dates asks all."
        else:
            yield f"No article published {limits} (“{dates.words}”) answers better; all were asked."
    if answer.copies:
        yield "The same article is also in " + ", ".join(copy.source or copy.path for copy in answer.copies) + "."


def source_line(fields: dict[str, Any]) -> str:
    """Publisher, date and title of an article in one line; what is not known is said to be unknown."""
    source = fields["source"] or "unknown publisher"
    if fields["origin"]:
        source += f" ({fields['origin']})"
    date = fields["published"] or "undated"
    if fields["published_inferred"] or fields["published_precision"] == "inferred":
        date += " (inferred)"
    title = f" · {fields['title']}" if fields["title"] else ""
    return _one_line(f"{source} · {date}{title}")


def _one_line(text: str) -> str:
    """`text` safe to print, and on one line whatever a file name or a title holds."""
    return re.sub("[\t\n\u2028\u2029]", " ", clean(text))


def _hit_text(hit: Hit, width: int, colour: bool, link: Link) -> str:
    shown = _head(source_line(asdict(hit)), width, colour, first=f"{hit.rank}. ", indent="   ")
    shown += passage_text(hit.text, hit.highlights, width=width, indent="   ", colour=colour)
    others = ", ".join(_one_line(copy.source or copy.path) for copy in hit.also_in)
    beside = [hit.passage_id, *(["also in", *others.split()] if others else [])]
    shown += _place_lines(asdict(hit), beside, width, colour, link, indent="   ")
    if hit.explain:
        pairs = ", ".join(f"{name} {_figure(value)}" for name, value in hit.explain.items())
        shown += [f"   {line}" for line in lines(f"score {hit.score:.3f}: {pairs}".split(), width - 3)]
    return "\n".join(shown)


def _head(text: str, width: int, colour: bool, *, first: str = "", indent: str = "") -> list[str]:
    laid = list(lines(text.split(), width - len(first or indent)))
    laid = [(indent if number else first) + line for number, line in enumerate(laid)]
    return [f"{BOLD}{line}{PLAIN}" for line in laid] if colour else laid


def _place_lines(
    at: Mapping[str, Any], beside: Sequence[str], width: int, colour: bool, link: Link, indent: str = ""
) -> list[str]:
    """Where a passage stands, as a link where there are links, and what is to be said beside it.

    `at`: a hit's path, row, row_line, line_start, page, page_end.
    """
    words = [span(place(at)), *(f" {word}" if n < 2 else word for n, word in enumerate(beside))]
    line = at["row_line"] if at["row"] is not None else at["line_start"] if at["page"] is None else None
    opening, closing = _osc8(link(at["path"], line) if link else "")
    laid = dressed(lines(words, width - len(indent)), opening, closing)
    return [f"{DIM}{indent}{line}{PLAIN}" if colour else f"{indent}{line}" for line in laid]


def _osc8(address: str) -> tuple[str, str]:
    """What stands before and after the text of a link to an address, which holds printable ASCII only."""
    return (f"\x1b]8;;{address}\x1b\\", "\x1b]8;;\x1b\\") if address else ("", "")


def place(at: Mapping[str, Any]) -> str:
    """Where a passage stands: its page, or its line; a row's line counts in its own text, so the row comes first.

    The line of the file where a row begins is said when the row's name does not say it.
    """
    row, page = at["row"], at["page"]
    named = _one_line(at["path"] if row is None else f"{at['path']}[{row}]")
    if page is not None:
        return f"{named}, page {page}" if page == at["page_end"] else f"{named}, pages {page}–{at['page_end']}"
    begins = "" if at["row_line"] is None or row == str(at["row_line"]) else f" (row at line {at['row_line']})"
    return f"{named}:{at['line_start']}{begins}"


def _figure(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def passage_text(
    text: str, marks: Sequence[tuple[int, int]] = (), *, width: int, indent: str = "", colour: bool = False
) -> list[str]:
    """A passage wrapped to lines, with marked spans in colour, or between » and « where there is none.

    Each paragraph begins a line.
    """
    room, marker = width - len(indent), 0 if colour else 1
    laid = [line for part in marked(text, marks).splitlines() for line in lines(part.split(), room, marker=marker)]
    opening, closing = (MARK, PLAIN) if colour else ("»", "«")
    return [indent + line for line in dressed(laid, opening, closing, each_line=colour)]


def shown_text(shown: dict[str, Any], *, width: int, colour: bool = False, link: Link = None) -> str:
    """A passage with its neighbours, or an article, for a person."""
    laid = _head(source_line(shown), width, colour)
    if url := _one_line(shown["url"] or "").strip():
        web = link and url.startswith(("http://", "https://"))
        opening, closing = _osc8(quote(url, safe=":/?#[]@!$&'()*+,;=%~") if web else "")
        laid += dressed(lines([span(url)], width), opening, closing)
    for passage in shown["passages"]:
        beside = [passage["passage_id"]]
        laid += ["", *_place_lines({**shown, **passage}, beside, width, colour, link)]
        laid += passage_text(passage["text"], width=width)
    return "\n".join(laid)


_KINDS = {"exact": "searched exactly", "codes": "searched by 4-bit codes, the best by their vectors"}
_SERVED = {"flat": "searched exactly (FLAT)", "hnsw": "by HNSW", "ivf": "by IVF_FLAT"}


def status_text(status: dict[str, Any], *, width: int = 80) -> str:
    """Figures of the index, for a person."""
    published = status["published"]
    rows = {
        "index": f"{status['index']} (format {status['format']})",
        "articles": f"{status['articles']:,} in {several(status['passages'], 'passage')}",
        "languages": _counted(status["languages"]),
        "publishers": _counted(status["sources"]),
        "published": f"{published['first']} to {published['last']}" if published["first"] else "no dates known",
        "encoder": "{name}, {dimension} dimensions, fingerprint {fingerprint}".format(**status["encoder"]),
        "vectors": _vectors(status["vectors"]),
        "on disk": f"{status['size_bytes'] / 1e6:,.1f} MB",
        "updated": status["updated"] or "never",
    }
    return "\n".join(
        f"{'' if number else name:<11}{line}"
        for name, value in rows.items()
        for number, line in enumerate(lines(_one_line(value).split(), width - 11))
    )


def _vectors(figures: dict[str, Any]) -> str:
    if figures.get("store") == "milvus":
        return f"on Milvus at {figures['uri']}, collection {figures['collection']}, {_SERVED[figures['kind']]}"
    return f"{_KINDS[figures['kind']]}, {several(figures['segments'], 'segment')}"


def _counted(counts: dict[str, int], most: int = 8) -> str:
    shown = [f"{name} {count:,}" for name, count in list(counts.items())[:most]]
    if len(counts) > most:
        shown.append(f"and {len(counts) - most:,} more")
    return ", ".join(shown) or "none"


def model_object(preset: Preset | RerankerPreset, *, here: bool) -> dict[str, Any]:
    """A preset with what it is for and whether its weights are on this machine."""
    if isinstance(preset, Preset):
        return {"kind": "encoder", **preset._asdict(), "present": here}
    absent = dict.fromkeys(Preset._fields)  # the same keys for all
    return {"kind": "reranker", **absent, **preset._asdict(), "present": here}


_PUBLISHED = {
    "MIRACL Indonesian": "miracl_id",
    "Belebele Indonesian": "belebele_id",
    "English questions to Indonesian": "belebele_en_id",
}


def models_text(models: Sequence[dict[str, Any]], *, width: int = 80) -> str:
    """The presets, for a person: of each a line of facts, and what there is to say."""
    parts = []
    for model in models:
        size = "comes with Telusur" if model["hub_id"] is None else f"{model['weights_mb']:,} MB"
        what = ["reranker"]
        if model["kind"] == "encoder":
            fewer = f" (or {', '.join(map(str, model['matryoshka']))})" if model["matryoshka"] else ""
            what = [f"{model['dimension']:,} dimensions{fewer}", f"{model['pooling']} pooling"]
        facts = [*what, f"{model['max_tokens']:,} tokens", size, model["licence"], model["languages"]]
        if model["present"] and model["hub_id"]:
            facts.insert(0, "on this machine")
        said = [" · ".join(facts), model["note"]]
        if model["query_prompt"] or model["passage_prompt"]:
            asked, told = (
                f"begin with {as_json(model[key])}" if model[key] else "as they are"
                for key in ("query_prompt", "passage_prompt")
            )
            said.insert(1, f"questions {asked}, passages {told.removeprefix('begin ')}")
        figures = {name: model[key] for name, key in _PUBLISHED.items() if model[key] is not None}
        if figures:
            said.append("published nDCG@10: " + " · ".join(f"{name} {value}" for name, value in figures.items()))
        laid = [f"  {line}" for text in said for line in lines(text.split(), width - 2)]
        parts.append("\n".join([model["name"], *laid]))
    return "\n".join(parts)
