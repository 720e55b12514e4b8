"""What an update does to passages, vectors and segments: counted, and compared with an index built anew."""

import json
import math
import shutil
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import Archive, paragraph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index.build
import index.cutting
import index.vector_writer
from index.catalogue import Catalogue
from index.encoder import open_encoder
from index.encoding import MAX_SENTENCES, passage_digest
from index.passage import split
from index.passage_rows import Cut
from index.quantise import quantised, unpacked
from index.report import Report
from index.sentence import sentences
from index.text import clean
from index.vectors import Vectors


def passages_of(archive: Archive, name: str) -> list[str]:
    return archive.articles()[f"{archive.folder.name}/{name}", None][1]


# --- only what changed ---


def test_only_passages_whose_text_changed_are_encoded(archive: Archive) -> None:
    paragraphs = [paragraph(n) for n in range(8)]  # two of them make a passage
    archive.write("a.txt", *paragraphs)
    first = archive.update()
    before = passages_of(archive, "a.txt")
    assert first.encoded == len(before) == first.passages == 4
    paragraphs[3] = paragraphs[3][:-1] + " lagi."
    archive.write("a.txt", *paragraphs)
    report = archive.update()
    after = passages_of(archive, "a.txt")
    new = set(after) - set(before)
    assert (report.changed, report.encoded) == (1, len(new))
    assert 1 <= len(new) <= 2
    assert archive.whole()


def test_a_paragraph_taken_out_and_put_back(archive: Archive) -> None:
    paragraphs = [paragraph(n) for n in range(6)]
    for kept in (paragraphs, paragraphs[1:], paragraphs, paragraphs[::-1], [*paragraphs, *paragraphs]):
        known = set(passages_of(archive, "a.txt")) if archive.root.exists() else set()
        archive.write("a.txt", *kept)
        report = archive.update()
        assert report.encoded == len(set(passages_of(archive, "a.txt")) - known)
        assert archive.whole()


def test_texts_move_between_articles_without_the_encoder(archive: Archive) -> None:
    texts = [paragraph(n) + " " + paragraph(n, "lagi") for n in range(4)]  # each is one passage
    archive.write("a.txt", texts[0], texts[1])
    archive.write("b.txt", texts[2], texts[3])
    assert archive.counts() == {"added": 2, "encoded": 4}
    archive.write("a.txt", texts[2], texts[3])  # two files change places
    archive.write("b.txt", texts[0], texts[1])
    assert archive.counts() == {"changed": 2}
    archive.write("c.txt", texts[0], texts[3])  # a new one quotes both, and one of them goes
    (archive.folder / "b.txt").unlink()
    assert archive.counts() == {"added": 1, "removed": 1, "unchanged": 1}
    assert passages_of(archive, "c.txt") == [texts[0], texts[3]]
    assert archive.whole()


def test_equal_texts_are_encoded_once_and_found_twice(archive: Archive) -> None:
    text = paragraph("sama")
    archive.write("a.txt", text)
    archive.write("b.txt", text)
    archive.write("c.txt", text)
    assert archive.counts() == {"added": 3, "encoded": 1}
    assert [found for _, found in archive.nearest(text)] == [text] * 3
    (archive.folder / "a.txt").unlink()
    assert archive.counts() == {"removed": 1, "unchanged": 2}
    assert [found for _, found in archive.nearest(text)] == [text] * 2
    assert archive.whole()


def test_blocks_and_full_segments(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.build, "BLOCK", 4)
    monkeypatch.setattr(index.vector_writer, "SEGMENT_LIMIT", 10)
    texts = [paragraph(n % 30) for n in range(40)]
    for n, text in enumerate(texts):
        archive.write(f"{n:02}.txt", text)
    assert archive.update().passages == 40
    assert all(name.passages <= 14 for name in archive.segments())
    assert sorted(text for _, text in archive.nearest("apa")) == sorted(texts)
    assert archive.whole()
    archive.write("00.txt", paragraph("baru"))
    assert archive.counts() == {"changed": 1, "unchanged": 39, "encoded": 1}
    assert archive.whole()


def test_a_segment_holds_what_the_encoder_says(archive: Archive) -> None:
    archive.write("a.txt", *(paragraph(n) for n in range(5)))
    archive.write("b.txt", "Harga beras naik. Harga cabai turun. " * 3, "“Kutipan,” katanya.")
    archive.update()
    encoder = open_encoder(str(archive.encoder))
    catalogue = Catalogue(archive.root)
    rows = catalogue.hits(catalogue.passage_numbers())
    stored = Vectors(archive.root / "segments", catalogue.segments(), 32).lookup(list(rows))
    catalogue.close()
    assert stored.keys() == rows.keys()
    for number, row in rows.items():
        spans = sentences(row.text)[:MAX_SENTENCES]
        (vector,), (parts,) = encoder.encode_with_sentences([row.text], [spans])
        np.testing.assert_allclose(stored[number].vector, vector, atol=1e-3)
        found, expected = unpacked(stored[number].sentences, vector), unpacked(quantised(parts, vector), vector)
        np.testing.assert_allclose(found, expected, atol=0.12)


def test_a_digest_names_the_text_as_it_is_encoded() -> None:
    assert passage_digest("a\x07b") == passage_digest("a b") != passage_digest("a  b")
    assert len({passage_digest(text) for text in ("", "a", "A", "a ", "é", "e\u0301")}) == 6
    assert clean("a\x07b") == "a b"


def test_what_went_in() -> None:
    assert Report(added=1, changed=2, renamed=4, removed=8, unchanged=16, encoded=32).went_in == 23


# --- merging ---


def test_merges_keep_segments_few_and_answers_the_same(
    archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rebuilt = Archive(tmp_path_factory.mktemp("anew") / "berita", archive.encoder)
    for n in range(20):
        archive.write(f"{n:02}.txt", paragraph(n), paragraph(n, "dua"))
        if n % 4 == 3:
            archive.write(f"{n - 2:02}.txt", paragraph(n, "baru"))
        if n % 5 == 4:
            (archive.folder / f"{n - 4:02}.txt").unlink()
        archive.update()
        sizes = [name.passages for name in archive.segments()]
        assert len(sizes) <= math.log2(sum(sizes)) + 1
        assert all(older >= 2 * younger for older, younger in pairwise(sizes))
    assert archive.whole()
    shutil.copytree(archive.folder, rebuilt.folder, dirs_exist_ok=True)
    rebuilt.update()
    assert len(rebuilt.segments()) == 1
    assert archive.articles() == rebuilt.articles()
    for question in ("naik 50 persen", paragraph(7), paragraph(20, "dua")[:60]):
        assert_same_ranking(archive.nearest(question), rebuilt.nearest(question))
        assert archive.containing(question) == rebuilt.containing(question)


def assert_same_ranking(found: list[tuple[float, str]], expected: list[tuple[float, str]]) -> None:
    np.testing.assert_allclose([score for score, _ in found], [score for score, _ in expected], atol=1e-5)
    scores = {text: score for score, text in expected}
    assert sorted(text for _, text in found) == sorted(text for _, text in expected)
    for score, text in found:
        assert score == pytest.approx(scores[text], abs=1e-5)


def test_a_merge_of_nothing_but_removed_passages(archive: Archive) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        archive.write(name, paragraph(name))
        archive.update()
    for path in list(archive.folder.iterdir()):
        path.unlink()
    assert archive.counts() == {"removed": 3}
    assert archive.nearest("apa") == []
    archive.write("d.txt", paragraph("d"))
    assert archive.counts() == {"added": 1, "encoded": 1}
    assert [text for _, text in archive.nearest("apa")] == [paragraph("d")]
    assert archive.whole()


# --- any sequence of changes ---

NAMES = [f"{n}.txt" for n in range(5)]
TEXTS = [
    "Harga beras naik.",
    "Banjir di Demak.",
    "Harga beras naik!\n\n" + paragraph(1),
    paragraph(2) + "\n\n" + paragraph(3),
]
TEXTS += [paragraph(3) + "\n\n" + paragraph(2), paragraph(1)]


def add_or_edit(archive: Archive, name: str, text: str) -> None:
    archive.write(name, text)


def rename(archive: Archive, name: str, other: str) -> None:
    if (archive.folder / name).exists():
        (archive.folder / name).replace(archive.folder / other)


def delete(archive: Archive, name: str, _: str) -> None:
    (archive.folder / name).unlink(missing_ok=True)


names = st.sampled_from(NAMES)
changes = st.one_of(
    st.tuples(st.just(add_or_edit), names, st.sampled_from(TEXTS)),
    st.tuples(st.just(rename), names, names.map(lambda name: f"baru-{name}")),
    st.tuples(st.just(rename), names.map(lambda name: f"baru-{name}"), names),
    st.tuples(st.just(delete), names, st.just("")),
)
Change = tuple[Callable[[Archive, str, str], None], str, str]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(changes, min_size=1, max_size=5), min_size=1, max_size=5))
def test_after_any_changes_the_index_is_one_built_anew(
    tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path, batches: list[list[Change]]
) -> None:
    base = tmp_path_factory.mktemp("any")
    archive = Archive(base / "berita", tiny_encoder)
    for batch in batches:
        for change, name, value in batch:
            change(archive, name, value)
        known = {
            text for _, passages in (archive.articles() if archive.root.exists() else {}).values() for text in passages
        }
        report = archive.update()
        now = archive.articles()
        assert {path: text for (path, _), (text, _) in now.items()} == {
            f"berita/{path.name}": path.read_text() for path in archive.folder.iterdir()
        }
        texts = {text for _, passages in now.values() for text in passages}
        assert report.encoded == len(texts - known)
        assert report.articles == report.went_in == len(now)
        assert report.passages == sum(len(passages) for _, passages in now.values())
        assert archive.whole()
    rebuilt = Archive(tmp_path_factory.mktemp("anew") / "berita", tiny_encoder)
    shutil.copytree(archive.folder, rebuilt.folder, dirs_exist_ok=True)
    rebuilt.update()
    assert archive.articles() == rebuilt.articles()
    assert_same_ranking(archive.nearest("harga beras"), rebuilt.nearest("harga beras"))
    assert archive.containing("harga beras banjir persen") == rebuilt.containing("harga beras banjir persen")


# --- lines that a publisher repeats ---


def rows(first: int, last: int, *extra: str) -> list[str]:
    footer = "Contoh.id adalah portal berita tentang contoh."
    return [
        json.dumps(
            {"id": n, "source": "contoh", "text": " ".join([paragraph(n), paragraph(n, "lagi"), *extra, footer])}
        )
        for n in range(first, last)
    ]


def test_a_publishers_footer_is_in_no_passage_of_a_new_index(archive: Archive) -> None:
    (archive.folder / "a.jsonl").write_text("\n".join(rows(0, 30)), "utf-8")
    archive.update()
    texts = [text for _, (_, passages) in archive.articles().items() for text in passages]
    assert len(texts) >= 30
    assert not any("portal berita" in text for text in texts)


def test_learning_changes_no_article_that_is_in_the_index(archive: Archive) -> None:
    (archive.folder / "a.jsonl").write_text("\n".join(rows(0, 5)), "utf-8")  # too few to learn from
    archive.update()
    (archive.folder / "b.jsonl").write_text("\n".join(rows(5, 40)), "utf-8")
    report = archive.update()
    assert (report.changed, report.added) == (0, 35)
    footers = {row for (_, row), (_, passages) in archive.articles().items() if "portal berita" in " ".join(passages)}
    assert {"0", "1", "2", "3", "4"} <= footers  # as they were
    assert len(footers) < 15  # the later ones without it
    assert archive.update().encoded == 0
    assert archive.counts(fresh=True)["encoded"] > 0
    assert not any("portal berita" in " ".join(passages) for _, passages in archive.articles().values())


# --- articles that were read by an older version ---


def test_another_way_of_reading_splits_articles_of_equal_text_anew(
    archive: Archive, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("a.txt", *(paragraph(n) for n in range(6)))
    archive.write("b.txt", "Harga beras naik di Demak.")  # one passage, however texts are split
    archive.write("c.jsonl", *rows(0, 30))
    with monkeypatch.context() as older:
        older.setattr(index.build, "READING", index.build.READING - 1)
        older.setattr(index.cutting, "split", lambda text, spans: split(text, target=300))
        archive.update()
    before, ids, vectors = archive.articles(), archive.ids(), by_text(archive)
    known = {text for _, passages in before.values() for text in passages}
    assert any("portal berita" in text for text in known)

    report = archive.update()
    now, fresh = archive.articles(), Archive(tmp_path_factory.mktemp("anew") / "berita", archive.encoder)
    shutil.copytree(archive.folder, fresh.folder, dirs_exist_ok=True)
    fresh.update()
    assert now == fresh.articles()
    assert cuts_of(archive) == cuts_of(fresh)
    assert archive.ids() == ids
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 31, 0, 1)
    texts = {text for _, passages in now.values() for text in passages}
    assert 0 < report.encoded == len(texts - known) < len(texts)
    assert_same_ranking(archive.nearest("harga beras"), fresh.nearest("harga beras"))
    assert archive.containing("portal berita") == fresh.containing("portal berita") == []
    for text, vector in by_text(archive).items():
        assert np.array_equal(vector, vectors.get(text, vector))
    assert archive.counts() == {"unchanged": 32}
    assert archive.whole()


def test_another_way_of_reading_that_cuts_alike_writes_no_passage(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("a.txt", *(paragraph(n) for n in range(6)))
    with monkeypatch.context() as older:
        older.setattr(index.build, "READING", index.build.READING - 1)
        archive.update()
    segments, following = archive.segments(), archive.setting("next_passage")
    assert archive.counts() == {"unchanged": 1}
    assert (archive.segments(), archive.setting("next_passage")) == (segments, following)
    assert archive.setting("reading") == index.build.READING


def cuts_of(archive: Archive) -> dict[str, list[Cut]]:
    with closing(Catalogue(archive.root)) as catalogue:
        numbers = {catalogue.article(article)["article_id"]: article for article in catalogue.articles()}
        return {article_id: catalogue.cuts_of(article) for article_id, article in numbers.items()}


def by_text(archive: Archive) -> dict[str, np.ndarray]:
    """The vector of each text, as the segments hold it."""
    encoder = open_encoder(str(archive.encoder))
    with closing(Catalogue(archive.root)) as catalogue:
        vectors = Vectors(archive.root / "segments", catalogue.segments(), encoder.dimension, np.array([], np.int64))
        numbers = catalogue.passage_numbers()
        found, hits = vectors.lookup(numbers), catalogue.hits(numbers)
        return {hits[number].text: np.asarray(found[number].vector) for number in numbers}


def test_an_english_passage_of_an_indonesian_article_says_so(archive: Archive) -> None:
    english = "The minister said that the price of rice had fallen because of the good harvest this year. " * 8
    archive.write("a.txt", paragraph(1), paragraph(2), paragraph(3), paragraph(4), english)
    archive.update()
    with closing(Catalogue(archive.root)) as catalogue:
        languages = [row.language for row in catalogue.passages_of(catalogue.articles()[0])]
    assert languages[-1] == "en"
    assert "en" not in languages[:1]
