"""An index away from where it was made: copied without its articles, and where nothing can be written."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import Archive, paragraph

from index.verify import verify
from search.engine import Searcher

ROOT = Path(__file__).parent.parent

# Root may write anywhere, and so becomes nobody once all that it needs is imported.
READ = """
import os, sys
from search.engine import Searcher
def look(root):
    with Searcher.open(root) as searcher:
        hits = searcher.search("persen", mode="lexical", all_passages=True).hits
        text = searcher.show(hits[0].article_id)["text"]
        return [hit.passage_id for hit in hits], text, searcher.status()["passages"]
expected = look(sys.argv[1])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
assert not os.access(sys.argv[2], os.W_OK)
assert look(sys.argv[2]) == expected
print(expected[2])
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are other ones there")
def test_nothing_can_be_written(archive: Archive) -> None:
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / ".telusur"
        shutil.copytree(archive.root, copy)
        before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
        folders = [Path(place), copy, *(path for path in copy.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        try:
            done = subprocess.run(
                [sys.executable, "-c", READ, archive.root, copy],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
            )
            assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
            assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before
        finally:
            for folder in folders:
                folder.chmod(0o755)


def test_a_catalogue_that_cannot_be_written_is_opened_anew_when_it_changed(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    with Searcher.open(archive.root) as searcher:
        searcher.catalogue._immutable = (0, 0, 0)  # as of another version: it is opened anew
        assert not searcher.catalogue.in_place()
        assert len(searcher.search("persen", mode="lexical", all_passages=True).hits) == 1
        assert searcher.catalogue.in_place()


def test_copied_without_its_articles(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    copy = tmp_path_factory.mktemp("lain") / "indeks"
    shutil.copytree(archive.root, copy)
    with Searcher.open(copy) as searcher:
        (hit,) = searcher.search("harga naik", all_passages=True).hits
        assert searcher.show(hit.passage_id)["text"] == paragraph(1)
        assert hit.path.endswith("/berita/a.txt")
    assert [problem.what.split()[-2:] for problem in verify(copy, deep=True)] == [["is", "gone"]]
