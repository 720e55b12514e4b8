"""How many questions a second `telusur search --batch` answers, with one thread and with two.

`python -m scripts.bench_batch --index DIR --questions FILE [--count 1000] [--threads 1 2]`: FILE as `--batch` takes it.
Prints a Markdown table: questions a second by the clock, processor time of a question, how many found something, and
the load before. An index of 100,000 passages of real shape: `scripts.scale_index`.
"""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `telusur search --batch` does, before numpy is loaded

from search.batch import THREADS, ask
from search.engine import Searcher
from search.questions import read_questions


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, THREADS}))
    given = parser.parse_args()
    rows = read_questions(given.questions).rows[: given.count]
    with Searcher.open(given.index) as searcher:
        passages = searcher.status()["passages"]
        searcher.search(rows[0].query)  # weights and index come into memory
    print(f"{len(rows):,} questions, {passages:,} passages, load {os.getloadavg()[0]:.1f}\n")
    print("| threads | questions/s | CPU ms a question | answered |\n|---:|---:|---:|---:|")
    for threads in given.threads:
        begun, spent = time.perf_counter(), time.process_time()
        found = sum(
            answer.answered
            for _, answer in ask(given.index, rows, lambda searcher, query: searcher.search(query), threads=threads)
        )
        seconds, spent = time.perf_counter() - begun, time.process_time() - spent
        print(f"| {threads} | {len(rows) / seconds:.1f} | {spent / len(rows) * 1000:.1f} | {found} |", flush=True)


if __name__ == "__main__":
    main()
