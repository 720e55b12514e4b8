"""Feed Telusur what is broken or made to harm, and look what it does.

    python -m scripts.fuzz [--files 10000] [--queries 10000] [--indexes 1000] [--seed N] [--keep FOLDER]
    python -m scripts.fuzz --replay files:123 --seed N
    python -m scripts.fuzz --guided csv [--runs 100000] [--seconds 300]

Every case is drawn from the seed and its number. Cases run in a process with limits, and none may: raise anything but
a TelusurError (an OSError where files are at fault), take over 10 s of the processor or 60 s in all, take over 1 GB,
write or delete outside its own folder, unpickle, open a socket, start another program than the reading process, or let
a control character through to the terminal or to JSON. Every 50th file case indexes the 50 files before it, asks,
shows and verifies. A case that fails is kept under --keep with the command that replays it. `--guided` has atheris
look for inputs by the branches they reach (`pip install atheris`, Python 3.11).
"""

import argparse
import json
import os
import random
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scripts.fuzz_cases import BLOCK, Cases, Watch
from scripts.mutations import ENDINGS, file_of, mutated, sound

CPU_SECONDS, WALL_SECONDS, MEMORY = 10, 60, 1_000_000_000
ENDED = "the process ended"


# --- the process that runs the cases ---


def work(kind: str, begin: int, end: int, step: int, place: Path, seed: int, encoder: str) -> None:
    """Run cases, a line before each and one after it."""
    os.environ["TMPDIR"] = tempfile.tempdir = str(place / "own")
    cases, watch = Cases(place, seed, encoder), Watch(place)
    for number in range(begin, end, step):
        print(json.dumps({"begin": number}), flush=True)
        # Of addresses, which malloc keeps between what is in use: so each case starts from what there is by then.
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.RLIM_INFINITY))
        before, failure = time.process_time(), ""
        watch.seen = []
        try:
            cases.run(kind, number, watch)
        except BaseException:
            failure = traceback.format_exc()
        took = time.process_time() - before
        if watch.seen:
            failure += f"beyond its folder: {watch.seen[:5]}"
        if took > CPU_SECONDS * (BLOCK if kind == "files" and (number + 1) % BLOCK == 0 else 1):
            failure += f"took {took:.1f} s of the processor"
        print(json.dumps({"end": number, "failure": failure, "seconds": round(took, 2)}), flush=True)


# --- the process that looks on ---


def looked_on(kind: str, begin: int, end: int, options: argparse.Namespace) -> list[tuple[int, str]]:
    """Run cases in a process that is started again when it dies or hangs; which failed, and how."""
    failures: list[tuple[int, str]] = []
    slowest = (0.0, -1)
    while begin < end:
        first = begin
        with tempfile.TemporaryDirectory(prefix="fuzz-") as place, tempfile.TemporaryFile() as complaints:
            line = [sys.executable, "-m", "scripts.fuzz", "--work", f"{kind}:{begin}:{end}", "--place", place]
            line += ["--seed", str(options.seed), "--encoder", options.encoder]
            arenas = {**os.environ, "MALLOC_ARENA_MAX": "2"}  # a thread's own takes 64 MB of addresses and uses none
            # Into a file: a pipe that nobody empties would keep a worker that panics often waiting for ever.
            child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=complaints, env=arenas)
            try:
                for number, failure, seconds in told(child, options.patience):
                    if failure.startswith(ENDED):
                        failure += f": {last_words(complaints)}"
                    begin = number + 1
                    slowest = max(slowest, (seconds, number))
                    if begin % 500 == 0:
                        print(f"{kind}: {begin:,} of {end:,}", file=sys.stderr, flush=True)
                    if failure:
                        failures.append((number, failure))
                        kept(kind, number, failure, options)
            finally:
                child.kill()
                child.communicate()
            if begin == first:
                raise SystemExit(f"the process could not begin: {last_words(complaints)}")
    longest = f"the longest took {slowest[0]} s (number {slowest[1]})"
    print(f"{kind}: {end - options.begin:,} cases, {len(failures)} failed; {longest}", flush=True)
    return failures


def last_words(complaints: IO[bytes]) -> str:
    """The end of what a process wrote to stderr."""
    complaints.seek(0)
    return complaints.read()[-3000:].decode("utf-8", "replace")


def told(child: "subprocess.Popen[bytes]", patience: float = WALL_SECONDS) -> Iterator[tuple[int, str, float]]:
    """What became of each case, until the process ends; the last one's failure is its end or its delay."""
    running: int | None = None
    cut_off = b""
    pipe = child.stdout.fileno()  # type: ignore[union-attr]
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            limit = 5 * patience if running is None or (running + 1) % BLOCK == 0 else patience
            if not selector.select(limit):
                if running is not None:
                    yield running, f"not done after {limit} s", limit
                return
            said = os.read(pipe, 65_536)  # not by the line: what waits in a buffer, a selector does not see
            if not said:
                status = child.wait()
                if running is not None:
                    yield running, f"{ENDED} with {status}", 0.0
                return
            *lines, cut_off = (cut_off + said).split(b"\n")
            for line in map(json.loads, lines):
                running = line.get("begin")
                if running is None:
                    yield line["end"], line["failure"], line["seconds"]


def kept(kind: str, number: int, failure: str, options: argparse.Namespace) -> None:
    """Keep what failed, with the command that runs it again."""
    folder = options.keep / f"{kind}-{options.seed}-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "files":
        for name, content in file_of(options.seed, number)[1].items():
            (folder / name).write_bytes(content)
    replay = f"python -m scripts.fuzz --replay {kind}:{number} --seed {options.seed}"
    (folder / "failure.txt").write_text(f"{replay}\n\n{failure}\n")
    print(f"{kind} {number} failed: {failure.strip().splitlines()[-1][:300]}\n  {replay}", flush=True)


def guided(ending: str, options: argparse.Namespace) -> None:
    """Let atheris look for inputs of one format by the branches that they reach in Telusur's own code."""
    import atheris

    with atheris.instrument_imports(include=["index"]):
        import index.article
        from index.errors import ArticleError
        from index.reading import documents
        from index.reading.extract import Extract, unreadable
        from index.reading.source import Source

    def in_this_process(found: str, source: Source) -> list[Extract | Source]:
        try:
            return list(documents.READERS[found](source))
        except ArticleError:
            raise
        except Exception as error:  # as in the process that reads documents: whatever a parser raises is said in words
            raise unreadable(error) from error

    documents.read_document = in_this_process
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "seeds").mkdir()
    for number in range(20):
        (folder / "seeds" / str(number)).write_bytes(mutated(random.Random(number), sound(ending)))

    def one(content: bytes) -> None:
        try:
            for found in index.article._read(Source.holding(f"a.{ending}", content), index.article.Columns()):
                if not isinstance(found, ArticleError):
                    index.article._article(found, {}, "a")
        except ArticleError:
            pass

    options.keep.mkdir(parents=True, exist_ok=True)
    limits = [f"-runs={options.runs}", f"-max_total_time={options.seconds}", "-rss_limit_mb=2000"]
    limits += [f"-timeout={options.patience:.0f}", f"-artifact_prefix={options.keep}/"]
    atheris.Setup([sys.argv[0], *limits, str(folder / "seeds")], one)
    atheris.Fuzz()


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--indexes", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir(), "telusur-fuzz"))
    parser.add_argument(
        "--patience", type=float, default=WALL_SECONDS, help="seconds for a case, more on a busy machine"
    )
    parser.add_argument("--seconds", type=int, default=0, help="end --guided after so long")
    parser.add_argument("--replay", metavar="KIND:NUMBER")
    parser.add_argument("--guided", choices=ENDINGS)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.begin = 0
    if options.work:
        kind, begin, end = options.work.split(":")
        work(kind, int(begin), int(end), 1, options.place, options.seed, options.encoder)
        return
    if options.guided:
        guided(options.guided, options)
        return
    parts = {"queries": options.queries, "indexes": options.indexes, "files": options.files}
    print(f"seed {options.seed}", flush=True)
    if options.replay:
        kind, _, number = options.replay.partition(":")
        options.begin, parts = int(number), {kind: int(number) + 1}
    failures = [failure for kind, end in parts.items() for failure in looked_on(kind, options.begin, end, options)]
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
