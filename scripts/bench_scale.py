"""Search in a large index: recall, latency, cold open, memory and disk, beside other ways of searching.

    python -m scripts.bench_scale --passages 1000000 --out DIR --like INDEX --texts FILE --questions FILE [--beside]

`--like` is a real index whose vectors the synthetic ones are made like, `--texts` a file of JSON lines with paragraphs
(both as in scripts.scale_index), `--questions` one with questions, encoded for real. An index that is already in DIR
is measured as it is. `--beside` also measures numpy, FAISS IVF and usearch (extra `bench`) over the same vectors; it
takes 3 kB of memory a passage.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Filter
from index.encoder import open_encoder
from index.vectors import KINDS, Vectors
from scripts.scale_index import make, paragraphs
from search.engine import Searcher

Search = Callable[[NDArray[np.float32], int], Sequence[int]]
ASKED = 300  # questions
QUESTIONS = (
    ("semantic", "semantic", None),
    ("lexical", "lexical", None),
    ("hybrid", "hybrid", None),
    ("hybrid, one publisher of 1,000", "hybrid", Filter(sources=("Harian 7",))),
)

COLD = """
import json, sys, time
from pathlib import Path
import numpy as np
from search.engine import Searcher
import faiss, index.segment, index.lexicon
def memory():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    held = {line.split(":")[0]: int(line.split()[1]) / 1000 for line in lines}
    return {"RSS": held["Rss"], "USS": held["Private_Clean"] + held["Private_Dirty"], "anonymous": held["Anonymous"]}
queries = np.load(sys.argv[2])
before = memory()
begun = time.perf_counter()
searcher = Searcher.open(sys.argv[1])
with searcher.state() as opened:
    opening = time.perf_counter() - begun
    begun = time.perf_counter()
    opened.vectors.search(queries[0], 100)
    first = time.perf_counter() - begun
    after = memory()
    for query in queries:
        found = opened.vectors.search(query, 100)
        opened.vectors.lookup([number for number, _ in found])
print(json.dumps({"opening": 1e3 * opening, "first": 1e3 * first, "before": before, "after": after, "asked": memory()}))
"""


def main() -> None:
    """Make the index if need be, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--characters", type=int, default=800, help="of a passage, at most")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--beside", action="store_true")
    arguments = parser.parse_args()
    root = arguments.out / ".telusur"
    if not root.exists():
        if not (arguments.like and arguments.texts):
            parser.error("to make an index, give --like and --texts")
        begun, cpu = time.perf_counter(), time.process_time()
        make(root, arguments.passages, arguments.like, paragraphs(arguments.texts, arguments.characters))
        print(f"built in {time.perf_counter() - begun:.0f} s, {time.process_time() - cpu:.0f} s of processor time")
    disk(root, arguments.passages)
    lines = arguments.questions.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    texts = [texts[place] for place in np.random.default_rng(1).permutation(len(texts))[:ASKED]]
    queries = open_encoder().encode_queries(texts)
    cold(root, queries, arguments.out)
    searching(root, queries, texts, beside=arguments.beside)


def disk(root: Path, passages: int) -> None:
    """Bytes a passage, by part."""
    parts = {
        name: sum(f.stat().st_size for f in root.glob(f"{name}*/**/*") if f.is_file())
        for name in ("segments", "lexicon")
    }
    parts["catalogue with texts"] = (root / "catalogue.sqlite").stat().st_size
    print("bytes a passage: " + ", ".join(f"{name} {size / passages:,.0f}" for name, size in parts.items()))


def cold(root: Path, queries: NDArray[np.float32], out: Path) -> None:
    """What a fresh process pays, the files being in the system's cache: five of them."""
    np.save(out / "queries.npy", queries)
    runs = []
    for _ in range(5):
        command = [sys.executable, "-c", COLD, str(root), str(out / "queries.npy")]
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    opening, first = ([run[name] for run in runs] for name in ("opening", "first"))
    print(f"cold: open {_ms(opening)}, then the first search {_ms(first)} (median, least of 5 processes)")
    for when in ("before", "after", "asked"):
        held = ", ".join(f"{name} {np.median([run[when][name] for run in runs]):,.0f} MB" for name in runs[0][when])
        print(f"memory {when}: {held}")


def _ms(seconds: Sequence[float]) -> str:
    return f"{np.median(seconds):.1f} ms ({min(seconds):.1f})"


def timed(
    search: Search, queries: NDArray[np.float32], k: int, threads: int = 1
) -> tuple[list[float], list[list[int]]]:
    """Milliseconds a query took, and what it found, with some threads asking at once."""
    taken, found = [0.0] * len(queries), [[]] * len(queries)

    def ask(thread: int) -> None:
        for place in range(thread, len(queries), threads):
            begun = time.perf_counter()
            found[place] = list(search(queries[place], k))
            taken[place] = 1e3 * (time.perf_counter() - begun)

    workers = [threading.Thread(target=ask, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return taken, found


def report(
    name: str, search: Search, queries: NDArray[np.float32], truth: Sequence[Sequence[int]], notes: str = ""
) -> None:
    """One line of the table: recall of the 10 and 100 nearest, time with one and with two threads asking."""
    search(queries[0], 100)
    taken, found = timed(search, queries, 100)
    both, _ = timed(search, queries, 100, threads=2)
    recalls = [
        np.mean([len({*f[:k]} & {*t[:k]}) / len(t[:k]) for f, t in zip(found, truth, strict=True)]) for k in (10, 100)
    ]
    times = [f"{np.percentile(t, 50):.1f} / {np.percentile(t, 99):.1f} ({min(t):.1f})" for t in (taken, both)]
    print(f"| {name} | {recalls[0]:.4f} | {recalls[1]:.4f} | {times[0]} | {times[1]} | {notes} |", flush=True)


def searching(root: Path, queries: NDArray[np.float32], texts: list[str], *, beside: bool) -> None:
    """The table."""
    with Searcher.open(root) as searcher, searcher.state() as opened:
        names, dimension = searcher.catalogue.segments(), opened.made_with["dimension"]
        exact = Vectors(root / "segments", names, dimension, kind="exact")
        numbers = np.concatenate([segment.rows.numbers for segment in exact.segments])
        rows = np.concatenate([segment.rows.vectors for segment in exact.segments])
        print(
            "\n| way | recall@10 | recall@100 | p50 / p99 (least), ms | two threads | |\n|---|---:|---:|---:|---:|---|"
        )
        truth = timed(lambda query, k: [n for n, _ in exact.search(query, k)], queries, 100)[1]
        for kind in KINDS[1:]:
            vectors = Vectors(root / "segments", names, dimension, kind=kind)
            mark = " (`auto`)" if kind == opened.vectors.kind else ""
            report(f"Telusur, {kind}{mark}", lambda q, k: [n for n, _ in vectors.search(q, k)], queries, truth)  # noqa: B023
        draw = np.random.default_rng(2)
        for share in (0.001, 0.05, 0.5):
            allowed = np.sort(draw.choice(numbers, max(1, int(share * len(numbers))), replace=False))
            inside = np.isin(numbers, allowed)
            rest, own = rows[inside].astype(np.float32), numbers[inside]
            nearest = [own[np.argsort(-(rest @ query), kind="stable")[:100]].tolist() for query in queries[:50]]
            report(
                f"Telusur, filter that keeps {share:.1%}",
                lambda q, k: [n for n, _ in opened.vectors.search(q, k, allowed)],  # noqa: B023
                queries[:50],
                nearest,
            )
    with Searcher.open(root) as searcher:
        for what, mode, restriction in QUESTIONS:
            taken = []
            for text in texts[:100]:
                begun = time.perf_counter()
                searcher.search(text, mode=mode, restriction=restriction)
                taken.append(1e3 * (time.perf_counter() - begun))
            times = f"{np.percentile(taken, 50):.1f} / {np.percentile(taken, 99):.1f} ({min(taken):.1f})"
            print(f"| whole question, {what} | | | {times} | | |", flush=True)
    if beside:
        others(rows.astype(np.float32), numbers, queries, truth)


def others(
    rows: NDArray[np.float32], numbers: NDArray[np.int64], queries: NDArray[np.float32], truth: Sequence[Sequence[int]]
) -> None:
    """Other ways of searching the same vectors."""
    import faiss
    from usearch.index import Index

    def brute(query: NDArray[np.float32], k: int) -> list[int]:
        scores = rows @ query
        best = np.argpartition(-scores, k)[:k]
        return numbers[best[np.argsort(-scores[best])]].tolist()

    report("numpy, float32", brute, queries[:100], truth[:100])
    faiss.omp_set_num_threads(1)
    begun = time.process_time()
    ivf = faiss.index_factory(rows.shape[1], "IVF1024,SQfp16", faiss.METRIC_INNER_PRODUCT)
    ivf.train(rows[:: max(1, len(rows) // 50_000)])
    ivf.add(rows)
    cost = time.process_time() - begun
    for probes in (32, 128, 256):
        ivf.nprobe = probes

        def probed(query: NDArray[np.float32], k: int, lists: faiss.Index = ivf) -> list[int]:
            faiss.omp_set_num_threads(1)
            return numbers[lists.search(query[None], k)[1][0]].tolist()

        report(f"FAISS IVF1024,SQfp16, nprobe {probes}", probed, queries, truth, f"built in {cost:.0f} s CPU")
    del ivf, probed
    begun = time.process_time()
    graph = Index(ndim=rows.shape[1], metric="ip", dtype="f16")
    graph.add(np.arange(len(rows)), rows, threads=2)
    cost = time.process_time() - begun
    report(
        "usearch (HNSW), f16",
        lambda q, k: numbers[graph.search(q, k).keys].tolist(),
        queries,
        truth,
        f"built in {cost:.0f} s CPU",
    )


if __name__ == "__main__":
    main()
