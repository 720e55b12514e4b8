"""Rerankers as sentence-transformers writes them, tiny and with random weights."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Archive, paragraph
from hypothesis import given
from hypothesis import strategies as st
from test_hub_encoder import SIZES, unigram

from index.errors import EncoderError
from search.engine import Searcher
from search.evaluate import evaluate
from search.rank import ARTICLE_WORDS, MARGIN, PASSAGE_WORDS, SENTENCE, Candidate, reranked
from search.render import answer_object, answer_text
from search.reranker import Reranker
from search.scores import scores_text

PASSAGES = ["harga beras naik", "banjir di kota", "", "siapa?", "harga " * 60, "naik"]


def cross_encoder(folder: Path, labels: int = 1) -> Path:
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    config = XLMRobertaConfig(**SIZES, max_position_embeddings=80, type_vocab_size=1, num_labels=labels)
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    tokenizer = unigram()
    tokenizer.model_max_length = 64
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    torch.manual_seed(7)
    return cross_encoder(tmp_path_factory.mktemp("rerankers") / "tiny")


class Lengths(Reranker):
    """Holds that the shorter passage answers better: a reranker whose order anybody can foretell."""

    def __init__(self) -> None:
        self.name = "terpendek"
        self.read: list[int] = []

    def scores(self, question: str, passages: Sequence[str]) -> Any:
        self.read.append(len(passages))
        return np.array([5.0 - len(passage) / 100 for passage in passages], np.float32)


@pytest.mark.usefixtures("float32")
def test_scores_are_those_of_sentence_transformers(folder: Path) -> None:
    from sentence_transformers import CrossEncoder
    from torch import nn

    theirs = CrossEncoder(str(folder), device="cpu", activation_fn=nn.Identity())
    ours = Reranker(str(folder)).scores("harga naik?", PASSAGES)
    expected = [float(theirs.predict([("harga naik?", passage)])[0]) for passage in PASSAGES]
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, atol=0.05)
    assert len({round(score, 3) for score in expected}) > 3
    assert Reranker(str(folder)).scores("harga naik?", []).shape == (0,)


def test_what_is_no_reranker_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EncoderError, match="not on this machine"):
        Reranker("bge-reranker-v2-m3")
    with pytest.raises(EncoderError, match="more than one score"):
        Reranker(str(cross_encoder(tmp_path / "kelas", labels=3)))
    (tmp_path / "kelas" / "config.json").write_text("{")
    with pytest.raises(EncoderError, match="cannot open the reranker"):
        Reranker(str(tmp_path / "kelas"))


# --- the order ---


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=12), st.lists(st.floats(-20, 20), max_size=12))
def test_scores_fall_and_nobody_is_lost(fused: list[float], scores: list[float]) -> None:
    candidates = [Candidate(number, score) for number, score in enumerate(sorted(fused, reverse=True))]
    scores = scores[: len(candidates)]
    found = reranked(candidates, scores)
    assert sorted(one.passage for one in found) == [one.passage for one in candidates]
    assert all(before.score >= after.score for before, after in pairwise(found))
    assert [one.passage for one in found[: len(scores)]] == [
        number for number, _ in sorted(enumerate(scores), key=lambda pair: (-pair[1], pair[0]))
    ]
    assert [one.passage for one in found[len(scores) :]] == [one.passage for one in candidates[len(scores) :]]
    assert [one.fused for one in found[: len(scores)]] == [
        candidates[one.passage].score for one in found[: len(scores)]
    ]


def test_others_keep_their_distances() -> None:
    candidates = [Candidate(1, 1.5), Candidate(2, 1.0), Candidate(3, 0.9), Candidate(4, 0.5)]
    found = reranked(candidates, [-2.0, 3.0])
    assert [(one.passage, one.score) for one in found] == [
        (2, 3.0), (1, -2.0), (3, pytest.approx(-2.0 - MARGIN)), (4, pytest.approx(-2.4 - MARGIN)),
    ]  # fmt: skip
    assert [one.score for one in reranked(candidates, [9.0])] == [9.0, 1.0, 0.9, 0.5]


@pytest.fixture
def asked(archive: Archive) -> Archive:
    for n in range(25):
        archive.write(f"{n}.txt", f"Harga beras naik {n} persen. " + paragraph(n)[: 40 + 12 * n])
    archive.update()
    return archive


def test_a_reranker_orders_hits_and_leaves_the_verdict(asked: Archive) -> None:
    question = "harga beras naik"
    with Searcher.open(asked.root) as searcher:
        plain = searcher.search(question, 5, explain=True)
        shortest = Lengths()
        answer = searcher.search(question, 5, reranker=shortest, explain=True)
        assert shortest.read == [20]
        searcher.search(question, 23, reranker=shortest)
        assert shortest.read == [20, 23]
    assert (answer.answered, answer.confidence) == (plain.answered, plain.confidence)
    assert answer.answered
    lengths = [len(hit.text) for hit in answer.hits]
    assert lengths == sorted(lengths)
    assert [hit.passage_id for hit in answer.hits] != [hit.passage_id for hit in plain.hits]
    assert [hit.score for hit in answer.hits] == pytest.approx([5 - length / 100 for length in lengths], abs=1e-5)
    explained = answer.hits[0].explain
    assert explained is not None
    assert explained["reranker_score"] == pytest.approx(answer.hits[0].score, abs=1e-6)
    words = PASSAGE_WORDS * explained["lexical_share"] + ARTICLE_WORDS * explained["article_share"]
    nearness = (1 - SENTENCE) * explained["cosine"] + SENTENCE * explained["best_sentence"]
    assert explained["fused"] == pytest.approx(nearness + words, abs=1e-6)
    assert answer_object(answer)["reranker"] == "terpendek"
    assert answer_object(plain)["reranker"] is None
    assert "reranker_score" in answer_text(answer)
    assert plain.hits[0].explain is not None
    assert "reranker_score" not in plain.hits[0].explain


def test_a_question_without_an_answer_costs_no_reranking(asked: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    shortest = Lengths()
    monkeypatch.setattr("search.answering.confidence", lambda *_: 0.1)
    with Searcher.open(asked.root) as searcher:
        assert not searcher.search("kuantum", reranker=shortest).hits
        assert shortest.read == []
        assert searcher.search("kuantum", 3, all_passages=True, reranker=shortest).hits
        assert shortest.read == [20]


def test_the_bare_ranking_begins_with_the_best_passage_of_each_article(asked: Archive) -> None:
    shortest = Lengths()
    with Searcher.open(asked.root) as searcher:
        plain = searcher.rank("harga beras naik", 100)
        found = searcher.rank("harga beras naik", 100, reranker=shortest)
    assert {row.passage for row, _ in found} == {row.passage for row, _ in plain}
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    first = [len(row.text) for row, _ in found[:20]]
    assert first == sorted(first)
    assert len({row.article for row, _ in found[:20]}) == 20


class Longest(Lengths):
    """Holds the opposite."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "terpanjang"

    def scores(self, question: str, passages: Sequence[str]) -> Any:
        return -super().scores(question, passages)


def test_an_evaluation_measures_what_a_reranker_brings(asked: Archive, tmp_path: Path) -> None:
    judged = tmp_path / "questions"
    (judged / "qrels").mkdir(parents=True)
    (judged / "queries.jsonl").write_text('{"_id": "q", "text": "harga beras naik"}\n')
    with Searcher.open(asked.root) as searcher:
        first = searcher.rank("harga beras naik", 20)
    longest = max(first, key=lambda pair: len(pair[0].text))[0]
    assert longest.passage != first[0][0].passage
    name = Path(longest.path).name
    (judged / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\nq\t{name}\t1\n")
    found = [
        evaluate(judged, asked.root, reranker=reranker, on_progress=lambda *_: None) for reranker in (None, Longest())
    ]
    assert [scores["R@1"] for scores in found] == [0.0, 1.0]
    assert [scores["R@100"] for scores in found] == [1.0, 1.0]
    assert [scores["reranker"] for scores in found] == [None, "terpanjang"]
    assert "reranked by terpanjang" in scores_text(found[1])
    assert "reranked" not in scores_text(found[0])
