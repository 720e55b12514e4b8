"""`telusur search --batch`: the questions of a file, one after another."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from search.terminal import print_text, progress, say

if TYPE_CHECKING:
    from search.answer import Answer
    from search.engine import Searcher

NAMED = 20  # rows passed over that are named; the others are counted


def answer_all(
    file: Path,
    output: Path | None,
    index: Path,
    search: "Callable[[Searcher, str], Answer]",
    *,
    encoded: bool,
) -> NoReturn:
    """Answer each question of `file`, on stdout or in `output`, where an earlier run is gone on with.

    Exit code 0 when something relevant was found, 1 when nothing was, 2 when rows were passed over.
    """
    from search.answers import AnswersFile, form_for
    from search.batch import ask
    from search.questions import read_questions
    from search.wrap import several

    begun = time.monotonic()
    questions = read_questions(file)
    for row, reason in questions.bad[:NAMED]:
        say(f"skipped {file}, row {row}: {reason}")
    if len(questions.bad) > NAMED:
        say(f"skipped {len(questions.bad) - NAMED:,} more rows of {file}")
    form = form_for(output, questions)
    with ExitStack() as opened:
        answers = AnswersFile(output, form, questions) if output else None
        done = answers.done if answers else {}
        found = any(one.answered for one in done.values())
        if answers:
            opened.callback(answers.close)
            if answers.torn:
                say(f"{output}: an answer that was cut off is written anew")
        left = [question for question in questions.rows if question.row not in done]
        if len(left) < len(questions.rows):
            there = several(len(questions.rows) - len(left), "answer")
            say(f"{there} in {output} already; {several(len(left), 'question')} left")
        show = opened.enter_context(progress("Answering", "questions"))
        n = 0
        try:
            for n, (question, answer) in enumerate(ask(index, left, search, encoded=encoded), start=1):
                found = found or answer.answered
                if answers:
                    answers.add(question, answer)
                else:
                    print_text(form.block(question, answer).removesuffix("\n"))
                    sys.stdout.flush()
                show(n, len(left), n)
        except KeyboardInterrupt:
            going_on = "; the same command goes on" * bool(answers)
            say(f"stopped after {n:,} of {several(len(left), 'question')}{going_on}")
            raise
    seconds = time.monotonic() - begun
    passed = f", {several(len(questions.bad), 'row')} passed over" if questions.bad else ""
    say(f"{several(n, 'question')} answered in {seconds:.1f} s{passed}")
    raise typer.Exit(2 if questions.bad else 0 if found else 1)
