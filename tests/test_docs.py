"""What the documentation says against what the program has."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from index.article import Article, read_articles
from search.cli import COMMANDS, app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERYWHERE = {"--help", "--install-completion", "--show-completion"}
REFERENCE = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.name in {"README.md", "cli.md"})

# Typer's command objects, taken by what they have: which class they are of depends on its version.
PROGRAM: Any = typer.main.get_command(app)


def options(command: str) -> list[Any]:
    return [parameter for parameter in PROGRAM.commands[command].params if parameter.param_type_name == "option"]


def names(parameter: Any) -> list[str]:
    return [*parameter.opts, *parameter.secondary_opts]


def test_the_commands_are_those_that_modules_reach() -> None:
    assert tuple(PROGRAM.commands) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_does(command: str) -> None:
    found = PROGRAM.commands[command]
    assert found.help.strip().endswith((".", "2."))
    assert re.match(rf"(\x08\n)?Examples?:\s+telusur {command}\b", found.epilog)
    for parameter in found.params:
        assert parameter.help, f"{command}: {parameter.name} has no help text"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented(command: str) -> None:
    assert re.search(rf"telusur {command}\b", REFERENCE), f"neither README.md nor docs/cli.md shows `telusur {command}`"


@pytest.mark.parametrize("command", COMMANDS)
def test_its_options_are_documented(command: str) -> None:
    missing = [
        name
        for parameter in options(command)
        for name in names(parameter)
        if name not in EVERYWHERE and not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", REFERENCE)
    ]
    assert not missing, f"neither README.md nor docs/cli.md speaks of {', '.join(missing)}"


def test_documented_options_exist() -> None:
    """An option in a shown `telusur …` command, on a page or in a help text, is one that this command has."""
    shown = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
    shown |= {name: command.epilog for name, command in PROGRAM.commands.items()}
    for name, text in shown.items():
        for line in text.splitlines():
            for command, rest in re.findall(r"(?:^|[\s`$(])telusur (\w+)([^`#|]*)", line):
                if command not in COMMANDS:
                    continue
                known = {option for parameter in options(command) for option in names(parameter)} | EVERYWHERE
                typed = re.sub(r"\"[^\"]*\"|'[^']*'|\s--\s.*", " ", rest)
                used = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", typed))
                assert used <= known, f"{name}: telusur {command} has no {', '.join(sorted(used - known))}"


def test_documented_commands_exist() -> None:
    shown = {
        (page.name, command)
        for page in PAGES
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for command in re.findall(r"^(?:\$ )?(?:\S*/)?telusur ([a-z]\w*)", block, re.MULTILINE)
    }
    assert not {(page, command) for page, command in shown if command not in COMMANDS}


def test_the_examples_of_articles_are_read_as_told(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names = ("a.md", "b.html", "c.csv", "d.txt.meta.json")
    for name, block in zip(names, blocks, strict=True):
        (tmp_path / name).write_text(block, encoding="utf-8")
    (tmp_path / "d.txt").write_text("Harga beras di Cipinang turun.", encoding="utf-8")
    for name in ("a.md", "b.html", "c.csv", "d.txt"):
        (article,) = read_articles(tmp_path / name)
        assert isinstance(article, Article)
        told = (article.title, article.source, article.published)
        assert told == ("Harga Beras Turun", "Harian Contoh", "2024-02-08"), name
        assert "Cipinang turun" in article.text


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page.name}: {target} is not there"


def test_what_shows_a_fault_exists() -> None:
    """Each row of the tables of faults names tests or scripts, and they are there."""
    defined = {
        path.name: set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in (ROOT / "tests").glob("test_*.py")
    }
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").partition("## Running it")[0]
    rows = [line.split("|") for line in page.splitlines()]
    shown = [row[3].strip() for row in rows if len(row) == 5 and row[3].strip() not in ("shown by", "---")]
    assert len(shown) > 40
    for cell in shown:
        file = ""
        named = re.findall(r"`([^`]+)`", cell)
        assert named or cell == "the same tests", cell
        for name in named:
            if script := re.search(r"scripts\.(\w+)", name):
                assert (ROOT / "scripts" / f"{script[1]}.py").exists(), name
                continue
            found = re.fullmatch(r"(?:tests/)?(test_\w+\.py)?(?:::)?(test_\w+)?", name)
            assert found, name
            file = found[1] or file
            assert file in defined, name
            assert found[2] is None or found[2] in defined[file], name
