"""Fit the verdict's weights and say how often it errs.

    python -m scripts.fit_verdict BENCHMARK…

Each benchmark's corpus is asked its own questions (answerable) and those of all benchmarks on other texts
(unanswerable). Prints the logistic weights for `search.verdict`, its error rates with the weights as they stand there,
and the area under the ROC curve. Benchmarks whose questions another's corpus may answer share a family: the name up to
the first hyphen.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from index.calibration import EVERYDAY_QUESTIONS
from index.update import update
from search import verdict
from search.engine import Searcher
from search.evaluate import cache_folder

QUESTIONS = 200  # of each benchmark


def questions_of(benchmark: Path) -> list[str]:
    """A fixed sample of a benchmark's questions."""
    lines = (benchmark / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return random.Random(0).sample(texts, min(QUESTIONS, len(texts)))


def main() -> None:
    """Measure, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path)
    arguments = parser.parse_args()
    features, answerable, sets = [], [], []
    for benchmark in arguments.benchmarks:
        index = cache_folder(benchmark / "corpus.jsonl")
        update(index, [benchmark / "corpus.jsonl"])
        with Searcher.open(index) as searcher:
            for other in arguments.benchmarks:
                own = other == benchmark
                if not own and other.name.split("-")[0] == benchmark.name.split("-")[0]:
                    continue
                asked = questions_of(other)
                for question in asked if own else asked[: QUESTIONS // 4]:
                    features.append(searcher.evidence(question))
                    answerable.append(own)
                    sets.append(benchmark.name)
    rows, truth = np.array(features), np.array(answerable)
    fitted = LogisticRegression(C=100, class_weight="balanced").fit(rows, truth)
    weights = np.round(fitted.coef_[0], 2).tolist()
    print(
        "fitted weights",
        dict(zip(verdict.FEATURES, weights, strict=True)),
        "bias",
        round(float(fitted.intercept_[0]), 2),
    )
    certain = np.array([verdict.probability(row) for row in features])
    areas = roc_auc_score(truth, fitted.decision_function(rows)), roc_auc_score(truth, certain)
    print("area under ROC: fitted {:.4f}, as it stands {:.4f}".format(*areas))
    for name in dict.fromkeys(sets):
        chosen = np.array(sets) == name
        for label, scores in (("as it stands", certain), ("fitted", fitted.predict_proba(rows)[:, 1])):
            refused = float(np.mean(scores[chosen & truth] < verdict.ANSWERED))
            answered = float(np.mean(scores[chosen & ~truth] >= verdict.ANSWERED))
            print(f"{name:14} {label:13} wrongly refused {refused:.3f}  wrongly answered {answered:.3f}")
    print(f"({len(EVERYDAY_QUESTIONS)} everyday questions set the ground of each index)")


if __name__ == "__main__":
    main()
