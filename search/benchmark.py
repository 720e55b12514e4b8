"""What a benchmark is made of: questions and judgements in BEIR form, and runs as TREC has them.

Names of articles may hold spaces, the columns of a run may not: there a space stands as %20, as in addresses.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from index.errors import UsageError
from search.whole_file import write_whole

Qrels = dict[str, dict[str, int]]
Run = dict[str, dict[str, float]]

_FORM = "a benchmark has queries.jsonl and qrels/*.tsv"


def read_queries(path: Path) -> Iterator[dict[str, Any]]:
    """The queries of a benchmark: `_id`, `text`, and `lang` where it is given. Raises UsageError, naming the line."""
    before: dict[str, int] = {}
    for number, line in _lines(path, _FORM):
        try:
            query = json.loads(line)
            found = {"_id": str(query["_id"]), "text": str(query["text"]), "lang": query.get("lang")}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(
                f"{path}, line {number}: not a query ({error})", 'each line is {"_id": …, "text": …}'
            ) from None
        if first := before.get(found["_id"]):
            raise UsageError(
                f"{path}, line {number}: the id {found['_id']} stands in line {first} already",
                "give each query its own",
            )
        before[found["_id"]] = number
        yield found


def read_qrels(folder: Path) -> Qrels:
    """Judgements of every .tsv file: query-id, corpus-id, score, with or without a header.

    Raises UsageError, naming the line, for what is no judgement and for one that contradicts an earlier one.
    """
    qrels: Qrels = {}
    paths = sorted(folder.glob("*.tsv"))
    if not paths:
        raise UsageError(f"there are no judgements: {folder}/*.tsv", _FORM)
    for path in paths:
        for number, line in _lines(path, _FORM):
            fields = line.split("\t")
            if number == 1 and not fields[-1].strip().lstrip("-").isdigit():
                continue
            try:
                query, document, score = fields
                grade = int(score)
            except ValueError:
                raise UsageError(f"{path}, line {number}: not a judgement", "query-id, corpus-id, score") from None
            if qrels.setdefault(query, {}).setdefault(document, grade) != grade:
                raise UsageError(
                    f"{path}, line {number}: {document} was judged otherwise for {query} before",
                    "keep one judgement of a query and an article",
                )
    return qrels


def strict(scored: Mapping[str, float]) -> dict[str, float]:
    """A ranking, best first, with scores that fall strictly, each as near to what it was as that allows.

    trec_eval keeps scores as 32-bit floats, orders a run by them and equal ones by name, whatever the ranks say.
    """
    kept: dict[str, float] = {}
    last = np.float32(np.inf)
    for document, score in scored.items():
        last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
        kept[document] = float(last)
    return kept


def write_run(path: Path, run: Run) -> None:
    """Write a run in TREC's six columns, whole: query Q0 article rank score tag. Scores are to be `strict`."""
    lines = [
        f"{_column(query)} Q0 {_column(document)} {rank} {score:.9g} telusur\n"
        for query, scored in run.items()
        for rank, (document, score) in enumerate(scored.items(), start=1)
    ]
    write_whole(path, "".join(lines))


def read_run(path: Path, names: Iterable[str]) -> Run:
    """A run of this or another program. Raises UsageError, naming the line.

    `names`: of queries and articles that may hold spaces.
    """
    known = {_column(name): name for name in names}
    run: Run = {}
    form = "a TREC run has lines of query Q0 article rank score tag; `telusur eval --run FILE` writes one"
    for number, line in _lines(path, form):
        try:
            query, _, document, _, written, _ = line.split()
            score = float(written)
        except ValueError:
            score = math.nan
        if math.isnan(score):
            raise UsageError(f"{path}, line {number}: not a line of a run", form)
        scored = run.setdefault(known.get(query, query), {})
        if known.get(document, document) in scored:
            raise UsageError(f"{path}, line {number}: {document} stands twice for {query}", form)
        scored[known.get(document, document)] = score
    return run


def _column(name: str) -> str:
    return re.sub(r"[\s%]", lambda found: quote(found.group()), name)


def _lines(path: Path, form: str) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not blank, with their numbers. Raises UsageError when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", form) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8", "save the file as UTF-8") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line
