"""Other words for a word: the mapped tables against a plain reading of the same files, spellings, what each counts."""

import random

import pytest

from index.text import stem
from index.translation import FOLDER, POWER, Table, widened


def read(name: str) -> dict[str, list[tuple[str, float]]]:
    rows = {}
    for line in (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        word, _, others = line.partition("\t")
        pairs = [pair.rpartition(":") for pair in others.split()]
        rows[word] = [(other, int(percent) / 100) for other, _, percent in pairs]
    return rows


@pytest.mark.parametrize("name", ["en-id", "id-en"])
def test_every_word_is_found_where_a_plain_reading_finds_it(name: str) -> None:
    table, rows = Table(FOLDER / f"{name}.tsv"), read(name)
    assert len(rows) > 10_000
    assert list(rows) == sorted(rows, key=str.encode)
    chosen = [*list(rows)[:3], *list(rows)[-3:], *random.Random(1).sample(sorted(rows), 300)]
    for word in chosen:
        assert list(table.others(word)) == rows[word]
        if word + "q" not in rows:
            assert list(table.others(word + "q")) == []


@pytest.mark.parametrize("word", ["", "qa", "zzzzz", "\x00", "é", "0", "govern\t", "govern\nx"])
def test_what_is_no_word_of_the_table_has_no_others(word: str) -> None:
    assert list(Table(FOLDER / "en-id.tsv").others(word)) == []


def test_translations_count_by_their_probability() -> None:
    forms = widened(("kill",), "en")
    assert forms["kill"] == 1.0
    others = {other: probability**POWER for other, probability in read("en-id")["kill"]}
    assert {form: count for form, count in forms.items() if form != "kill"} == others
    assert others["bunuh"] > others["ewas"]


def test_the_question_s_language_decides_which_table_is_read() -> None:
    """ "air" is water in Indonesian; an English question about the air does not look for water's translations."""
    assert "water" in widened(("air",), "id")
    assert "water" not in widened(("air",), "en")
    assert "water" in widened(("air",), None)


def test_spellings_meet_each_other_and_come_before_translations() -> None:
    for one, other in (("tiongkok", "china"), ("kyiv", "kiev"), ("muhammad", "mohammad"), ("izin", "ijin")):
        forms = widened((stem(one, "id"), stem(one, "en")), "id")
        assert forms[stem(other, "id")] == 1
        assert widened((stem(other, "id"),), "id")[stem(one, "id")] == 1


def test_own_forms_count_whole_and_first() -> None:
    forms = widened(("beras", "bera"), None)
    assert list(forms)[:2] == ["beras", "bera"]
    assert forms["beras"] == forms["bera"] == 1.0
    assert all(0 < count <= 1 for count in forms.values())
