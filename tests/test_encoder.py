"""Encoders against SentenceTransformer itself, on the bundled folder and on small models made here."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import index.bert_encoder
import index.hub_encoder
from index.encoder import Encoder, open_encoder
from index.errors import EncoderError
from index.presets import BUNDLED_FOLDER, find_preset

# The one import path that every supported version of sentence-transformers has; new versions call it old.
pytestmark = pytest.mark.filterwarnings("ignore:Importing from 'sentence_transformers:DeprecationWarning")

ROOT = Path(__file__).parent.parent
TEXTS = [
    "Siapa yang ditunjuk menjadi menteri keuangan?",
    "Bank Indonesia menahan suku bunga acuan di 5,75 persen pada rapat bulan ini.",
    "The ministry said rice prices rose sharply in Jakarta and Surabaya.",
    "",
    "Harga cabai naik 😀🔥 100%!!",
    "Pemerintah daerah menyalurkan bantuan bagi korban banjir di Demak. " * 60,
    "x" * 500,
    "日本語の記事 dan tulisan campuran\u200b\ttab\x00nul",
]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "query", "passage", ":", "harga", "beras", "naik", "banjir", "di", "kota"]


def make_model(folder: Path, pooling: str = "mean", prompts: dict[str, str] | None = None, kind: str = "bert") -> Path:
    """Write a tiny sentence-transformers model with random weights, in the format of the hub."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import AutoModel, BertConfig, DistilBertConfig, PreTrainedTokenizerFast

    base = folder.with_name(folder.name + "-base")
    tokenizer = Tokenizer(models.WordPiece({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=24,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(base)
    torch.manual_seed(3)
    sizes = {"vocab_size": len(WORDS), "max_position_embeddings": 32}
    if kind == "bert":
        config = BertConfig(
            **sizes, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
            initializer_range=0.5,
        )  # fmt: skip
    else:
        config = DistilBertConfig(**sizes, dim=32, n_layers=2, n_heads=4, hidden_dim=64, initializer_range=0.5)
    AutoModel.from_config(config).save_pretrained(base)
    words = Transformer(str(base))
    model = SentenceTransformer(
        modules=[words, Pooling(32, pooling_mode=pooling), Normalize()], prompts=prompts or {}, device="cpu"
    )
    model.save(str(folder), create_model_card=False)
    return folder


def oracle(folder: Path) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32})


@pytest.fixture(scope="module")
def bundled() -> Encoder:
    return open_encoder()


@pytest.fixture(scope="module")
def bundled_oracle() -> Any:
    return oracle(BUNDLED_FOLDER)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("models")
    prompts = {"query": "query : ", "passage": "passage : "}
    return {
        "mean": make_model(base / "mean"),
        "cls": make_model(base / "cls", "cls"),
        "prompts": make_model(base / "prompts", prompts=prompts),
        "max": make_model(base / "max", "max", prompts=prompts),
        "distilbert": make_model(base / "distilbert", kind="distilbert"),
    }


@pytest.fixture
def copy(models: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: Path(shutil.copytree(models[name], tmp_path / f"copy-of-{name}"))


# --- the bundled encoder ---


def test_bundled_equals_sentence_transformers(bundled: Encoder, bundled_oracle: Any) -> None:
    expected = bundled_oracle.encode_document(TEXTS)
    found = bundled.encode_passages(TEXTS)
    assert found.dtype == np.float32
    assert found.shape == (len(TEXTS), bundled.dimension)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(bundled.encode_queries(TEXTS), bundled_oracle.encode_query(TEXTS), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_torch_for_large_amounts_equals_it_too(bundled_oracle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.bert_encoder, "_BULK_TOKENS", 0)
    encoder = open_encoder()
    found = encoder.encode_passages(TEXTS)
    cosines = (found * bundled_oracle.encode_document(TEXTS)).sum(axis=1)
    assert cosines.min() >= 0.999
    assert encoder.fingerprint == open_encoder().fingerprint


def test_bundled_uses_the_length_sentence_transformers_uses(bundled: Encoder, bundled_oracle: Any) -> None:
    text = " ".join(f"kata{n}" for n in range(400))
    ids = bundled_oracle.preprocess([text])["input_ids"][0].tolist()
    assert bundled._tokenise([text])[0] == ids  # type: ignore[attr-defined]
    assert len(ids) == bundled_oracle.max_seq_length


def test_a_question_needs_no_torch() -> None:
    code = (
        "import sys; from index.encoder import open_encoder; encoder = open_encoder();"
        "assert encoder.encode_queries(['Siapa?']).shape == (1, encoder.dimension);"
        "assert encoder.encode_passages(['Banjir di Demak.'] * 3).shape == (3, encoder.dimension);"
        "assert not {'torch', 'transformers', 'sentence_transformers', 'huggingface_hub'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_translations_are_nearer_than_strangers(bundled: Encoder) -> None:
    pair = bundled.encode_passages(["Harga beras naik di Jakarta.", "The volcano erupted last night."])
    question = bundled.encode_queries(["Rice prices rise in Jakarta"])[0]
    assert question @ pair[0] > question @ pair[1] + 0.3


def test_one_text_has_one_vector_in_any_company(bundled: Encoder) -> None:
    together = bundled.encode_passages(TEXTS)
    alone = np.concatenate([bundled.encode_passages([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(bundled.encode_passages(TEXTS[::-1])[::-1], together, atol=1e-6)


def test_no_texts_give_no_rows(bundled: Encoder) -> None:
    for found in (bundled.encode_queries([]), bundled.encode_passages([])):
        assert found.shape == (0, bundled.dimension)
        assert found.dtype == np.float32


def test_odd_texts_are_encoded(bundled: Encoder) -> None:
    odd = ["\ud800 setengah", "\x00\x01", "\u202eterbalik", "😀" * 400, "a" * 100_000, "\n" * 100_000, "…" * 100_000]
    found = bundled.encode_passages(odd)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "kata " * 20_000,
        " " * 50_000 + "harga beras naik",
        "a" * 30_000 + " harga beras naik " * 300,
        "\n".join("=" * 5_000 for _ in range(8)),
        "ab,cd." * 9_000,
        ("z" * 150 + " ") * 600,
    ],
    ids=["words", "blanks", "endless word", "rules", "no blanks", "long words"],
)
def test_cutting_long_texts_early_changes_no_token(bundled: Encoder, bundled_oracle: Any, text: str) -> None:
    whole = bundled_oracle.preprocess([text])["input_ids"][0].tolist()
    assert bundled._tokenise([text, "pendek"])[0] == whole  # type: ignore[attr-defined]


def test_a_huge_text_costs_little(bundled: Encoder) -> None:
    read: list[int] = []
    batch = bundled._batch  # type: ignore[attr-defined]
    bundled._batch = lambda texts: read.append(max(map(len, texts))) or batch(texts)  # type: ignore[attr-defined]
    try:
        bundled.encode_passages(["Pemerintah menyalurkan bantuan. " * 200_000])
    finally:
        del bundled._batch  # type: ignore[attr-defined]
    assert max(read) < 20_000


# --- other models ---


@pytest.mark.usefixtures("float32")
@pytest.mark.parametrize("name", ["mean", "cls", "prompts", "max", "distilbert"])
def test_small_models_equal_sentence_transformers(models: dict[str, Path], name: str) -> None:
    encoder, theirs = open_encoder(str(models[name])), oracle(models[name])
    plain = name in ("mean", "cls", "prompts")
    assert isinstance(encoder, index.bert_encoder.BertEncoder) == plain
    texts = ["harga beras naik", "banjir di kota " * 40, "", "kota", "asing naik di harga kota"]
    query, passage = ("query : ", "passage : ") if name in ("prompts", "max") else ("", "")
    np.testing.assert_allclose(
        encoder.encode_queries(texts), theirs.encode(texts, prompt=query, normalize_embeddings=True), atol=1e-5
    )
    np.testing.assert_allclose(
        encoder.encode_passages(texts), theirs.encode(texts, prompt=passage, normalize_embeddings=True), atol=1e-5
    )
    assert encoder.encode_passages([]).shape == encoder.encode_queries([]).shape == (0, 32)
    assert encoder.name == str(models[name])


def test_another_model_in_bfloat16_stays_near_itself_in_float32(
    models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(index.hub_encoder, "device", lambda: ("cpu", torch.bfloat16))
    texts = ["harga beras naik", "banjir di kota " * 40, "kota", "asing naik di harga kota"]
    found = open_encoder(str(models["max"])).encode_passages(texts)
    expected = oracle(models["max"]).encode(texts, prompt="passage : ", normalize_embeddings=True)
    cosines = (found * expected).sum(axis=1)
    assert 0.998 < cosines.min() < 0.9999999  # random weights, 0.4 wide; in float32 nothing would be lost


@pytest.mark.parametrize("name", ["prompts", "max"])
def test_prompts_are_not_mixed_up(models: dict[str, Path], name: str) -> None:
    encoder = open_encoder(str(models[name]))
    query, passage = encoder.encode_queries(["harga naik"])[0], encoder.encode_passages(["harga naik"])[0]
    assert query @ passage < 0.999


def test_a_preset_brings_its_prompts(models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    preset = find_preset("multilingual-e5-small")
    assert preset is not None
    snapshots = tmp_path / "models--intfloat--multilingual-e5-small" / "snapshots"
    shutil.copytree(models["mean"], snapshots / str(preset.revision))
    theirs = oracle(models["mean"])
    for name in ("multilingual-e5-small", "intfloat/multilingual-e5-small"):
        encoder = open_encoder(name)
        assert encoder.name == name
        query, passage = encoder.encode_queries(["naik"]), encoder.encode_passages(["naik"])
        np.testing.assert_allclose(query, theirs.encode(["query: naik"]), atol=1e-5)
        np.testing.assert_allclose(passage, theirs.encode(["passage: naik"]), atol=1e-5)


@pytest.mark.usefixtures("float32")
@pytest.mark.parametrize("name", ["mean", "max"])
def test_progress_counts_every_passage_and_order_is_kept(
    models: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.bert_encoder, "_AHEAD", 20)
    encoder = open_encoder(str(models[name]))
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS[4:], rng.integers(0, 30))) for _ in range(48)]
    done: list[int] = []
    found = encoder.encode_passages(texts, done.append)
    assert sum(done) == len(texts)
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts])
    np.testing.assert_allclose(found, alone, atol=1e-5)


# --- fingerprints ---


def rewrite(path: Path, **changes: Any) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **changes}))


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


CHANGES: dict[str, Callable[[Path], None]] = {
    "first weights": lambda folder: flip(folder / "model.safetensors", 4000),
    "last weight": lambda folder: flip(folder / "model.safetensors", -1),
    "tokenizer": lambda folder: rewrite(folder / "tokenizer.json", added_tokens=[]),
    "prompt": lambda folder: rewrite(folder / "config_sentence_transformers.json", prompts={"query": "tanya: "}),
    "pooling": lambda folder: rewrite(folder / "1_Pooling" / "config.json", pooling_mode="cls"),
    "length": lambda folder: rewrite(folder / "tokenizer_config.json", model_max_length=20),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_changes_vectors_changes_the_fingerprint(
    copy: Callable[[str], Path], models: dict[str, Path], change: Callable[[Path], None]
) -> None:
    folder = copy("mean")
    before = open_encoder(str(folder)).fingerprint
    assert before == open_encoder(str(models["mean"])).fingerprint, "the folder's name must not count"
    (folder / "README.md").write_text("words about the model")
    assert open_encoder(str(folder)).fingerprint == before
    change(folder)
    assert open_encoder(str(folder)).fingerprint != before


# --- errors ---


def refused(name: str, *words: str) -> None:
    with pytest.raises(EncoderError) as caught:
        open_encoder(name)
    assert "bundled" in caught.value.hint
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_models_that_are_not_here_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("reached for the network"))
    for name in ("bge-m3", "somebody/some-model", "all-MiniLM-L6-v2", "./no/such/folder"):
        refused(name, name, "not on this machine")
    refused("gte-multilingual-base", "code of its own")


def test_folders_that_are_no_models_are_refused(tmp_path: Path, copy: Callable[[str], Path]) -> None:
    refused(str(tmp_path), "modules.json")
    (tmp_path / "berita.txt").write_text("berita")
    refused(str(tmp_path / "berita.txt"), "is a file")
    folder = copy("mean")
    (folder / "model.safetensors").unlink()
    refused(str(folder), "no weights")


@pytest.mark.parametrize("name", ["mean", "max"])
def test_damaged_models_are_refused(copy: Callable[[str], Path], name: str, capfd: pytest.CaptureFixture[str]) -> None:
    folder = copy(name)
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    for damaged in (whole[:-10], whole[:100], b"", b"\xff" * 500):
        weights.write_bytes(damaged)
        refused(str(folder), "cannot open the encoder")
    weights.write_bytes(whole)
    for missing in ("config.json", "tokenizer.json"):
        text = (folder / missing).read_text()
        (folder / missing).write_text(text[:50])
        refused(str(folder), "cannot open the encoder")
        (folder / missing).unlink()
        refused(str(folder), "cannot open the encoder")
        (folder / missing).write_text(text)
    assert open_encoder(str(folder)).dimension == 32
    assert capfd.readouterr() == ("", "")


def test_sentences_are_the_mean_of_their_tokens_within_the_passage(bundled_oracle: Any) -> None:
    """The oracle pools the token rows that sentence-transformers itself returns, by the tokenizer's own offsets."""
    text = "Harga beras naik di Demak. Pemerintah menyalurkan bantuan pangan. Warga menunggu sejak pagi."
    spans = [(0, 26), (27, 65), (66, len(text))]
    encoder = open_encoder()
    whole, parts = encoder.encode_with_sentences([text, "Banjir."], [spans, [(0, 7)]])
    assert np.allclose(whole, encoder.encode_passages([text, "Banjir."]), atol=1e-5)
    states = np.asarray(bundled_oracle.encode(text, output_value="token_embeddings"), np.float32)
    offsets = bundled_oracle.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    assert len(states) == len(offsets)
    for (start, end), row in zip(spans, parts[0], strict=True):
        inside = [number for number, (low, high) in enumerate(offsets) if start <= low < high <= end]
        mean = states[inside].mean(axis=0)
        assert np.allclose(row, mean / np.linalg.norm(mean), atol=1e-5)
    assert parts[1].shape == (1, encoder.dimension)


def test_a_sentence_beyond_the_maximum_length_has_no_direction() -> None:
    text = "Harga beras naik. " * 200 + "Warga menunggu."
    _, parts = open_encoder().encode_with_sentences([text], [[(0, 17), (len(text) - 15, len(text))]])
    assert np.linalg.norm(parts[0], axis=1).tolist() == pytest.approx([1, 0])


def test_models_without_mean_pooling_encode_sentences_by_themselves(tmp_path: Path) -> None:
    encoder = open_encoder(str(make_model(tmp_path / "cls", pooling="cls")))
    whole, parts = encoder.encode_with_sentences(["harga beras naik di kota"], [[(0, 11), (12, 24)]])
    assert np.allclose(whole, encoder.encode_passages(["harga beras naik di kota"]), atol=1e-6)
    assert np.allclose(parts[0], encoder.encode_passages(["harga beras", "naik di kota"]), atol=1e-6)
