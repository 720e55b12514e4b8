"""Which of a question's words a text holds: by hand, and against looking for every form of every word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query_word import QueryWord
from index.sentence import sentences
from index.text import spellings, stems
from search.words_met import Place, WordsMet, best_sentence

ASKED_BY_HAND = [
    QueryWord(("beras",), {"beras": 1.0, "rice": 0.75}, 3.0),
    QueryWord(("naik", "naikk"), {"naik": 1.0, "naikk": 1.0}, 1.0),
    QueryWord(("zeppelin",), {"zeppelin": 1.0}, 4.0),
]


def test_words_met_by_hand() -> None:
    asked = ASKED_BY_HAND
    assert WordsMet(asked)("Harga BERAS turun.") == 3 / 8
    assert WordsMet(asked)("Kenaikan harga beras, beras, beras") == 4 / 8  # by stem, and each word once
    assert WordsMet(asked)("Zeppelin: beras naik") == 1.0
    assert WordsMet(asked)("The price of rice") == 0.75 * 3 / 8
    assert WordsMet(asked)("") == 0.0
    assert WordsMet([])("Harga beras") == 0.0


SAID = ["harga", "beras", "naik", "Kenaikan", "rice", "price", "OJK", "Otoritas", "Jasa", "Keuangan", "kabinet"]
ASKED = st.builds(
    QueryWord,
    st.just(()),
    st.dictionaries(
        st.sampled_from(["harga", "beras", "naik", "rice", "price", "ojk"]), st.sampled_from([0.25, 0.5, 1.0])
    ),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.sampled_from([(), (("otoritas", "jasa", "uang"),)]),
)


@given(st.lists(ASKED, max_size=4), st.lists(st.lists(st.sampled_from(SAID), max_size=8), max_size=4))
def test_words_met_are_the_most_probable_of_each(asked: list[QueryWord], texts: list[list[str]]) -> None:
    """One object asked about several texts says of each what looking for every form of every word says."""
    met = WordsMet(asked)
    for text in map(" ".join, texts):
        held = {stem for spelling in spellings(text) for stem in stems(spelling)}
        total = sum(word.weight for word in asked)
        named = "Otoritas Jasa Keuangan" in text
        most = [
            max(
                [count for form, count in word.forms.items() if form in held]
                + [1.0 * (named and bool(word.names)), 0.0]
            )
            for word in asked
        ]
        expected = sum(word.weight * count for word, count in zip(asked, most, strict=True)) / total if total else 0.0
        assert met(text) == pytest.approx(expected, abs=1e-12)


def test_places_by_hand() -> None:
    beras, naik, _ = ASKED_BY_HAND
    text = "Rice, or beras: naik-naikk."
    assert [*WordsMet(ASKED_BY_HAND).places(text)] == [
        Place(0, 4, beras, 0, 0.75),
        Place(9, 14, beras, 0, 1.0),
        Place(16, 20, naik, 1, 1.0),
        Place(21, 26, naik, 1, 1.0),
    ]
    assert [*WordsMet([]).places(text)] == []


@given(st.lists(ASKED, max_size=4), st.lists(st.lists(st.sampled_from(SAID), max_size=8), max_size=4))
def test_places_are_those_of_the_words_met(asked: list[QueryWord], texts: list[list[str]]) -> None:
    """In any order of questions and texts a place says a word, and a text without a place or a name holds none."""
    met = WordsMet(asked)
    for text in map(" ".join, texts):
        held, found = met(text), [*met.places(text)]
        for place in found:
            forms = stems(text[place.start : place.end])
            assert max(asked[place.number].forms.get(form, 0.0) for form in forms) == place.probability > 0
        words = [word for word in text.split() if any(form in one.forms for form in stems(word) for one in asked)]
        assert [text[place.start : place.end] for place in found] == words
        if not words and not any(word.names for word in asked):
            assert held == 0.0


COSINES = st.lists(st.sampled_from([-0.2, 0.1, 0.3, 0.5, 0.55]), min_size=1, max_size=4)


@given(
    st.lists(ASKED, max_size=4), st.lists(st.tuples(COSINES, st.lists(st.sampled_from(SAID), max_size=12)), max_size=4)
)
def test_the_best_sentence_is_the_best_of_all(
    asked: list[QueryWord], passages: list[tuple[list[float], list[str]]]
) -> None:
    met = WordsMet(asked)
    for cosines, said in passages:
        cut = [" ".join([*said[n :: len(cosines)], "dan"]).capitalize() for n in range(len(cosines))]
        text = ". ".join(cut) + "."
        assert [text[start:end].rstrip(".") for start, end in sentences(text)] == cut
        every = [cosine + WordsMet(asked)(sentence) for cosine, sentence in zip(cosines, cut, strict=True)]
        assert best_sentence(text, cosines, met) == max(every)
        assert best_sentence(text, None, met) == WordsMet(asked)(text)
