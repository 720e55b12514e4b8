"""What adding one article costs, in indexes of several sizes, and an update of many files that finds nothing to do.

    python -m scripts.bench_update INDEX… [--times 7]
    python -m scripts.bench_update --unchanged FILES --out DIR [--times 7]

Each INDEX is a folder as scripts.bench_scale makes it (`--out`); it grows by the articles added. An update is a
process of its own, `telusur index FOLDER`, as a person or a timer starts it. From its time that of `telusur --version`,
which starts the interpreter, is taken off. Also: one article edited, one removed, and nothing to do. Beside the time
on the clock stands that of the processor, which tells what an update costs on a machine that does other things too.
Medians, and the least of each in brackets.

`--unchanged`: so many files in folders of a thousand, which an index in DIR knows by size and time.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from index.catalogue import Catalogue
from search.engine import Searcher

PARAGRAPH = (
    "Harga beras di pasar induk naik {} persen sejak awal pekan, kata kepala dinas perdagangan nomor {}. "
    "Pedagang mengaku pasokan dari sentra produksi berkurang karena banjir merendam sawah di {} desa. "
    "Pemerintah daerah berencana menggelar operasi pasar dengan {} ton beras mulai hari Senin.\n\n"
)


def main() -> None:
    """Print a table, and the ratio of the last index to the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("indexes", nargs="*", type=Path, metavar="INDEX")
    parser.add_argument("--unchanged", type=int, metavar="FILES")
    parser.add_argument("--out", type=Path, metavar="DIR")
    parser.add_argument("--times", type=int, default=7)
    arguments = parser.parse_args()
    if arguments.unchanged and arguments.out:
        nothing_to_do(arguments.unchanged, arguments.out, arguments.times)
    if not arguments.indexes:
        return
    costs: dict[Path, dict[str, list[tuple[float, float]]]] = {}
    for turn in range(arguments.times):  # in turns, so that what else the machine does meets all alike
        for folder in arguments.indexes:
            for what, seconds in one_turn(folder, turn).items():
                costs.setdefault(folder, {}).setdefault(what, []).append(seconds)
    print("| passages | " + " | ".join(costs[arguments.indexes[0]]) + " |")
    print("|---:|" + "---:|" * len(costs[arguments.indexes[0]]))
    for folder in arguments.indexes:
        with Searcher.open(folder / ".telusur") as searcher:
            size = searcher.status()["passages"]
        cells = [
            "{:.2f} s ({:.2f}), processor {:.2f} s ({:.2f})".format(*np.ravel([np.median(s, 0), np.min(s, 0)], "F"))
            for s in costs[folder].values()
        ]
        print(f"| {size:,} | " + " | ".join(cells) + " |")
    if len(arguments.indexes) > 1:
        first, last = (
            np.median(costs[folder]["add"], axis=0) for folder in (arguments.indexes[0], arguments.indexes[-1])
        )
        print("ratio of adding: {:.2f}, processor {:.2f}".format(*last / first))


def one_turn(folder: Path, turn: int) -> dict[str, tuple[float, float]]:
    """Seconds, by the clock and of the processor, beyond the interpreter's start, of each kind of update."""
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
        clock, processor = _seconds("index", str(new), "--index", str(folder / ".telusur"))
        costs[what] = (clock - start[0], processor - start[1])
    return costs


def nothing_to_do(files: int, out: Path, times: int) -> None:
    """Print what an update costs that finds every one of some files as it was."""
    folder, root = out / "arsip", out / ".telusur"
    past, first = time.time_ns() - 10**12, folder / "lain/satu.txt"
    first.parent.mkdir(parents=True)
    first.write_text(PARAGRAPH, encoding="utf-8")
    os.utime(first, ns=(past, past))
    _seconds("index", str(folder), "--index", str(root))
    with closing(Catalogue(root)) as catalogue, catalogue.transaction():
        for n in range(files):
            path = folder / f"{n // 1_000:03}/{n:06}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(PARAGRAPH, encoding="utf-8")
            os.utime(path, ns=(past, past))
            file = catalogue.add_file(f"arsip/{path.relative_to(folder)}", len(PARAGRAPH), past, f"{n:064x}")
            catalogue.write_article(n + 2, f"{n:08x}", file, {"text": PARAGRAPH})
        catalogue.set(articles=files + 1, next_article=files + 2)
    costs = []
    for _ in range(times):
        start = _seconds("--version")
        costs.append(np.subtract(_seconds("index", str(folder), "--index", str(root)), start))
    with closing(Catalogue(root)) as catalogue:
        assert catalogue.get("generation") == 1, "it was not unchanged"
    figures = np.ravel([np.median(costs, 0), np.min(costs, 0)], "F")
    print("{:,} files unchanged: {:.2f} s ({:.2f}), processor {:.2f} s ({:.2f})".format(files, *figures))


def _seconds(*arguments: str) -> tuple[float, float]:
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "search", *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, used


if __name__ == "__main__":
    main()
