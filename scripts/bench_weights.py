"""Sweep the weights of the ranking over benchmarks in BEIR form, as Markdown tables.

    python -m scripts.bench_weights BENCHMARK… > tables.md

The share of the best sentence in a passage's nearness (semantic alone), then the weights of the question's words in the
passage and in its article, and of the sentence that is near and holds them (hybrid, with the share as it stands in
`search.legs`). Every question's candidates are gathered once and ordered anew for each weight. Corpora are indexed
once, in the user's cache folder, as `telusur eval` does.
"""

import argparse
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.text import clean
from index.update import update
from search.benchmark import read_qrels, read_queries
from search.engine import Searcher
from search.evaluate import MEASURES, cache_folder, measure
from search.legs import SENTENCE_SHARE, Legs, Rows
from search.rank import WORDS

QUESTIONS = 300  # of each benchmark
DEPTH = 100
SHARES = (0.0, 0.3, 0.5, 0.7, 0.8, 1.0)
WEIGHTS = (  # of the words in the passage, in its article, of the sentence
    *((0.7, 0.0, 0.0), (1.0, 0.0, 0.0), (0.8, 0.2, 0.0), (0.6, 0.3, 0.0), (0.4, 0.4, 0.0), (0.2, 0.6, 0.0)),
    *((0.6, 0.3, 0.25), (0.4, 0.3, 0.25), (0.2, 0.3, 0.15), (0.2, 0.3, 0.25), (0.2, 0.3, 0.4), (0.2, 0.4, 0.25)),
    *((0.1, 0.3, 0.25), (0.0, 0.3, 0.25)),
)


class Seen(NamedTuple):
    """A candidate of one question: its row in the corpus, its cosines, its part of the most BM25 and of the words."""

    row: str
    whole: float
    sentence: float
    words: float
    held: float | None  # by its article, and the next: None where that was not looked into
    met: float | None  # the most that one sentence has of cosine and words together
    dense: bool  # whether the semantic leg brought it

    def nearness(self, share: float) -> float:
        """Its cosine when the best sentence counts `share`."""
        return share * self.sentence + (1 - share) * self.whole

    def worth(self, passage: float, article: float, sentence: float) -> float:
        """Its score with these weights."""
        cosine = self.nearness(SENTENCE_SHARE)
        if self.held is None or self.met is None:
            return cosine + WORDS * self.words
        return (1 - sentence) * cosine + passage * self.words + article * self.held + sentence * self.met


def gather(benchmark: Path) -> tuple[dict[str, dict[str, int]], dict[str, list[Seen]]]:
    """Judgements, and candidates by question."""
    qrels = read_qrels(benchmark / "qrels")
    queries = [query for query in read_queries(benchmark / "queries.jsonl") if query["_id"] in qrels]
    queries = random.Random(0).sample(queries, min(QUESTIONS, len(queries)))
    index = cache_folder(benchmark / "corpus.jsonl")
    update(index, [(benchmark / "corpus.jsonl").resolve()])
    candidates = {}
    with Searcher.open(index) as searcher:
        vectors = searcher.encoder.encode_queries([clean(query["text"]) for query in queries])
        for query, vector in zip(queries, vectors, strict=True):
            with searcher.state() as opened:
                ranked = Legs(opened, query["text"], vector, "hybrid", None, Rows(searcher.catalogue)).candidates(DEPTH)
                rows = searcher.catalogue.hits([candidate.passage for candidate in ranked])
                near = opened.vectors.near(vector, list(rows))
            candidates[query["_id"]] = [
                Seen(
                    rows[c.passage].row or rows[c.passage].article_id,
                    near[c.passage].whole,
                    near[c.passage].best,
                    c.share or 0.0,
                    c.held,
                    c.sentence,
                    c.semantic_rank is not None,
                )
                for c in ranked
            ]
    return {query: qrels[query] for query in candidates}, candidates


def score(qrels: dict[str, dict[str, int]], candidates: dict[str, list[Seen]], worth: Callable[[Seen], float]) -> float:
    """Mean nDCG@10 when a text is worth what its best candidate is."""
    run: dict[str, dict[str, float]] = {}
    for query, seen in candidates.items():
        run[query] = {}
        for candidate in seen:
            run[query][candidate.row] = max(worth(candidate), run[query].get(candidate.row, -np.inf))
    return float(measure(qrels, run, list(qrels))[:, MEASURES.index("nDCG@10")].mean())


def table(title: str, rows: dict[str, list[float]], names: list[str]) -> None:
    """Print one Markdown table."""
    print(f"| {title} | " + " | ".join(names) + " | mean |\n|---|" + "---:|" * (len(names) + 1))
    for label, scores in rows.items():
        print(f"| {label} | " + " | ".join(f"{value:.3f}" for value in [*scores, float(np.mean(scores))]) + " |")
    print()


def main() -> None:
    """Gather, sweep, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path)
    benchmarks = parser.parse_args().benchmarks
    gathered = [gather(benchmark) for benchmark in benchmarks]
    dense = [(qrels, {q: [c for c in seen if c.dense] for q, seen in found.items()}) for qrels, found in gathered]
    names = [benchmark.name for benchmark in benchmarks]
    shares = {f"{share}": [score(*one, lambda c, s=share: c.nearness(s)) for one in dense] for share in SHARES}
    table("share of the best sentence", shares, names)
    weights = {
        " / ".join(map(str, weights)): [score(*one, lambda c, w=weights: c.worth(*w)) for one in gathered]
        for weights in WEIGHTS
    }
    table("words in the passage / in its article / sentence", weights, names)


if __name__ == "__main__":
    main()
