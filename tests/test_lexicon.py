"""The lexicon's order and scores against bm25s, and against BM25 written out by hand where titles weigh in."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import IndexUnusableError
from index.lexicon import FILTER_TERMS, PAIR_WEIGHT, TITLE_WEIGHT, Entry, Lexicon
from index.query_word import TRANSLATION_POWER
from index.text import query_language, query_terms, terms
from index.translation import widened

# Roots that neither stemmer changes; texts of up to 40 words, whose lengths tantivy keeps exactly.
ROOTS = "bank harga beras pasar ekspor rusia bandung banjir obat virus partai hakim gunung laut kapal motor".split()


def filled(folder: Path, entries: Iterable[Entry]) -> Lexicon:
    lexicon = Lexicon(folder, create=True)
    with lexicon.writer() as writer:
        for entry in entries:
            writer.add(entry)
    return lexicon


def drawn_texts(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(ROOTS, k=draw.randint(1, 40))) for _ in range(count)]


def entries_of(texts: Sequence[str], titles: Sequence[str | None] | None = None) -> list[Entry]:
    titles = titles or [None] * len(texts)
    return [Entry(n, n // 3, text, title, "id") for n, (text, title) in enumerate(zip(texts, titles, strict=True), 1)]


class Bm25:
    """Okapi BM25 as Lucene has it, over one field."""

    def __init__(self, fields: Sequence[Sequence[str]]) -> None:
        self.texts = fields
        self.counts = [Counter(field) for field in fields]
        self.lengths = [len(field) for field in fields]
        self.mean = sum(self.lengths) / len(fields)

    def score(self, place: int, term: str) -> float:
        count = self.counts[place][term]
        if not count:
            return 0.0
        bearing = sum(term in counts for counts in self.counts)
        idf = math.log(1 + (len(self.counts) - bearing + 0.5) / (bearing + 0.5))
        return idf * 2.2 * count / (count + 1.2 * (0.25 + 0.75 * self.lengths[place] / self.mean))

    def pair_score(self, place: int, left: str, right: str) -> float:
        text = self.texts[place]
        count = sum(text[n] == left and right in text[n + 1 : n + 3] for n in range(len(text)))
        if not count:
            return 0.0
        bearing = [sum(term in counts for counts in self.counts) for term in (left, right)]
        idf = sum(math.log(1 + (len(self.counts) - n + 0.5) / (n + 0.5)) for n in bearing)
        return idf * 2.2 * count / (count + 1.2 * (0.25 + 0.75 * self.lengths[place] / self.mean))


def by_hand(entries: Sequence[Entry], question: str) -> list[tuple[int, float]]:
    """For each word the best of its forms in body and title, and three tenths of the others; summed over the words."""
    body = Bm25([terms(entry.text, entry.language) for entry in entries])
    title = Bm25([terms(entry.title or "", entry.language) for entry in entries])
    ranking = []
    for place, entry in enumerate(entries):
        total = 0.0
        words = query_terms(question)
        for own in words:
            scores = []
            for form, probability in widened(own, query_language(question)).items():
                count = probability**TRANSLATION_POWER
                scores += [count * body.score(place, form), count * TITLE_WEIGHT * title.score(place, form)]
            total += 0.7 * max(scores) + 0.3 * sum(scores)
        for left, right in pairwise(words):
            for pair in {(left[0], right[0]), (left[-1], right[-1])}:
                total += PAIR_WEIGHT * body.pair_score(place, *pair)
        if total:
            ranking.append((entry.passage, total))
    return sorted(ranking, key=lambda pair: (-round(pair[1], 4), pair[0]))


def assert_same(found: Sequence[tuple[int, float]], expected: Sequence[tuple[int, float]]) -> None:
    """Scores agree to float32; so does the order, but for passages whose scores only float32 tells apart."""
    assert len(found) == len(expected)
    wanted = dict(expected)
    for (number, score), (_, in_place) in zip(found, expected, strict=True):
        assert score == pytest.approx(in_place, rel=1e-4)
        if number in wanted:
            assert score == pytest.approx(wanted[number], rel=1e-4)


QUESTIONS = ["harga beras", "banjir bandung kapal", "motor", "ekspor rusia virus obat hakim", "gunung gunung laut"]


def test_scores_of_single_words_are_those_of_bm25s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bm25s

    monkeypatch.setattr("index.lexicon.PAIR_WEIGHT", 0.0)

    texts = drawn_texts(300, seed=1)
    lexicon = filled(tmp_path, entries_of(texts))
    oracle = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    oracle.index([text.split() for text in texts], show_progress=False)
    for question in QUESTIONS:
        # bm25s leaves out the constant factor k1 + 1, and counts a word of the question as often as it stands there.
        scores = 2.2 * oracle.get_scores(list(dict.fromkeys(question.split())))
        expected = sorted(((n, float(s)) for n, s in enumerate(scores, 1) if s > 0), key=lambda p: (-p[1], p[0]))
        found = lexicon.search(question, 500)
        assert_same(found, expected)
        assert lexicon.search(question, 7) == found[:7]


def test_pairs_weigh_in(tmp_path: Path) -> None:
    """Each word once in a text: how overlapping pairs of repeated words are counted is tantivy's own affair."""
    draw = random.Random(4)
    entries = entries_of([" ".join(draw.sample(ROOTS, draw.randint(1, 16))) for _ in range(200)])
    lexicon = filled(tmp_path, entries)
    for question in QUESTIONS:
        assert_same(lexicon.search(question, 500), by_hand(entries, question))


def test_titles_weigh_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.lexicon.PAIR_WEIGHT", 0.0)
    monkeypatch.setitem(globals(), "PAIR_WEIGHT", 0.0)
    texts = drawn_texts(200, seed=2)
    titles = [None if n % 3 else title for n, title in enumerate(drawn_texts(200, seed=3))]
    entries = entries_of(texts, titles)
    lexicon = filled(tmp_path, entries)
    for question in QUESTIONS:
        assert_same(lexicon.search(question, 500), by_hand(entries, question))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.sampled_from(ROOTS[:5]), max_size=6), min_size=1, max_size=12), st.data())
def test_any_texts_rank_as_by_hand(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], data: st.DataObject
) -> None:
    entries = entries_of([" ".join(text) for text in texts])
    question = " ".join(data.draw(st.lists(st.sampled_from(ROOTS[:6]), min_size=1, max_size=3)))
    lexicon = filled(tmp_path_factory.mktemp("lexicon"), entries)
    with pytest.MonkeyPatch.context() as patch:  # how repeated words pair is tantivy's own affair
        patch.setattr("index.lexicon.PAIR_WEIGHT", 0.0)
        patch.setitem(globals(), "PAIR_WEIGHT", 0.0)
        found = lexicon.search(question, 50)
        assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))
        assert_same(found, by_hand(entries, question))


def test_indonesian_and_english_forms_meet(tmp_path: Path) -> None:
    lexicon = filled(
        tmp_path,
        [
            Entry(1, 1, "Pemerintah membeli vaksin itu.", None, "id"),
            Entry(2, 2, "The ministers elected a chairman.", None, "en"),
            Entry(3, 3, "Harga naik Rp1.500 pada 8/2/2024.", None, None),
        ],
    )
    assert [n for n, _ in lexicon.search("pembelian", 5)] == [1]
    assert [n for n, _ in lexicon.search("who was electing the minister?", 5)] == [2]
    assert [n for n, _ in lexicon.search("Rp1.500", 5)] == [3]
    assert [n for n, _ in lexicon.search("8/2/2024", 5)] == [3]
    assert lexicon.search("8/2/2023 500", 5) == []
    assert lexicon.search("?!", 5) == []
    assert lexicon.search("", 5) == []


def test_equal_scores_come_in_order_of_number_also_at_the_cut(tmp_path: Path) -> None:
    numbers = random.Random(4).sample(range(1, 1000), 30)
    lexicon = filled(tmp_path, [Entry(n, n, "harga beras", None, "id") for n in numbers])
    assert [n for n, _ in lexicon.search("beras", 10)] == sorted(numbers)[:10]


@pytest.mark.parametrize("named", [True, False])
def test_a_filter_is_exact_even_when_it_keeps_one_of_many(tmp_path: Path, named: bool) -> None:
    draw = random.Random(5)
    texts = ["beras " * draw.randint(1, 9) + " ".join(draw.choices(ROOTS, k=5)) for _ in range(2000)]
    lexicon = filled(tmp_path, entries_of(texts))
    everything = lexicon.search("harga beras", 5000)
    assert len(everything) == 2000
    for kept in ([everything[-1][0]], range(0, 2001, 97), [4000], []):
        articles = np.array(sorted({number // 3 for number in kept}), np.int64) if named else None
        expected = [(n, s) for n, s in everything if n in kept]
        assert lexicon.search("harga beras", 10, np.array(kept, np.int64), articles) == expected[:10]
    assert FILTER_TERMS > 1000


def test_a_phrase_is_found_where_its_words_stand_side_by_side(tmp_path: Path) -> None:
    lexicon = filled(
        tmp_path,
        [
            Entry(1, 1, "Kepala Bank Indonesia menahan suku bunga.", None, "id"),
            Entry(2, 2, "Bank swasta di Indonesia menaikkan bunga suku cadang.", None, "id"),
            Entry(3, 3, "The ministers elected a chairman of the bank.", None, "en"),
            Entry(4, 4, "bunga", "Bank Indonesia", "id"),
        ],
    )
    assert lexicon.containing("bank indonesia").tolist() == [1]
    assert lexicon.containing("suku bunga").tolist() == [1]
    assert lexicon.containing("bunga").tolist() == [1, 2, 4]
    assert lexicon.containing("minister elected").tolist() == [3]
    assert lexicon.containing("…").tolist() == []
    assert lexicon.containing("Indonesia bank").tolist() == []


def test_words_weigh_their_inverse_document_frequencies(tmp_path: Path) -> None:
    lexicon = filled(tmp_path, [Entry(n, n, "harga beras" if n < 3 else "harga", None, "id") for n in range(1, 11)])
    asked = lexicon.asked("berapa harga beras premium")
    assert [word.own for word in asked] == [("harga",), ("beras", "bera"), ("premium",)]
    assert [word.weight for word in asked] == pytest.approx(
        [math.log(1 + 0.5 / 10.5), math.log(1 + 8.5 / 2.5), math.log(1 + 10.5 / 0.5)]
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.sampled_from([*ROOTS, "kuda"]), min_size=1, max_size=5))
def test_an_article_holds_what_any_of_its_passages_or_titles_holds(
    tmp_path_factory: pytest.TempPathFactory, seed: int, question: list[str]
) -> None:
    texts = [" ".join(text.split()[:3]) for text in drawn_texts(18, seed)]  # three passages an article
    titles = [ROOTS[seed % len(ROOTS)] if n // 3 == 2 else None for n in range(1, 19)]
    entries = entries_of(texts, titles)
    lexicon = filled(tmp_path_factory.mktemp("lexicon"), entries)
    asked = lexicon.asked(" ".join(question))
    held = lexicon.held(asked, [0, 2, 5, 99])
    for article, share in held.items():
        said = {word for one in entries if one.article == article for word in f"{one.text} {one.title}".split()}
        met = sum(word.weight for word in asked if said & word.forms.keys())
        assert share == pytest.approx(met / sum(word.weight for word in asked))
    assert held[99] == 0.0
    assert list(held) == [0, 2, 5, 99]


def test_an_article_of_many_passages_is_looked_into_wholly(tmp_path: Path) -> None:
    """More passages than are fetched at first, and another article behind them."""
    entries = [Entry(n, 1 if n < 600 else 2, "bank" if n != 599 else "bank beras", None, "id") for n in range(1, 601)]
    lexicon = filled(tmp_path, entries)
    shares = lexicon.held(lexicon.asked("bank beras"), [1, 2])
    assert shares[1] == pytest.approx(1.0)
    assert 0 < shares[2] < 0.5
    assert lexicon.held(lexicon.asked("bank"), []) == {}
    assert lexicon.held([], [1]) == {1: 0.0}


def test_an_english_question_meets_indonesian_words(tmp_path: Path) -> None:
    texts = ["Pemerintah menaikkan harga beras.", "Banjir melanda kota.", "The government talked."]
    entries = [Entry(n, n, text, None, "en" if "The" in text else "id") for n, text in enumerate(texts, start=1)]
    lexicon = filled(tmp_path, entries)
    assert [number for number, _ in lexicon.search("What did the government do?", 5)] == [3, 1]
    assert [number for number, _ in lexicon.search("When was the flood?", 5)] == [2]


def test_another_spelling_is_met(tmp_path: Path) -> None:
    lexicon = filled(tmp_path, [Entry(1, 1, "Utusan Tiongkok tiba.", None, "id"), Entry(2, 2, "Hujan.", None, "id")])
    assert [number for number, _ in lexicon.search("utusan Cina", 5)] == [1]
    assert [number for number, _ in lexicon.search("China", 5)] == [1]


def test_neighbours_in_the_question_that_are_neighbours_in_the_passage_win(tmp_path: Path) -> None:
    texts = ["Bank kota itu dan warga Indonesia kaya.", "Warga kaya itu dan kota Bank Indonesia."]
    lexicon = filled(tmp_path, [Entry(n, n, text, None, "id") for n, text in enumerate(texts, start=1)])
    assert [number for number, _ in lexicon.search("bank indonesia", 5)] == [2, 1]


def test_no_word_weighs_less_than_nothing_after_removals(tmp_path: Path) -> None:
    lexicon = filled(tmp_path, [Entry(n, n, "harga beras", None, "id") for n in range(1, 41)])
    with lexicon.writer() as writer:
        writer.remove(range(1, 40))
    assert len(lexicon) == 1
    assert all(word.weight >= 0 for word in lexicon.asked("harga beras"))


def test_removed_passages_never_come_and_stay_away(tmp_path: Path) -> None:
    lexicon = filled(tmp_path, entries_of(drawn_texts(50, seed=6)))
    with lexicon.writer() as writer:
        writer.remove(range(1, 41))
    for opened in (lexicon, Lexicon(tmp_path)):
        assert opened.numbers() == set(range(41, 51))
        assert len(opened) == 10
        assert {n for n, _ in opened.search(" ".join(ROOTS), 50)} == set(range(41, 51))


@pytest.mark.parametrize("error", [RuntimeError("the encoder failed"), KeyboardInterrupt()])
def test_an_exception_leaves_it_as_it_was(tmp_path: Path, error: BaseException) -> None:
    lexicon = filled(tmp_path, entries_of(drawn_texts(20, seed=7)))
    before = lexicon.search("harga beras", 50)

    def interrupted() -> None:
        with lexicon.writer(orphans_from=15) as writer:
            writer.add(Entry(99, 99, "harga beras", None, "id"))
            writer.remove([before[0][0]])
            raise error

    with pytest.raises(type(error)):
        interrupted()
    for opened in (lexicon, Lexicon(tmp_path)):
        opened.reload()
        assert opened.numbers() == set(range(1, 21))
        assert opened.search("harga beras", 50) == before
    with lexicon.writer() as writer:  # and it can be written again
        writer.add(Entry(21, 21, "harga beras", None, "id"))
    assert lexicon.numbers() == set(range(1, 22))


def test_what_a_dead_writer_left_goes_first_and_its_numbers_are_free(tmp_path: Path) -> None:
    lexicon = filled(tmp_path, [Entry(n, n, "banjir bandung", None, "id") for n in range(1, 11)])
    with lexicon.writer(orphans_from=6) as writer:
        for number in (6, 7):
            writer.add(Entry(number, number, "harga beras", None, "id"))
    assert lexicon.numbers() == set(range(1, 8))
    assert {n for n, _ in lexicon.search("banjir", 50)} == {1, 2, 3, 4, 5}
    assert {n for n, _ in lexicon.search("beras", 50)} == {6, 7}


def test_a_reader_sees_a_commit_when_it_reloads(tmp_path: Path) -> None:
    writing = filled(tmp_path, entries_of(["harga beras"]))
    reading = Lexicon(tmp_path)
    with writing.writer() as writer:
        writer.add(Entry(2, 2, "harga beras", None, "id"))
    assert reading.numbers() == {1}
    reading.reload()
    assert reading.numbers() == {1, 2}


def test_an_empty_lexicon_answers_nothing(tmp_path: Path) -> None:
    lexicon = Lexicon(tmp_path, create=True)
    assert len(lexicon) == 0
    assert lexicon.search("harga", 5) == []
    assert lexicon.numbers() == set()
    assert lexicon.containing("harga").tolist() == []
    assert [word.weight for word in lexicon.asked("harga")] == pytest.approx([math.log(1 + 1.5 / 0.5)])


@pytest.mark.parametrize("damage", ["missing", "no meta", "broken meta"])
def test_a_damaged_lexicon_is_refused(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "lexicon"
    if damage != "missing":
        filled(folder, entries_of(["harga beras"]))
        if damage == "no meta":
            (folder / "meta.json").unlink()
        else:
            (folder / "meta.json").write_text("{")
    with pytest.raises(IndexUnusableError, match="lexicon") as caught:
        Lexicon(folder)
    assert "--repair" in caught.value.hint


def test_whether_it_reaches_a_number(tmp_path: Path) -> None:
    lexicon = Lexicon(tmp_path, create=True)
    assert not lexicon.reaches(0)
    with lexicon.writer() as writer:
        for passage in (3, 7):
            writer.add(Entry(passage, 1, "beras", None, "id"))
    assert [lexicon.reaches(passage) for passage in (0, 3, 7, 8, 2**40)] == [True, True, True, False, False]


def test_a_file_of_removals_that_a_dead_writer_left_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / "lexicon"
    lexicon = filled(folder, entries_of(["harga beras", "banjir", "pasar"]))
    meta = (folder / "meta.json").read_bytes()
    before = lexicon.numbers()
    with lexicon.writer() as writer:
        writer.remove([min(before)])
    (folder / "meta.json").write_bytes(meta)  # as if it had died between the two files
    assert list(folder.glob("*.del"))
    lexicon = Lexicon(folder)
    assert lexicon.numbers() == before
    with lexicon.writer() as writer:
        writer.remove([min(before)])  # would write a file of the same name
    assert lexicon.numbers() == before - {min(before)}
