"""Columns as a terminal counts them: what comes out is what went in, laid into lines that fit."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.wrap import BEGIN, END, cells, dressed, lines, marked, span

LAID = st.text(st.sampled_from("ab .,-漢字한ｗé\u0301\u0302中\ue000\ue001"), max_size=80)


def columns(text: str) -> int:
    """Cells by Unicode's own tables: wide and full-width characters two, marks on others none."""
    return sum(
        0 if unicodedata.category(c) in {"Mn", "Me"} else 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1
        for c in text
    )


@pytest.mark.parametrize(
    ("text", "wide"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("Đà Nẵng", 7), ("Phở\u0309", 3), ("ｗ", 2), ("🙂", 2)]
)
def test_cells(text: str, wide: int) -> None:
    assert cells(text) == wide == columns(text)


@given(LAID, st.integers(4, 40), st.integers(0, 1))
def test_lines_fit_and_lose_nothing(text: str, room: int, marker: int) -> None:
    laid = list(lines(text.split(), room, marker=marker))
    for line in laid:
        plain = line.replace(BEGIN, "").replace(END, "")
        assert columns(plain) + marker * (len(line) - len(plain)) <= room
    assert "".join(laid).replace(" ", "") == "".join(text.split())


@given(st.lists(st.text("ab漢", min_size=1, max_size=4), max_size=30), st.integers(8, 30))
def test_no_line_ends_before_it_must(words: list[str], room: int) -> None:
    laid = list(lines(words, room))
    for line, after in pairwise(laid):
        assert columns(line) + 1 + columns(after.split(" ")[0]) > room


def test_a_word_wider_than_the_line_runs_on() -> None:
    assert list(lines(["lihat", "https://a.id/" + "b" * 12, "ya"], 10)) == [
        "lihat",
        "https://a.",
        "id/bbbbbbb",
        "bbbbb ya",
    ]
    assert list(lines(["漢字漢字"], 5)) == ["漢字", "漢字"]
    assert list(lines(["ae\u0301e\u0301"], 2)) == ["ae\u0301", "e\u0301"]  # an accent stays on its letter
    assert list(lines([], 10)) == list(lines([""], 10)) == []


def test_a_span_is_closed_at_the_end_of_each_line() -> None:
    laid = list(lines(f"a {span('b c')} d".split(), 3))
    assert list(dressed(laid, "<", ">")) == ["a <b>", "<c> d"]
    assert list(dressed(laid, "<", ">", each_line=False)) == ["a <b", "c> d"]


def test_spans_of_the_text_itself_are_none() -> None:
    assert marked(f"a{BEGIN}b{END} c", [(0, 1)]) == f"{BEGIN}a{END} b  c"
    assert marked("satu dua \x1b[0m", [(5, 9)]) == f"satu {BEGIN}dua{END}  [0m"
