"""Telusur's part of `scripts.bench` that is measured inside a process: `own.py warm|encode FOLDER`."""

import json
import sys
import time
from pathlib import Path

from index.encoder import open_encoder
from index.encoding import encode
from search.engine import Searcher


def main() -> None:
    """Print what was measured as one line of JSON."""
    task, folder = sys.argv[1], Path(sys.argv[2])
    if task == "warm":
        questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
        with Searcher.open(folder / "telusur") as searcher:
            searcher.search(questions[0])
            print(json.dumps([_seconds(searcher, question) for question in questions]))
        return
    encoder, texts = open_encoder(), json.loads((folder / "sample.json").read_text(encoding="utf-8"))
    encode(encoder, texts)  # imports torch, where the amount is worth it
    clock, processor = time.perf_counter(), time.process_time()
    encode(encoder, texts)
    print(json.dumps([time.perf_counter() - clock, time.process_time() - processor]))


def _seconds(searcher: Searcher, question: str) -> float:
    begun = time.perf_counter()
    searcher.search(question)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
