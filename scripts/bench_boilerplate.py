"""How much boilerplate is taken out, and how many real sentences with it, on articles that were read and labelled.

    python -m scripts.bench_boilerplate NEWS.jsonl.xz

NEWS.jsonl.xz is the collection the labelled articles were drawn from, one JSON object with a `body` a line. The labels,
scripts/boilerplate_labels.jsonl, hold no text: an article is named by the SHA-256 of its body, a span by offsets.
"""

import argparse
import hashlib
import json
import lzma
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.boilerplate import boilerplate
from index.dateline import publisher
from index.repeated import RepeatedLines
from index.sentence import sentences

LABELS = Path(__file__).with_name("boilerplate_labels.jsonl")
OUT = 0.8  # of a labelled span's letters and digits: then it counts as taken out
LEARNT = 2_000  # articles that each publisher's repeated lines are learnt from


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson score interval of a share at 95 % (Wilson 1927, JASA 22)."""
    if not of:
        return 0.0, 1.0
    z, p = 1.959964, hits / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def bodies(news: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, row) of each article of the collection."""
    with lzma.open(news, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield hashlib.sha256(row["body"].encode()).hexdigest()[:16], row


def learnt(news: Path) -> dict[str, RepeatedLines]:
    """What the articles of each publisher teach: the first LEARNT of each, as an index would read them."""
    publishers: dict[str, RepeatedLines] = defaultdict(RepeatedLines)
    for _, row in bodies(news):
        source = row["source"] or publisher(row["body"]).source
        if source and publishers[source].articles < LEARNT:
            publishers[source].read(row["body"], boilerplate(row["body"]), row["title"])
    return publishers


def judged(text: str, labels: list[list[Any]], found: list[tuple[int, int]]) -> tuple[list[tuple[bool, str]], ...]:
    """Of one article: (taken out, text) of each labelled span, and (lost, text) of each real sentence.

    A sentence is lost when one word of it is. Spans labelled "either" count neither way; so do marks without a letter.
    """
    taken = bytearray(len(text))
    for start, end in found:
        taken[start:end] = b"\1" * (end - start)
    marked = bytearray(len(text))
    spans = []
    for start, end, kind in labels:
        marked[start:end] = b"\1" * (end - start)
        letters = [n for n in range(start, end) if text[n].isalnum()]
        if kind == "boilerplate" and letters:
            spans.append((sum(taken[n] for n in letters) >= OUT * len(letters), text[start:end]))
    kept = []
    for start, end in sentences(text):
        letters = [n for n in range(start, end) if text[n].isalnum() and not marked[n]]
        if len(letters) > 2:
            kept.append((any(taken[n] for n in letters), text[start:end]))
    return spans, kept


def main() -> None:
    """Print both shares for each part of the sample and each stratum, then every error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--part", help="only this part of the labelled articles, as the labels name it")
    arguments = parser.parse_args()
    labels = {row["article"]: row for row in map(json.loads, arguments.labels.read_text("utf-8").splitlines())}
    publishers = learnt(arguments.news)
    results: dict[str, tuple[list[tuple[bool, str]], list[tuple[bool, str]]]] = {}
    errors = []
    for key, row in bodies(arguments.news):
        label = labels.pop(key, None)
        if label is None or arguments.part not in (None, label["part"]):
            continue
        text = row["body"]
        lines = publishers[row["source"] or publisher(text).source or ""]
        found = boilerplate(text, lines.spans(text, boilerplate(text), row["title"]))
        spans, kept = judged(text, label["spans"], found)
        for group in (label["part"], label["stratum"]):
            of_group = results.setdefault(group, ([], []))
            of_group[0].extend(spans)
            of_group[1].extend(kept)
        errors += [(label["part"], "stays", key, text) for out, text in spans if not out]
        errors += [(label["part"], "lost", key, text) for lost, text in kept if lost]
    print("| | boilerplate | taken out | real sentences | lost |\n|---|---:|---:|---:|---:|")
    for group, (spans, kept) in sorted(results.items()):
        out, lost = sum(hit for hit, _ in spans), sum(hit for hit, _ in kept)
        low, high = interval(out, len(spans))
        cells = f"{len(spans)} | {out / max(1, len(spans)):.3f} [{low:.3f}, {high:.3f}] | {len(kept):,}"
        low, high = interval(lost, len(kept))
        print(f"| {group} | {cells} | {lost / max(1, len(kept)):.4f} [{low:.4f}, {high:.4f}] |")
    for part, kind, key, text in sorted(errors):
        print(f"{part} · {kind} · {key} · {text[:300]}")


if __name__ == "__main__":
    main()
