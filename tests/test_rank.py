"""Two rankings into one: the arithmetic by hand, order, ties and articles."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.rank import (
    ARTICLE_WORDS,
    BM25_CEILING,
    NEXT_PASSAGE,
    PASSAGE_WORDS,
    SENTENCE,
    WORDS,
    Candidate,
    backed,
    fuse,
    looked_into,
    one_each,
    ordered,
)

NUMBERS = st.integers(0, 40)
SCORES = st.sampled_from([-0.2, 0.0, 0.1, 0.25, 0.5, 0.9])
RANKINGS = st.dictionaries(NUMBERS, SCORES, max_size=12).map(
    lambda scored: sorted(scored.items(), key=lambda pair: (-pair[1], pair[0]))
)


def test_fuse_by_hand() -> None:
    idf_sum = 4.0
    ceiling = BM25_CEILING * idf_sum
    fused = fuse([(7, 0.6), (3, 0.5)], [(3, ceiling / 2), (9, ceiling / 4)], {7: 0.6, 3: 0.5, 9: 0.1}, idf_sum)
    expected = {7: (0.6, 0.6, 0.0, 0.0, 1, None)}
    expected[3] = (0.5 + WORDS / 2, 0.5, ceiling / 2, 0.5, 2, 1)
    expected[9] = (0.1 + WORDS / 4, 0.1, ceiling / 4, 0.25, None, 2)
    assert [c.passage for c in fused] == sorted(expected, key=lambda number: -expected[number][0])
    for candidate in fused:
        score, cosine, bm25, share, semantic_rank, lexical_rank = expected[candidate.passage]
        assert candidate.score == pytest.approx(score, abs=1e-12)
        assert (candidate.cosine, candidate.bm25, candidate.semantic_rank, candidate.lexical_rank) == (
            cosine, bm25, semantic_rank, lexical_rank,
        )  # fmt: skip
        assert candidate.share == pytest.approx(share, abs=1e-12)


def test_the_share_of_words_ends_at_one() -> None:
    (only,) = fuse([], [(1, 1e6)], {}, 1.0)
    assert (only.share, only.score, only.cosine) == (1.0, WORDS, 0.0)


def test_words_of_no_weight_add_nothing() -> None:
    (only,) = fuse([(1, 0.4)], [(1, 2.0)], {1: 0.4}, 0.0)
    assert (only.share, only.score) == (0.0, 0.4)


def test_the_divisor_counts_words_that_occur_nowhere() -> None:
    """The same BM25 counts for less when the question has more telling words, as one in another language has."""
    (few,) = fuse([], [(1, 3.0)], {}, 3.0)
    (many,) = fuse([], [(1, 3.0)], {}, 9.0)
    assert few.share == pytest.approx(3 * (many.share or 0))


@given(RANKINGS, RANKINGS, st.floats(0.1, 50))
def test_fuse_keeps_every_passage_once_in_order(
    dense: list[tuple[int, float]], lexical: list[tuple[int, float]], idf_sum: float
) -> None:
    cosines = dict(dense)
    fused = fuse(dense, lexical, cosines, idf_sum)
    assert sorted(c.passage for c in fused) == sorted(dict(dense).keys() | dict(lexical).keys())
    assert [(-c.score, c.passage) for c in fused] == sorted((-c.score, c.passage) for c in fused)
    for candidate in fused:
        assert candidate.score == pytest.approx((candidate.cosine or 0) + WORDS * (candidate.share or 0), abs=1e-12)
        if candidate.semantic_rank:
            assert dense[candidate.semantic_rank - 1][0] == candidate.passage
        if candidate.lexical_rank:
            assert lexical[candidate.lexical_rank - 1][0] == candidate.passage


def test_what_is_looked_into_by_hand() -> None:
    """Equal cosines and BM25; one article holds all of the question, one sentence names it and is near."""
    half = BM25_CEILING * 2.0
    cosines = {1: 0.4, 2: 0.4, 3: 0.4, 4: 0.9, 5: 0.1}
    fused = fuse([], [(1, half), (2, half), (3, half), (4, half / 2), (5, half)], cosines, 4.0)
    assert [c.passage for c in fused] == [4, 1, 2, 3, 5]
    looked = looked_into(fused, {1: (0.5, 0.7), 2: (1.0, 0.7), 3: (0.5, 1.4), 4: (0.25, 0.9)})
    scores = {c.passage: c.score for c in looked}
    plain = (1 - SENTENCE) * 0.4 + PASSAGE_WORDS * 0.5
    assert scores[1] == pytest.approx(plain + ARTICLE_WORDS * 0.5 + SENTENCE * 0.7)
    assert scores[2] == pytest.approx(plain + ARTICLE_WORDS * 1.0 + SENTENCE * 0.7)
    assert scores[3] == pytest.approx(plain + ARTICLE_WORDS * 0.5 + SENTENCE * 1.4)
    assert scores[4] == pytest.approx(
        (1 - SENTENCE) * 0.9 + PASSAGE_WORDS * 0.25 + ARTICLE_WORDS * 0.25 + SENTENCE * 0.9
    )
    assert scores[5] == pytest.approx(0.1 + WORDS * 0.5)  # was not looked into
    assert [c.passage for c in looked] == sorted(scores, key=lambda passage: -scores[passage])
    assert {c.passage: (c.held, c.sentence) for c in looked} == {
        1: (0.5, 0.7), 2: (1.0, 0.7), 3: (0.5, 1.4), 4: (0.25, 0.9), 5: (None, None),
    }  # fmt: skip
    assert looked_into(fused, {}) == fused


def test_fuse_of_nothing() -> None:
    assert fuse([], [], {}, 1.0) == []


def test_ties_stand_in_order_of_number() -> None:
    candidates = [Candidate(number, score) for number, score in [(5, 0.5), (2, 0.5), (9, 0.7), (1, -math.inf)]]
    assert [c.passage for c in ordered(candidates)] == [9, 2, 5, 1]
    assert [c.passage for c in fuse([(8, 0.3), (4, 0.3)], [], {8: 0.3, 4: 0.3}, 1.0)] == [4, 8]


def test_one_of_each_article() -> None:
    candidates = [Candidate(number, 1 - number / 10) for number in (1, 2, 3, 4, 5)]
    group_of = {1: 70, 2: 70, 3: 50, 4: 60, 5: 50}
    assert [c.passage for c in one_each(candidates, group_of)] == [1, 3, 4]
    assert one_each([], {}) == []


@given(st.lists(st.tuples(NUMBERS, st.integers(0, 5)), unique_by=lambda pair: pair[0], max_size=30))
def test_the_best_of_each_article_stays(pairs: list[tuple[int, int]]) -> None:
    candidates = [Candidate(number, -place) for place, (number, _) in enumerate(pairs)]
    kept = one_each(candidates, dict(pairs))
    assert [dict(pairs)[c.passage] for c in kept] == list(dict.fromkeys(group for _, group in pairs))
    assert [c.passage for c in kept] == [
        number for place, (number, group) in enumerate(pairs) if group not in {g for _, g in pairs[:place]}
    ]


def test_an_article_near_in_two_passages_comes_before_one_near_in_one() -> None:
    article_of = {1: 10, 2: 20, 3: 20, 4: 20, 5: 30}
    found = backed(
        [Candidate(1, 0.9), Candidate(2, 0.85), Candidate(3, 0.8), Candidate(4, 0.7), Candidate(5, 0.1)], article_of
    )
    assert [(one.passage, one.score) for one in found] == [
        (2, pytest.approx(0.85 + NEXT_PASSAGE * 0.8)), (1, 0.9), (3, 0.8), (4, 0.7), (5, 0.1),
    ]  # fmt: skip
    assert [one.passage for one in one_each(found, article_of)] == [2, 1, 5]
    assert backed([], {}) == []
