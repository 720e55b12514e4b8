"""The one door to an index: command line, HTTP, assistants and Python callers all ask a Searcher.

from search.engine import Searcher

with Searcher.open(".telusur") as searcher:
    answer = searcher.search("Siapa mitra dagang terbesar Rusia?", k=3)
    for hit in answer.hits:
        print(hit.source, hit.published, f"{hit.path}:{hit.line_start}", hit.text)
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue, Filter, PassageRow
from index.encoder import Encoder, open_encoder
from index.errors import IndexUnusableError, NotFoundError, UsageError
from index.lexicon import Lexicon
from index.passage import split
from index.scan import Corpus
from index.text import clean, query_language
from index.vectors import Encoded, Vectors, sentence_cosines
from search.highlight import highlights
from search.query import Query, parse
from search.rank import Candidate, collapse, fuse, one_each, ordered
from search.verdict import ANSWERED, confidence

DEPTH = 100  # passages that each leg brings, at least
RELATED_TEXT = 4_000  # characters of a text whose words look for related passages; its vector takes all of it
MODES = ("hybrid", "semantic", "lexical")


@dataclass(frozen=True, slots=True)
class Copy:
    """Where the same passage also stands."""

    path: str
    source: str | None
    published: str | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that answers, as a citation. Offsets are code points in the article's text; lines start at 1."""

    rank: int
    score: float
    passage_id: str
    article_id: str
    title: str | None
    source: str | None
    origin: str | None
    published: str | None
    published_precision: str | None
    url: str | None
    language: str | None
    path: str
    line_start: int
    line_end: int
    char_start: int
    char_end: int
    text: str
    highlights: tuple[tuple[int, int], ...] = ()
    also_in: tuple[Copy, ...] = ()
    explain: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to. `answered` is false when nothing relevant was found; then hits are empty or nearest."""

    query: str
    language: str | None
    mode: str
    answered: bool
    confidence: float
    seconds: float
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class _Opened:
    """The files of one state of the index."""

    generation: int
    vectors: Vectors
    lexicon: Lexicon
    calibration: Mapping[str, Any] = field(default_factory=dict)


class Searcher:
    """Answers questions out of one index. Safe to share between threads; sees each update as it is committed."""

    def __init__(self, root: Path, encoder: Encoder | None = None) -> None:
        """Open the index in `root`. Raises IndexUnusableError, EncoderError."""
        self.corpus = Corpus(root)
        self.catalogue = Catalogue(root)
        self._lock = threading.RLock()
        self._encoder = encoder
        self._made_with: dict[str, Any] = self.catalogue.get("encoder") or {}
        self._opened: _Opened | None = None

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the index in the folder `path`. Raises IndexUnusableError."""
        return cls(Path(path))

    def close(self) -> None:
        """Close the index."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def encoder(self) -> Encoder:
        """The encoder that the index was made with. Raises EncoderError, IndexUnusableError when it is another now."""
        with self._lock:
            if self._encoder is None:
                self._encoder = open_encoder(self._made_with["name"])
            if self._encoder.fingerprint != self._made_with["fingerprint"]:
                raise IndexUnusableError(
                    f"the index at {self.corpus.root} was made with another encoder "
                    f"({self._made_with['name']}, {self._made_with['fingerprint']})",
                    "run `telusur index PATH… --fresh` to rebuild it with the encoder at hand",
                )
            return self._encoder

    # --- asking ----------------------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        mode: str = "hybrid",
        restriction: Filter | None = None,
        all_passages: bool = False,
        explain: bool = False,
    ) -> Answer:
        """Ranked passages for a question in Indonesian or English.

        `k`: hits at most. `restriction`: which articles may answer, exactly. `all_passages`: every passage instead of
        the best of each article and each copy, also when nothing seems relevant. Raises UsageError, TelusurError.
        """
        begun = time.perf_counter()
        asked = parse(query)
        _check(k, mode)
        vector = None if mode == "lexical" else self.encoder.encode_queries([clean(asked.text)])[0]
        with self._state() as opened:
            allowed = self._allowed(asked, restriction or Filter(), opened.lexicon)
            legs = _Legs(opened, asked.text, vector, mode, allowed)
            return self._answer(query, legs, k, begun, all_passages=all_passages, explain=explain)

    def rank(
        self, query: str, k: int, *, mode: str = "hybrid", vector: NDArray[np.float32] | None = None
    ) -> list[tuple[PassageRow, float]]:
        """The bare ranking of at most `k` passages, without verdict, grouping or highlights (for `evaluate`)."""
        asked = parse(query)
        _check(k, mode)
        if mode != "lexical" and vector is None:
            vector = self.encoder.encode_queries([clean(asked.text)])[0]
        with self._state() as opened:
            candidates = _Legs(opened, asked.text, vector, mode, None).candidates(k)
            rows = self.catalogue.hits([candidate.passage for candidate in candidates])
            return [(rows[c.passage], c.score) for c in candidates if c.passage in rows][:k]

    def related(
        self,
        target: str,
        k: int = 10,
        *,
        mode: str = "hybrid",
        restriction: Filter | None = None,
        all_passages: bool = False,
        explain: bool = False,
        text: str | None = None,
    ) -> Answer:
        """Passages about the same thing as a passage, an article, a file, or (`text`) any text; never from the target.

        Raises NotFoundError for an unknown target, UsageError for an empty text.
        """
        begun = time.perf_counter()
        _check(k, mode)
        own: tuple[int, ...] = ()
        vectors: list[NDArray[np.float32]] = []
        if text is None:
            with self._state() as opened:
                rows = self._target(target)
                text = " ".join(row.text for row in rows)
                own = tuple({row.article for row in rows})
                vectors = [found.vector for found in opened.vectors.lookup([row.passage for row in rows]).values()]
        if not text.strip():
            raise UsageError("the text is empty", "give a text that says what to look for")
        if not vectors:
            vectors = [*self.encoder.encode_passages([clean(passage.text) for passage in split(text)][:64])]
        middle = np.sum(vectors, axis=0)
        vector = np.asarray(middle / (np.linalg.norm(middle) or 1.0), np.float32)
        limits = restriction or Filter()
        limits = Filter(limits.sources, limits.languages, limits.since, limits.until, limits.path, own)
        with self._state() as opened:
            allowed = self._allowed(Query(text), limits, opened.lexicon)
            legs = _Legs(opened, text[:RELATED_TEXT], vector, mode, allowed, by_sentence=False)
            return self._answer(target, legs, k, begun, all_passages=all_passages, explain=explain)

    # --- looking things up -----------------------------------------------------------------------------------

    def show(self, target: str, context: int = 0) -> dict[str, Any]:
        """A passage with `context` neighbours on each side, or a whole article. Raises NotFoundError."""
        with self._state():
            rows = self._target(target)
            article = self.catalogue.article(rows[0].article)
            around = self.catalogue.passages_of(rows[0].article)
        single = len(rows) == 1 and "#" in target
        near = [row for row in around if not single or abs(row.n - rows[0].n) <= context]
        shown = {
            name: article[name]
            for name in (
                "article_id", "title", "source", "origin", "published", "published_precision", "url", "language", "row"
            )
        }  # fmt: skip
        shown["path"] = self.corpus.shown(article["path"])
        begin, end = (near[0].char_start, near[-1].char_end) if single else (0, len(article["text"]))
        return {
            **shown,
            "char_start": begin,
            "char_end": end,
            "text": article["text"][begin:end],
            "passages": [
                {
                    "passage_id": row.passage_id,
                    "asked": row in rows,
                    "line_start": row.line_start,
                    "line_end": row.line_end,
                    "char_start": row.char_start,
                    "char_end": row.char_end,
                    "text": row.text,
                }
                for row in near
            ],
        }

    def status(self) -> dict[str, Any]:
        """Figures of the index."""
        with self._state() as opened:
            return {
                "index": str(self.corpus.root),
                "format": self.catalogue.get("format"),
                "generation": self.catalogue.get("generation"),
                "updated": _iso(self.catalogue.get("updated")),
                **self.catalogue.counts(),
                "encoder": self._made_with,
                "vectors": {"kind": "exact", "segments": len(opened.vectors.segments)},
                "size_bytes": sum(f.stat().st_size for f in self.corpus.root.rglob("*") if f.is_file()),
            }

    # --- inside ----------------------------------------------------------------------------------------------

    @contextmanager
    def _state(self) -> Iterator[_Opened]:
        """One visible state of the index: the files that belong to it, and a snapshot of the catalogue."""
        with self._lock:
            while True:
                opened = self._current()
                with self.catalogue.snapshot():
                    if self.catalogue.get("generation") == opened.generation:
                        yield opened
                        return

    def _current(self) -> _Opened:
        """The files of the newest state, opened anew when an update was committed."""
        while True:
            generation = self.catalogue.get("generation")
            if self._opened is None or self._opened.generation != generation:
                try:
                    self._opened = self._open_files(generation)
                except IndexUnusableError:
                    if self.catalogue.get("generation") == generation:
                        raise
                    continue  # a merge took a file away between looking and opening
            # The lexicon drops what is gone only after the commit that says so: seeing the same generation before
            # and after opening it, nothing that this state needs was missing.
            if self.catalogue.get("generation") == generation:
                return self._opened

    def _open_files(self, generation: int) -> _Opened:
        self._made_with = self.catalogue.get("encoder") or {}
        if not self._made_with:
            raise IndexUnusableError(
                f"the index at {self.corpus.root} is empty: its first update never finished",
                "run `telusur index FOLDER` again",
            )
        root = self.corpus.root
        vectors = Vectors(
            root / "segments",
            self.catalogue.segments(),
            self._made_with["dimension"],
            np.array(self.catalogue.removed("segment"), np.int64),
        )
        lexicon = Lexicon(root / "lexicon" / self.catalogue.get("lexicon"))
        return _Opened(generation, vectors, lexicon, self.catalogue.get("calibration"))

    def _allowed(
        self, asked: Query, restriction: Filter, lexicon: Lexicon
    ) -> tuple[NDArray[np.int64], list[int]] | None:
        """Passages and articles that may answer, ascending; None when all may."""
        if not (restriction or asked.phrases or asked.excluded):
            return None
        passages, articles = self.catalogue.allowed(restriction)
        chosen = set(passages)
        for phrase in asked.phrases:
            chosen &= lexicon.containing(phrase)
        for word in asked.excluded:
            chosen -= lexicon.containing(word)
        return np.array(sorted(chosen), np.int64), articles

    def _answer(self, query: str, legs: "_Legs", k: int, begun: float, *, all_passages: bool, explain: bool) -> Answer:
        depth = max(DEPTH, 4 * k)
        while True:
            candidates = legs.candidates(depth)
            rows = self.catalogue.hits([candidate.passage for candidate in candidates])
            candidates = [candidate for candidate in candidates if candidate.passage in rows]
            kept = candidates
            if not all_passages:
                kept = one_each(candidates, {number: row.article for number, row in rows.items()})
            if len(kept) >= k or len(candidates) < depth or depth > 100 * max(DEPTH, k):
                break
            depth *= 4
        certainty = confidence(candidates, legs.opened.calibration)
        answered = certainty >= ANSWERED
        groups: list[tuple[Candidate, list[Candidate]]] = []
        if all_passages:
            groups = [(candidate, []) for candidate in kept[:k]]
        elif answered:
            groups = collapse(kept[: 4 * k], lambda number: rows[number].text)[:k]
        hits = tuple(
            self._hit(rank, best, copies, rows, legs, explain=explain)
            for rank, (best, copies) in enumerate(groups, start=1)
        )
        seconds = round(time.perf_counter() - begun, 4)
        language = query_language(legs.text)
        return Answer(query, language, legs.mode, answered, round(certainty, 4), seconds, hits)

    def _hit(
        self,
        rank: int,
        best: Candidate,
        copies: list[Candidate],
        rows: Mapping[int, PassageRow],
        legs: "_Legs",
        *,
        explain: bool,
    ) -> Hit:
        row = rows[best.passage]
        others = [rows[copy.passage] for copy in copies]
        return Hit(
            rank=rank,
            score=round(best.score, 6),
            passage_id=row.passage_id,
            article_id=row.article_id,
            title=row.title,
            source=row.source,
            origin=row.origin,
            published=row.published,
            published_precision=row.published_precision,
            url=row.url,
            language=row.language,
            path=self.corpus.shown(row.path),
            line_start=row.line_start,
            line_end=row.line_end,
            char_start=row.char_start,
            char_end=row.char_end,
            text=row.text,
            highlights=highlights(row.text, legs.weights, legs.sentence_cosines(best.passage)),
            also_in=tuple(Copy(self.corpus.shown(other.path), other.source, other.published) for other in others),
            explain=_explained(best) if explain else None,
        )

    def _target(self, target: str) -> list[PassageRow]:
        """The passages that a passage_id, an article_id or a path names. Raises NotFoundError."""
        name, _, n = target.rpartition("#") if "#" in target else (target, "", "")
        articles = self.catalogue.find_articles(article_id=name)
        if not articles and not n:
            articles = self.catalogue.find_articles(path=self.corpus.name(Path(target)))
        rows = [row for article in articles for row in self.catalogue.passages_of(article)]
        rows = [row for row in rows if not n or str(row.n) == n]
        if not rows:
            raise NotFoundError(
                f"the index has no passage, article or file {target!r}",
                "give a passage_id (ARTICLE#n) or article_id as `search` prints it, or the path of an indexed file",
            )
        return rows


class _Legs:
    """The semantic and the lexical side of one question over one state of the index."""

    def __init__(
        self,
        opened: _Opened,
        text: str,
        vector: NDArray[np.float32] | None,
        mode: str,
        allowed: tuple[NDArray[np.int64], list[int]] | None,
        *,
        by_sentence: bool = True,
    ) -> None:
        """`by_sentence`: a passage is as near as its best sentence; else as its own vector (texts, not questions)."""
        self.opened, self.text, self.vector, self.mode = opened, text, vector, mode
        self.allowed = allowed
        self.by_sentence = by_sentence
        self.weights = opened.lexicon.weights(text)
        self._seen: dict[int, Encoded] = {}

    def candidates(self, depth: int) -> list[Candidate]:
        """The fused ranking of what both legs bring, each at most `depth` passages."""
        dense = self._dense(depth) if self.mode != "lexical" else []
        lexical = self._lexical(depth) if self.mode != "semantic" else []
        cosines = self._cosines([passage for passage, _ in [*dense, *lexical]])
        dense = sorted(((passage, cosines[passage]) for passage, _ in dense), key=lambda pair: (-pair[1], pair[0]))
        fused = fuse(dense, lexical, cosines, sum(weight for _, weight, _ in self.weights))
        if self.mode == "hybrid":
            return fused
        # One leg alone ranks by its own score and knows nothing of the other.
        own = []
        for c in fused:
            cosine, bm25 = (c.cosine, None) if dense else (None, c.bm25)
            score = (cosine if dense else bm25) or 0.0
            own.append(Candidate(c.passage, score, cosine, bm25, c.semantic_rank, c.lexical_rank, c.share))
        return ordered(own)

    def sentence_cosines(self, passage: int) -> list[float] | None:
        """Of each sentence of a passage with the question; None without a question vector."""
        if self.vector is None or passage not in self._seen:
            return None
        return [float(cosine) for cosine in sentence_cosines(self.vector, self._seen[passage])]

    def _cosines(self, passages: Sequence[int]) -> dict[int, float]:
        if self.vector is None:
            return {}
        self._seen |= self.opened.vectors.lookup([passage for passage in passages if passage not in self._seen])
        cosines = {}
        for passage in passages:
            if passage in self._seen:
                found = self._seen[passage]
                whole = found.vector @ self.vector
                parts = sentence_cosines(self.vector, found) if self.by_sentence else ()
                cosines[passage] = float(max(parts, default=whole))
        return cosines

    def _dense(self, depth: int) -> list[tuple[int, float]]:
        if self.vector is None:
            return []
        return self.opened.vectors.search(self.vector, depth, None if self.allowed is None else self.allowed[0])

    def _lexical(self, depth: int) -> list[tuple[int, float]]:
        if self.allowed is None:
            return self.opened.lexicon.search(self.text, depth)
        passages, articles = self.allowed
        return self.opened.lexicon.search(self.text, depth, frozenset(passages.tolist()), articles)


def _check(k: int, mode: str) -> None:
    if not 1 <= k <= 10_000:
        raise UsageError(f"-k is {k}; it must be between 1 and 10000", "ask for fewer hits")
    if mode not in MODES:
        raise UsageError(f"there is no mode {mode!r}", f"use one of: {', '.join(MODES)}")


def _iso(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds") if seconds else None


def _explained(candidate: Candidate) -> dict[str, Any]:
    return {
        "cosine": candidate.cosine,
        "semantic_rank": candidate.semantic_rank,
        "bm25": candidate.bm25,
        "lexical_rank": candidate.lexical_rank,
        "lexical_share": candidate.share,
    }
