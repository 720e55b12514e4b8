from pathlib import Path

import numpy as np

from search.batch import ask
from search.engine import Searcher
from search.questions import Question

QUERIES = ["Siapa utusan Tiongkok untuk Timur Tengah?", "What did Xi say about Cuba?", "Siapa gubernur Jawa Barat?"]


def test_each_question_is_answered_as_it_is_alone_and_in_order(seeds_index: Path) -> None:
    asked = [Question(row, QUERIES[row % 3], {}) for row in range(40)]
    with Searcher.open(seeds_index) as searcher:
        alone = {query: [hit.passage_id for hit in searcher.search(query, 3).hits] for query in QUERIES}
    for threads in (1, 2):
        found = [*ask(seeds_index, asked, lambda searcher, query: searcher.search(query, 3), threads=threads)]
        assert [question.row for question, _ in found] == list(range(40))
        assert all([hit.passage_id for hit in answer.hits] == alone[answer.query] for _, answer in found)
    assert alone[QUERIES[0]] and not alone[QUERIES[2]]  # noqa: PT018


def test_who_stops_listening_stops_the_asking(seeds_index: Path) -> None:
    asked = [Question(row, QUERIES[0], {}) for row in range(400)]
    count = 0

    def search(searcher: Searcher, query: str):  # type: ignore[no-untyped-def]
        nonlocal count
        count += 1
        return searcher.search(query, 1, mode="lexical")

    answers = ask(seeds_index, asked, search, encoded=False, threads=1)
    next(answers)
    answers.close()
    assert count <= 16 * 4


def test_vectors_made_ready_are_those_of_questions_alone(seeds_index: Path) -> None:
    with Searcher.open(seeds_index) as searcher:
        alone = [searcher.encoder.encode_query(query) for query in QUERIES]
        before = searcher.encoder.questions
        searcher.encoder.make_ready(QUERIES[:2])
        searcher.encoder.make_ready(QUERIES)
        ready = [searcher.encoder.encode_query(query) for query in QUERIES]
        assert searcher.encoder.questions == before
    np.testing.assert_allclose(ready, alone, atol=1e-4)


def test_every_relevant_report_is_what_a_search_calls_an_answer(seeds_index: Path) -> None:
    with Searcher.open(seeds_index) as searcher:
        for query in QUERIES:
            answer, whole = searcher.relevant(query)
            best = searcher.search(query)
            assert whole
            assert (answer.answered, answer.confidence) == (best.answered, best.confidence)
            assert bool(answer.hits) == best.answered
            assert {hit.passage_id for hit in answer.hits} <= {hit.passage_id for hit in best.hits}
