"""From how much text on importing torch pays: numpy beside torch, each in a process of its own.

    python -m scripts.bench_switch ARTICLES.jsonl[.xz] [--passages 16 64 128 256] [--times 3]

A process opens the encoder, encodes so many passages (about 160 tokens each) with their sentences, and ends. Seconds by
the clock and of the processor, medians. `index.bert_encoder` switches by tokens.
"""

import argparse
import json
import lzma
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from index.passage import split

CODE = """
import json, sys
import index.bert_encoder
from index.encoder import open_encoder
from index.encoding import encode
index.bert_encoder._BULK_TOKENS = {"numpy": 10**12, "torch": 0}[sys.argv[1]]
encode(open_encoder(), json.load(sys.stdin))
"""


def passages(articles: Path, count: int) -> list[str]:
    """The first passages of a file of articles."""
    read = lzma.open if articles.suffix == ".xz" else open
    texts: list[str] = []
    with read(articles, "rt", encoding="utf-8") as lines:
        while len(texts) < count and (line := next(lines, None)):
            texts += [passage.text for passage in split(json.loads(line)["body"])]
    return texts[:count]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--passages", type=int, nargs="+", default=[16, 64, 128, 256])
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    texts = passages(arguments.articles, max(arguments.passages))
    print("| passages | numpy: clock, processor | torch: clock, processor |\n|---:|---:|---:|")
    for count in arguments.passages:
        runs: dict[str, list[tuple[float, float]]] = {"numpy": [], "torch": []}
        for _ in range(arguments.times):
            for engine, seconds in runs.items():
                seconds.append(_seconds(engine, texts[:count]))
        cells = [
            " s, ".join(f"{median(run[part] for run in seconds):.2f}" for part in (0, 1)) for seconds in runs.values()
        ]
        print(f"| {count} | {' s | '.join(cells)} s |", flush=True)


def _seconds(engine: str, texts: list[str]) -> tuple[float, float]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", CODE, engine], input=json.dumps(texts), text=True, check=True, env=environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
