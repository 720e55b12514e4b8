"""Intervals and comparisons against scipy's bootstrap and its paired tests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from search.bootstrap import RESAMPLES, compare, intervals, means

DRAW = np.random.default_rng(5)
ONE = DRAW.random((200, 2))
OTHER = np.clip(ONE - DRAW.normal([0.01, 0.0], 0.1, (200, 2)), 0, 1)


def test_intervals_are_those_of_scipy() -> None:
    for column, (low, high) in zip(ONE.T, intervals(ONE), strict=True):
        found = stats.bootstrap((column,), np.mean, n_resamples=10_000, method="percentile", rng=1).confidence_interval
        assert (low, high) == pytest.approx((found.low, found.high), abs=0.002)


def test_a_comparison_is_that_of_scipy() -> None:
    for number, compared in enumerate(compare(ONE, OTHER)):
        gap = ONE[:, number] - OTHER[:, number]
        found = stats.bootstrap((gap,), np.mean, n_resamples=10_000, method="percentile", rng=1).confidence_interval
        assert compared["ci95"] == pytest.approx([found.low, found.high], abs=0.001)
        assert compared["difference"] == pytest.approx(gap.mean(), abs=5e-5)
        # With 200 queries the bootstrap is close to the paired t-test.
        assert compared["p"] == pytest.approx(stats.ttest_rel(ONE[:, number], OTHER[:, number]).pvalue, abs=0.02)
        assert (compared["better"], compared["worse"]) == ((gap > 0).sum(), (gap < 0).sum())


def test_by_hand() -> None:
    """Two queries, one better by a half and one worse by a half: of the means drawn, -0.5, 0 and 0.5, half are 0."""
    (found,) = compare(np.array([[1.0], [0.0]]), np.array([[0.5], [0.5]]))
    assert found["p"] == 1.0
    assert (found["difference"], found["ci95"]) == (0.0, [-0.5, 0.5])
    assert (found["better"], found["equal"], found["worse"]) == (1, 0, 1)
    drawn, counts = np.unique(means(np.array([[0.5], [-0.5]])), return_counts=True)
    assert drawn.tolist() == [-0.5, 0.0, 0.5]
    assert counts / RESAMPLES == pytest.approx([0.25, 0.5, 0.25], abs=0.02)


def test_never_quite_certain() -> None:
    (found,) = compare(np.ones((50, 1)), np.zeros((50, 1)))
    assert (found["p"], found["ci95"], found["better"]) == (0.0002, [1.0, 1.0], 50)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=9))
def test_turned_round(pairs: list[tuple[float, float]]) -> None:
    """The other way about everything has the other sign; the interval leaves 0 out when p is below 5 %."""
    one, other = (np.array(column)[:, None] for column in zip(*pairs, strict=True))
    (there,), (back,) = compare(one, other), compare(other, one)
    assert there["p"] == back["p"]
    assert there["difference"] == -back["difference"]
    assert (there["better"], there["equal"], there["worse"]) == (back["worse"], back["equal"], back["better"])
    low, high = there["ci95"]
    if abs(there["p"] - 0.05) > 0.001:
        assert (there["p"] < 0.05) == (low > 0 or high < 0)


def test_memory_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = means(ONE)
    monkeypatch.setattr("search.bootstrap._AT_ONCE", ONE.size * 333)
    assert np.array_equal(means(ONE), whole)
