import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passage import LIMIT, TARGET, Passage, split
from index.sentence import sentences

PARTS = [*'aB1 .!?"”()\n\r😀\u2028\xa0', ". ", "Kata ia. ", "Judul\n", "\n\n", "a" * 30, "satu dua tiga empat lima "]
TEXTS = st.text() | st.lists(st.sampled_from(PARTS), max_size=80).map("".join)


@st.composite
def texts_with_boilerplate(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return text, list(zip(cuts[::2], cuts[1::2], strict=False))


@given(texts_with_boilerplate(), st.integers(1, 60), st.integers(0, 80))
def test_every_character_that_counts_is_in_exactly_one_passage(
    given_text: tuple[str, list[tuple[int, int]]], target: int, slack: int
) -> None:
    text, spans = given_text
    hidden = {at for start, end in spans for at in range(start, end)}
    covered: set[int] = set()
    last = 0
    for passage in split(text, spans, target=target, limit=target + slack):
        assert last <= passage.start < passage.end
        last = passage.end
        assert text[passage.start : passage.end] == passage.text == passage.text.strip()
        assert len(passage.text) <= target + slack
        covered.update(range(passage.start, passage.end))
        before = text[: passage.start].replace("\r\n", "\n").replace("\r", "\n")
        # A line break that the passage starts in the middle of (CR outside, LF skipped as space) cannot occur: trimmed.
        assert passage.line_start == before.count("\n") + 1
        assert passage.line_end == passage.line_start + passage.text.replace("\r\n", "\n").replace("\r", "\n").count(
            "\n"
        )
    assert not covered & hidden
    assert {at for at, character in enumerate(text) if not character.isspace()} - hidden <= covered


@given(TEXTS)
def test_a_sentence_under_the_limit_is_never_cut(text: str) -> None:
    borders = {(p.start, p.end) for p in split(text, target=20, limit=40)}
    for start, end in sentences(text):
        if end - start <= 40:
            assert any(first <= start and end <= last for first, last in borders)


def sentence(letter: str, length: int) -> str:
    """A sentence of exactly `length` characters, as words of five."""
    return (letter.upper() + letter * 3 + " ") * (length // 5 - 1) + letter * 4 + "."


def test_cuts_at_the_paragraph_rather_than_inside_it() -> None:
    first, second = sentence("a", 200) + " " + sentence("b", 300), sentence("c", 250) + " " + sentence("d", 250)
    text = f"{first}\n{second}"
    assert [p.text for p in split(text, target=500, limit=900)] == [first, second]
    assert [(p.line_start, p.line_end) for p in split(text, target=500, limit=900)] == [(1, 1), (2, 2)]


def test_a_heading_goes_with_the_paragraph_after_it() -> None:
    body, more = sentence("a", 590), sentence("b", 590)
    text = f"{body}\n75 Tahun Hubungan\n{more}"
    first, second = split(text, target=600, limit=1000)
    assert first == Passage(0, 590, 1, 1, body, None)
    assert second.text == f"75 Tahun Hubungan\n{more}"
    assert (second.line_start, second.line_end, second.heading) == (2, 3, "75 Tahun Hubungan")


def test_the_headline_goes_with_the_lead_and_is_no_section_heading() -> None:
    text = f"Judul Berita\n{sentence('a', 400)}\n{sentence('b', 400)}"
    first, second = split(text, target=500, limit=800)
    assert first.text == f"Judul Berita\n{sentence('a', 400)}"
    assert (first.heading, second.heading) == (None, None)


def test_a_short_rest_joins_its_neighbour() -> None:
    text = " ".join([sentence("a", 300), sentence("b", 300), sentence("c", 50)])
    assert [p.text for p in split(text, target=600, limit=1000)] == [text]


def test_boilerplate_is_a_border() -> None:
    text = "Satu kalimat. ADVERTISEMENT Dua kalimat."
    assert [(p.start, p.end, p.text) for p in split(text, [(14, 27)])] == [
        (0, 13, "Satu kalimat."),
        (28, 40, "Dua kalimat."),
    ]


def test_a_sentence_over_the_limit_is_cut_after_a_clause_or_a_word() -> None:
    text = "satu dua tiga, empat lima enam tujuh delapan"
    assert [p.text for p in split(text, target=20, limit=20)] == ["satu dua tiga,", "empat lima enam", "tujuh delapan"]
    assert [len(p.text) for p in split("x" * 45, target=20, limit=20)] == [20, 20, 5]


def test_lines_count_every_kind_of_line_break_once() -> None:
    text = "Satu.\r\nDua.\rTiga.\n\nEmpat."
    assert [(p.line_start, p.line_end) for p in split(text)] == [(1, 5)]
    assert [(p.text, p.line_start) for p in split(text, [(0, 5), (7, 11), (12, 17)])] == [("Empat.", 5)]


def test_refuses_sizes_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="target=10, limit=5"):
        split("a", target=10, limit=5)
    assert 1 <= TARGET <= LIMIT


@pytest.mark.parametrize("unit", ["a\n", ". ", "A. ", "a", "abc, ", "Judul\n", "\n"])
def test_time_is_linear_on_hostile_text(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        began = time.process_time()
        split(text)
        return time.process_time() - began

    assert seconds(200_000) < 40 * max(seconds(20_000), 0.002)
