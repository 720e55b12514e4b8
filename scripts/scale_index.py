"""A large index of real shape, made through the project's own writers without encoding (for the other benchmarks).

Vectors: each is that of a passage of a real index, drawn with weight 1/√rank so that some subjects are written about
often, plus normal noise that has the covariance of the real vectors and 0.1 to 1.0 of their variance (drawn evenly),
brought to length 1. So as many of them are as near to their neighbours as the real ones are. Sentence vectors are
those of the passage drawn from.

Texts: the paragraphs of a file, five to an article; when the file is through, half of each with half of another.
"""

import json
import lzma
import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.build import READING
from index.calibration import calibrate
from index.catalogue import Catalogue
from index.encoder import open_encoder
from index.encoding import passage_digest
from index.lexicon import Entry, Lexicon
from index.rows import Rows
from index.sketch import Sketch
from index.vector_writer import SEGMENT_LIMIT, VectorWriter
from index.vectors import Vectors

PASSAGES_AN_ARTICLE = 5


class Shape:
    """The real vectors that others are made from."""

    def __init__(self, index: Path, seed: int = 0) -> None:
        """`index`: a real one, of some thousand passages."""
        with closing(Catalogue(index)) as catalogue:
            dimension = catalogue.get("encoder")["dimension"]
            opened = Vectors(index / "segments", catalogue.segments(), dimension)
        self.rows = Rows.joined([segment.rows for segment in opened.segments])
        self.real = self.rows.vectors.astype(np.float32)
        variances, axes = np.linalg.eigh(np.cov(self.real.T))
        self.axes = (axes * np.sqrt(np.clip(variances, 0, None))).T.astype(np.float32)
        self.draw = np.random.default_rng(seed)
        weights = 1 / np.sqrt(np.arange(1, len(self.real) + 1))
        self.weights = self.draw.permutation(weights / weights.sum())

    def vectors(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """(size, dimension) unit vectors, and which real one each was made from."""
        chosen = self.draw.choice(len(self.real), size, p=self.weights)
        made = self.real[chosen]
        for start in range(0, size, 8_192):
            own = slice(start, start + 8_192)
            noise = self.draw.standard_normal(made[own].shape, np.float32) @ self.axes
            made[own] += np.sqrt(self.draw.uniform(0.1, 1.0, (len(noise), 1))).astype(np.float32) * noise
        return made / np.linalg.norm(made, axis=1, keepdims=True), chosen

    def rows_for(self, numbers: NDArray[np.int64]) -> Rows:
        """Rows of a segment for these passages."""
        vectors, chosen = self.vectors(len(numbers))
        starts = self.rows.starts.astype(np.int64)
        counts = np.diff(starts)[chosen]
        ends = np.cumsum(counts)
        places = np.repeat(starts[chosen] - (ends - counts), counts) + np.arange(ends[-1])
        packed, scales = self.rows.sentences
        sentences = type(self.rows.sentences)(packed[places], scales[places])
        return Rows(numbers, vectors.astype(np.float16), np.append(0, ends).astype(np.uint32), sentences)


def paragraphs(path: Path, longest: int) -> list[str]:
    """The texts of a file of JSON lines, by their first field of a known name, cut to so many characters."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows = map(json.loads, file)
        return [next(row[name] for name in ("passage", "body", "text") if name in row)[:longest] for row in rows]


def passages(texts: list[str]) -> Iterator[str]:
    """Each text as it is, then for ever half of one and half of another."""
    yield from texts
    for step in count(7_919, 7_919):
        for place, text in enumerate(texts):
            other = texts[(place + step) % len(texts)]
            yield f"{text[: len(text) // 2]} {other[len(other) // 2 :]}"


def make(root: Path, total: int, like: Path, texts: list[str], *, upon: bool = False) -> None:
    """Make an index of `total` passages in the new folder `root`; `upon`: those of `like`, as they are, come first."""
    if upon:
        shutil.copytree(like, root)
    else:
        root.mkdir(parents=True)
    encoder, shape, source = open_encoder(), Shape(like), passages(texts)
    with closing(Catalogue(root, create=not upon)) as catalogue:
        lexicon = Lexicon(root / "lexicon" / (catalogue.get("lexicon") or "000001"), create=not upon)
        for first in range(catalogue.get("next_passage"), total + 1, SEGMENT_LIMIT):
            numbers = np.arange(first, min(first + SEGMENT_LIMIT, total + 1), dtype=np.int64)
            with catalogue.transaction():
                with lexicon.writer() as writer:
                    for number in numbers[::PASSAGES_AN_ARTICLE].tolist():
                        own = list(islice(source, min(PASSAGES_AN_ARTICLE, int(numbers[-1]) + 1 - number)))
                        _article(catalogue, writer, number, own)
                vectors = VectorWriter(root, catalogue, encoder.dimension)
                vectors.write(shape.rows_for(numbers))
                catalogue.set(
                    next_passage=int(numbers[-1]) + 1, next_article=int(numbers[-1]) + 1,
                    next_segment=vectors.next_segment, passages=int(numbers[-1]),
                )  # fmt: skip
            print(f"  {numbers[-1]:,} passages", flush=True)
        opened = Vectors(root / "segments", catalogue.segments(), encoder.dimension)
        with catalogue.transaction():
            catalogue.set(
                articles=catalogue.counts()["articles"], lexicon=lexicon.folder.name, reading=READING, updated=0.0,
                generation=catalogue.get("generation") + 1,
                calibration=calibrate(encoder, opened, None, total),
                encoder={"name": "bundled", "fingerprint": encoder.fingerprint, "dimension": encoder.dimension},
            )  # fmt: skip


def _article(catalogue: Catalogue, writer, first: int, texts: list[str]) -> None:
    """Write an article whose number is that of its first passage."""
    path = f"arsip/{first // 10_000:03}/{first:07}.txt"
    file = catalogue.add_file(path, 1, 1, f"{first:064x}")
    fields = {
        "row": None, "title": texts[0][:60], "source": f"Harian {first % 1_000}", "origin": None,
        "published": f"{2015 + first % 10}-{1 + first % 12:02}-{1 + first % 28:02}", "published_precision": "day",
        "url": None, "language": "id", "text": "\n\n".join(texts),
    }  # fmt: skip
    catalogue.write_article(first, f"{first:08x}", file, fields)
    catalogue.write_sketch(first, Sketch.of(" ".join(texts)))
    rows, start = [], 0
    for n, text in enumerate(texts):
        line = 1 + 2 * n
        rows.append((first + n, first, n + 1, start, start + len(text), line, line, passage_digest(text), "id"))
        writer.add(Entry(first + n, first, text, fields["title"], "id"))
        start += len(text) + 2
    catalogue.add_passages(rows)
