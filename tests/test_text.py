"""Words, terms and stems by example; what must hold of any text at all."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import clean, fold, is_function_word, query_language, query_terms, spellings, stem, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Harga beras naik Rp1.500 per kilogram.", "harga beras naik rp 1.500 per kilogram"),
        ("Inflasi 11,6 persen pada 8/2/2024, pukul 10:30 WIB", "inflasi 11,6 persen pada 8/2/2024 pukul 10:30 wib"),
        ("Rp 15.000,00 atau rp100 dan Rp2triliun", "rp 15.000,00 atau rp 100 dan rp 2triliun"),
        ("1,5°C; 3.000.000. COVID-19, G20", "1,5 c 3.000.000 covid 19 g20"),
        ("pada 2024. Lalu 5, 6", "pada 2024 lalu 5 6"),
        ("Jum’at don't snake_case", "jum at don t snake case"),
        ("", ""),
        ("… — 😀 !?", ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert " ".join(word for word, _, _ in words(text)) == expected


def test_words_stand_where_they_say() -> None:
    text = "Kata 😀 Mbappé: Rp1.500"
    assert [text[start:end] for _, start, end in words(text)] == ["Kata", "Mbappé", "Rp", "1.500"]


@pytest.mark.parametrize(
    ("word", "plain"),
    [("MBAPPÉ", "mbappe"), ("Đà", "da"), ("Nẵng", "nang"), ("Straße", "strasse"), ("ﬁnance", "finance"), ("İ", "i"),
     ("Ⅻ", "xii"), ("𝐇arga", "harga"), ("Łódź", "lodz"), ("Ærø", "aero"), ("日本", "日本")],
)  # fmt: skip
def test_fold(word: str, plain: str) -> None:
    assert fold(word) == plain


@pytest.mark.parametrize(
    ("language", "stemmed", "forms"),
    [
        ("id", "beli", "beli membeli dibeli pembelian membelinya belilah"),
        ("id", "tumbuh", "tumbuh pertumbuhan bertumbuh tumbuhnya"),
        ("id", "kuat", "kuat kekuatan perkuat kuatkah"),
        ("id", "ajar", "ajar ajarkan ajaran ajarannya belajar pelajar"),
        ("en", "minist", "ministers"),
        ("en", "run", "run running runs"),
        ("en", "elect", "elect elected electing"),
        ("id", "1.500", "1.500"),
        ("en", "8/2/2024", "8/2/2024"),
    ],
)
def test_stem(language: str, stemmed: str, forms: str) -> None:
    # "minister" is "minist" to Snowball's English stemmer; the others are roots in a dictionary.
    assert {stem(form, language) for form in forms.split()} == {stemmed}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anak-anak", "anak"),
        ("anak-anaknya bermain", "anak main"),
        ("Buku-buku, buku BUKU-bukunya", "buku buku buku"),
        ("gerak-gerik ekspor-impor", "gerak gerik ekspor impor"),
        ("naik turun-turun naik", "naik turun naik"),
        ("kupu kupu", "kupu kupu"),
        ("kupu - kupu", "kupu kupu"),
    ],
)
def test_a_reduplicated_word_is_one_term(text: str, expected: str) -> None:
    assert " ".join(terms(text, "id")) == expected


def test_terms_follow_the_language_and_guess_indonesian() -> None:
    text = "Ministers are meeting; pertumbuhan pabrik"
    assert terms(text, "en") == ["minist", "are", "meet", "pertumbuhan", "pabrik"]
    assert terms(text, None) == terms(text, "id") == ["ministers", "are", "eting", "tumbuh", "pabrik"]


def test_query_terms_leave_function_words_out_and_look_both_ways() -> None:
    asked = query_terms("Siapa yang membeli pabrik, dan what did the ministers buy?")
    assert asked == [("beli", "memb"), ("pabrik",), ("ministers", "minist"), ("buy",)]
    assert query_terms("harga Harga HARGA") == [("harga",)]
    assert query_terms("apa itu") == [("apa",), ("itu",)]
    assert query_terms("?!") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Siapa yang ditunjuk menjadi menteri?", "id"),
        ("What did the central bank decide?", "en"),
        ("Who is the president of Bank Indonesia?", "en"),
        ("ekspor Rusia", None),
        ("", None),
        ("Kapan Joe Biden dilantik sebagai presiden", "id"),
    ],
)
def test_query_language(text: str, language: str | None) -> None:
    assert query_language(text) == language


def test_function_words() -> None:
    assert all(map(is_function_word, "yang dan the of apakah".split()))
    assert not any(map(is_function_word, "menteri harga bank tidakkah minister".split()))


def test_clean_takes_away_what_could_harm_a_terminal() -> None:
    assert clean("a\x1b[31mb\x07c\u202ed\u200be\ufefff\r\n\tg") == "a [31mb c d e f \n\tg"
    assert clean("Harga naik 5 % — “kata” é 日本 😀") == "Harga naik 5 % — “kata” é 日本 😀"


@given(st.text())
def test_clean_is_one_for_one_and_keeps_what_is_harmless(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned
    for before, after in zip(text, cleaned, strict=True):
        assert after == before or after == " "
        if unicodedata.category(before) == "Cc" and before not in "\t\n":
            assert after == " "
        if before.isalnum():
            assert after == before


@given(st.text())
def test_words_are_in_order_and_folded_for_good(text: str) -> None:
    end_before = 0
    for word, start, end in words(text):
        assert end_before <= start < end <= len(text)
        end_before = end
        assert fold(word) == word
        assert not any(c.isspace() for c in word)  # the lexicon splits at spaces
    assert [word for word, _, _ in words(clean(text))] == [word for word, _, _ in words(text)]


@given(st.text(st.sampled_from("aZé1Rp.,_ -\u0301\u00ad\n")))
def test_taking_plain_words_first_finds_the_same_words(text: str) -> None:
    others = r"\d+(?:[.,:/]\d+)+|[Rr]p(?=\d)|[^\W_]+(?:[\u0300-\u036f\u00ad]+[^\W_]*)*"
    assert spellings(text) == tuple(re.findall(others, text))


@given(st.text(), st.sampled_from(["id", "en", None]))
def test_no_term_is_empty_or_breaks_apart(text: str, language: str | None) -> None:
    for term in terms(text, language):
        assert term.split() == [term]


@pytest.mark.parametrize("word", ["Mbappé", "Mbappe\u0301", "Mbap\u00adpé", "Mbappe"])
def test_a_word_is_one_however_it_is_written(word: str) -> None:
    assert list(words(f"Kata {word} itu")) == [
        ("kata", 0, 4),
        ("mbappe", 5, 5 + len(word)),
        ("itu", 6 + len(word), 9 + len(word)),
    ]
