"""Indexes of past formats, as they were written then: opened, or refused with the command that rebuilds."""

import shutil
from pathlib import Path

import pytest
from conftest import Archive, paragraph

from index.catalogue import FORMAT
from index.errors import IndexUnusableError
from search.engine import Searcher

PAST = sorted((Path(__file__).parent / "golden").iterdir())


@pytest.mark.parametrize("golden", PAST, ids=lambda path: path.name)
def test_a_past_format_is_refused_and_rebuilt(archive: Archive, golden: Path) -> None:
    shutil.copytree(golden, archive.root)
    archive.write("0.txt", paragraph(0), paragraph(0, 2))
    number = int(golden.name.removeprefix("format-"))
    for use in (lambda: Searcher.open(archive.root), archive.update):
        with pytest.raises(IndexUnusableError, match=f"format {number}; this version reads format {FORMAT}") as caught:
            use()
        assert "telusur index PATH… --fresh" in caught.value.hint
    report = archive.update(fresh=True)
    assert (report.articles, report.encoded) == (1, 1)
    assert archive.whole()


def test_every_past_format_is_here() -> None:
    assert [path.name for path in PAST] == [f"format-{number}" for number in range(1, FORMAT)]
