"""Scores against ir_measures itself on the run that was written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest

import search.evaluate
from index.errors import UsageError
from index.update import update
from search.engine import Searcher
from search.evaluate import MEASURES, cache_folder, confidence_interval, evaluate, measure

CORPUS = {
    "d1": "Harga beras naik di pasar induk Cipinang menjelang musim tanam.",
    "d2": "Harga cabai turun setelah panen raya di Garut.",
    "d3": "Gempa mengguncang Cianjur pada malam hari, warga mengungsi.",
    "d4": "Pemerintah membangun jalan tol baru di Sumatera. " + "Tol itu panjang dan mahal. " * 60,
    "d5": "Kereta cepat Jakarta Bandung mengangkut penumpang pertama.",
    "d6": "Beras impor tiba di pelabuhan Tanjung Priok. Harga beras diharapkan turun.",
    "d7": "Klub sepak bola itu memenangi piala setelah adu penalti.",
}
QUERIES = [
    ("q1", "harga beras", "id"),
    ("q2", "gempa di Cianjur", "id"),
    ("q3", "jalan tol panjang dan mahal", "id"),
    ("q4", "xylophone zeppelin", "en"),
    ("q5", "harga cabai piala", "id"),
    ("q6", "kereta", None),
    ("unjudged", "beras", "id"),
]
QRELS = {
    "q1": {"d1": 2, "d6": 1, "d2": 0},
    "q2": {"d3": 1},
    "q3": {"d4": 1},
    "q4": {"d5": 1},
    "q5": {"d7": 2, "d2": 1, "d1": 1},
    "q6": {"d5": 1},
    "gone": {"d1": 1},
}


def nothing(done: int, total: int, articles: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def benchmark(tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small benchmark in BEIR form; its corpus is indexed with the tiny encoder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(
        search.evaluate,
        "update",
        lambda index, paths, **options: update(index, paths, encoder=str(tiny_encoder), **options),
    )
    return write(tmp_path / "benchmark", corpus=CORPUS)


def write(
    folder: Path, corpus: dict[str, str] | None = None, qrels: dict[str, dict[str, int]] = QRELS, queries: Any = QUERIES
) -> Path:
    (folder / "qrels").mkdir(parents=True)
    if corpus:
        rows = [{"_id": key, "title": "", "text": text} for key, text in corpus.items()]
        (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    rows = [{"_id": key, "text": text} | ({"lang": lang} if lang else {}) for key, text, lang in queries]
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = [f"{query}\t{name}\t{grade}\n" for query, judged in qrels.items() for name, grade in judged.items()]
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(lines))
    return folder


def by_the_book(qrels: dict[str, dict[str, int]], run: Path, queries: set[str]) -> dict[str, float]:
    """The measures that ir_measures gives for the run file; queries that are not in the run count as zero."""
    judged = [
        ir_measures.Qrel(query, name, grade)
        for query, found in qrels.items() if query in queries
        for name, grade in found.items()
    ]  # fmt: skip
    measures = [ir_measures.parse_measure(name) for name in MEASURES]
    scores = ir_measures.calc_aggregate(measures, judged, ir_measures.read_trec_run(str(run)))
    return {str(name): score for name, score in scores.items()}


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_scores_are_those_of_ir_measures(benchmark: Path, tmp_path: Path, mode: str) -> None:
    run = tmp_path / "run.trec"
    scores = evaluate(benchmark, tmp_path / "unused", mode=mode, run=run, on_progress=nothing)
    judged = {query for query, _, _ in QUERIES} & QRELS.keys()
    assert (scores["queries"], scores["mode"]) == (6, mode)
    assert scores["passages"] > len(CORPUS)
    for name, score in by_the_book(QRELS, run, judged).items():
        assert scores[name] == pytest.approx(score, abs=5e-5), name
        low, high = scores["ci95"][name]
        assert 0 <= low <= scores[name] <= high <= 1
    assert list(scores["by_language"]) == ["en", "id", "unknown"]
    for language, means in scores["by_language"].items():
        own = {query for query, _, lang in QUERIES if (lang or "unknown") == language} & judged
        assert means["queries"] == len(own)
        for name, score in by_the_book(QRELS, run, own).items():
            assert means[name] == pytest.approx(score, abs=5e-5), (language, name)
    assert not (tmp_path / "unused").exists()


def test_words_alone_by_hand(benchmark: Path, tmp_path: Path) -> None:
    """What words find is known: all of the wanted texts, and nothing for the query of unknown words."""
    run = tmp_path / "run.trec"
    scores = evaluate(benchmark, tmp_path, mode="lexical", run=run, on_progress=nothing)
    found: dict[str, list[str]] = {}
    for line in run.read_text().splitlines():
        query, _, name, rank, _, _ = line.split()
        found.setdefault(query, []).append(name)
        assert int(rank) == len(found[query])
    assert "q4" not in found
    assert found["q2"][0] == "d3"
    assert found["q3"][0] == "d4"
    assert found["q6"] == ["d5"]
    assert set(found["q1"]) == {"d1", "d2", "d6"}
    assert set(found["q5"]) == {"d1", "d2", "d6", "d7"}
    assert all(len(names) == len(set(names)) for names in found.values())  # a long text stands once
    assert scores["R@100"] == pytest.approx(5 / 6, abs=5e-5)
    assert scores["by_language"]["en"] == {"queries": 1, **dict.fromkeys(MEASURES, 0.0)}


def test_a_corpus_is_indexed_once(
    benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_encoder: Path
) -> None:
    reports = []

    def watched(index: Path, paths: list[Path], **options: Any) -> Any:
        reports.append(update(index, paths, encoder=str(tiny_encoder), **options))
        return reports[-1]

    monkeypatch.setattr(search.evaluate, "update", watched)
    first = evaluate(benchmark, tmp_path, on_progress=nothing)
    assert evaluate(benchmark, tmp_path, on_progress=nothing) == first
    assert [(report.added, report.unchanged) for report in reports] == [(7, 0), (0, 7)]
    assert reports[1].encoded == 0
    assert cache_folder(benchmark / "corpus.jsonl").is_relative_to(tmp_path / "cache")


def test_without_a_corpus_the_current_index_is_asked(seeds_index: Path, tmp_path: Path) -> None:
    """Judgements name an article by file name, id or passage."""
    with Searcher.open(seeds_index) as searcher:
        (zhai,) = searcher.search('"Zhai Jun"').hits
        passages = searcher.status()["passages"]
    qrels = {
        "a": {"004_a52a0b3d5800b4bf.txt": 1},
        "b": {zhai.article_id: 1},
        "c": {zhai.passage_id: 1},
        "d": {"no-such-article.txt": 1},
    }
    questions = [("a", "Kapan SCO didirikan?", "id"), ("b", "Siapa utusan Tiongkok untuk Timur Tengah?", "id")]
    questions += [("c", "Who is China's envoy to the Middle East?", "en"), ("d", "Kuba", "id")]
    for key in "abc":  # each way of naming by itself: the first name that any judgement uses is taken
        folder = write(tmp_path / key, qrels={key: qrels[key], "d": qrels["d"]}, queries=questions)
        scores = evaluate(folder, seeds_index, on_progress=nothing)
        assert (scores["queries"], scores["passages"]) == (2, passages)
        assert (scores["R@1"], scores["RR@10"], scores["R@100"]) == (0.5, 0.5, 0.5)
        assert scores["by_language"]["en" if key == "c" else "id"]["R@1"] == (1.0 if key == "c" else 0.5)


def test_a_query_without_results_counts_as_zero() -> None:
    values = measure({"a": {"x": 1}, "b": {"x": 1}}, {"a": {"x": 1.0}, "b": {}}, ["a", "b"])
    assert {name: row.tolist() for name, row in values.items()} == {name: [1.0, 0.0] for name in MEASURES}
    values = measure({"a": {"x": 1}, "b": {"x": 1}}, {"a": {"y": 2.0, "x": 1.0}}, ["b", "a"])
    assert values["RR@10"].tolist() == [0.0, 0.5]


def test_confidence_interval() -> None:
    draw = np.random.default_rng(5)
    values = draw.random(400)
    low, high = confidence_interval(values)
    assert low < values.mean() < high
    error = values.std(ddof=1) / np.sqrt(len(values))  # the bootstrap's interval is nearly that of the normal
    assert (low, high) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.004)
    assert confidence_interval(values) == [low, high]
    assert confidence_interval(np.ones(3)) == [1.0, 1.0]
    assert confidence_interval(np.array([0.25])) == [0.25, 0.25]


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: (folder / "queries.jsonl").unlink(), "queries.jsonl cannot be read"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"_id": "q1"}\n'), "queries.jsonl, line 1: not a query"),
        (lambda folder: (folder / "queries.jsonl").write_text("[1]\n"), "queries.jsonl, line 1: not a query"),
        (lambda folder: (folder / "queries.jsonl").write_text("{}}\n"), "queries.jsonl, line 1: not a query"),
        (lambda folder: (folder / "queries.jsonl").write_text(""), "no query in"),
        (lambda folder: (folder / "qrels" / "test.tsv").unlink(), "no judgements"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\nq1 d2 1\n"), "test.tsv, line 2: not a"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\nq1\td2\tmuch\n"), "test.tsv, line 2"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("other\td1\t1\n"), "no query in"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, break_it: Callable[[Path], Any], message: str) -> None:
    folder = write(tmp_path / "benchmark")
    break_it(folder)
    with pytest.raises(UsageError) as caught:
        evaluate(folder, tmp_path / "index", on_progress=nothing)
    assert message in str(caught.value)
    assert caught.value.hint


def test_judgements_without_a_header(tmp_path: Path, seeds_index: Path) -> None:
    folder = write(tmp_path / "benchmark", qrels={"q1": {"003_9b7df8ee4e7d4e57.txt": 1}},
                   queries=[("q1", "Siapa utusan Tiongkok untuk Timur Tengah?", "id")])  # fmt: skip
    path = folder / "qrels" / "test.tsv"
    path.write_text(path.read_text().split("\n", 1)[1])
    assert evaluate(folder, seeds_index, on_progress=nothing)["R@1"] == 1.0


def test_a_query_that_asks_nothing_is_named_or_counts_as_zero(benchmark: Path, tmp_path: Path) -> None:
    """One empty query among many does not stop the others without saying which it was."""
    path = benchmark / "queries.jsonl"
    path.write_text(path.read_text().replace("xylophone zeppelin", "?!"))
    try:
        scores = evaluate(benchmark, tmp_path, mode="lexical", on_progress=nothing)
    except UsageError as error:
        assert "q4" in str(error)  # noqa: PT017
    else:
        assert scores["by_language"]["en"]["nDCG@10"] == 0.0
