"""Where the time of a question goes, in an index that is open and warm.

    python -m scripts.bench_search INDEX… [--grow N --texts FILE] [--questions FILE…]

Each INDEX is a folder that `telusur index --index` made. `--grow` first makes a copy of the first one, INDEX-N, with
synthetic passages of real shape added up to N of them (how: scripts/scale_index.py), whose texts are those of the JSON
lines in `--texts`, and measures that too; one that is there already is measured as it is. Questions are some words out
of passages of the first INDEX, as scripts.bench_serve asks them, or those of `--questions` (JSON lines).

Times are of one thread's processor, so that what else the machine does counts little: a stage's is without the stages
within it, the median over the questions that were asked; the clock stands at the end.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `telusur serve` does, before numpy is loaded

import numpy as np

from index.catalogue import Catalogue
from index.lexicon import Lexicon
from index.vectors import Vectors
from scripts.bench_serve import questions as words_of
from scripts.scale_index import make, paragraphs
from search import answering
from search.engine import Searcher
from search.legs import Legs
from search.shared_encoder import SharedEncoder

ASKED = 200  # questions
STAGES: dict[str, tuple[tuple[Any, str], ...]] = {
    "encoding the question": ((SharedEncoder, "encode_query"),),
    "nearest vectors": ((Vectors, "search"),),
    "best sentences": ((Vectors, "near"),),
    "words of the question": ((Lexicon, "asked"),),
    "BM25": ((Lexicon, "search"),),
    "fusing": ((Legs, "candidates"),),
    "acronyms and names": ((Legs, "_learn_names"),),
    "texts and metadata": tuple((Catalogue, name) for name in ("hits", "holders", "sketches", "bodies", "published")),
    "verdict": ((Legs, "looked_at"),),
    "copies": ((answering, "stories"),),
    "highlights": ((Legs, "marked"),),
}


class Stopwatch:
    """Processor time of each stage of one question, without the stages within it."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(STAGES, 0.0)
        self._inside: list[float] = []  # of each stage under way, what those within it took

    def watch(self) -> None:
        """Put a watch around the functions of each stage."""
        for stage, functions in STAGES.items():
            for owner, name in functions:
                setattr(owner, name, self._watched(stage, getattr(owner, name)))

    def _watched(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any, **named: Any) -> Any:
            self._inside.append(0.0)
            begun = time.thread_time()
            try:
                return function(*given, **named)
            finally:
                taken = time.thread_time() - begun
                self.spent[stage] += taken - self._inside.pop()
                if self._inside:
                    self._inside[-1] += taken

        return watched


def measured(index: Path, questions: list[str], stopwatch: Stopwatch) -> dict[str, float]:
    """Milliseconds by stage, and some figures about the questions."""
    rows, answered = [], 0
    with Searcher.open(index) as searcher:
        for question in questions[:20]:
            searcher.search(question)
        for question in questions:
            stopwatch.spent = dict.fromkeys(STAGES, 0.0)
            clock, processor = time.perf_counter(), time.thread_time()
            answered += searcher.search(question).answered
            spent = {"all": time.thread_time() - processor, "by the clock": time.perf_counter() - clock}
            spent["the rest"] = spent["all"] - sum(stopwatch.spent.values())
            spent["all but encoding"] = spent["all"] - stopwatch.spent["encoding the question"]
            rows.append({**stopwatch.spent, **spent})
        passages = searcher.status()["passages"]
    found = {name: 1e3 * float(np.median([row[name] for row in rows])) for name in rows[0]}
    return {"passages": passages, "answered, of 100": 100 * answered / len(questions), **found}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("indexes", nargs="+", type=Path, metavar="INDEX")
    parser.add_argument("--questions", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument("--grow", type=int, metavar="N")
    parser.add_argument("--texts", type=Path, metavar="FILE")
    options = parser.parse_args()
    indexes: list[Path] = options.indexes
    if options.grow:
        grown = indexes[0].with_name(f"{indexes[0].name}-{options.grow}")
        if not grown.exists():
            make(grown, options.grow, indexes[0], paragraphs(options.texts, 900), upon=True)
        indexes.append(grown)
    lines = [line for path in options.questions for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [json.loads(line)["text"] for line in lines] or words_of(indexes[0], ASKED)
    texts = [texts[place] for place in np.random.default_rng(1).permutation(len(texts))[:ASKED]]
    stopwatch = Stopwatch()
    stopwatch.watch()
    load = os.getloadavg()[0]
    columns = [measured(index, texts, stopwatch) for index in indexes]
    print(
        f"{len(texts)} questions; load before {load:.1f}, after {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n"
    )
    shown = ["answered, of 100", *STAGES, "the rest", "all", "all but encoding", "by the clock"]
    print("| ms | " + " | ".join(f"{column['passages']:,.0f} passages" for column in columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for name in shown:
        print(f"| {name} | " + " | ".join(f"{column[name]:.1f}" for column in columns) + " |")


if __name__ == "__main__":
    main()
