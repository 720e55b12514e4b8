"""Quality of each mode on benchmarks in BEIR form, as a Markdown table.

    python -m scripts.bench_quality BENCHMARK… > table.md

Each BENCHMARK is a folder with corpus.jsonl, queries.jsonl and qrels/*.tsv; its corpus is indexed once, in the user's
cache folder, as `telusur eval` does.
"""

import argparse
import sys
from pathlib import Path

from search.evaluate import evaluate

MODES = ("lexical", "semantic", "hybrid")


def main() -> None:
    """Print the table; one line on stderr for each score as it comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="+", type=Path)
    parser.add_argument("--measure", default="nDCG@10")
    arguments = parser.parse_args()
    print(f"| {arguments.measure} | queries | passages | " + " | ".join(MODES) + " |")
    print("|---|---:|---:|" + "---:|" * len(MODES))
    for benchmark in arguments.benchmarks:
        cells = []
        for mode in MODES:
            scores = evaluate(benchmark, Path(), mode=mode, on_progress=lambda done, total, articles: None)
            low, high = scores["ci95"][arguments.measure]
            cells.append(f"{scores[arguments.measure]:.3f} [{low:.3f}, {high:.3f}]")
            print(benchmark.name, mode, cells[-1], file=sys.stderr, flush=True)
        print(
            f"| {benchmark.name} | {scores['queries']:,} | {scores['passages']:,} | " + " | ".join(cells) + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
