"""Telusur beside other software with the same encoder, on the same passages.

    python -m scripts.bench INDEX --peers PEERS/bin/python --work DIR --out docs/bench [--times 11] [--articles FILE]

INDEX is an index that `telusur index` made with the bundled encoder, best of 10,000 passages; it is copied, not
changed. PEERS is an interpreter with what scripts/peers.txt pins. All software is handed INDEX's own passages and their
vectors, so that nobody encodes 10,000 passages five times; how fast each encodes is measured on a sample: of INDEX, or
of FILE, JSON Lines with a `body` (may be .xz). Every task is a process of its own, as a person starts it, and the
software takes turns, so that what else the machine does meets all alike. Written: OUT.json, OUT.md, OUT.svg.
"""

import argparse
import json
import lzma
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from index.catalogue import Catalogue
from index.passage import split
from index.presets import BUNDLED_FOLDER
from index.vectors import Vectors
from scripts.bench.report import write

PEERS = ("faiss", "txtai", "chroma", "lancedb")
HERE = Path(__file__).parent
QUESTIONS = (
    "Siapa presiden pertama Indonesia?", "Kapan gempa bumi besar terjadi di Aceh?", "Where is the largest volcano?",
    "Berapa jumlah penduduk kota Surabaya?", "Apa penyebab banjir di ibu kota?", "Who won the football championship?",
    "Bagaimana harga beras naik?", "Apa itu fotosintesis?", "Which river is the longest on Borneo?",
    "Kapan kereta api pertama dibangun?", "Siapa menulis novel itu?", "What language is spoken on Bali?",
)  # fmt: skip


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
    arguments = parser.parse_args()
    work, peers = arguments.work, arguments.peers
    work.mkdir(parents=True)
    passages = _share(arguments.index, work, arguments.articles, arguments.sample)
    figures: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in ("telusur", *PEERS)}
    load = [os.getloadavg()[0]]

    def note(name: str, task: str, *command: str) -> None:
        figures[name].setdefault(task, []).append(_run(*command, inside=task in ("warm", "encode")))
        print(name, task, {key: value for key, value in figures[name][task][-1].items() if key != "inside"}, flush=True)
        load.append(os.getloadavg()[0])

    def peer(name: str, task: str, *more: str) -> None:
        note(name, task, peers, str(HERE / "peers.py"), name, task, str(work), str(BUNDLED_FOLDER), *more)

    for name in PEERS:
        peer(name, "build")
    disk = {name: _size(work / name) for name in figures}  # before updates
    new = work / "baru"
    new.mkdir()
    for turn in range(arguments.times):
        question = QUESTIONS[turn % len(QUESTIONS)]
        for name in PEERS:
            peer(name, "ask", question)
        note("telusur", "ask", sys.executable, "-m", "search", "search", question, "--index", str(work / "telusur"))
        for what in ("pass", "import numpy", "import typer"):
            note("telusur", what, sys.executable, "-c", what)
        note("telusur", "help", sys.executable, "-m", "search", "--help")
        (new / "artikel.txt").write_text(f"Jembatan\n\nBupati meresmikan jembatan ke-{turn} di atas sungai itu.\n")
        os.utime(new / "artikel.txt", (time.time() - 60 + turn,) * 2)
        note("telusur", "update", sys.executable, "-m", "search", "index", str(new), "--index", str(work / "telusur"))
        if turn < max(1, arguments.times // 3):  # the slow ones less often
            for name in PEERS:
                peer(name, "update")
                peer(name, "warm")
            note("telusur", "warm", sys.executable, "-m", "scripts.bench.own", "warm", str(work))
            note("telusur", "encode", sys.executable, "-m", "scripts.bench.own", "encode", str(work))
            peer("faiss", "encode")
    write(
        arguments.out,
        {"passages": passages, "sample": arguments.sample, "load": load, "disk": disk, "figures": figures},
    )


def _share(index: Path, work: Path, articles: Path | None, sample: int) -> int:
    """Copy INDEX, and write out its passages, their vectors, questions and a sample of passages of real length."""
    shutil.copytree(index, work / "telusur")
    catalogue = Catalogue(work / "telusur")
    numbers = catalogue.passage_numbers()
    rows = catalogue.hits(numbers)
    vectors = Vectors(
        work / "telusur" / "segments", catalogue.segments(), 384, np.array(catalogue.removed("segment"), np.int64)
    )
    texts = {rows[number].text: number for number in numbers}  # each text once: txtai is handed vectors by text
    kept = vectors.lookup(list(texts.values()))
    np.save(work / "vectors.npy", np.stack([kept[number].vector for number in texts.values()]).astype(np.float32))
    catalogue.close()
    some = list(texts)
    if articles:
        read = lzma.open if articles.suffix == ".xz" else open
        with read(articles, "rt", encoding="utf-8") as lines:
            bodies = [json.loads(line)["body"] for line, _ in zip(lines, range(8 * sample), strict=False)]
        some = [passage.text for body in bodies for passage in split(body)]
    random.Random(1).shuffle(some)
    for name, value in (("passages", list(texts)), ("sample", some[:sample]), ("questions", QUESTIONS)):
        (work / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return len(texts)


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
