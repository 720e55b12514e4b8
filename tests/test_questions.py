from pathlib import Path

import pytest

from index.errors import UsageError
from search.questions import Question, read_questions


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_table_carries_its_other_columns(tmp_path: Path) -> None:
    path = written(
        tmp_path, "n.csv", 'id,Query,note\r\n7,"Siapa Xi, dan siapa Putin?","dua\nbaris"\r\n\r\n8,Apa itu SCO?\r\n'
    )
    found = read_questions(path)
    assert (found.names, found.query_name, found.bad) == (["id", "Query", "note"], "Query", [])
    assert found.rows == [
        Question(
            2, "Siapa Xi, dan siapa Putin?", {"id": "7", "Query": "Siapa Xi, dan siapa Putin?", "note": "dua\nbaris"}
        ),
        Question(4, "Apa itu SCO?", {"id": "8", "Query": "Apa itu SCO?", "note": ""}),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n.csv", "id;query\n1;Apa, dan siapa?\n"),
        ("n.tsv", "id\tquery\n1\tApa, dan siapa?\n"),
        ("n.csv", "sep=;\nid;query\n1;Apa, dan siapa?\n"),
        ("n.csv", "\ufeffid;query\n1;Apa, dan siapa?\n"),
        ("n.csv", "id;query\n1;Apa, dan siapa?\n".encode("utf-16")),
        ("n.jsonl", '{"id": "1", "query": "Apa, dan siapa?"}\n\n'),
    ],
)
def test_what_parts_the_columns_and_how_they_are_written(tmp_path: Path, name: str, text: str | bytes) -> None:
    found = read_questions(written(tmp_path, name, text))
    assert found.names == ["id", "query"]
    assert [(one.query, one.cells["id"]) for one in found.rows] == [("Apa, dan siapa?", "1")]


def test_a_question_a_line(tmp_path: Path) -> None:
    found = read_questions(written(tmp_path, "n.txt", "Siapa Xi?\n\n  Apa SCO? \n???\n"))
    assert [(one.row, one.query) for one in found.rows] == [(1, "Siapa Xi?"), (3, "Apa SCO?")]
    assert [row for row, _ in found.bad] == [4]


def test_rows_that_ask_nothing_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path, "n.csv", f'id,query\n1,\n2,a,b\n3,!?\n4,{"a" * 2001}\n5,ya "x" y\n6,"z"q\n7,Siapa?\n')
    found = read_questions(path)
    assert [one.row for one in found.rows] == [6, 8]
    reasons = dict(found.bad)
    assert sorted(reasons) == [2, 3, 4, 5, 7]
    assert reasons[2] == "has no question"
    assert reasons[3].startswith("has 3 cells, the line of names 2; a question with a ',' in it needs \"quotation")
    assert reasons[4] == "the question is empty"
    assert "2,001 characters" in reasons[5]
    assert "quotation mark" in reasons[7]
    lines = read_questions(written(tmp_path, "n.jsonl", '{"query": 5}\n[1]\n{"query"\n{"q": 1}\n{"query": "ya"}\n'))
    assert [row for row, _ in lines.bad] == [1, 2, 3, 4]
    assert dict(lines.bad)[3] == "broken JSON (Expecting ':' delimiter at column 9)"
    assert [one.row for one in lines.rows] == [5]


@pytest.mark.parametrize("text", ["", "\n \n", b"\x00\x01\x02PNG"])
def test_a_file_without_questions_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(UsageError, match=r"n\.txt holds no questions"):
        read_questions(written(tmp_path, "n.txt", text))


def test_a_table_without_the_column_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its columns: id, pertanyaan"):
        read_questions(written(tmp_path, "n.csv", "id,pertanyaan\n1,apa\n"))


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    found = read_questions(written(tmp_path, "n.csv", "a,query,a,query\n1,Siapa?,2,Apa?\n"))
    assert found.rows[0].cells == {"a": "1", "query": "Siapa?", "a~2": "2", "query~2": "Apa?"}
