"""One encoder for many threads: questions that come at the same time are encoded in one batch.

A question that comes alone is encoded at once, by its own thread; those that come while the encoder is busy wait for it
together, and the first of them to get it encodes them all. Nobody waits for others to come.
"""

import threading
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder

Vectors = NDArray[np.float32]

AT_ONCE = 16  # texts in one batch; in larger ones a question gets no cheaper (docs/performance.md)


class SharedEncoder:
    """Questions and pasted texts to vectors, for any number of threads; any encoder behind it runs in one at a time."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._busy = threading.Lock()
        self._waiting: deque[_Question] = deque()
        self.name, self.dimension, self.fingerprint = encoder.name, encoder.dimension, encoder.fingerprint
        self.batches = 0  # encoded so far
        self.questions = 0
        self._ready: dict[str, Vectors] = {}

    def encode_query(self, text: str) -> Vectors:
        """Encode one question: (dimension,), float32, of length 1. Raises what the encoder raises."""
        ready = self._ready.get(text)
        if ready is not None:
            return ready
        mine = _Question(text)
        self._waiting.append(mine)
        while not mine.done:
            with self._busy:
                if not mine.done:
                    self._encode_some()
        if mine.error is not None:
            raise mine.error
        assert mine.vector is not None  # noqa: S101
        return mine.vector

    def make_ready(self, texts: Sequence[str]) -> None:
        """Encode, in one batch, questions that are about to be asked, and forget those made ready before."""
        new = [text for text in dict.fromkeys(texts) if text not in self._ready]
        kept = {text: self._ready[text] for text in texts if text in self._ready}
        self._ready = kept | dict(zip(new, self.encode_queries(new), strict=True)) if new else kept

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions: (n, dimension), float32, rows of length 1."""
        with self._busy:
            return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages: (n, dimension), float32, rows of length 1; questions may be encoded in between."""
        rows = [np.empty((0, self.dimension), np.float32)]
        for begin in range(0, len(texts), AT_ONCE):
            with self._busy:
                rows.append(self._encoder.encode_passages(texts[begin : begin + AT_ONCE]))
        return np.concatenate(rows)

    def _encode_some(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        try:
            vectors = self._encoder.encode_queries([question.text for question in batch])
            for question, vector in zip(batch, vectors, strict=True):
                question.vector = vector
        except Exception as error:
            for question in batch:
                question.error = error
        finally:
            self.batches += 1
            self.questions += len(batch)
            for question in batch:
                question.done = True


class _Question:
    __slots__ = ("done", "error", "text", "vector")

    def __init__(self, text: str) -> None:
        self.text = text
        self.vector: Vectors | None = None
        self.error: Exception | None = None
        self.done = False
