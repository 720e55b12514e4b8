"""Segments against numpy brute force: numbers, scores and order; and what damaged files come to."""

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import index.vectors
from index.errors import IndexUnusableError
from index.quantise import quantised, unpacked
from index.rows import Encoded, Rows, SegmentName
from index.segment import CODED_FROM, Segment, is_damaged, write_segment
from index.vectors import Vectors


class Made(NamedTuple):
    """Segments on disk and what was put in."""

    folder: Path
    names: list[SegmentName]
    numbers: NDArray[np.int64]
    vectors: NDArray[np.float32]
    sentences: list[NDArray[np.float32]]

    def open(self, removed: Sequence[int] = (), kind: str = "auto") -> Vectors:
        return Vectors(self.folder, self.names, self.vectors.shape[1], np.array(removed, np.int64), kind=kind)

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
    vectors = vectors.astype(np.float16).astype(np.float32)
    own = [0.7 * unit(draw.normal(size=(draw.integers(0, 6), dimension))) for _ in range(total)]
    sentences = [unit(vector + rest) for vector, rest in zip(vectors, own, strict=True)]  # as like it as in news
    encoded = [Encoded(vector, quantised(rows, vector)) for vector, rows in zip(vectors, sentences, strict=True)]
    names, start = [], 0
    for segment, size in enumerate(sizes, start=1):
        own = slice(start, start := start + size)
        names.append(write_segment(folder, segment, Rows.of(numbers[own], encoded[own])))
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


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 1_300), st.integers(1, 60), st.none() | st.integers(1, 9), st.booleans())
def test_without_faiss_the_same_is_found(
    tmp_path_factory: pytest.TempPathFactory, size: int, k: int, distinct: int | None, filtered: bool
) -> None:
    """A process that asks one question does not import FAISS; what it finds is what FAISS finds."""
    import faiss  # noqa: F401

    one = made(tmp_path_factory.mktemp("x"), [size], seed=size, distinct=distinct)
    query = unit(np.random.default_rng(k).normal(size=one.vectors.shape[1]))
    allowed = one.numbers[::3] if filtered else None
    by_faiss = one.open().search(query, k, allowed)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "faiss")
        patch.setattr(Segment, "looked_at", 0)
        without = one.open().search(query, k, allowed)
        assert "faiss" not in sys.modules
    assert len(without) == len(by_faiss)
    np.testing.assert_allclose([score for _, score in without], [score for _, score in by_faiss], atol=1e-6)
    assert_same(without, one.brute_force(query, None if allowed is None else allowed.tolist()), k)


def test_lookup_gives_back_what_was_put_in(tmp_path: Path) -> None:
    made_of = made(tmp_path, [50, 20, 5])
    stranger = next(n for n in range(1, 1000) if n not in made_of.numbers)
    wanted = [*made_of.numbers[[74, 3, 50, 49, 3]].tolist(), stranger, 10**9]
    found = made_of.open().lookup(wanted)
    assert found.keys() == set(wanted) - {stranger, 10**9}
    for place in (74, 3, 50, 49):
        own = found[int(made_of.numbers[place])]
        np.testing.assert_array_equal(own.vector, made_of.vectors[place])
        packed = quantised(made_of.sentences[place], own.vector)
        for kept, expected in zip(own.sentences, packed, strict=True):
            np.testing.assert_array_equal(kept, expected)
    assert made_of.open().lookup([]) == {}


def test_sentences_come_near_the_exact_cosines(tmp_path: Path) -> None:
    made_of = made(tmp_path, [60], dimension=384)
    opened, draw = made_of.open(), np.random.default_rng(2)
    for query in unit(draw.normal(size=(5, 384))):
        found = opened.near(query, made_of.numbers.tolist())
        for number, sentences in zip(made_of.numbers.tolist(), made_of.sentences, strict=True):
            np.testing.assert_allclose(found[number].sentences, sentences @ query, atol=0.04)
            if len(sentences):
                own = opened.near(sentences[0], [number])[number]
                assert own.sentences[0] == pytest.approx(1, abs=0.002)


def test_nearness_is_that_of_passage_and_best_sentence(tmp_path: Path) -> None:
    """Over several segments, for passages with and without sentences, in whatever order they are asked for."""
    made_of = made(tmp_path, [25, 15])
    kept = made_of.open().lookup(made_of.numbers.tolist())
    query = unit(np.random.default_rng(5).normal(size=24))
    stranger = next(n for n in range(1, 1000) if n not in made_of.numbers)
    found = made_of.open().near(query, [*made_of.numbers.tolist()[::-1], stranger, int(made_of.numbers[3])])
    assert found.keys() == {*made_of.numbers.tolist()}
    assert any(not len(rows) for rows in made_of.sentences)
    for place, number in enumerate(made_of.numbers.tolist()):
        own = float(made_of.vectors[place] @ query)
        assert found[number].whole == pytest.approx(own, abs=1e-6)
        cosines = unpacked(kept[number].sentences, made_of.vectors[place]) @ query
        np.testing.assert_allclose(found[number].sentences, cosines, atol=1e-6)
        assert found[number].best == pytest.approx(max(cosines, default=own), abs=1e-6)
    bare = [number for number, rows in zip(made_of.numbers.tolist(), made_of.sentences, strict=True) if not len(rows)]
    for number, own in made_of.open().near(query, bare).items():
        assert (own.whole, own.best, len(own.sentences)) == (pytest.approx(found[number].whole, abs=1e-6), own.whole, 0)
    assert made_of.open().near(query, []) == {}


def test_rows_are_joined_and_lose_only_the_removed(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    made_of = made(tmp_path / "old", [40, 20, 10])
    removed = np.sort(made_of.numbers[[0, 1, 39, 40, 69]])
    rows = Rows.joined([segment.rows.without(removed) for segment in made_of.open().segments])
    np.testing.assert_array_equal(rows.numbers, made_of.numbers[~np.isin(made_of.numbers, removed)])
    new = write_segment(tmp_path, 9, rows)
    assert new[:4] == (9, rows.numbers[0], rows.numbers[-1], 65)
    joined = Vectors(tmp_path, [new], 24)
    query = made_of.vectors[5]
    assert_same(joined.search(query, 100), made_of.brute_force(query, removed=removed.tolist()), 100)
    before, after = made_of.open().lookup(rows.numbers.tolist()), joined.lookup(rows.numbers.tolist())
    for number in rows.numbers.tolist():
        np.testing.assert_array_equal(after[number].vector, before[number].vector)
        for own, expected in zip(after[number].sentences, before[number].sentences, strict=True):
            np.testing.assert_array_equal(own, expected)
    assert len(rows.without(made_of.numbers).numbers) == 0


# --- by codes ---


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two segments with codes and a small one without, around 300 subjects."""
    draw = np.random.default_rng(8)
    folder = tmp_path_factory.mktemp("large")
    subjects = draw.normal(size=(300, 48))
    sizes = (CODED_FROM + 1_000, CODED_FROM, 50)
    vectors = unit(subjects[draw.integers(0, 300, sum(sizes))] + 0.7 * draw.normal(size=(sum(sizes), 48)))
    numbers = np.arange(1, len(vectors) + 1, dtype=np.int64)
    none = quantised(np.empty((0, 48), np.float32), np.zeros(48, np.float32))
    names, start = [], 0
    for segment, size in enumerate(sizes, start=1):
        own = slice(start, start := start + size)
        names.append(write_segment(folder, segment, Rows.of(numbers[own], [Encoded(v, none) for v in vectors[own]])))
    return Made(folder, names, numbers, vectors.astype(np.float16).astype(np.float32), [])


def test_search_by_codes_finds_nearly_all_with_exact_scores(large: Made) -> None:
    removed = large.numbers[::5].tolist()
    by_codes, thinned = large.open(kind="codes"), large.open(removed, kind="codes")
    assert [segment.coded for segment in by_codes.segments] == [True, True, False]
    assert (by_codes.kind, large.open().kind, large.open(kind="exact").kind) == ("codes", "exact", "exact")
    draw = np.random.default_rng(9)
    met = 0
    for query in unit(large.vectors[draw.integers(0, len(large.vectors), 40)] + 0.1 * draw.normal(size=(40, 48))):
        for opened, gone in ((by_codes, []), (thinned, removed)):
            exact = large.brute_force(query, removed=gone)
            scores = dict(exact)
            found = opened.search(query, 10)
            assert len(found) == 10
            assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))
            np.testing.assert_allclose([score for _, score in found], [scores[n] for n, _ in found], atol=1e-6)
            met += len({n for n, _ in found} & {n for n, _ in exact[:10]})
    assert met >= 0.99 * 800
    assert len(by_codes.search(large.vectors[0], 20_000)) == len(large.numbers)
    assert len(thinned.search(large.vectors[0], 20_000)) == len(large.numbers) - len(removed)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.9])
def test_a_filter_is_exact_also_where_search_goes_by_codes(large: Made, share: float) -> None:
    draw = np.random.default_rng(4)
    removed = large.numbers[::7].tolist()
    opened = large.open(removed, kind="codes")
    allowed = large.numbers[draw.random(len(large.numbers)) < share]
    for query in unit(draw.normal(size=(10, 48))):
        expected = large.brute_force(query, allowed.tolist(), removed)
        assert_same(opened.search(query, 30, allowed), expected, 30)
        assert_same(opened.search(query, 30, exact=True), large.brute_force(query, removed=removed), 30)


def test_the_kind_goes_by_size(large: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    total = len(large.numbers)
    monkeypatch.setattr(index.vectors, "EXACT_UP_TO", total - 1)
    assert large.open().kind == "codes"
    assert large.open([1]).kind == "exact"
    assert large.open(kind="exact").kind == "exact"
    monkeypatch.setattr(index.vectors, "EXACT_UP_TO", total)
    assert large.open().kind == "exact"


def test_as_many_are_weighed_however_they_are_dealt_out(large: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    near = Segment.near

    def watched(segment: Segment, query: Any, k: int, kept: Any, refined: int) -> Any:
        asked.append(refined)
        return near(segment, query, k, kept, refined)

    monkeypatch.setattr(Segment, "near", watched)
    opened = large.open(kind="codes")
    coded = sum(segment.coded for segment in opened.segments)
    query = unit(np.random.default_rng(5).normal(size=(1, 48)))[0]
    monkeypatch.setattr(index.vectors, "REFINED_OF_EACH", 1)
    monkeypatch.setattr(index.vectors, "REFINED", 1_000)
    opened.search(query, 10)
    assert asked == [1_000 // len(opened.segments)] * coded
    monkeypatch.setattr(index.vectors, "REFINED_OF_EACH", 900)
    opened.search(query, 10)
    assert asked[coded:] == [max(900, 1_000 // len(opened.segments))] * coded


# --- damage ---


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "short by a number", "overwritten"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    made_of = made(tmp_path, [20, 10])
    path = made_of.names[1].file(tmp_path)
    raw = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        cut = {"empty": 0, "truncated": len(raw) // 2, "short by a number": len(raw) - 8}.get(damage)
        path.write_bytes(raw[:cut] if cut is not None else b"Bukan segmen.\n" * 100)
    with pytest.raises(IndexUnusableError) as caught:
        made_of.open()
    assert "000002" in str(caught.value)
    assert "verify --repair" in caught.value.hint
    assert not is_damaged(tmp_path, made_of.names[0])
    assert is_damaged(tmp_path, made_of.names[1])


def header(path: Path) -> tuple[dict[str, dict[str, list[int]]], bytes]:
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("vectors", "shape", [2**40, 24]),
        ("vectors", "shape", [24, 20]),
        ("vectors", "data_offsets", [0, 2**50]),
        ("vectors", "data_offsets", [-960, 0]),
        ("numbers", "shape", [2**61]),
        ("numbers", "dtype", "F32"),
        ("sentences", "shape", [-1]),
        ("codes", "shape", [0]),
        ("codebook", "shape", [7, 7]),
    ],
)
def test_absurd_sizes_are_refused_before_anything_is_allocated(
    tmp_path: Path, large: Made, name: str, field: str, value: object
) -> None:
    path = large.names[0].file(large.folder)
    fields, data = header(path)
    fields[name][field] = value
    written = json.dumps(fields).encode()
    large.names[0].file(tmp_path).write_bytes(len(written).to_bytes(8, "little") + written + data)
    with pytest.raises(IndexUnusableError):
        Segment(tmp_path, large.names[0], 48)


@pytest.mark.parametrize("length", [0, 3, 2**20, 2**63, 2**64 - 1])
def test_an_absurd_header_length_is_refused(tmp_path: Path, length: int) -> None:
    made_of = made(tmp_path, [20])
    path = made_of.names[0].file(tmp_path)
    path.write_bytes(length.to_bytes(8, "little") + path.read_bytes()[8:])
    with pytest.raises(IndexUnusableError):
        made_of.open()


def test_segments_of_another_shape_are_refused(tmp_path: Path) -> None:
    made_of = made(tmp_path, [20])
    for names, dimension in (
        (made_of.names, 23),
        ([made_of.names[0]._replace(passages=19)], 24),
        ([made_of.names[0]._replace(first=made_of.names[0].first - 1)], 24),
        ([made_of.names[0]._replace(segment=7)], 24),
    ):
        with pytest.raises(IndexUnusableError):
            Vectors(tmp_path, names, dimension)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_found_and_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    made_of = made(tmp_path_factory.mktemp("flipped"), [12], 8)
    path = made_of.names[0].file(made_of.folder)
    raw = bytearray(path.read_bytes())
    raw[int(where * len(raw))] ^= 1 << bit
    path.write_bytes(raw)
    assert is_damaged(made_of.folder, made_of.names[0])
    with suppress(IndexUnusableError):
        opened = made_of.open()
        found = opened.search(made_of.vectors[0], 12)
        opened.lookup([number for number, _ in found])


def test_what_is_mapped_survives_the_removal_of_its_files(tmp_path: Path) -> None:
    made_of = made(tmp_path, [50])
    opened = made_of.open()
    made_of.names[0].file(tmp_path).unlink()
    query = made_of.vectors[3]
    assert_same(opened.search(query, 50), made_of.brute_force(query), 50)
    np.testing.assert_array_equal(opened.lookup([int(made_of.numbers[3])])[int(made_of.numbers[3])].vector, query)
