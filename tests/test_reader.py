"""An open index that others write, swap and take away meanwhile."""

import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Archive, paragraph

from index.catalogue import Catalogue
from index.errors import IndexUnusableError
from search import reader
from search.engine import Searcher

ROUNDS = 20


def write_version(archive: Archive, version: int) -> None:
    for n in range(3):
        archive.write(f"{n}.txt", f"Versi{version} naik. " + paragraph(n, version))


def test_eight_threads_during_twenty_updates(archive: Archive, other_encoder: Path) -> None:
    """No error, and never two states in one answer: neither of articles, nor of a vector and another encoder's."""
    write_version(archive, 0)
    archive.update()
    ended = threading.Event()
    with Searcher.open(archive.root) as searcher:

        def ask(number: int) -> list[int]:
            seen = []
            mode = ("hybrid", "semantic", "lexical")[number % 3]
            while True:
                last = ended.is_set()  # one more look after the end
                answer = searcher.search("Versi naik persen", 50, mode=mode, all_passages=True)
                versions = {hit.text.split()[0] for hit in answer.hits}
                assert len(versions) == 1, versions
                assert sorted(hit.path[-5:] for hit in answer.hits) == ["0.txt", "1.txt", "2.txt"]
                seen.append(int(versions.pop().removeprefix("Versi")))
                target = answer.hits[0].article_id
                near = searcher.related(target, 50, all_passages=True)
                assert target not in {hit.article_id for hit in near.hits}
                assert len(near.hits) == 2
                shown = searcher.show(target)
                assert shown["passages"][0]["text"] in shown["text"]
                assert searcher.status()["articles"] == 3
                if last:
                    return seen

        with ThreadPoolExecutor(8) as pool:
            futures = [pool.submit(ask, number) for number in range(8)]
            try:
                for version in range(1, ROUNDS + 1):
                    write_version(archive, version)
                    encoder = (archive.encoder, other_encoder)[version // 5 % 2]
                    archive.update(fresh=version % 5 == 0, encoder=str(encoder))
            finally:
                ended.set()
            seen = [future.result() for future in futures]
    for versions in seen:
        assert versions == sorted(versions)
        assert versions[-1] == ROUNDS
    assert len(set().union(*seen)) > ROUNDS // 4


def texts(searcher: Searcher) -> list[str]:
    return sorted(hit.text for hit in searcher.search("persen", mode="lexical", all_passages=True).hits)


def test_follows_an_index_that_takes_its_place(archive: Archive, tmp_path: Path) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    with Searcher.open(archive.root) as searcher:
        assert texts(searcher) == [paragraph(1)]
        archive.write("a.txt", paragraph(2))
        (archive.root / "catalogue.sqlite").write_bytes(b"Ini bukan basis data. " * 400)  # rebuilt beside, then swapped
        for end in ("-wal", "-shm"):
            (archive.root / f"catalogue.sqlite{end}").unlink(missing_ok=True)
        archive.update(fresh=True)
        assert texts(searcher) == [paragraph(2)]


def test_waits_out_a_swap(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two renames of a swap there is no index; a question that comes then is answered all the same."""
    archive.write("a.txt", paragraph(1))
    archive.update()
    monkeypatch.setattr(reader, "SWAP_SECONDS", 30)
    away = archive.root.with_name("away")
    missed = threading.Event()
    monkeypatch.setattr(reader.time, "sleep", lambda _: missed.set())
    with Searcher.open(archive.root) as searcher, ThreadPoolExecutor(1) as pool:
        archive.root.rename(away)
        answer = pool.submit(texts, searcher)
        assert missed.wait(30)
        away.rename(archive.root)
        assert answer.result(30) == [paragraph(1)]


def test_a_status_while_an_update_takes_files_away(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    with Searcher.open(archive.root) as searcher:
        before = searcher.status()["size_bytes"]
        old = archive.root / "lexicon" / "000099"
        old.mkdir()
        (old / "words").write_bytes(b"lama")
        assert searcher.status()["size_bytes"] == before + 4
        scandir = os.scandir

        def late(path: str) -> object:
            """The files of a folder, the old one being deleted between its discovery and this look."""
            if str(path) == str(old):
                shutil.rmtree(old)
            return scandir(path)

        monkeypatch.setattr(os, "scandir", late)
        assert searcher.status()["size_bytes"] == before
    assert not old.exists()


def test_an_index_that_goes_and_comes_back(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    with Searcher.open(archive.root) as searcher:
        assert texts(searcher) == [paragraph(1)]
        shutil.rmtree(archive.root)
        looks: list[Callable[[], object]] = [lambda: texts(searcher), searcher.status, lambda: searcher.encoder]
        for look in looks:
            with pytest.raises(IndexUnusableError, match="there is no index"):
                look()
        archive.write("a.txt", paragraph(3))
        archive.update()
        assert texts(searcher) == [paragraph(3)]


def test_a_catalogue_knows_whether_it_is_in_place(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    with closing(Catalogue(archive.root)) as catalogue:
        assert catalogue.in_place()
        archive.update(fresh=True)  # in the same file
        assert catalogue.in_place()
        archive.root.rename(archive.root.with_name("away"))
        assert not catalogue.in_place()
