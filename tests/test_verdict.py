"""Is anything relevant: more nearness and more words never make it less likely."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.calibration import EVERYDAY_QUESTIONS
from search.query import parse
from search.rank import Candidate
from search.verdict import ANSWERED, LOOK_AT, NEAR_TEXT, WEAK, confidence, confidence_of_text, probability

GROUND = {"median": 0.35}
COSINES = st.floats(-1, 1)
PARTS = st.floats(0, 1)


def of(cosine: float | None, met: float | None, ground: dict[str, float] = GROUND) -> float:
    return confidence([Candidate(1, 0.0, cosine=cosine, met=met)], ground)


def test_nothing_found() -> None:
    assert confidence([], GROUND) == 0.0


@given(st.lists(st.tuples(COSINES, PARTS), min_size=1, max_size=20))
def test_a_probability(pairs: list[tuple[float, float]]) -> None:
    assert 0 <= confidence([Candidate(n, 0.0, cosine=c, met=m) for n, (c, m) in enumerate(pairs)], GROUND) <= 1


@given(COSINES, COSINES, PARTS)
def test_rises_with_the_cosine(one: float, other: float, met: float) -> None:
    assert of(min(one, other), met) <= of(max(one, other), met)


@given(PARTS, PARTS, COSINES)
def test_rises_with_the_words_met(one: float, other: float, cosine: float) -> None:
    assert of(cosine, min(one, other)) <= of(cosine, max(one, other))


@pytest.mark.parametrize(("near", "expected"), [(-1e9, 0.0), (1e9, 1.0)])
def test_vectors_that_no_encoder_gives_overflow_nothing(near: float, expected: float) -> None:
    assert probability(near, -1e9) == expected


def test_rises_indeed() -> None:
    by_cosine = [of(step / 10, 0.1) for step in range(11)]
    by_words = [of(0.4, step / 10) for step in range(11)]
    assert by_cosine == sorted(set(by_cosine))
    assert by_words == sorted(by_words)  # the better of two roads: at first few words add nothing to being near
    assert len(set(by_words)) > 5
    assert by_cosine[0] < ANSWERED < by_cosine[-1]
    assert any(of(step / 50, 0.0) < ANSWERED <= of(step / 50, 1.0) for step in range(51))  # words can settle it
    assert 0 < ANSWERED < WEAK < 1


def test_far_and_near() -> None:
    assert of(GROUND["median"], 0.0) < ANSWERED
    assert of(0.9, 0.8) > WEAK
    assert of(0.0, 1.0) > of(0.0, 0.0)
    assert of(None, None) == 0.0
    assert of(None, 0.7) == 0.7


@given(COSINES, PARTS, st.floats(-0.5, 0.5))
def test_only_the_height_above_the_ground_counts(cosine: float, met: float, shift: float) -> None:
    moved = {"median": GROUND["median"] + shift}
    assert of(cosine + shift, met, moved) == pytest.approx(of(cosine, met), abs=1e-9)


def of_text(cosine: float | None, met: float, language: str | None) -> float:
    ground = {"median": 0.35, "by_language": {"id": 0.4, "en": 0.3}}
    return confidence_of_text([Candidate(1, 0.0, cosine=cosine, met=met)], ground, language)


def test_a_text_stands_on_the_ground_of_its_language_where_that_is_lower() -> None:
    for language, ground in {"id": 0.35, "en": 0.3, None: 0.35, "ms": 0.35}.items():
        assert of_text(ground + NEAR_TEXT, 0.0, language) == pytest.approx(ANSWERED)
        assert of_text(ground + NEAR_TEXT - 0.01, 0.0, language) < ANSWERED < of_text(ground + 0.01, 0.6, language)
    assert confidence_of_text([Candidate(1, 0.0, cosine=0.35 + NEAR_TEXT)], GROUND, "id") == pytest.approx(ANSWERED)


def test_words_of_a_text_count_only_in_passages_above_the_ground() -> None:
    assert of_text(0.299, 1.0, "en") < ANSWERED < of_text(0.301, 1.0, "en")
    assert of(0.299, 1.0) > ANSWERED  # all words of a question are a question's


def test_a_text_of_which_nothing_is_found() -> None:
    assert confidence_of_text([], GROUND, "id") == 0.0
    assert of_text(None, 0.7, "id") == 0.7


@given(st.lists(st.tuples(COSINES, PARTS), max_size=20))
def test_only_the_first_are_looked_at(pairs: list[tuple[float, float]]) -> None:
    """One candidate more never makes it less likely, and changes nothing beyond the first LOOK_AT."""
    candidates = [Candidate(n, 0.0, cosine=c, met=m) for n, (c, m) in enumerate(pairs)]
    growing = [confidence(candidates[:n], GROUND) for n in range(len(candidates) + 1)]
    assert growing == sorted(growing)
    assert len(set(growing[LOOK_AT:])) <= 1


def test_the_unrelated_questions_that_test_it() -> None:
    """300 of each language, none twice, none of those that calibrate an index, each a question that can be asked."""
    path = Path(__file__).parent.parent / "scripts" / "unrelated_questions.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert [sum(language == wanted for language, _ in rows) for wanted in ("id", "en")] == [300, 300]
    asked = {question.casefold().strip(" ?.!") for _, question in rows}
    assert len(asked) == 600
    assert not asked & {question.casefold().strip(" ?.!") for question in EVERYDAY_QUESTIONS}
    assert all(parse(question).text.strip() for _, question in rows)
