"""Quality on a benchmark in BEIR form, with the field's measures as ir_measures computes them.

A long text of the corpus is indexed as an article of several passages; it is ranked by its best passage. A query
without results counts as zero.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from index.catalogue import FORMAT, PassageRow
from index.encoder import open_encoder
from index.errors import UsageError
from index.report import OnProgress
from index.text import clean
from index.update import update
from search.benchmark import Qrels, Run, read_qrels, read_queries, read_run, strict, write_run
from search.bootstrap import Values, compare, intervals
from search.engine import Searcher
from search.reranker import Reranker

MEASURES = ("nDCG@10", "RR@10", "R@1", "R@10", "R@100")
DEPTH = 100  # articles in a run
PASSAGES = 400  # ranked to find them
FEW = 30  # queries, below which a bootstrap interval is known to be too narrow


def evaluate(
    folder: Path,
    index: Path,
    *,
    mode: str = "hybrid",
    encoder: str | None = None,
    run: Path | None = None,
    other: Path | None = None,
    show: int = 0,
    reranker: Reranker | None = None,
    on_progress: OnProgress,
) -> dict[str, Any]:
    """Scores of the queries in `folder`: means with 95 % confidence intervals, over all and by query language.

    With `corpus.jsonl` in the folder its texts are indexed by `encoder` (once, in the user's cache folder); without it,
    the current index is asked and qrels name articles by id, path, or file name. `run`: where the TREC run is to be
    written. `other`: a run to compare with, and `show` so many queries that differ most. `reranker`: reads the best
    articles of each query. What may mislead is said under `notices`. Raises UsageError for files that do not fit, and
    other TelusurErrors.
    """
    queries = list(read_queries(folder / "queries.jsonl"))
    qrels = read_qrels(folder / "qrels")
    notices = [*_unmatched(queries, qrels)]
    queries = [query for query in queries if query["_id"] in qrels]
    if not queries:
        raise UsageError(f"no query in {folder} has a relevance judgement", "check queries.jsonl against qrels/*.tsv")
    qrels = {query["_id"]: qrels[query["_id"]] for query in queries}
    baseline = None if other is None else _baseline(other, qrels)
    if run is not None and not run.absolute().parent.is_dir():  # said now, and not after an hour of encoding
        raise UsageError(f"{run} cannot be written: there is no folder {run.parent}", "make the folder first")
    corpus = folder / "corpus.jsonl"
    if corpus.exists():
        index = cache_folder(corpus, encoder or "bundled")
        report = update(index, [corpus.resolve()], encoder=encoder, on_progress=on_progress)
        notices += [f"skipped {skip.path}: {skip.reason}" for skip in report.skipped]
    elif encoder is not None:
        raise UsageError(
            f"{folder} has no corpus.jsonl for {encoder} to encode, and the index at {index} has its own encoder",
            f"`telusur index PATH… --index NEW --encoder {encoder}` makes another index; then ask it with --index NEW",
        )
    with Searcher.open(index) as searcher:
        notices += _missing(searcher, qrels, in_corpus=corpus.exists())
        ranked = _rank_all(searcher, queries, qrels, mode, reranker)
        passages = searcher.status()["passages"]
    if run is not None:
        write_run(run, ranked)
    notices += _told("found nothing and counts as zero", (query for query in ranked if not ranked[query]))
    groups = _groups(queries)
    values = measure(qrels, ranked, [*qrels])
    scores = {
        "queries": len(queries),
        "passages": passages,
        "mode": mode,
        "reranker": reranker.name if reranker else None,
        **_summary(values),
        "by_language": {name: {"queries": len(rows), **_summary(values[rows])} for name, rows in groups.items()},
    }
    if other is not None and baseline is not None:
        notices += _told(
            f"is not in {other} and counts as zero there", (name for name in qrels if name not in baseline)
        )
        others = measure(qrels, baseline, [*qrels])
        scores["comparison"] = {
            "run": str(other),
            "measures": _compared(values, others),
            "by_language": {name: _compared(values[rows], others[rows]) for name, rows in groups.items()},
            "queries": _differing(queries, values[:, 0] - others[:, 0], qrels, ranked, baseline)[:show],
        }
    if len(queries) < FEW:
        notices.append(f"{len(queries)} queries are few: take the intervals for too narrow, and gather 50 or more")
    return {**scores, "notices": notices}


def cache_folder(corpus: Path, encoder: str = "bundled") -> Path:
    """Where the index of a benchmark's corpus is kept between runs."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    # Another encoder or format makes another index; `update` sees to a corpus that changed.
    key = f"{corpus.resolve()} {open_encoder(encoder).fingerprint} {FORMAT}"
    folder = base / "telusur" / "eval" / hashlib.sha256(key.encode()).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def measure(qrels: Qrels, run: Run, queries: Sequence[str]) -> Values:
    """(queries, MEASURES) values of each query, in order; 0 where the run has nothing."""
    import ir_measures

    # Not by parse_measure: in 0.4.3 it needs what Python 3.12 warns of and 3.14 lacks.
    parts = (name.split("@") for name in MEASURES)
    column = {getattr(ir_measures, name) @ int(cutoff): number for number, (name, cutoff) in enumerate(parts)}
    row = {query: number for number, query in enumerate(queries)}
    values = np.zeros((len(queries), len(MEASURES)))
    judged = {query: qrels[query] for query in queries}
    for metric in ir_measures.iter_calc(list(column), judged, run):
        if metric.query_id in row:
            values[row[metric.query_id], column[metric.measure]] = metric.value
    return values


def _summary(values: Values) -> dict[str, Any]:
    means = dict(zip(MEASURES, values.mean(axis=0).round(4).tolist(), strict=True))
    return means | {"ci95": dict(zip(MEASURES, intervals(values).round(4).tolist(), strict=True))}


def _groups(queries: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """By language: the places of its queries."""
    languages = [str(query["lang"] or "unknown") for query in queries]
    return {name: [n for n, own in enumerate(languages) if own == name] for name in sorted({*languages})}


def _baseline(path: Path, qrels: Qrels) -> Run:
    """The run to compare with, as far as its queries are judged here."""
    names = [*qrels, *(document for judged in qrels.values() for document in judged)]
    run = {query: scored for query, scored in read_run(path, names).items() if query in qrels}
    if not run:
        raise UsageError(f"{path} has none of the queries judged here", "compare with a run of the same benchmark")
    return run


def _compared(values: Values, others: Values) -> dict[str, Any]:
    return dict(zip(MEASURES, compare(values, others), strict=True))


def _differing(
    queries: Sequence[dict[str, Any]], gaps: Values, qrels: Qrels, ranked: Run, baseline: Run
) -> list[dict[str, Any]]:
    """The queries that differ, most first, equal ones in order, and where each run has the first relevant article."""
    differing = [
        {
            "query_id": query["_id"],
            "text": query["text"],
            "difference": round(gap, 4),
            "rank": _first_relevant(qrels, ranked, query["_id"]),
            "other_rank": _first_relevant(qrels, baseline, query["_id"]),
        }
        for query, gap in zip(queries, gaps.tolist(), strict=True)
        if abs(gap) > 1e-9
    ]
    return sorted(differing, key=lambda found: -abs(found["difference"]))


def _first_relevant(qrels: Qrels, run: Run, query: str) -> int | None:
    """The rank of the first relevant article; equal scores in the order that trec_eval gives them, by falling name."""
    scored = run.get(query, {})
    ranking = sorted(scored, key=lambda name: (scored[name], name), reverse=True)
    return next((rank for rank, name in enumerate(ranking, start=1) if qrels[query].get(name, 0) > 0), None)


def _unmatched(queries: Sequence[dict[str, Any]], qrels: Qrels) -> Iterable[str]:
    """What queries and judgements have that the other side has not."""
    asked = {query["_id"] for query in queries}
    yield from _told("has no judgement and is left out", (query for query in asked if query not in qrels))
    yield from _told("is judged but not in queries.jsonl", (query for query in qrels if query not in asked))
    unanswerable = (query for query in asked & qrels.keys() if max(qrels[query].values()) <= 0)
    yield from _told("has no relevant article in the judgements and counts as zero", unanswerable)


def _missing(searcher: Searcher, qrels: Qrels, *, in_corpus: bool) -> Iterable[str]:
    """Articles that the judgements name and nobody can find, and names that stand for several."""
    known: set[str] = set()
    for (path, row), article_id in searcher.catalogue.article_ids().items():
        known |= {row or path, article_id, path, path.rsplit("/", 1)[-1]}
    named = {document for judged in qrels.values() for document in judged}
    where = "corpus.jsonl" if in_corpus else "the index"
    absent = (name for name in named if name not in known and name.rpartition("#")[0] not in known)
    yield from _told(f"is judged but not in {where}: it cannot be found", absent, "article")
    again = (name for name in named if f"{name}~2" in known)  # so the build names the second row of one id
    yield from _told(f"stands more than once in {where}: the first counts", again, "id")


def _told(what: str, names: Iterable[str], kind: str = "query") -> Iterable[str]:
    """One line on all of the names, the first in order as examples; none when there are none."""
    ordered = sorted(names)
    if ordered:
        more = f" and {len(ordered) - 3:,} more" if len(ordered) > 3 else ""
        yield f"{kind} {what} ({len(ordered):,}): {', '.join(ordered[:3])}{more}"


def _rank_all(
    searcher: Searcher, queries: Sequence[dict[str, Any]], qrels: Qrels, mode: str, reranker: Reranker | None
) -> Run:
    named = {document for judged in qrels.values() for document in judged}
    texts = [clean(query["text"]) for query in queries]
    vectors = [None] * len(texts) if mode == "lexical" else [*searcher.encoder.encode_queries(texts)]
    ranked: Run = {}
    for query, text, vector in zip(queries, texts, vectors, strict=True):
        best: dict[str, float] = {}
        with suppress(UsageError):  # a query of nothing, or of pages, finds nothing and counts as zero
            for row, score in searcher.rank(text, PASSAGES, mode=mode, vector=vector, reranker=reranker):
                best.setdefault(_document(row, named), score)
        ranked[query["_id"]] = strict(dict(list(best.items())[:DEPTH]))
    return ranked


def _document(row: PassageRow, named: set[str]) -> str:
    """The name that the judgements use for the article of a passage."""
    names = (row.row or "", row.passage_id, row.article_id, row.path, row.path.rsplit("/", 1)[-1])
    return next((name for name in names if name in named), row.row or row.article_id)
