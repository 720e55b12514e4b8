"""Batches side by side on torch's threads, and the precision that is chosen (the pass itself: test_transformer)."""

import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from index import batching
from index.tensor_file import read_tensors
from index.transformer import Bert


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def engine(torch: Any) -> Any:
    from index.presets import BUNDLED_FOLDER
    from index.torch_bert import TorchBert

    bert = Bert(read_tensors(BUNDLED_FOLDER / "model.safetensors"), 6, 12, 1e-12, "mean")
    return TorchBert(bert, "cpu", torch.float32)


@pytest.fixture
def two_threads(torch: Any, engine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    monkeypatch.setattr(engine, "_workers", 2)
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_two_batches_are_under_way_at_once_each_on_one_thread(torch: Any, engine: Any) -> None:
    together = threading.Barrier(2, timeout=30)  # nobody gets past it unless two are there
    seen = []

    def work(places: Any) -> None:
        together.wait()
        seen.append((threading.get_ident(), torch.get_num_threads(), places.tolist()))

    done: list[int] = []
    engine.each(work, [np.array([0, 1]), np.array([2])], done.append)
    assert len({thread for thread, _, _ in seen}) == 2
    assert {threads for _, threads, _ in seen} == {1}
    assert sorted(places for _, _, places in seen) == [[0, 1], [2]]
    assert done == [2, 1]
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_an_error_in_one_batch_comes_out(torch: Any, engine: Any) -> None:
    def work(places: Any) -> None:
        if places[0] == 1:
            raise MemoryError

    with pytest.raises(MemoryError):
        engine.each(work, [np.array([n]) for n in range(3)])
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_a_batch_beside_another_has_the_same_vectors_as_alone(engine: Any) -> None:
    rng = np.random.default_rng(5)
    sentences = [rng.integers(5, 40_000, length).tolist() for length in (40, 40, 31, 30, 12, 12, 7, 3)]
    found = np.zeros((len(sentences), 384), np.float32)

    def work(places: Any) -> None:
        found[places] = engine.encode([sentences[place] for place in places])

    engine.each(work, batching.batches([len(ids) for ids in sentences], 60))
    np.testing.assert_allclose(found, engine.encode(sentences), atol=2e-6)


@pytest.mark.parametrize(
    ("flags", "faster", "chosen"),
    [
        ({}, True, "float32"),
        ({"amx_bf16": True}, True, "bfloat16"),
        ({"avx512_bf16": True}, True, "bfloat16"),
        ({"avx512_bf16": True}, False, "float32"),
    ],
)
def test_bfloat16_needs_the_flag_and_the_measurement(
    torch: Any, monkeypatch: pytest.MonkeyPatch, flags: dict[str, bool], faster: bool, chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags, raising=False)
    monkeypatch.setattr(batching, "bfloat16_is_faster", lambda: faster)
    assert batching.device.__wrapped__() == ("cpu", getattr(torch, chosen))


@pytest.mark.parametrize(("flags", "products"), [({}, None), ({"avx512_bf16": True}, "64")])
def test_few_compiled_products_are_kept_unless_told_otherwise(
    torch: Any, monkeypatch: pytest.MonkeyPatch, flags: dict[str, bool], products: str | None
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags, raising=False)
    monkeypatch.setenv("LRU_CACHE_CAPACITY", "7")
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY")

    def measured() -> bool:
        """The first product, before which the numbers have to be there."""
        assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == products
        return True

    monkeypatch.setattr(batching, "bfloat16_is_faster", measured)
    batching.device.__wrapped__()
    assert os.environ.get("ONEDNN_PRIMITIVE_CACHE_CAPACITY") == products
    assert os.environ["LRU_CACHE_CAPACITY"] == "7"


def test_bfloat16_is_measured_against_float32(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def timed(product: Any, **_: int) -> list[float]:
        assert product().shape == (1024, 1536)
        return [5.0, 1.0 if product().dtype == torch.bfloat16 else 2.0, 9.0]

    monkeypatch.setattr(batching.timeit, "repeat", timed)
    assert batching.bfloat16_is_faster()
    monkeypatch.setattr(
        batching.timeit, "repeat", lambda product, **_: [1.0 if product().dtype == torch.float32 else 2.0]
    )
    assert not batching.bfloat16_is_faster()


@pytest.mark.parametrize(("able", "chosen"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_is_used_and_in_bfloat16_only_where_it_has_it(
    torch: Any, monkeypatch: pytest.MonkeyPatch, able: bool, chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    assert batching.device.__wrapped__() == ("cuda", getattr(torch, chosen))
