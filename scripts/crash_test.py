"""Kill, starve and fail a writer, again and again, and look what became of the index.

    python -m scripts.crash_test [--rounds 200] [--seed N] [--encoder NAME]

Processes that build, update, watch, merge, delete, rebuild and mend are ended by SIGKILL at instants drawn by
chance. Under strace (where it is installed) `telusur index` meets its n-th fsync, rename or catalogue write failing,
or is killed at it. On a small tmpfs (as root) the disk runs full, a little later each time. After each fault
`verify --deep` must be clean, but for what was broken on purpose and for files that changed since; the articles must be
those of before or those of after, none else (where updates commit in slices, that holds of each article); then one more
update must make the index exactly what the folder is, with no file left that nobody knows. And while one process makes
a hundred updates, another searches and never sees a mixed state. What is written beside the index is in
`scripts.crash_desk`.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import index.build
from index.catalogue import FILE_NAME, Catalogue
from index.errors import IndexUnusableError
from index.repair import repair
from index.report import OnProgress
from index.root import OWN_NAMES
from index.update import update
from index.verify import GONE, UNREAD, verify
from index.watch import watch
from scripts.crash_desk import Desk, desk
from search.engine import Searcher

NAMES = "abcdefghijkl"
KINDS = (
    "update", "update", "watch", "fresh", "from nothing", "lost lexicon", "lost segment", "repair", "broken catalogue",
    "slices", "slices from nothing",
)  # fmt: skip
SLICE = 6  # passages after which an update "in slices" commits
STALE = ("has changed since it was read", UNREAD, GONE)
CALLS = (  # system call, what becomes of it; each at its 1st, 2nd … time
    ("fsync,fdatasync", "error=EIO:when={}+"),
    ("fsync,fdatasync", "error=EIO:when={}"),
    ("pwrite64", "error=ENOSPC:when={}+"),
    ("rename,renameat,renameat2", "error=EIO:when={}"),
    ("fsync,fdatasync,rename,renameat,renameat2,unlink,pwrite64,mkdir", "signal=KILL:when={}"),
)

Texts = dict[str, str]  # of each file, by its name


class Archive:
    """A folder of articles and an index of it, which may lie elsewhere."""

    def __init__(self, folder: Path, root: Path, encoder: str, draw: random.Random) -> None:
        self.folder, self.root, self.encoder, self.draw = folder, root, encoder, draw
        self.clock = time.time_ns() - 10**13
        folder.mkdir(parents=True, exist_ok=True)
        for name in NAMES[::2]:
            self.write(name)

    def write(self, name: str, start: str = "") -> None:
        """An article of one to six paragraphs; its time is long past, so that a scan may rely on it."""
        words = [["harga", "beras", "banjir", "menteri", "pasar"][self.draw.randrange(5)] for _ in range(60)]
        paragraphs = [
            f"{start}{name.upper()}{self.draw.random()} {' '.join(words)}." for _ in range(self.draw.randint(1, 6))
        ]
        path = self.folder / f"{name}.txt"
        path.write_text("\n\n".join(paragraphs) + "\n")
        self.clock += 10**6
        os.utime(path, ns=(self.clock, self.clock))

    def change(self) -> None:
        """Write, remove or rename some of the articles."""
        for name in self.draw.sample(NAMES, 5):
            path = self.folder / f"{name}.txt"
            kind = self.draw.choice(["write", "write", "unlink", "rename"])
            if kind == "write" or not path.exists():
                self.write(name)
            elif kind == "unlink":
                path.unlink()
            else:
                path.replace(self.folder / f"{self.draw.choice(NAMES)}.txt")

    def prepare(self, kind: str) -> None:
        """Break what the name of the round says."""
        if kind.endswith("from nothing"):
            shutil.rmtree(self.root)
        if kind in ("lost lexicon", "repair"):
            shutil.rmtree(self.root / "lexicon")
        if kind in ("lost segment", "repair"):
            for path in sorted((self.root / "segments").iterdir())[:1]:
                os.truncate(path, path.stat().st_size // 2)
        if kind == "broken catalogue":
            (self.root / FILE_NAME).write_bytes(b"Ini bukan basis data. " * 400)

    def update(self, kind: str) -> None:
        """One update, or what else writes."""
        if kind == "repair":
            repair(self.root)
            return
        if kind == "watch":
            next(watch(self.root, [self.folder], encoder=self.encoder, showing=unshown, tell=print))
            return
        if kind.startswith("slices"):  # in a process of its own: the others go on in one piece
            index.build.SLICE_SECONDS, index.build.BLOCK = 0.0, SLICE
        fresh = kind in ("fresh", "broken catalogue")
        update(self.root, [self.folder], encoder=self.encoder, fresh=fresh)

    def wanted(self) -> Texts:
        """What the folder holds."""
        return {path.name: path.read_text() for path in self.folder.iterdir()}

    def held(self) -> Texts:
        """What the index holds. Raises IndexUnusableError."""
        with closing(Catalogue(self.root)) as catalogue:
            rows = [(file, article) for file in catalogue.files() for article, _, _ in catalogue.articles_of(file.file)]
            assert len(rows) == len({file.path for file, _ in rows}), "an article is there twice"
            return {Path(file.path).name: catalogue.article(article)["text"] for file, article in rows}

    def orphans(self) -> list[str]:
        """Files that nobody knows."""
        with closing(Catalogue(self.root)) as catalogue:
            known = {name.file(self.root / "segments") for name in catalogue.segments()}
            known.add(self.root / "lexicon" / str(catalogue.get("lexicon")))
        there = [*(self.root / "segments").glob("*"), *(self.root / "lexicon").glob("*")]
        beside = {self.root.name, self.folder.name, "ballast"}
        strange = [path for path in self.root.iterdir() if path.name not in OWN_NAMES]
        strange += [path for path in self.root.parent.iterdir() if path.name not in beside]
        return [str(path) for path in {*there} - known] + [str(path) for path in strange]

    def look(self, before: Texts, kind: str) -> None:
        """The index as the fault left it: one of the two states, whole, and searched without an error."""
        try:
            problems = [problem.what for problem in verify(self.root, deep=True)]
            problems = [what for what in problems if not what.endswith(STALE)]
            held = self.held()
        except IndexUnusableError:
            assert kind.endswith(("from nothing", "broken catalogue")), "an index that was whole cannot be opened"
            return
        if kind.endswith("from nothing") and any("its first update never finished" in what for what in problems):
            return
        wanted = self.wanted()
        if kind.startswith("slices"):  # of each article, for it may lie between two
            old = {} if kind.endswith("from nothing") else before
            states = {name: (old.get(name), wanted.get(name)) for name in old | wanted | held}
            assert all(held.get(name) in of for name, of in states.items()), "neither the article before nor after"
        else:
            assert held in (before, wanted), "neither the state before nor the one after"
        if kind in ("lost lexicon", "lost segment", "repair") and held == before:
            return  # not mended yet
        assert not problems, problems
        with Searcher.open(self.root) as searcher:
            hits = searcher.search("harga beras banjir", 1000, all_passages=True).hits
        ids = [hit.passage_id for hit in hits]
        assert len(ids) == len(set(ids)), "a passage is found twice"
        assert all(hit.text in held[Path(hit.path).name] for hit in hits), "a passage of no article is found"
        with closing(Catalogue(self.root)) as catalogue:
            assert len(ids) == len(catalogue.passage_numbers()), "a passage is lost"

    def mend(self, kind: str) -> None:
        """One more update: then all is as the folder is."""
        try:
            self.update("update")
        except IndexUnusableError:
            assert kind == "broken catalogue", "the next update refused"
            self.update(kind)
        problems = verify(self.root, deep=True)
        assert not problems, problems
        assert self.held() == self.wanted(), "the index is not what the folder is"
        assert not self.orphans(), self.orphans()


# --- readers beside a writer ---


def rewritten(archive: Archive, updates: int) -> None:
    """Give every article another text, so many times."""
    for version in range(1, updates + 1):
        for name in NAMES[:4]:
            archive.write(name, f"Versi{version} ")
        archive.update("update")


def searches(archive: Archive, writer: int) -> None:
    """Search until a process has ended: each answer is of one state, and no state is older than the one before."""
    seen = [0]
    with Searcher.open(archive.root) as searcher:
        there = True
        while there:
            there = Path(f"/proc/{writer}/stat").read_text().split()[2] != "Z"  # one more look after its end
            for mode in ("hybrid", "lexical", "semantic"):
                hits = searcher.search("versi harga beras", 100, mode=mode, all_passages=True).hits
                versions = {int(hit.text.split()[0].removeprefix("Versi")) for hit in hits if hit.text[0] == "V"}
                assert len(versions) == 1, f"{mode}: {versions} in one answer"
                assert {Path(hit.path).stem for hit in hits if hit.text[0] == "V"} == {*NAMES[:4]}, "an article is away"
                seen += versions
    assert seen == sorted(seen), "an older state came after a newer one"
    print(f"  {len(seen) - 1} searches saw {len({*seen}) - 1} states; the last was {seen[-1]}", flush=True)


def readers(archive: Archive, updates: int) -> Counter[str]:
    """Searches during updates by another process."""
    for path in archive.folder.iterdir():
        path.unlink()
    assert in_child(lambda: rewritten(archive, 1)) == 0
    writer = os.fork()
    if writer == 0:
        os._exit(in_child(lambda: rewritten(archive, updates)) != 0)
    assert in_child(lambda: searches(archive, writer)) == 0
    assert os.waitpid(writer, 0)[1] == 0
    return Counter({"updates beside searches": updates})


# --- faults ---


def in_child(action: Callable[[], object], kill_after: float | None = None) -> int:
    """Do something in a process of its own, ended by SIGKILL `kill_after` some seconds; how it ended."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)  # one that has ended is still there to be waited for
    return os.waitpid(pid, 0)[1]


def check(archive: Archive, before: Texts, kind: str, what: str) -> None:
    """Look, mend, look. Each in a process of its own: this one stays without threads, so that it can fork."""
    for step in (lambda: archive.look(before, kind), lambda: archive.mend(kind)):
        assert in_child(step) == 0, what


def instants(archive: Archive, rounds: int) -> Counter[str]:
    """Updates killed at any instant; how many there were of each kind."""
    begun = time.monotonic()
    assert in_child(lambda: archive.update("update")) == 0
    lasts = dict.fromkeys(KINDS, time.monotonic() - begun)
    done: Counter[str] = Counter()
    for number in range(rounds):
        kind = KINDS[number % len(KINDS)]
        before = archive.wanted()
        archive.change()
        archive.prepare(kind)
        after = archive.draw.random() * 1.1 * lasts[kind]
        begun = time.monotonic()
        status = in_child(lambda kind=kind: archive.update(kind), after)
        done[f"{kind}, {'killed' if status == signal.SIGKILL else 'done'}"] += 1
        if status == 0:  # it was quicker than it was thought to be
            lasts[kind] *= 0.9
        else:
            lasts[kind] *= 1.03
        assert status in (0, signal.SIGKILL), f"{kind} failed by itself"
        check(archive, before, kind, f"round {number}: {kind}, killed after {after:.3f} s")
    return done


def command(archive: Archive, *prefix: str) -> subprocess.CompletedProcess[str]:
    """`telusur index`, as a user has it."""
    line = ["search", "index", archive.folder, "--index", archive.root, "--encoder", archive.encoder]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*prefix, sys.executable, "-m", *line], capture_output=True, text=True, env=environment, check=False
    )


def explained(done: subprocess.CompletedProcess[str], what: str) -> None:
    """An update went through, was killed, or said what is wrong; it never fell over."""
    said = done.stderr.startswith("error:") and "hint:" in done.stderr
    assert done.returncode in (0, -signal.SIGKILL) or (done.returncode == 2 and said), f"{what}: {done}"


def failing_calls(archive: Archive, times: int) -> Counter[str]:
    """Updates whose n-th system call of a kind fails, or is the last thing that they do."""
    done: Counter[str] = Counter()
    for calls, injection in CALLS:
        for n in range(1, times + 1):
            before = archive.wanted()
            archive.change()
            inject = f"inject={calls}:{injection.format(n)}"
            result = command(archive, "strace", "-f", "-o", os.devnull, "-e", f"trace={calls}", "-e", inject)
            explained(result, inject)
            done[f"{inject.rpartition(':when')[0]}, {'ended' if result.returncode else 'done'}"] += 1
            check(archive, before, "update", inject)
    return done


def at_the_desk(archive: Archive, place: Path) -> Desk:
    """What is written beside the index of an archive, which is made."""

    def renew() -> None:
        assert in_child(lambda: archive.update("update")) == 0

    renew()
    return Desk(archive.folder, archive.root, place, archive.draw, renew)


@contextmanager
def unshown() -> Iterator[OnProgress]:
    """Progress that nobody looks at."""
    yield lambda done, total, articles: None


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own at `folder`."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def full_disk(archive: Archive, step: int) -> Counter[str]:
    """Updates on a disk with `step` bytes left, then twice as many …, until there is room enough."""
    done: Counter[str] = Counter()
    ballast = archive.root.parent / "ballast"
    assert command(archive).returncode == 0
    left = 0
    while not done["done"]:
        before = archive.wanted()
        archive.change()
        free = shutil.disk_usage(archive.root).free
        with ballast.open("wb") as file:
            file.write(bytes(max(0, free - left)))
        result = command(archive)
        explained(result, f"{left} bytes left")
        done["ended" if result.returncode else "done"] += 1
        ballast.unlink()
        check(archive, before, "update", f"{left} bytes left: {result.stderr}")
        left += step
    return done


def told(title: str, done: Counter[str]) -> None:
    """One part's figures."""
    print(f"{title}: {sum(done.values())}, the index whole after each")
    for what, count in sorted(done.items()):
        print(f"  {count:4} {what}")
    sys.stdout.flush()


def main() -> None:
    """Run the parts that can be run here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="instants at which a writer is killed")
    parser.add_argument("--calls", type=int, default=12, help="how often each kind of call fails, each time later")
    parser.add_argument("--updates", type=int, default=100, help="beside which another process searches")
    parser.add_argument("--step", type=int, default=20_000, help="bytes that a full disk has more each time")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--encoder", default="bundled")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)

        def archive(name: str) -> Archive:
            return Archive(folder / name / "articles", folder / name / ".telusur", options.encoder, draw)

        told("killed at any instant", instants(archive("killed"), options.rounds))
        one = archive("desk")
        told("killed beside the index", desk(at_the_desk(one, folder / "written"), options.rounds // 2, in_child))
        if Path("/proc/self/stat").exists():
            told("readers", readers(archive("readers"), options.updates))
        if shutil.which("strace"):
            one = archive("calls")
            one.update("update")
            told("failing calls", failing_calls(one, options.calls))
        else:
            print("failing calls: left out, there is no strace")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            with small_disk(folder / "disk", "8m"):
                root = folder / "disk" / ".telusur"
                told("full disk", full_disk(Archive(folder / "full", root, options.encoder, draw), options.step))
        else:
            print("full disk: left out, only root can mount one")


if __name__ == "__main__":
    main()
