"""Feed Telusur what is broken or made to harm, and look what it does.

    python -m scripts.fuzz [--files 10000] [--queries 10000] [--indexes 1000] [--seed N] [--keep FOLDER]
    python -m scripts.fuzz --replay files:123 --seed N
    python -m scripts.fuzz --guided csv [--runs 100000]

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
import re
import resource
import selectors
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.mutations import ENDINGS, file_of, mutated, question_of, sound, spoil_index

BLOCK = 50  # files that are indexed together
CPU_SECONDS, WALL_SECONDS, MEMORY = 10, 60, 1_000_000_000
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
_FORBIDDEN = {"pickle.find_class", "socket.connect", "socket.getaddrinfo", "os.system", "os.exec"}


# --- the process that runs the cases ---


class Watch:
    """What a process does beyond its own folder, as Python's audit events tell."""

    def __init__(self, place: Path) -> None:
        self.place = Path(os.path.realpath(place), "own")
        self.seen: list[str] = []
        self.on = False
        sys.addaudithook(self.hear)

    def __enter__(self) -> None:
        self.on = True

    def __exit__(self, *_: object) -> None:
        self.on = False

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note what must not be."""
        if not self.on:
            return
        if event in _FORBIDDEN or (event == "subprocess.Popen" and arguments[0] != sys.executable):
            self.seen.append(f"{event} {arguments[:2]}")
        elif event in _CHANGING or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING):
            paths = arguments[event == "os.symlink" : 2 if event in ("os.rename", "os.link", "os.symlink") else 1]
            self.seen += [f"{event} {path}" for path in paths if not self.allowed(path, arguments[-1])]

    def allowed(self, path: object, folder: object) -> bool:
        """Whether what lies at a path may be changed; the path may be relative to an open `folder`."""
        if not isinstance(path, (str, bytes, os.PathLike)) or os.fsdecode(path) == os.devnull:
            return True
        base = f"/proc/self/fd/{folder}" if isinstance(folder, int) and folder > 2 else "."
        there = Path(os.path.realpath(base), os.fsdecode(path))
        parent = Path(os.path.realpath(there.parent))
        return parent.name == "__pycache__" or self.place in (parent, there, *parent.parents)


class Cases:
    """The cases of each kind, run in one process, below `place`/own; what lies in `place`/outside must stay."""

    def __init__(self, place: Path, seed: int, encoder: str) -> None:
        from index.update import update
        from search.engine import Searcher

        self.seed, self.encoder, self.own, self.outside = seed, encoder, place / "own", place / "outside" / "secret.txt"
        self.outside.parent.mkdir(parents=True, exist_ok=True)
        self.outside.write_text("RAHASIA")
        self.own.mkdir(exist_ok=True)
        self.articles = self.own / "seeds"
        shutil.copytree(Path(__file__).parent.parent / "seeds", self.articles, dirs_exist_ok=True)
        self.sound = self.own / "sound"
        update(self.sound, [self.articles], encoder=encoder)
        self.searcher = Searcher.open(self.sound)
        self.searcher.search("harga beras")

    def run(self, kind: str, number: int, watch: Watch) -> None:
        """One case, watched from when it is prepared. Raises whatever is wrong."""
        prepared = {"files": self.files, "queries": self.queries, "indexes": self.indexes}[kind](number)
        next(prepared)
        with watch:
            for _ in prepared:
                pass
        if self.outside.read_text() != "RAHASIA" or len(list(self.outside.parent.iterdir())) > 3:
            raise AssertionError("what lies outside was changed")

    def files(self, number: int) -> Iterator[None]:
        """A file; of every 50th, an index of all since the last."""
        folder = self.own / "berita"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        name, contents = file_of(self.seed, number)
        for each, content in contents.items():
            (folder / each).write_bytes(content)
        yield
        read(folder / name)
        if (number + 1) % BLOCK == 0:
            for before in range(number + 1 - BLOCK, number):
                for each, content in file_of(self.seed, before)[1].items():
                    (folder / each).write_bytes(content)
            self.indexed(folder)

    def indexed(self, folder: Path) -> None:
        """A folder indexed, checked, asked."""
        from index.update import update
        from index.verify import verify
        from search.engine import Searcher
        from search.render import as_json
        from search.report import report_object, report_text, skipped_lines

        root = self.own / "index"
        shutil.rmtree(root, ignore_errors=True)
        report = update(root, [folder], encoder=self.encoder)
        plain(report_text(report), *map(_said, skipped_lines(report)))
        one_line(as_json(report_object(report)))
        problems = [problem.what for problem in verify(root)]
        if problems:
            raise AssertionError(f"not whole: {problems}")
        with Searcher.open(root) as searcher:
            screens(searcher, "script alert Kuba harga", mode="lexical", k=100, all_passages=True)
            screens(searcher, "apa kata Xi?", k=100, all_passages=True)

    def queries(self, number: int) -> Iterator[None]:
        """A question to the seeds."""
        from index.errors import UsageError
        from search.options import restriction

        given = dict(question_of(self.seed, number))
        yield
        chosen = {name: given.pop(name, None) for name in ("sources", "languages", "since", "until", "path")}
        with passing(UsageError):
            within = restriction(*(list(value) if isinstance(value, tuple) else value for value in chosen.values()))
            screens(self.searcher, str(given.pop("query")), restriction=within, **given)

    def indexes(self, number: int) -> Iterator[None]:
        """An index from somebody else, and whatever one may do with it."""
        from index.errors import TelusurError
        from index.repair import repair
        from index.update import update
        from index.verify import verify
        from search.engine import Searcher

        root = self.own / "spoilt"
        shutil.rmtree(root, ignore_errors=True)
        for path in self.outside.parent.iterdir():
            if path != self.outside:
                shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.sound, root)
        spoil_index(self.seed, number, root, self.outside)
        yield

        def ask() -> None:
            with Searcher.open(root) as searcher:
                screens(searcher, "Apa kata Xi tentang Kuba?", all_passages=True)
                one_line(json.dumps(searcher.status()))

        for step in (ask, lambda: verify(root), lambda: update(root, [self.articles]), lambda: repair(root), ask,
                     lambda: update(root, [self.articles], fresh=True)):  # fmt: skip
            with passing(TelusurError, OSError, sqlite3.Error):  # the commands say each of them in words
                step()


@contextmanager
def passing(*kinds: type[Exception]) -> Iterator[None]:
    """Errors that are said in words."""
    try:
        yield
    except kinds as error:
        plain(_said(str(error)), _said(getattr(error, "hint", "")))


def read(path: Path) -> None:
    """A file through every step up to its words."""
    from index.article import Article, read_articles
    from index.errors import ArticleError
    from index.passage import split
    from index.text import terms

    with passing(ArticleError):
        for found in read_articles(path):
            if isinstance(found, Article):
                for passage in split(found.text, found.boilerplate):
                    if found.text[passage.start : passage.end] != passage.text:
                        raise AssertionError("a passage is not what stands there")
                    terms(passage.text, found.language)


def screens(searcher: Any, query: str, **options: Any) -> None:
    """All that a question can show: terminal, JSON, JSON Lines, TREC, an article."""
    from search.render import answer_lines, answer_object, answer_text, answer_trec, as_json, shown_text

    answer = searcher.search(query, **options)
    plain(answer_text(answer))
    one_line(as_json(answer_object(answer)))
    for line in answer_lines(answer):
        one_line(line)
    plain(*answer_trec(answer))
    for hit in answer.hits[:3]:
        shown = searcher.show(hit.passage_id, 1)
        plain(shown_text(shown, width=80))
        one_line(as_json(shown))


def _said(line: str) -> str:
    """A line as `search.terminal.say` writes it."""
    from index.text import clean

    return clean(line).replace("\n", " ")


def plain(*texts: str) -> None:
    """Nothing in it that a terminal would obey."""
    for text in texts:
        if found := OBEYED.search(text):
            raise AssertionError(
                f"{found.group()!r} came through: {text[max(0, found.start() - 40) : found.end() + 40]!r}"
            )


def one_line(text: str) -> None:
    """JSON, in one line, with nothing in it that a terminal would obey."""
    json.loads(text)
    plain(text)
    if "\n" in text.rstrip("\n"):
        raise AssertionError("JSON of several lines")


def work(kind: str, begin: int, end: int, step: int, place: Path, seed: int, encoder: str) -> None:
    """Run cases, a line before each and one after it."""
    os.environ["TMPDIR"] = tempfile.tempdir = str(place / "own")
    cases, watch = Cases(place, seed, encoder), Watch(place)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    for number in range(begin, end, step):
        print(json.dumps({"begin": number}), flush=True)
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
        with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
            line = [sys.executable, "-m", "scripts.fuzz", "--work", f"{kind}:{begin}:{end}", "--place", place]
            line += ["--seed", str(options.seed), "--encoder", options.encoder]
            child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                for number, failure, seconds in told(child):
                    begin = number + 1
                    slowest = max(slowest, (seconds, number))
                    if failure:
                        failures.append((number, failure))
                        kept(kind, number, failure, options)
            finally:
                child.kill()
                child.communicate()
        if child.returncode not in (0, -9) and begin == 0:
            raise SystemExit("the process could not begin: see above")
    longest = f"the longest took {slowest[0]} s (number {slowest[1]})"
    print(f"{kind}: {end - options.begin:,} cases, {len(failures)} failed; {longest}", flush=True)
    return failures


def told(child: "subprocess.Popen[str]") -> Iterator[tuple[int, str, float]]:
    """What became of each case, until the process ends; the last one's failure is its end or its delay."""
    running: int | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
        while True:
            patience = 300 if running is None or (running + 1) % BLOCK == 0 else WALL_SECONDS
            if not selector.select(patience):
                yield running or 0, f"not done after {patience} s", patience
                return
            line = child.stdout.readline()  # type: ignore[union-attr]
            if not line:
                status = child.wait()
                if running is not None:
                    yield running, f"the process ended with {status}: {child.stderr.read()[-3000:]}", 0.0  # type: ignore[union-attr]
                elif status:
                    raise SystemExit(child.stderr.read())  # type: ignore[union-attr]
                return
            said = json.loads(line)
            if "begin" in said:
                running = said["begin"]
            else:
                running = None
                yield said["end"], said["failure"], said["seconds"]


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


def guided(ending: str, runs: int) -> None:
    """Let atheris look for inputs of one format by the branches that they reach in Telusur's own code."""
    import atheris

    with atheris.instrument_imports(include=["index"]):
        import index.article
        from index.errors import ArticleError
        from index.reading import documents
        from index.reading.source import Source
    documents.read_document = lambda found, source: list(documents.READERS[found](source))  # in this process
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

    atheris.Setup([sys.argv[0], f"-runs={runs}", "-timeout=10", "-rss_limit_mb=2000", str(folder / "seeds")], one)
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
        guided(options.guided, options.runs)
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
