"""How long after its arrival an article is found: `telusur watch` on a folder, and a search until it answers.

    python -m scripts.bench_watch NEWS.jsonl.xz --encoder FOLDER

NEWS.jsonl.xz: one JSON object with a `body` a line. Its first articles are written as files and indexed; then files
arrive one by one, each with a word that no other has, and last a burst of many at once.
"""

import argparse
import itertools
import json
import lzma
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from search.engine import Searcher

LOOK_EVERY = 0.1  # seconds between two searches: what is measured is too long by half of it
PATIENCE = 300.0  # seconds after which an article counts as lost


def until_found(root: Path, word: str, since: float) -> float:
    """Seconds from `since` until a lexical search for the word finds an article. Raises TimeoutError."""
    while time.monotonic() - since < PATIENCE:
        with Searcher.open(root) as searcher:
            if searcher.search(word, k=1, mode="lexical").answered:
                return time.monotonic() - since
        time.sleep(LOOK_EVERY)
    msg = f"{word} was not found in {PATIENCE:.0f} s"
    raise TimeoutError(msg)


def main() -> None:
    """Print the median and the longest time of single arrivals, the time of the burst, and how the watcher ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--articles", type=int, default=1_000, help="in the index before anything arrives")
    parser.add_argument("--arrivals", type=int, default=20)
    parser.add_argument("--burst", type=int, default=200)
    arguments = parser.parse_args()
    with lzma.open(arguments.news, "rt", encoding="utf-8") as lines:
        wanted = arguments.articles + arguments.arrivals + arguments.burst
        bodies = [json.loads(line)["body"] for line in itertools.islice(lines, wanted)]
    with tempfile.TemporaryDirectory() as place:
        folder, root = Path(place, "articles"), Path(place, "index")
        folder.mkdir()
        for n in range(arguments.articles):
            (folder / f"{n}.txt").write_text(bodies.pop(), encoding="utf-8")
        time.sleep(2)  # what changed within the last second is left for a later update
        command = [sys.executable, "-m", "search", "watch", folder, "--index", root, "--encoder", arguments.encoder]
        watcher = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True)
        assert watcher.stdout
        print(watcher.stdout.readline().strip())
        took = []
        for n in range(arguments.arrivals):
            (folder / f"arrival{n}.txt").write_text(f"{bodies.pop()}\n\nKata tibaxq{n}z.", encoding="utf-8")
            took.append(until_found(root, f"tibaxq{n}z", time.monotonic()))
        for n in range(arguments.burst):
            (folder / f"burst{n}.txt").write_text(f"{bodies.pop()}\n\nKata ledakxq{n}z.", encoding="utf-8")
        since = time.monotonic()
        burst = until_found(root, f"ledakxq{arguments.burst - 1}z", since)
        watcher.send_signal(signal.SIGTERM)
        stopped = time.monotonic()
        status = watcher.wait(timeout=60)
        print(f"{arguments.arrivals} arrivals: median {statistics.median(took):.1f} s, longest {max(took):.1f} s")
        print(f"the last of {arguments.burst} at once: {burst:.1f} s")
        ended = time.monotonic() - stopped
        print(f"ended {ended:.1f} s after SIGTERM with status {status}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
