"""Telusur beside other software with the same encoder, on the same passages.

    python -m scripts.bench INDEX --peers PEERS/bin/python --work DIR --out docs/bench [--times 11] [--articles FILE]
        [--whole NAME…]

INDEX is an index that `telusur index` made with the bundled encoder, best of 10,000 passages; it is copied, not
changed. PEERS is an interpreter with what scripts/peers.txt pins. All software is handed INDEX's own passages and their
vectors, so that nobody encodes 10,000 passages five times; how fast each encodes is measured on a sample: of INDEX, or
of FILE, JSON Lines with a `body` (may be .xz). `--whole`: before that, those that are named index all passages once
from their texts alone, encoding included; Telusur reads them as articles of a file. Every task is a process of its own,
as a person starts it, and the software takes turns, so that what else the machine does meets all alike. Written:
OUT.json, OUT.md, OUT.svg.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from index.presets import BUNDLED_FOLDER
from scripts.bench.report import write
from scripts.bench.share import QUESTIONS, share

PEERS = ("faiss", "txtai", "chroma", "lancedb")
HERE = Path(__file__).parent


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--peers", required=True, metavar="PYTHON")
    parser.add_argument("--work", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--times", type=int, default=11)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--sample", type=int, default=256, help="passages that are encoded to tell the rate")
    parser.add_argument("--whole", nargs="+", choices=("telusur", *PEERS), default=[], metavar="NAME")
    arguments = parser.parse_args()
    work, peers = arguments.work, arguments.peers
    work.mkdir(parents=True)
    # In a process of its own: what this one has held at most counts as held by every process that it starts.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        passages = apart.submit(share, arguments.index, work, arguments.articles, arguments.sample).result()
    figures: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in ("telusur", *PEERS)}
    load = [os.getloadavg()[0]]

    def note(name: str, task: str, *command: str) -> None:
        figures[name].setdefault(task, []).append(_run(*command, inside=task in ("warm", "encode")))
        print(name, task, {key: value for key, value in figures[name][task][-1].items() if key != "inside"}, flush=True)
        load.append(os.getloadavg()[0])

    def peer(name: str, task: str, *more: str) -> None:
        note(name, task, peers, str(HERE / "peers.py"), name, task, str(work), str(BUNDLED_FOLDER), *more)

    def own(task: str, what: str, index: Path) -> None:
        command = "search" if task == "ask" else "index"
        note("telusur", task, sys.executable, "-m", "search", command, what, "--index", str(index))

    def others(*tasks: str, question: str = "") -> None:
        for name, task in itertools.product(PEERS, tasks):
            peer(name, task, question)

    for name in arguments.whole:
        peer(name, "index") if name in PEERS else own("index", str(work / "passages.jsonl"), work / "telusur-whole")
    others("build")
    disk = {name: _size(work / name) for name in figures}  # before updates
    new = work / "baru"
    new.mkdir()
    for turn in range(arguments.times):
        question = QUESTIONS[turn % len(QUESTIONS)]
        others("ask", question=question)
        own("ask", question, work / "telusur")
        for what in ("pass", "import numpy", "import typer"):
            note("telusur", what, sys.executable, "-c", what)
        note("telusur", "help", sys.executable, "-m", "search", "--help")
        (new / "artikel.txt").write_text(f"Jembatan\n\nBupati meresmikan jembatan ke-{turn} di atas sungai itu.\n")
        os.utime(new / "artikel.txt", (time.time() - 60 + turn,) * 2)
        own("update", str(new), work / "telusur")
        if turn < max(1, arguments.times // 3):  # the slow ones less often
            others("update", "warm")
            note("telusur", "warm", sys.executable, "-m", "scripts.bench.own", "warm", str(work))
            note("telusur", "encode", sys.executable, "-m", "scripts.bench.own", "encode", str(work))
            peer("faiss", "encode")
    write(
        arguments.out,
        {"passages": passages, "sample": arguments.sample, "load": load, "disk": disk, "figures": figures},
    )


def _run(*command: str, inside: bool) -> dict[str, Any]:
    """Run a process; return seconds by the clock and of the processor, the most memory in MB, and what it measured."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    clock = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return {
        "clock": clock,
        "processor": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
        "inside": json.loads(said) if inside else None,
    }


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
