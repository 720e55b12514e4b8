"""What is asked of a server and what is made of its answers, with a server in memory that knows three conditions."""

import json
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import index.milvus.vectors
from index.milvus.vectors import MilvusVectors


class Rows:
    """A collection of passages 1, 2, …, each with a score; it counts what it is asked."""

    dimension = 1

    def __init__(self, scores: list[float], kind: str) -> None:
        self.scores, self.kind = scores, kind
        self.conditions: list[str] = []
        self.named = 0  # passages named in one condition, at most

    def check(self) -> None: ...

    def search(
        self, query: Any, fetch: int, condition: str, *, rows: int, level: str, exact: bool
    ) -> list[tuple[int, float]]:
        assert fetch <= index.milvus.vectors.MOST
        self.conditions.append(condition)
        numbers = np.arange(1, len(self.scores) + 1)
        for part in condition.split(" and "):
            if part.startswith("id < "):
                numbers = numbers[numbers < int(part[5:])]
                continue
            named = json.loads(part[part.index("[") :])
            self.named = max(self.named, len(named))
            numbers = numbers[np.isin(numbers, named, invert=part.startswith("id not in "))]
        scores = np.array(self.scores)[numbers - 1]
        best = np.lexsort((-numbers, -scores))[:fetch]  # equal scores in another order than ours
        return [(int(numbers[at]), float(scores[at])) for at in best]


def served(rows: Rows, removed: NDArray[np.int64]) -> MilvusVectors:
    return MilvusVectors(rows, len(rows.scores) + 1, removed, len(rows.scores) - len(removed), time.time())  # type: ignore[arg-type]


QUERY = np.ones(1, np.float32)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_filter_finds_the_best_that_it_lets_through(data: st.DataObject) -> None:
    """By each kind of index, with many equal scores, removed passages, and answers that hold few rows."""
    scores = data.draw(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), min_size=1, max_size=150))
    numbers = range(1, len(scores) + 1)
    allowed = sorted(data.draw(st.sets(st.sampled_from(numbers))))
    removed = sorted(data.draw(st.sets(st.sampled_from(numbers), max_size=len(scores) - 1)))
    k = data.draw(st.integers(1, 20))
    rows = Rows(scores, data.draw(st.sampled_from(["flat", "hnsw"])))
    left = [n for n in allowed if n not in removed]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index.milvus.vectors, "AT_ONCE", data.draw(st.integers(5, 40)))
        patch.setattr(index.milvus.vectors, "MOST", 200)
        patch.setattr(index.milvus.vectors, "TIE_MARGIN", 2)
        found = served(rows, np.array(removed, np.int64)).search(QUERY, k, np.array(allowed, np.int64))
    assert found == sorted(((n, scores[n - 1]) for n in left), key=lambda pair: (-pair[1], pair[0]))[:k]


def test_a_wide_filter_is_one_request_where_every_vector_is_looked_at() -> None:
    """Half of 100,000 are not named: the best of all are asked for, and those that do not belong are left out."""
    draw = np.random.default_rng(3)
    rows = Rows(draw.random(100_000).tolist(), "flat")
    allowed = np.flatnonzero(np.arange(1, 100_001) % 2) + 1
    found = served(rows, np.empty(0, np.int64)).search(QUERY, 100, allowed)
    expected = sorted(allowed.tolist(), key=lambda n: -rows.scores[n - 1])[:100]
    assert [number for number, _ in found] == expected
    assert rows.conditions == ["id < 100001"]
    rows.conditions.clear()
    few = np.sort(draw.choice(allowed, 100, replace=False))
    assert len(served(rows, np.empty(0, np.int64)).search(QUERY, 200, few)) == 100
    assert rows.conditions == [f"id in {few.tolist()}"]


def test_a_wide_filter_whose_passages_all_come_last_names_them() -> None:
    """The longest answer does not reach them: then they are named after all, so many at once."""
    rows = Rows(np.linspace(1, 0, 40_000).tolist(), "flat")
    allowed = np.arange(20_001, 40_001)
    found = served(rows, np.empty(0, np.int64)).search(QUERY, 10, allowed)
    assert [number for number, _ in found] == [*range(20_001, 20_011)]
    assert rows.named == index.milvus.vectors.AT_ONCE


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_request_names_a_large_share_of_rows_that_follow_each_other(data: st.DataObject) -> None:
    """Or an index of the server's would pass over some of them: a filter may keep a period, or a share of all."""
    size = 20_000
    begin = data.draw(st.integers(1, size))
    end = data.draw(st.integers(begin, size))
    share = data.draw(st.sampled_from([0.01, 0.3, 1.0]))
    draw = np.random.default_rng(end)
    allowed = np.array([n for n in range(begin, end + 1) if draw.random() <= share], np.int64)
    rows = Rows([*draw.random(size)], "hnsw")
    found = served(rows, np.empty(0, np.int64)).search(QUERY, 10, allowed)
    assert [n for n, _ in found] == sorted(allowed.tolist(), key=lambda n: -rows.scores[n - 1])[:10]
    named = [np.array(json.loads(condition.removeprefix("id in "))) for condition in rows.conditions]
    assert sorted(np.concatenate([*named, allowed[:0]]).tolist()) == allowed.tolist()
    assert len(named) <= 21
    for numbers in named:
        reached = np.searchsorted(numbers, numbers + 1_024) - np.arange(len(numbers))
        assert reached.max() <= 51  # one in twenty
