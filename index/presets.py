"""The encoders that Telusur knows by name: what each needs and gives, and whether its weights are on this machine.

Data, not code, and quick to list: nothing here imports numpy or torch. Any other sentence-transformers folder or hub
model works as well (`index.encoder`); a preset adds the prompts, without which some models lose much of their worth.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

BUNDLED_FOLDER = Path(__file__).parent / "bundled"


@dataclass(frozen=True, slots=True)
class Preset:
    """One encoder. Figures are nDCG@10 × 100 as published; None where nobody has published one."""

    name: str
    hub_id: str | None  # None: comes with Telusur
    dimension: int
    max_tokens: int
    licence: str
    pooling: str | None  # None: only the model's own configuration says
    parameters: int  # millions, embeddings included
    languages: str
    note: str
    query_prompt: str = ""
    passage_prompt: str = ""
    revision: str | None = None  # None: the hub's main branch
    remote_code: bool = False  # True: the model runs code of its own, which Telusur never does
    miracl_id: float | None = None  # MIRACL, Indonesian, dev, hard negatives
    belebele_id: float | None = None  # Belebele, Indonesian question, Indonesian text
    belebele_en_id: float | None = None  # Belebele, English question, Indonesian text


# Dimensions, lengths, licences and figures: embeddings-benchmark's model metadata and its results repository, commit
# f4cc6c8 of 2026-08-20. Prompts: mteb's model code. Pooling and languages have still to be checked against each model's
# card: the folder's own configuration decides when a model is loaded, these columns are for `telusur models`.
_HUB: tuple[Preset, ...] = (
    Preset(
        name="multilingual-e5-small",
        hub_id="intfloat/multilingual-e5-small",
        dimension=384,
        max_tokens=512,
        licence="MIT",
        query_prompt="query: ",
        passage_prompt="passage: ",
        pooling="mean",
        parameters=118,
        languages="94 languages",
        note="a BERT of 12 layers: asks without torch, as the bundled encoder does",
        miracl_id=50.9,
        belebele_id=91.5,
        belebele_en_id=88.1,
    ),
    Preset(
        name="multilingual-e5-base",
        hub_id="intfloat/multilingual-e5-base",
        dimension=768,
        max_tokens=512,
        licence="MIT",
        query_prompt="query: ",
        passage_prompt="passage: ",
        pooling="mean",
        parameters=278,
        languages="94 languages",
        note="between small and large in cost and worth",
        miracl_id=51.2,
        belebele_id=94.0,
        belebele_en_id=91.8,
    ),
    Preset(
        name="multilingual-e5-large",
        hub_id="intfloat/multilingual-e5-large",
        dimension=1024,
        max_tokens=512,
        licence="MIT",
        query_prompt="query: ",
        passage_prompt="passage: ",
        pooling="mean",
        parameters=560,
        languages="94 languages",
        note="for a GPU, or for patience",
        belebele_id=95.3,
        belebele_en_id=94.9,
    ),
    Preset(
        name="bge-m3",
        hub_id="BAAI/bge-m3",
        dimension=1024,
        max_tokens=8192,
        licence="MIT",
        pooling="cls",
        parameters=568,
        languages="100+ languages",
        note="the best published MIRACL figure for Indonesian under a free licence; its dense vectors only",
        miracl_id=56.0,
        belebele_id=93.8,
        belebele_en_id=92.5,
    ),
    Preset(
        name="gte-multilingual-base",
        hub_id="Alibaba-NLP/gte-multilingual-base",
        dimension=768,
        max_tokens=8192,
        licence="Apache-2.0",
        pooling="cls",
        parameters=305,
        languages="70+ languages",
        note="needs remote code, which Telusur does not run",
        remote_code=True,
        miracl_id=50.5,
    ),
    Preset(
        name="embeddinggemma-300m",
        hub_id="google/embeddinggemma-300m",
        dimension=768,
        max_tokens=2048,
        licence="Gemma terms of use",
        query_prompt="task: search result | query: ",
        passage_prompt="title: none | text: ",
        pooling="mean",
        parameters=308,
        languages="100+ languages",
        note="the best published figure for English questions to Indonesian text; the licence restricts use",
        miracl_id=51.7,
        belebele_id=94.5,
        belebele_en_id=95.4,
    ),
    Preset(
        name="qwen3-embedding-0.6b",
        hub_id="Qwen/Qwen3-Embedding-0.6B",
        dimension=1024,
        max_tokens=32_768,
        licence="Apache-2.0",
        query_prompt="Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
        pooling="last token",
        parameters=596,
        languages="100+ languages",
        note="the query prompt is an instruction",
        miracl_id=52.4,
        belebele_id=91.2,
        belebele_en_id=92.8,
    ),
    Preset(
        name="bekko-embedding-v1-a8m",
        hub_id="hotchpotch/bekko-embedding-v1-a8m",
        dimension=384,
        max_tokens=8192,
        licence="MIT",
        pooling=None,
        parameters=106,
        languages="multilingual",
        note="7.7 million parameters beside the word table: small and quick; also strong in Javanese",
        miracl_id=48.8,
        belebele_id=91.4,
        belebele_en_id=88.9,
    ),
    Preset(
        name="bekko-embedding-v1-a25m",
        hub_id="hotchpotch/bekko-embedding-v1-a25m",
        dimension=384,
        max_tokens=8192,
        licence="MIT",
        pooling=None,
        parameters=123,
        languages="multilingual",
        note="25 million parameters beside the word table; also strong in Javanese",
        miracl_id=49.7,
        belebele_id=92.5,
        belebele_en_id=91.4,
    ),
    Preset(
        name="arctic-embed-l-v2",
        hub_id="Snowflake/snowflake-arctic-embed-l-v2.0",
        dimension=1024,
        max_tokens=8192,
        licence="Apache-2.0",
        query_prompt="query: ",
        pooling="cls",
        parameters=568,
        languages="74 languages",
        note="a prompt for the question only",
        miracl_id=52.4,
        belebele_id=92.2,
        belebele_en_id=90.5,
    ),
    Preset(
        name="paraphrase-multilingual-MiniLM-L12-v2",
        hub_id="sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        dimension=384,
        max_tokens=128,
        licence="Apache-2.0",
        pooling="mean",
        parameters=118,
        languages="50+ languages",
        note="made for paraphrases, weak at retrieval: here for comparison",
        miracl_id=28.2,
        belebele_id=80.2,
        belebele_en_id=81.7,
    ),
)


def presets() -> tuple[Preset, ...]:
    """Return every preset, the bundled encoder first."""
    return (_bundled(), *_HUB)


def find_preset(name: str) -> Preset | None:
    """Return the preset of this name or hub name, upper and lower case alike; None when there is none."""
    wanted = name.casefold()
    return next((p for p in presets() if wanted in {p.name.casefold(), (p.hub_id or p.name).casefold()}), None)


def present(preset: Preset) -> bool:
    """Say whether the weights are on this machine, so that the encoder opens without a network."""
    return weights_folder(preset) is not None


def weights_folder(preset: Preset) -> Path | None:
    """Return the folder that holds the preset's weights, or None when they are not on this machine."""
    if preset.hub_id is None:
        return BUNDLED_FOLDER if any(weight_files(BUNDLED_FOLDER)) else None
    return hub_folder(preset.hub_id, preset.revision)


def hub_folder(hub_id: str, revision: str | None = None) -> Path | None:
    """Return the folder of a hub model in the cache that huggingface_hub keeps, or None when no weights are there.

    The layout, and the meaning of HF_HUB_CACHE and HF_HOME, are huggingface_hub's
    (https://huggingface.co/docs/huggingface_hub/guides/manage-cache); importing it would cost more than the look-up.
    """
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    model = hub / f"models--{hub_id.replace('/', '--')}"
    branch = model / "refs" / (revision or "main")
    commit = branch.read_text(encoding="ascii").strip() if branch.is_file() else revision
    snapshots = [model / "snapshots" / commit] if commit else sorted(model.glob("snapshots/*"))
    return next((folder for folder in snapshots if any(weight_files(folder))), None)


def weight_files(folder: Path) -> Iterator[Path]:
    """Yield the weight files of a model folder and of its modules' folders, safetensors before torch's own format."""
    for pattern in ("*.safetensors", "*/*.safetensors", "pytorch_model*.bin", "*/pytorch_model.bin"):
        yield from (path for path in sorted(folder.glob(pattern)) if path.exists())


@cache
def _bundled() -> Preset:
    """Describe the bundled encoder by what its own folder says, so that a better one can take its place."""

    def read(name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((BUNDLED_FOLDER / name).read_text(encoding="utf-8"))
        return content

    config, prompts = read("config.json"), read("config_sentence_transformers.json")["prompts"]
    width = config["hidden_size"]
    return Preset(
        name="bundled",
        hub_id=None,
        dimension=width,
        max_tokens=read("tokenizer_config.json")["model_max_length"],
        licence="Apache-2.0",
        query_prompt=prompts["query"],
        passage_prompt=prompts["document"],
        pooling="mean",
        parameters=round((config["vocab_size"] * width + config["num_hidden_layers"] * 12 * width**2) / 1e6),
        languages="Indonesian, English",
        note="comes with Telusur: no download, no network, asks without torch",
    )
