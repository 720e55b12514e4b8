"""What people and programs read: wrapping, marks, nothing that a terminal would obey, valid output when empty."""

import dataclasses
import json
import re
import unicodedata
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_wrap import columns

from index.presets import presets, rerankers
from search.answer import Answer, Copy, DatesUsed, Hit
from search.render import (
    MARK,
    NOTHING,
    PLAIN,
    answer_lines,
    answer_object,
    answer_text,
    answer_trec,
    as_json,
    model_object,
    models_text,
    passage_text,
    shown_text,
    source_line,
    status_text,
)

TEXT = (
    "Presiden Mongolia Ukhnaagiin Khurelsukh dan Presiden Dewan Eropa Charles Michel akan melakukan perjalanan ke "
    "Beijing minggu depan. Diaz-Canel tiba di China setelah kunjungan ke Moskow.\n\nKunjungan itu berakhir."
)
HIT = Hit(
    rank=1, score=0.71828, passage_id="7a774936#3", article_id="7a774936", title="Kuba dan China", source="VOA",
    origin=None, published="2022-11-25", published_precision="day", url=None, language="id", path="seeds/000.txt",
    row=None, line_start=11, line_end=13, char_start=1200, char_end=1200 + len(TEXT), text=TEXT, highlights=((0, 131),),
)  # fmt: skip
ANSWER = Answer("Siapa ke Beijing?", "id", "hybrid", answered=True, confidence=0.99, seconds=0.1, hits=(HIT,))
EMPTY = Answer("Resep rendang?", "id", "hybrid", answered=False, confidence=0.01, seconds=0.1)

# Escape sequences of both kinds, other controls, direction marks, zero-width ones, the private-use marks, and words.
HOSTILE = st.text(
    st.sampled_from("\x1b\x9b\x00\x07\x08\r\n\t\x7f\x85\u200b\u200f\u202e\u2066\u2028\ufeff\ue000\ue001»« ab[31m"),
    max_size=60,
)
SHOWN = re.compile("\x1b\\[(?:0|1|2|1;33)m")
OSC8 = re.compile("\x1b\\]8;;[!-~]*\x1b\\\\")
STATUS = {
    "index": ".telusur", "format": 1, "articles": 12_345, "passages": 67_890,
    "languages": {"id": 12_000, "en": 345},
    "sources": {f"Media {n}": 20 - n for n in range(10)}, "published": {"first": "2020", "last": "2024-02-08"},
    "encoder": {"name": "bundled", "dimension": 384, "fingerprint": "eb8a"},
    "vectors": {"kind": "exact", "segments": 3}, "size_bytes": 12_340_000, "updated": None,
}  # fmt: skip


def hit(**changes: Any) -> Hit:
    return dataclasses.replace(HIT, **changes)


def answer(*hits: Hit, **changes: Any) -> Answer:
    return dataclasses.replace(ANSWER, hits=hits, **changes)


def assert_harmless(shown: str) -> None:
    for character in shown:
        assert character == "\n" or unicodedata.category(character) != "Cc"
        assert unicodedata.bidirectional(character) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        }  # fmt: skip
        assert character not in "\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\ufeff"


# --- terminal text -----------------------------------------------------------------------------------------------


def test_the_source_stands_first() -> None:
    lines = answer_text(ANSWER, width=80).splitlines()
    assert lines[0] == "1. VOA · 2022-11-25 · Kuba dan China"
    assert lines[1].startswith("   »Presiden Mongolia Ukhnaagiin")
    assert lines[-1] == "   seeds/000.txt:11  7a774936#3"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "VOA · 2022-11-25 · Kuba dan China"),
        ({"title": None}, "VOA · 2022-11-25"),
        ({"source": None, "published": None, "title": None}, "unknown publisher · undated"),
        ({"origin": "AP", "published_precision": "inferred"}, "VOA (AP) · 2022-11-25 (inferred) · Kuba dan China"),
        ({"published": "2022-11", "published_precision": "month", "title": None}, "VOA · 2022-11"),
    ],
)
def test_source_line(changes: dict[str, Any], expected: str) -> None:
    assert source_line(dataclasses.asdict(hit(**changes))) == expected


@pytest.mark.parametrize("width", [40, 60, 80, 140])
@pytest.mark.parametrize("colour", [False, True])
def test_no_line_is_wider_than_asked(width: int, colour: bool) -> None:
    shown = answer_text(answer(hit(title="Judul " * 30)), width=width, colour=colour)
    lines = SHOWN.sub("", shown).splitlines()
    assert max(map(len, lines)) <= width
    body = [line for line in lines if line.startswith("   ") and "000.txt" not in line and "Judul" not in line]
    words = "".join(line + " " for line in body).replace("»", "").replace("«", "").split()
    assert words == TEXT.split()
    # and no line was broken too early: a paragraph ended, or the next line's first word would not have fitted
    ends = {paragraph.split()[-1] for paragraph in TEXT.splitlines() if paragraph.strip()}
    for line, following in pairwise(body):
        assert line.split()[-1].strip("»«") in ends or len(line) + 1 + len(following.split()[0]) > width


def test_each_paragraph_begins_a_line() -> None:
    assert passage_text("satu dua.\n\ntiga empat", [(5, 15)], width=20) == ["satu »dua.", "tiga« empat"]


def test_marks() -> None:
    assert passage_text("Kuba dan China sepakat.", [(0, 4), (9, 14)], width=80) == ["»Kuba« dan »China« sepakat."]
    assert passage_text("Kuba sepakat.  ", [(0, 15)], width=80) == ["»Kuba sepakat.«"]
    assert passage_text("Kuba.", [], width=80, indent="  ") == ["  Kuba."]
    assert passage_text("Kuba dan China", [(9, 14)], width=80, colour=True) == [f"Kuba dan {MARK}China{PLAIN}"]


def test_a_mark_runs_over_the_end_of_a_line() -> None:
    lines = passage_text("satu dua tiga empat lima", [(5, 19)], width=12, indent="  ")
    assert lines == ["  satu »dua", "  tiga", "  empat«", "  lima"]
    coloured = passage_text("satu dua tiga empat lima", [(5, 19)], width=12, indent="  ", colour=True)
    # no colour in the margin, none left on at the end of a line
    assert coloured == [f"  satu {MARK}dua{PLAIN}", f"  {MARK}tiga empat{PLAIN}", "  lima"]


def test_the_marks_of_the_text_itself_stay() -> None:
    assert passage_text("Kata »dia« itu", [(0, 4)], width=80) == ["»Kata« »dia« itu"]


WIDE = {
    "title": "習近平會見普京 " * 20, "source": "Đài Tiếng nói Việt Nam " * 5, "origin": "Reuters" * 30,
    "path": "seeds/" + "folder with spaces/" * 5 + "x" * 200 + ".txt", "url": "https://a.id/" + "b" * 300,
    "text": "习近平说" * 60 + " e\u0301\u0302" * 90 + " https://a.id/" + "a" * 160 + " 🙂" * 70 + "\u200b\u202e\x1b[2J",
    "highlights": ((3, 300), (420, 600)), "also_in": tuple(Copy(f"{n}/{'y' * 90}.txt", None, None) for n in range(4)),
    "explain": {f"part{n}": 0.5 for n in range(20)},
}  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("linked", [False, True])
def test_every_screen_fits(width: int, colour: bool, linked: bool) -> None:
    """Wide and combining characters, long addresses and paths, hostile ones; cells as Unicode's tables have them."""
    link = (lambda path, line: f"file:///{len(path)}#{line}") if linked else None
    wide = hit(**WIDE)
    article = {**dataclasses.asdict(wide), "passages": [dataclasses.asdict(wide)]}
    screens = [
        answer_text(answer(wide, HIT, confidence=0.6), width=width, colour=colour, link=link),
        answer_text(answer(wide, answered=False), width=width, colour=colour, link=link),
        shown_text(article, width=width, colour=colour, link=link),
        status_text({**STATUS, "index": "/very" * 60, "sources": {"習近平" * 40: 3, "b": 2}}, width=width),
    ]
    for screen in screens:
        plain = OSC8.sub("", SHOWN.sub("", screen) if colour else screen)
        assert_harmless(plain)
        assert max(map(columns, plain.split("\n"))) <= width
        for line in screen.split("\n"):  # each link that a line opens it closes
            assert line.count("\x1b]8;;\x1b") * 2 == line.count("\x1b]8;;")
    said = "".join(OSC8.sub("", SHOWN.sub("", screens[2])).split())
    for name in ("title", "path", "url"):
        assert "".join(WIDE[name].split()) in said
    assert ("\x1b]8;;file:///" in screens[0]) == linked


@pytest.mark.parametrize(
    ("url", "linked"), [("https://a.id/x?y=1#z", True), ("javascript:alert(1)", False), ("file:///etc/passwd", False)]
)
def test_an_articles_address_is_a_link_when_it_is_of_the_web(url: str, linked: bool) -> None:
    article = {**dataclasses.asdict(HIT), "url": url, "passages": [dataclasses.asdict(HIT)]}
    shown = shown_text(article, width=80, link=lambda path, line: "file:///x")
    assert (f"\x1b]8;;{url}\x1b\\{url}\x1b]8;;\x1b\\" in shown) == linked
    assert url in shown
    assert "\x1b" not in shown_text(article, width=80)


def test_a_link_stands_on_the_place_alone() -> None:
    shown = answer_text(ANSWER, width=80, link=lambda path, line: f"file:///here/{path}#{line}")
    assert shown.splitlines()[-1] == (
        "   \x1b]8;;file:///here/seeds/000.txt#11\x1b\\seeds/000.txt:11\x1b]8;;\x1b\\  7a774936#3"
    )
    rows = answer_text(answer(hit(path="a.jsonl", row="7")), link=lambda path, line: f"file:///{path}#{line}")
    assert "file:///a.jsonl#None" in rows  # a row's lines are not the file's


def test_copies_and_explanations() -> None:
    copies = (Copy("b.txt", "Antara", None), Copy("c.txt", None, "2024"))
    explain = {"cosine": 0.5, "semantic_rank": 1, "bm25": None}
    lines = answer_text(answer(hit(also_in=copies, explain=explain)), width=80).splitlines()
    assert lines[-2] == "   seeds/000.txt:11  7a774936#3  also in Antara, c.txt"
    assert lines[-1] == "   score 0.718: cosine 0.500, semantic_rank 1, bm25 –"


def test_how_sure_it_is() -> None:
    assert answer_text(EMPTY) == NOTHING
    assert "Tidak ada artikel yang relevan" in NOTHING
    assert "No relevant article" in NOTHING
    assert answer_text(answer(HIT, answered=False, confidence=0.1)).startswith(NOTHING)
    assert answer_text(answer(HIT, confidence=0.55)).startswith("Weak match")
    assert answer_text(ANSWER).startswith("1. ")


@given(HOSTILE, HOSTILE, st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=4), st.booleans())
def test_nothing_of_an_article_reaches_the_terminal_raw(
    text: str, other: str, pairs: list[tuple[int, int]], colour: bool
) -> None:
    marks, at = [], 0
    for gap, length in pairs:
        start, at = min(at + gap, len(text)), min(at + gap + length, len(text))
        if start < at:
            marks.append((start, at))
    hostile = hit(
        text=text, highlights=tuple(marks), title=other, source=other, origin=other, path=other + ".txt",
        also_in=(Copy(other, other, None), Copy(other, None, None)),
    )  # fmt: skip
    shown = answer_text(answer(hostile), width=60, colour=colour)
    plain = SHOWN.sub("", shown) if colour else shown
    if colour:
        assert shown.endswith(PLAIN)
        for line in shown.split("\n"):  # every colour that a line turns on it turns off
            assert line.count("\x1b[") == 2 * line.count(PLAIN)
    assert_harmless(plain)
    assert not set("\ue000\ue001") & set("".join(passage_text(text, marks, width=60, colour=colour)))
    article = {**dataclasses.asdict(hostile), "url": other, "passages": [dataclasses.asdict(hostile)]}
    assert_harmless(SHOWN.sub("", shown_text(article, width=60, colour=True)))


def test_a_passage_shown() -> None:
    article = {**dataclasses.asdict(HIT), "url": "https://voa.id/1", "passages": [dataclasses.asdict(HIT)]}
    lines = shown_text(article, width=80).splitlines()
    assert lines[:4] == ["VOA · 2022-11-25 · Kuba dan China", "https://voa.id/1", "", "seeds/000.txt:11  7a774936#3"]
    assert " ".join(lines[4:]).split() == TEXT.split()


# --- programs ----------------------------------------------------------------------------------------------------


def test_json_says_what_the_answer_says() -> None:
    shown = json.loads(as_json(answer_object(ANSWER)))
    assert {name: value for name, value in shown.items() if name != "hits"} == {
        "query": "Siapa ke Beijing?", "language": "id", "mode": "hybrid", "answered": True, "confidence": 0.99,
        "seconds": 0.1, "dates": None, "copies": [], "reranker": None,
    }  # fmt: skip
    (only,) = shown["hits"]
    assert only["highlights"] == [[0, 131]]
    assert only["also_in"] == []
    assert only["title"] == "Kuba dan China"
    assert only["url"] is None
    assert "explain" not in only


def test_json_explains_when_asked() -> None:
    shown = json.loads(as_json(answer_object(answer(hit(explain={"cosine": 0.5})))))
    assert shown["hits"][0]["explain"] == {"cosine": 0.5}


def test_json_keeps_letters_readable() -> None:
    assert as_json({"a": "Đà Nẵng “é” 😀"}) == '{"a": "Đà Nẵng “é” 😀"}'


@given(st.text(st.characters() | st.sampled_from('\x1b\x9b\x85\u2028\u202e\ud800\udfff\ue000"\\'), max_size=40))
def test_json_is_one_harmless_line_whatever_the_text(text: str) -> None:
    line = as_json({"text": text})
    assert len(line.splitlines()) == 1
    assert_harmless(line)
    line.encode("utf-8")
    back = json.loads(line)["text"]
    # two halves of a pair that stood apart come back joined; all else is as it was
    assert back.encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")


def test_lines_and_runs() -> None:
    two = answer(HIT, hit(rank=2, passage_id="bc8a209f#1", score=0.5))
    assert [json.loads(line)["passage_id"] for line in answer_lines(two)] == ["7a774936#3", "bc8a209f#1"]
    assert list(answer_trec(two)) == [
        "1 Q0 7a774936#3 1 0.718280 telusur",
        "1 Q0 bc8a209f#1 2 0.500000 telusur",
    ]
    assert next(iter(answer_trec(two, topic="q7", tag="x"))) == "q7 Q0 7a774936#3 1 0.718280 x"


def test_empty_answers_are_valid_in_every_format() -> None:
    shown = json.loads(as_json(answer_object(EMPTY)))
    assert shown["hits"] == []
    assert shown["answered"] is False
    assert list(answer_lines(EMPTY)) == []
    assert list(answer_trec(EMPTY)) == []
    for width in (40, 140):
        assert answer_text(EMPTY, width=width, colour=True) == NOTHING


# --- tables ------------------------------------------------------------------------------------------------------


def test_status() -> None:
    status = dict(STATUS)
    rows = dict(line.split(maxsplit=1) for line in status_text(status, width=200).splitlines())
    assert rows["articles"] == "12,345 in 67,890 passages"
    assert rows["languages"] == "id 12,000, en 345"
    assert rows["publishers"].startswith("Media 0 20, Media 1 19")
    assert rows["publishers"].endswith("and 2 more")
    assert rows["published"] == "2020 to 2024-02-08"
    assert rows["updated"] == "never"
    assert "12.3 MB" in status_text(status)
    status |= {"published": {"first": None, "last": None}, "sources": {}}
    rows = dict(line.split(maxsplit=1) for line in status_text(status).splitlines())
    assert (rows["published"], rows["publishers"]) == ("no dates known", "none")


def test_models() -> None:
    known = [model_object(preset, here=preset.name == "bge-m3") for preset in (*presets(), *rerankers())]
    assert len({frozenset(model) for model in known}) == 1, "the same keys for all"
    shown = models_text(known, width=72)
    assert max(map(len, shown.splitlines())) <= 72
    names = [line for line in shown.splitlines() if not line.startswith(" ")]
    assert names == [preset.name for preset in (*presets(), *rerankers())]
    parts = {part.splitlines()[0]: " ".join(part.split()) for part in re.split(r"\n(?! )", shown)}
    assert "on this machine · 1,024 dimensions · cls pooling · 8,192 tokens · 2,271 MB · MIT" in parts["bge-m3"]
    assert 'questions begin with "query: ", passages with "passage: "' in parts["multilingual-e5-base"]
    assert 'questions begin with "query: ", passages as they are' in parts["arctic-embed-l-v2"]
    assert "768 dimensions (or 512, 256, 128) · mean pooling" in parts["embeddinggemma-300m"]
    assert "reranker · 8,192 tokens" in parts["bge-reranker-v2-m3"]
    assert "on this machine" not in parts["bundled"]
    assert "Indonesian 89.7 (SQuAD)" in parts["bundled"]
    assert "published nDCG@10: MIRACL Indonesian 50.9 ·" in parts["multilingual-e5-small"]


def test_what_was_done_with_dates_and_copies_is_said() -> None:
    used = DatesUsed("2024-02-01", None, "sejak Februari 2024", used=True)
    shown = answer_text(dataclasses.replace(ANSWER, dates=used))
    assert shown.splitlines()[0] == "Only articles published since 2024-02-01, for “sejak Februari 2024”; --no-dates"
    left = answer_text(
        dataclasses.replace(ANSWER, hits=(), dates=dataclasses.replace(used, until="2024-03-01", used=False)), width=105
    )
    assert left.splitlines() == [
        "No article published since 2024-02-01 until 2024-03-01 (“sejak Februari 2024”) answers better; all were",
        "asked.",
        NOTHING,
    ]
    copies = (Copy("a.txt", "Antara", None), Copy("b\x1b[2J.txt", None, None))
    assert "The same article is also in Antara, b [2J.txt." in answer_text(dataclasses.replace(ANSWER, copies=copies))
