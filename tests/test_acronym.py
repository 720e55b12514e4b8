"""Acronyms: which names a text gives them, and what that adds to a question's words."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query_word import QueryWord
from index.text import query_terms
from search.acronym import _before, acronyms, explained, with_names


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Utusan itu memuji Inisiatif Sabuk dan Jalan (BRI) hari ini.", ("BRI", "Inisiatif Sabuk dan Jalan")),
        ("kata Kepala Badan Energi Atom Internasional (IAEA)", ("IAEA", "Badan Energi Atom Internasional")),
        ("Kepala Lembaga Ilmu Pengetahuan Indonesia (LIPI) Umar", ("LIPI", "Lembaga Ilmu Pengetahuan Indonesia")),
        ("Komisi Pemberantasan Korupsi (KPK) menahan", ("KPK", "Komisi Pemberantasan Korupsi")),
        ("the World Health Organization (WHO) said", ("WHO", "World Health Organization")),
        ("Otoritas Jasa Keuangan  (OJK)", ("OJK", "Otoritas Jasa Keuangan")),
        ("Kementerian Dalam Negeri (Kemendagri) menyatakan", None),  # no acronym in capitals
        ("kata kepala Dinas (BMKG)", None),
        ("Wakil Ketua Hasan Basri (PKB)", ("PKB", "Ketua Hasan Basri")),  # wrong, see below
        ("sekitar pukul tujuh (WIB)", None),
        ("presiden AS (AS)", None),
    ],
)
def test_what_a_text_explains(text: str, pair: tuple[str, str] | None) -> None:
    assert explained([text]) == (Counter([pair]) if pair else Counter())


def test_acronyms_of_a_question() -> None:
    assert acronyms("Apa kata KPK dan BMKG tentang PDIP?") == ["KPK", "BMKG", "PDIP"]
    assert acronyms("APA KATA KPK HARI INI") == []
    assert acronyms("Apa itu I dan A?") == []
    assert acronyms("OJK") == ["OJK"]


def asked(question: str) -> list[QueryWord]:
    return [QueryWord(own, dict.fromkeys(own, 1.0), 2.0) for own in query_terms(question)]


PAIRS = Counter({("OJK", "Otoritas Jasa Keuangan"): 3, ("OJK", "Orang Jakarta Kota"): 1, ("OJK", "Bos Budi Utomo"): 5})


def test_an_acronym_stands_for_the_commonest_name_that_spells_it() -> None:
    (word,) = with_names(asked("Apa OJK?"), "Apa OJK?", PAIRS)
    assert word.forms == {"ojk": 1.0}
    assert word.names[0] == ("otoritas", "jasa", "uang")
    assert not {"jakarta", "budi"} & {one for name in word.names for one in name}


def test_a_name_stands_for_its_acronym() -> None:
    question = "siapa bos otoritas jasa keuangan baru"
    words = with_names(asked(question), question, PAIRS)
    counts = {word.own[0]: word.forms.get("ojk") for word in words}
    assert counts == {"bos": None, "otoritas": 1.0, "jasa": 1.0, "uang": 1.0}
    assert not any(word.names for word in words)


def test_a_small_letter_word_is_no_acronym() -> None:
    question = "apa arti ojk"
    assert with_names(asked(question), question, PAIRS) == asked(question)


@given(st.text(st.sampled_from("AbC d(E)F-.\n"), max_size=80))
def test_any_text_is_looked_through(text: str) -> None:
    for (acronym, name), count in explained([text]).items():
        assert count >= 1
        assert name[0].isupper()
        assert f"({acronym})" in text


BEFORE = re.compile(r"(?:[\w'’-]+ +){1,12}\Z")  # says what is meant, in quadratic time


@given(st.text(st.sampled_from("aé1'-, \n."), max_size=220), st.integers(0, 220))
def test_the_words_before_a_bracket_are_those_of_the_plain_expression(text: str, end: int) -> None:
    end = min(end, len(text))
    plain = BEFORE.search(text, max(0, end - 160), end)
    assert _before(text, end) == (plain.group().strip() if plain else "")
