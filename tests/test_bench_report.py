"""The table and the picture of `scripts.bench`: medians, spreads and ratios, also where Telusur loses."""

import xml.etree.ElementTree as ET
from typing import Any

from scripts.bench.report import TOOLS, picture, ratio, table


def run(clock: float, processor: float, inside: Any = None) -> dict[str, Any]:
    return {"clock": clock, "processor": processor, "memory": 100.0, "inside": inside}


def found() -> dict[str, Any]:
    figures: dict[str, Any] = {
        name: {"ask": [run(9, 8), run(5, 2), run(30, 6)], "update": [run(4, 4)], "warm": [run(1, 1, [0.02, 0.01, 0.5])]}
        for name in TOOLS
    }
    figures["telusur"]["ask"] = [run(3, 2), run(5, 1), run(1, 1)]
    figures["telusur"]["update"] = [run(8, 8)]
    figures["telusur"]["encode"] = [run(1, 1, [4.0, 8.0])]
    return {"passages": 10_000, "sample": 64, "disk": dict.fromkeys(TOOLS, 12.34), "figures": figures}


def test_the_table_has_medians_with_least_and_most() -> None:
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table(found()).splitlines()]
    assert rows[0][1:] == list(TOOLS.values())
    cells = {row[0]: row[1:] for row in rows}
    asked = cells["a question, from the start of the process: s by the clock"]
    assert asked[:2] == ["3.00 [1.00, 5.00]", "9.00 [5.00, 30.00]"]
    assert cells["one article changed: s of the processor"][:2] == ["8.00", "4.00"]
    assert cells["a question in an open process, ms"][1] == "20 [10, 500]"
    assert cells["encoding, passages a second"][0] == "16.0"
    assert cells["encoding, passages a second of the processor"][0] == "8.0"


def test_indexing_has_rows_where_it_was_measured() -> None:
    measured = found()
    assert "encoding included" not in table(measured)
    measured["figures"]["telusur"]["index"] = [run(300, 500)]
    measured["figures"]["txtai"]["index"] = [run(700, 900)]
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table(measured).splitlines()]
    cells = {row[0]: row[1:] for row in rows}
    assert cells["all passages, encoding included: s by the clock"] == ["300.00", "", "700.00", "", ""]
    assert cells["memory at most, indexing, MB"] == ["100", "", "100", "", ""]


def test_a_ratio_is_the_median_of_those_within_each_turn() -> None:
    assert ratio(found(), "ask", "faiss", "clock") == 3  # of 3, 1 and 30
    assert ratio(found(), "update", "txtai", "clock") == 0.5


def test_bars_are_as_long_as_their_figures() -> None:
    shapes = ET.fromstring(picture(found())).iter("{http://www.w3.org/2000/svg}rect")
    widths = [float(shape.get("width", 0)) for shape in shapes][1:]
    asked, updated = widths[: len(TOOLS)], widths[len(TOOLS) :]
    assert abs(asked[1] / asked[0] - 6) < 0.1
    assert updated[0] == max(updated)
