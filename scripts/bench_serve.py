"""Throughput and latency of `telusur serve` under many clients at once, with and without batches of questions.

`python -m scripts.bench_serve [--index DIR] [--clients 50] [--requests 1000]` starts a server of its own at a free port
of this machine for each way to encode, asks questions made of the words of the index's own passages, and prints a
Markdown table: errors, requests a second, median and 99th percentile of the answers' times, the server's processor
time a request and how long its threads waited for a processor that others had (Linux), and questions a batch.
Then the encoder by itself: the processor time of a question in batches of several sizes.
"""

import argparse
import asyncio
import os
import platform
import random
import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `telusur serve` does, before numpy is loaded

import httpx2
import numpy as np

from index.catalogue import Catalogue
from index.encoder import open_encoder

# The server itself, with another size of batch than it has.
SERVER = """
import sys
from search import shared_encoder
from search.cli import main
shared_encoder.AT_ONCE = int(sys.argv.pop(1))
main()
"""

SIZES = (1, 2, 4, 8, 16, 32)


def questions(index: Path, count: int) -> list[str]:
    """`count` different questions of four to ten neighbouring words out of passages, as people would search for."""
    draw = random.Random(7)
    with closing(Catalogue(index)) as catalogue:
        articles = catalogue.articles()
        made: set[str] = set()
        while len(made) < count:
            words = re.findall(r"\w+", str(catalogue.article(draw.choice(articles))["text"]))
            at = draw.randrange(max(1, len(words) - 10))
            made.add(" ".join(words[at : at + draw.randint(4, 10)]) or "apa")
    return sorted(made)


async def load(link: str, asked: list[str], clients: int) -> tuple[list[float], int, float]:
    """Seconds of each answer, errors, and seconds altogether; each client asks again as soon as it has its answer."""
    waiting, taken, errors = list(asked), [], 0
    limits = httpx2.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx2.AsyncClient(base_url=link, timeout=120, limits=limits) as client:

        async def one_client() -> None:
            nonlocal errors
            while waiting:
                question = waiting.pop()
                begun = time.perf_counter()
                try:
                    answer = await client.get("api/search", params={"query": question, "all": "true"})
                    errors += answer.status_code != 200 or len(answer.json()["hits"]) != 10
                except httpx2.HTTPError:
                    errors += 1
                taken.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        await asyncio.gather(*(one_client() for _ in range(clients)))
        return taken, errors, time.perf_counter() - begun


def measure(index: Path, asked: list[str], clients: int, at_once: int) -> str:
    """One row of the table."""
    command = [sys.executable, "-c", SERVER, str(at_once), "serve", "--port", "0", "--index", str(index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            link = process.stdout.readline().strip()
            asyncio.run(load(link, asked[:20], 4))  # weights and index come into memory
            before = {**figures(link), "waited": waited(process.pid)}
            taken, errors, seconds = asyncio.run(load(link, asked, clients))
            after = {**figures(link), "waited": waited(process.pid)}
        finally:
            process.terminate()
    p50, p99 = np.percentile(np.array(taken) * 1000, [50, 99])
    spent = {name: after[name] - before[name] for name in after}
    return (
        f"| {clients} | {at_once} | {len(taken):,} | {errors} | {len(taken) / seconds:.1f} | {p50:,.0f} | {p99:,.0f} "
        f"| {spent['process_cpu_seconds_total'] / len(taken) * 1000:.0f} "
        f"| {spent['waited'] / len(taken) * 1000:.0f} "
        f"| {spent['telusur_encoded_questions_total'] / spent['telusur_encoder_batches_total']:.1f} |"
    )


def figures(link: str) -> dict[str, float]:
    """What the server says of its processor time and its batches."""
    lines = httpx2.get(link + "metrics", timeout=60).text.splitlines()
    said = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    names = ("process_cpu_seconds_total", "telusur_encoded_questions_total", "telusur_encoder_batches_total")
    return {name: float(said.get(name, "nan")) for name in names}


def waited(process: int) -> float:
    """Seconds that the threads of a process, together, were ready to run and had no processor."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[1]) for thread in threads) / 1e9


def encoding(asked: list[str]) -> str:
    """Processor time of one question, alone and in batches, as the server encodes it: on one thread."""
    encoder = open_encoder()
    encoder.encode_queries(asked[:1])
    cells = []
    for size in SIZES:
        begun = time.process_time()
        for at in range(0, len(asked), size):
            encoder.encode_queries(asked[at : at + size])
        cells.append(f"{(time.process_time() - begun) / len(asked) * 1000:.1f}")
    return f"| CPU ms a question | {' | '.join(cells)} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=Path(".telusur"))
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    asked = questions(options.index, options.requests)
    with closing(Catalogue(options.index)) as catalogue:
        counts = catalogue.counts()
    print(f"{counts['articles']:,} articles, {counts['passages']:,} passages; {os.cpu_count()} cores,", end=" ")
    print(f"{platform.machine()}, load before {os.getloadavg()[0]:.1f}, Python {platform.python_version()}\n")
    columns = (
        "clients",
        "batch at most",
        "requests",
        "errors",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "waiting ms",
        "a batch",
    )
    print(f"| {' | '.join(columns)} |")
    print("|" + "---:|" * len(columns))
    for clients, at_once in ((1, 16), (options.clients, 16), (options.clients, 1)):
        some = asked if clients > 1 else asked[: max(1, len(asked) // 10)]
        print(measure(options.index, some, clients, at_once), flush=True)
    print(f"\n| batch | {' | '.join(map(str, SIZES))} |\n|---|{'---:|' * len(SIZES)}\n{encoding(asked[:192])}")


if __name__ == "__main__":
    main()
