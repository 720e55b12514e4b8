"""Scores on a benchmark, and the comparison of two runs, for a person. Pure: figures in, text out."""

from collections.abc import Iterator
from typing import Any

from index.text import clean
from search.bootstrap import RESAMPLES
from search.wrap import lines


def scores_text(scores: dict[str, Any], *, width: int = 80) -> str:
    """What `search.evaluate` found, over all queries and, where there are several languages, by language."""
    by = f", reranked by {clean(scores['reranker'])}" if scores.get("reranker") else ""
    laid = [f"{scores['queries']:,} queries, {scores['passages']:,} passages, {scores['mode']}{by}", *_means(scores)]
    languages = scores["by_language"] if len(scores["by_language"]) > 1 else {}
    for language, own in languages.items():
        laid += ["", f"{_named(language)}: {own['queries']:,} queries", *_means(own)]
    if compared := scores.get("comparison"):
        laid += [
            "",
            *lines(
                f"Compared with {clean(compared['run'])}, query by query ({RESAMPLES:,} bootstrap samples)".split(),
                width,
            ),
        ]
        laid += _differences(compared["measures"])
        for language in languages:
            laid += ["", _named(language), *_differences(compared["by_language"][language])]
        if compared["queries"]:
            laid += ["", "Furthest apart in nDCG@10 (rank of the first relevant article here, there)"]
        for query in compared["queries"]:
            ranks = f"{query['rank'] or '–'}, {query['other_rank'] or '–'}"
            laid.append(f"{query['difference']:+.4f}  {clean(query['query_id'])}  ({ranks})")
            laid += [f"         {line}" for line in lines(clean(query["text"]).split(), width - 9)]
    return "\n".join(laid)


def _named(language: str) -> str:
    return " ".join(clean(language).split())


def _means(scores: dict[str, Any]) -> Iterator[str]:
    for name, (low, high) in scores["ci95"].items():
        yield f"{name:<8} {scores[name]:.4f}  95 % [{low:.4f}, {high:.4f}]"


def _differences(measures: dict[str, Any]) -> Iterator[str]:
    yield f"{'':<8} {'here':>6} {'there':>6} {'diff':>7}  {'95 %':<18} {'p':>6} {'better':>6} {'equal':>6} {'worse':>6}"
    for name, found in measures.items():
        low, high = found["ci95"]
        queries = "".join(f" {found[kind]:>6,}" for kind in ("better", "equal", "worse"))
        yield (
            f"{name:<8} {found['mean']:.4f} {found['other']:.4f} {found['difference']:+.4f}"
            f"  [{low:+.4f}, {high:+.4f}] {found['p']:.4f}{queries}"
        )
