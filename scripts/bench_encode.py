"""How fast an archive is encoded, beside `SentenceTransformer.encode`, and how much of the machine's peak that is.

    python -m scripts.bench_encode ARTICLES.jsonl[.xz] [--passages 512] [--times 5] [--as-stored 64]

The bundled encoder, the same passages, the same threads, in one process and in turns. SentenceTransformer stands twice
in the table: as it loads the encoder when it is told nothing, in float16 as the file has it, which most processors are
slow in (so on the first few passages only), and in float32, which is what to compare with. Operations are the
multiplications and additions of products and attention for the tokens there are, padding not counted; the peak is what
products of the encoder's shapes alone make in that precision on as many threads as torch has, measured in the same run.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import torch
from sentence_transformers import SentenceTransformer
from torch.nn import functional

from index.batching import device
from index.encoder import open_encoder
from index.presets import BUNDLED_FOLDER
from index.text import clean
from scripts.bench_switch import passages

LAYERS, WIDTH, INNER = 6, 384, 1536  # of the bundled encoder
SHAPES = ((WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, INNER), (INNER, WIDTH))


def operations(lengths: list[int]) -> int:
    """Multiplications and additions of one pass over sentences of so many tokens."""
    weights = sum(rows * columns for rows, columns in SHAPES)
    return sum(2 * LAYERS * (length * weights + 2 * length**2 * WIDTH) for length in lengths)


def peak(precision: torch.dtype) -> float:
    """Operations a second of the encoder's products by themselves, a thread of each, the best of some rounds."""
    products = [
        (torch.ones(1024, rows, dtype=precision), torch.ones(columns, rows, dtype=precision))
        for rows, columns in SHAPES
    ]
    threads = torch.get_num_threads()

    def one(_: int) -> None:
        for _ in range(10):
            for rows, weight in products:
                functional.linear(rows, weight)

    torch.set_num_threads(1)
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        best = float("inf")
        for _ in range(10):
            begun = time.perf_counter()
            list(pool.map(one, range(threads)))
            best = min(best, time.perf_counter() - begun)
    torch.set_num_threads(threads)
    return threads * 10 * sum(2 * 1024 * rows * columns for rows, columns in SHAPES) / best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--passages", type=int, default=512)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--as-stored", type=int, default=64, metavar="N", help="passages encoded as it loads by itself")
    arguments = parser.parse_args()
    texts = [clean(text) for text in passages(arguments.articles, arguments.passages)]
    own, precision = open_encoder(), device()[1]
    told = {"dtype": torch.float32}
    float32 = SentenceTransformer(str(BUNDLED_FOLDER), device="cpu", model_kwargs=told)
    stored = SentenceTransformer(str(BUNDLED_FOLDER), device="cpu")
    lengths = [len(ids) for ids in float32.tokenizer(texts, truncation=True, max_length=256)["input_ids"]]
    cosines = (float32.encode(texts, normalize_embeddings=True) * own.encode_passages(texts)).sum(axis=1)  # warms both
    ways = {
        "SentenceTransformer, as it loads it": (stored.encode, arguments.as_stored, next(stored.parameters()).dtype),
        "SentenceTransformer": (float32.encode, len(texts), torch.float32),
        "Telusur": (own.encode_passages, len(texts), precision),
    }
    rounds: list[dict[str, tuple[float, float]]] = []
    for _ in range(arguments.times):
        rates = {}
        for name, (encode, count, _) in ways.items():
            clock, processor = time.perf_counter(), time.process_time()
            encode(texts[:count])
            rates[name] = (count / (time.perf_counter() - clock), count / (time.process_time() - processor))
        rounds.append(rates)
    print(f"{len(texts)} passages of {sum(lengths) / len(lengths):.0f} tokens, {torch.get_num_threads()} threads\n")
    print(
        "| | precision | passages/s | of a processor's second | ratio | Gflop/s | of the peak |\n|---|---|"
        + "---:|" * 5
    )
    peaks = {kind: peak(kind) for kind in (torch.float32, precision)}
    for name, (_, count, kind) in ways.items():
        clock, processor = (median(rates[name][part] for rates in rounds) for part in (0, 1))
        ratio = median(rates[name][0] / rates["SentenceTransformer"][0] for rates in rounds)
        speed = clock * operations(lengths[:count]) / count
        share = f"{speed / peaks[kind]:.2f}" if kind in peaks else ""
        print(f"| {name} | {kind} | {clock:.1f} | {processor:.1f} | {ratio:.2f} | {speed / 1e9:.0f} | {share} |")
    print("\npeak, Gflop/s: " + ", ".join(f"{kind} {speed / 1e9:.0f}" for kind, speed in peaks.items()))
    print(f"cosine of Telusur to SentenceTransformer in float32: {cosines.min():.6f} at least")


if __name__ == "__main__":
    main()
