"""How long a reranker lets one wait: cross-encoders of several sizes with random weights, on passages of the seeds.

    python -m scripts.bench_rerank [--passages 20] [--rounds 5] [--sizes 3]

Time depends on a model's size and not on what it learnt, so nothing is downloaded; nothing is said about quality.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from index.article import Article, read_articles
from index.passage import split
from index.presets import BUNDLED_FOLDER
from search.reranker import Reranker

SIZES = {  # layers, width, heads, inner width
    "6 layers of 384 (MiniLM-L6)": (6, 384, 12, 1536),
    "12 layers of 384 (mmarco-mMiniLMv2-L12)": (12, 384, 12, 1536),
    "24 layers of 1,024 (bge-reranker-v2-m3)": (24, 1024, 16, 4096),
}
QUESTION = "Siapa mitra dagang terbesar Rusia?"


def random_reranker(folder: Path, layers: int, width: int, heads: int, inner: int) -> Path:
    """Write a cross-encoder of this size with the bundled encoder's word pieces."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(BUNDLED_FOLDER)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=inner, num_labels=1,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.model_max_length = 512
    tokenizer.save_pretrained(folder)
    return folder


def passages(count: int) -> list[str]:
    """The first passages of the seed articles, over and over where there are too few."""
    articles = (found for path in sorted(Path("seeds").iterdir()) for found in read_articles(path))
    texts = [passage.text for found in articles if isinstance(found, Article) for passage in split(found.text)]
    return (texts * (count // len(texts) + 1))[:count]


def main() -> None:
    """Print opening and reranking times of each size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--passages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="only the first so many sizes")
    options = parser.parse_args()
    texts = passages(options.passages)
    print(f"{len(texts)} passages of {statistics.mean(map(len, texts)):.0f} characters on average")
    with tempfile.TemporaryDirectory() as place:
        for name, size in list(SIZES.items())[: options.sizes]:
            folder = random_reranker(Path(place) / str(size[0]), *size)
            begun = time.perf_counter()
            reranker = Reranker(str(folder))
            opened = time.perf_counter() - begun
            reranker.scores(QUESTION, texts)
            walls, cpus = [], []
            for _ in range(options.rounds):
                begun, before = time.perf_counter(), time.process_time()
                reranker.scores(QUESTION, texts)
                walls.append(time.perf_counter() - begun)
                cpus.append(time.process_time() - before)
            waited = f"{statistics.median(walls):.2f} s ({min(walls):.2f} to {max(walls):.2f})"
            print(f"{name}: {waited}, {statistics.median(cpus):.2f} CPU seconds; opens in {opened:.1f} s", flush=True)


if __name__ == "__main__":
    main()
