"""A long update commits in slices: an interruption costs one of them, and what comes out is the same."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from conftest import Archive, paragraph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index.build
import index.repair
from index.bert_encoder import BertEncoder
from index.build import Update
from index.calibration import REPEAT_AT
from index.catalogue import CUT_OFF, Catalogue
from index.lexicon import Lexicon
from index.verify import UNREAD, verify
from search.engine import Searcher

ROOT = Path(__file__).parent.parent
TEXTS = [paragraph(n) + " " + paragraph(n, "lagi") for n in range(20)]  # each is a passage of its own
ARTICLES = ["\n\n".join(TEXTS[2 * n : 2 * n + 2]) for n in range(10)]


def as_files(archive: Archive) -> None:
    """Twenty passages in ten articles, each a file."""
    for n, text in enumerate(ARTICLES):
        archive.write(f"{n}.txt", text)


def as_rows(archive: Archive) -> None:
    """The same in one file."""
    archive.write("b.jsonl", "\n".join(json.dumps({"_id": f"r{n}", "text": text}) for n, text in enumerate(ARTICLES)))


def sliced(patch: pytest.MonkeyPatch, block: int) -> None:
    """Let a slice end after each block of so many passages, at the next end of an article."""
    patch.setattr(index.build, "SLICE_SECONDS", 0.0)
    patch.setattr(index.build, "BLOCK", block)


def fail_at(patch: pytest.MonkeyPatch, call: int, error: BaseException) -> None:
    """Let the encoder raise an error instead of encoding its n-th block."""
    left = [call]
    real = BertEncoder.encode_with_sentences

    def encode(*arguments: object) -> object:
        left[0] -= 1
        if not left[0]:
            raise error
        return real(*arguments)  # type: ignore[arg-type]

    patch.setattr(BertEncoder, "encode_with_sentences", encode)


def answers(archive: Archive) -> tuple[list[object], list[float]]:
    """What the index answers: every passage by its vector, by its words, and by both; and the scores of these."""
    with Searcher.open(archive.root) as searcher:
        found = searcher.search(TEXTS[3][:60], 100, all_passages=True)
    near = archive.nearest(TEXTS[5][:80])
    texts = [text for _, text in near], [(hit.passage_id, hit.text) for hit in found.hits]
    scores = [score for score, _ in near] + [hit.score for hit in found.hits] + [found.confidence]
    return [*texts, archive.containing("persen"), archive.articles(), archive.ids()], scores


def held(archive: Archive) -> list[str]:
    """The texts in the index, in order of path and row."""
    return [text.strip() for _, (text, _) in sorted(archive.articles().items())]


# --- interrupted, and gone on with ---


@pytest.mark.parametrize("write", [as_files, as_rows])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_first_run_keeps_what_it_did(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, write: Callable[[Archive], None], error: BaseException
) -> None:
    write(archive)
    with monkeypatch.context() as patch:
        sliced(patch, 6)
        fail_at(patch, 3, error)
        with pytest.raises(type(error)):
            archive.update()
    assert (archive.setting("articles"), archive.setting("passages"), held(archive)) == (6, 12, ARTICLES[:6])
    cut = [f"{archive.folder}/b.jsonl {UNREAD}"] if write is as_rows else []
    assert [problem.what for problem in verify(archive.root, deep=True)] == cut
    assert archive.orphans() == []
    assert set(archive.containing("persen")) == {text for _, text in archive.nearest("harga")} == set(TEXTS[:12])
    assert archive.counts() == {"added": 4, "unchanged": 6, "encoded": 8}
    assert held(archive) == ARTICLES
    assert archive.whole()


ENDED = """
import os, sys
import index.build, index.calibration
from index.bert_encoder import BertEncoder
from search.cli import main
index.build.SLICE_SECONDS, index.build.BLOCK = 0.0, 6
index.calibration.EVERYDAY_QUESTIONS = index.calibration.EVERYDAY_QUESTIONS[:3]
encode, left, signal = BertEncoder.encode_with_sentences, int(sys.argv.pop(1)), int(sys.argv.pop(1))
def counted(*arguments):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal)
    return encode(*arguments)
BertEncoder.encode_with_sentences = counted
main()
"""


def telusur_index(archive: Archive, call: int, ended_by: int, *options: str) -> subprocess.CompletedProcess[str]:
    """`telusur index` in slices of six passages, which gets a signal when it encodes its n-th block."""
    line = ["index", archive.folder, "--index", archive.root, "--encoder", archive.encoder, *options]
    return subprocess.run(
        [sys.executable, "-c", ENDED, str(call), str(ended_by), *line],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("write", [as_files, as_rows])
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_a_first_run_that_a_signal_ends(
    archive: Archive, write: Callable[[Archive], None], ended_by: signal.Signals
) -> None:
    write(archive)
    done = telusur_index(archive, 3, ended_by)
    if ended_by == signal.SIGINT:
        assert done.returncode == 130
        assert done.stderr == "interrupted: the index holds 6 articles; run the same command again to go on\n"
    else:
        assert done.returncode == -signal.SIGKILL
    assert held(archive) == ARTICLES[:6]
    with Searcher.open(archive.root) as searcher:  # what the dead one left of its third slice is not seen
        assert len(searcher.search("persen", 100, all_passages=True, mode="lexical").hits) == 12
    again = telusur_index(archive, 0, 0, "--json")
    report = json.loads(again.stdout)
    counts = {name: report[name] for name in ("added", "unchanged", "encoded", "articles", "passages")}
    assert counts == {"added": 4, "unchanged": 6, "encoded": 8, "articles": 10, "passages": 20}
    assert archive.whole()


def test_what_the_message_says_when_nothing_is_in_yet_and_of_fresh(archive: Archive) -> None:
    as_files(archive)
    assert "the index holds 0 articles; run the same" in telusur_index(archive, 1, signal.SIGINT).stderr
    said = telusur_index(archive, 3, signal.SIGINT, "--fresh").stderr  # nothing was in: seen as it grows
    assert said == "interrupted: the index holds 6 articles; with --fresh the next run begins anew\n"


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    block=st.integers(1, 21),
    cuts=st.lists(st.integers(1, 6), max_size=3),
    write=st.sampled_from([as_files, as_rows]),
)
def test_however_it_is_sliced_and_cut_the_answers_are_those_of_one_piece(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_encoder: Path,
    block: int,
    cuts: list[int],
    write: Callable[[Archive], None],
) -> None:
    whole, pieces = (Archive(tmp_path_factory.mktemp(name) / "berita", tiny_encoder) for name in ("satu", "irisan"))
    for archive in (whole, pieces):
        write(archive)
    whole.update()
    with pytest.MonkeyPatch.context() as patch:
        sliced(patch, block)
        for cut in cuts:
            with pytest.MonkeyPatch.context() as inner:
                fail_at(inner, cut, KeyboardInterrupt())
                with suppress(KeyboardInterrupt):
                    pieces.update()
        before = pieces.setting("passages") if cuts else 0
        assert pieces.update().encoded == 20 - before
    assert pieces.whole()
    (texts, scores), (expected, wanted) = answers(pieces), answers(whole)
    assert texts == expected
    assert scores == pytest.approx(wanted, abs=1e-4)


# --- each slice ---


def test_each_slice_is_a_whole_index(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    as_files(archive)
    seen: list[tuple[int, int, int]] = []
    real = Catalogue.commit

    def commit(catalogue: Catalogue) -> None:
        real(catalogue)
        assert verify(archive.root, deep=True) == []
        calibration = archive.setting("calibration")
        passages = archive.setting("passages")
        assert passages / calibration["passages"] <= REPEAT_AT * 1.1  # of small numbers, one more on both sides
        assert set(archive.containing("persen")) == set(TEXTS[:passages])
        seen.append((archive.setting("articles"), passages, archive.setting("generation")))

    sliced(monkeypatch, 4)
    monkeypatch.setattr(Catalogue, "commit", commit)
    assert archive.counts() == {"added": 10, "encoded": 20}
    assert seen == [(2, 4, 1), (4, 8, 2), (6, 12, 3), (8, 16, 4)]
    assert archive.setting("calibration")["passages"] == 20  # measured at the end, as if there had been no slices
    assert len(archive.segments()) <= 3
    assert archive.whole()


def test_a_slice_takes_its_time(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(20):
        archive.write(f"{n:02}.txt", TEXTS[n])
    clock, seen = [0.0], []
    real = Update._encode_block

    def encode(update: Update) -> None:
        clock[0] += 12.0
        real(update)

    monkeypatch.setattr(index.build, "BLOCK", 2)
    monkeypatch.setattr(index.build, "time", SimpleNamespace(monotonic=lambda: clock[0], time=lambda: 1e9))
    monkeypatch.setattr(Update, "_encode_block", encode)
    monkeypatch.setattr(index.build, "clear_away", lambda root, catalogue: seen.append(catalogue.get("passages")))
    assert archive.counts() == {"added": 20, "encoded": 20}
    assert seen == [6, 12, 18]  # after 36 seconds each, the third block that ends when 30 have gone
    assert archive.setting("generation") == 5  # and one more for the lexicon, joined


def test_an_open_searcher_follows_the_slices(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write("a.txt", paragraph("a"))
    archive.update()
    as_files(archive)
    found: list[int] = []
    with Searcher.open(archive.root) as searcher:

        def look(done: int, total: int, articles: int) -> None:
            found.append(len(searcher.search("persen", 100, all_passages=True).hits))

        sliced(monkeypatch, 4)
        archive.update(on_progress=look)
        look(0, 0, 0)
    assert sorted({*found}) == [1, 5, 9, 13, 17, 21]
    assert found == sorted(found)


def test_a_copied_text_is_encoded_once_in_all_slices(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(12):
        archive.write(f"{n:02}.txt", TEXTS[n % 3], TEXTS[3 + n])
    sliced(monkeypatch, 4)
    assert archive.counts() == {"added": 12, "encoded": 15}
    assert archive.whole()


def test_changes_in_slices_cut_off_and_gone_on_with(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    as_files(archive)
    archive.update()
    for n in range(3):
        archive.write(f"{n}.txt", paragraph("baru", n), TEXTS[2 * n + 1])
    for n in range(3, 6):
        (archive.folder / f"{n}.txt").rename(archive.folder / f"sub-{n}.txt")
    for n in range(6, 8):
        (archive.folder / f"{n}.txt").unlink()
    for n in range(10, 14):
        archive.write(f"{n}.txt", paragraph("tambah", n))
    with monkeypatch.context() as patch:
        sliced(patch, 2)
        fail_at(patch, 3, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            archive.update()
    report = archive.update()
    assert (report.renamed, report.removed, report.articles) == (0, 2, 12)
    assert report.changed + report.added < 7
    texts = {path.name: path.read_text().strip() for path in archive.folder.iterdir()}
    assert {Path(path).name: text.strip() for (path, _), (text, _) in archive.articles().items()} == texts
    assert archive.whole()


# --- what is all or nothing ---


def test_what_is_built_anew_is_not_seen_before_it_is_whole(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    as_files(archive)
    archive.update()
    archive.write("0.txt", paragraph("lain"))
    before = archive.state()
    sliced(monkeypatch, 4)
    with monkeypatch.context() as patch:
        fail_at(patch, 4, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            archive.update(fresh=True)
    assert archive.state() == before
    monkeypatch.setattr(Catalogue, "commit", None)
    assert archive.update(fresh=True).articles == 10
    assert archive.whole()


def test_another_encoder_is_there_for_all_passages_or_for_none(
    archive: Archive, other_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_files(archive)
    archive.update()
    archive.write("x.txt", paragraph("x"))
    before = archive.state()
    sliced(monkeypatch, 2)
    monkeypatch.setattr(index.repair, "BLOCK", 4)
    with monkeypatch.context() as patch:
        fail_at(patch, 4, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            archive.update(encoder=str(other_encoder))
    assert archive.state() == before
    assert archive.update(encoder=str(other_encoder)).encoded == 21
    archive.encoder = other_encoder
    assert archive.whole()


# --- files that were not read to their end ---


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda file: file.rename(file.with_name("c.jsonl")), {"added": 10, "removed": 6, "encoded": 8}),
        (lambda file: file.unlink(), {"removed": 6}),
        (lambda file: file.write_text(file.read_text().split("\n")[0]), {"unchanged": 1, "removed": 5}),
    ],
)
def test_what_becomes_of_a_file_that_was_half_read(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object], expected: dict[str, int]
) -> None:
    as_rows(archive)
    with monkeypatch.context() as patch:
        sliced(patch, 6)
        fail_at(patch, 3, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            archive.update()
    with closing(Catalogue(archive.root)) as catalogue:
        assert [state.sha256 for state in catalogue.files()] == [CUT_OFF]
    change(archive.folder / "b.jsonl")
    assert archive.counts() == expected
    assert archive.whole()


def test_other_columns_are_remembered_once_all_is_read_by_them(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(name: str, numbers: range) -> None:
        lines = [json.dumps({"_id": f"r{n}", "text": TEXTS[n], "isi": TEXTS[n + 10]}) for n in numbers]
        archive.write(name, "\n".join(lines))

    rows("a.jsonl", range(5))
    rows("b.jsonl", range(5, 10))
    archive.update()
    with monkeypatch.context() as patch:
        sliced(patch, 2)
        fail_at(patch, 4, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            archive.update(columns={"text": "isi"})
    assert sorted(held(archive)) == sorted(TEXTS[10:16] + TEXTS[6:10])
    assert archive.setting("columns") == {}
    assert archive.counts(columns={"text": "isi"}) == {"changed": 4, "unchanged": 6, "encoded": 4}
    assert held(archive) == TEXTS[10:20]
    assert archive.whole()


# --- the lexicon afterwards ---


def parts(archive: Archive) -> int:
    return Lexicon(archive.root / "lexicon" / archive.setting("lexicon")).parts


def join(archive: Archive, brought: int) -> None:
    with closing(Catalogue(archive.root)) as catalogue:
        index.repair.join_lexicon(archive.root, catalogue, brought)


def test_the_words_of_a_long_update_are_joined_and_answer_the_same(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_files(archive)
    sliced(monkeypatch, 4)
    with monkeypatch.context() as patch:
        patch.setattr(index.repair, "MANY_PARTS", 100)
        archive.update()
    many = parts(archive)
    before, scores = answers(archive)
    assert many >= index.repair.MANY_PARTS
    join(archive, brought=9)  # of 20: an update that brings little leaves it to a later one
    assert parts(archive) == many
    with monkeypatch.context() as patch:
        patch.setattr(index.repair, "rebuild_lexicon", Mock(side_effect=OSError(28, "No space left on device")))
        join(archive, brought=10)
    assert (parts(archive), archive.orphans()) == (many, [])
    with Searcher.open(archive.root) as reader:
        assert reader.search(TEXTS[3][:60]).hits
        join(archive, brought=10)
        assert reader.search(TEXTS[3][:60]).hits[0].text == TEXTS[3]
    assert (parts(archive), archive.orphans()) == (1, [])
    assert answers(archive) == (before, pytest.approx(scores, abs=1e-6))
    assert archive.whole()


def test_a_first_run_in_slices_ends_with_all_words_together(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    as_files(archive)
    sliced(monkeypatch, 4)
    archive.update()
    assert parts(archive) == 1
    assert archive.whole()
