"""Compressed files: what comes out of them, and how much of it at most."""

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import index.reading.source
from index.article import Article, read_articles
from index.errors import ArticleError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROWS = b'{"text": "Harga beras naik."}\n{"text": "Harga cabai turun."}\n'
PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
    ".bz2": bz2.compress,
}


def outcome(path: Path) -> list[str]:
    """The texts of a file's articles, and what is wrong with the rest."""
    found: list[str] = []
    try:
        for one in read_articles(path):
            found.append(one.text if isinstance(one, Article) else str(one))
    except ArticleError as error:
        found.append(f"{error}" if error.hint else "an error without a hint")
    return found


@pytest.mark.parametrize("ending", PACKED)
def test_compressed(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(PACKED[ending](ROWS))
    assert outcome(path) == ["Harga beras naik.", "Harga cabai turun."]
    path.write_bytes(PACKED[ending](ROWS[:30]) + PACKED[ending](ROWS[30:]))  # one stream after the other
    assert outcome(path) == ["Harga beras naik.", "Harga cabai turun."]
    single = tmp_path / f"a.txt{ending}"
    single.write_bytes(PACKED[ending]("Isi “satu”.".encode("utf-16")))
    assert outcome(single) == ["Isi “satu”."]


@pytest.mark.parametrize("ending", PACKED)
def test_what_is_cut_off_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    whole = PACKED[ending](b"".join(b'{"text": "Harga nomor %d."}\n' % n for n in range(400)))
    path.write_bytes(whole[: len(whole) * 9 // 10])
    assert outcome(path)[-1] == f"cut off: its {ending} data end too soon; what came before was read"
    path.write_bytes(b"")
    assert outcome(path) == ["empty: nothing but white space"]


@pytest.mark.parametrize("ending", [".gz", ".xz", ".bz2"])
def test_what_is_damaged_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    whole = PACKED[ending](b"".join(b'{"text": "Harga nomor %d."}\n' % n for n in range(400)))
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(byte ^ 0x5A for byte in whole[middle : middle + 64]) + whole[middle + 64 :])
    assert not outcome(path)[-1].startswith("Harga")


def test_rows_before_the_end_of_a_cut_off_file_go_in(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(ROWS)[:-4])
    assert outcome(path) == [
        "Harga beras naik.",
        "Harga cabai turun.",
        "cut off: its .gz data end too soon; what came before was read",
    ]


@pytest.mark.parametrize("ending", PACKED)
def test_a_bomb_is_not_expanded_to_its_end(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.reading.source, "MIN_EXPANDED", 3_000_000)
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(PACKED[ending](ROWS + b"\n" * 4_000_000))
    size = path.stat().st_size
    assert outcome(path)[-1] == f"expands to more than 3,000,000 bytes, the limit for {size:,} compressed ones"


def test_memory_for_expanding_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.reading.source, "DECODER_MEMORY", 1_000_000)
    path = tmp_path / "a.jsonl.xz"
    path.write_bytes(lzma.compress(ROWS))
    assert outcome(path) == ["damaged .xz data (Memory usage limit exceeded)"]


def test_files_packed_in_each_other_have_an_end(tmp_path: Path) -> None:
    content = b"Isi."
    for _ in range(3):
        content = gzip.compress(content)
    path = tmp_path / "a.txt.gz.gz.gz"
    path.write_bytes(content)
    assert outcome(path) == ["Isi."]
    path.write_bytes(gzip.compress(gzip.compress(content)))
    assert "too deep" in outcome(path)[0]
