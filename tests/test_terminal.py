"""What a terminal gets: links where it can follow them, lines that fit, completion in its shell."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from socket import gethostname

import pytest
from conftest import ROOT
from test_wrap import columns

from search import terminal

CODES = re.compile("\x1b\\[[0-9;]*m|\x1b\\]8;;[!-~]*\x1b\\\\")
ENVIRONMENT = ("TERM", "NO_COLOR", "FORCE_HYPERLINK", "VTE_VERSION", "TERM_PROGRAM", "INSIDE_EMACS", "TMUX", "COLUMNS")


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """As on xterm, without what this environment says of its own terminal."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "linked"),
    [
        ({}, True),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux,1,0"}, True),
        ({"VTE_VERSION": "7200"}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "screen"}, False),
        ({"TERM": "eterm-color"}, False),
        ({"INSIDE_EMACS": "29.1,comint"}, False),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"VTE_VERSION": "4601"}, False),
        ({"TERM": "linux", "FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "0"}, False),
        ({"NO_COLOR": "1", "FORCE_HYPERLINK": "1"}, False),  # NO_COLOR promises plain text
    ],
)
def test_which_terminals_get_links(on_terminal: pytest.MonkeyPatch, variables: dict[str, str], linked: bool) -> None:
    for name, value in variables.items():
        on_terminal.setenv(name, value)
    assert (terminal.link() is not None) == linked


def test_no_links_in_a_pipe(on_terminal: pytest.MonkeyPatch) -> None:
    on_terminal.setattr(sys.stdout, "isatty", lambda: False)
    assert terminal.link() is None


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "file://{host}{here}/a%20b/c%1B%5D%23.txt"),
        ({"TERM": "xterm-kitty"}, "file://{host}{here}/a%20b/c%1B%5D%23.txt#11"),
        ({"TERM_PROGRAM": "vscode"}, "vscode://file{here}/a%20b/c%1B%5D%23.txt:11"),
    ],
)
def test_where_a_link_leads(
    on_terminal: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], address: str
) -> None:
    on_terminal.chdir(tmp_path)
    for name, value in variables.items():
        on_terminal.setenv(name, value)
    link = terminal.link()
    assert link is not None
    assert link("a b/c\x1b]#.txt", 11) == address.format(host=gethostname(), here=tmp_path)
    assert link("a", None) == address.format(host=gethostname(), here=tmp_path).split("/a%20b")[0] + "/a"


@pytest.fixture(scope="module")
def telusur(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of this checkout, under its name."""
    command = tmp_path_factory.mktemp("bin") / "telusur"
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom search.cli import main\nmain()\n"
    command.write_text(f"#!{sys.executable}\n{code}")
    command.chmod(0o755)
    return command


def screen(command: list[object], width: int, **environment: str) -> str:
    """What a command writes to a terminal of so many columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    variables = {"TERM": "xterm", "PATH": os.environ["PATH"], **environment}
    with subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=its, env=variables):
        os.close(its)
        seen = b""
        while select.select([ours], [], [], 120)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end was closed
                break
            if not piece:
                break
            seen += piece
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("width", [60, 80, 140])
def test_an_answer_on_a_terminal(telusur: Path, seeds_index: Path, width: int) -> None:
    seen = screen([telusur, "search", "Xi Kazakhstan", "-k", 2, "--index", seeds_index], width)
    lines = CODES.sub("", seen).splitlines()
    assert "\x1b" not in "".join(lines)
    assert 40 < max(map(columns, lines)) <= min(width, 110)  # longer lines are hard to read
    link = f"\x1b]8;;file://{gethostname()}{ROOT / 'seeds' / '004_a52a0b3d5800b4bf.txt'}\x1b\\"
    assert seen.count(link) >= 1
    assert seen.count("\x1b]8;;\x1b\\") * 2 == seen.count("\x1b]8;;")


# --- completion --------------------------------------------------------------------------------------------------

COMPLETIONS = [
    ("telusur sea", {"search"}),
    ("telusur search --mode ", {"hybrid", "semantic", "lexical"}),
    ("telusur search --language ", {"id", "en"}),
    ("telusur show x --cite m", {"markdown"}),
    ("telusur index --encoder multilingual-e5-s", {"multilingual-e5-small"}),
]
HEAVY = {"numpy", "faiss", "torch", "tantivy", "mcp"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_in_a_shell(telusur: Path, shell: str) -> None:
    """The function that a shell runs at the tab key, in a real bash, and what zsh and fish ask for."""
    typed, expected = COMPLETIONS[1]
    if shell == "bash":
        code = f'eval "$(_TELUSUR_COMPLETE=source_bash telusur)"; COMP_WORDS=({typed} ""); COMP_CWORD=3'
        code += '; _telusur_completion telusur; printf "%s\\n" "${COMPREPLY[@]}"; complete -p telusur'
        command, variables = ["bash", "-c", code], {}
    else:
        command = [str(telusur)]
        variables = {"_TYPER_COMPLETE_ARGS": typed, "_TELUSUR_COMPLETE": f"complete_{shell}"}
        variables |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"} if shell == "fish" else {}
    path = f"{telusur.parent}:{os.environ['PATH']}"
    done = subprocess.run(command, env={"PATH": path, **variables}, capture_output=True, text=True, check=True)
    assert set(re.findall(r"hybrid|semantic|lexical", done.stdout)) == expected
    assert done.stderr == ""
    if shell == "bash":
        assert "complete -o default -F _telusur_completion telusur" in done.stdout


def test_completion_of_values_is_cheap() -> None:
    code = "import os, sys\nfrom search.cli import app\n"
    code += "for typed in sys.argv[1:]:\n os.environ['_TYPER_COMPLETE_ARGS'] = typed\n"
    code += " try: app(['x'], prog_name='telusur', standalone_mode=False)\n except SystemExit: print('--')\n"
    code += "print(*{name.split('.')[0] for name in sys.modules})"
    variables = {"_TELUSUR_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [sys.executable, "-c", code, *(typed for typed, _ in COMPLETIONS)], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, **variables}, check=True,
    )  # fmt: skip
    *found, modules = done.stdout.split("--\n")
    assert [{line.split("\t")[0] for line in lines.splitlines()} for lines in found] == [
        want for _, want in COMPLETIONS
    ]
    assert not HEAVY & set(modules.split())


def test_completion_is_shown_and_installed(telusur: Path, tmp_path: Path) -> None:
    variables = {"PATH": f"{telusur.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    code = "telusur --show-completion; telusur --install-completion; exit"  # a shell found by who runs the command
    done = subprocess.run(["bash", "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert "complete -o default -F _telusur_completion telusur" in done.stdout
    assert "bash completion installed" in done.stdout
    assert "telusur" in (tmp_path / ".bashrc").read_text()
    subprocess.run(["bash", "-n", tmp_path / ".bash_completions" / "telusur.sh"], check=True)
