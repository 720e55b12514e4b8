"""Many questions in one go: encoded in batches, looked for by two threads, answered in order."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from index.text import clean
from search.answer import Answer
from search.engine import Searcher
from search.query import parse
from search.questions import Question
from search.shared_encoder import AT_ONCE

THREADS = min(2, os.cpu_count() or 1)  # more only wait for each other: half of a search is Python's own

Answers = list[tuple[Question, Answer]]


def ask(
    root: Path,
    questions: Sequence[Question],
    search: Callable[[Searcher, str], Answer],
    *,
    encoded: bool = True,
    threads: int = THREADS,
) -> Iterator[tuple[Question, Answer]]:
    """Each question with its answer out of the index in `root`, in order.

    `search` asks one; `encoded`: whether it asks for vectors at all. Raises what opening and asking raise.
    """
    free: SimpleQueue[Searcher] = SimpleQueue()
    waiting: deque[Future[Answers]] = deque()

    def answers(some: Sequence[Question]) -> Answers:
        searcher = free.get()
        try:
            if encoded:
                searcher.encoder.make_ready([clean(parse(question.query).text) for question in some])
            return [(question, search(searcher, question.query)) for question in some]
        finally:
            free.put(searcher)

    with ExitStack() as opened:
        for _ in range(threads):  # a Searcher answers one question at a time
            free.put(opened.enter_context(Searcher.open(root)))
        pool = opened.enter_context(ThreadPoolExecutor(threads))
        opened.callback(pool.shutdown, wait=False, cancel_futures=True)
        for begin in range(0, len(questions), AT_ONCE):
            waiting.append(pool.submit(answers, questions[begin : begin + AT_ONCE]))
            if len(waiting) > 2 * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
