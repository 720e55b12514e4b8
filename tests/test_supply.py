"""What Telusur is made of stands in the lists, and nothing of it speaks to the network."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import supply

ROOT = Path(__file__).parent.parent


def test_everything_needed_is_pinned_hashed_and_listed_with_its_licence() -> None:
    pinned, needed = supply.pinned(), supply.needed()
    assert needed.keys() - pinned.keys() == set()
    listed = supply.LICENCES.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (.+) \|$", listed, re.MULTILINE)[1:]
    assert {name for name, _, _ in rows[1:]} | {rows[0][0]} == needed.keys()
    for name, version, terms in rows:
        assert version.partition("+")[0] == pinned[name]
        assert terms != "not said in its metadata"
        assert not re.fullmatch("A?GPL.*", terms), f"{name} may not be used"
    hashed = supply.HASHED.read_text()
    found = dict(re.findall(r"^(\S+)==(\S+)(?= )", hashed, re.MULTILINE))
    assert found == {name: pinned[name] for name in needed.keys() - {*supply.UNHASHED}}
    blocks = re.split(r"\n(?=\S)", hashed.partition("\n")[2])
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)


def test_constraints_fit_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = supply.pinned()
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for wanted in (Requirement(text) for group in groups for text in group):
        if wanted.name != "telusur":
            assert wanted.specifier.contains(pinned[canonicalize_name(wanted.name)]), wanted


def test_nothing_unpickles() -> None:
    """No reader of pickles is called anywhere; what numpy and torch read is told not to take any."""
    calls = re.compile(
        r"\b(?:pickle|cPickle|dill|joblib|shelve|marshal)\b|torch\.load|allow_pickle=True|np\.load\(|(?<!\.)\beval\(|\bexec\("
    )
    for package in ("index", "search"):
        for path in (ROOT / package).rglob("*.py"):
            assert not [line for line in path.read_text().splitlines() if calls.search(line)], path


# Every Python process that is started imports this first: the reading process too.
WATCH = """
import sys
def hear(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        print("REACHED FOR THE NETWORK", event, arguments, file=sys.stderr, flush=True)
        raise OSError("there is no network")
    if event == "pickle.find_class":
        print("UNPICKLED", arguments, file=sys.stderr, flush=True)
sys.addaudithook(hear)
"""
USE = r"""
import sys
from pathlib import Path
from index.encoder import open_encoder
from index.update import update
from search.cli import main
from search.engine import Searcher
seeds, root, hub = map(Path, sys.argv[1:])
assert update(root, [seeds]).articles == 6
with Searcher.open(root) as searcher:
    answer = searcher.search("Apa kata Xi tentang Kuba?")
    assert answer.answered
    hit = answer.hits[0]
def telusur(*line):
    sys.argv[1:] = [*line, "--index", str(root)]
    try:
        main()
    except SystemExit as end:
        return end.code
draft, benchmark, hits = (root.parent / name for name in ("draf.md", "uji", "jawaban.jsonl"))
draft.write_text("Xi berkata “saling mendukung dalam membangun sosialisme dengan karakteristik masing-masing” kemarin.")
(benchmark / "qrels").mkdir(parents=True)
(benchmark / "queries.jsonl").write_text('{"_id": "q", "text": "Kuba"}')
(benchmark / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t" + hit.article_id + "\t1")
(root.parent / "tanya.txt").write_text("Apa kata Xi tentang Kuba?")
for line in (
    ["watchlist", "add", "kerja sama Kuba"], ["watchlist", "list"], ["status"], ["verify", "--deep"],
    ["verify", "--quotes", str(draft)], ["show", hit.passage_id, "--cite", "bibtex"], ["related", hit.passage_id],
    ["eval", str(benchmark)], ["search", "Kuba", "--timeline", "--plot", str(root.parent / "a.svg")],
    ["search", "--batch", str(root.parent / "tanya.txt"), "--output", str(hits)],
):
    assert telusur(*line) == 0, line
(seeds / "baru.txt").write_text("Xi dan Kuba membahas kerja sama Kuba dengan China pada Jumat di Beijing.")
assert update(root, [seeds]).added == 1
assert telusur("watchlist", "run") in (0, 1)
encoder = open_encoder(str(hub))
assert type(encoder).__name__ == "SentenceTransformerEncoder"
assert encoder.encode_passages(["harga beras"]).shape == (1, 32)
"""


def test_nothing_leaves_the_machine(tmp_path: Path, tiny_encoder: Path, seeds: Path) -> None:
    """Indexing (a web page among the articles), every command that reads or keeps, a model of another library."""
    articles = Path(shutil.copytree(seeds, tmp_path / "berita"))
    remote = '<link rel="stylesheet" href="http://example.com/a.css"><img src="http://example.com/a.png">'
    (articles / "a.html").write_text(
        f"<html><head>{remote}</head><body><p>Harga beras turun di pasar.</p></body></html>"
    )
    hub = Path(shutil.copytree(tiny_encoder, tmp_path / "hub"))
    (hub / "1_Pooling" / "config.json").write_text('{"word_embedding_dimension": 32, "pooling_mode_max_tokens": true}')
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    trace = tmp_path / "calls"
    strace = shutil.which("strace")  # sees also what is no Python
    prefix = [strace, "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto", "-o", str(trace)] if strace else []
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment["PYTHONPATH"] = os.pathsep.join((str(tmp_path), str(ROOT)))
    line = [*prefix, sys.executable, "-c", USE, str(articles), str(tmp_path / ".telusur"), str(hub)]
    done = subprocess.run(line, capture_output=True, text=True, env=environment)
    if strace and "ptrace" in done.stderr:
        pytest.skip("processes cannot be traced there")
    assert done.returncode == 0, done.stderr
    assert "REACHED" not in done.stderr
    assert "UNPICKLED" not in done.stderr
    if trace.exists():
        assert "AF_INET" not in trace.read_text()
