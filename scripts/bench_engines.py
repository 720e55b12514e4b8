"""Whether a question gets the same answers whichever engine encodes it: numpy beside torch, on whole benchmarks.

    python -m scripts.bench_engines BENCHMARK… [--questions N] [--passages N] [--index DIR]

Each BENCHMARK is a folder in BEIR form that `telusur eval` was run on: its index is asked (`--index`: another of the
same corpus). Every question, or the first N of them in a fixed random order, is encoded by both engines, and the hybrid
rankings of the two vectors are compared: how many have the same first ten passages in the same order, and the greatest
difference of a score at one place. In an index of at most N passages these are encoded by both engines too, and ranked
by cosine alone: whole rankings of one engine's vectors beside those of the other's. Order counts as the same where two
passages changed places whose scores differ by less than 1e-6 on either side.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `telusur search` does, before numpy is loaded

import numpy as np
from numpy.typing import NDArray

from index import bert_encoder
from index.encoder import open_encoder
from index.text import clean
from search.benchmark import read_queries
from search.engine import Searcher
from search.evaluate import cache_folder

TOP = 10
Ranking = list[tuple[int, float]]
BULK = {"numpy": 10**12, "torch": 0}  # tokens from which on torch is taken


def encoded(engine: str, texts: Sequence[str], *, questions: bool) -> NDArray[np.float32]:
    """(n, dimension) vectors of one engine; questions one by one, as they are asked."""
    bert_encoder._BULK_TOKENS = BULK[engine]
    encoder = open_encoder()
    if not questions:
        return encoder.encode_passages(texts)
    return np.concatenate([encoder.encode_queries([text]) for text in texts])


def same_order(one: Ranking, other: Ranking) -> bool:
    """Whether two rankings have the same passages in the same order, or in one that ties allow."""
    scores, others = dict(one), dict(other)
    if scores.keys() != others.keys():
        return False
    pairs = [(a, b) for (a, _), (b, _) in zip(one, other, strict=True) if a != b]
    return all(max(abs(own[a] - own[b]) for own in (scores, others)) < 1e-6 for a, b in pairs)


def told(pairs: Sequence[tuple[Ranking, Ranking]]) -> str:
    """Two cells: rankings in the same order, of all; greatest difference of a score."""
    same = sum(same_order(one, other) for one, other in pairs)
    apart = max(abs(a - b) for one, other in pairs for (_, a), (_, b) in zip(one, other, strict=True))
    return f"{same:,} of {len(pairs):,} | {apart:.1e}"


def by_cosine(queries: NDArray[np.float32], passages: NDArray[np.float32]) -> list[Ranking]:
    """The first passages of each query."""
    products = queries @ passages.T
    order = np.argsort(-products, axis=1, kind="stable")[:, :TOP]
    return [[(int(n), float(row[n])) for n in best] for row, best in zip(products, order, strict=True)]


def compared(folder: Path, index: Path, most: int, asked: int | None) -> str:
    """One row of the table."""
    questions = [clean(query["text"]) for query in read_queries(folder / "queries.jsonl")]
    questions = [questions[place] for place in np.random.default_rng(1).permutation(len(questions))[:asked].tolist()]
    vectors = {engine: encoded(engine, questions, questions=True) for engine in BULK}
    cosine = float((vectors["numpy"] * vectors["torch"]).sum(axis=1).min())
    with Searcher.open(index) as searcher:
        passages = searcher.catalogue.hits(searcher.catalogue.passage_numbers())
        rankings = {
            engine: [
                [(row.passage, score) for row, score in searcher.rank(text, TOP, vector=vector)]
                for text, vector in zip(questions, own, strict=True)
            ]
            for engine, own in vectors.items()
        }
    whole = "|"
    if len(passages) <= most:
        texts = [clean(row.text) for row in passages.values()]
        both = [by_cosine(vectors[engine], encoded(engine, texts, questions=False)) for engine in BULK]
        whole = told(list(zip(*both, strict=True)))
    hybrid = told(list(zip(rankings["numpy"], rankings["torch"], strict=True)))
    return f"| {folder.name} | {len(questions):,} | {len(passages):,} | {cosine:.8f} | {hybrid} | {whole} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path, metavar="BENCHMARK")
    parser.add_argument("--questions", type=int, metavar="N")
    parser.add_argument("--passages", type=int, default=0, metavar="N")
    parser.add_argument("--index", type=Path, metavar="DIR")
    options = parser.parse_args()
    print("| | questions | passages | least cosine | same ten | scores apart | both encoded: same ten | scores apart |")
    print("|---|" + "---:|" * 7)
    for folder in options.benchmarks:
        index = options.index or cache_folder(folder / "corpus.jsonl")
        print(compared(folder, index, options.passages, options.questions), flush=True)


if __name__ == "__main__":
    main()
