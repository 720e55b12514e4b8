"""What a filter lets through, held against the rows themselves, from one state of a catalogue to the next."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index.filter
from index.catalogue import Catalogue
from index.filter import Filter, among, distinct

NUMBERS = st.lists(st.integers(0, 40))
LANGUAGES = (None, "id", "en", "mixed", "jv")
SOURCES = (None, "Kontan", "VOA Indonesia")
DATES = (None, "2023", "2024-02", "2024-02-08")
FILTERS = [
    Filter(),
    Filter(languages=("id",)),
    Filter(languages=("jv", "EN")),
    Filter(sources=("voa",)),
    Filter(since="2024"),
    Filter(sources=("kontan",), languages=("en",), until="2024-01"),
    Filter(path="1*.txt", articles_not=(1, 11)),
]
FACTS = st.tuples(*map(st.sampled_from, (LANGUAGES, SOURCES, DATES)), st.lists(st.sampled_from(LANGUAGES), max_size=4))
CHANGES = st.lists(st.tuples(st.integers(1, 15), st.none() | FACTS), max_size=6)


@given(NUMBERS, NUMBERS)
def test_sets_of_numbers(numbers: list[int], chosen: list[int]) -> None:
    given = np.array(numbers, np.int64)
    assert distinct(given).tolist() == sorted({*numbers})
    assert among(given, distinct(np.array(chosen, np.int64))).tolist() == [number in chosen for number in numbers]


def expected(catalogue: Catalogue, restriction: Filter) -> list[tuple[int, int]]:
    """(passage, article), as one row after the other says it."""
    found = []
    for article in catalogue.articles():
        of = catalogue.article(article)
        published = of["published"]
        if (
            (restriction.sources and not any(name in (of["source"] or "").lower() for name in restriction.sources))
            or (restriction.since and (not published or (published + "-99-99")[:10] < restriction.since))
            or (restriction.until and (not published or (published + "-00-00")[:10] > restriction.until + "-99"))
            or (restriction.path and not of["path"].startswith("1"))
            or article in restriction.articles_not
        ):
            continue
        wanted = {language.lower() for language in restriction.languages}
        wanted |= {"mixed"} if wanted & {"id", "en"} else set()
        rows = catalogue.passages_of(article)
        found += [(row.passage, article) for row in rows if not wanted or row.language in wanted]
    return sorted(found)


@pytest.mark.parametrize("at_once", [3, 500_000])
@given(changes=st.lists(CHANGES, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_as_row_by_row_in_each_state(at_once: int, changes: list[list[tuple[int, object]]]) -> None:
    with (
        TemporaryDirectory() as folder,
        closing(Catalogue(Path(folder), create=True)) as writer,
        closing(Catalogue(Path(folder))) as reader,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(index.filter, "AT_ONCE", at_once)
        passages: Iterator[int] = iter(range(1, 10**6))
        for generation, some in enumerate(changes, start=1):
            with writer.transaction():
                for article, facts in some:
                    change(writer, article, facts, passages)
                writer.set(generation=generation)
            for restriction in FILTERS:
                allowed = reader.allowed(restriction)
                pairs = list(zip(allowed.passages.tolist(), allowed.articles.tolist(), strict=True))
                assert pairs == expected(reader, restriction), restriction


def change(writer: Catalogue, article: int, facts: object, passages: Iterator[int]) -> None:
    """Write an article anew, with passages of new numbers, or (without facts) remove it."""
    states = {state.path: state.file for state in writer.files()}
    path = f"{article}.txt"
    writer.remove_article(article)
    if facts is None:
        if path in states:
            writer.remove_file(states[path])
        return
    language, source, published, languages = facts
    file = states.get(path) or writer.add_file(path, 1, 1, "x")
    fields = {"language": language, "source": source, "published": published, "text": "isi"}
    writer.write_article(article, f"id{article}", file, fields)
    writer.add_passages([(next(passages), article, n, 0, 1, 1, 1, b"x", own) for n, own in enumerate(languages)])
