"""Runs on disk, read as trec_eval reads them."""

from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UsageError
from search.benchmark import read_queries, read_run, strict, write_run


@given(st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_strict_scores_say_the_order(scores: list[float]) -> None:
    scores.sort(reverse=True)
    kept = strict({str(n): score for n, score in enumerate(scores)})
    assert list(kept) == [str(n) for n in range(len(scores))]
    falling = np.array([*kept.values()], np.float32)
    assert (np.diff(falling) < 0).all()
    assert falling.tolist() == [*kept.values()]  # nothing is lost in 32 bits
    assert [*kept.values()] == pytest.approx(scores, rel=1e-5, abs=1e-5)


def test_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    names = ["berita hari ini.txt", "100%", "a%20b", "a b"]
    run = {"q 1": strict(dict.fromkeys(names, 1.5)), "q2": strict({"x": 1 / 3, "y": 1e-7})}
    write_run(path, run)
    found = read_run(path, [*names, *run])
    assert {query: [*scored] for query, scored in found.items()} == {query: [*scored] for query, scored in run.items()}
    for query, scored in run.items():
        assert np.float32([*found[query].values()]).tolist() == [*scored.values()]
    for line in path.read_text().splitlines():
        assert len(line.split(" ")) == 6
    book = {scored.doc_id: scored.score for scored in ir_measures.read_trec_run(str(path)) if scored.query_id == "q2"}
    assert book == found["q2"]
    ranked = [line.split()[2] for line in path.read_text().splitlines()][:4]
    assert ranked == ["berita%20hari%20ini.txt", "100%25", "a%2520b", "a%20b"]


def test_runs_of_others(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    path.write_bytes(b"\xef\xbb\xbfq1\tQ0\tb%41\t2\t-1e-3\tpyserini\r\n\r\nq1 Q0 a 1 7 x\r\n")
    assert read_run(path, []) == {"q1": {"b%41": -0.001, "a": 7.0}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 Q0 a 1 7\n", "line 1: not a line of a run"),
        ("q1 Q0 a 1 7 x\n\nq1 Q0 b 2 much x\n", "line 3: not a line of a run"),
        ("q1 Q0 a 1 nan x\n", "line 1: not a line of a run"),
        ("q1 Q0 a 1 7 x\nq1 Q0 a 2 6 x\n", "line 2: a stands twice for q1"),
    ],
)
def test_what_is_no_run(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run.trec"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_run(path, [])
    with pytest.raises(UsageError, match="cannot be read"):
        read_run(tmp_path / "none.trec", [])


def test_a_line_ends_where_it_ends(tmp_path: Path) -> None:
    """A separator that Unicode takes for a line's end may stand inside a JSON text."""
    path = tmp_path / "queries.jsonl"
    path.write_text('{"_id": 1, "text": "a\u2028b\x85c"}\n', encoding="utf-8")
    assert [(query["_id"], query["text"]) for query in read_queries(path)] == [("1", "a\u2028b\x85c")]
