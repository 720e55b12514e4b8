"""Models of the families that the presets belong to, tiny and with random weights, in the format of the hub."""

import queue
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import index.hub_encoder
from index.batching import devices
from index.encoder import open_encoder
from index.errors import EncoderError
from index.hub_encoder import SentenceTransformerEncoder

# The one import path that every supported version of sentence-transformers has; new versions call it old.
pytestmark = pytest.mark.filterwarnings("ignore:Importing from 'sentence_transformers:DeprecationWarning")

PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    *"abcdefghijklmnopqrstuvwxyz:?",
    "▁harga",
    "▁beras",
    "▁naik",
    "▁di",
    "an",
]
TEXTS = ["harga beras naik", "banjir di kota", "", "siapa?", "harga " * 60, "naik"]
INSTRUCTION = "instruct: cari\nquery:"


def save(folder: Path, model: Any, tokenizer: Any, rest: Sequence[Any], prompts: dict[str, str]) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Transformer

    base = folder.with_name(f"{folder.name}-base")
    model.save_pretrained(base)
    tokenizer.save_pretrained(base)
    modules = [Transformer(str(base)), *rest]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder), create_model_card=False)
    return folder


def unigram(**options: Any) -> Any:
    """A SentencePiece tokenizer, as XLM-R, E5 and BGE-M3 have it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    scores = [(piece, 0.0 if piece.startswith("<") else -len(PIECES) / (len(piece) + 1)) for piece in PIECES]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", None, [("<s>", 0), ("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", model_max_length=32, **options,
    )  # fmt: skip


SIZES = {
    "vocab_size": len(PIECES), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 48, "initializer_range": 0.5, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
}  # fmt: skip


def xlmr(folder: Path, pooling: str, prompts: dict[str, str]) -> Path:
    from sentence_transformers.models import Normalize, Pooling
    from transformers import XLMRobertaConfig, XLMRobertaModel

    model = XLMRobertaModel(XLMRobertaConfig(**SIZES, max_position_embeddings=40, type_vocab_size=1))
    return save(folder, model, unigram(), [Pooling(32, pooling_mode=pooling), Normalize()], prompts)


def qwen(folder: Path) -> Path:
    from sentence_transformers.models import Normalize, Pooling
    from transformers import Qwen3Config, Qwen3Model

    model = Qwen3Model(Qwen3Config(**SIZES, num_key_value_heads=2, head_dim=8, max_position_embeddings=64))
    rest = [Pooling(32, pooling_mode="lasttoken"), Normalize()]
    return save(folder, model, unigram(padding_side="left"), rest, {"query": INSTRUCTION, "document": ""})


def gemma(folder: Path) -> Path:
    from sentence_transformers.models import Dense, Normalize, Pooling
    from transformers import Gemma3TextConfig, Gemma3TextModel

    config = Gemma3TextConfig(
        **SIZES, num_key_value_heads=1, head_dim=8, max_position_embeddings=64, use_bidirectional_attention=True
    )
    linear = {"bias": False, "activation_function": None}
    rest = [Pooling(32, pooling_mode="mean"), Dense(32, 64, **linear), Dense(64, 32, **linear), Normalize()]
    prompts = {"query": "task: search result | query: ", "document": "title: none | text: "}
    return save(folder, Gemma3TextModel(config), unigram(), rest, prompts)


def modernbert(folder: Path) -> Path:
    from sentence_transformers.models import Normalize, Pooling
    from transformers import ModernBertConfig, ModernBertModel

    model = ModernBertModel(ModernBertConfig(**SIZES, max_position_embeddings=64, cls_token_id=0, sep_token_id=2))
    return save(folder, model, unigram(), [Pooling(32, pooling_mode="mean"), Normalize()], {})


E5 = {"query": "query: ", "passage": "passage: "}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By family: the folder. E5-base: mean and two prompts; BGE-M3: first token, no prompts; and so on."""
    import torch

    torch.manual_seed(5)
    base = tmp_path_factory.mktemp("families")
    return {
        "e5": xlmr(base / "e5", "mean", E5),
        "bge": xlmr(base / "bge", "cls", {}),
        "qwen": qwen(base / "qwen"),
        "gemma": gemma(base / "gemma"),
        "bekko": modernbert(base / "bekko"),
    }


@cache
def plain(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder, dtype=torch.float32).eval()


def states(folder: Path, text: str) -> Any:
    """The rows that transformers itself gives for one text, without padding."""
    import torch

    tokenizer, model = plain(folder)
    with torch.no_grad():
        ids = tokenizer(text, return_tensors="pt", truncation=True, max_length=32)
        return model(**ids).last_hidden_state[0].numpy()


POOLED = {
    "e5": ("query: ", "passage: ", lambda rows: rows.mean(axis=0)),
    "bge": ("", "", lambda rows: rows[0]),
    "qwen": (INSTRUCTION, "", lambda rows: rows[-1]),
    "bekko": ("", "", lambda rows: rows.mean(axis=0)),
}


@pytest.mark.parametrize("family", POOLED)
def test_a_family_is_pooled_and_prompted_as_its_makers_say(models: dict[str, Path], family: str) -> None:
    """The oracle is transformers' own model, one text at a time, pooled here; ours pads texts of all lengths."""
    query, passage, pool = POOLED[family]
    encoder = open_encoder(str(models[family]))
    assert isinstance(encoder, SentenceTransformerEncoder)
    for prompt, found in ((query, encoder.encode_queries(TEXTS)), (passage, encoder.encode_passages(TEXTS))):
        expected = np.stack([pool(states(models[family], prompt + text)) for text in TEXTS])
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        assert ((found * expected).sum(axis=1) > 0.995).all()
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_gemma_goes_through_its_dense_layers(models: dict[str, Path]) -> None:
    from safetensors.numpy import load_file

    encoder = open_encoder(str(models["gemma"]))
    (first,), (second,) = (load_file(models["gemma"] / f"{n}_Dense/model.safetensors").values() for n in (2, 3))
    for prompt, found in (
        ("task: search result | query: ", encoder.encode_queries(TEXTS)),
        ("title: none | text: ", encoder.encode_passages(TEXTS)),
    ):
        expected = np.stack([second @ (first @ states(models["gemma"], prompt + text).mean(axis=0)) for text in TEXTS])
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        assert ((found * expected).sum(axis=1) > 0.995).all()


@pytest.mark.parametrize("family", ["e5", "qwen", "gemma"])
def test_questions_and_passages_are_never_mixed_up(models: dict[str, Path], family: str) -> None:
    encoder = open_encoder(str(models[family]))
    questions, passages = encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)
    assert ((questions * passages).sum(axis=1) < 0.99).all(), "the prompts change every vector"
    whole, parts = encoder.encode_with_sentences(["harga beras naik"], [[(0, 5), (6, 16)]])
    assert float(whole[0] @ passages[0]) > 0.995, "what is indexed is a passage"
    assert float(parts[0][0] @ encoder.encode_passages(["harga"])[0]) > 0.995


@pytest.mark.parametrize("family", POOLED)
def test_fewer_dimensions_are_the_first_ones(models: dict[str, Path], family: str) -> None:
    whole, cut = open_encoder(str(models[family])), open_encoder(f"{models[family]}:16")
    assert (cut.dimension, cut.name) == (16, f"{models[family]}:16")
    for all_, some in (
        (whole.encode_queries(TEXTS), cut.encode_queries(TEXTS)),
        (whole.encode_passages(TEXTS), cut.encode_passages(TEXTS)),
    ):
        first = all_[:, :16] / np.linalg.norm(all_[:, :16], axis=1, keepdims=True)
        np.testing.assert_allclose(some, first, atol=1e-4)
    assert cut.fingerprint != whole.fingerprint != open_encoder(f"{models[family]}:8").fingerprint
    assert open_encoder(f"{models[family]}:32").fingerprint == whole.fingerprint
    with pytest.raises(EncoderError, match="cannot give 64 dimensions"):
        open_encoder(f"{models[family]}:64")


def test_a_back_end_that_is_not_installed_is_named(models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.hub_encoder, "find_spec", lambda name: None)
    for backend, package in (("onnx", "optimum-onnx"), ("openvino", "optimum-intel")):
        with pytest.raises(EncoderError, match=f"{backend} is not installed") as caught:
            open_encoder(f"{models['bge']}:{backend}")
        assert package in caught.value.hint


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_a_back_end_gives_the_vectors_of_torch(models: dict[str, Path], backend: str) -> None:
    pytest.importorskip("optimum")
    pytest.importorskip({"onnx": "onnxruntime"}.get(backend, backend))
    ours, theirs = open_encoder(str(models["e5"])), open_encoder(f"{models['e5']}:{backend}")
    assert ours.fingerprint != theirs.fingerprint
    assert ((ours.encode_passages(TEXTS) * theirs.encode_passages(TEXTS)).sum(axis=1) > 0.995).all()


# --- several devices ---


@pytest.mark.parametrize(("there", "expected"), [(0, ["cpu"]), (1, ["cuda:0"]), (3, ["cuda:0", "cuda:1", "cuda:2"])])
def test_every_gpu_that_torch_sees_takes_part(there: int, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: there > 0)
    monkeypatch.setattr("torch.cuda.device_count", lambda: there)
    assert devices() == expected


class Line(queue.Queue[Any]):
    """A queue between threads in the place of one between processes."""

    def close(self) -> None: ...

    def cancel_join_thread(self) -> None: ...


class Worker(threading.Thread):
    """A thread in the place of sentence-transformers' worker process, which takes ten seconds to begin."""

    def terminate(self) -> None: ...

    def close(self) -> None: ...

    def join(self, timeout: float | None = None) -> None: ...


def test_devices_share_large_amounts_only(models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers on this CPU stand for two GPUs; all but their being threads is sentence-transformers' own pool."""
    alone = open_encoder(str(models["qwen"]))
    shared = SentenceTransformerEncoder("qwen", models["qwen"], None, places=["cpu", "cpu"])
    started: list[str] = []

    def start(places: list[str]) -> dict[str, Any]:
        started.extend(places)
        asked, told = Line(), Line()
        work = shared._model._multi_process_worker
        workers = [Worker(target=work, args=(place, shared._model, asked, told), daemon=True) for place in places]
        for worker in workers:
            worker.start()
        return {"input": asked, "output": told, "processes": workers}

    monkeypatch.setattr(shared._model, "start_multi_process_pool", start)
    shared.encode_passages(TEXTS)
    assert not started, "a handful is no reason to start processes"
    monkeypatch.setattr(index.hub_encoder, "_SHARED_TOKENS", 100)
    done: list[int] = []
    found = shared.encode_passages(TEXTS * 8, done.append)
    assert sum(done) == len(TEXTS) * 8
    expected = alone.encode_passages(TEXTS * 8)
    assert ((found * expected).sum(axis=1) > 0.995).all()
    questions = shared.encode_queries(TEXTS * 8)
    assert ((questions * alone.encode_queries(TEXTS * 8)).sum(axis=1) > 0.995).all()
    assert started == ["cpu", "cpu"], "once"
