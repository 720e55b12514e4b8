"""Updates from outside: what is said, what is there afterwards, and what is left when something goes wrong."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import Archive, paragraph

import index.build
import index.update
import index.vector_writer
from index.bert_encoder import BertEncoder
from index.catalogue import FILE_NAME, PAGE_SIZE, Catalogue
from index.encoder import open_encoder
from index.errors import IndexUnusableError, TelusurError, UsageError
from index.lexicon import Lexicon
from index.update import update
from index.vectors import Vectors
from index.verify import verify
from search.engine import Searcher

ROOT = Path(__file__).parent.parent


def files_and_index_agree(archive: Archive) -> bool:
    texts = {(f"berita/{path.name}", None): path.read_text() for path in archive.folder.glob("*.txt")}
    assert {key: text for key, (text, _) in archive.articles().items()} == texts
    return archive.whole()


# --- only what changed, and saying so ---


def test_the_first_time_and_again(archive: Archive) -> None:
    for name in "abc":
        archive.write(f"{name}.txt", paragraph(name))
    report = archive.update()
    assert (report.added, report.articles, report.passages, report.encoded, report.skipped) == (3, 3, 3, 3, [])
    assert report.seconds > 0
    before = archive.state()
    assert archive.counts(encoder=None) == {"unchanged": 3}
    assert archive.state() == before  # nothing at all was written
    assert archive.counts() == {"unchanged": 3}
    assert files_and_index_agree(archive)


def test_add_edit_rename_move_delete(archive: Archive) -> None:
    for name in ("edit", "rename", "move", "delete", "stay"):
        archive.write(f"{name}.txt", paragraph(name))
    assert archive.counts() == {"added": 5, "encoded": 5}
    ids = archive.ids()
    archive.write("new.txt", paragraph("new"))
    archive.write("edit.txt", paragraph("edit", 2))
    (archive.folder / "rename.txt").rename(archive.folder / "renamed.txt")
    (archive.folder / "deep/er").mkdir(parents=True)
    (archive.folder / "move.txt").rename(archive.folder / "deep/er/move.txt")
    (archive.folder / "delete.txt").unlink()
    expected = {"added": 1, "changed": 1, "renamed": 2, "removed": 1, "unchanged": 1, "encoded": 2}
    assert archive.counts() == expected
    now = archive.ids()
    for old, new in (("stay", "stay"), ("edit", "edit"), ("rename", "renamed"), ("move", "deep/er/move")):
        assert now[f"berita/{new}.txt", None] == ids[f"berita/{old}.txt", None]
    assert set(now) - set(ids) == {(f"berita/{name}.txt", None) for name in ("new", "renamed", "deep/er/move")}
    assert len(set(now.values())) == len(now)
    assert archive.whole()
    (archive.folder / "deep/er/move.txt").rename(archive.folder / "move.txt")
    assert archive.counts() == {"renamed": 1, "unchanged": 4}
    assert archive.ids()["berita/move.txt", None] == ids["berita/move.txt", None]
    assert files_and_index_agree(archive)


def test_renaming_many_and_editing_one_of_them(archive: Archive) -> None:
    for n in range(4):
        archive.write(f"{n}.txt", paragraph(n), paragraph(n, 2), paragraph(n, 3), paragraph(n, 4))
    assert archive.counts() == {"added": 4, "encoded": 8}
    archive.folder.rename(archive.folder.with_name("arsip"))
    archive.folder = archive.folder.with_name("arsip")
    archive.write("0.txt", paragraph(0), paragraph(0, 2), paragraph(0, 3), paragraph("baru"))
    assert archive.counts(archive.folder.parent) == {"renamed": 3, "added": 1, "removed": 1, "encoded": 1}
    assert archive.whole()


def test_deleted_and_added_again(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.write("b.txt", paragraph(2))
    archive.update()
    (archive.folder / "a.txt").unlink()
    assert archive.counts() == {"removed": 1, "unchanged": 1}
    assert archive.containing(paragraph(1)[:11]) == []
    archive.write("a.txt", paragraph(1))
    assert archive.counts() == {"added": 1, "unchanged": 1, "encoded": 1}
    assert archive.containing(paragraph(1)[:11]) == [paragraph(1)]
    assert files_and_index_agree(archive)


def test_a_name_that_was_free_again(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    (archive.folder / "a.txt").rename(archive.folder / "b.txt")
    archive.write("a.txt", paragraph(2))
    # By name, a.txt was edited and b.txt is new: nothing tells this from a rename and a new file, and it costs no more.
    assert archive.counts() == {"added": 1, "changed": 1, "encoded": 1}
    assert len(set(archive.ids().values())) == 2
    assert files_and_index_agree(archive)


def test_touched_files_are_only_looked_at(archive: Archive) -> None:
    path = archive.write("a.txt", paragraph(1))
    archive.update()
    archive.settle(path)
    assert archive.counts() == {"unchanged": 1}
    assert archive.whole()


def test_one_row_of_a_file_of_many(archive: Archive) -> None:
    def row(number: int, text: str) -> str:
        return json.dumps({"_id": f"r{number}", "text": text})

    rows = [row(n, paragraph(n)) for n in range(5)]
    archive.write("b.jsonl", "\n".join(rows))
    assert archive.counts() == {"added": 5, "encoded": 5}
    ids = archive.ids()
    rows[2] = row(2, paragraph("baru"))
    archive.write("b.jsonl", "\n".join([*rows[1:], row(9, paragraph(9))]))
    assert archive.counts() == {"added": 1, "changed": 1, "removed": 1, "unchanged": 3, "encoded": 2}
    for name in ("r1", "r2", "r3", "r4"):
        assert archive.ids()["berita/b.jsonl", name] == ids["berita/b.jsonl", name]
    with closing(Catalogue(archive.root)) as catalogue:
        (number,) = catalogue.find_articles(article_id=ids["berita/b.jsonl", "r3"])
        assert catalogue.article(number)["row_line"] == 3  # it stood on line 4
    (archive.folder / "b.jsonl").rename(archive.folder / "c.jsonl")
    assert archive.counts() == {"renamed": 5}
    assert archive.whole()


def test_two_identical_articles(archive: Archive) -> None:
    for name in "ab":
        archive.write(f"{name}.txt", paragraph(1))
    assert archive.counts() == {"added": 2, "encoded": 1}
    ids = archive.ids()
    (archive.folder / "sub").mkdir()
    for name in "ab":
        (archive.folder / f"{name}.txt").rename(archive.folder / f"sub/{name}.txt")
    assert archive.counts() == {"renamed": 2}
    assert [archive.ids()[f"berita/sub/{name}.txt", None] for name in "ab"] == [*ids.values()]
    assert archive.whole()


def test_only_below_the_paths_given(archive: Archive) -> None:
    for name in ("a/1.txt", "a/2.txt", "b/1.txt"):
        archive.write(name, paragraph(name))
    assert archive.counts(archive.folder / "a") == {"added": 2, "encoded": 2}
    assert archive.counts(archive.folder / "b", archive.folder / "b/1.txt") == {"added": 1, "encoded": 1}
    (archive.folder / "a/1.txt").unlink()
    assert archive.counts(archive.folder / "b") == {"unchanged": 1}
    assert archive.counts(archive.folder / "a/2.txt") == {"unchanged": 1}
    assert archive.counts(archive.folder) == {"removed": 1, "unchanged": 2}
    assert archive.counts(exclude=["b/*", "*/b/*"]) == {"removed": 1, "unchanged": 1}
    assert archive.whole()


def test_an_empty_folder_and_one_emptied(archive: Archive) -> None:
    assert archive.counts() == {}
    assert archive.whole()
    archive.write("a.txt", paragraph(1))
    assert archive.counts() == {"added": 1, "encoded": 1}
    (archive.folder / "a.txt").unlink()
    report = archive.update()
    assert (report.removed, report.articles, report.passages) == (1, 0, 0)
    assert archive.whole()


def test_the_index_and_its_articles_can_be_moved_together(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    elsewhere = archive.folder.parent.with_name("tempat-lain")
    archive.folder.parent.rename(elsewhere)
    archive.root, archive.folder = elsewhere / ".telusur", elsewhere / "berita"
    assert archive.counts() == {"unchanged": 1}
    assert files_and_index_agree(archive)


def test_a_dry_run_counts_and_writes_nothing(archive: Archive) -> None:
    for n in range(5):
        archive.write(f"{n}.txt", paragraph(n))
    assert archive.counts(dry_run=True) == {"added": 5}
    assert not archive.root.exists()
    archive.update()
    archive.write("0.txt", paragraph("baru"))
    (archive.folder / "1.txt").rename(archive.folder / "9.txt")
    (archive.folder / "2.txt").unlink()
    archive.write("8.txt", paragraph(8))
    archive.settle(archive.folder / "3.txt")
    before = archive.state()
    planned = archive.counts(dry_run=True)
    assert planned == {"added": 1, "changed": 1, "renamed": 1, "removed": 1, "unchanged": 2}
    assert archive.state() == before
    assert archive.counts() == {**planned, "encoded": 2}


def test_the_way_of_searching_is_chosen_and_stays(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update(ann="exact")
    assert archive.setting("ann") == "exact"
    with Searcher.open(archive.root) as searcher:
        assert searcher.status()["vectors"] == {"kind": "exact", "ann": "exact", "segments": 1}
        assert archive.counts(ann="codes") == {"unchanged": 1}
        assert searcher.status()["vectors"]["ann"] == "codes"  # the one that was open sees it too
        before = archive.setting("generation")
        assert archive.counts(ann="codes", encoder=None) == archive.counts(encoder=None) == {"unchanged": 1}
        assert (archive.setting("ann"), archive.setting("generation")) == ("codes", before)
    with pytest.raises(UsageError, match="'hnsw'") as caught:
        archive.update(ann="hnsw")
    assert "auto, exact, codes" in caught.value.hint
    assert archive.whole()


def test_progress_ends_at_its_end(archive: Archive) -> None:
    for n in range(5):
        archive.write(f"{n}.txt", paragraph(n))
    told: list[tuple[int, int, int]] = []
    archive.update(on_progress=lambda done, total, articles: told.append((done, total, articles)))
    assert told == sorted(told)
    size = sum(path.stat().st_size for path in archive.folder.iterdir())
    assert told[-1] == (size, size, 5)


# --- bad input ---


def test_bad_files_among_good_ones(archive: Archive) -> None:
    archive.write("a.txt", paragraph("a"))
    archive.write("z.txt", paragraph("z"))
    bad = {
        "empty.txt": b"",
        "blank.txt": b" \n\t\r\n",
        "binary.txt": bytes(range(256)) * 20,
        "picture.txt": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "cut.txt": "Harga beras naik.".encode("utf-16")[:-1],
        "berkas.docx": b"PK\x03\x04",
        "berkas.xyz": b"Isi.",
    }
    for name, content in bad.items():
        (archive.folder / name).write_bytes(content)
    (archive.folder / "rows.jsonl").write_text('{"text": "Harga beras naik."}\n{"text": "rusak\n{"text": "Banjir."}\n')
    report = archive.update()
    assert (report.added, report.articles) == (4, 4)
    skipped = {Path(skip.path).name: skip.reason for skip in report.skipped}
    assert set(skipped) == {*bad, "rows.jsonl"}
    assert "empty" in skipped["empty.txt"]
    assert "binary" in skipped["binary.txt"]
    assert "PNG" in skipped["picture.txt"]
    assert "UTF-16" in skipped["cut.txt"]
    assert "not a Word document" in skipped["berkas.docx"]
    assert "unknown format .xyz" in skipped["berkas.xyz"]
    assert "line 2" in skipped["rows.jsonl"]
    assert archive.whole()
    again = archive.update()
    assert (again.unchanged, again.encoded) == (4, 0)
    assert {Path(skip.path).name for skip in again.skipped} == set(bad)


def test_a_good_file_goes_bad_and_good_again(archive: Archive) -> None:
    path = archive.write("a.txt", paragraph("a"))
    archive.write("b.txt", paragraph("b"))
    archive.update()
    path.write_bytes(bytes(range(256)))
    report = archive.update()
    assert (report.removed, report.unchanged, len(report.skipped)) == (1, 1, 1)
    assert archive.containing(paragraph("a")[:11]) == []
    archive.write("a.txt", paragraph("a"))
    assert archive.counts() == {"added": 1, "unchanged": 1, "encoded": 1}
    assert archive.whole()


def test_an_endless_line(archive: Archive) -> None:
    archive.write("a.txt", "Harga beras naik di pasar. " * 4000)
    archive.write("b.txt", "x" * 200_000)
    report = archive.update()
    assert (report.added, report.skipped) == (2, [])
    assert report.encoded < 20  # nearly every passage has the same text
    assert archive.whole()


def test_a_path_that_is_not_there(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    before = archive.state()
    with pytest.raises(UsageError, match="tidak-ada is not there"):
        archive.update(archive.folder, archive.folder / "tidak-ada")
    assert archive.state() == before


@pytest.mark.parametrize("stranger", ["__init__.py", "catatan.txt", "segments.bak"])
def test_a_folder_that_holds_other_files_is_no_place_for_an_index(archive: Archive, stranger: str) -> None:
    archive.write("a.txt", paragraph(1))
    archive.root.mkdir()
    (archive.root / stranger).write_text("milik orang")
    with pytest.raises(UsageError, match="holds other files"):
        archive.update()
    assert [path.name for path in archive.root.iterdir()] == [stranger]


def test_a_file_is_no_place_for_an_index(archive: Archive) -> None:
    path = archive.write("a.txt", paragraph(1))
    with pytest.raises(UsageError, match="is a file"):
        update(path, [archive.folder])
    assert path.read_text() == paragraph(1) + "\n"


# --- interrupted in the middle ---


def fail_in_encoder(patch: pytest.MonkeyPatch, error: BaseException) -> None:
    calls: list[int] = []
    real = BertEncoder.encode_with_sentences

    def encode(*args: object) -> object:
        calls.append(1)
        if len(calls) > 1:
            raise error
        return real(*args)  # type: ignore[arg-type]

    patch.setattr(BertEncoder, "encode_with_sentences", encode)


def fail_after(module: object, name: str) -> Callable[[pytest.MonkeyPatch, BaseException], None]:
    def install(patch: pytest.MonkeyPatch, error: BaseException) -> None:
        real = getattr(module, name)

        def failing(*args: object, **options: object) -> object:
            real(*args, **options)
            raise error

        patch.setattr(module, name, failing)

    return install


PLACES = {
    "between two blocks": fail_in_encoder,
    "after a segment is written": fail_after(index.vector_writer, "write_segment"),
    "after the lexicon's commit": fail_after(index.vector_writer.VectorWriter, "merge"),
    "just before the commit": fail_after(index.build.Update, "_finish"),
    "when the encoder is opened": fail_after(index.update, "open_encoder"),
}


@pytest.mark.parametrize(
    ("error", "fresh"),
    [(KeyboardInterrupt(), False), (KeyboardInterrupt(), True), (OSError(28, "No space left on device"), False)],
)
@pytest.mark.parametrize("place", PLACES)
def test_an_interruption_leaves_the_index_as_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException, fresh: bool
) -> None:
    monkeypatch.setattr(index.build, "BLOCK", 2)
    for n in range(4):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    before = archive.state()
    archive.write("0.txt", paragraph("baru"))
    (archive.folder / "1.txt").unlink()
    for n in range(5, 9):
        archive.write(f"{n}.txt", paragraph(n))
    with monkeypatch.context() as patch:
        PLACES[place](patch, error)
        with pytest.raises(type(error)):
            archive.update(fresh=fresh)
    assert archive.state() == before
    assert archive.orphans() == []
    assert archive.containing(paragraph(1)[:11]) == [paragraph(1)]
    assert archive.containing(paragraph(8)[:11]) == []
    archive.update()
    assert files_and_index_agree(archive)


def test_an_interrupted_first_update_leaves_no_half_index(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))

    def interrupt(done: int, total: int, articles: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.update(on_progress=interrupt)
    assert [problem.what for problem in verify(archive.root)] == ["the index is empty: its first update never finished"]
    assert archive.counts() == {"added": 1, "encoded": 1}
    assert files_and_index_agree(archive)


def test_a_full_disk_is_explained(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    archive.write("b.txt", paragraph(2))

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "add_passages", full)
        with pytest.raises(TelusurError, match="disk is full") as caught:
            archive.update()
    assert "disk" in caught.value.hint
    assert archive.counts() == {"added": 1, "unchanged": 1, "encoded": 1}
    assert archive.whole()


@pytest.mark.parametrize(
    "leftover", [FILE_NAME, f"{FILE_NAME}-journal", "lock", "writer.json", "segments/000009.faiss"]
)
def test_what_a_dead_writer_leaves_is_no_obstacle(archive: Archive, leftover: str) -> None:
    archive.write("a.txt", paragraph(1))
    path = archive.root / leftover
    path.parent.mkdir(parents=True)
    path.touch()
    assert archive.counts() == {"added": 1, "encoded": 1}
    assert archive.whole()


def test_what_a_dead_writer_left_in_the_lexicon_goes_even_when_nothing_changed(archive: Archive) -> None:
    from index.lexicon import Entry

    archive.write("a.txt", paragraph(1))
    archive.update()
    lexicon = Lexicon(archive.root / "lexicon" / archive.setting("lexicon"))
    with lexicon.writer() as writer:
        writer.add(Entry(archive.setting("next_passage"), 9, "hantu", None, "id"))
    assert archive.counts(encoder=None) == {"unchanged": 1}
    lexicon.reload()
    assert lexicon.numbers() == {1}


# --- built anew ---


def test_fresh_keeps_ids_and_answers(archive: Archive) -> None:
    for n in range(4):
        archive.write(f"{n}.txt", paragraph(n), paragraph(n, 2))
    archive.update()
    (archive.folder / "0.txt").rename(archive.folder / "sub-0.txt")
    archive.write("new.txt", paragraph("new"))
    archive.update()
    archive.write("0.txt", paragraph("another"))  # under the name that the renamed one had
    archive.update()
    before = archive.ids(), archive.articles(), archive.nearest("harga naik"), archive.containing("persen")
    report = archive.update(fresh=True)
    assert (report.added, report.encoded, report.articles) == (6, report.passages, 6)
    found, expected = archive.nearest("harga naik"), before[2]
    assert [text for _, text in found] == [text for _, text in expected]
    assert [score for score, _ in found] == pytest.approx([score for score, _ in expected], abs=1e-5)
    assert (archive.ids(), archive.articles(), archive.containing("persen")) == (before[0], before[1], before[3])
    assert len(archive.segments()) == 1
    assert files_and_index_agree(archive)


def test_fresh_holds_only_what_is_below_the_paths(archive: Archive) -> None:
    for name in ("a/1.txt", "b/1.txt"):
        archive.write(name, paragraph(name))
    archive.update()
    assert archive.counts(archive.folder / "a", fresh=True) == {"added": 1, "encoded": 1}
    assert list(archive.articles()) == [("berita/a/1.txt", None)]
    assert archive.whole()


def break_header(root: Path) -> None:
    (root / FILE_NAME).write_bytes(b"Ini bukan basis data. " * 400)


def break_middle(root: Path) -> None:
    raw = bytearray((root / FILE_NAME).read_bytes())
    for page in range(2 * PAGE_SIZE, len(raw), PAGE_SIZE):
        raw[page : page + 8] = b"\xff" * 8
    (root / FILE_NAME).write_bytes(raw)


def other_format(root: Path) -> None:
    with closing(Catalogue(root)) as catalogue:
        catalogue.set(format=99)


@pytest.mark.parametrize("damage", [break_header, break_middle, other_format])
def test_fresh_mends_what_a_plain_update_refuses(archive: Archive, damage: Callable[[Path], None]) -> None:
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    ids = archive.ids()
    damage(archive.root)
    archive.write("3.txt", paragraph(3))
    with pytest.raises(IndexUnusableError) as caught:
        archive.update()
    assert "--fresh" in caught.value.hint
    assert archive.counts(fresh=True) == {"added": 4, "encoded": 4}
    assert ids.items() <= archive.ids().items()
    assert files_and_index_agree(archive)


def lose_lexicon(root: Path) -> None:
    shutil.rmtree(root / "lexicon")


def lose_segments(root: Path) -> None:
    shutil.rmtree(root / "segments")


@pytest.mark.parametrize(("damage", "encoded"), [(lose_lexicon, 0), (lose_segments, 3)])
def test_what_the_catalogue_can_make_anew_needs_no_files(
    archive: Archive, damage: Callable[[Path], None], encoded: int
) -> None:
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n), "Pendek.")
    archive.update()
    expected = archive.nearest("harga naik"), archive.containing("persen"), archive.articles(), archive.ids()
    damage(archive.root)
    archive.folder.rename(archive.folder.with_name("dipinjam"))
    archive.folder.mkdir()
    elsewhere = archive.folder / "lain"
    elsewhere.mkdir()
    assert archive.update(elsewhere).encoded == encoded
    assert (archive.containing("persen"), archive.articles(), archive.ids()) == expected[1:]
    assert [text for _, text in archive.nearest("harga naik")] == [text for _, text in expected[0]]
    shutil.rmtree(archive.folder)
    archive.folder.with_name("dipinjam").rename(archive.folder)
    assert archive.whole()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are started there in another way")
def test_two_writers_that_rebuild_at_once(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    break_header(archive.root)
    code = (
        "import sys; from pathlib import Path; from index.update import update;"
        "print(update(Path(sys.argv[1]), [Path(sys.argv[2])], fresh=True, encoder=sys.argv[3]).added)"
    )
    line = [sys.executable, "-c", code, archive.root, archive.folder, archive.encoder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [writer.communicate(timeout=120)[0] for writer in writers] == ["1\n", "1\n"]
    assert files_and_index_agree(archive)


def test_a_rebuild_that_is_cut_off_leaves_what_was_there(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    other_format(archive.root)

    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in archive.root.rglob("*") if path.suffix in (".idx", ".sqlite")}

    before = files()
    with monkeypatch.context() as patch:
        fail_after(index.build.Update, "_finish")(patch, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            archive.update(fresh=True)
    assert before.items() <= files().items()
    with pytest.raises(IndexUnusableError, match="format 99"):
        archive.update()
    archive.update(fresh=True)
    assert files_and_index_agree(archive)


def test_an_encoder_that_changed_by_itself_is_refused(archive: Archive, other_encoder: Path) -> None:
    own = archive.folder.parent.with_name("penyandi")
    shutil.copytree(archive.encoder, own)
    archive.write("a.txt", paragraph(1))
    archive.update(encoder=str(own))
    before = archive.state()
    shutil.copytree(other_encoder, own, dirs_exist_ok=True)
    archive.write("b.txt", paragraph(2))
    with pytest.raises(IndexUnusableError, match="another encoder") as caught:
        archive.update(encoder=None)
    assert f"--encoder {own}" in caught.value.hint
    assert archive.state() == before


def test_another_encoder_reads_the_catalogue_and_not_the_files(archive: Archive, other_encoder: Path) -> None:
    for name in "ab":
        archive.write(f"{name}.txt", paragraph(name), paragraph(name, 2), paragraph(name, 3))
    encoded = archive.update().encoded
    ids, articles = archive.ids(), archive.articles()
    away = archive.folder.rename(archive.folder.with_name("dipinjam"))
    archive.write("kosong/c.txt", paragraph("c"))
    with Searcher.open(archive.root) as searcher:
        texts = {hit.text for hit in searcher.search("naik persen", 50, all_passages=True).hits}
        report = archive.update(archive.folder / "kosong", encoder=str(other_encoder))
        assert (report.added, report.removed, report.encoded) == (1, 0, encoded + 1)
        found = searcher.search("naik persen", 50, all_passages=True).hits
        assert {hit.text for hit in found} == texts | {paragraph("c")}
    assert archive.setting("encoder")["name"] == str(other_encoder.resolve())
    assert archive.setting("calibration")["encoder"] == archive.setting("encoder")["fingerprint"]
    assert ids.items() <= archive.ids().items()
    assert articles.items() <= archive.articles().items()
    (away / "kosong").mkdir()
    (archive.folder / "kosong/c.txt").rename(away / "kosong/c.txt")
    shutil.rmtree(archive.folder)
    away.rename(archive.folder)
    archive.encoder = other_encoder
    assert archive.counts(encoder=None) == {"unchanged": 3}
    assert archive.whole()


CHANGING = """
import os, signal, sys
from pathlib import Path
import index.repair
from conftest import Archive
archive = Archive(Path(sys.argv[1]) / "berita", Path(sys.argv[2]))
encode, left = index.repair.encode, int(sys.argv[3])
def counted(*arguments):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return encode(*arguments)
index.repair.encode, index.repair.BLOCK = counted, 4
archive.update()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_change_of_encoder_that_is_killed_leaves_the_old_one_and_goes_through_the_next_time(
    archive: Archive, other_encoder: Path
) -> None:
    for n in range(12):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    before, question = archive.state(), "naik 12 persen"
    nearest = archive.nearest(question)
    code = [sys.executable, "-c", CHANGING, str(archive.folder.parent), str(other_encoder)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    killed = subprocess.run([*code, "2"], env=environment, check=False)  # two blocks of three are encoded anew
    assert killed.returncode == -signal.SIGKILL
    assert archive.state()["catalogue"] == before["catalogue"]
    assert archive.nearest(question) == nearest
    assert subprocess.run([*code, "99"], env=environment, check=False).returncode == 0
    archive.encoder = other_encoder
    assert archive.setting("encoder")["name"] == str(other_encoder.resolve())
    assert archive.nearest(question) != nearest
    assert archive.counts(encoder=None) == {"unchanged": 12}
    assert archive.whole()


def test_fewer_dimensions_are_remembered_and_questions_follow(archive: Archive, tiny_encoder: Path) -> None:
    for n in range(12):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update(encoder=f"{tiny_encoder}:8")
    assert archive.setting("encoder")["name"] == f"{tiny_encoder}:8"
    assert archive.setting("encoder")["dimension"] == 8
    archive.encoder = Path(f"{tiny_encoder}:8")
    assert archive.counts(encoder=None) == {"unchanged": 12}
    question = "naik 12 persen"
    with Searcher.open(archive.root) as searcher:
        found = searcher.search(question, 12, mode="semantic", all_passages=True, explain=True).hits
    whole = open_encoder(str(tiny_encoder))
    first = whole.encode_queries([question])[0, :8]
    texts = [paragraph(n) for n in range(12)]
    cut = whole.encode_passages(texts)[:, :8]
    cosines = cut @ first / np.linalg.norm(cut, axis=1) / np.linalg.norm(first)
    expected = dict(zip(texts, cosines.tolist(), strict=True))
    with closing(Catalogue(archive.root)) as catalogue:
        vectors = Vectors(archive.root / "segments", catalogue.segments(), 8)
        ranking = vectors.search(first / np.linalg.norm(first), 12)
        rows = catalogue.hits([number for number, _ in ranking])
    assert {rows[number].text: score for number, score in ranking} == pytest.approx(expected, abs=2e-3)
    assert {hit.text for hit in found} == set(texts)
    assert archive.update(encoder=str(tiny_encoder)).encoded == 12  # all dimensions again
    archive.encoder = tiny_encoder
    assert archive.whole()


# --- readers beside a writer ---

WRITER = """
import sys
from pathlib import Path
from conftest import Archive, paragraph
archive = Archive(Path(sys.argv[1]) / "unused", Path(sys.argv[2]))
archive.folder, archive.root = Path(sys.argv[1]) / "berita", Path(sys.argv[1]) / ".telusur"
print("ready", flush=True)
for version in range(1, 16):
    for n in range(4):
        archive.write(f"{n}.txt", f"Versi{version} naik. " + paragraph(n, version))
    archive.update(encoder=None)
"""


def test_a_reader_sees_each_state_whole(archive: Archive) -> None:
    for n in range(4):
        archive.write(f"{n}.txt", "Versi0 naik. " + paragraph(n, 0))
    archive.update()
    with Searcher.open(archive.root) as searcher:
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, archive.folder.parent, archive.encoder],
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        )
        seen: list[str] = []
        try:
            ended = False
            while not ended:
                ended = writer.poll() is not None  # one more look after its end
                for mode in ("semantic", "lexical", "hybrid"):
                    hits = searcher.search("versi naik persen", 50, mode=mode, all_passages=True).hits
                    versions = {hit.text.split()[0] for hit in hits}
                    assert len(versions) == 1, f"{mode}: {versions}"
                    assert sorted(hit.path[-5:] for hit in hits) == [f"{n}.txt" for n in range(4)]
                    seen += versions
                time.sleep(0.05)  # leave the writer some of the machine
        finally:
            writer.kill()
            writer.wait()
        assert writer.returncode == 0
    numbers = [int(version.removeprefix("Versi")) for version in seen]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 15
    assert len(set(numbers)) > 5


def test_a_reader_opened_before_an_update_sees_what_it_did(archive: Archive) -> None:
    archive.write("a.txt", paragraph(1))
    archive.update()
    with Searcher.open(archive.root) as searcher:

        def texts() -> list[str]:
            return sorted(hit.text for hit in searcher.search(paragraph(1), all_passages=True).hits)

        assert texts() == [paragraph(1)]
        archive.write("b.txt", paragraph(2))
        archive.update()
        assert texts() == sorted([paragraph(1), paragraph(2)])
        archive.write("a.txt", paragraph(3))
        archive.update()
        assert texts() == sorted([paragraph(3), paragraph(2)])
        (archive.folder / "b.txt").unlink()
        archive.update()
        assert texts() == [paragraph(3)]
        archive.update(fresh=True)
        assert texts() == [paragraph(3)]
