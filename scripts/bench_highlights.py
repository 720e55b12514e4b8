"""How often the marked sentence holds the answer, where the first hit is right.

    python -m scripts.bench_highlights BENCHMARK… [--questions 200]

Each query of a BENCHMARK (in BEIR form, with a corpus) names its `answer` as well, in the words of the passage. A hit
is right when it belongs to a relevant article and its passage holds the answer. Printed: right first hits, and those
whose marked sentence (the longest marked span) overlaps the answer somewhere; beside it the same for a sentence drawn
by chance, which short passages make easy. With 95 % Wilson intervals.
"""

import argparse
import json
import random
import re
from pathlib import Path

from index.sentence import sentences
from scripts.bench_dateline import interval
from search.benchmark import read_qrels
from search.engine import Searcher
from search.evaluate import cache_folder


def spans_of(answer: str, text: str) -> list[tuple[int, int]]:
    """Where an answer stands in a text as whole words, whatever its case."""
    words = r"\s+".join(map(re.escape, answer.split()))
    return [found.span() for found in re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE)]


def overlaps(one: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """Whether a span shares a character with one of the others."""
    return any(one[0] < end and start < one[1] for start, end in others)


def measured(benchmark: Path, wanted: int) -> None:
    """Print the figures of one benchmark. Its corpus must have been indexed by `telusur eval`."""
    lines = (benchmark / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [row for row in map(json.loads, lines) if row.get("answer")]
    qrels = read_qrels(benchmark / "qrels")
    draw = random.Random(0)
    right = marked = by_chance = 0
    chosen = draw.sample(asked, min(wanted, len(asked)))
    with Searcher.open(cache_folder(benchmark / "corpus.jsonl")) as searcher:
        for row in chosen:
            hits = searcher.search(row["text"], k=1, dates=False).hits
            if not hits or hits[0].row not in qrels.get(row["_id"], {}):
                continue
            hit = hits[0]
            gold = spans_of(row["answer"], hit.text)
            if not gold:
                continue
            right += 1
            sentence = max(hit.highlights, key=lambda span: span[1] - span[0], default=(0, 0))
            marked += overlaps(sentence, gold)
            by_chance += overlaps(draw.choice(sentences(hit.text)), gold)
    print(
        f"{benchmark.name}: {len(chosen)} questions, {right} first hits right; "
        f"marked {interval(marked, right)}, by chance {interval(by_chance, right)}"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    for benchmark in options.benchmarks:
        measured(benchmark, options.questions)


if __name__ == "__main__":
    main()
