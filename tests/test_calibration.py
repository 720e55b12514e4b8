"""Where unrelated questions come in an index: against the figures by hand."""

from pathlib import Path

import numpy as np
import pytest

from index.calibration import EVERYDAY_QUESTIONS, calibrate
from index.encoder import Encoder, open_encoder
from index.quantise import quantised
from index.rows import Encoded, Rows
from index.segment import write_segment
from index.text import query_language
from index.vectors import Vectors

TEXTS = [
    "Harga beras naik.",
    "Banjir di Demak.",
    "Hakim menolak gugatan.",
    "Bank Indonesia 5,75 persen.",
    "Kapal tenggelam.",
]


@pytest.fixture
def encoder(tiny_encoder: Path) -> Encoder:
    return open_encoder(str(tiny_encoder))


def vectors_of(encoder: Encoder, folder: Path, removed: list[int]) -> Vectors:
    rows = encoder.encode_passages(TEXTS)
    numbers = np.arange(1, len(TEXTS) + 1, dtype=np.int64)
    name = write_segment(folder, 1, Rows.of(numbers, [Encoded(row, quantised(row[None], row)) for row in rows]))
    return Vectors(folder, [name], encoder.dimension, np.array(removed, np.int64))


@pytest.mark.parametrize("removed", [[], [2, 4]])
def test_median_is_that_of_the_nearest_passages(encoder: Encoder, tmp_path: Path, removed: list[int]) -> None:
    kept = [text for number, text in enumerate(TEXTS, start=1) if number not in removed]
    cosines = encoder.encode_queries(EVERYDAY_QUESTIONS) @ encoder.encode_passages(kept).T
    nearest = cosines.max(axis=1)
    found = calibrate(encoder, vectors_of(encoder, tmp_path, removed), None, len(kept))
    middle = np.median(nearest)
    assert found["median"] == pytest.approx(middle, abs=1e-4)
    half = len(EVERYDAY_QUESTIONS) // 2
    assert [query_language(question) for question in EVERYDAY_QUESTIONS] == ["id"] * half + ["en"] * half
    medians = {"id": np.median(nearest[:half]), "en": np.median(nearest[half:])}
    assert found["by_language"] == pytest.approx(medians, abs=1e-4)
    assert (found["encoder"], found["passages"]) == (encoder.fingerprint, len(kept))


@pytest.mark.parametrize(
    ("passages", "measured_again"), [(100, False), (120, False), (123, True), (84, False), (80, True), (0, True)]
)
def test_measured_again_when_the_index_has_another_size(encoder: Encoder, passages: int, measured_again: bool) -> None:
    before = {"encoder": encoder.fingerprint, "passages": 100, "median": 0.5, "by_language": {"id": 0.5}}
    found = calibrate(encoder, Vectors(Path(), [], encoder.dimension), before, passages)
    assert (found is not before) == measured_again


def test_measured_again_where_languages_were_not_told_apart(encoder: Encoder) -> None:
    before = {"encoder": encoder.fingerprint, "passages": 100, "median": 0.5}
    assert "by_language" in calibrate(encoder, Vectors(Path(), [], encoder.dimension), before, 100)


def test_measured_again_with_another_encoder(encoder: Encoder) -> None:
    before = {"encoder": "another", "passages": 0, "median": 0.5}
    found = calibrate(encoder, Vectors(Path(), [], encoder.dimension), before, 0)
    assert found == {"encoder": encoder.fingerprint, "passages": 0, "median": 0.0, "by_language": {}}


def test_the_questions_are_many_and_different() -> None:
    assert len(set(EVERYDAY_QUESTIONS)) == len(EVERYDAY_QUESTIONS) >= 60
    assert all(question.endswith("?") for question in EVERYDAY_QUESTIONS)
