"""Four-bit sentence vectors: what becomes of rows, and how far products are off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.quantise import LEVELS, products, quantised, unpacked


def test_levels_are_those_of_the_best_quantiser_of_a_normal_distribution() -> None:
    """Each level is the mean of the numbers that become it, and the loss is Max's (1960): 0.009497."""
    normal = np.random.default_rng(0).standard_normal(400_000).astype(np.float32)
    bounds = (LEVELS[1:] + LEVELS[:-1]) / 2
    codes = np.searchsorted(bounds, normal)
    for code, level in enumerate(LEVELS):
        assert normal[codes == code].mean() == pytest.approx(level, abs=0.02)
    assert np.mean((LEVELS[codes] - normal) ** 2) == pytest.approx(0.009497, rel=0.02)


@pytest.mark.parametrize("dimension", [1, 2, 7, 384])
def test_half_a_byte_a_number(dimension: int) -> None:
    rows = np.random.default_rng(1).normal(size=(5, dimension)).astype(np.float32)
    packed = quantised(rows)
    assert packed.packed.shape == (5, (dimension + 1) // 2)
    assert unpacked(packed, dimension).shape == (5, dimension)
    query = np.random.default_rng(2).normal(size=dimension).astype(np.float32)
    np.testing.assert_allclose(products(packed, query), unpacked(packed, dimension) @ query, rtol=1e-4, atol=1e-5)


def test_the_product_with_the_row_itself_is_right_and_with_others_unbiased() -> None:
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(2_000, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    packed = quantised(rows)
    np.testing.assert_allclose(np.einsum("ij,ij->i", unpacked(packed, 384), rows), 1, atol=1e-3)
    query = rows[0] + 0.3 * rows[1]
    errors = products(packed, query)[2:] - rows[2:] @ query
    assert abs(errors.mean()) < 5e-4
    assert errors.std() < 0.006


def test_rows_of_zeros_and_no_rows() -> None:
    rows = np.zeros((3, 8), np.float32)
    rows[1, 2] = -0.5
    found = unpacked(quantised(rows), 8)
    assert not found[[0, 2]].any()
    assert found[1].argmin() == 2
    assert products(quantised(rows[:0]), rows[0]).shape == (0,)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=4, max_size=4), st.floats(0.015625, 64))
def test_the_size_of_a_row_does_not_change_its_codes(row: list[float], factor: float) -> None:
    rows = np.array([row], np.float32)
    rows[np.abs(rows) < 1e-2] = 0
    once, twice = quantised(rows), quantised(rows * np.float32(2.0 ** round(np.log2(factor))))
    np.testing.assert_array_equal(once.packed, twice.packed)
