import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.wording import Wording, fragments

TEXT = (
    "JAKARTA – Presiden Xi mengatakan “China” berharap untuk “memper-\n  kuat koordinasi dan kerja sama” dengan Kuba."
    "\n\nAnak-anak sekolah, kata dia, akan diberi makan pada hari Jum'at.\r\nHarga naik 11,6 persen; harga naik lagi."
)


def words(quotation: str, text: str = TEXT) -> list[str]:
    return [text[start:end] for start, end in Wording(text).find(quotation)]


@pytest.mark.parametrize(
    ("quotation", "stands"),
    [
        ("Presiden Xi mengatakan China berharap", "Presiden Xi mengatakan “China” berharap"),
        ("'China' berharap untuk \"memperkuat  koordinasi\n dan",
         "China” berharap untuk “memper-\n  kuat koordinasi dan"),
        ("anak\u2010anak sekolah, kata dia.", "Anak-anak sekolah, kata dia"),
        ("Anak-\nanak sekolah", "Anak-anak sekolah"),
        ("Presiden Xi mengatakan … dengan Kuba,",
         "Presiden Xi mengatakan “China” berharap untuk “memper-\n  kuat koordinasi dan kerja sama” dengan Kuba"),
        ("Presiden Xi [...] berharap untuk", "Presiden Xi mengatakan “China” berharap untuk"),
        ("Presiden Xi [Jinping] mengatakan “China”", "Presiden Xi mengatakan “China"),
        ("pada hari Jum’at", "pada hari Jum'at"),
        ("naik 11,6 persen", "naik 11,6 persen"),
    ],
)  # fmt: skip
def test_wording_counts_and_how_it_is_set_does_not(quotation: str, stands: str) -> None:
    assert words(quotation) == [stands]


@pytest.mark.parametrize(
    "quotation",
    [
        "Presiden Xi berharap", "dengan Kuba … Presiden Xi mengatakan", "naik 11,6 perse", "residen Xi mengatakan",
        "Harga naik 12,6 persen", "anak sekolah kata dia", "", "…", "“”",
    ],
)  # fmt: skip
def test_other_words_do_not_stand(quotation: str) -> None:
    assert words(quotation) == []


def test_every_place_is_found_with_its_line() -> None:
    wording = Wording(TEXT)
    spans = wording.find("harga naik")
    assert [TEXT[start:end] for start, end in spans] == ["Harga naik", "harga naik"]
    assert [wording.line(start) for start, _ in spans] == [5, 5]
    assert wording.line(TEXT.index("Anak")) == 4


@settings(deadline=None)
@given(st.text(max_size=200), st.data())
def test_whatever_a_text_says_can_be_quoted_from_it(text: str, data: st.DataObject) -> None:
    tokens = [match.span() for match in re.finditer(r"[^\W_](?:\S*[^\W_])?", text)]
    if not tokens:
        return
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    quotation = text[tokens[first][0] : tokens[last][1]]
    if "[" in quotation or "…" in quotation or ".." in quotation.replace(" ", "") or not fragments(quotation):
        return
    shown = re.sub(r"\s+", " \n ", quotation)
    assert Wording(text).find(quotation), (text, quotation)
    if not re.search(r"[-\u2010\u00ad]\s", quotation):  # else the new line's end would join what was apart
        assert Wording(text).find(shown), (text, shown)


def test_the_nearest_wording_and_what_changed() -> None:
    wording = Wording(TEXT)
    near = wording.nearest("Anak-anak kampung, kata dia, akan diberi makan siang pada hari Jumat")
    assert near is not None
    assert TEXT[near.span.start : near.span.end] == "Anak-anak sekolah, kata dia, akan diberi makan pada hari Jum'at."
    assert near.changes == (("kampung", "sekolah,"), ("siang", ""))
    assert near.similarity == pytest.approx(9 / 11)
    assert wording.nearest("Menteri itu membantah semua tuduhan korupsi di depan hakim") is None
    assert wording.nearest("") is None


def test_of_two_places_the_nearer_is_taken_and_rare_words_lead() -> None:
    told = "Gubernur meresmikan jembatan baru dan jalan di Ambon. "
    text = "Dia dan mereka dan kami pergi. " * 40 + told + "dan lain dan lagi. " * 40
    near = Wording(text).nearest("Gubernur meresmikan jembatan lama dan jalan di Ambon")
    assert near is not None
    assert text[near.span.start : near.span.end] == "Gubernur meresmikan jembatan baru dan jalan di Ambon."
    assert near.changes == (("lama", "baru"),)
