import json

import pytest

from search.citation import STYLES, cite
from search.manuscript import Citation, quotations, quoted_hits

FACTS = {
    "passage_id": "0a1b2c3d#2", "title": "Harga “beras” naik", "source": "VOA", "origin": None,
    "published": "2022-11-25", "published_precision": "day", "published_inferred": False,
    "url": "https://x.id/a", "path": "a_b/c [1].txt",
    "row": None, "line_start": 3,
    "line_end": 5, "text": "Harga *naik* lagi,\nkata dia.\n\n# Besok turun.",
}  # fmt: skip


@pytest.mark.parametrize("style", sorted(STYLES.keys() - {"bibtex"}))
def test_what_cite_prints_is_read_again(style: str) -> None:
    found = quotations(f"Pembuka saja.\n\n{cite(FACTS, style)}\n\nPenutup.\n")
    block = next(one for one in found if "kata dia" in one.text)
    assert block.text.split() == str(FACTS["text"]).split()
    assert block.cited is not None
    assert (block.cited.name, block.cited.first, block.cited.last) == ("0a1b2c3d#2", 3, 5)
    assert block.cited.before.endswith("a_b/c [1].txt")


def cited(text: str) -> list[tuple[int, str, str | None]]:
    return [(one.line, one.text, one.cited.name if one.cited else None) for one in quotations(text)]


def test_a_quotation_belongs_to_the_next_citation_of_its_paragraph() -> None:
    text = 'Satu “a b” (00000001#1), dua "c ‘d’ e"\n(00000002#3). Tiga «f g».\n\nEmpat „h i j k l” dan “nama”.\n'
    assert cited(text) == [
        (1, "a b", "00000001#1"), (1, "c ‘d’ e", "00000002#3"), (2, "f g", "00000002#3"), (4, "h i j k l", None),
    ]  # fmt: skip


def test_footnotes_cite() -> None:
    text = "Kata “a b c”.[^x] Lalu “d e f”.[^y]\n\n[^x]: VOA, 2022. a.txt, line 4 (00000001#1)\n[^y]: 00000002#3\n"
    assert cited(text) == [(1, "a b c", "00000001#1"), (1, "d e f", "00000002#3")]


def test_blocks_and_their_citations() -> None:
    text = "> a b c\n>\n> d e f\n\n— VOA. a.txt, line 1 (00000001#1)\n\n"
    text += "> g h i\n> — VOA. b.txt, lines 2-3 (00000002#2)\n"
    assert cited(text) == [(1, "a b c\n\nd e f", "00000001#1"), (7, "g h i", "00000002#2")]
    assert quotations(text)[1].cited == Citation("00000002#2", 2, 3, "g h i — VOA. b.txt")


def test_names_and_titles_are_no_quotations() -> None:
    assert cited("Film “Laskar Pelangi yang baru” dan 'kepentingan' (00000001#1) “x”. Ia's \"so\" called.") == [
        (1, "Laskar Pelangi yang baru", "00000001#1")
    ]


def test_hits_as_every_command_writes_them() -> None:
    place = {"path": "a.txt", "row": None, "line_start": 2, "line_end": 3, "char_start": 7}
    hit = {"passage_id": "00000001#1", "text": "A.", **place}
    expected = Citation("00000001#1", 2, 3, "a.txt", 7)
    for text, ending in (
        (json.dumps(hit), ".jsonl"), (json.dumps({"hits": [hit]}), ".json"),
        (json.dumps({"news": [{"hits": [hit]}]}), ".jsonl"),
    ):  # fmt: skip
        (one,) = quoted_hits(text, ending)
        assert (one.text, one.cited) == ("A.", expected)
    (one,) = quoted_hits("row,passage_id,path,line_start,line_end,text\n2,00000001#1,a.txt,2,3,A.\n", ".csv")
    assert (one.text, one.cited) == ("A.", Citation("00000001#1", 2, 3, "a.txt"))
    with pytest.raises(ValueError, match="Expecting"):
        quoted_hits("{", ".jsonl")
