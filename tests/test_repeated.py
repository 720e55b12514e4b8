import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.repeated import ARTICLES, COUNTERS, KEPT, LAST, TITLES, Publishers, RepeatedLines

FOOTER = "Contoh.id adalah portal berita tentang contoh."


def article(n: int, *extra: str) -> str:
    return " ".join([f"Kalimat pertama nomor {n} tentang beras.", f"Kalimat kedua nomor {n} tentang ikan.", *extra])


def test_a_sentence_on_many_articles_is_learnt_and_found() -> None:
    lines = RepeatedLines()
    for n in range(ARTICLES):
        text = article(n, FOOTER)
        assert lines.spans(text, []) == []
        lines.read(text, [])
    text = article(99, FOOTER)
    assert [text[start:end] for start, end in lines.spans(text, [])] == [FOOTER]


def test_a_line_counts_by_itself_when_there_are_lines() -> None:
    lines = RepeatedLines()
    for n in range(ARTICLES):
        lines.read(f"Beranda Berita Contoh\n{article(n)}\nIsi {n}. Beranda Berita Contoh lagi.", [])
    text = f"  Beranda Berita Contoh\r\n{article(99)}\nIsi."
    assert lines.spans(text, []) == [(2, 23)]


def test_what_one_article_in_fifty_says_is_not_learnt() -> None:
    lines = RepeatedLines()
    for n in range(50 * ARTICLES):
        lines.read(article(n, *([FOOTER] if n % 50 == 49 else [])), [])
    assert not lines.learnt


def test_known_boilerplate_is_not_learnt_and_short_sentences_are_datelines() -> None:
    lines = RepeatedLines()
    for n in range(2 * ARTICLES):
        text = "CONTOHNEWS.COM. " + article(n, FOOTER)
        lines.read(text, [(text.index(FOOTER), len(text))])
    assert not lines.learnt


def test_what_was_learnt_survives_its_state_and_a_flood_of_other_lines() -> None:
    lines = RepeatedLines()
    for n in range(ARTICLES):
        lines.read(article(n, FOOTER), [])
    lines = RepeatedLines(lines.state())
    for n in range(1000, 1000 + 2 * COUNTERS):
        lines.read(article(n), [])
    state = lines.state()
    assert len(lines.counts) <= COUNTERS
    assert len(state["counts"]) <= KEPT
    assert RepeatedLines(state).learnt == lines.learnt != set()


@given(st.lists(st.integers(0, 4), max_size=60))
def test_learnt_is_what_enough_articles_bore(numbers: list[int]) -> None:
    lines = RepeatedLines()
    for n in numbers:
        lines.read(f"Baris nomor {n} dari contoh ini.", [])
    assert lines.articles == sum(lines.counts.values()) == len(numbers)
    often = {n for n in numbers if numbers.count(n) >= ARTICLES}  # a twentieth of sixty is less than ARTICLES
    assert len(lines.learnt) == len(often)


def test_publishers_are_kept_apart_and_only_those_read_are_given_back() -> None:
    loaded: list[str] = []
    publishers = Publishers(loaded.append)
    for n in range(ARTICLES):
        publishers.read("satu", article(n, FOOTER), [])
    text = article(99, FOOTER)
    assert publishers.read("satu", text, []) != []
    assert publishers.read("dua", text, []) == publishers.read(None, text, []) == []
    assert loaded == ["satu", "dua"]
    assert sorted(publishers.states()) == ["dua", "satu"]


def test_a_line_that_lost_its_spaces_is_the_same_line() -> None:
    lines = RepeatedLines()
    for n in range(ARTICLES):
        lines.read(article(n, FOOTER), [])
    glued = FOOTER.replace("portal berita", "portalberita")
    text = article(99, glued)
    assert [text[start:end] for start, end in lines.spans(text, [])] == [glued]


def test_a_footer_longer_than_what_is_looked_at_is_learnt_from_its_end() -> None:
    footer = " ".join(f"Kalimat tetap nomor {n} dari penerbit contoh." for n in range(LAST + 2))
    lines = RepeatedLines()
    for n in range(3 * ARTICLES):
        lines.read(article(n, footer), [])
    text = article(99, footer)
    spans = lines.spans(text, [])
    assert spans == sorted(spans)
    assert [text[start:end] for start, end in spans] == [f"{s}." for s in footer.rstrip(".").split(". ")]


def test_an_article_that_is_all_repeated_lines_keeps_them() -> None:
    lines = RepeatedLines()
    for _ in range(2 * ARTICLES):
        lines.read(FOOTER, [])
    assert lines.learnt
    assert lines.spans(FOOTER, []) == []
    assert lines.spans(article(1, FOOTER), []) != []


@pytest.mark.parametrize(
    "spoilt", [5, "x", [], {}, {"titles": [1]}, {"titles": 5}, {"counts": {"a": "b"}}, {"learnt": 5}, {"articles": "1"}]
)
def test_a_state_that_cannot_be_is_learnt_again(spoilt: object) -> None:
    state = {"articles": 7, **spoilt} if isinstance(spoilt, dict) and spoilt else spoilt
    publishers = Publishers(lambda source: state)
    for n in range(ARTICLES):
        publishers.read("satu", article(n, FOOTER), [])
    assert publishers.states()["satu"]["articles"] == ARTICLES
    assert len(publishers.states()["satu"]["learnt"]) == 1


OTHER = "Harga Beras Naik, Pedagang di Pasar Induk Cemas"
OPENING_TEXT = " ".join(f"Kalimat nomor {n} berbicara tentang ikan dan laut." for n in range(8))


def linked(text: str, own: str | None = None, titles: tuple[str, ...] = (OTHER,)) -> list[str]:
    """What is taken for a link in a text that stands after an opening, in an article with the title `own`."""
    lines = RepeatedLines()
    for title in titles:
        lines.read("Isi.", [], title)
    lines.read(text, [], own)
    whole = f"{OPENING_TEXT} {text}"
    return [whole[start:end].strip() for start, end in lines.spans(whole, [], own)]


def test_the_title_of_another_article_between_two_sentences_is_a_link() -> None:
    assert linked(f"Ia pergi. {OTHER} Warga itu pulang.") == [OTHER]
    assert linked("Ia pergi. harga beras naik Pedagang di pasar-induk cemas! Warga itu pulang.") == [
        "harga beras naik Pedagang di pasar-induk cemas!"
    ]
    assert linked(f"Ia pergi.\n{OTHER}\nWarga itu pulang.") == [OTHER]
    second = "Bupati Karawang Janji Tambah Pasokan Pupuk"
    assert linked(f"Ia pergi. {OTHER} {second} Warga pulang.", titles=(OTHER, second)) == [OTHER, second]
    assert linked(f"Ia pergi. {OTHER} di Jakarta Warga pulang.", titles=(OTHER, f"{OTHER} di Jakarta")) == [
        f"{OTHER} di Jakarta"
    ]


def test_what_is_no_link() -> None:
    assert linked(f"Ia pergi. {OTHER}. Warga itu pulang.") == []  # a sentence
    assert linked(f"Ia pergi. {OTHER} kata warga itu.") == []  # the beginning of one
    assert linked(f'Ia menulis "{OTHER}" Warga itu pulang.') == []
    assert linked(f"Ia berkata {OTHER} Warga itu pulang.") == []
    assert linked(f"Ini daftarnya. 1. {OTHER} Warga itu pulang.") == []  # the heading of a part
    assert linked(f"Yang terpopuler: 6. Ikan Asin Langka 7. {OTHER} 8. Laut Biru") == []
    assert linked(f"Ia pergi. {OTHER} Warga itu pulang.", own=OTHER) == []
    assert linked("Ia pergi. Harga Beras Naik Warga itu pulang.", titles=("Harga Beras Naik",)) == []  # too short
    lines = RepeatedLines()
    lines.read("Isi.", [], OTHER)
    assert lines.spans(f"Ia pergi. {OTHER} Warga itu pulang.", []) == []  # in the opening it may be its own


def test_the_last_titles_are_remembered() -> None:
    lines = RepeatedLines()
    names = [f"Harga Beras Naik Lagi Untuk Kali Ke {n}" for n in range(3 * TITLES)]
    for name in names:
        lines.read("Isi.", [], name)
        assert len(lines.titles) < 2 * TITLES
    lines = RepeatedLines(lines.state())
    assert len(lines.titles) == TITLES
    text = f"{OPENING_TEXT} {names[-TITLES]} Ia pulang. {names[-TITLES - 1]} Ia pergi. {names[-1]} Ia diam."
    assert [text[start:end].strip() for start, end in lines.spans(text, [])] == [names[-TITLES], names[-1]]
