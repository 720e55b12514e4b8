"""Bytes to read: of a file, an attachment, or what is compressed in either; never more of them than a limit says."""

import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol, Self

from index.errors import ArticleError

COMPRESSED = (".gz", ".xz", ".zst", ".bz2")
MAX_GROWTH = 100  # times its own size that a compressed file may expand to; news text reaches 3 to 15 …
MIN_EXPANDED = 64_000_000  # … but a few copies of one line far more: so many bytes are always read
DECODER_MEMORY = 256_000_000  # bytes that expanding may take
_CHUNK = 1 << 18


class _Decompressor(Protocol):
    """What the decompressors of lzma, bz2 and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Source:
    """Something to read: its name (the ending tells the format), its size in bytes as it lies there, its content."""

    name: str
    size: int
    open: Callable[[], io.BufferedIOBase]

    @classmethod
    def of(cls, path: Path) -> Self:
        """A file. Raises OSError."""
        return cls(path.name, path.stat().st_size, lambda: path.open("rb"))

    @classmethod
    def holding(cls, name: str, content: bytes) -> Self:
        """What is at hand already, such as an attachment."""
        return cls(name, len(content), lambda: io.BytesIO(content))

    @property
    def ending(self) -> str:
        """The ending of the name, in small letters, with its dot."""
        return PurePath(self.name).suffix.lower()

    def head(self, size: int) -> bytes:
        """The first bytes, as many as come at once: what is cut off further on must not keep them back."""
        with self.open() as file:
            return file.read1(size)

    def read(self, limit: int) -> bytes:
        """Everything. Raises ArticleError when that is more than `limit` bytes."""
        with self.open() as file:
            content = b"" if self.size > limit else file.read(limit + 1)
        size = max(self.size, len(content))
        if size > limit:
            raise ArticleError(f"too large: {size:,} bytes, at most {limit:,} are read", "split it into articles")
        return content

    def expanded(self, kind: str) -> "Source":
        """What is compressed in it; `kind` is one of COMPRESSED."""
        name = self.name[: -len(self.ending)] if self.ending in COMPRESSED else self.name
        return Source(name, self.size, lambda: stream(self._expand(kind)))

    def _expand(self, kind: str) -> Iterator[bytes]:
        """The expanded bytes in pieces. Raises ArticleError: damaged, cut off, or over the limit."""
        limit = max(MIN_EXPANDED, MAX_GROWTH * self.size)
        total = 0
        try:
            with self.open() as file:
                for piece in _gunzipped(file) if kind == ".gz" else _decompressed(file, _decompressor(kind)):
                    total += len(piece)
                    if total > limit:
                        msg = f"expands to more than {limit:,} bytes, the limit for {self.size:,} compressed ones"
                        raise ArticleError(msg, "if it is no bomb, expand it yourself")
                    yield piece
        except EOFError as error:
            msg = f"cut off: its {kind} data end too soon; what came before was read"
            raise ArticleError(msg, "fetch the file again") from error
        except ArticleError:
            raise
        except Exception as error:  # each library has its own, and a damaged gzip file three kinds of them
            if isinstance(error, (MemoryError, ImportError)) or getattr(error, "errno", None):  # the disk's own trouble
                raise
            raise ArticleError(f"damaged {kind} data ({error})", "fetch the file again") from error


def _gunzipped(file: io.BufferedIOBase) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as expanded:
        while piece := expanded.read1(_CHUNK):
            yield piece


def _decompressor(kind: str) -> Callable[[], _Decompressor]:
    if kind == ".xz":
        import lzma

        return lambda: lzma.LZMADecompressor(memlimit=DECODER_MEMORY)
    if kind == ".bz2":
        import bz2

        return bz2.BZ2Decompressor
    from backports import zstd

    return zstd.ZstdDecompressor  # takes windows of 128 MB at most by itself


def _decompressed(file: io.BufferedIOBase, new: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """The expanded bytes of one or more streams, one after the other. Raises EOFError when the last is cut off."""
    decoder, data = new(), file.read(_CHUNK)
    if not data:
        raise EOFError
    while True:
        yield decoder.decompress(data, _CHUNK)
        data = b""
        if decoder.eof:
            data = (decoder.unused_data or file.read(_CHUNK)).lstrip(b"\0")  # streams may be padded with zeros
            if not data:
                return
            decoder = new()
        elif decoder.needs_input:
            data = file.read(_CHUNK)
            if not data:
                raise EOFError


class _Pieces(io.RawIOBase):
    """A raw file of the bytes that an iterator brings."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def close(self) -> None:
        if not self.closed and hasattr(self._pieces, "close"):
            self._pieces.close()
        super().close()


def stream(pieces: Iterator[bytes]) -> io.BufferedIOBase:
    """A file of the bytes that an iterator brings."""
    return io.BufferedReader(_Pieces(pieces), _CHUNK)
