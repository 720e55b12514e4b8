"""Questions to an index: the seeds with the bundled encoder, and small folders with a tiny one."""

import dataclasses
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import paragraph

from index.catalogue import FORMAT, Catalogue, Filter
from index.errors import IndexUnusableError, NotFoundError, TelusurError, UsageError
from index.text import words
from index.update import update
from search.answer import Answer, Hit
from search.engine import MODES, Searcher
from search.rank import ARTICLE_WORDS, LOOKED_INTO, NEXT_PASSAGE, PASSAGE_WORDS, SENTENCE, WORDS
from search.verdict import ANSWERED

# Question, the seed that answers it, a piece of the sentence that does.
QUESTIONS = [
    ("Dengan kanselir negara mana Xi bertemu awal bulan itu?", "000", "Kanselir Jerman Olaf Scholz"),
    ("Bantuan transportasi apa yang diberikan Beijing kepada Kuba?", "000", "bus, lokomotif"),
    ("Berapa lama perundingan investasi China dengan Uni Eropa berlangsung?", "001", "setelah tujuh tahun"),
    ("Berapa nilai dagang China dan Amerika Serikat tahun lalu?", "002", "USD 664 miliar"),
    ("Siapa utusan Tiongkok untuk Timur Tengah?", "003", "Zhai Jun"),
    ("Kapan SCO didirikan?", "004", "pada tahun 2001"),
    ("Which German leader did Xi meet in Beijing?", "000", "Olaf Scholz"),
    ("When will Joe Biden be inaugurated as president?", "001", "pada 20 Januari 2021"),
    ("Do Russia and China support a political solution for the Palestinians?", "002", "masalah Palestina"),
    ("How many times have Xi and Putin met in the last ten years?", "003", "42 kali"),
    ("Who is China's envoy to the Middle East?", "003", "Zhai Jun"),
    ("How many Uyghurs does Beijing hold in Xinjiang?", "004", "satu juta orang Uyghur"),
]
UNANSWERABLE = [
    "Kapan gunung Merapi meletus?",
    "Siapa gubernur Jawa Barat?",
    "Berapa harga tiket bioskop akhir pekan?",
    "Bagaimana cara menjahit kebaya pengantin?",
    "Apa obat untuk batuk pada anak?",
    "How many goals did Messi score?",
    "How do I knit a woollen sweater?",
    "Which vitamin is in carrots?",
    "When does the night market in Bandung close?",
    "Who sings the theme song of the film?",
]
NAMES = {name[:3]: name for name in ("000_430c46955cfb6541.txt", "001_fbacd0f8f8eb0354.txt", "002_16cdcf0f9b48f477.txt",
                                     "003_9b7df8ee4e7d4e57.txt", "004_a52a0b3d5800b4bf.txt")}  # fmt: skip
ALL = {"k": 1000, "all_passages": True}
EVERYDAY = "Xi Jinping China Rusia"


@pytest.fixture(scope="module")
def searcher(seeds_index: Path) -> Iterator[Searcher]:
    with Searcher.open(seeds_index) as opened:
        yield opened


@pytest.fixture
def make(tmp_path: Path, tiny_encoder: Path) -> Callable[..., Path]:
    """Write files beside an index and bring the index up to date with them; None removes a file."""

    def made(**contents: str | bytes | None) -> Path:
        folder, root = tmp_path / "articles", tmp_path / ".telusur"
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            path = folder / name.replace("__", ".")
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        update(root, [folder], encoder=str(tiny_encoder))
        return root

    return made


def seed_of(hit: Hit) -> str:
    return Path(hit.path).name[:3]


def seeds_of(answer: Answer) -> set[str]:
    return {seed_of(hit) for hit in answer.hits}


def timeless(answer: Answer) -> Answer:
    return dataclasses.replace(answer, seconds=0.0)


def content(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def assert_cites(hit: Hit, text: str) -> None:
    """The place that a hit names is where its text stands, counted another way."""
    assert text[hit.char_start : hit.char_end] == hit.text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first, last = hit.text.replace("\r\n", "\n").splitlines()[0], hit.text.replace("\r\n", "\n").splitlines()[-1]
    assert first in lines[hit.line_start - 1]
    assert last in lines[hit.line_end - 1]
    assert hit.line_start == text[: hit.char_start].count("\n") + 1
    assert hit.line_end == text[: hit.char_end].count("\n") + 1
    for start, end in hit.highlights:
        assert 0 <= start < end <= len(hit.text)


# --- answers out of the seeds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "seed", "telling"), QUESTIONS)
def test_answered_by_the_right_article(searcher: Searcher, seeds: Path, question: str, seed: str, telling: str) -> None:
    answer = searcher.search(question)
    assert answer.answered
    assert answer.confidence >= ANSWERED
    best = answer.hits[0]
    assert Path(best.path).name == NAMES[seed]
    assert telling in best.text
    begin = best.text.index(telling)
    assert any(start < begin + len(telling) and begin < end for start, end in best.highlights)
    assert answer.language == (
        "en" if question.split()[0] in {"Do", "Which", "When", "What", "How", "Who", "Why"} else "id"
    )


def test_every_hit_is_a_citation(searcher: Searcher, seeds: Path) -> None:
    hits = searcher.search(EVERYDAY, **ALL).hits
    assert len(hits) == searcher.status()["passages"]
    assert len({hit.passage_id for hit in hits}) == len(hits)
    for hit in hits:
        path = seeds / Path(hit.path).name
        assert (Path.cwd() / hit.path).samefile(path)
        assert_cites(hit, content(path))


def test_facts_of_the_seeds(searcher: Searcher) -> None:
    facts = {
        seed_of(hit): (hit.source, hit.origin, hit.published, hit.published_precision, hit.language, bool(hit.title))
        for hit in searcher.search(EVERYDAY, **ALL).hits
    }
    assert facts == {
        "000": ("VOA Indonesia", None, "2022-11-25", "day", "id", False),
        "001": ("KONTAN.CO.ID", "South China Morning Post", "2020-12-28", "inferred", "id", False),
        "002": ("Liputan6.com", None, "2024-02-08", "day", "id", False),
        "003": (None, None, None, None, "id", False),
        "004": ("RIAU24.COM", None, None, None, "id", True),
    }


def test_one_hit_an_article_best_first(searcher: Searcher) -> None:
    few, every = searcher.search(EVERYDAY), searcher.search(EVERYDAY, **ALL)
    assert len(few.hits) == len(seeds_of(few)) == 5
    assert [hit.rank for hit in every.hits] == list(range(1, len(every.hits) + 1))
    for answer in (few, every):
        scores = [hit.score for hit in answer.hits]
        assert scores == sorted(scores, reverse=True)
    # each article stands with its best passage
    best: dict[str, str] = {}
    for hit in every.hits:
        best.setdefault(hit.article_id, hit.passage_id)
    assert [hit.passage_id for hit in few.hits] == list(best.values())


@pytest.mark.parametrize("options", [{}, {"all_passages": True}])
def test_k_cuts_the_same_ranking(searcher: Searcher, options: dict[str, Any]) -> None:
    whole = searcher.search(EVERYDAY, 100, **options).hits
    for k in (1, 2, 5, 7):
        assert searcher.search(EVERYDAY, k, **options).hits == whole[:k]


@pytest.mark.parametrize("question", UNANSWERABLE)
def test_nothing_relevant(searcher: Searcher, question: str) -> None:
    answer = searcher.search(question)
    assert (answer.answered, answer.hits) == (False, ())
    assert answer.confidence < ANSWERED
    nearest = searcher.search(question, 3, all_passages=True)
    assert (nearest.answered, len(nearest.hits), nearest.confidence) == (False, 3, answer.confidence)


# --- filters and operators ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("restriction", "seeds_left"),
    [
        (Filter(sources=("Liputan6.com",)), {"002"}),
        (Filter(sources=("liputan", "KONTAN")), {"001", "002"}),
        (Filter(sources=("Antara",)), set()),
        (Filter(languages=("id",)), {"000", "001", "002", "003", "004"}),
        (Filter(languages=("en",)), set()),
        # both ends belong to it; what has no date is not within any
        (Filter(since="2022-11-25"), {"000", "002"}),
        (Filter(since="2022-11-26"), {"002"}),
        (Filter(since="2022-11"), {"000", "002"}),
        (Filter(since="2022"), {"000", "002"}),
        (Filter(since="2025"), set()),
        (Filter(until="2022-11-25"), {"000", "001"}),
        (Filter(until="2022-11-24"), {"001"}),
        (Filter(until="2022-11"), {"000", "001"}),
        (Filter(until="2022"), {"000", "001"}),
        (Filter(until="2020"), {"001"}),
        (Filter(until="2019"), set()),
        (Filter(since="2022", until="2022"), {"000"}),
        (Filter(since="2020-12-28", until="2020-12-28"), {"001"}),
        (Filter(path="seeds/00[12]_*"), {"001", "002"}),
        (Filter(path="003_*.txt"), {"003"}),
        (Filter(path="*.jsonl"), set()),
        (Filter(sources=("voa",), since="2022", languages=("id",), path="000*"), {"000"}),
        (Filter(sources=("voa",), since="2023"), set()),
    ],
)
def test_filters_are_exact(searcher: Searcher, restriction: Filter, seeds_left: set[str]) -> None:
    for mode in MODES:
        every = searcher.search(EVERYDAY, mode=mode, **ALL).hits
        found = searcher.search(EVERYDAY, mode=mode, restriction=restriction, **ALL).hits
        left = [hit for hit in every if seed_of(hit) in seeds_left]
        assert [hit.passage_id for hit in found] == [hit.passage_id for hit in left]
        # Products of fewer rows may be summed in another order. Among fewer passages more of the last are looked into.
        first = sum(hit.rank <= LOOKED_INTO // 2 for hit in left)
        assert [hit.score for hit in found[:first]] == pytest.approx([hit.score for hit in left[:first]], abs=2e-6)
        assert {seed_of(hit) for hit in found} == seeds_left


def folded(text: str) -> str:
    return " ".join(word for word, _, _ in words(text))


@pytest.mark.parametrize(
    ("question", "phrase", "seeds_left"),
    [
        ('Siapa "mitra dagang" China?', "mitra dagang", {"000", "003"}),
        ("kebijakan “luar negeri” China", "luar negeri", {"001", "002", "003", "004"}),
        ('"Olaf Scholz"', "olaf scholz", {"000"}),
        ('"Scholz Olaf"', "scholz olaf", set()),
    ],
)
def test_phrases(searcher: Searcher, question: str, phrase: str, seeds_left: set[str]) -> None:
    answer = searcher.search(question, **ALL)
    assert all(phrase in folded(hit.text) for hit in answer.hits)
    assert seeds_of(answer) == seeds_left
    # and no passage that has it is missing
    every = searcher.search(EVERYDAY, **ALL).hits
    assert {hit.passage_id for hit in answer.hits} == {h.passage_id for h in every if phrase in folded(h.text)}


def test_exclusions(searcher: Searcher) -> None:
    every = searcher.search("presiden", **ALL).hits
    without = searcher.search("presiden -Putin -Kuba", **ALL).hits
    assert [hit.passage_id for hit in without] == [
        hit.passage_id for hit in every if not {"putin", "kuba"} & set(folded(hit.text).split())
    ]
    assert 0 < len(without) < len(every)


def test_what_is_excluded_is_not_asked(searcher: Searcher) -> None:
    plain, excluding = searcher.search("presiden"), searcher.search("presiden -Kazakhstan")
    assert excluding.query == "presiden -Kazakhstan"
    scores = {hit.passage_id: hit.score for hit in plain.hits}
    assert all(scores.get(hit.passage_id, hit.score) == hit.score for hit in excluding.hits)


# --- modes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [question for question, _, _ in QUESTIONS[::3]])
def test_scores_are_what_the_explanation_says(searcher: Searcher, question: str) -> None:
    looked_into: list[bool] = []
    for hit in searcher.search(question, explain=True, **ALL).hits:
        assert hit.explain is not None
        names = ("cosine", "lexical_share", "article_share", "best_sentence")
        cosine, share, held, sentence = (hit.explain[name] for name in names)
        if held is None or sentence is None:
            assert (held, sentence) == (None, None)
            looked_into.append(False)
            assert hit.score == pytest.approx(cosine + WORDS * share, abs=1e-6)
        else:
            looked_into.append(True)
            assert sentence <= cosine / 0.8 + 1  # of the passage's cosine its best sentence's is four fifths
            nearness = (1 - SENTENCE) * cosine + SENTENCE * sentence
            assert hit.score == pytest.approx(nearness + PASSAGE_WORDS * share + ARTICLE_WORDS * held, abs=1e-6)
    assert sum(looked_into) == min(LOOKED_INTO, len(looked_into))
    semantic = searcher.search(question, mode="semantic", explain=True, **ALL).hits
    for hit in semantic:
        assert hit.explain is not None
        assert hit.score == pytest.approx(hit.explain["cosine"], abs=1e-6)
        assert (hit.explain["bm25"], hit.explain["lexical_rank"]) == (None, None)
    assert len(semantic) == searcher.status()["passages"]
    for hit in searcher.search(question, mode="lexical", explain=True, **ALL).hits:
        assert hit.explain is not None
        assert hit.score == pytest.approx(hit.explain["bm25"], abs=1e-6)
        assert (hit.explain["cosine"], hit.explain["semantic_rank"]) == (None, None)
    assert searcher.search(question).hits[0].explain is None


def test_lexical_finds_only_what_shares_a_word(searcher: Searcher) -> None:
    found = searcher.search("Zhai Jun", mode="lexical", **ALL).hits
    assert [seed_of(hit) for hit in found] == ["003"]
    assert found[0].text[slice(*found[0].highlights[0])].startswith("Utusan Tiongkok untuk Timur Tengah, Zhai Jun")
    assert searcher.search("xylophone zeppelin", mode="lexical", **ALL).hits == ()
    assert not searcher.search("xylophone zeppelin", mode="lexical").answered


@pytest.mark.parametrize("question", ["Zhai Jun", "Xinjiang Uyghur genosida", "Ushakov", "BRICS dan SCO"])
def test_lexical_answers_when_every_word_is_met(searcher: Searcher, question: str) -> None:
    answer = searcher.search(question, mode="lexical")
    assert answer.answered
    assert answer.hits


def test_lexical_needs_no_encoder(make: Callable[..., Path], tiny_encoder: Path, tmp_path: Path) -> None:
    encoder = shutil.copytree(tiny_encoder, tmp_path / "copy")
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("Harga beras naik di pasar kota.")
    update(tmp_path / ".telusur", [folder], encoder=str(encoder))
    shutil.rmtree(encoder)
    with Searcher.open(tmp_path / ".telusur") as searcher:
        assert searcher.search("beras", mode="lexical", **ALL).hits[0].text == "Harga beras naik di pasar kota."
        with pytest.raises(TelusurError) as caught:
            searcher.search("beras")
        assert caught.value.hint


@pytest.mark.parametrize(
    "options", [{"k": 0}, {"k": -1}, {"k": 10_001}, {"mode": "fuzzy"}, {"mode": ""}, {"query": ""}, {"query": "?"}]
)
def test_questions_that_cannot_be_asked(searcher: Searcher, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        searcher.search(**{"query": "Kuba", **options})
    assert caught.value.hint


def test_rank_is_the_bare_ranking(searcher: Searcher) -> None:
    every = searcher.search(EVERYDAY, **ALL).hits
    ranked = searcher.rank(EVERYDAY, 1000)
    assert [(row.passage_id, round(score, 6)) for row, score in ranked] == [(h.passage_id, h.score) for h in every]
    assert searcher.rank(EVERYDAY, 3) == ranked[:3]


# --- the same answer every time ----------------------------------------------------------------------------------


def test_two_searchers_answer_alike(searcher: Searcher, seeds_index: Path) -> None:
    with Searcher.open(seeds_index) as other:
        for question, _, _ in QUESTIONS[::4]:
            for mode in MODES:
                answers = {timeless(s.search(question, mode=mode)) for s in (searcher, other, searcher)}
                assert len(answers) == 1


def test_eight_threads_get_the_same_answers(seeds_index: Path, searcher: Searcher) -> None:
    asked = [(question, mode) for question, _, _ in QUESTIONS[:4] for mode in MODES] * 4
    expected = {(question, mode): timeless(searcher.search(question, mode=mode)) for question, mode in asked[:12]}
    with Searcher.open(seeds_index) as shared, ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda pair: (pair, timeless(shared.search(pair[0], mode=pair[1]))), asked)
        for pair, answer in answers:  # in a batch with others the last digits of a vector may be other ones
            wanted = expected[pair].hits
            assert [hit.score for hit in answer.hits] == pytest.approx([hit.score for hit in wanted], abs=1e-5)
            scored = tuple(
                dataclasses.replace(hit, score=same.score) for hit, same in zip(answer.hits, wanted, strict=True)
            )
            assert dataclasses.replace(answer, hits=scored, confidence=expected[pair].confidence) == expected[pair]
        shown = pool.map(lambda n: (shared.show(expected[asked[0]].hits[0].passage_id), shared.status()), range(8))
        assert len({json.dumps(both) for both in shown}) == 1


# --- related and show --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_related_is_never_from_the_target(searcher: Searcher, seeds: Path, mode: str) -> None:
    passage = searcher.search("Kapan SCO didirikan?").hits[0]
    for target in (passage.passage_id, passage.article_id, str(seeds / NAMES["004"])):
        answer = searcher.related(target, mode=mode, **ALL)
        assert seeds_of(answer) == {"000", "001", "002", "003"}
        assert answer.query == target
        few = searcher.related(target, mode=mode)
        assert "004" not in seeds_of(few)
        assert len(few.hits) == len(seeds_of(few))


def test_related_to_a_passage_is_about_the_same(searcher: Searcher) -> None:
    """The Belt and Road initiative is spoken of in two articles, each time in one passage."""
    one, other = searcher.search("Inisiatif Sabuk dan Jalan (BRI)", 2).hits
    assert {seed_of(one), seed_of(other)} == {"003", "004"}
    for mode in ("hybrid", "semantic"):
        assert other.passage_id in [hit.passage_id for hit in searcher.related(one.passage_id, 2, mode=mode).hits]
        assert one.passage_id in [hit.passage_id for hit in searcher.related(other.passage_id, 2, mode=mode).hits]


def test_scores_of_related_are_what_the_explanation_says(searcher: Searcher, seeds: Path) -> None:
    """The next best passage of an article is part of its best one's score, and of no other's."""
    own: dict[str, list[float]] = {}
    next_passages: dict[str, list[float]] = {}
    for hit in searcher.related(str(seeds / NAMES["000"]), explain=True, **ALL).hits:
        assert hit.explain is not None
        words = WORDS * hit.explain["lexical_share"]
        more = hit.explain.get("next_passage")
        own.setdefault(hit.article_id, []).append(hit.explain["cosine"] + words)
        next_passages.setdefault(hit.article_id, []).extend([] if more is None else [more])
        assert hit.score == pytest.approx(own[hit.article_id][-1] + (more or 0.0), abs=1e-6)
    assert len(own) == 4
    for article, scores in own.items():
        assert next_passages[article] == pytest.approx([NEXT_PASSAGE * score for score in scores[1:2]])


def test_related_to_a_text(searcher: Searcher, seeds: Path) -> None:
    text = content(seeds / NAMES["000"])
    answer = searcher.related("-", text=text)
    assert seed_of(answer.hits[0]) == "000"
    only = searcher.related("-", text=text, restriction=Filter(sources=("Liputan6",)), **ALL)
    assert seeds_of(only) == {"002"}


def test_related_to_what_is_not_there(searcher: Searcher) -> None:
    article = searcher.search(EVERYDAY).hits[0].article_id
    for target in ("nothing", "00000000#1", f"{article}#99", f"{article}#0", "#", ""):
        with pytest.raises(NotFoundError, match="no passage, article or file") as caught:
            searcher.related(target)
        assert "passage_id" in caught.value.hint
        with pytest.raises(NotFoundError):
            searcher.show(target)
    for text in ("", " \n"):
        with pytest.raises(UsageError, match="empty"):
            searcher.related("-", text=text)


def test_show_a_passage_in_its_context(searcher: Searcher, seeds: Path) -> None:
    hit = next(h for h in searcher.search(EVERYDAY, **ALL).hits if seed_of(h) == "002" and h.passage_id.endswith("#3"))
    text = content(seeds / NAMES["002"])
    for context, numbers in ((0, [3]), (1, [2, 3, 4]), (2, [1, 2, 3, 4, 5])):
        shown = searcher.show(hit.passage_id, context)
        assert [p["passage_id"] for p in shown["passages"]] == [f"{hit.article_id}#{n}" for n in numbers]
        assert [p["asked"] for p in shown["passages"]] == [n == 3 for n in numbers]
        assert shown["text"] == text[shown["char_start"] : shown["char_end"]]
        assert shown["text"].startswith(shown["passages"][0]["text"])
        assert shown["text"].endswith(shown["passages"][-1]["text"])
        assert shown["source"] == "Liputan6.com"
        for passage in shown["passages"]:
            assert text[passage["char_start"] : passage["char_end"]] == passage["text"]
            assert text[: passage["char_start"]].count("\n") + 1 == passage["line_start"]
    (only,) = searcher.show(hit.passage_id)["passages"]
    assert {name: only[name] for name in ("text", "line_start", "line_end", "char_start", "char_end")} == {
        name: getattr(hit, name) for name in ("text", "line_start", "line_end", "char_start", "char_end")
    }


def test_show_an_article(searcher: Searcher, seeds: Path) -> None:
    article_id = searcher.search("Kapan SCO didirikan?").hits[0].article_id
    for target in (article_id, str(seeds / NAMES["004"])):
        shown = searcher.show(target)
        assert shown["article_id"] == article_id
        assert shown["text"] == content(seeds / NAMES["004"])
        assert (shown["title"], shown["source"], shown["published"]) == (
            "Xi Berjanji Mendukung Kazakhstan Dalam Perjalanan Pertama Sejak Pandemi", "RIAU24.COM", None,
        )  # fmt: skip
        assert [p["passage_id"] for p in shown["passages"]] == [
            f"{article_id}#{n}" for n in range(1, len(shown["passages"]) + 1)
        ]


def test_copies_of_the_target_are_named_and_no_hits(make: Callable[..., Path]) -> None:
    report = " ".join(paragraph("report", n) for n in range(3))
    copy = f"Judul Lain\n\nLiputan6.com, Jakarta - {report}"
    root = make(a__txt=report, b__txt=copy, c__txt=paragraph("report", 0) + paragraph("other", 1))
    with Searcher.open(root) as searcher:
        target = searcher.search(report[:40], mode="lexical", **ALL, restriction=Filter(path="a.txt")).hits[0]
        for name in (target.article_id, target.passage_id):
            answer = searcher.related(name, mode="lexical")
            assert {Path(hit.path).name for hit in answer.hits} <= {"c.txt"}
            assert [(Path(one.path).name, one.source) for one in answer.copies] == [("b.txt", "Liputan6.com")]
            every = searcher.related(name, mode="lexical", **ALL)
            assert {Path(hit.path).name for hit in every.hits} == {"b.txt", "c.txt"}
            assert every.copies == ()
        assert {Path(hit.path).name for hit in searcher.related("-", text=report, **ALL).hits} >= {"a.txt", "b.txt"}


# --- dates in the question ------------------------------------------------------------------------------------------


def test_dates_in_the_question_limit(searcher: Searcher) -> None:
    question = "Apa kata Xi kepada presiden Kuba pada 25 November 2022?"
    answer = searcher.search(question)
    assert answer.dates is not None
    assert (answer.dates.since, answer.dates.until, answer.dates.used) == ("2022-11-25", "2022-12-02", True)
    assert (answer.answered, seeds_of(answer)) == (True, {"000"})
    without = searcher.search(question, dates=False)
    assert without.dates is None
    assert len(seeds_of(without)) > 1


def test_dates_never_hide_an_answer(searcher: Searcher) -> None:
    """The article that answers has no date, or another: it is found as without the dates, and that is said."""
    for question in ("Siapa utusan Tiongkok untuk Timur Tengah sejak 2025?", "Kapan SCO berdiri? Kabar pekan lalu"):
        answer = searcher.search(question)
        assert answer.dates is not None
        assert not answer.dates.used
        assert timeless(dataclasses.replace(answer, dates=None)) == timeless(searcher.search(question, dates=False))


def test_given_dates_win(searcher: Searcher) -> None:
    answer = searcher.search("Xi dan Putin sejak 2024", restriction=Filter(until="2022"), **ALL)
    assert answer.dates is None
    assert seeds_of(answer) == {"000", "001"}


def test_a_filter_that_matches_one_article_of_many_finds_it(make: Callable[..., Path]) -> None:
    rows = [{"id": f"r{n}", "text": f"Harga beras naik. {paragraph(n)}", "source": "Antara"} for n in range(400)]
    rows[377] |= {"source": "Suara Desa", "date": "2019-03-04", "text": "Panen jagung. " + paragraph(377)}
    with Searcher.open(make(a__jsonl="".join(json.dumps(row) + "\n" for row in rows))) as searcher:
        for mode in ("hybrid", "semantic"):
            for only in (Filter(sources=("suara desa",)), Filter(since="2019", until="2019-03")):
                found = searcher.search("harga beras", 3, mode=mode, restriction=only, all_passages=True).hits
                assert {hit.row for hit in found} == {"r377"}


# --- other articles ----------------------------------------------------------------------------------------------


def test_offsets_are_code_points_of_the_file(make: Callable[..., Path], tmp_path: Path) -> None:
    raw = "\ufeff😀 Judul berita\r\n\r\nHarga beras 😀 naik di Đà Nẵng.\r\nCabai turun.\r\n\r\nHujan di kota é̈.\r\n"
    with Searcher.open(make(a__txt=raw)) as searcher:
        hits = searcher.search("beras cabai hujan judul", mode="lexical", **ALL).hits
        assert hits
        for hit in hits:
            assert_cites(hit, raw)
            assert "\ufeff" not in hit.text


def test_offsets_of_a_row_count_in_what_show_prints(make: Callable[..., Path]) -> None:
    rows = [
        {"id": "x1", "title": "Beras", "text": "Harga beras naik. " * 120, "source": "Antara", "date": "2024-02-08",
         "url": "https://www.antaranews.com/1"},
        {"id": "x2", "text": "Panen jagung\ndi desa.", "language": "id"},
    ]  # fmt: skip
    with Searcher.open(make(a__jsonl="".join(json.dumps(row) + "\n" for row in rows))) as searcher:
        beras = searcher.search("beras", mode="lexical", **ALL).hits
        assert len(beras) > 1
        for hit in beras:
            assert searcher.show(hit.article_id)["text"][hit.char_start : hit.char_end] == hit.text
        assert (beras[0].source, beras[0].published, beras[0].url, beras[0].title) == (
            "Antara", "2024-02-08", "https://www.antaranews.com/1", "Beras",
        )  # fmt: skip
        (jagung,) = searcher.search("jagung", mode="lexical", **ALL).hits
        assert (jagung.text, jagung.source, jagung.published) == ("Panen jagung\ndi desa.", None, None)
        assert [hit.article_id for hit in searcher.related(str(Path(jagung.path)), **ALL).hits] == []


def test_copies_collapse_under_the_best(
    make: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.answering.confidence", lambda candidates, calibration: 1.0)
    story = "Gempa mengguncang kota pada malam hari. Warga keluar rumah dan berkumpul di lapangan sampai pagi."
    root = make(
        a__txt=f"KONTAN.CO.ID - JAKARTA. {story}",
        b__txt=f"Liputan6.com, Jakarta - {story}",
        c__txt="Gempa susulan kecil.",
    )
    with Searcher.open(root) as searcher:
        answer = searcher.search("gempa mengguncang kota", mode="lexical")
        # b has the shorter dateline, so that its words weigh a little more
        assert [Path(hit.path).name for hit in answer.hits] == ["b.txt", "c.txt"]
        assert [(Path(copy.path).name, copy.source) for copy in answer.hits[0].also_in] == [("a.txt", "KONTAN.CO.ID")]
        assert answer.hits[1].also_in == ()
        every = searcher.search("gempa mengguncang kota", mode="lexical", all_passages=True)
        assert sorted(Path(hit.path).name for hit in every.hits) == ["a.txt", "b.txt", "c.txt"]
        assert all(hit.also_in == () for hit in every.hits)


def test_many_passages_of_one_article_do_not_hide_the_others(
    make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One article brings more passages than a leg fetches at first; the others are still found."""
    monkeypatch.setattr("search.answering.confidence", lambda candidates, calibration: 1.0)
    monkeypatch.setattr("search.answering.DEPTH", 4)
    long = "\n\n".join(f"Beras beras beras nomor {n} " + f"kata{n} " * 90 + "." for n in range(30))
    root = make(a__txt=long, **{f"b{n}__txt": f"Beras di pasar kota {n} dan hal lain " * 20 for n in range(3)})
    with Searcher.open(root) as searcher:
        assert searcher.status()["passages"] > 30
        for mode in MODES:
            found = searcher.search("beras", 4, mode=mode).hits
            assert len({hit.article_id for hit in found} | {copy.path for hit in found for copy in hit.also_in}) == 4


def test_a_searcher_sees_each_update(make: Callable[..., Path]) -> None:
    root = make(a__txt="Harga beras naik.")
    with Searcher.open(root) as searcher:
        asked: Callable[[str], list[str]] = lambda query: [  # noqa: E731
            hit.text for hit in searcher.search(query, mode="lexical", **ALL).hits
        ]
        assert (asked("beras"), asked("jagung")) == (["Harga beras naik."], [])
        make(b__txt="Panen jagung.")
        assert (asked("beras"), asked("jagung")) == (["Harga beras naik."], ["Panen jagung."])
        make(a__txt="Harga cabai naik.")
        assert (asked("beras"), asked("cabai")) == ([], ["Harga cabai naik."])
        assert len(searcher.search("apa saja", mode="semantic", **ALL).hits) == 2
        make(a__txt=None, b__txt=None)
        assert searcher.status()["passages"] == 0
        for mode in MODES:
            empty = searcher.search("jagung", mode=mode)
            assert (empty.answered, empty.hits, empty.confidence) == (False, (), 0.0)


def test_a_file_whose_name_has_a_hash(make: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    path = tmp_path / "articles" / "berita#1.txt"
    path.write_text("Harga beras naik.")
    with Searcher.open(make(b__txt="Panen jagung.")) as searcher:
        assert searcher.show(str(path))["text"] == "Harga beras naik."


# --- indexes that cannot be used ---------------------------------------------------------------------------------


def refused(root: Path, *said: str, run: str = "telusur index") -> None:
    with pytest.raises(IndexUnusableError) as caught, Searcher.open(root) as searcher:
        searcher.search("beras")
    assert all(word in str(caught.value) for word in said), str(caught.value)
    assert run in caught.value.hint


def test_no_index(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "there is no index at", "nowhere")
    assert not (tmp_path / "nowhere").exists()
    refused(tmp_path, "there is no index at")
    assert list(tmp_path.iterdir()) == []


def test_another_format(make: Callable[..., Path]) -> None:
    root = make(a__txt="Harga beras naik.")
    with sqlite3.connect(root / "catalogue.sqlite") as db:
        db.execute("UPDATE settings SET value = '99' WHERE name = 'format'")
    db.close()
    refused(root, "has format 99", f"reads format {FORMAT}")


def test_a_damaged_catalogue(make: Callable[..., Path]) -> None:
    root = make(a__txt="Harga beras naik.")
    for path in root.glob("catalogue.sqlite-*"):
        path.unlink()
    (root / "catalogue.sqlite").write_bytes(b"no database at all, but long enough to be one " * 100)
    refused(root, "cannot be read")


@pytest.mark.parametrize("part", ["segments", "lexicon"])
def test_a_part_is_missing(make: Callable[..., Path], part: str) -> None:
    root = make(a__txt="Harga beras naik.")
    shutil.rmtree(root / part)
    refused(root, run="telusur verify --repair")


def test_the_encoder_changed_under_its_name(tiny_encoder: Path, other_encoder: Path, tmp_path: Path) -> None:
    encoder = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    (tmp_path / "a.txt").write_text("Harga beras naik.")
    update(tmp_path / "index", [tmp_path / "a.txt"], encoder=str(encoder))
    shutil.copy(other_encoder / "model.safetensors", encoder / "model.safetensors")
    refused(tmp_path / "index", "was made with another encoder")


def test_an_index_whose_first_update_never_finished_is_named(tmp_path: Path) -> None:
    Catalogue(tmp_path, create=True).close()
    with Searcher.open(tmp_path) as searcher:
        for mode in MODES:
            with pytest.raises(IndexUnusableError, match="its first update never finished"):
                searcher.search("harga beras", mode=mode)


def test_a_searcher_follows_its_index_to_another_encoder(
    tmp_path: Path, tiny_encoder: Path, other_encoder: Path
) -> None:
    corpus = tmp_path / "articles"
    corpus.mkdir()
    (corpus / "a.txt").write_text("Harga beras naik di Demak.")
    root = tmp_path / "index"
    update(root, [corpus], encoder=str(tiny_encoder))
    with Searcher.open(root) as searcher:
        before = searcher.encoder.fingerprint
        update(root, [corpus], encoder=str(other_encoder), fresh=True)
        hit = searcher.search("Harga beras naik di Demak.", mode="semantic", **ALL).hits[0]
        assert searcher.encoder.fingerprint != before
        assert hit.score == pytest.approx(1, abs=0.02)
