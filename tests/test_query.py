"""Questions taken apart: operators, empty and overlong ones, date options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UsageError
from search.query import MAX_LENGTH, Query, iso_date, parse, unknown_sources


@pytest.mark.parametrize(
    ("typed", "text", "phrases", "excluded"),
    [
        ("Siapa presiden Kuba?", "Siapa presiden Kuba?", (), ()),
        ("  apa \n kata\tXi ", "apa kata Xi", (), ()),
        # quotes of all kinds; what is quoted is still part of the question
        ('kata "mitra dagang" Rusia', "kata mitra dagang Rusia", ("mitra dagang",), ()),
        ("“era baru” China", "era baru China", ("era baru",), ()),
        ("„era baru“ China", "era baru China", ("era baru",), ()),
        ("«era baru» China", "era baru China", ("era baru",), ()),
        ("»era baru« China", "era baru China", ("era baru",), ()),
        ('" tanpa batas " dan "era baru"', "tanpa batas dan era baru", ("tanpa batas", "era baru"), ()),
        ('siapa "Xi', 'siapa "Xi', (), ()),  # a quote that is never closed
        ("Jum'at di Mao's", "Jum'at di Mao's", (), ()),
        ('siapa "!?" Kuba', "siapa !? Kuba", (), ()),  # nothing that could occur
        ('siapa "" Kuba', 'siapa "" Kuba', (), ()),
        # exclusions
        ("presiden -Rusia", "presiden", (), ("Rusia",)),
        ("-Rusia presiden -Kuba", "presiden", (), ("Rusia", "Kuba")),
        ("wabah -Covid-19 China", "wabah China", (), ("Covid-19",)),
        ("kata -anak-anak apa", "kata apa", (), ("anak-anak",)),
        ('presiden -"Joe Biden" China', "presiden China", (), ("Joe Biden",)),
        ('"era baru" -Rusia', "era baru", ("era baru",), ("Rusia",)),
        # a minus that excludes nothing
        ("menang 8-2 lawan", "menang 8-2 lawan", (), ()),
        ("skor -2 derajat", "skor -2 derajat", (), ()),
        ("hubungan China-Rusia", "hubungan China-Rusia", (), ()),
        ("anak-anak di Indo-Pasifik", "anak-anak di Indo-Pasifik", (), ()),
        ("China - Rusia", "China - Rusia", (), ()),
        ("China – Rusia", "China – Rusia", (), ()),
        ("China --Rusia", "China --Rusia", (), ()),
        ('"China -Rusia"', "China -Rusia", ("China -Rusia",), ()),  # inside quotes it is text
    ],
)
def test_operators(typed: str, text: str, phrases: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    assert parse(typed) == Query(text, phrases, excluded)


@pytest.mark.parametrize("typed", ["", " ", "\n\t", "???", "-", "- –", '""', '"…"', "-Kuba", '-"Joe Biden"', "\x1b"])
def test_nothing_asked(typed: str) -> None:
    with pytest.raises(UsageError, match="the question is empty") as caught:
        parse(typed)
    assert caught.value.hint


def test_length() -> None:
    assert parse("a" * MAX_LENGTH).text == "a" * MAX_LENGTH
    with pytest.raises(UsageError, match=f"has {MAX_LENGTH + 1:,} characters; at most {MAX_LENGTH:,}") as caught:
        parse("a" * (MAX_LENGTH + 1))
    assert "related -" in caught.value.hint


@given(st.text(st.sampled_from('ab1-"“”„«» \n?é'), max_size=60))
def test_any_question(typed: str) -> None:
    """Nothing is lost or invented: the words that are asked and the words excluded are the words typed."""
    try:
        found = parse(typed)
    except UsageError:
        return
    assert found.text == " ".join(found.text.split())
    assert all(any(c.isalnum() for c in part) for part in (found.text, *found.phrases, *found.excluded))
    letters = sorted(c for c in typed if c.isalnum())
    assert sorted(c for c in found.text + "".join(found.excluded) if c.isalnum()) == letters
    assert all(" ".join(phrase.split()) in found.text for phrase in found.phrases)


@pytest.mark.parametrize("given_date", ["2024-02-08", "2024-02-29", "2024-12", "2024", "0001"])
def test_dates(given_date: str) -> None:
    assert iso_date(given_date, "--since") == given_date


def test_no_date() -> None:
    assert iso_date(None, "--since") is None


@pytest.mark.parametrize(
    "given_date",
    ["", "2024-02-30", "2023-02-29", "2024-13", "2024-00", "2024-2-8", "24", "20240208", "8/2/2024", "kemarin", "0000",
     "2024-02-08T10:00", " 2024", "2024-", "２０２４", "2024-02-08\n"],
)  # fmt: skip
def test_no_such_date(given_date: str) -> None:
    with pytest.raises(UsageError) as caught:
        iso_date(given_date, "--until")
    assert str(caught.value) == f"--until {given_date!r} is not a date"
    assert "2024-02-08" in caught.value.hint


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["tempo"], ""),
        (["TEMPO.CO", "NOSUCH"], ""),
        (["Kompsa.com"], "no article has a source named 'Kompsa.com'; the nearest: KOMPAS.com"),
        (["x", "Tmepo.co"], "no article has a source named 'x' or 'Tmepo.co'; the nearest: Tempo.co"),
        (["NOSUCH"], "no article has a source named 'NOSUCH'"),
        ([], ""),
    ],
)
def test_sources_that_no_article_has(asked: list[str], said: str) -> None:
    assert unknown_sources(asked, {"KOMPAS.com": 3, "Tempo.co": 2, "unknown": 1}) == said
