"""Which articles print the same report, and which of them stands for it."""

import random
import re

import pytest
from conftest import paragraph
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.bench_copies import planted
from search.copies import AGAIN, SHINGLE, Told, added, follows_up, printed_again, same_story, shared, stories
from search.rank import Candidate

REPORT = " ".join(paragraph("report", n) for n in range(4))
OTHER = " ".join(paragraph("other", n) for n in range(4))
WORDS = REPORT.split()


def told(text: str) -> Told:
    return Told(text)


def test_a_publisher_that_says_more_of_it_writes_the_next_report() -> None:
    """Cut at its head, another's report may be a copy; the same publisher's is the report before."""
    old = " ".join(paragraph("report", n) for n in (0, 1, 2, 3))
    lead, tail = (" ".join(paragraph(name, 0).split()[:60]) for name in ("lead", "tail"))
    followed, longer = f"{lead} {old} {tail}", f"{old} {tail} {tail}"
    for publishers, copied in (
        (("detik.com", "detik.com"), False), (("detik.com", "antara"), True), ((None, None), True),
    ):  # fmt: skip
        first, second = (Told(text, publisher=name) for text, name in zip((old, followed), publishers, strict=True))
        assert same_story(first, second) is same_story(second, first) is copied
    for again in (longer, " ".join(paragraph("report", n) for n in (0, 2)), f"Diperbarui. {old}"):
        assert same_story(Told(old, publisher="detik.com"), Told(again, publisher="detik.com"))
    assert not printed_again(told(followed).words, told(old))  # its head is new, and some of the rest
    assert printed_again(told(longer).words, told(old))  # the same head
    assert shared(told(longer).words, told(old)) < AGAIN
    few = int((1 / AGAIN - 1) * len(told(old).words))  # of new words, at which AGAIN is the old report
    new = [f"baru{n}" for n in range(few + 5)]
    assert printed_again([*new[: few - 5], *told(old).words], told(old))
    assert not printed_again([*new, *told(old).words], told(old))


def test_a_name_that_ends_in_digits_is_known_by_its_letters() -> None:
    report = REPORT.replace(". ", ". Covid19 ", 4)
    assert same_story(Told(report), Told(f"ANTARA - {report}"))


def test_a_title_with_another_day_is_another_report() -> None:
    """Prayer times, prices and fixtures are printed every day in the same words."""

    def titled(title: str | None) -> Told:
        return Told(REPORT, title=title)

    today = titled("Jadwal Sholat Hari Ini, Rabu 18 Juni 2025")
    assert not same_story(today, titled("Jadwal Sholat Hari Ini Kamis 19 Juni 2025"))
    for title in ("Prayer times for June 18, 2025", "Jadwal sholat 17-18 Juni (18/6/2025)", "Jadwal Sholat 2025", None):
        assert same_story(today, titled(title))


@pytest.mark.parametrize(
    ("other", "copied"),
    [
        (REPORT, True),
        (REPORT.upper(), True),
        ("Judul Lain Sama Sekali\n\nANTARA, Jakarta - " + REPORT + "\n\nEditor: Budi", True),
        (" ".join(paragraph("report", n) for n in (0, 2)), True),  # every other paragraph dropped
        (" ".join(paragraph("report", n) for n in (0, 1, 3)), True),
        (" ".join(paragraph("report", n) for n in (1, 2, 3)), False),  # or the old report, before there was news on top
        (REPORT.replace(". ", ". Baca juga: Harga Cabai Turun. ", 3), True),
        (
            " ".join(word if n % 12 or not word.isalpha() else "lain" for n, word in enumerate(WORDS)),
            True,
        ),  # reworded here and there
        (OTHER, False),
        ("", False),
        (paragraph("report", 0), False),  # a quotation
        (OTHER + " " + paragraph("more") + " " + REPORT + " " + OTHER, False),  # a text that holds it whole
        (
            OTHER[:900] + " " + " ".join(paragraph("report", n) for n in (1, 2, 3)),
            False,
        ),  # a follow-up with its background
        (" ".join(word if n % 3 else "lain" for n, word in enumerate(WORDS)), False),  # told anew
        (" ".join(reversed(WORDS)), False),
    ],
)
def test_copies(other: str, copied: bool) -> None:
    assert same_story(told(REPORT), told(other)) is copied
    assert same_story(told(other), told(REPORT)) is copied


def test_forms_with_other_figures_or_names_are_no_copies() -> None:
    gold = "Harga emas hari ini {} rupiah per gram, naik {} dari kemarin, sedangkan harga beli {} rupiah per gram."
    before, after = ("1.937.000", "6.000", "1.781.000"), ("1.936.000", "900", "1.780.000")
    assert not same_story(told(gold.format(*before)), told(gold.format(*after)))
    exam = "Berikut soal ujian {0} kelas tujuh. Contoh soal {0} terdiri dari pertanyaan. Pelajari soal {0} di rumah."
    assert not same_story(told(exam.format("Fisika")), told(exam.format("Biologi")))
    assert same_story(told(exam.format("Fisika")), told(exam.format("Fisika")))


def test_shares_by_hand() -> None:
    whole = told(" ".join(paragraph("words").replace(".", "").split()[:40]))
    assert len(whole.words) == 40
    assert shared(whole.words, whole) == 1.0
    other = list(whole.words)
    other[20] = "lain"
    assert shared(other, whole) == 1.0  # one word between two runs
    other[21] = "lagi"
    assert shared(other, whole) == 38 / 40
    assert (shared([], whole), added([], whole)) == (0.0, 0.0)
    assert SHINGLE == 4


def test_new_matter_by_hand() -> None:
    whole = told(REPORT)
    fresh = told(OTHER).words
    assert added(whole.words, whole) == 0.0
    assert added([*fresh[:20], *whole.words], whole) == 0.0  # a title and a byline
    assert added([*whole.words, *fresh[:12]], whole) == 0.0
    assert added([*whole.words, *fresh[:13]], whole) == 13 / (len(whole.words) + 13)


@pytest.mark.parametrize("seed", range(8))
def test_planted_copies_are_found(seed: int) -> None:
    assert same_story(told(REPORT), told(planted(REPORT, random.Random(seed)).text))


@given(st.text(st.sampled_from("abc 1."), max_size=60), st.text(st.sampled_from("abc 1."), max_size=60))
def test_same_story_is_symmetric(one: str, other: str) -> None:
    assert same_story(told(one), told(other)) == same_story(told(other), told(one))
    assert 0 <= shared(told(one).words, told(other)) <= 1


@given(st.text(st.sampled_from("aZzÉé1.,_ -\u0301\n"), max_size=80))
def test_taking_plain_words_first_finds_the_same_words_and_names(text: str) -> None:
    assert told(text).words == re.findall(r"\d(?:[\d.,:/]*\d)?|[^\W\d_]+", text.casefold())
    named = re.findall(r"\b[A-Z][^\W\d_]{3,}", text * 3)
    assert told(text * 3).names == {name.casefold() for name in named if named.count(name) >= 3}


def grouped(
    texts: dict[int, str], published: dict[int, str | None], passage: str = paragraph("report", 0), k: int | None = None
):
    candidates = [Candidate(number, 1 - number / 10) for number in texts]
    found = stories(
        candidates,
        {number: number for number in texts},
        {number: Told(text, published=published.get(number)) for number, text in texts.items()},
        lambda number: passage,
        k,
    )
    return [(story.best.passage, story.stands.passage, [one.passage for one in story.others]) for story in found]


def test_the_oldest_stands_in_the_place_of_the_best() -> None:
    texts = {1: "Judul - " + REPORT, 2: OTHER, 3: REPORT, 4: REPORT + " Editor: Budi"}
    dates: dict[int, str | None] = {1: "2024-02-09", 3: "2024-02-08", 4: None}
    assert grouped(texts, dates) == [(1, 3, [1, 4]), (2, 2, [])]
    assert grouped(texts, {}) == [(1, 1, [3, 4]), (2, 2, [])]
    assert grouped(texts, {1: "2024-02", 3: "2024-02-20", 4: "2024-03"})[0][1] == 3  # the month may mean its end


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([REPORT, OTHER, REPORT[:600], OTHER + " " + REPORT[:200], "pendek"]), max_size=6))
def test_what_is_not_shown_changes_nothing(texts: list[str]) -> None:
    """Asking for fewer stories gives the first of them as they are, with all their copies."""
    every = grouped(dict(enumerate(texts)), {})
    for k in range(1, len(every) + 2):
        assert grouped(dict(enumerate(texts)), {}, k=k) == every[:k]


def test_a_part_never_stands_for_the_whole() -> None:
    part = " ".join(paragraph("report", n) for n in (0, 1))
    assert grouped({1: part, 2: REPORT}, {1: "2024-02-08", 2: "2024-02-09"}) == [(1, 2, [1])]


def test_only_a_copy_that_holds_the_answer_stands() -> None:
    without = " ".join(paragraph("report", n) for n in (0, 1, 3))
    dates: dict[int, str | None] = {1: "2024-02-09", 2: "2024-02-08"}
    assert grouped({1: REPORT, 2: without}, dates, paragraph("report", 2)) == [(1, 1, [2])]


def test_two_cuts_of_one_report_meet_in_the_whole() -> None:
    one, two = (" ".join(paragraph("report", n) for n in pair) for pair in ((0, 1), (2, 3)))
    assert grouped({1: REPORT, 2: one, 3: two}, {}) == [(1, 1, [2, 3])]
    assert not same_story(told(one), told(two))


def test_news_on_top_of_the_old_report_by_hand() -> None:
    old, news = told(REPORT), told(OTHER).words[:60]
    assert not follows_up(old.words, old)
    assert follows_up([*news, *old.words], old)
    assert not follows_up([*news[:39], *old.words], old)
    assert follows_up([*news[:40], *old.words], old)
    assert follows_up([*news, *old.words, *news[:10]], old)  # 60 of 70 new words
    assert not follows_up([*news, *old.words, *news[:11]], old)
    assert not same_story(old, told(" ".join([*news, *old.words])))
