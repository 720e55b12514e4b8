"""An index open for reading: one visible state at a time, and the encoder that belongs to it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.corpus import Corpus
from index.encoder import open_encoder
from index.errors import IndexUnusableError
from index.lexicon import Lexicon
from index.stores import open_vectors
from search.legs import Opened
from search.shared_encoder import SharedEncoder

SWAP_SECONDS = 0.5  # so long an index may be away while another is moved to its place

Encode = Callable[[SharedEncoder], NDArray[np.float32]]


class Reader:
    """An open index, safe to share between threads: it sees each update, and an index that takes this one's place.

    While there is none to be read, looking into it raises IndexUnusableError.
    """

    def __init__(self, root: Path) -> None:
        """Open the index in `root`. Raises IndexUnusableError."""
        self.corpus = Corpus(root)
        self.catalogue = Catalogue(root)
        self._lock = threading.RLock()
        self._encoder: SharedEncoder | None = None
        self._opened: Opened | None = None
        self._missing_since: float | None = None

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the index in the folder `path`. Raises IndexUnusableError."""
        return cls(Path(path))

    def close(self) -> None:
        """Close the index, once nobody looks into it."""
        with self._lock:
            self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def encoder(self) -> SharedEncoder:
        """The encoder of the index as it is now. Raises EncoderError, IndexUnusableError when it is not at hand."""
        with self._lock:
            self._follow()
            made_with = self._current().made_with
            if self._encoder is None or self._encoder.fingerprint != made_with["fingerprint"]:
                self._encoder = SharedEncoder(open_encoder(made_with["name"]))
            if self._encoder.fingerprint != made_with["fingerprint"]:
                raise IndexUnusableError(
                    f"the index at {self.corpus.root} was made with another encoder "
                    f"({made_with['name']}, {made_with['fingerprint']})",
                    "run `telusur index PATH… --encoder NAME` to encode its passages with the one at hand",
                )
            return self._encoder

    @contextmanager
    def encoded(self, encode: Encode | None) -> Iterator[tuple[Opened, NDArray[np.float32] | None]]:
        """A state of the index, and a vector by the encoder of that very state; encoding keeps nobody else waiting."""
        while True:
            encoder = self.encoder if encode else None
            vector = encode(encoder) if encode and encoder else None
            with self.state() as opened:
                if encoder is None or opened.made_with["fingerprint"] == encoder.fingerprint:
                    yield opened, vector
                    return

    @contextmanager
    def state(self) -> Iterator[Opened]:
        """One visible state of the index: the files that belong to it, and a snapshot of the catalogue."""
        with self._lock:
            self._follow()
            while True:
                opened = self._opened or self._current()
                with self.catalogue.snapshot():
                    if self.catalogue.get("generation") == opened.generation:
                        yield opened
                        return
                self._current()

    def _follow(self) -> None:
        """Turn to the catalogue that lies in the index's place now. Not to be called inside a snapshot."""
        while not self.catalogue.in_place():
            try:
                found = Catalogue(self.corpus.root)
            except IndexUnusableError:
                now = time.monotonic()
                self._missing_since = self._missing_since or now
                if now - self._missing_since > SWAP_SECONDS:
                    raise
                time.sleep(0.02)
                continue
            self.catalogue.close()
            self.catalogue, self._opened = found, None
        self._missing_since = None

    def _current(self) -> Opened:
        """The files of the newest state, opened anew when an update was committed."""
        # The lexicon drops what is gone only after the commit that says so: seeing the same generation before and after
        # opening it, nothing that this state needs was missing.
        while self._opened is None or self._opened.generation != self.catalogue.get("generation"):
            generation = self.catalogue.get("generation")
            try:
                self._opened = self._open_files(generation)
            except IndexUnusableError:
                if self.catalogue.get("generation") == generation:
                    raise  # else a merge took a file away between looking and opening
        return self._opened

    def _open_files(self, generation: int) -> Opened:
        made_with = self.catalogue.get("encoder")
        if not made_with:
            raise IndexUnusableError(
                f"the index at {self.corpus.root} is empty: its first update never finished",
                "run `telusur index FOLDER` again",
            )
        root = self.corpus.root
        vectors = open_vectors(root, self.catalogue)
        lexicon = Lexicon(root / "lexicon" / self.catalogue.get("lexicon"))
        return Opened(generation, vectors, lexicon, made_with, self.catalogue.get("calibration"))
