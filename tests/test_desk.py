"""The desk's commands as people meet them: `search --batch`, `--timeline`, `watchlist`, `verify --quotes`."""

import csv
import json
from pathlib import Path

from test_cli import NOTHING, QUESTION, Run, assert_fails, run  # noqa: F401

# ruff: noqa: F811  (the fixture)


def test_a_batch_into_a_table_goes_on_where_it_was(run: Run, tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text(f'no,query\n1,{QUESTION}\n2,"  "\n3,{NOTHING}\n')
    first = run("search", "--batch", "n.csv", "--output", "a.csv", "-k", 2)
    assert (first.code, first.out) == (2, "")
    assert "skipped n.csv, row 3: has no question" in first.err
    assert "2 questions answered in" in first.err
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines(keepends=True)))
    assert (rows[0]["no"], rows[0]["rank"], rows[0]["answered"]) == ("1", "1", "true")
    assert (rows[-1]["no"], rows[-1]["hits"], rows[-1]["answered"]) == ("3", "0", "false")
    whole = (tmp_path / "a.csv").read_bytes()
    (tmp_path / "a.csv").write_bytes(whole[:-30])
    again = run("search", "--batch", "n.csv", "--output", "a.csv", "-k", 2)
    assert again.code == 2
    assert "1 answer in a.csv already; 1 question left" in again.err
    assert (tmp_path / "a.csv").read_bytes() == whole


def test_a_batch_on_stdout(run: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text(f"{QUESTION}\n{NOTHING}\n")
    result = run("search", "--batch", "n.txt", "-k", 1)
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 0
    assert [(one["row"], one["answered"], len(one["hits"])) for one in lines] == [(1, True, 1), (2, False, 0)]
    assert lines[0]["hits"][0]["citation"].endswith(f"({lines[0]['hits'][0]['passage_id']})")
    (tmp_path / "n.txt").write_text(NOTHING)
    assert run("search", "--batch", "n.txt").code == 1


def test_what_does_not_go_together_is_refused(run: Run, tmp_path: Path) -> None:
    assert_fails(run("search"), "no --batch FILE", "telusur search --help")
    (tmp_path / "n.txt").write_text(QUESTION)
    assert_fails(run("search", "x", "--batch", "n.txt"), "exclude each other")
    assert_fails(run("search", "x", "--output", "a.csv"), "--output is where", "> FILE")
    assert_fails(run("search", "--batch", "n.txt", "--json"), "--batch writes", "--output FILE.csv")
    assert_fails(run("search", "x", "--timeline", "--all"), "--timeline shows", "--all")
    assert_fails(run("search", "x", "--plot", "a.png"), "a.png does not end so", ".svg")
    assert_fails(run("search", "--batch", "gone.csv"), "gone.csv")
    assert_fails(run("search", "--batch", "n.txt", "--output", "n.txt"), "n.txt is no file of answers", "--output")
    assert (tmp_path / "n.txt").read_text() == QUESTION


def test_a_timeline(run: Run, tmp_path: Path) -> None:
    found = run("search", "Xi Jinping Rusia", "--timeline", "--json", "--plot", "t.svg")
    assert found.code == 0
    told = found.json
    assert (tmp_path / "t.svg").read_text().startswith("<svg ")
    dates = [hit["published"] for one in told["periods"] for hit in one["hits"]]
    assert dates == sorted(dates)
    assert told["first"]["published"] == dates[0]
    assert len(dates) + told["undated"]["reports"] == told["reports"]
    nothing = run("search", NOTHING, "--timeline")
    assert (nothing.code, nothing.out) == (1, "Tidak ada artikel yang relevan / No relevant article\n")


def test_standing_questions(run: Run, tmp_path: Path, seeds: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    own = ["--index", tmp_path / ".telusur"]
    names = sorted(path.name for path in seeds.iterdir())
    for name in names[:2]:
        (folder / name).write_bytes((seeds / name).read_bytes())
    assert run("index", folder, *own).code == 0
    assert_fails(run("watchlist", "run", *own), "no question stands", "watchlist add")
    assert run("watchlist", "add", "What does Xi promise Kazakhstan?", *own).out.startswith("1. What does")
    assert run("watchlist", "run", *own) == (1, "No news in 0 new articles.\n", "")
    for name in names[2:]:
        (folder / name).write_bytes((seeds / name).read_bytes())
    run("index", folder, *own)
    told = run("watchlist", "run", "--json", *own)
    assert (told.code, told.json["questions"], told.json["articles"]) == (0, 1, 3)
    (news,) = told.json["news"]
    assert (news["number"], news["question"]) == (1, "What does Xi promise Kazakhstan?")
    assert "004_a52a0b3d5800b4bf.txt, line" in news["hits"][0]["citation"]
    assert run("watchlist", "run", "--json", *own).json["news"] == []
    assert run("watchlist", "list", "--json", *own).json[0]["reports"] == len(news["hits"])
    assert run("watchlist", "remove", "1", *own).code == 0
    assert run("watchlist", "list", *own).out.startswith("No question stands.")
    assert_fails(run("watchlist", "add", *own), "`watchlist add` takes a question")
    assert_fails(run("watchlist", "jump", *own), "nothing called 'jump'", "add, list, remove, run")


def test_quotations_of_a_manuscript(run: Run, tmp_path: Path) -> None:
    hit = run("search", QUESTION, "-k", 1, "--json").json["hits"][0]
    for style in ("text", "markdown"):
        (tmp_path / "m.md").write_text(run("show", hit["passage_id"], "--cite", style).out)
        assert run("verify", "--quotes", "m.md") == (0, "1 quotation: 1 stand as cited.\n", "")
    (tmp_path / "h.jsonl").write_text(run("search", QUESTION, "--jsonl").out)
    assert run("verify", "--quotes", "h.jsonl", "--json").json["hold"] is True
    (tmp_path / "m.md").write_text(f"Kata “utusan itu tidak pernah datang ke sana” ({hit['passage_id']}).")
    found = run("verify", "--quotes", "m.md", "--json")
    assert (found.code, found.json["hold"], found.json["gone"], found.json["quotes"][0]["line"]) == (2, False, 1, 1)
    assert_fails(run("verify", "--quotes", "m.md", "--deep"), "--quotes checks quotations", "--deep")
