"""A file of results is the old one or the new one."""

import os
import sys
from pathlib import Path

import pytest

from search.whole_file import write_whole


def test_a_file_is_written_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "run.trec"
    for text in ("satu\n", "dua é\n"):
        write_whole(path, text)
        assert path.read_bytes() == text.encode()
    assert [found.name for found in tmp_path.iterdir()] == ["run.trec"]


def test_what_fails_half_way_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.trec"
    path.write_text("lama")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "baru")
    assert path.read_text() == "lama"
    assert [found.name for found in tmp_path.iterdir()] == ["run.trec"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_followed_and_devices_written(tmp_path: Path) -> None:
    (tmp_path / "jauh").mkdir()
    (tmp_path / "jauh" / "run.trec").write_text("lama")
    (tmp_path / "run.trec").symlink_to(tmp_path / "jauh" / "run.trec")
    write_whole(tmp_path / "run.trec", "baru")
    assert (tmp_path / "run.trec").is_symlink()
    assert (tmp_path / "jauh" / "run.trec").read_text() == "baru"
    write_whole(Path(os.devnull), "baru")
    assert not Path(os.devnull).is_file()
