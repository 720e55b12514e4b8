"""Training data for the encoder: files, passages cut to the part that answers, batches of near misses."""

from __future__ import annotations

import json
import lzma
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
WORD = re.compile(r"\w{3,}")

Length = Callable[[str], int]
Row = dict[str, str]


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, unpacked when its name ends in ``.xz``."""
    if not path.is_file():
        raise SystemExit(f"train_encoder: no such file: {path}")
    opener: Callable[..., Any] = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n")


@dataclass
class Group:
    """A cut of an article's passage and the questions that this cut answers."""

    passage: str
    article: str
    questions: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take in one more question."""
        self.questions.append(row["question"])
        self.answers.append(row.get("answer") or "")

    def holds(self, answer: str) -> bool:
        """Whether the cut is the whole passage or contains the answer."""
        return self.passage == self.article or bool(answer and answer in self.passage)


def cut(passage: str, question: str, answer: str, limit: int, length: Length) -> str:
    """The run of whole sentences around the answer that fits in `limit` word pieces.

    The answer's sentence is the one that contains it, or else shares most words with question and answer. From
    there the run grows on both sides in turn while it fits; a first sentence over the limit stays alone.
    """
    if length(passage) <= limit:
        return passage
    sentences = SENTENCE_END.split(passage)
    wanted = set(WORD.findall(f"{question} {answer}".lower()))

    def worth(at: int) -> tuple[bool, int]:
        words = set(WORD.findall(sentences[at].lower()))
        return bool(answer) and answer in sentences[at], len(wanted & words)

    best = max(range(len(sentences)), key=worth)
    first, last, room = best, best, limit - length(sentences[best])
    before, after = True, True
    while before or after:
        if before := before and first > 0 and (size := length(sentences[first - 1])) <= room:
            first, room = first - 1, room - size
        if after := after and last + 1 < len(sentences) and (size := length(sentences[last + 1])) <= room:
            last, room = last + 1, room - size
    return " ".join(sentences[first : last + 1])


def groups_of(
    passage: str, rows: Sequence[Row], limit: int, most: int, length: Length, cuts: int = 2
) -> Iterator[Group]:
    """Cut a passage for its first question and add what else this cut answers (`most` in all); then again."""
    left = list(rows)
    for _ in range(cuts):
        if not left:
            return
        group = Group(cut(passage, left[0]["question"], left[0].get("answer") or "", limit, length), passage)
        rest = []
        for row in left:
            if row is not left[0] and not group.holds(row.get("answer") or ""):
                rest.append(row)
            elif len(group.questions) < most:
                group.add(row)
        yield group
        left = rest


def read_groups(
    paths: Iterable[Path], caps: dict[str, int], limit: int, most: int, length: Length, seed: int
) -> list[Group]:
    """Read question files (JSON lines: question, passage, answer, set) and group the questions by passage.

    `caps` limits how many passages of a named set are taken; a row without a set counts under its file's name.
    A row with title and body instead is an article: its headline asks, its body answers (set ``headlines``).
    """
    by_set: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        for line in read_lines(path):
            row = json.loads(line)
            if "question" not in row:
                row = {"question": row["title"], "passage": row["body"], "set": "headlines"}
            if row["question"]:
                by_set[row.get("set") or path.name.split(".")[0]][row["passage"]].append(row)
    draw = random.Random(seed)
    groups: list[Group] = []
    for name, passages in sorted(by_set.items()):
        chosen = list(passages.items())
        draw.shuffle(chosen)
        for passage, rows in chosen[: caps.get(name, len(chosen))]:
            draw.shuffle(rows)
            groups += groups_of(passage, rows, limit, most, length)
    return groups


def read_parallel(path: Path, coverage: float, without: set[str], seed: int, cap: int = 6000) -> list[tuple[str, str]]:
    """Read sentence pairs (TSV: english, indonesian, set, coverage), at most `cap` of a set, shuffled."""
    by_set: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in read_lines(path):
        english, indonesian, name, covered, *_ = [*line.split("\t"), "", "1"]
        if name not in without and float(covered or 1) >= coverage and len(english) < 300:
            by_set[name].append((english, indonesian))
    draw = random.Random(seed)
    pairs: list[tuple[str, str]] = []
    for _, rows in sorted(by_set.items()):
        draw.shuffle(rows)
        pairs += rows[:cap]
    draw.shuffle(pairs)
    return pairs


def neighbourhoods(vectors: np.ndarray, size: int, batch: int, seed: int) -> list[list[int]]:
    """Batches made of small neighbourhoods, so that many negatives in a batch are near misses.

    Each round takes the first row still free, in drawn order, with its `size` − 1 nearest free rows; the
    neighbourhoods are then shuffled and joined into batches. A last batch under half full is dropped.
    """
    free = np.random.default_rng(seed).permutation(len(vectors))
    hoods = []
    while len(free):
        near = np.argsort(-(vectors[free] @ vectors[free[0]]), kind="stable")[:size]
        hoods.append(free[near].tolist())
        free = np.delete(free, near)
    random.Random(seed).shuffle(hoods)
    rows = [row for hood in hoods for row in hood]
    return [rows[at : at + batch] for at in range(0, max(1, len(rows) - batch // 2), batch)]


def by_length(sizes: Sequence[int], batch: int, seed: int) -> list[list[int]]:
    """Batches of rows of like length, in a drawn order."""
    draw = random.Random(seed)
    rows = sorted(range(len(sizes)), key=lambda row: (sizes[row] // 8, draw.random()))
    batches = [rows[at : at + batch] for at in range(0, len(rows), batch)]
    draw.shuffle(batches)
    return batches
