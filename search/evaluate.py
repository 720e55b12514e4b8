"""Quality on a benchmark in BEIR form, with the field's measures as ir_measures computes them.

A long text of the corpus is indexed as an article of several passages; it is ranked by its best passage. A query
without results counts as zero.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from index.build import OnProgress
from index.catalogue import FORMAT, PassageRow
from index.encoder import open_encoder
from index.errors import UsageError
from index.text import clean
from index.update import update
from search.engine import Searcher

MEASURES = ("nDCG@10", "RR@10", "R@1", "R@10", "R@100")
DEPTH = 100  # articles in a run
PASSAGES = 400  # ranked to find them
RESAMPLES = 2000

Qrels = dict[str, dict[str, int]]
Run = dict[str, dict[str, float]]


def evaluate(
    folder: Path, index: Path, *, mode: str = "hybrid", run: Path | None = None, on_progress: OnProgress
) -> dict[str, Any]:
    """Scores of the queries in `folder`: means, 95 % confidence intervals, and means by query language.

    With `corpus.jsonl` in the folder its texts are indexed (once, in the user's cache folder); without it, the current
    index is asked and qrels name articles by id, path, or file name. Raises UsageError for files that do not fit.
    """
    queries = list(read_queries(folder / "queries.jsonl"))
    qrels = read_qrels(folder / "qrels")
    queries = [query for query in queries if query["_id"] in qrels]
    if not queries:
        raise UsageError(f"no query in {folder} has a relevance judgement", "check queries.jsonl against qrels/*.tsv")
    corpus = folder / "corpus.jsonl"
    if corpus.exists():
        index = cache_folder(corpus)
        update(index, [corpus], on_progress=on_progress)
    with Searcher.open(index) as searcher:
        ranked = _rank_all(searcher, queries, qrels, mode)
        passages = searcher.status()["passages"]
    if run is not None:
        run.write_text("".join(_trec(ranked)), encoding="utf-8")
    values = measure(qrels, ranked, [query["_id"] for query in queries])
    languages = sorted({query.get("lang") or "unknown" for query in queries})
    return {
        "queries": len(queries),
        "passages": passages,
        "mode": mode,
        **{name: round(float(np.mean(values[name])), 4) for name in MEASURES},
        "ci95": {name: confidence_interval(values[name]) for name in MEASURES},
        "by_language": {
            language: _means(values, [(q.get("lang") or "unknown") == language for q in queries])
            for language in languages
        },
    }


def cache_folder(corpus: Path) -> Path:
    """Where the index of a benchmark's corpus is kept between runs."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    # Another encoder or format makes another index; `update` sees to a corpus that changed.
    name = hashlib.sha256(f"{corpus.resolve()} {open_encoder().fingerprint} {FORMAT}".encode()).hexdigest()[:16]
    folder = base / "telusur" / "eval" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def measure(qrels: Qrels, run: Run, queries: Sequence[str]) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Each measure's value for each query, in order."""
    import ir_measures

    parsed = {ir_measures.parse_measure(name): name for name in MEASURES}
    place = {query: number for number, query in enumerate(queries)}
    values = {name: np.zeros(len(queries)) for name in MEASURES}
    judged = {query: qrels[query] for query in queries}
    for metric in ir_measures.iter_calc(list(parsed), judged, run):
        if metric.query_id in place:
            values[parsed[metric.measure]][place[metric.query_id]] = metric.value
    return values


def confidence_interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """95 % confidence interval of the mean: percentile bootstrap over queries (Efron 1979), with a fixed seed."""
    generator = np.random.default_rng(0)
    means = values[generator.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    return [round(float(bound), 4) for bound in np.percentile(means, [2.5, 97.5])]


def _means(values: dict[str, np.ndarray[Any, np.dtype[np.float64]]], chosen: Sequence[bool]) -> dict[str, Any]:
    return {"queries": sum(chosen)} | {name: round(float(values[name][list(chosen)].mean()), 4) for name in MEASURES}


def _rank_all(searcher: Searcher, queries: Sequence[dict[str, Any]], qrels: Qrels, mode: str) -> Run:
    named = {document for judged in qrels.values() for document in judged}
    texts = [clean(query["text"]) for query in queries]
    vectors = [None] * len(texts) if mode == "lexical" else [*searcher.encoder.encode_queries(texts)]
    ranked: Run = {}
    for query, text, vector in zip(queries, texts, vectors, strict=True):
        best: dict[str, float] = {}
        with suppress(UsageError):  # a query of nothing, or of pages, finds nothing and counts as zero
            for row, score in searcher.rank(text, PASSAGES, mode=mode, vector=vector):
                best.setdefault(_document(row, named), score)
        ranked[query["_id"]] = dict(list(best.items())[:DEPTH])
    return ranked


def _document(row: PassageRow, named: set[str]) -> str:
    """The name that the judgements use for the article of a passage."""
    names = (row.row or "", row.passage_id, row.article_id, row.path, row.path.rsplit("/", 1)[-1])
    return next((name for name in names if name in named), row.row or row.article_id)


def read_queries(path: Path) -> Iterator[dict[str, Any]]:
    """The queries of a benchmark: `_id`, `text`, and `lang` where it is given. Raises UsageError, naming the line."""
    for number, line in enumerate(_lines(path), start=1):
        try:
            query = json.loads(line)
            yield {"_id": str(query["_id"]), "text": str(query["text"]), "lang": query.get("lang")}
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path}, line {number}: not a query ({error})", 'each line is {"_id": …, "text": …}'
            ) from None


def read_qrels(folder: Path) -> Qrels:
    """Judgements of every .tsv file: query-id, corpus-id, score, with or without a header."""
    qrels: Qrels = {}
    paths = sorted(folder.glob("*.tsv"))
    if not paths:
        raise UsageError(f"there are no judgements: {folder}/*.tsv", "a benchmark has queries.jsonl and qrels/*.tsv")
    for path in paths:
        for number, line in enumerate(_lines(path), start=1):
            fields = line.split("\t")
            if number == 1 and not fields[-1].strip().lstrip("-").isdigit():
                continue
            try:
                query, document, score = fields
                qrels.setdefault(query, {})[document] = int(score)
            except ValueError:
                raise UsageError(f"{path}, line {number}: not a judgement", "query-id, corpus-id, score") from None
    return qrels


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", "a benchmark has queries.jsonl and qrels/*.tsv"
        ) from None


def _trec(ranked: Run) -> Iterable[str]:
    for query, scored in ranked.items():
        for rank, (document, score) in enumerate(scored.items(), start=1):
            yield f"{query} Q0 {document} {rank} {score:.6f} telusur\n"
