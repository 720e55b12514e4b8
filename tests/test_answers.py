import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from search.answer import Answer, Hit
from search.answers import Answered, AnswersFile, Form, JsonLines, Table, form_for
from search.questions import Question, Questions

NASTY = st.text(st.sampled_from('a",;\n\r\t=\\“é\u2028😀'), max_size=12)


def hit(rank: int, text: str = "Harga naik.", title: str | None = "Judul") -> Hit:
    return Hit(
        rank, 1.5, f"0a1b2c3d#{rank}", "0a1b2c3d", title, "VOA", None, "2022-11-25", "day", None, "id", "a/b.txt", None,
        3, 4, 10, 21, text,
    )  # fmt: skip


def answer(query: str, *hits: Hit) -> Answer:
    return Answer(query, "id", "hybrid", bool(hits), 0.9 if hits else 0.1, 0.01, hits)


def questions(*queries: str, names: tuple[str, ...] = ("id", "query")) -> Questions:
    found = Questions([*names], "query")
    for row, query in enumerate(queries, start=2):
        found.rows.append(Question(row, query, {name: query if name == "query" else f"{name}{row}" for name in names}))
    return found


def forms(asked: Questions) -> list[Form]:
    return [JsonLines(asked), Table(asked)]


def test_a_json_line_a_question() -> None:
    asked = questions("Siapa?")
    line = JsonLines(asked).block(asked.rows[0], answer("Siapa?", hit(1)))
    found = json.loads(line)
    assert line.count("\n") == 1
    assert (found["row"], found["query"], found["columns"]) == (2, "Siapa?", {"id": "id2"})
    assert (found["answered"], found["confidence"], len(found["hits"])) == (True, 0.9, 1)
    assert found["hits"][0]["citation"] == "VOA, “Judul”, 2022-11-25. a/b.txt, lines 3–4 (0a1b2c3d#1)"


def test_a_table_has_a_row_a_hit_and_one_for_a_question_without() -> None:
    asked = questions("Siapa?", "Apa?", names=("title", "query"))
    form = Table(asked)
    written = form.begin() + form.block(asked.rows[0], answer("Siapa?", hit(1), hit(2, "=2+2\nx", None)))
    rows = list(csv.DictReader(io.StringIO(written + form.block(asked.rows[1], answer("Apa?")), newline="")))
    assert [(row["row"], row["query"], row["title"], row["rank"], row["hits"]) for row in rows] == [
        ("2", "Siapa?", "title2", "1", "2"), ("2", "Siapa?", "title2", "2", "2"), ("3", "Apa?", "title3", "0", "0"),
    ]  # fmt: skip
    assert [row["hit_title"] for row in rows] == ["Judul", "", ""]  # the asker's own column keeps its name
    assert rows[1]["text"] == "'=2+2\nx"  # no spreadsheet runs it
    assert (rows[0]["answered"], rows[2]["answered"], rows[2]["citation"]) == ("true", "false", "")


@pytest.mark.parametrize("number", [0, 1])
@settings(deadline=None)
@given(st.lists(st.tuples(NASTY, st.integers(0, 3), NASTY), min_size=1, max_size=4), st.data())
def test_cut_anywhere_and_gone_on_with_a_file_is_what_it_would_have_been(
    tmp_path_factory: pytest.TempPathFactory, number: int, given_: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    asked = questions(*(query for query, _, _ in given_))
    answers = {
        one.row: answer(one.query, *(hit(rank, text) for rank in range(1, n + 1)))
        for one, (_, n, text) in zip(asked.rows, given_, strict=True)
    }
    path = tmp_path_factory.mktemp("answers") / "a"
    file = AnswersFile(path, forms(asked)[number], asked)
    for one in asked.rows:
        file.add(one, answers[one.row])
    file.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    again = AnswersFile(path, forms(asked)[number], asked)
    for one in asked.rows:
        if one.row not in again.done:
            again.add(one, answers[one.row])
    again.close()
    assert path.read_bytes() == whole


def test_what_is_answered_is_known_and_what_is_torn_is_counted(tmp_path: Path) -> None:
    asked = questions("Siapa?", "Apa?")
    path = tmp_path / "a.jsonl"
    file = AnswersFile(path, form_for(path, asked), asked)
    file.add(asked.rows[0], answer("Siapa?", hit(1)))
    file.close()
    path.write_bytes(path.read_bytes() + b'{"row": 3, "que')
    again = AnswersFile(path, form_for(path, asked), asked)
    assert (again.done, again.torn) == ({2: Answered(2, "Siapa?", True)}, 15)
    again.close()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    asked = questions("Siapa?")
    file = AnswersFile(tmp_path / "a.jsonl", JsonLines(asked), asked)
    file.add(asked.rows[0], answer("Siapa?"))
    file.close()
    lines = JsonLines(asked)
    others = {"query\nSiapa?\n": Table(asked), "Catatan saya": lines, '{"row": 1}\n{"row": 2': lines}
    for content, form in others.items():
        (tmp_path / "b").write_text(content)
        with pytest.raises(UsageError, match="is no file of answers to these questions"):
            AnswersFile(tmp_path / "b", form, asked)
        assert (tmp_path / "b").read_text() == content
    with pytest.raises(UsageError, match=r"row 2 is answered there as 'Siapa[?]', and is now 'Kapan[?]'"):
        AnswersFile(tmp_path / "a.jsonl", JsonLines(asked), questions("Kapan?"))


class Full:
    """A disk that is full after some bytes."""

    def __init__(self, file: io.FileIO) -> None:
        self._file, self.left = file, 10
        self.seek, self.truncate, self.close = file.seek, file.truncate, file.close

    def write(self, content: memoryview) -> int:
        if not self.left:
            raise OSError(28, "No space left on device")
        done = self._file.write(content[: self.left]) or 0
        self.left -= done
        return done


def test_a_full_disk_leaves_whole_answers(tmp_path: Path) -> None:
    asked = questions("Siapa?", "Apa?")
    file = AnswersFile(tmp_path / "a", JsonLines(asked), asked)
    file.add(asked.rows[0], answer("Siapa?"))
    before = (tmp_path / "a").read_bytes()
    file._file = Full(file._file)  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        file.add(asked.rows[1], answer("Apa?"))
    assert (tmp_path / "a").read_bytes() == before
    file._file.close()
