"""Segments against numpy brute force: numbers, scores and order; and what damaged files come to."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.errors import IndexUnusableError
from index.vectors import (
    SUFFIXES,
    Encoded,
    SegmentName,
    Vectors,
    damaged_files,
    merged,
    quantised,
    sentence_cosines,
    write_segment,
)


class Made(NamedTuple):
    """Segments on disk and what was put in."""

    folder: Path
    names: list[SegmentName]
    numbers: NDArray[np.int64]
    vectors: NDArray[np.float32]
    sentences: list[NDArray[np.float32]]

    def open(self, removed: Sequence[int] = ()) -> Vectors:
        return Vectors(self.folder, self.names, self.vectors.shape[1], np.array(removed, np.int64))

    def brute_force(
        self, query: NDArray[np.float32], allowed: Sequence[int] | None = None, removed: Sequence[int] = ()
    ) -> list[tuple[int, float]]:
        """The whole ranking."""
        scores = np.einsum("ij,j->i", self.vectors, query, dtype=np.float64)  # equal rows get equal scores
        keep = ~np.isin(self.numbers, removed) & (True if allowed is None else np.isin(self.numbers, allowed))
        ranking = zip(self.numbers[keep].tolist(), scores[keep].tolist(), strict=True)
        return sorted(ranking, key=lambda pair: (-pair[1], pair[0]))


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def made(folder: Path, sizes: Sequence[int], dimension: int = 24, seed: int = 0, distinct: int | None = None) -> Made:
    """Write segments of random unit vectors; with `distinct`, only so many different ones occur."""
    draw = np.random.default_rng(seed)
    total = sum(sizes)
    numbers = np.sort(draw.choice(np.arange(1, 10 * total + 1), total, replace=False)).astype(np.int64)
    vectors = unit(draw.normal(size=(distinct or total, dimension)))
    if distinct:
        vectors = vectors[draw.integers(0, distinct, total)]
    sentences = [unit(draw.normal(size=(draw.integers(0, 6), dimension))) for _ in range(total)]
    encoded = [Encoded(vector, quantised(rows)) for vector, rows in zip(vectors, sentences, strict=True)]
    names, start = [], 0
    for segment, size in enumerate(sizes, start=1):
        own = slice(start, start := start + size)
        names.append(SegmentName(segment, int(numbers[own][0]), int(numbers[own][-1]), size))
        write_segment(folder, names[-1], numbers[own], encoded[own])
    return Made(folder, names, numbers, vectors, sentences)


def assert_same(found: list[tuple[int, float]], ranking: list[tuple[int, float]], k: int) -> None:
    """The first `k`, in the same order but for neighbours whose scores differ by less than float32 can tell."""
    exact = dict(ranking)
    np.testing.assert_allclose([score for _, score in found], [score for _, score in ranking[:k]], atol=1e-6)
    assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))
    for (number, _), (in_place, score) in zip(found, ranking, strict=False):
        assert number == in_place or 0 < abs(exact[number] - score) < 1e-6


# --- searching ---


@pytest.mark.parametrize("sizes", [[700], [400, 200, 60, 30, 9, 1]])
def test_search_is_brute_force(tmp_path: Path, sizes: list[int]) -> None:
    made_of = made(tmp_path, sizes)
    draw = np.random.default_rng(1)
    gone = sorted(draw.choice(made_of.numbers, 150, replace=False).tolist())
    whole, thinned = made_of.open(), made_of.open(gone)
    for query in unit(draw.normal(size=(10, 24))):
        assert_same(whole.search(query, 10), made_of.brute_force(query), 10)
        assert_same(whole.search(query, 2000), made_of.brute_force(query), 2000)
        assert_same(thinned.search(query, 25), made_of.brute_force(query, removed=gone), 25)
        for kept in (1, 5, 350):
            allowed = np.sort(draw.choice(made_of.numbers, kept, replace=False))
            few = made_of.brute_force(query, allowed.tolist(), gone)
            assert_same(thinned.search(query, 10, allowed), few, 10)


def test_unknown_and_no_numbers_allowed(tmp_path: Path) -> None:
    made_of = made(tmp_path, [30, 20])
    stranger = next(n for n in range(1, 1000) if n not in made_of.numbers)
    query = made_of.vectors[7]
    assert made_of.open().search(query, 5, np.array([stranger], np.int64)) == []
    assert made_of.open().search(query, 5, np.empty(0, np.int64)) == []
    found = made_of.open().search(query, 5, np.array(sorted([stranger, int(made_of.numbers[40])]), np.int64))
    assert [number for number, _ in found] == [made_of.numbers[40]]
    assert made_of.open(made_of.numbers.tolist()).search(query, 5) == []
    assert Vectors(tmp_path, [], 24).search(query, 5) == []


@pytest.mark.parametrize("sizes", [[300], [150, 80, 40, 20, 10]])
@pytest.mark.parametrize("distinct", [1, 3, 40])
def test_equal_vectors_come_in_order_of_number(tmp_path: Path, sizes: list[int], distinct: int) -> None:
    made_of = made(tmp_path, sizes, distinct=distinct)
    removed = made_of.numbers[::7].tolist()
    half = made_of.numbers[1::2]
    whole, thinned = made_of.open(), made_of.open(removed)
    for k in (1, 10, 75, 150, 299):
        for query in made_of.vectors[:2]:
            assert_same(whole.search(query, k), made_of.brute_force(query), k)
            assert_same(thinned.search(query, k), made_of.brute_force(query, removed=removed), k)
            assert_same(whole.search(query, k, half), made_of.brute_force(query, half.tolist()), k)


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    distinct=st.integers(1, 40),
    seed=st.integers(0, 10_000),
    k=st.integers(1, 50),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_any_segments_search_as_brute_force(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    distinct: int,
    seed: int,
    k: int,
    shares: tuple[float, float],
) -> None:
    made_of = made(tmp_path_factory.mktemp("segments"), sizes, 8, seed, distinct)
    draw = np.random.default_rng(seed)
    allowed, removed = (made_of.numbers[draw.random(len(made_of.numbers)) < share] for share in shares)
    opened = made_of.open(removed.tolist())
    for query in (unit(draw.normal(size=8)), made_of.vectors[0]):
        assert_same(opened.search(query, k), made_of.brute_force(query, removed=removed.tolist()), k)
        expected = made_of.brute_force(query, allowed.tolist(), removed.tolist())
        assert_same(opened.search(query, k, allowed), expected, k)


# --- looking up, sentences, merging ---


def test_lookup_gives_back_what_was_put_in(tmp_path: Path) -> None:
    made_of = made(tmp_path, [50, 20, 5])
    stranger = next(n for n in range(1, 1000) if n not in made_of.numbers)
    wanted = [*made_of.numbers[[74, 3, 50, 49, 3]].tolist(), stranger, 10**9]
    found = made_of.open().lookup(wanted)
    assert found.keys() == set(wanted) - {stranger, 10**9}
    for place in (74, 3, 50, 49):
        own = found[int(made_of.numbers[place])]
        np.testing.assert_array_equal(own.vector, made_of.vectors[place])
        np.testing.assert_array_equal(own.sentences, quantised(made_of.sentences[place]))
    assert made_of.open().lookup([]) == {}


def test_sentence_cosines_are_near_the_exact_ones(tmp_path: Path) -> None:
    made_of = made(tmp_path, [60], dimension=384)
    draw = np.random.default_rng(2)
    found = made_of.open().lookup(made_of.numbers.tolist())
    for query in unit(draw.normal(size=(5, 384))):
        for number, sentences in zip(made_of.numbers.tolist(), made_of.sentences, strict=True):
            cosines = sentence_cosines(query, found[number])
            assert len(cosines) == len(sentences)
            np.testing.assert_allclose(cosines, sentences @ query, atol=0.01)
            if len(sentences):
                itself = sentence_cosines(sentences[0], found[number])
                assert itself[0] == pytest.approx(1, abs=0.01)


def test_a_lonely_large_component_is_clipped_not_turned_over() -> None:
    rows = np.array([[1, 0, 0], [-1, 0, 0], [0, 0, 0], [0.6, -0.8, 0]], np.float32)
    assert quantised(rows).tolist() == [[127, 0, 0], [-127, 0, 0], [0, 0, 0], [127, -127, 0]]


def test_merged_keeps_all_but_the_removed(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    made_of = made(tmp_path / "old", [40, 20, 10])
    removed = np.sort(made_of.numbers[[0, 1, 39, 40, 69]])
    numbers, encoded = merged(made_of.open().segments, removed)
    keep = ~np.isin(made_of.numbers, removed)
    np.testing.assert_array_equal(numbers, made_of.numbers[keep])
    new = SegmentName(9, int(numbers[0]), int(numbers[-1]), len(numbers))
    write_segment(tmp_path, new, numbers, encoded)
    joined = Vectors(tmp_path, [new], 24)
    query = made_of.vectors[5]
    assert_same(joined.search(query, 100), made_of.brute_force(query, removed=removed.tolist()), 100)
    before, after = made_of.open().lookup(numbers.tolist()), joined.lookup(numbers.tolist())
    for number in numbers.tolist():
        np.testing.assert_array_equal(after[number].vector, before[number].vector)
        np.testing.assert_array_equal(after[number].sentences, before[number].sentences)
    assert merged(made_of.open().segments, made_of.numbers)[1] == []


# --- damage ---


@pytest.mark.parametrize("suffix", SUFFIXES[:3])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "short by a number", "overwritten"])
def test_damaged_files_are_refused(tmp_path: Path, suffix: str, damage: str) -> None:
    made_of = made(tmp_path, [20, 10])
    path = tmp_path / f"000002{suffix}"
    raw = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        cut = {"empty": 0, "truncated": len(raw) // 2, "short by a number": len(raw) - 8}.get(damage)
        path.write_bytes(raw[:cut] if cut is not None else b"Bukan segmen.\n" * 100)
    with pytest.raises(IndexUnusableError) as caught:
        made_of.open()
    assert "000002" in str(caught.value)
    assert "--fresh" in caught.value.hint
    assert damaged_files(tmp_path, made_of.names[0]) == []
    assert damaged_files(tmp_path, made_of.names[1])


def test_segments_of_another_shape_are_refused(tmp_path: Path) -> None:
    made_of = made(tmp_path, [20])
    for names, dimension in (
        (made_of.names, 23),
        ([made_of.names[0]._replace(passages=19)], 24),
        ([made_of.names[0]._replace(segment=7)], 24),
    ):
        with pytest.raises(IndexUnusableError):
            Vectors(tmp_path, names, dimension)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(SUFFIXES), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, where: float, bit: int
) -> None:
    made_of = made(tmp_path_factory.mktemp("flipped"), [12], 8)
    path = made_of.names[0].files(made_of.folder)[SUFFIXES.index(suffix)]
    raw = bytearray(path.read_bytes())
    raw[int(where * len(raw))] ^= 1 << bit
    path.write_bytes(raw)
    assert damaged_files(made_of.folder, made_of.names[0])


def test_what_is_mapped_survives_the_removal_of_its_files(tmp_path: Path) -> None:
    made_of = made(tmp_path, [50])
    opened = made_of.open()
    for path in made_of.names[0].files(tmp_path):
        path.unlink()
    query = made_of.vectors[3]
    assert_same(opened.search(query, 50), made_of.brute_force(query), 50)
    np.testing.assert_array_equal(opened.lookup([int(made_of.numbers[3])])[int(made_of.numbers[3])].vector, query)
