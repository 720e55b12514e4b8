"""Find the verdict's thresholds and say how often it errs.

    python -m scripts.fit_verdict BENCHMARK… [--questions 200] [--errors FILE] [--roc FILE]

Each benchmark's corpus is asked its own questions (answerable), those of benchmarks on other texts ("crossed": taken as
unanswerable, though some corpora answer a few of them) and those of scripts/unrelated_questions.tsv, written by hand
about things that no archive of news or encyclopaedia holds ("unrelated"). Benchmarks on the same texts share a family:
their names up to the first hyphen. Prints the area under the ROC curve; then the error rates by benchmark, with the
thresholds as they stand in `search.verdict`, and with those that make the largest of the three mean rates smallest.
Last, by benchmark and over all, own questions refused, others answered (95 % Wilson intervals), and the share that is
called weak, which counts as answered. `--errors` lists each error of the thresholds as they stand, with the passage
that came first; `--roc` writes the points of the curves; both as tab-separated values.
"""

import argparse
import csv
import json
import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from index.update import update
from scripts.bench_dateline import interval
from search import verdict
from search.engine import Searcher
from search.evaluate import cache_folder

QUESTIONS = 200  # of each benchmark for its own corpus; a quarter for every other; three times as many unrelated ones
GRID = np.arange(0.0, 1.0, 0.02)
UNRELATED = Path(__file__).parent / "unrelated_questions.tsv"
OWN, CROSSED, FOREIGN = KINDS = ("own", "crossed", "unrelated")


class Asked(NamedTuple):
    """A question to a corpus, what the verdict on it rests on, and, where it errs, the passage that came first."""

    corpus: str
    kind: str
    language: str
    question: str
    near: float
    together: float
    probability: float
    first: str

    @property
    def wrong(self) -> bool:
        """Whether the verdict as it stands errs."""
        return (self.probability >= verdict.ANSWERED) != (self.kind == OWN)


def questions_of(benchmark: Path, most: int) -> list[tuple[str, str]]:
    """Language and text of a fixed sample of a benchmark's questions."""
    lines = (benchmark / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [(row["lang"], row["text"]) for row in map(json.loads, lines)]
    return random.Random(0).sample(texts, min(most, len(texts)))


def unrelated_questions(most: int) -> list[tuple[str, str]]:
    """Language and text of the questions about other things: all of them, or a fixed sample."""
    rows = [line.split("\t") for line in UNRELATED.read_text(encoding="utf-8").splitlines()]
    return [(language, text) for language, text in random.Random(0).sample(rows, min(most, len(rows)))]


def questions_for(benchmark: Path, benchmarks: list[Path], most: int) -> Iterator[tuple[str, str, str]]:
    """Kind, language and text of what a benchmark's corpus is asked."""
    for other in benchmarks:
        if other == benchmark:
            yield from ((OWN, *question) for question in questions_of(other, most))
        elif other.name.split("-")[0] != benchmark.name.split("-")[0]:
            yield from ((CROSSED, *question) for question in questions_of(other, most)[: most // 4])
    yield from ((FOREIGN, *question) for question in unrelated_questions(3 * most))


def gather(benchmarks: list[Path], most: int) -> list[Asked]:
    """Ask every corpus, indexing those that are not yet."""
    asked = []
    for benchmark in benchmarks:
        index = cache_folder(benchmark / "corpus.jsonl")
        update(index, [(benchmark / "corpus.jsonl").resolve()])
        with Searcher.open(index) as searcher:
            for kind, language, question in questions_for(benchmark, benchmarks, most):
                evidence = searcher.evidence(question)
                one = Asked(benchmark.name, kind, language, question, *evidence, verdict.probability(*evidence), "")
                if one.wrong and (ranking := searcher.rank(question, 1)):
                    one = one._replace(first=" ".join(ranking[0][0].text.split()))
                asked.append(one)
    return asked


def error_rates(asked: list[Asked], near: float, together: float) -> dict[str, list[float]]:
    """By corpus: share of its own questions refused, and shares of crossed and of unrelated ones answered."""
    corpora = np.array([one.corpus for one in asked])
    kinds = np.array([one.kind for one in asked])
    answered = np.array([one.near >= near or one.together >= together for one in asked])
    wrong = answered != (kinds == OWN)
    rates: dict[str, list[float]] = {}
    for name in dict.fromkeys(corpora.tolist()):
        of_kind = [wrong[(corpora == name) & (kinds == kind)] for kind in KINDS]
        rates[name] = [float(some.mean()) if len(some) else float("nan") for some in of_kind]
    return rates


def means(rates: dict[str, list[float]]) -> np.ndarray:
    """The mean rate of each kind; a single family has nothing crossed."""
    columns = np.array(list(rates.values())).T
    return np.array([column[~np.isnan(column)].mean() for column in columns if not np.isnan(column).all()])


def totals(asked: list[Asked]) -> list[str]:
    """Rows of a table, as the thresholds stand: own refused, others answered, and the share of weak answers of each."""
    rows = []
    for name in [*dict.fromkeys(one.corpus for one in asked), None]:
        some = [one for one in asked if name in (None, one.corpus)]
        cells = [name or "all"]
        for group in ([one for one in some if one.kind == OWN], [one for one in some if one.kind != OWN]):
            weak = sum(verdict.ANSWERED <= one.probability < verdict.WEAK for one in group)
            cells += [interval(sum(one.wrong for one in group), len(group)), f"{weak / max(1, len(group)):.3f}"]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def curve(asked: list[Asked], kinds: tuple[str, ...]) -> tuple[list[bool], list[float]]:
    """Truth and probability of the answerable questions and of those of the kinds."""
    chosen = [one for one in asked if one.kind in (OWN, *kinds)]
    return [one.kind == OWN for one in chosen], [one.probability for one in chosen]


def write(path: Path, head: tuple[str, ...], rows: list[tuple]) -> None:
    """Write tab-separated values."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, "excel-tab", lineterminator="\n").writerows([head, *rows])


def main() -> None:
    """Measure, search the grid, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path)
    parser.add_argument("--questions", type=int, default=QUESTIONS, help=f"of each benchmark ({QUESTIONS})")
    parser.add_argument("--errors", type=Path, metavar="FILE", help="list the errors, with the passage that came first")
    parser.add_argument("--roc", type=Path, metavar="FILE", help="write the points of the ROC curves")
    arguments = parser.parse_args()
    asked = gather(arguments.benchmarks, arguments.questions)
    found = min(product(GRID, GRID), key=lambda pair: means(error_rates(asked, *pair)).max())
    points = []
    for kind in KINDS[1:]:
        truth, scores = curve(asked, (kind,))
        if all(truth):
            continue
        print(f"area under the ROC curve, own against {kind}: {roc_auc_score(truth, scores):.3f}")
        for answered, right, threshold in zip(*roc_curve(truth, scores), strict=True):
            points.append((kind, f"{threshold:.6f}", f"{1 - right:.6f}", f"{answered:.6f}"))
    for label, thresholds in (("as it stands", (verdict.NEAR, verdict.TOGETHER)), ("found", found)):
        print(f"{label}: NEAR {thresholds[0]:.2f}, TOGETHER {thresholds[1]:.2f}")
        rates = error_rates(asked, *thresholds)
        print("| | own, refused | crossed, answered | unrelated, answered |\n|---|---:|---:|---:|")
        for name, row in {**rates, "mean": means(rates)}.items():
            print(f"| {name} | " + " | ".join(f"{rate:.3f}" for rate in row) + " |")
    print("| | own, refused | weak | others, answered | weak |\n|---|---:|---:|---:|---:|")
    print("\n".join(totals(asked)))
    if arguments.roc:
        write(arguments.roc, ("against", "probability", "refused", "answered"), points)
    if arguments.errors:
        write(arguments.errors, Asked._fields, [one for one in asked if one.wrong])


if __name__ == "__main__":
    main()
