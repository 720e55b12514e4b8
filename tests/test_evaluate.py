"""Scores against ir_measures itself on the run that was written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ir_measures
import pytest

import search.evaluate
from index.errors import UsageError
from index.update import update
from search.engine import Searcher
from search.evaluate import MEASURES, cache_folder, evaluate, measure

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
        lambda index, paths, **options: update(index, paths, **options | {"encoder": str(tiny_encoder)}),
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
    recall = [ir_measures.R @ cutoff for cutoff in (1, 10, 100)]
    measures = [ir_measures.nDCG @ 10, ir_measures.RR @ 10, *recall]
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
        assert all(low <= means[name] <= high for name, (low, high) in means["ci95"].items())
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
    assert scores["by_language"]["en"] == {
        "queries": 1, **dict.fromkeys(MEASURES, 0.0), "ci95": {name: [0.0, 0.0] for name in MEASURES},
    }  # fmt: skip


def test_a_corpus_is_indexed_once(
    benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_encoder: Path
) -> None:
    reports = []

    def watched(index: Path, paths: list[Path], **options: Any) -> Any:
        reports.append(update(index, paths, **options | {"encoder": str(tiny_encoder)}))
        return reports[-1]

    monkeypatch.setattr(search.evaluate, "update", watched)
    first = evaluate(benchmark, tmp_path, on_progress=nothing)
    assert evaluate(benchmark, tmp_path, on_progress=nothing) == first
    assert [(report.added, report.unchanged) for report in reports] == [(7, 0), (0, 7)]
    assert reports[1].encoded == 0
    linked = (
        tmp_path / "fewer"
    )  # the same corpus under another name: were it another file, each article would count twice
    linked.mkdir()
    for name in ("corpus.jsonl", "queries.jsonl", "qrels"):
        (linked / name).symlink_to(benchmark / name)
    assert evaluate(linked, tmp_path, on_progress=nothing) == first
    assert (reports[2].added, reports[2].unchanged) == (0, 7)
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
    assert values.tolist() == [[1.0] * 5, [0.0] * 5]
    values = measure({"a": {"x": 1}, "b": {"x": 1}}, {"a": {"y": 2.0, "x": 1.0}}, ["b", "a"])
    assert values[:, MEASURES.index("RR@10")].tolist() == [0.0, 0.5]


def test_a_run_says_its_order_to_trec_eval(benchmark: Path, tmp_path: Path) -> None:
    """Texts of one score: ir_measures, which goes by scores and then names, sees the ranks that were written."""
    corpus = dict.fromkeys("azm", "Harga beras naik di pasar induk.")
    folder = write(tmp_path / "copies", corpus, {"q": {"m": 1}}, [("q", "harga beras", "id")])
    run = tmp_path / "run.trec"
    scores = evaluate(folder, tmp_path, mode="lexical", run=run, on_progress=nothing)
    ranks = {line.split()[2]: int(line.split()[3]) for line in run.read_text().splitlines()}
    assert sorted(ranks.values()) == [1, 2, 3]
    assert scores["RR@10"] == pytest.approx(1 / ranks["m"], abs=5e-5)
    assert by_the_book({"q": {"m": 1}}, run, {"q"})["RR@10"] == pytest.approx(1 / ranks["m"])


def test_two_runs_compared(benchmark: Path, tmp_path: Path) -> None:
    """By hand: the other run has a wrong article first for q1, the right one for q4, and the rest as here."""
    run, other = tmp_path / "run.trec", tmp_path / "other.trec"
    alone = evaluate(benchmark, tmp_path, mode="lexical", run=run, on_progress=nothing)
    kept = [line for line in run.read_text().splitlines(keepends=True) if not line.startswith("q1 ")]
    other.write_text("".join(kept) + "q1 Q0 d7 1 2.0 x\nq1 Q0 d1 2 1.0 x\nq4 Q0 d5 1 1 x\nunjudged Q0 d1 1 1 x\n")
    scores = evaluate(benchmark, tmp_path, mode="lexical", other=other, show=5, on_progress=nothing)
    compared = scores.pop("comparison")
    assert scores == alone
    for name, mean in by_the_book(QRELS, other, {query for query, _, _ in QUERIES} & QRELS.keys()).items():
        assert compared["measures"][name]["other"] == pytest.approx(mean, abs=5e-5), name
        assert compared["measures"][name]["mean"] == scores[name]
    assert [compared["measures"]["R@100"][kind] for kind in ("better", "equal", "worse")] == [1, 4, 1]
    assert {name: found["R@1"]["difference"] for name, found in compared["by_language"].items()} == {
        "en": -1.0, "id": 0.125, "unknown": 0.0,
    }  # fmt: skip
    worst, next_worst = compared["queries"]
    assert worst == {
        "query_id": "q4", "text": "xylophone zeppelin", "difference": -1.0, "rank": None, "other_rank": 1,
    }  # fmt: skip
    assert (next_worst["query_id"], next_worst["rank"], next_worst["other_rank"]) == ("q1", 1, 2)


def test_a_run_compared_with_itself(benchmark: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.trec"
    evaluate(benchmark, tmp_path, run=run, on_progress=nothing)
    compared = evaluate(benchmark, tmp_path, run=run, other=run, show=5, on_progress=nothing)["comparison"]
    for found in compared["measures"].values():
        assert (found["difference"], found["ci95"], found["p"]) == (0.0, [0.0, 0.0], 1.0)
        assert (found["better"], found["equal"], found["worse"]) == (0, 6, 0)
    assert compared["queries"] == []


def test_another_encoder_has_an_index_of_its_own(
    benchmark: Path, tmp_path: Path, other_encoder: Path, tiny_encoder: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search.evaluate, "update", update)
        run, options = tmp_path / "run.trec", {"mode": "semantic", "on_progress": nothing}
        one = evaluate(benchmark, tmp_path, encoder=str(tiny_encoder), run=run, **options)
        two = evaluate(benchmark, tmp_path, encoder=str(other_encoder), other=run, **options)
    assert two["comparison"]["measures"]["RR@10"]["other"] == one["RR@10"] != two["RR@10"]
    assert len(list((tmp_path / "cache" / "telusur" / "eval").iterdir())) == 2


def test_an_encoder_needs_a_corpus(seeds_index: Path, tmp_path: Path, tiny_encoder: Path) -> None:
    folder = write(tmp_path / "benchmark")
    with pytest.raises(UsageError, match=r"no corpus\.jsonl") as caught:
        evaluate(folder, seeds_index, encoder=str(tiny_encoder), on_progress=nothing)
    assert "--index NEW" in caught.value.hint


def test_what_may_mislead_is_said(benchmark: Path, tmp_path: Path) -> None:
    path = benchmark / "corpus.jsonl"
    path.write_text(path.read_text() + path.read_text().splitlines()[0] + "\n{broken\n")
    (benchmark / "qrels" / "more.tsv").write_text("q1\tlost\t1\nq2\tmissing\t0\n")
    scores = evaluate(benchmark, tmp_path, mode="lexical", on_progress=nothing)
    assert [notice.split(" (Expecting")[0] for notice in scores["notices"]] == [
        "query has no judgement and is left out (1): unjudged",
        "query is judged but not in queries.jsonl (1): gone",
        f"skipped {path}: line 9: broken JSON",
        "article is judged but not in corpus.jsonl: it cannot be found (2): lost, missing",
        "id stands more than once in corpus.jsonl: the first counts (1): d1",
        "query found nothing and counts as zero (1): q4",
        "6 queries are few: take the intervals for too narrow, and gather 50 or more",
    ]


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
        (lambda folder: (folder / "queries.jsonl").write_bytes(b'{"_id": "q1", "text": "\xff"}'), "is not UTF-8"),
        (
            lambda folder: (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "a"}\n' * 2),
            "queries.jsonl, line 2: the id q1 stands in line 1 already",
        ),
        (lambda folder: (folder / "qrels" / "z.tsv").write_text("q1\td1\t0\n"), "z.tsv, line 1: d1 was judged"),
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
