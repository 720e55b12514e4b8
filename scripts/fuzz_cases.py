"""The cases of `scripts.fuzz`: what each kind does with its input, and what must not come of it."""

import json
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from scripts.mutations import file_of, question_of
from scripts.spoilt_indexes import spoil_index

BLOCK = 50  # files that are indexed together
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
_FORBIDDEN = {"pickle.find_class", "socket.connect", "socket.getaddrinfo", "os.system", "os.exec"}


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
        from index.encoder import open_encoder
        from index.update import update
        from search.citation import cite, facts
        from search.engine import Searcher
        from search.manuscript import quotations
        from search.watchlist import Watchlist

        self.seed, self.encoder, self.own, self.outside = seed, encoder, place / "own", place / "outside" / "secret.txt"
        self.outside.parent.mkdir(parents=True, exist_ok=True)
        self.outside.write_text("RAHASIA")
        self.own.mkdir(exist_ok=True)
        self.articles = self.own / "seeds"
        shutil.copytree(Path(__file__).parent.parent / "seeds", self.articles, dirs_exist_ok=True)
        self.sound = self.own / "sound"
        update(self.sound, [self.articles], encoder=encoder)
        self.searcher = Searcher.open(self.sound)
        self.target = str(min(self.articles.glob("*.txt")))
        shown = self.searcher.show(self.target)
        passage = self.searcher.show(shown["passages"][0]["passage_id"])
        self.cited = quotations(cite(facts(passage), "markdown"))
        with closing(Watchlist(self.sound)) as watchlist:
            watchlist.add("kerja sama Kuba", self.searcher)
        self.searcher.search("harga beras")
        open_encoder(encoder).encode_passages(["harga beras di pasar"] * 2_000)  # has torch loaded and at work

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
        from search.quotations import check, checked_object
        from search.render import as_json
        from search.timeline import timeline, timeline_object, timeline_text
        from search.watchlist import Watchlist

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
                one_line(as_json(searcher.status()))

        def at_the_desk() -> None:
            with Searcher.open(root) as searcher:
                found = timeline(searcher.relevant("Apa kata Xi tentang Kuba?")[0])
                plain(timeline_text(found, 3))
                one_line(as_json(timeline_object(found, 3)))
                screens_of(searcher.related(self.target))
                one_line(as_json(checked_object(check(searcher, self.cited))))

        def standing() -> None:
            with closing(Watchlist(root)) as watchlist, Searcher.open(root) as searcher:
                with watchlist.news(searcher) as (found, _):
                    for one in found:
                        screens_of(one.answer)
                watchlist.add("harga beras", searcher)

        updated, anew = partial(update, root, [self.articles]), partial(update, root, [self.articles], fresh=True)
        whole, mended = partial(verify, root, deep=True), partial(repair, root)
        for step in (ask, at_the_desk, standing, whole, updated, mended, ask, standing, anew, ask):
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


def screens_of(answer: Any) -> None:
    """All ways of showing an answer."""
    from search.render import answer_lines, answer_object, answer_text, answer_trec, as_json

    plain(answer_text(answer))
    one_line(as_json(answer_object(answer)))
    for line in answer_lines(answer):
        one_line(line)
    plain(*answer_trec(answer))


def screens(searcher: Any, query: str, **options: Any) -> None:
    """All that a question can show: terminal, JSON, JSON Lines, TREC, an article."""
    from search.citation import STYLES, cite, facts
    from search.render import as_json, shown_text

    answer = searcher.search(query, **options)
    screens_of(answer)
    for hit in answer.hits[:3]:
        shown = searcher.show(hit.passage_id, 1)
        plain(shown_text(shown, width=80))
        one_line(as_json(shown))
        plain(*(cite(facts(shown), style) for style in STYLES))


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
