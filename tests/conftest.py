"""What several test files share: a tiny encoder in the format of the hub, the seeds, and an index of them."""

import json
import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from milvus_server import GivenServer, MilvusServer, missing
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

import index.calibration
from index import batching
from index.calibration import EVERYDAY_QUESTIONS
from index.catalogue import Catalogue
from index.encoder import open_encoder
from index.lexicon import Lexicon
from index.report import Report
from index.rows import SegmentName
from index.update import update
from index.vectors import Vectors
from index.verify import verify

# A shell without job control has what it starts in the background ignore Ctrl-C, and so all that this starts in turn.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
WIDTH, INNER, LAYERS, HEADS, LONGEST = 32, 64, 2, 4, 64
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def write_tiny_encoder(folder: Path, seed: int = 3) -> Path:
    """Write a BERT of random weights as sentence-transformers would, knowing single letters and digits only."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,:;!?()-#/'\""
    words = [*MARKS, *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(models.WordPiece({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    draw = np.random.default_rng(seed)
    tensors: dict[str, np.ndarray] = {}

    def linear(name: str, out: int, into: int) -> None:
        tensors[f"{name}.weight"] = draw.normal(0, 0.5, (out, into)).astype(np.float32)
        tensors[f"{name}.bias"] = draw.normal(0, 0.1, out).astype(np.float32)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"] = np.ones(WIDTH, np.float32)
        tensors[f"{name}.bias"] = np.zeros(WIDTH, np.float32)

    for name, rows in (("word", len(words)), ("position", LONGEST), ("token_type", 2)):
        tensors[f"embeddings.{name}_embeddings.weight"] = draw.normal(0, 0.5, (rows, WIDTH)).astype(np.float32)
    norm("embeddings.LayerNorm")
    for layer in (f"encoder.layer.{n}" for n in range(LAYERS)):
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            linear(f"{layer}.{part}", WIDTH, WIDTH)
        linear(f"{layer}.intermediate.dense", INNER, WIDTH)
        linear(f"{layer}.output.dense", WIDTH, INNER)
        norm(f"{layer}.attention.output.LayerNorm")
        norm(f"{layer}.output.LayerNorm")
    facts = {
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH,
            "intermediate_size": INNER, "num_attention_heads": HEADS, "num_hidden_layers": LAYERS,
            "max_position_embeddings": LONGEST, "type_vocab_size": 2, "vocab_size": len(words),
            "layer_norm_eps": 1e-12, "pad_token_id": 0,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": LONGEST, "pad_token": "[PAD]",
            "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": LONGEST, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {}, "similarity_fn_name": "cosine"},
        "1_Pooling/config.json": {"word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": True},
    }  # fmt: skip
    for name, fact in facts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(fact, indent=1))
    (folder / "2_Normalize").mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests name and remember stays out of the user's own folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an encoder that gives each text its own vector within a millisecond."""
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="session")
def other_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One more of the kind, with other weights."""
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder") / "other", seed=4)


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The articles that the repository comes with."""
    return ROOT / "seeds"


@pytest.fixture(scope="session")
def seeds_index(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the seeds by the bundled encoder. To read only."""
    root = tmp_path_factory.mktemp("seeds") / ".telusur"
    update(root, [seeds])
    return root


@pytest.fixture
def float32(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have torch compute in float32, on a processor that has bfloat16 too."""
    monkeypatch.setattr(batching, "bfloat16_is_faster", lambda: False)
    batching.device.cache_clear()
    yield
    batching.device.cache_clear()


def nearly(value: Any) -> Any:
    """Equal to JSON or lists whose numbers differ in the last digit shown at most: products round by their shape."""
    if isinstance(value, dict):
        return {key: nearly(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(nearly(part) for part in value)
    return pytest.approx(value, abs=2e-6) if isinstance(value, float) else value


def paragraph(*key: object) -> str:
    """About 450 characters in five sentences, another text for each key from its first word on."""
    draw = random.Random(repr(key))
    names = ["".join(draw.choices("bdgjklmnprst", k=3)) + draw.choice("aiueo") for _ in range(60)]
    sentences = [
        " ".join(names[at : at + 12]).capitalize() + f" {draw.randint(10, 99)} persen." for at in range(0, 60, 12)
    ]
    return " ".join(sentences)


class Archive:
    """A folder of articles with its index, made by the tiny encoder."""

    def __init__(self, folder: Path, encoder: Path) -> None:
        self.folder, self.encoder = folder, encoder
        self.root = folder.parent / ".telusur"
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, *paragraphs: str) -> Path:
        """Write an article; its time is long past, so that the next scan may rely on it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
        return self.settle(path)

    def settle(self, path: Path) -> Path:
        """Date a file an hour back, each time a little later than the time before."""
        self.clock = getattr(self, "clock", time.time_ns() - 3_600_000_000_000) + 1_000_000
        os.utime(path, ns=(self.clock, self.clock))
        return path

    def update(self, *paths: Path, **options: Any) -> Report:
        """Update the index, asking three of the everyday questions instead of all, for speed."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(index.calibration, "EVERYDAY_QUESTIONS", EVERYDAY_QUESTIONS[:3])
            return update(self.root, paths or [self.folder], **{"encoder": str(self.encoder), **options})

    def counts(self, *paths: Path, **options: Any) -> dict[str, int]:
        """What an update says it did, as far as it is not nothing."""
        report = self.update(*paths, **options)
        names = ("added", "changed", "renamed", "removed", "unchanged", "encoded")
        return {name: getattr(report, name) for name in names if getattr(report, name)}

    def articles(self) -> dict[tuple[str, str | None], tuple[str, list[str]]]:
        """By path and row: the article's text and its passages'."""
        with closing(Catalogue(self.root)) as catalogue:
            found = {}
            for file in catalogue.files():
                for article, row, _ in catalogue.articles_of(file.file):
                    passages = [passage.text for passage in catalogue.passages_of(article)]
                    found[file.path, row] = (catalogue.article(article)["text"], passages)
            return found

    def ids(self) -> dict[tuple[str, str | None], str]:
        with closing(Catalogue(self.root)) as catalogue:
            return catalogue.article_ids()

    def setting(self, name: str) -> Any:
        with closing(Catalogue(self.root)) as catalogue:
            return catalogue.get(name)

    def segments(self) -> list[SegmentName]:
        with closing(Catalogue(self.root)) as catalogue:
            return catalogue.segments()

    def nearest(self, question: str, k: int = 10_000) -> list[tuple[float, str]]:
        """The texts of the passages nearest to a question, with their scores; equal scores in order of text."""
        encoder = open_encoder(str(self.encoder))
        with closing(Catalogue(self.root)) as catalogue:
            removed = np.array(catalogue.removed("segment"), np.int64)
            vectors = Vectors(self.root / "segments", catalogue.segments(), encoder.dimension, removed)
            ranking = vectors.search(encoder.encode_queries([question])[0], k)
            texts = catalogue.hits([number for number, _ in ranking])
            return sorted(((score, texts[number].text) for number, score in ranking), key=lambda p: (-p[0], p[1]))

    def containing(self, words: str) -> list[str]:
        """The texts of the passages that the lexicon finds for some words, in order of text."""
        with closing(Catalogue(self.root)) as catalogue:
            ranking = Lexicon(self.root / "lexicon" / catalogue.get("lexicon")).search(words, 10_000)
            texts = catalogue.hits([number for number, _ in ranking])
            return sorted(texts[number].text for number, _ in ranking)

    def state(self) -> dict[str, bytes | str]:
        """Everything that makes an index what it is: its files, and its catalogue in words."""
        files: dict[str, bytes | str] = {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted((self.root / "segments").glob("*"))
        }
        with closing(sqlite3.connect(self.root / "catalogue.sqlite")) as db:
            files["catalogue"] = "\n".join(db.iterdump())
        with closing(Catalogue(self.root)) as catalogue:
            files["lexicon"] = repr(sorted(Lexicon(self.root / "lexicon" / catalogue.get("lexicon")).numbers()))
        return files

    def orphans(self) -> list[str]:
        """Files of the index, or beside it, that nobody knows."""
        with closing(Catalogue(self.root)) as catalogue:
            known = {name.file(self.root / "segments") for name in catalogue.segments()}
            known.add(self.root / "lexicon" / str(catalogue.get("lexicon")))
        there = [*(self.root / "segments").glob("*"), *(self.root / "lexicon").glob("*")]
        beside = {".telusur", self.folder.name}
        return [str(p) for p in there if p not in known] + [
            p.name for p in self.folder.parent.iterdir() if p.name not in beside
        ]

    def whole(self) -> bool:
        """Whether `verify` has nothing to say; if it has, the test shows what."""
        assert verify(self.root, deep=True) == []
        assert self.orphans() == []
        with closing(Catalogue(self.root)) as catalogue:
            counts = catalogue.counts()
            assert (catalogue.get("articles"), catalogue.get("passages")) == (counts["articles"], counts["passages"])
        return True


@pytest.fixture
def archive(tmp_path: Path, tiny_encoder: Path) -> Archive:
    """An empty folder of articles, and where its index will be."""
    return Archive(tmp_path / "berita", tiny_encoder)


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer | GivenServer]:
    """A server with passwords, for all tests; nobody outside this machine is told its address."""
    if GivenServer.uri:
        yield GivenServer()
        return
    if missing():
        pytest.skip(missing())
    started = MilvusServer(tmp_path_factory.mktemp("milvus"))
    yield started
    started.stop()
