"""Find the verdict's thresholds and say how often it errs.

    python -m scripts.fit_verdict BENCHMARK…

Each benchmark's corpus is asked its own questions (answerable) and those of benchmarks on other texts (taken as
unanswerable, though some corpora answer a few of them). Benchmarks on the same texts share a family: their names up to
the first hyphen. Prints the thresholds for `search.verdict` that make the larger of the two mean error rates smallest,
and both rates by benchmark, with the thresholds as they stand there and with those found.
"""

import argparse
import json
import random
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from index.update import update
from search import verdict
from search.engine import Searcher
from search.evaluate import cache_folder

QUESTIONS = 200  # of each benchmark for its own corpus; a quarter of them for every other
GRID = np.arange(0.0, 1.0, 0.02)


def questions_of(benchmark: Path) -> list[str]:
    """A fixed sample of a benchmark's questions."""
    lines = (benchmark / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return random.Random(0).sample(texts, min(QUESTIONS, len(texts)))


def gather(benchmarks: list[Path]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n, 2) evidence, (n,) whether answerable, (n,) names of the corpora."""
    features, answerable, names = [], [], []
    for benchmark in benchmarks:
        index = cache_folder(benchmark / "corpus.jsonl")
        update(index, [benchmark / "corpus.jsonl"])
        with Searcher.open(index) as searcher:
            for other in benchmarks:
                own = other == benchmark
                if not own and other.name.split("-")[0] == benchmark.name.split("-")[0]:
                    continue
                for question in questions_of(other)[: None if own else QUESTIONS // 4]:
                    features.append(searcher.evidence(question))
                    answerable.append(own)
                    names.append(benchmark.name)
    return np.array(features), np.array(answerable), np.array(names)


def error_rates(answered: np.ndarray, truth: np.ndarray, names: np.ndarray) -> dict[str, tuple[float, float]]:
    """By benchmark: share of answerable questions refused, share of unanswerable ones answered."""
    return {
        name: (
            float(np.mean(~answered[truth & (names == name)])),
            float(np.mean(answered[~truth & (names == name)])),
        )
        for name in dict.fromkeys(names.tolist())
    }


def main() -> None:
    """Measure, search the grid, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path)
    features, truth, names = gather(parser.parse_args().benchmarks)

    def rates(near: float, together: float) -> dict[str, tuple[float, float]]:
        return error_rates((features[:, 0] >= near) | (features[:, 1] >= together), truth, names)

    def worse(thresholds: tuple[float, float]) -> float:
        return float(np.max(np.mean(list(rates(*thresholds).values()), axis=0)))

    found = min(product(GRID, GRID), key=worse)
    scores = [verdict.probability(*row) for row in features]
    print(f"area under the ROC curve {roc_auc_score(truth, scores):.3f}")
    for label, thresholds in (("as it stands", (verdict.NEAR, verdict.TOGETHER)), ("found", found)):
        print(f"{label}: NEAR {thresholds[0]:.2f}, TOGETHER {thresholds[1]:.2f}")
        by_name = rates(*thresholds)
        for name, (refused, answered) in by_name.items():
            print(f"| {name} | {refused:.3f} | {answered:.3f} |")
        refused, answered = np.mean(list(by_name.values()), axis=0)
        print(f"| mean | {refused:.3f} | {answered:.3f} |")


if __name__ == "__main__":
    main()
