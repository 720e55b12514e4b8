"""What is marked: spans that hold, and the sentence that a reader would point at."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query_word import QueryWord
from index.sentence import sentences
from index.text import query_terms
from index.translation import widened
from search.highlight import highlights
from search.words_met import WordsMet

TEXT = (
    "Menlu tiba di Beijing pada hari Senin. China adalah mitra dagang terbesar kedua Kuba. "
    "Beijing telah menyediakan bus dan lokomotif. Kunjungan itu berakhir."
)
BOUNDS = sentences(TEXT)


def asked(question: str, *weights: float) -> WordsMet:
    own = query_terms(question)
    weighed = zip(own, weights or [1.0] * len(own), strict=True)
    return WordsMet([QueryWord(word, widened(word, None), weight) for word, weight in weighed])


def marked(text: str, spans: tuple[tuple[int, int], ...]) -> list[str]:
    return [text[start:end] for start, end in spans]


def test_words_find_the_sentence() -> None:
    spans = highlights(TEXT, asked("Apa mitra dagang Kuba?"), None)
    assert marked(TEXT, spans) == ["China adalah mitra dagang terbesar kedua Kuba."]


def test_words_elsewhere_are_marked_by_themselves() -> None:
    spans = highlights(TEXT, asked("Apa yang disediakan Beijing, bus?"), None)
    assert marked(TEXT, spans) == ["Beijing", "Beijing telah menyediakan bus dan lokomotif."]


def test_stems_and_case_meet() -> None:
    spans = highlights(TEXT, asked("MENYEDIAKANNYA"), None)
    assert marked(TEXT, spans) == ["Beijing telah menyediakan bus dan lokomotif."]


def test_translations_find_the_sentence() -> None:
    text = "Hujan turun. Pemerintah menaikkan harga beras. Harga gula tetap."
    spans = highlights(text, asked("government price of rice"), None)
    assert marked(text, spans) == ["Pemerintah menaikkan harga beras."]


def test_cosines_find_the_sentence_of_another_language() -> None:
    spans = highlights(TEXT, asked("What did it give to the islanders"), [0.1, 0.2, 0.7, 0.1])
    assert spans == (BOUNDS[2],)


def test_cosines_and_words_together() -> None:
    """Words settle it where cosines are near each other, and do not where they are far apart."""
    question = asked("lokomotif")
    assert highlights(TEXT, question, [0.3, 0.35, 0.3, 0.3]) == (BOUNDS[2],)
    first, second = highlights(TEXT, question, [0.9, 0.1, 0.1, 0.1])
    assert first == BOUNDS[0]
    assert TEXT[slice(*second)] == "lokomotif"


def test_a_telling_word_outweighs_a_common_one() -> None:
    text = "Beijing Beijing Beijing ramai. Ada lokomotif."
    assert highlights(text, asked("Beijing lokomotif", 0.2, 3.0), None)[-1] == sentences(text)[1]


def test_nothing_shared_nothing_marked() -> None:
    assert highlights(TEXT, asked("rendang"), None) == ()
    assert highlights(TEXT, WordsMet([]), None) == ()
    assert highlights("", asked("rendang"), [0.5]) == ()


def test_sentences_beyond_the_last_cosine_count_by_words() -> None:
    spans = highlights(TEXT, asked("kunjungan"), [0.1])
    assert marked(TEXT, spans) == [TEXT[slice(*BOUNDS[3])]]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n\n", "\x85", "\u2028"])
def test_cosines_belong_to_the_sentences_of_the_printable_text(end: str) -> None:
    """They are taken with control characters as spaces, which may join what a lone carriage return parts."""
    from index.text import clean

    text = f"Judul berita{end}Presiden tiba di kota. Harga beras naik. Hujan turun."
    spans = sentences(clean(text))
    wanted = next(n for n, (start, stop) in enumerate(spans) if "beras" in text[start:stop])
    cosines = [0.9 if n == wanted else 0.1 for n in range(len(spans))]
    assert marked(text, highlights(text, WordsMet([]), cosines)) == ["Harga beras naik."]


@given(
    st.text(st.sampled_from("abc AB.!?\n\r-1,\"'”\u200b"), max_size=120),
    st.text(st.sampled_from("abc AB1"), max_size=20),
    st.none() | st.lists(st.floats(-1, 1), max_size=8),
)
def test_spans_lie_in_the_text_in_order(text: str, question: str, cosines: list[float] | None) -> None:
    spans = highlights(text, asked(question), cosines)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
