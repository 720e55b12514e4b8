"""Kill what writes beside the index at any instant: standing questions, answers to many questions, runs and pictures.

Part of `scripts.crash_test`. The list of standing questions must be the one before or the one after; news must be
printed whole at least once and never after a run that ended well; a file of answers must go on to what it would have
been; a file of results must be the old one or the new one.
"""

import csv
import json
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from search.benchmark import Run, read_run, write_run
from search.cli import main
from search.watchlist import Watchlist

DESK = ("watchlist add", "watchlist run", "watchlist remove", "search --batch", "eval --run", "search --plot")
OLD = "lama\n" * 50_000

Round = tuple[Callable[[], object], Callable[[bool], None]]


class Desk:
    """Commands on one index, whose articles lie in `folder`, and what they write in `place`."""

    def __init__(self, folder: Path, root: Path, place: Path, draw: Random, renew: Callable[[], object]) -> None:
        """`renew`: has the index follow its articles."""
        self.folder, self.root, self.place, self.draw, self.renew = folder, root, place, draw, renew
        place.mkdir()
        self.rounds = 0

    def telusur(self, *line: str, into: str = "out") -> None:
        """A command as a user types it, its output in a file. Raises SystemExit when it could not be done."""
        before, out = os.dup(1), os.open(self.place / into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        sys.argv[1:] = [*line, "--index", str(self.root)]
        try:
            main()
        except SystemExit as end:
            if end.code not in (0, 1):
                raise
        finally:
            os.dup2(before, 1)

    def one(self, kind: str) -> Round:
        """What is to be killed, and what must hold then; that is told whether the action had ended by itself."""
        self.rounds += 1
        kinds = (self._add, self._news, self._remove, self._batch, self._results, self._picture)
        return dict(zip(DESK, kinds, strict=True))[kind]()

    def _standing(self) -> list[str]:
        with closing(Watchlist(self.root)) as watchlist, closing(sqlite3.connect(watchlist.path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return [one.question for one in watchlist.standing()]

    def _add(self) -> Round:
        before, question = self._standing(), f"harga beras {self.rounds}"

        def check(ended: bool) -> None:
            after = self._standing()
            assert after == [*before, question] or (after == before and not ended), (before, after)

        return lambda: self.telusur("watchlist", "add", question), check

    def _remove(self) -> Round:
        before = self._standing()

        def check(ended: bool) -> None:
            after = self._standing()
            assert after == before[:-1] or (after == before and not ended), (before, after)
            if not after:
                self.telusur("watchlist", "add", "harga beras")

        return lambda: self.telusur("watchlist", "remove", before[-1]), check

    def _news(self) -> Round:
        """A new article, which holds all words of the standing questions."""
        words = " ".join(f"{self.draw.randrange(10**9)}x" for _ in range(80))
        (self.folder / f"n{self.rounds}.txt").write_text(f"Harga beras {self.rounds} {words}.\n")
        self.renew()

        def check(ended: bool) -> None:
            def told(name: str) -> int:
                try:
                    return len(json.loads((self.place / name).read_bytes())["news"])
                except (ValueError, OSError):
                    return 0

            self.telusur("watchlist", "run", "--json", into="again")
            assert told("out") or told("again"), "news is lost"
            assert not (ended and told("again")), "news came twice"
            self.telusur("watchlist", "run", "--json", into="third")
            assert not told("third"), "news came again after a run that ended"

        return lambda: self.telusur("watchlist", "run", "--json"), check

    def _batch(self) -> Round:
        questions, ending = self.place / "questions.txt", self.draw.choice((".jsonl", ".csv"))
        asked = [f"harga beras {n} pasar" for n in range(60)]
        questions.write_text("\n".join(asked) + "\n")
        output = self.place / f"answers{self.rounds}{ending}"
        line = ("search", "--batch", str(questions), "--output", str(output), "-k", "2")

        def check(_: bool) -> None:
            self.telusur(*line)
            with output.open(newline="") as file:
                if ending == ".csv":
                    got = [row["query"] for row in csv.DictReader(file)]
                else:
                    got = [json.loads(line)["query"] for line in file]
            assert list(dict.fromkeys(got)) == asked, "an answer is lost, or out of order"
            assert ending == ".csv" or got == asked, "an answer came twice"

        return lambda: self.telusur(*line), check

    def _results(self) -> Round:
        run: Run = {f"q{n}": {f"d{m}": 1 / (1 + m) for m in range(100)} for n in range(200)}
        file = self.place / "run.trec"
        file.write_text(OLD)

        def check(ended: bool) -> None:
            if file.read_text() != OLD:
                assert read_run(file, []).keys() == run.keys(), "a run is torn"
            else:
                assert not ended, "the old run is still there"

        return lambda: write_run(file, run), check

    def _picture(self) -> Round:
        file = self.place / "gambar.svg"
        file.write_text(OLD)

        def check(ended: bool) -> None:
            text = file.read_text()
            assert (text == OLD and not ended) or text.rstrip().endswith("</svg>"), "a picture is torn"

        return lambda: self.telusur("search", "harga beras", "--timeline", "--plot", str(file)), check


def desk(work: Desk, rounds: int, in_child: Callable[..., int]) -> Counter[str]:
    """Commands killed at any instant; how many of each were and how many were done before."""
    assert in_child(lambda: work.telusur("watchlist", "add", "harga beras")) == 0
    lasts: dict[str, float] = {}
    done: Counter[str] = Counter()
    for number in range(rounds):
        kind = DESK[number % len(DESK)]
        action, check = work.one(kind)
        after = None
        if kind in lasts:
            after = work.draw.random() * 1.1 * lasts[kind]
        begun = time.monotonic()
        status = in_child(action, after)
        lasts.setdefault(kind, time.monotonic() - begun)
        assert status in (0, signal.SIGKILL), f"{kind} failed by itself"
        done[f"{kind}, {'killed' if status else 'done'}"] += 1
        assert in_child(lambda check=check, status=status: check(status == 0)) == 0, f"round {number}: {kind}"
    return done
