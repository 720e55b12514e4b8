"""Which segments are merged: bounded, rare, and rid of what is gone."""

import numpy as np
import pytest
from conftest import Archive, paragraph
from hypothesis import given
from hypothesis import strategies as st

import index.vector_writer
from index.vector_writer import DEAD_SHARE, SEGMENT_LIMIT, merges

FULL = SEGMENT_LIMIT


@pytest.mark.parametrize(
    ("sizes", "dead", "expected"),
    [
        ([], [], []),
        ([5], [0], []),
        ([8, 4, 2, 1], [0] * 4, []),
        ([8, 4, 2, 2], [0] * 4, [slice(0, 4)]),
        ([40, 8, 4, 4], [0] * 4, [slice(1, 4)]),
        ([FULL, FULL, 1], [0, 0, 0], []),
        ([FULL, FULL // 2, FULL // 2], [0, 0, 0], [slice(1, 3)]),
        ([FULL, FULL // 2, FULL // 2 + 1], [0, 0, 0], []),  # together more than fits in one
        ([80, 30, 9], [10, 0, 0], []),  # an eighth may be gone
        ([80, 30, 9], [11, 0, 0], [slice(0, 2)]),
        ([FULL, FULL, FULL], [0, FULL // 2, FULL // 4], [slice(1, 2)]),
        ([FULL, FULL, 9], [FULL // 2, FULL // 2, 0], [slice(0, 2)]),
        ([80, 20], [80, 0], [slice(0, 1)]),
    ],
)
def test_merges(sizes: list[int], dead: list[int], expected: list[slice]) -> None:
    assert merges(sizes, dead) == expected


@given(st.lists(st.integers(1, FULL).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=30))
def test_a_merge_is_bounded_and_takes_each_segment_once(segments: list[tuple[int, int]]) -> None:
    sizes, dead = [size for size, _ in segments], [gone for _, gone in segments]
    found = merges(sizes, dead)
    places = [place for own in found for place in range(len(sizes))[own]]
    assert places == sorted(set(places))
    assert sum(sizes[place] - dead[place] for place in places) <= FULL


def test_segments_stay_few_and_each_vector_is_seldom_written_again() -> None:
    """One passage at a time, up to four full segments, one in twenty of the older ones deleted on the way."""
    draw = np.random.default_rng(0)
    sizes, dead, written, most = [], [], 0, 0
    limit, total = 512, 2_048
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index.vector_writer, "SEGMENT_LIMIT", limit)
        for _ in range(total):
            sizes, dead = [*sizes, 1], [*dead, 0]
            if draw.random() < 0.05 and len(sizes) > 1:
                place = int(draw.integers(0, len(sizes) - 1))
                dead[place] = min(sizes[place], dead[place] + 1)
            for own in merges(sizes, dead):
                alive = sum(sizes[own]) - sum(dead[own])
                sizes[own], dead[own] = ([alive], [0]) if alive else ([], [])
                written += alive
            most = max(most, len(sizes))
    assert most <= 20
    assert written <= total * (np.log2(limit) + 3)
    assert all(gone <= 2 * DEAD_SHARE * size + 2 for size, gone in zip(sizes, dead, strict=True))


def test_what_is_gone_leaves_the_segments(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(16):
        archive.write(f"{n:02}.txt", paragraph(n))
    archive.update()
    for n in range(3):
        (archive.folder / f"{n:02}.txt").unlink()
    assert archive.counts() == {"removed": 3, "unchanged": 13}
    assert [name.passages for name in archive.segments()] == [13]  # rewritten in the same update, 3 of 16 being gone
    assert len(archive.nearest("apa")) == 13
    assert archive.whole()
