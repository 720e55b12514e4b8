"""The command line as people and scripts meet it: most of it in this process, the rest as the installed command."""

import io
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from index.catalogue import Catalogue
from index.presets import presets, rerankers
from index.update import update
from index.verify import verify
from search.citation import cite
from search.cli import COMMANDS, main

TELUSUR = Path(sys.executable).with_name("telusur")
QUESTION = "Siapa utusan Tiongkok untuk Timur Tengah?"
NOTHING = "Siapa gubernur Jawa Barat?"
HIT_KEYS = {
    "rank", "score", "passage_id", "article_id", "title", "source", "published", "published_precision", "url",
    "language", "path", "line_start", "line_end", "char_start", "char_end", "text", "highlights", "also_in",
}  # fmt: skip
HEAVY = (
    "numpy", "faiss", "torch", "tantivy", "transformers", "sentence_transformers", "tokenizers", "starlette", "uvicorn",
    "prometheus_client", "mcp",
)  # fmt: skip


class Result(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, seeds_index: Path) -> Run:
    """Run a command in this process, in an empty folder, with the index of the seeds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELUSUR_INDEX", str(seeds_index))
    monkeypatch.setenv("COLUMNS", "80")

    def run_it(*arguments: object, stdin: str | None = None) -> Result:
        monkeypatch.setattr(sys, "argv", ["telusur", *map(str, arguments)])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Result(int(end.value.code or 0), captured.out, captured.err)

    return run_it


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("Harga beras naik di pasar.")
    (folder / "b.txt").write_text("Panen jagung di desa.")
    return folder


@pytest.fixture
def index(run: Run, tmp_path: Path, articles: Path, tiny_encoder: Path) -> Run:
    """`telusur index` on the articles, into an index of their own."""

    def index_it(*arguments: object) -> Result:
        return run("index", articles, "--index", tmp_path / ".telusur", "--encoder", tiny_encoder, *arguments)

    return index_it


def environment(**changes: str | None) -> dict[str, str]:
    """An environment for a process: ours without what would change its output, and with `changes`."""
    hidden = {"NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "LC_ALL", "LANG", "TELUSUR_INDEX"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden and not name.startswith("PYTHON")}
    return kept | {name: value for name, value in changes.items() if value is not None}


def telusur(*arguments: object, **changes: str | None) -> Result:
    done = subprocess.run(
        [TELUSUR, *map(str, arguments)], capture_output=True, env=environment(**changes), check=False, timeout=120
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def python(code: str, *arguments: object, **changes: str | None) -> Result:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, env=environment(**changes), check=False, timeout=120,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr)


def assert_fails(result: Result, error: str, hint: str = "") -> None:
    """Exit code 2, nothing on stdout, one line of error and one of hint."""
    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["error", "hint"], result.err
    assert error in lines[0]
    assert hint in lines[1]


# --- search ------------------------------------------------------------------------------------------------------


def test_an_answer_for_a_person(run: Run) -> None:
    result = run("search", QUESTION, "-k", 2)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "1. unknown publisher · undated"
    assert "»Utusan Tiongkok untuk Timur Tengah, Zhai Jun" in " ".join(result.out.split())
    assert any("003_9b7df8ee4e7d4e57.txt:" in line and "#" in line for line in lines)
    assert sum(line[:2] == "2." for line in lines) == 1
    assert max(len(line) for line in lines if "/" not in line) <= 80
    assert "\x1b" not in result.out


def test_nothing_relevant(run: Run) -> None:
    assert run("search", NOTHING) == (1, "Tidak ada artikel yang relevan / No relevant article\n", "")
    assert run("search", NOTHING, "--jsonl") == (1, "", "")
    assert run("search", NOTHING, "--trec") == (1, "", "")
    found = run("search", NOTHING, "--json")
    assert (found.code, found.json["answered"], found.json["hits"]) == (1, False, [])
    nearest = run("search", NOTHING, "--all", "-k", 2)
    assert nearest.code == 1
    assert nearest.out.startswith("Tidak ada artikel yang relevan")
    assert "1. " in nearest.out


def test_json(run: Run, seeds: Path) -> None:
    result = run("search", QUESTION, "--json", "-k", 3)
    assert (result.code, result.err, len(result.out.splitlines())) == (0, "", 1)
    answer = result.json
    assert answer.keys() == {"query", "language", "mode", "answered", "confidence", "seconds", "hits"} | {
        "dates", "copies", "reranker",
    }  # fmt: skip
    assert (answer["query"], answer["language"], answer["mode"], answer["answered"]) == (QUESTION, "id", "hybrid", True)
    assert 0 <= answer["confidence"] <= 1
    for rank, hit in enumerate(answer["hits"], start=1):
        assert hit.keys() >= HIT_KEYS
        assert "explain" not in hit
        assert hit["rank"] == rank
        text = (seeds / Path(hit["path"]).name).read_text(encoding="utf-8")
        assert text[hit["char_start"] : hit["char_end"]] == hit["text"]
        assert hit["passage_id"].startswith(hit["article_id"] + "#")
    explained = run("search", QUESTION, "--json", "--explain", "-k", 1).json["hits"][0]
    assert explained.keys() >= HIT_KEYS | {"explain"}
    assert "score 0" in run("search", QUESTION, "--explain", "-k", 1, "--mode", "semantic").out


def test_json_lines_and_trec_say_the_same(run: Run) -> None:
    hits = run("search", QUESTION, "--json").json["hits"]
    assert [json.loads(line) for line in run("search", QUESTION, "--jsonl").out.splitlines()] == hits
    assert run("search", QUESTION, "--trec").out.splitlines() == [
        f"1 Q0 {hit['passage_id']} {hit['rank']} {hit['score']:.6f} telusur" for hit in hits
    ]


def test_filters(run: Run) -> None:
    def sources(*options: str) -> set[str]:
        answer = run("search", "Xi Jinping China Rusia", "--all", "--json", *options).json
        return {str(hit["source"]) for hit in answer["hits"]}

    assert sources("--source", "liputan", "--source", "kontan") == {"Liputan6.com", "KONTAN.CO.ID"}
    assert sources("--since", "2022", "--until", "2023-06-30") == {"VOA Indonesia"}
    assert sources("--path", "004*") == {"RIAU24.COM"}
    assert sources("--language", "en") == set()
    for command in (["search", "Xi Jinping"], ["search", "Xi Jinping", "--timeline"], ["related", "-"]):
        nobody = run(*command, "--source", "Kontn", "--json", stdin="Xi Jinping")
        said = "notice: no article has a source named 'Kontn'; the nearest: KONTAN.CO.ID\n"
        assert (nobody.code, nobody.err) == (1, said), command
    assert run("search", "Xi Jinping", "--source", "kontan", "--since", "2030").err == ""


def test_a_question_from_stdin_and_after_two_dashes(run: Run) -> None:
    typed = run("search", QUESTION, "--json").json
    piped = run("search", "-", "--json", stdin=f"{QUESTION}\n").json
    assert (piped["query"], piped["hits"]) == (typed["query"], typed["hits"])
    excluding = run("search", "--all", "--json", "--", "-Kuba Xi Jinping")
    assert excluding.json["query"] == "-Kuba Xi Jinping"
    assert excluding.json["hits"]
    assert all("Kuba" not in hit["text"] for hit in excluding.json["hits"])


def test_related(run: Run, seeds: Path) -> None:
    hit = run("search", QUESTION, "--json", "-k", 1).json["hits"][0]
    for target in (hit["passage_id"], hit["article_id"], hit["path"], seeds / "003_9b7df8ee4e7d4e57.txt"):
        found = run("related", target, "--json", "--all", "-k", 100).json
        assert found["hits"]
        assert hit["article_id"] not in {other["article_id"] for other in found["hits"]}
    text = (seeds / "003_9b7df8ee4e7d4e57.txt").read_text(encoding="utf-8")
    assert run("related", "-", "--json", stdin=text).json["hits"][0]["article_id"] == hit["article_id"]
    assert run("related", hit["passage_id"]).out.startswith("1. ")


def test_show(run: Run, seeds: Path) -> None:
    hit = run("search", QUESTION, "--json", "-k", 1).json["hits"][0]
    shown = run("show", hit["passage_id"], "--json").json
    assert shown["text"] == hit["text"]
    around = run("show", hit["passage_id"], "--context", 1, "--json").json
    assert hit["text"] in around["text"]
    assert [p["passage_id"] for p in around["passages"] if p["asked"]] == [hit["passage_id"]]
    assert len(around["passages"]) in (2, 3)
    whole = run("show", hit["article_id"], "--json").json["text"]
    assert whole == (seeds / "003_9b7df8ee4e7d4e57.txt").read_text(encoding="utf-8")
    printed = run("show", hit["passage_id"])
    assert (printed.code, printed.err) == (0, "")
    assert hit["passage_id"] in printed.out
    assert " ".join(hit["text"].split()) in " ".join(printed.out.split())


def test_citations(run: Run) -> None:
    hit = run("search", QUESTION, "--json", "-k", 1).json["hits"][0]
    for style in ("text", "markdown", "bibtex"):
        result = run("show", hit["passage_id"], "--cite", style)
        assert (result.code, result.err) == (0, "")
        assert result.out == cite(hit, style) + "\n"
    assert_fails(run("show", hit["passage_id"], "--cite", "apa"), "no citation style 'apa'", "text, markdown, bibtex")
    assert_fails(run("show", hit["passage_id"], "--cite", "text", "--json"), "exclude each other")


def test_status_and_models(run: Run, seeds_index: Path) -> None:
    status = run("status", "--json").json
    assert (status["articles"], status["languages"]) == (5, {"id": 5})
    hits = run("search", "Xi Jinping", "--all", "--mode", "semantic", "-k", 1000, "--trec").out.splitlines()
    assert status["passages"] == len(hits) > 5
    assert status["sources"]["VOA Indonesia"] == 1
    assert status["published"] == {"first": "2020-12-28", "last": "2024-02-08"}
    assert status["encoder"]["name"] == "bundled"
    assert status["index"] == str(seeds_index)
    assert status.keys() >= {"updated", "format", "size_bytes"}
    assert f"5 in {len(hits)} passages" in run("status").out
    models = run("models", "--json").json
    assert [model["name"] for model in models] == [preset.name for preset in (*presets(), *rerankers())]
    assert {model["kind"] for model in models} == {"encoder", "reranker"}
    assert all(isinstance(model["present"], bool) for model in models)
    assert models[0]["name"] == "bundled"
    assert models[0]["present"]
    assert {"dimension", "max_tokens", "languages", "licence", "query_prompt", "passage_prompt"} <= models[0].keys()
    assert "multilingual-e5-small" in run("models").out


def test_verify(run: Run, index: Run, tmp_path: Path, articles: Path) -> None:
    index()
    assert run("verify", "--deep", "--index", tmp_path / ".telusur") == (
        0, "The index is whole and matches the files.\n", "",
    )  # fmt: skip
    assert run("verify", "--json", "--index", tmp_path / ".telusur").json == {
        "whole": True,
        "problems": [],
        "repaired": [],
    }
    (articles / "a.txt").unlink()
    found = run("verify", "--index", tmp_path / ".telusur")
    assert found.code == 2
    assert "a.txt is gone" in found.out
    assert "telusur index" in found.out
    assert not run("verify", "--json", "--index", tmp_path / ".telusur").json["whole"]


def test_eval(run: Run, tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("q1\t003_9b7df8ee4e7d4e57.txt\t1\n")
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": QUESTION, "lang": "id"}) + "\n")
    scores = run("eval", tmp_path, "--run", tmp_path / "run.trec", "--json")
    measures = {"nDCG@10", "RR@10", "R@1", "R@10", "R@100"}
    assert scores.code == 0
    assert scores.json.keys() >= {"queries", "passages", "ci95", "by_language"} | measures
    assert scores.json["ci95"].keys() == measures
    assert scores.json["by_language"]["id"].keys() >= measures
    assert (scores.json["queries"], scores.json["R@1"]) == (1, 1.0)
    assert (tmp_path / "run.trec").read_text().startswith("q1 Q0 003_9b7df8ee4e7d4e57.txt 1 ")
    assert "nDCG@10  1.0000" in run("eval", tmp_path).out
    assert_fails(run("eval", tmp_path / "nowhere"), "cannot be read", "queries.jsonl")
    assert_fails(run("eval", tmp_path, "--run", tmp_path / "no" / "run.trec"), "there is no folder")
    assert "1 queries are few" in scores.err
    compared = run("eval", tmp_path, "--mode", "lexical", "--compare", tmp_path / "run.trec", "--json").json[
        "comparison"
    ]
    assert compared["measures"]["R@1"]["other"] == 1.0
    shown = run("eval", tmp_path, "--compare", tmp_path / "run.trec", "--show", "3").out
    assert "R@1      1.0000 1.0000 +0.0000" in shown
    assert_fails(run("eval", tmp_path, "--compare", tmp_path / "none.trec"), "none.trec cannot be read", "--run")
    assert_fails(run("eval", tmp_path, "--show", "3"), "--show")


# --- what cannot be done -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["search", ""], "the question is empty", "telusur search"),
        (["search", "?!"], "the question is empty", "telusur search"),
        (["search", "a" * 2001], "2,001 characters", "related -"),
        (["search", "Kuba", "--index", "nowhere"], "there is no index at nowhere", "telusur index"),
        (["related", "Kuba", "--index", "nowhere"], "there is no index at nowhere", "telusur index"),
        (["show", "x#1", "--index", "nowhere"], "there is no index at nowhere", "telusur index"),
        (["status", "--index", "nowhere"], "there is no index at nowhere", "telusur index"),
        (["verify", "--index", "nowhere"], "there is no index at nowhere", "telusur index"),
        (["show", "00000000#1"], "'00000000#1'", "passage_id"),
        (["related", "no/such/file.txt"], "'no/such/file.txt'", "passage_id"),
        (["search", "Kuba", "--mode", "fuzzy"], "'fuzzy'", "hybrid"),
        (["search", "Kuba", "-k", "0"], "-k is 0", "without -k"),
        (["search", "Kuba", "-k", "many"], "-k", "telusur search --help"),
        (["search", "Kuba", "--since", "8/2/2024"], "--since '8/2/2024'", "2024-02-08"),
        (["search", "Kuba", "--until", "2024-02-30"], "--until '2024-02-30'", "2024-02-08"),
        (["search", "Kuba", "--json", "--jsonl"], "exclude each other", ""),
        (["search", "Kuba", "--jsonl", "--trec"], "exclude each other", ""),
        (["search", "Kuba", "--colour"], "No such option: --colour", "telusur search --help"),
        (["search"], "Missing argument", "telusur search --help"),
        (["search", "Kuba", "Xi"], "unexpected extra argument", "quotation marks"),
        (["watchlist", "add", "Kuba", "Xi"], "unexpected extra argument", "quotation marks"),
        (["status", "Kuba"], "unexpected extra argument", "telusur status --help"),
        (["search", "Kuba", "--language", "indonesian"], "--language 'indonesian'", "id for Indonesian"),
        (["find", "Kuba"], "No such command 'find'", "telusur --help"),
        (["--nothing"], "No such option: --nothing", "telusur --help"),
        (["index"], "Missing argument", "telusur index --help"),
        (["index", "nowhere"], "nowhere is not there", "spelling"),
        (["index", ".", "--encoder", "no/such-model"], "no/such-model", ""),
    ],
)
def test_mistakes(
    run: Run, arguments: list[str], error: str, hint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if arguments[0] == "index":
        (tmp_path / "a.txt").write_text("Harga beras naik.")
        monkeypatch.setenv("TELUSUR_INDEX", str(tmp_path / ".telusur"))
    assert_fails(run(*arguments), error, hint)


def test_an_empty_text_on_stdin(run: Run) -> None:
    assert_fails(run("search", "-", stdin=""), "the question is empty")
    assert_fails(run("related", "-", stdin=" \n"), "the text is empty")


def test_the_index_goes_nowhere_else(run: Run, tmp_path: Path, articles: Path) -> None:
    package = tmp_path / "index"
    package.mkdir()
    (package / "__init__.py").write_text("")
    assert_fails(run("index", articles, "--index", package), "holds other files (__init__.py", "--index .telusur")
    assert_fails(run("index", articles, "--index", articles / "a.txt"), "is a file", "--index .telusur")
    assert [path.name for path in package.iterdir()] == ["__init__.py"]


def test_an_error_is_one_clean_line(run: Run) -> None:
    for target in ("a\x1b[31m\x9b", "a\nerror: b", "a\u202eb"):
        result = run("show", target)
        assert_fails(result, "no passage, article or file")
        assert not set("\x1b\x9b\u202e") & set(result.err)


# --- index -------------------------------------------------------------------------------------------------------


def test_index_again_does_what_changed(index: Run, articles: Path) -> None:
    counts = ("added", "changed", "renamed", "removed", "unchanged", "encoded", "articles")

    def changed(**expected: int) -> None:
        result = index("--json")
        report = result.json
        assert (result.code, report["skipped"]) == (0, [])
        assert report.keys() >= {"added", "changed", "renamed", "removed", "unchanged", "skipped", "articles",
                                 "passages", "encoded", "seconds"}  # fmt: skip
        assert {name: report[name] for name in counts if report[name]} == expected
        assert report["passages"] == report["articles"]

    changed(added=2, encoded=2, articles=2)
    changed(unchanged=2, articles=2)
    (articles / "c.txt").write_text("Gempa mengguncang kota.")
    (articles / "a.txt").write_text("Harga beras naik lagi di pasar.")
    (articles / "b.txt").rename(articles / "d.txt")
    changed(added=1, changed=1, renamed=1, encoded=2, articles=3)
    (articles / "c.txt").unlink()
    changed(removed=1, unchanged=2, articles=2)
    (articles / "e.txt").write_text("Panen jagung di desa.")  # a text that is known already
    changed(added=1, unchanged=2, articles=3)
    os.utime(articles / "a.txt", (1, 1))  # another time, the same content
    changed(unchanged=3, articles=3)


def test_index_says_what_it_did(index: Run, articles: Path) -> None:
    def said() -> list[str]:
        result = index()
        assert (result.code, result.err) == (0, "")
        return result.out.splitlines()

    first = said()
    assert first[0] == "Articles: 2 added."
    assert first[1].startswith("The index holds 2 articles in 2 passages; 2 passages encoded in ")
    (articles / "c.txt").write_text("Gempa mengguncang kota.")
    (articles / "a.txt").write_text("Harga beras naik lagi di pasar.")
    (articles / "b.txt").rename(articles / "d.txt")
    assert said()[0] == "Articles: 1 added, 1 changed, 1 renamed."
    (articles / "c.txt").unlink()
    assert said()[0] == "Articles: 1 removed, 2 unchanged."
    assert said()[0] == "Articles: 2 unchanged."


def test_dry_run_changes_nothing(index: Run, articles: Path, tmp_path: Path) -> None:
    result = index("--dry-run")
    assert (result.code, result.out, result.err) == (0, "Would be: 2 added.\n", "")
    assert not (tmp_path / ".telusur").exists()
    index()
    (articles / "a.txt").unlink()
    (articles / "c.txt").write_text("Gempa mengguncang kota.")
    assert index("--dry-run").out == "Would be: 1 added, 1 removed, 1 unchanged.\n"
    assert index("--dry-run", "--json").json["removed"] == 1
    assert index().out.startswith("Articles: 1 added, 1 removed, 1 unchanged.\n")


def test_fresh_include_and_exclude(index: Run, articles: Path) -> None:
    (articles / "draf").mkdir()
    (articles / "draf" / "c.txt").write_text("Gempa mengguncang kota.")
    assert index("--exclude", "*/draf/*", "--json").json["added"] == 2
    assert index("--json").json["added"] == 1
    assert index("--include", "a.*", "--json").json["articles"] == 1
    fresh = index("--fresh", "--json").json
    assert (fresh["added"], fresh["encoded"], fresh["articles"]) == (3, 3, 3)


def test_another_encoder_encodes_every_passage(index: Run, other_encoder: Path) -> None:
    passages = index("--json").json["passages"]
    assert index("--encoder", other_encoder, "--json").json["encoded"] == passages > 0


def test_a_lost_lexicon_is_repaired(run: Run, index: Run, tmp_path: Path) -> None:
    index()
    root = tmp_path / ".telusur"
    shutil.rmtree(root / "lexicon")
    assert_fails(run("search", "harga", "--index", root), "lexicon", "verify --repair")
    assert run("verify", "--repair", "--index", root) == (
        0,
        "Mended: the lexicon written anew, nothing encoded.\nThe index is whole and matches the files.\n",
        "",
    )
    assert run("verify", "--repair", "--json", "--index", root).json["repaired"] == []


BAD_FILES = {
    "empty.txt": (b"", "empty"),
    "blank.txt": (b" \n\t\n", "empty"),
    "binary.txt": (b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG image"),
    "zeros.txt": (b"abc\x00\x01\x02" * 50, "binary"),
    "cut.txt": ("Harga beras naik di pasar.".encode("utf-16")[:-1], "UTF-16"),
    "letter.docx": (b"PK\x03\x04", "not a Word document"),
    "letter.xyz": (b"Isi.", "unknown format .xyz"),
}


def test_bad_files_are_skipped_by_name(index: Run, articles: Path) -> None:
    for name, (content, _) in BAD_FILES.items():
        (articles / name).write_bytes(content)
    result = index("--json")
    assert result.code == 0
    assert result.json["added"] == 2
    skipped = {Path(skip["path"]).name: skip["reason"] for skip in result.json["skipped"]}
    assert skipped.keys() == BAD_FILES.keys()
    lines = result.err.splitlines()
    assert len(lines) == len(BAD_FILES)
    for name, (_, reason) in BAD_FILES.items():
        assert reason in skipped[name]
        (line,) = (line for line in lines if name in line)
        assert line.startswith("skipped ")
        assert skipped[name] in line
    again = index()
    assert again.out.startswith(f"Articles: 2 unchanged, {len(BAD_FILES)} skipped.")
    assert "formats read: .csv, .docx, .eml" in again.err


def test_a_file_name_cannot_forge_a_line(index: Run, articles: Path) -> None:
    (articles / "c\nerror: \x1b[31mhint.txt").write_bytes(b"")
    result = index()
    assert result.code == 0
    (line,) = result.err.splitlines()
    assert line.startswith("skipped ")
    assert "\x1b" not in line


def test_when_nothing_went_in(index: Run, articles: Path) -> None:
    for path in articles.iterdir():
        path.unlink()
    assert index().code == 0  # nothing was there, nothing was wrong
    (articles / "empty.txt").write_bytes(b"")
    result = index()
    assert result.code == 2
    assert result.err.startswith("skipped ")
    assert "Traceback" not in result.err


def test_which_index(
    run: Run, index: Run, tmp_path: Path, articles: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option beats the environment, which beats `.telusur` in the current folder."""
    index()
    assert run("status", "--json").json["articles"] == 5
    assert run("status", "--json", "--index", ".telusur").json["articles"] == 2
    monkeypatch.delenv("TELUSUR_INDEX")
    assert run("status", "--json").json["articles"] == 2
    hit = run("search", "beras", "--all", "--mode", "lexical", "--json").json["hits"][0]
    assert hit["path"] == "articles/a.txt"  # as one would type it here
    monkeypatch.chdir(articles)
    assert_fails(run("status"), "there is no index at .telusur")
    assert run("search", "beras", "--all", "--mode", "lexical", "--json", "--index", "../.telusur").json["hits"][0][
        "path"
    ] == "a.txt"  # fmt: skip
    monkeypatch.setenv("TELUSUR_INDEX", str(tmp_path / "elsewhere"))
    assert run("index", ".", "--encoder", tiny_encoder, "--json").json["added"] == 2
    assert (tmp_path / "elsewhere" / "catalogue.sqlite").is_file()


# --- the installed command ---------------------------------------------------------------------------------------

HELP = """
import contextlib, io, json, sys
from search.citation import cite
from search.cli import COMMANDS, main
shown = {}
for command in ("", *COMMANDS):
    sys.argv = ["telusur", *filter(None, [command]), "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            main()
        except SystemExit as end:
            assert not end.code
    shown[command] = out.getvalue()
print(json.dumps({"shown": shown, "modules": sorted(sys.modules)}))
"""


def test_help_loads_nothing_heavy_and_has_examples() -> None:
    result = python(HELP)
    assert (result.code, result.err) == (0, "")
    for command, shown in result.json["shown"].items():
        assert re.search(rf"\n  Examples?:\s+telusur {command}", shown)
        assert "--help" in shown
    overview = result.json["shown"][""]
    assert all(f"  {command} " in overview for command in COMMANDS)
    assert not {name.split(".")[0] for name in result.json["modules"]} & set(HEAVY)


SEARCH = """
import sys
from search.cli import main
try:
    main()
except SystemExit as end:
    print(end.code, *sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def test_search_asks_without_torch(seeds_index: Path) -> None:
    result = python(SEARCH, "search", QUESTION, "--index", seeds_index, "--trec")
    code, *modules = result.err.split()
    assert code == "0"
    assert "numpy" in modules
    assert not {"torch", "transformers", "sentence_transformers", "rich", "starlette", "uvicorn"} & set(modules)
    assert result.out.startswith("1 Q0 ")


def test_the_installed_command(seeds_index: Path) -> None:
    found = telusur("search", QUESTION, TELUSUR_INDEX=str(seeds_index))
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("1. unknown publisher · undated\n")
    nothing = telusur("search", NOTHING, "--json", "--index", seeds_index)
    assert (nothing.code, nothing.err, nothing.json["hits"]) == (1, "", [])
    wrong = telusur("search", "Kuba", "--index", "no/such/folder")
    assert_fails(wrong, "there is no index at no/such/folder", "telusur index")
    bare = telusur()
    assert (bare.code, bare.err) == (0, "")
    assert bare.out.startswith("Usage: telusur")


def test_by_module(seeds_index: Path, tmp_path: Path, articles: Path, tiny_encoder: Path) -> None:
    def module(*arguments: object) -> Result:
        return python("import runpy, sys; runpy.run_module(sys.argv.pop(1), run_name='__main__')", *arguments)

    bare = module("search", QUESTION, "--trec", "--index", seeds_index)
    assert (bare.code, bare.err) == (0, "")
    assert module("search", "search", QUESTION, "--trec", "--index", seeds_index) == bare
    indexed = module("index", articles, "--index", tmp_path / ".telusur", "--encoder", tiny_encoder, "--json")
    assert (indexed.code, indexed.err) == (0, "")
    assert indexed.json["added"] == 2


@pytest.mark.parametrize("hits", [1, 100])  # less than the buffer holds, and more
def test_a_closed_pipe_is_met_in_silence(seeds_index: Path, hits: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [TELUSUR, "search", "Xi Jinping", "--all", "--jsonl", "-k", str(hits), "--index", str(seeds_index)],
            stdout=writing, stderr=subprocess.PIPE, env=environment(), check=False, timeout=120,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 0


def test_utf8_whatever_the_locale_says(seeds_index: Path) -> None:
    result = telusur(
        "search", "rasa saling percaya politik", "-k", 1, "--index", seeds_index, LC_ALL="C", PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )  # fmt: skip
    assert (result.code, result.err) == (0, "")
    assert "“rasa saling percaya politik”" in result.out
    assert "·" in result.out
    done = subprocess.run(
        [TELUSUR, "search", "-", "--json", "--index", seeds_index], input="kata “Xi”".encode() + b" \xff", check=False,
        capture_output=True, env=environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
    )  # fmt: skip
    assert done.stderr == b""
    assert json.loads(done.stdout)["query"] == "kata “Xi” \ufffd"


# --- on a terminal -----------------------------------------------------------------------------------------------


def on_terminal(arguments: Sequence[object], stream: str, **changes: str | None) -> tuple[int, str, str]:
    """Run the command with one stream on a terminal: its exit code, what the terminal got, what the other one got."""
    terminal, its_end = pty.openpty()
    other = {"stdout": "stderr", "stderr": "stdout"}[stream]
    process = subprocess.Popen(
        [TELUSUR, *map(str, arguments)], stdin=subprocess.DEVNULL, env=environment(**{"TERM": "xterm", **changes}),
        **{stream: its_end, other: subprocess.PIPE},
    )  # fmt: skip
    os.close(its_end)
    seen = b""
    with process:
        while True:
            ready, _, _ = select.select([terminal], [], [], 120)
            try:
                piece = os.read(terminal, 65536) if ready else b""
            except OSError:  # how Linux says that the other end was closed
                piece = b""
            if not piece:
                break
            seen += piece
        pipe = getattr(process, other)
        rest = pipe.read().decode()
    os.close(terminal)
    return process.returncode, seen.decode(), rest


def test_colour_on_a_terminal_only_and_not_when_declined(seeds_index: Path) -> None:
    arguments = ["search", QUESTION, "-k", 1, "--index", seeds_index]
    code, seen, err = on_terminal(arguments, "stdout")
    assert (code, err) == (0, "")
    assert "\x1b[1m1. unknown publisher" in seen
    assert "\x1b[1;33mUtusan Tiongkok" in seen
    assert "»" not in seen
    for changes in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, seen, err = on_terminal(arguments, "stdout", **changes)
        assert (code, err) == (0, "")
        assert "\x1b" not in seen
        assert "»Utusan Tiongkok" in seen


def test_a_progress_bar_on_a_terminal_only(tmp_path: Path, articles: Path, tiny_encoder: Path) -> None:
    for number in range(20):
        (articles / f"n{number}.txt").write_text(f"Berita nomor {number} tentang harga beras.")
    arguments = ["index", articles, "--index", tmp_path / ".telusur", "--encoder", tiny_encoder, "--json"]
    code, seen, out = on_terminal(arguments, "stderr")
    assert code == 0
    assert "Reading and encoding" in seen
    assert "22 articles, " in seen
    assert "\x1b[" in seen
    assert json.loads(out)["added"] == 22


@pytest.fixture
def busy(tmp_path: Path, articles: Path, tiny_encoder: Path) -> Iterator[subprocess.Popen[str]]:
    """An update of an index of two articles with so many more that it is still at work when the test begins."""
    root = tmp_path / ".telusur"
    update(root, [articles], encoder=str(tiny_encoder))
    (articles / "a.txt").unlink()
    for number in range(2500):
        text = " ".join(f"Kalimat {n} dari berita nomor {number} tentang kota." for n in range(12))
        (articles / f"n{number}.txt").write_text(text)
    process = subprocess.Popen(
        [TELUSUR, "index", articles, "--index", root], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(),
    )  # fmt: skip
    with process:
        begun = time.monotonic()
        while not (root / "writer.json").exists() and process.poll() is None and time.monotonic() - begun < 60:
            time.sleep(0.01)
        yield process
        if process.poll() is None:
            process.kill()


def test_ctrl_c_leaves_the_index_as_it_was(
    busy: subprocess.Popen[str], run: Run, tmp_path: Path, articles: Path
) -> None:
    root = tmp_path / ".telusur"
    time.sleep(0.3)
    busy.send_signal(signal.SIGINT)
    out, err = busy.communicate(timeout=60)
    said = "interrupted: the index holds 2 articles; run the same command again to go on\n"
    assert (busy.returncode, out, err) == (130, "", said)
    with closing(Catalogue(root)) as catalogue:
        assert {Path(state.path).name for state in catalogue.files()} == {"a.txt", "b.txt"}
        assert catalogue.get("generation") == 1
    assert [problem.what for problem in verify(root)] == ["articles/a.txt is gone"]
    found = run("search", "beras jagung", "--mode", "lexical", "--all", "--trec", "--index", root)
    assert len(found.out.splitlines()) == 2
    for path in articles.glob("n*.txt"):
        path.unlink()
    report = run("index", articles, "--index", root, "--json").json
    assert {name: report[name] for name in ("added", "removed", "unchanged", "encoded", "articles")} == {
        "added": 0, "removed": 1, "unchanged": 1, "encoded": 0, "articles": 1,
    }  # fmt: skip
    assert verify(root, deep=True) == []
