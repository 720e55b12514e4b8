from datetime import date

import pytest

from scripts.bench_dateline import Tally, house, interval, labels, same


def test_the_labels_are_enough_and_hold_no_text() -> None:
    known = labels()
    assert len(known) >= 400
    assert {label.half for label in known.values()} == {"development", "held", "fresh", "given"}
    for digest, label in known.items():
        assert len(digest) == 16
        assert max(len(label.publisher), len(label.mention)) < 40
        for day in filter(None, label.date.lstrip("?!").split("|")):
            date.fromisoformat(day)


def test_right_wrong_and_missing() -> None:
    tally = Tally()
    for found, label, right in [
        ("a", "a", True),  # right
        ("b", "a", False),  # wrong, and missing
        (None, "a", False),  # missing
        ("a", "", False),  # wrong
        (None, "", False),
        ("a", "?a", True),  # not demanded: not counted
        (None, "?a", False),
        ("b", "?a", False),  # but wrong
    ]:
        tally.add(found, label, right=right, where="x")
    assert (tally.right, tally.wrong, tally.missing) == (1, 3, 2)
    assert str(tally).startswith("precision 0.250")
    assert len(tally.errors) == 4


def test_intervals_are_those_of_wilson() -> None:
    assert interval(8, 10) == "0.800 [0.490, 0.943] (8/10)"  # Wilson's own interval, as statsmodels gives it
    assert interval(0, 0) == "none"


@pytest.mark.parametrize(
    ("found", "given"),
    [
        ("detikInet", "news.detik.com"),
        ("TRIBUNNEWS.COM", "aceh.tribunnews.com"),
        ("SERAMBINEWS.COM", "tribun"),
        ("ANTARA News", "antaranews"),
        ("CNN Indonesia", "cnn indonesia"),
        ("KOMPAS.com", "kompas"),
        ("GELORA.CO", "gelora.co"),
    ],
)
def test_papers_of_one_house(found: str, given: str) -> None:
    assert house(found) == house(given)


def test_houses_differ() -> None:
    assert house("KOMPAS.com") != house("tribun")
    assert same("ANTARANews", "ANTARA|ANTARA News")
    assert not same("detikcom", "detikInet")
