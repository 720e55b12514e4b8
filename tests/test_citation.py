"""Citations against the readers of their formats: a BibTeX parser, a CommonMark parser."""

import html
import json
import re
from pathlib import Path
from typing import Any

import bibtexparser
import pytest
from bibtexparser.library import Library
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pylatexenc.latex2text import LatexNodes2Text

from index.errors import UsageError
from search.citation import cite, facts
from search.engine import Searcher

FACTS = {
    "title": "Kuba & China: 100% “sepakat”", "source": "VOA Indonesia", "origin": None, "published": "2022-11-25",
    "published_precision": "day", "published_inferred": False,
    "url": "https://voa.id/a?x=1&copy=2", "path": "seeds/000_a.txt", "row": None,
    "line_start": 11, "line_end": 13, "passage_id": "7a774936#3", "article_id": "7a774936",
    "text": "Harga naik 5% di *Medan*.\nKata Xi_Jinping {sic}.\n\n1. Paragraf kedua.",
}  # fmt: skip

# Every character that one of the formats could take for its own, controls, direction marks and words.
HOSTILE = st.text(st.sampled_from("\\{}$&#_%~^<>|`*[]()!\"'-=+.:;,?@/ \n\t\x1b\u202e\ue000é1aK"), max_size=50)


def said(text: str) -> str:
    """The words of a text as a citation gives them: no controls, white space as one space."""
    return " ".join(re.sub("[\x1b\u202e]", " ", text).split())


def parsed(bibtex: str) -> dict[str, str]:
    library: Library = bibtexparser.parse_string(bibtex)
    assert not library.failed_blocks
    (entry,) = library.entries
    return {
        "type": entry.entry_type,
        "key": entry.key,
        **{name: field.value for name, field in entry.fields_dict.items()},
    }


def decoded(value: str) -> str:
    """What LaTeX prints for the value of a field."""
    return LatexNodes2Text().latex_to_text(value).replace("ˆ", "^")  # pylatexenc takes \\textasciicircum for the accent


def rendered(markdown: str) -> tuple[str, str, list[str]]:
    """What CommonMark makes of it: the quote's text, the text of the rest, the targets of its links."""
    shown = MarkdownIt("commonmark").enable("table").render(markdown)
    quote, rest = re.fullmatch(r"(?s)(?:<blockquote>(.*)</blockquote>\s*)?(.*)", shown).groups()
    tags = set(re.findall(r"</?(\w+)", shown))
    assert tags <= {"blockquote", "p", "a"}, shown
    links = re.findall(r'href="([^"]*)"', shown)
    return *(said(html.unescape(re.sub("<[^>]*>", " ", part or ""))) for part in (quote, rest)), links


def test_text() -> None:
    assert cite(FACTS, "text").splitlines() == [
        "VOA Indonesia, “Kuba & China: 100% “sepakat””, 2022-11-25. https://voa.id/a?x=1&copy=2",
        "seeds/000_a.txt, lines 11–13 (7a774936#3)",
        "",
        "    Harga naik 5% di *Medan*.",
        "    Kata Xi_Jinping {sic}.",
        "",
        "    1. Paragraf kedua.",
    ]


def test_markdown() -> None:
    quote, source, links = rendered(cite(FACTS, "markdown"))
    assert quote == "Harga naik 5% di *Medan*. Kata Xi_Jinping {sic}. 1. Paragraf kedua."
    assert source == (
        "— VOA Indonesia, “Kuba & China: 100% “sepakat”” , 2022-11-25. seeds/000_a.txt, lines 11–13 (7a774936#3)"
    )
    assert [html.unescape(link) for link in links] == [FACTS["url"]]


def test_bibtex() -> None:
    entry = parsed(cite(FACTS, "bibtex"))
    assert (entry["type"], entry["key"]) == ("misc", "telusur-7a774936-3")
    assert (entry["author"], decoded(entry["title"])) == ("{VOA Indonesia}", FACTS["title"])
    assert (entry["year"], entry["month"], entry["day"], entry["date"]) == ("2022", "nov", "25", "2022-11-25")
    assert entry["url"] == FACTS["url"]
    assert decoded(entry["note"]) == "seeds/000_a.txt, lines 11–13 (7a774936#3)"
    assert decoded(entry["annote"]) == "Harga naik 5% di *Medan*. Kata Xi_Jinping {sic}. 1. Paragraf kedua."


@pytest.mark.parametrize(
    ("changes", "line", "dated"),
    [
        (
            {"published": "2022-11", "published_precision": "month"},
            "VOA Indonesia, “T”, 2022-11.",
            ("2022", "nov", None),
        ),
        ({"published": "2022", "published_precision": "year"}, "VOA Indonesia, “T”, 2022.", ("2022", None, None)),
        ({"published": None, "published_precision": None}, "VOA Indonesia, “T”, undated.", (None, None, None)),
        ({"published_precision": "inferred"}, "VOA Indonesia, “T”, 2022-11-25 (inferred).", ("2022", "nov", "25")),
        ({"published_inferred": True}, "VOA Indonesia, “T”, 2022-11-25 (inferred).", ("2022", "nov", "25")),
        ({"source": None, "title": None}, "Unknown publisher, 2022-11-25.", ("2022", "nov", "25")),
        ({"origin": "AP"}, "VOA Indonesia (AP), “T”, 2022-11-25.", ("2022", "nov", "25")),
    ],
)
def test_only_what_is_known(changes: dict[str, Any], line: str, dated: tuple[str | None, ...]) -> None:
    known = {**FACTS, "title": "T", "url": None, **changes}
    assert cite(known, "text").splitlines()[0] == line
    entry = parsed(cite(known, "bibtex"))
    assert tuple(entry.get(name) for name in ("year", "month", "day")) == dated
    assert ("date inferred" in entry["note"]) == ("(inferred)" in line)
    assert ("author" in entry, "title" in entry) == (known["source"] is not None, known["title"] is not None)
    assert "url" not in entry


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "voa.id/x"])
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    assert rendered(cite({**FACTS, "url": url}, "markdown"))[2] == []
    assert "url" not in parsed(cite({**FACTS, "url": url}, "bibtex"))


def test_another_style_is_refused() -> None:
    with pytest.raises(UsageError, match="no citation style 'apa'") as caught:
        cite(FACTS, "apa")
    assert "text, markdown, bibtex" in caught.value.hint


@given(HOSTILE, HOSTILE)
def test_whatever_an_article_holds_reads_as_it_did(text: str, other: str) -> None:
    hostile = {
        **FACTS, "text": text, "title": other, "source": other, "path": f"a{other}.txt", "url": f"https://a.id/{other}",
    }  # fmt: skip
    quote, source, links = rendered(cite(hostile, "markdown"))
    assert quote == said(text)
    assert source.count(said(other)) >= 1 + bool(said(other))
    assert len(links) == 1
    entry = parsed(cite(hostile, "bibtex"))
    assert decoded(entry.get("annote", "")) == said(text)
    assert decoded(entry.get("title", "")) == said(other)
    assert entry["key"] == "telusur-7a774936-3"
    for style in ("text", "markdown", "bibtex"):
        assert not set("\x1b\u202e\t") & set(cite(hostile, style))


def test_facts_of_what_show_shows(seeds_index: Path) -> None:
    with Searcher.open(seeds_index) as searcher:
        hit = searcher.search("What did China and Cuba promise each other?", k=1).hits[0]
        alone = facts(searcher.show(hit.passage_id))
        around = facts(searcher.show(hit.passage_id, context=1))
        whole = facts(searcher.show(hit.article_id))
    assert (alone["passage_id"], alone["line_start"], alone["line_end"]) == (
        hit.passage_id,
        hit.line_start,
        hit.line_end,
    )
    assert alone["text"] == hit.text
    assert around["passage_id"] == hit.passage_id
    assert hit.text in around["text"]
    assert around["line_end"] >= hit.line_end
    assert "passage_id" not in whole
    assert cite(whole, "text").count("\n") == 1  # an article is named, not quoted
    same = json.loads(json.dumps({name: getattr(hit, name) for name in FACTS}))
    assert cite(alone, "markdown") == cite(same, "markdown")  # a hit's JSON fields are such facts too
