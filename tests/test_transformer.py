"""The forward pass against transformers' own BertModel, and its parts against numpy and torch."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import index.transformer
from index.tensor_file import read_tensors
from index.transformer import Bert, Engine, NumpyBert, runs, unit_rows, widen

WIDTH, HEADS, LAYERS, WORDS, POSITIONS = 48, 4, 3, 200, 96


@pytest.fixture(scope="module")
def original() -> Any:
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=WORDS,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=POSITIONS,
        initializer_range=0.4,  # far from the identity, so that every term counts
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter += torch.randn_like(parameter) * 0.2
    return model


@pytest.fixture(scope="module")
def bert(original: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Bert]:
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("bert")

    def make(pooling: str = "mean", dtype: str = "float32", prefix: str = "") -> Bert:
        import torch

        path = folder / f"{dtype}{prefix}.safetensors"
        if not path.exists():
            tensors = original.state_dict().items()
            save_file({prefix + name: tensor.to(getattr(torch, dtype)) for name, tensor in tensors}, path)
        return Bert(read_tensors(path), LAYERS, HEADS, original.config.layer_norm_eps, pooling)

    return make


def sentences(seed: int = 0) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    lengths = (POSITIONS, 70, 70, 70, 33, 9, 9, 2, 1)
    return [rng.integers(0, WORDS, length).tolist() for length in lengths]


def expected(original: Any, ids: list[list[int]], pooling: str) -> np.ndarray:
    import torch

    rows = []
    with torch.inference_mode():
        for sentence in ids:
            states = original(torch.tensor([sentence])).last_hidden_state[0]
            rows.append(states.mean(dim=0) if pooling == "mean" else states[0])
        return torch.nn.functional.normalize(torch.stack(rows)).numpy()


def engines(bert: Bert) -> list[Engine]:
    import torch

    from index.torch_bert import TorchBert

    return [NumpyBert(bert), TorchBert(bert, "cpu", torch.float32)]


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_both_engines_equal_transformers(original: Any, bert: Callable[..., Bert], pooling: str) -> None:
    for engine in engines(bert(pooling)):
        found = engine.encode(sentences())
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected(original, sentences(), pooling), atol=2e-6)


@pytest.mark.parametrize(("dtype", "cosine"), [("float16", 0.9999), ("bfloat16", 0.998)])
def test_weights_in_half_precision_lose_only_their_own_rounding(
    original: Any, bert: Callable[..., Bert], dtype: str, cosine: float
) -> None:
    for engine in engines(bert(dtype=dtype)):
        found = engine.encode(sentences())
        assert (found * expected(original, sentences(), "mean")).sum(axis=1).min() > cosine


def test_torch_in_bfloat16_keeps_the_contract(original: Any, bert: Callable[..., Bert]) -> None:
    import torch

    from index.torch_bert import TorchBert

    found = TorchBert(bert(), "cpu", torch.bfloat16).encode(sentences())
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert (found * expected(original, sentences(), "mean")).sum(axis=1).min() > 0.998  # random weights, 0.4 wide


def test_a_sentence_has_the_same_vector_in_any_company(bert: Callable[..., Bert]) -> None:
    for engine in engines(bert()):
        together = engine.encode(sentences())
        alone = np.concatenate([engine.encode([ids]) for ids in sentences()])
        shuffled = engine.encode(sentences()[::-1])[::-1]
        np.testing.assert_allclose(together, alone, atol=1e-6)
        np.testing.assert_allclose(together, shuffled, atol=1e-6)


@pytest.mark.parametrize("many_threads", [True, False])
def test_the_first_question_is_encoded_as_later_ones(
    bert: Callable[..., Bert], monkeypatch: pytest.MonkeyPatch, many_threads: bool
) -> None:
    """Matrices are laid out anew after the first; products are cut for threads or not."""
    monkeypatch.setattr(index.transformer, "_MANY_THREADS", many_threads)
    engine, ids = NumpyBert(bert()), sentences()[-4:]
    first, second, third = (engine.encode(ids) for _ in range(3))
    np.testing.assert_allclose(first, second, atol=1e-6)
    np.testing.assert_array_equal(second, third)


def test_names_with_a_bert_prefix_are_read_alike(bert: Callable[..., Bert]) -> None:
    plain, prefixed = bert(), bert(prefix="bert.")
    assert not prefixed.missing()
    np.testing.assert_array_equal(NumpyBert(plain).encode(sentences()), NumpyBert(prefixed).encode(sentences()))


def test_missing_tensors_are_named(bert: Callable[..., Bert]) -> None:
    whole = bert()
    assert whole.missing() == []
    del (tensors := dict(whole.tensors))["encoder.layer.1.output.dense.bias"]
    assert Bert(tensors, LAYERS, HEADS, 1e-12, "mean").missing() == ["encoder.layer.1.output.dense.bias"]


def test_widen_is_exact_for_every_finite_half() -> None:
    halves = np.arange(65_536, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    np.testing.assert_array_equal(widen(finite).view(np.uint32), finite.astype(np.float32).view(np.uint32))


def test_widen_reads_bfloat16_as_the_upper_half_of_float32() -> None:
    numbers = np.array([1.0, -2.5, 0.0, 3.0e38], np.float32)
    np.testing.assert_allclose(widen((numbers.view(np.uint32) >> 16).astype(np.uint16)), numbers, rtol=1e-2)


def test_gelu_is_the_erf_form() -> None:
    from index.transformer import _gelu

    numbers = np.linspace(-12, 12, 4001, dtype=np.float32).reshape(-1, 1)
    exact = [x * 0.5 * math.erfc(-x / math.sqrt(2)) for x in numbers[:, 0].tolist()]
    _gelu(numbers)
    np.testing.assert_allclose(numbers[:, 0], exact, atol=5e-7)


def test_runs_lie_end_to_end() -> None:
    assert list(runs([[1, 2], [3, 4], [5], [6, 7]])) == [(slice(0, 4), 2), (slice(4, 5), 1), (slice(5, 7), 2)]
    assert list(runs([])) == []


def test_unit_rows_leaves_a_zero_row_zero() -> None:
    rows = unit_rows(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]], atol=1e-7)


def test_a_file_cut_short_is_refused_at_every_length(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    whole = len(header).to_bytes(8, "little") + header + np.arange(4, dtype=np.float32).tobytes()
    path = tmp_path / "model.safetensors"
    path.write_bytes(whole)
    np.testing.assert_array_equal(read_tensors(path)["a"], [0, 1, 2, 3])
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"model\.safetensors|Expecting|JSON"):
            read_tensors(path)
