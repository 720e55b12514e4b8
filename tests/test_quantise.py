"""Sentence vectors beside their passage's: what becomes of rows, and how far products are off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.quantise import LEVELS, products, quantised, unpacked


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def test_levels_lose_less_of_a_normal_distribution_than_two_bits_a_number() -> None:
    """Every byte is used, for the fours nearest to it; the loss is below Max's (1960) for two bits a number, 0.1175."""
    fours = np.random.default_rng(0).standard_normal((100_000, 4)).astype(np.float32)
    far = np.einsum("ij,ij->i", LEVELS, LEVELS) - 2 * fours @ LEVELS.T
    nearest = far.argmin(axis=1)
    assert len(np.unique(LEVELS, axis=0)) == len(np.unique(nearest)) == 256
    assert np.mean((LEVELS[nearest] - fours) ** 2) == pytest.approx(0.1021, rel=0.02)
    rows = fours.reshape(-1, 4_000)  # their root mean square is 1, near enough
    packed = quantised(rows, np.zeros(4_000, np.float32)).packed
    assert np.mean(packed == nearest.reshape(-1, 1_000)) > 0.97


@pytest.mark.parametrize("dimension", [1, 2, 7, 384])
def test_a_quarter_of_a_byte_a_number(dimension: int) -> None:
    draw = np.random.default_rng(1)
    rows, passage = draw.normal(size=(5, dimension)).astype(np.float32), unit(draw.normal(size=dimension))
    packed = quantised(rows, passage)
    assert packed.packed.shape == (5, (dimension + 3) // 4)
    assert packed.scales.shape == (5, 2)
    found = unpacked(packed, passage)
    assert found.shape == (5, dimension)
    query = draw.normal(size=dimension).astype(np.float32)
    by_product = products(packed, query, float(passage @ query))
    np.testing.assert_allclose(by_product, found @ query, rtol=1e-4, atol=1e-5)


def test_sentences_like_their_passage_come_near_and_without_bias() -> None:
    """Sentences at a cosine of 0.85, as those of news are: none with passage and sentence, else 0.007 around none."""
    draw = np.random.default_rng(3)
    passage = unit(draw.normal(size=384))
    rows = unit(draw.normal(size=(2_000, 384)))
    rows = unit(0.85 * passage + np.sqrt(1 - 0.85**2) * rows)
    packed = quantised(rows, passage)
    np.testing.assert_allclose(unpacked(packed, passage) @ passage, rows @ passage, atol=1e-3)
    np.testing.assert_allclose(np.einsum("ij,ij->i", unpacked(packed, passage), rows), 1, atol=1e-3)
    query = unit(passage + rows[0] + unit(draw.normal(size=384)))
    errors = (products(packed, query, float(passage @ query)) - rows @ query)[1:]
    assert abs(errors.mean()) < 5e-4
    assert errors.std() < 0.009


def test_a_row_along_the_passage_is_exact() -> None:
    passage = unit(np.arange(1, 9))
    rows = np.stack([passage, np.float32(-0.5) * passage, np.zeros(8, np.float32)])
    np.testing.assert_allclose(unpacked(quantised(rows, passage), passage), rows, atol=1e-3)


def test_rows_of_zeros_and_no_rows() -> None:
    rows = np.zeros((3, 8), np.float32)
    rows[1, 2] = -0.5
    passage = np.zeros(8, np.float32)
    found = unpacked(quantised(rows, passage), passage)
    assert not found[[0, 2]].any()
    assert found[1].argmin() == 2
    assert products(quantised(rows[:0], passage), rows[0], 0.0).shape == (0,)


@given(st.lists(st.floats(-100, 100, width=32), min_size=4, max_size=4), st.floats(0.015625, 64))
def test_the_size_of_a_row_does_not_change_its_codes(row: list[float], factor: float) -> None:
    rows = np.array([row], np.float32)
    rows[np.abs(rows) < 1e-2] = 0
    passage = np.array([0.5, 0.5, -0.5, 0.5], np.float32)
    once, twice = quantised(rows, passage), quantised(rows * np.float32(2.0 ** round(np.log2(factor))), passage)
    np.testing.assert_array_equal(once.packed, twice.packed)
