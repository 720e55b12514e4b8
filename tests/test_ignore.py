"""Ignore files leave out what git would leave out."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from index.corpus import Corpus
from index.ignore import IgnoreFiles, _quicken
from index.scan import LeftOut, find_files

TREE = (
    "a.txt", "b.log", "draf/1.txt", "draf/2.txt", "lama/draf/3.txt", "lama/x.txt", "lama/keep.log", "lama/deep/y.txt",
    "spasi .txt", "#tagar.txt", "!seru.txt", "2024/01/z.txt", "2024/02/z.txt", "2024/02/sisa.bak", "Ä/ö.txt",
)  # fmt: skip
RULES = [
    {"": "*.log\n!keep.log\n"},
    {"": "/draf/\n"},
    {"": "draf\n"},
    {"": "# komentar\n\n*.txt\n!a.txt\n!lama/\n"},
    {"": "lama/\n!lama/x.txt\n"},
    {"": "lama/*\n!lama/x.txt\n"},
    {"": "2024/**/z.txt\nÄ/\n"},
    {"": "**/draf\n\\#tagar.txt\n\\!seru.txt\nspasi\\ .txt\n"},
    {"": "*.txt\n", "lama": "!x.txt\n", "2024/02": "!*.txt\n*.bak\n"},
    {"": "[ab].*\n", "lama/deep": "/y.txt\n"},
    {"": "\ufeffdraf/\r\n*.log\r\n"},
]


def plant(folder: Path, rules: dict[str, str], name: str) -> Path:
    for path in TREE:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("isi")
    for place, text in rules.items():
        (folder / place / name).write_text(text, encoding="utf-8", newline="")
    return folder


def found(folder: Path, left_out: LeftOut | None = None, changed: list[Path] | None = None) -> set[str]:
    corpus = Corpus(folder / ".telusur")
    return {file.path for file in find_files(corpus, [folder], changed=changed, left_out=left_out)}


@pytest.mark.skipif(not shutil.which("git"), reason="git itself is the oracle")
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", [".gitignore", ".telusurignore"])
def test_as_git_does(tmp_path: Path, rules: dict[str, str], name: str) -> None:
    theirs = plant(tmp_path / "git", rules, ".gitignore")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=theirs, env=environment, capture_output=True, check=True)
        return done.stdout.decode()

    git("init", "-q")
    listed = git("ls-files", "-z", "--others", "--exclude-standard").split("\0")
    expected = {path for path in listed if path and not path.endswith(".gitignore")}
    ours = plant(tmp_path / "ours", rules, name)
    assert found(ours) == expected
    assert found(ours, changed=[ours / path for path in TREE]) == expected  # one by one, as `watch` looks at them
    assert expected < set(TREE)


def test_ours_has_the_last_word_in_a_folder(tmp_path: Path) -> None:
    folder = plant(tmp_path, {"": "*.txt\ndraf/\n2024/\n"}, ".gitignore")
    (folder / ".telusurignore").write_text("!*.txt\n!2024/\n")
    (folder / "2024/01/.gitignore").write_text("*.txt\n")  # deeper beats higher, whatever its name
    left_out = LeftOut()
    assert found(folder, left_out) == {*TREE} - {"draf/1.txt", "draf/2.txt", "lama/draf/3.txt", "2024/01/z.txt"}
    assert left_out.ignore.left_out == 3  # two folders, one file


def test_a_file_that_is_named_is_meant(tmp_path: Path) -> None:
    folder = plant(tmp_path, {"": "*.txt\n"}, ".telusurignore")
    corpus = Corpus(tmp_path / ".telusur")
    assert [file.path for file in find_files(corpus, [folder / "a.txt", folder / "draf"])] == [
        "a.txt",
        "draf/1.txt",  # rules above the named folder do not count
        "draf/2.txt",
    ]


def test_a_line_that_is_no_pattern_is_named_and_the_rest_holds(tmp_path: Path) -> None:
    folder = plant(tmp_path, {"": "*.log\n!\ndraf\n"}, ".telusurignore")
    left_out = LeftOut()
    assert found(folder, left_out) == {path for path in TREE if "draf" not in path and not path.endswith(".log")}
    ((path, reason),) = left_out.named()
    assert path == folder / ".telusurignore"
    assert reason.startswith("line 2 is no pattern")


def test_an_ignore_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").mkdir()
    ignore = IgnoreFiles()
    assert not ignore.leave_out(str(tmp_path), str(tmp_path), "a.txt", is_folder=False)
    ((path, reason),) = ignore.problems
    assert path == tmp_path / ".gitignore"
    assert "leaves nothing out" in reason


def test_an_ignore_file_that_is_a_link_a_pipe_or_endless(tmp_path: Path) -> None:
    for name, place in (("link", "/dev/zero"), ("pipe", None), ("long", None)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.txt").write_text("isi")
        if place:
            (folder / ".telusurignore").symlink_to(place)
        elif name == "pipe":
            os.mkfifo(folder / ".telusurignore")
        else:
            (folder / ".telusurignore").write_bytes(b"*.txt\n" * 20_000)
        left_out = LeftOut(IgnoreFiles())
        assert found(folder, left_out) == {"a.txt"}
        ((path, why),) = left_out.ignore.problems
        assert path.name == ".telusurignore"
        assert why.endswith("so it leaves nothing out")


PIECES = ["a", "b", "*", "*", "?", "**/", "/", "/**/", "[ab]", "\\*", ".", "!"]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), st.lists(st.sampled_from("aab./*"), min_size=1))
def test_patterns_mean_what_they_meant(pieces: list[str], letters: list[str]) -> None:
    """pathspec's own expression is the oracle of the one that is quick."""
    path = "".join(letters).strip("/")
    try:
        theirs, ours = (GitIgnoreSpec.from_lines(["".join(pieces)]) for _ in range(2))
    except ValueError:
        return
    try:
        for pattern in ours.patterns:
            _quicken(pattern)
    except ValueError:
        assert "".join(pieces).count("*") >= 3
        return
    assert ours.check_file(path).include == theirs.check_file(path).include


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "/".join(["*a" * 20] * 4) + "b", "*?" * 2 + "b"])
def test_stars_are_not_tried_in_all_combinations(tmp_path: Path, pattern: str) -> None:
    """The first of these would take longer than the world has lasted."""
    plant(tmp_path, {"": f"{pattern}\n"}, ".telusurignore")
    (tmp_path / ("a" * 200 + ".txt")).write_text("isi")
    assert "a" * 200 + ".txt" in found(tmp_path)


def test_stars_in_too_many_places_are_named(tmp_path: Path) -> None:
    plant(tmp_path, {"": "*?*?*?*b\na.txt\n"}, ".telusurignore")
    left_out = LeftOut(IgnoreFiles())
    assert "a.txt" not in found(tmp_path, left_out)
    assert [why for _, why in left_out.ignore.problems] == ["line 1 is no pattern: too many stars"]
