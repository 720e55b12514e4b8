"""A Milvus server beside FAISS over the same vectors: `python -m scripts.bench_milvus URI FOLDER… [--kinds flat hnsw]`.

FOLDER: a benchmark in BEIR form, indexed as `telusur eval` does; or one that scripts.bench_scale made. The vectors of
its index go into a collection of each kind, and each question is asked there and of FAISS's exact search. Of the best
ten: how often they are the same passages in the same order, how far apart two scores of one passage are at most, and
recall. From 10,000 passages on also with filters that keep 0.1 % and half of them, and a fifth that follow each other,
as a period of time does. Prints the rows of a table.
The token is taken from TELUSUR_MILVUS_TOKEN. docs/scale.md has what came of it.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.encoder import open_encoder
from index.milvus.collection import KINDS, Collection
from index.milvus.named import name_server
from index.milvus.server import server
from index.milvus.vectors import MilvusVectors
from index.update import update
from index.vectors import Vectors
from search.benchmark import read_queries
from search.evaluate import cache_folder

K = 10
LARGE = 10_000  # passages
SHARES = (0.001, 0.5)  # of the passages that a filter keeps
PERIOD = 0.2
ASKED = 300  # questions of a large index
AT_ONCE = 5_000  # rows

Ranking = Sequence[tuple[int, float]]
HEADER = "| of | passages | questions | index | kept | same ten | scores differ | recall@10 | p50 | rows/s | built |"


def opened(folder: Path, asked: int) -> tuple[Path, NDArray[np.float32]]:
    """The index of a folder and the vectors of its questions."""
    if (folder / "queries.npy").is_file():
        return folder / ".telusur", np.load(folder / "queries.npy")[:asked]
    corpus = folder / "corpus.jsonl"
    update(cache_folder(corpus), [corpus.resolve()])
    texts = [query["text"] for query in read_queries(folder / "queries.jsonl")]
    return cache_folder(corpus), open_encoder("bundled").encode_queries(texts)


def timed(
    search: Callable[[NDArray[np.float32]], Ranking], queries: NDArray[np.float32]
) -> tuple[list[Ranking], float]:
    """What is found for each question, and the median time of one, in ms."""
    found, took = [], []
    for query in queries:
        begun = time.perf_counter()
        found.append(search(query))
        took.append(1_000 * (time.perf_counter() - begun))
    return found, float(np.median(took))


def _search(served: MilvusVectors, kept: NDArray[np.int64] | None, query: NDArray[np.float32]) -> Ranking:
    return served.search(query, K, kept)


def compared(found: Sequence[Ranking], expected: Sequence[Ranking]) -> str:
    """Three cells: same order, greatest difference of two scores of one passage, recall."""
    same = sum([n for n, _ in one] == [n for n, _ in other] for one, other in zip(found, expected, strict=True))
    differ, met = 0.0, 0
    for one, other in zip(found, map(dict, expected), strict=True):
        common = [(score, other[number]) for number, score in one if number in other]
        differ = max([differ, *(abs(score - right) for score, right in common)])
        met += len(common)
    return f"{same} of {len(found)} | {differ:.0e} | {met / sum(map(len, expected)):.4f}"


def bench(uri: str, folder: Path, kinds: Sequence[str], asked: int) -> None:
    """Print the rows of one folder."""
    index, queries = opened(folder, asked)
    with closing(Catalogue(index)) as catalogue:
        numbers, dimension = catalogue.passage_numbers(), catalogue.get("encoder")["dimension"]
        exact = Vectors(index / "segments", catalogue.segments(), dimension, kind="exact")
    draw, size = np.random.default_rng(0), len(numbers)
    shares = SHARES if size >= LARGE else ()
    filters = {f"{share:.1%}": np.sort(draw.choice(numbers, int(share * size), replace=False)) for share in shares}
    if shares:
        filters[f"{PERIOD:.1%} in a row"] = np.array(numbers[size // 3 :][: int(PERIOD * size)])
    for kind in kinds:
        collection = Collection(server(uri), f"telusur_bench_{kind}", dimension, kind)
        collection.create()
        begun = time.perf_counter()
        for start in range(0, size, AT_ONCE):
            rows = exact.lookup(numbers[start : start + AT_ONCE])
            collection.upsert([*rows], [*rows.values()])
        written = size / (time.perf_counter() - begun)
        begun = time.perf_counter()
        collection.settle(size)
        built = time.perf_counter() - begun
        served = MilvusVectors(collection, numbers[-1] + 1, np.empty(0, np.int64), size, 0)
        served.search(queries[0], K)
        for share, kept in [("all", None), *filters.items()]:
            found, took = timed(partial(_search, served, kept), queries)
            expected = [exact.search(query, K, kept) for query in queries]
            print(
                f"| {folder.name} | {size:,} | {len(queries):,} | {kind} | {share} | {compared(found, expected)} |"
                f" {took:.1f} ms | {written:,.0f} | {built:.1f} s |",
                flush=True,
            )
        collection.drop()


def main() -> None:
    """Measure each folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("uri")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--questions", type=int, default=ASKED, help="of a folder that scripts.bench_scale made")
    options = parser.parse_args()
    name_server(options.uri)
    print(HEADER, "|---" * 11 + "|", sep="\n")
    for folder in options.folders:
        bench(options.uri, folder, options.kinds, options.questions)


if __name__ == "__main__":
    main()
