"""One encoder for many threads: alone at once, together in one batch, wrong for one only."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.encoder import open_encoder
from search import shared_encoder
from search.shared_encoder import SharedEncoder


class Gate:
    """A real encoder that waits at a gate before each batch, and notes what was in it."""

    def __init__(self, folder: Path) -> None:
        self.real = open_encoder(str(folder))
        self.name, self.dimension, self.fingerprint = "gate", self.real.dimension, self.real.fingerprint
        self.open, self.arrived = threading.Event(), threading.Semaphore(0)
        self.batches: list[list[str]] = []

    def encode_queries(self, texts: Sequence[str]) -> Any:
        self.batches.append([*texts])
        self.arrived.release()
        assert self.open.wait(30)
        if "rusak" in texts:
            raise ValueError("rusak")
        return self.real.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str], on_progress: Any = None) -> Any:
        self.batches.append([*texts])
        return self.real.encode_passages(texts)


@pytest.fixture
def gate(tiny_encoder: Path) -> Gate:
    return Gate(tiny_encoder)


def asked_while_busy(
    shared: SharedEncoder, gate: Gate, pool: ThreadPoolExecutor, texts: list[str]
) -> list[Future[Any]]:
    """One question holds the encoder until all the others wait for it."""
    futures = [pool.submit(shared.encode_query, texts[0])]
    assert gate.arrived.acquire(timeout=30)
    futures += [pool.submit(shared.encode_query, text) for text in texts[1:]]
    while len(shared._waiting) < len(texts) - 1:
        threading.Event().wait(0.001)
    gate.open.set()
    return futures


def test_a_lone_question_goes_alone_and_at_once(gate: Gate) -> None:
    gate.open.set()
    shared = SharedEncoder(gate)
    for text in ("satu", "dua"):
        assert shared.encode_query(text) == pytest.approx(gate.real.encode_queries([text])[0], abs=1e-6)
    assert gate.batches == [["satu"], ["dua"]]
    assert (shared.questions, shared.batches) == (2, 2)


def test_questions_that_wait_go_together(gate: Gate) -> None:
    shared = SharedEncoder(gate)
    texts = [f"pertanyaan {n}" for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        vectors = [future.result() for future in asked_while_busy(shared, gate, pool, texts)]
    assert [len(batch) for batch in gate.batches] == [1, 11]
    assert (shared.questions, shared.batches) == (12, 2)
    assert np.abs(np.array(vectors) - gate.real.encode_queries(texts)).max() < 1e-6  # each got its own


def test_a_batch_has_an_end(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_encoder, "AT_ONCE", 4)
    shared = SharedEncoder(gate)
    with ThreadPoolExecutor(12) as pool:
        for future in asked_while_busy(shared, gate, pool, [str(n) for n in range(12)]):
            future.result()
    assert [len(batch) for batch in gate.batches] == [1, 4, 4, 3]
    assert sorted(text for batch in gate.batches for text in batch) == sorted(str(n) for n in range(12))


def test_an_error_reaches_all_of_its_batch_and_none_after(gate: Gate) -> None:
    shared = SharedEncoder(gate)
    with ThreadPoolExecutor(3) as pool:
        first, *others = asked_while_busy(shared, gate, pool, ["baik", "rusak", "juga"])
        assert first.result().shape == (gate.dimension,)
        for future in others:
            with pytest.raises(ValueError, match="rusak"):
                future.result()
    assert shared.encode_query("baik").shape == (gate.dimension,)


def test_long_texts_leave_room_for_questions(gate: Gate) -> None:
    gate.open.set()
    shared = SharedEncoder(gate)
    texts = [f"bagian {n}" for n in range(2 * shared_encoder.AT_ONCE + 1)]
    assert shared.encode_passages(texts) == pytest.approx(gate.real.encode_passages(texts), abs=1e-6)
    assert [len(batch) for batch in gate.batches] == [shared_encoder.AT_ONCE, shared_encoder.AT_ONCE, 1]
    assert shared.encode_passages([]).shape == (0, gate.dimension)
