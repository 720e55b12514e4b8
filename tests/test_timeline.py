import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.answer import Answer, Copy, Hit
from search.plot import plotted
from search.timeline import Timeline, timeline, timeline_object, timeline_text

SVG = "{http://www.w3.org/2000/svg}"
DATES = st.one_of(
    st.none(), st.dates().map(str), st.dates().map(lambda day: str(day)[:7]), st.dates().map(lambda day: str(day)[:4])
)


def hit(rank: int, published: str | None, **more: Any) -> Hit:
    facts = {"title": f"Judul {rank}", "highlights": ((0, 5),)} | more
    return Hit(
        rank, 1.0, f"0a1b2c3d#{rank}", "0a1b2c3d", facts.pop("title"), "VOA", None, published, "day", None, "id",
        f"a/{rank}.txt", None, 1, 1, 0, 11, "Harga naik.", **facts,
    )  # fmt: skip


def line(*published: str | None, whole: bool = True, query: str = "harga beras") -> Timeline:
    hits = tuple(hit(rank, date) for rank, date in enumerate(published, start=1))
    return timeline(Answer(query, "id", "hybrid", bool(hits), 0.9, 0.1, hits), whole=whole)


def periods(found: Timeline) -> list[tuple[str, list[int]]]:
    return [(one.period, [hit.rank for hit in one.hits]) for one in found.periods]


def test_the_first_mention_comes_first() -> None:
    found = line("2022-11-25", "2022-11-03", None, "2022-11-25", "2022-11-04")
    assert (found.unit, periods(found)) == ("day", [("2022-11-03", [2]), ("2022-11-04", [5]), ("2022-11-25", [1, 4])])
    assert [one.rank for one in found.undated] == [3]
    assert found.first is not None
    assert found.first.rank == 2


@pytest.mark.parametrize(
    ("published", "unit"),
    [
        (["2022-01-01", "2022-03-04"], "day"), (["2022-01-01", "2022-03-05"], "month"),
        (["2018-01-01", "2023-01-05"], "month"), (["2018-01-01", "2023-01-06"], "year"),
        (["2022-01", "2022-02"], "month"),
        (["2019", "2021"], "year"), (["2022-01-05", "2001"], "year"), ([], "day"),
    ],
)  # fmt: skip
def test_the_longer_it_reaches_the_coarser_it_is(published: list[str], unit: str) -> None:
    assert line(*published).unit == unit


def test_what_is_far_from_the_best_hit_is_no_report_of_it() -> None:
    scores = {1: 1.25, 2: 0.87, 3: 0.86, 4: -0.1}
    hits = tuple(replace(hit(rank, f"2022-11-0{rank}"), score=score) for rank, score in scores.items())
    answer = Answer("gempa Rusia", "id", "hybrid", True, 0.9, 0.1, hits)
    assert [one.rank for one in timeline(answer).answer.hits] == [1, 2]
    assert periods(timeline(answer)) == [("2022-11-01", [1]), ("2022-11-02", [2])]
    for mode in ("semantic", "lexical"):
        assert len(timeline(replace(answer, mode=mode)).periods) == 4


def test_what_is_known_to_the_month_is_put_on_no_day_of_it() -> None:
    found = line("2022-11", "2022-11-25", "2022-12-01", "2022")
    assert periods(found) == [("2022-11-25", [2]), ("2022-11", [1]), ("2022-12-01", [3]), ("2022", [4])]
    assert [one.precision for one in found.periods] == ["day", "month", "day", "year"]
    text = timeline_text(found, 10)
    assert "2022-11 (day not known)  ████" in text
    assert "4 relevant reports, 2022-11-25 to 2022, by day." in text


@settings(deadline=None)
@given(st.lists(DATES, max_size=30))
def test_nothing_is_lost_and_nothing_doubled(published: list[str | None]) -> None:
    found = line(*published)
    shown = [hit.rank for one in found.periods for hit in one.hits] + [hit.rank for hit in found.undated]
    assert sorted(shown) == list(range(1, len(published) + 1))
    told = timeline_object(found, 10_000)
    assert (
        sum(one["reports"] for one in told["periods"]) + told["undated"]["reports"] == told["reports"] == len(published)
    )
    picture = ET.fromstring(plotted(found))  # whatever the dates are
    boxes = [box for box in picture.iter(f"{SVG}rect") if box.get("class") in ("bar", "pale", "span") and len(box)]
    assert len(boxes) == len(found.periods) + bool(found.undated)
    for box in boxes:
        x, y, width, height = (float(str(box.get(name))) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= 801
        assert 0 <= y <= y + height <= 360


def test_heights_are_counts() -> None:
    picture = ET.fromstring(plotted(line("2022-11-01", "2022-11-01", "2022-11-03", None, None, None, None)))
    heights = [float(str(box.get("height"))) for box in picture.iter(f"{SVG}rect") if len(box)]
    assert heights == [110.0, 55.0, 220.0]
    assert [str(title.text) for title in picture.iter(f"{SVG}title")][1:] == [
        "2022-11-01: 2 reports", "2022-11-03: 1 report", "undated: 4",
    ]  # fmt: skip


def test_a_picture_holds_no_markup_of_others() -> None:
    hostile = "</title><script>alert(1)</script> & \x00\x1b[31m \ud800 \ufffe"
    drawn = plotted(line("2022-11-01", query=hostile))
    assert "<script" not in drawn
    assert ET.fromstring(drawn).findtext(f"{SVG}title", "").startswith("</title><script>alert(1)</script> & ")
    assert not re.search("[\x00-\x08\x1b\ud800\ufffe]", drawn)
    assert "prefers-color-scheme: dark" in drawn


def test_inferred_dates_are_told_apart() -> None:
    hits = (hit(1, "2022-11-01", published_inferred=True), hit(2, "2022-11-01"))
    found = timeline(Answer("q", "id", "hybrid", True, 0.9, 0.1, hits))
    assert timeline_object(found, 1)["periods"][0]["inferred"] == 1
    classes = [box.get("class") for box in ET.fromstring(plotted(found)).iter(f"{SVG}rect") if len(box)]
    assert classes == ["pale", "bar"]
    assert "1 dates inferred" in timeline_text(found, 1)


def test_a_timeline_for_a_person() -> None:
    copies = (Copy("b.txt", "Antara", None),)
    hits = (hit(1, "2022-11-02"), hit(2, "2022-11-01", title=None, also_in=copies), hit(3, "2022-11-02"), hit(4, None))
    found = timeline(Answer("q", "id", "hybrid", True, 0.9, 0.1, hits), whole=False)
    assert timeline_text(found, 1, width=70) == "\n".join([
        "4 relevant reports in 5 articles, 2022-11-01 to 2022-11-02, by day; 1",
        "undated; there are more: narrow the question, or use --since and", "--until.", "",
        "First mention: VOA · 2022-11-01", "   »Harga« naik.", "   a/2.txt:1 0a1b2c3d#2", "",
        "2022-11-01  ████████████ 1", "   VOA · 2022-11-01 · Harga (also in 1 more)", "     a/2.txt:1 0a1b2c3d#2", "",
        "2022-11-02  ████████████████████████ 2", "   VOA · 2022-11-02 · Judul 1", "     a/1.txt:1 0a1b2c3d#1",
        "   and 1 more", "", "undated  ████████████ 1", "   VOA · undated · Judul 4", "     a/4.txt:1 0a1b2c3d#4",
    ])  # fmt: skip
    assert timeline_text(line(), 10) == "Tidak ada artikel yang relevan / No relevant article"
