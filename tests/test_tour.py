"""The pages that people follow line by line: their commands and their Python are run, and print what they say."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

SCRIPT = "import sys\nsys.path.insert(0, {root!r})\nfrom search.cli import main\nmain()\n"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the seeds and `bin/telusur`, as a clone has them."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    (folder / "bin").mkdir()
    command = folder / "bin" / "telusur"
    command.write_text(f"#!{sys.executable}\n" + SCRIPT.format(root=str(ROOT)))
    command.chmod(0o755)
    return folder


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.M | re.S)


def matches(shown: str, printed: str) -> bool:
    """Whether it was printed as shown, where … stands for anything."""
    return bool(re.fullmatch(".*".join(map(re.escape, shown.split("…"))), printed, re.S))


def test_the_tour(clone: Path) -> None:
    (tour,) = blocks("tour.md", "console")
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", tour, re.M)
    assert len(steps) == 10
    assert len((ROOT / "docs" / "tour.md").read_text(encoding="utf-8").splitlines()) <= 45
    environment = {"PATH": f"{clone / 'bin'}:{os.environ['PATH']}", "COLUMNS": "80", "HOME": str(clone)}
    for command, shown in steps:
        done = subprocess.run(
            command, shell=True, cwd=clone, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        assert matches(shown.strip(), done.stdout.strip()), f"$ {command}\n{done.stdout}"


def test_the_python_page(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    steps = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", page, re.M | re.S)
    assert [code for code, _ in steps] == blocks("python.md", "python")
    monkeypatch.chdir(clone)
    if not (clone / ".telusur").exists():
        subprocess.run([clone / "bin" / "telusur", "index", "seeds/"], check=True, capture_output=True)
    names: dict[str, object] = {}
    for code, shown in steps:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(code, "docs/python.md", "exec"), names)
        assert printed.getvalue() == shown


def test_the_packages_are_typed() -> None:
    assert [(ROOT / package / "py.typed").is_file() for package in ("index", "search")] == [True, True]
