"""Machines that encode a share each, and the run that writes the index out of what they did."""

from pathlib import Path

import pytest
from conftest import Archive, paragraph
from milvus_server import TOKEN

from index.encoding import passage_digest
from index.errors import UsageError
from index.milvus.server import server
from index.milvus.staged import staged
from index.shard import encode_shard, parse_shard
from index.stores import Store
from index.verify import verify
from search.engine import Searcher

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(params=["lite", "server"])
def uri(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where shards put their vectors: Milvus Lite, and a real server where one can be had."""
    if request.param == "lite":
        pytest.importorskip("milvus_lite")
        return str(tmp_path / "vectors.db")
    monkeypatch.setenv("TELUSUR_MILVUS_TOKEN", TOKEN)
    return str(request.getfixturevalue("milvus").uri)


def test_shards_encode_everything_once_between_them(
    tmp_path: Path, tiny_encoder: Path, archive: Archive, uri: str
) -> None:
    """Files are shared out whole, rows one by one; a shard that is run again, and the index, encode nothing."""
    for n in range(9):
        archive.write(f"{n}.txt", paragraph(n))
    rows = "".join(f'{{"id": "{n}", "text": "{paragraph("row", n)}"}}\n' for n in range(9))
    (archive.folder / "many.jsonl").write_text(rows, encoding="utf-8")

    def run(part: int) -> tuple[int, int]:
        elsewhere = tmp_path / f"machine{part}" / ".telusur"
        report = encode_shard(elsewhere, [archive.folder], (part, 3), uri, encoder=str(tiny_encoder))
        assert not elsewhere.exists()
        assert not report.skipped
        return report.articles, report.encoded

    done = [run(part) for part in (1, 2, 3)]
    assert sum(articles for articles, _ in done) == sum(encoded for _, encoded in done) == 18
    assert all(0 < articles < 18 for articles, _ in done)
    assert run(2) == (done[1][0], 0)
    assert archive.counts(store=Store("milvus", uri)) == {"added": 18}
    assert verify(archive.root, deep=True) == []
    with Searcher.open(archive.root) as searcher:
        found = searcher.search(paragraph("row", 4)[:60], mode="semantic", all_passages=True).hits
        assert len(found) == 10
        keys = [passage_digest(paragraph(n)).hex() for n in range(9)]
        fingerprint, dimension = searcher.encoder.fingerprint, searcher.encoder.dimension
    assert staged(server(uri), fingerprint, dimension).held(keys) == set()  # taken: nothing is kept twice


def test_a_shard_that_was_lost_costs_only_its_share(
    tmp_path: Path, tiny_encoder: Path, archive: Archive, uri: str
) -> None:
    for n in range(9):
        archive.write(f"{n}.txt", paragraph(n))
    report = encode_shard(tmp_path / "x", [archive.folder], (1, 2), uri, encoder=str(tiny_encoder))
    assert 0 < report.encoded < 9
    assert archive.counts(store=Store("milvus", uri)) == {"added": 9, "encoded": 9 - report.encoded}


def test_which_shard() -> None:
    assert parse_shard("3/16") == (3, 16)
    for text in ("0/4", "5/4", "3", "a/b", "1/0", "-1/4"):
        with pytest.raises(UsageError):
            parse_shard(text)


def test_a_shard_needs_a_server(tmp_path: Path, archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    with pytest.raises(UsageError, match="needs a server"):
        encode_shard(tmp_path / "x", [archive.folder], (1, 2), None)
