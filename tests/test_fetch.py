"""From the command line to a model on this machine, against the hub of `test_hub`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from test_cli import Run, run
from test_hub import COMMIT, Hub, hub

from index.presets import hub_folder
from search.fetch import in_bytes

__all__ = ["hub", "run"]  # fixtures


@pytest.fixture
def article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one article; few everyday questions, for speed."""
    monkeypatch.setattr("index.calibration.EVERYDAY_QUESTIONS", ("Siapa?", "Who?"))
    folder = tmp_path / "berita"
    folder.mkdir()
    (folder / "a.txt").write_text("Harga beras naik di Demak. Warga menunggu bantuan pangan sejak pagi.\n")
    return folder


def terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Let standard input be a person who answers so."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda text, **_: answer == "y")


def test_with_nobody_to_ask_nothing_is_downloaded(run: Run, hub: Hub, article: Path, tmp_path: Path) -> None:
    result = run("index", article, "--encoder", hub.name, "--index", tmp_path / "i", stdin="")
    assert (result.code, result.out, hub.asked) == (2, "", [])
    error, hint = result.err.splitlines()
    assert error.startswith(f"error: the model {hub.name} is not on this machine, and nobody is there to be asked")
    assert "--yes" in hint
    assert "--encoder bundled" in hint
    result = run("index", article, "--encoder", "bge-m3", "--index", tmp_path / "i", stdin="")
    assert "2.3 GB, licence MIT" in result.err


def test_yes_shows_downloads_indexes_and_asks_the_hub_no_more(
    run: Run, hub: Hub, article: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "i"
    result = run("index", article, "--encoder", hub.name, "--dimensions", 16, "--index", index, "--yes", "--json")
    assert result.json["encoded"] == 1
    assert f"{hub.name}, revision {COMMIT[:12]}: " in result.err
    assert "kB to download, licence mit" in result.err
    hub.status = 500  # from here on the hub is gone
    hub.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert run("search", "harga beras", "--all", "--index", index, "--json").json["hits"]
    assert run("status", "--index", index, "--json").json["encoder"]["name"] == f"{hub.name}:16"
    assert run("index", article, "--index", index).code == 0
    assert run("index", article, "--encoder", hub.name, "--index", index, "--json").json["encoded"] == 1
    assert hub.asked == []


def test_a_person_is_asked_and_may_say_no(
    run: Run, hub: Hub, article: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(monkeypatch, "n")
    result = run("index", article, "--encoder", hub.name, "--index", tmp_path / "i")
    assert result.code == 2
    assert "was not downloaded" in result.err
    assert hub_folder(hub.name) is None
    assert not [path for _, path, _ in hub.asked if "resolve" in path]
    terminal(monkeypatch, "y")
    assert run("index", article, "--encoder", hub.name, "--index", tmp_path / "i").code == 0


def test_models_downloads_ahead_of_a_journey(run: Run, hub: Hub) -> None:
    result = run("models", "--download", hub.name, "--yes")
    assert result.code == 0
    assert str(hub_folder(hub.name)) in result.out
    assert run("models", "--download", hub.name, "--json").json["folder"] == str(hub_folder(hub.name))
    assert run("models", "--download", "./x", "--yes").code == 2


def test_a_gated_model_says_what_to_do(run: Run, hub: Hub) -> None:
    hub.status = 403
    result = run("models", "--download", hub.name, "--yes")
    assert result.code == 2
    assert "accept its terms" in result.err
    assert "hf auth login" in result.err


def test_code_comes_only_when_trusted(run: Run, hub: Hub) -> None:
    result = run("models", "--download", "gte-multilingual-base", "--yes")
    assert result.code == 2
    assert "--trust-remote-code" in result.err
    run("models", "--download", hub.name, "--yes")
    folder = hub_folder(hub.name)
    assert folder is not None
    assert not [*folder.glob("*.py")]
    shutil.rmtree(os.environ["HF_HUB_CACHE"])
    run("models", "--download", hub.name, "--yes", "--trust-remote-code")
    assert [path.name for path in folder.glob("*.py")] == ["train_script.py"]


def test_options_of_an_encoder_need_one(run: Run, article: Path) -> None:
    for option in (["--dimensions", "64"], ["--backend", "onnx"], ["--trust-remote-code"]):
        result = run("index", article, *option)
        assert result.code == 2
        assert "belong to --encoder" in result.err
    result = run("index", article, "--encoder", "bundled", "--backend", "abacus")
    assert "no back end 'abacus'" in result.err


def test_dimensions_that_nobody_trained_are_noticed(run: Run, article: Path, tmp_path: Path) -> None:
    result = run("index", article, "--encoder", "bundled", "--dimensions", 64, "--index", tmp_path / "i")
    assert result.code == 0
    assert "notice: bundled was trained to give 384 dimensions; measure 64 first" in result.err


def test_the_whole_way_with_nothing_but_the_environment(hub: Hub, tmp_path: Path) -> None:
    """As the installed command, in a process of its own: HF_ENDPOINT leads to the hub, HF_HUB_OFFLINE away from it."""
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "PYTHONPATH": str(ROOT)}

    def models(**more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "search", "models", "--download", hub.name, "--yes"]
        return subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, check=False)

    refused = models(HF_HUB_OFFLINE="1")
    assert refused.returncode == 2
    assert "HF_HUB_OFFLINE forbids" in refused.stderr
    done = models()
    assert (done.returncode, done.stdout) == (0, f"{hub.name} is here: {hub_folder(hub.name)}\n")
    assert models(HF_HUB_OFFLINE="1").stdout == done.stdout


def test_sizes_are_readable() -> None:
    assert [in_bytes(size) for size in (950, 17_100_000, 999_000_000, 2_271_000_000)] == [
        "1 kB", "17 MB", "999 MB", "2.3 GB",
    ]  # fmt: skip
