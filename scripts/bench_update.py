"""What adding one article costs, in indexes of several sizes.

    python -m scripts.bench_update INDEX… [--times 7]

Each INDEX is a folder as scripts.bench_scale makes it (`--out`); it grows by the articles added. An update is a
process of its own, `telusur index FILE`, as a person or a timer starts it. From its time that of `telusur --version`,
which starts the interpreter, is taken off. Also: one article edited, one removed, and nothing to do.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from search.engine import Searcher

PARAGRAPH = (
    "Harga beras di pasar induk naik {} persen sejak awal pekan, kata kepala dinas perdagangan nomor {}. "
    "Pedagang mengaku pasokan dari sentra produksi berkurang karena banjir merendam sawah di {} desa. "
    "Pemerintah daerah berencana menggelar operasi pasar dengan {} ton beras mulai hari Senin.\n\n"
)


def main() -> None:
    """Print a table, and the ratio of the last index to the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("indexes", nargs="+", type=Path, metavar="INDEX")
    parser.add_argument("--times", type=int, default=7)
    arguments = parser.parse_args()
    costs: dict[Path, dict[str, list[float]]] = {}
    for turn in range(arguments.times):  # in turns, so that what else the machine does meets all alike
        for folder in arguments.indexes:
            for what, seconds in one_turn(folder, turn).items():
                costs.setdefault(folder, {}).setdefault(what, []).append(seconds)
    print("| passages | " + " | ".join(costs[arguments.indexes[0]]) + " |")
    print("|---:|" + "---:|" * len(costs[arguments.indexes[0]]))
    for folder in arguments.indexes:
        with Searcher.open(folder / ".telusur") as searcher:
            size = searcher.status()["passages"]
        cells = [f"{np.median(seconds):.2f} s ({min(seconds):.2f})" for seconds in costs[folder].values()]
        print(f"| {size:,} | " + " | ".join(cells) + " |")
    if len(arguments.indexes) > 1:
        for of in (np.median, np.min):
            first, last = (of(costs[folder]["add"]) for folder in (arguments.indexes[0], arguments.indexes[-1]))
            print(f"ratio of adding, {of.__name__}: {last / first:.2f}")


def one_turn(folder: Path, turn: int) -> dict[str, float]:
    """Seconds beyond the interpreter's start, of each kind of update."""
    new = folder / "baru"
    new.mkdir(exist_ok=True)
    article = new / f"{time.time_ns()}.txt"
    start = _seconds("--version")
    costs = {}
    for what in ("add", "edit", "nothing", "remove"):
        if what == "remove":
            article.unlink()
        elif what != "nothing":
            article.write_text(
                "".join(PARAGRAPH.format(turn, time.time_ns(), n, n) for n in range(4)), encoding="utf-8"
            )
            os.utime(article, (time.time() - 60 * (what == "add") - 10,) * 2)
        costs[what] = _seconds("index", str(new), "--index", str(folder / ".telusur")) - start
    return costs


def _seconds(*arguments: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "search", *arguments], check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
