"""An index folder, or a model, made by somebody else to harm: refused in words; nothing is run, written or deleted."""

import json
import os
import shutil
import sqlite3
import sys
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from conftest import Archive, paragraph

from index.encoder import open_encoder
from index.errors import EncoderError, IndexUnusableError, TelusurError
from index.lexicon import Lexicon
from index.repair import repair
from index.verify import verify
from search.engine import Searcher
from search.watchlist import Watchlist


@pytest.fixture
def filled(archive: Archive) -> Archive:
    for n in range(3):
        archive.write(f"{n}.txt", paragraph(n))
    archive.update()
    return archive


def search(archive: Archive) -> list[str]:
    with Searcher.open(archive.root) as searcher:
        return [hit.passage_id for hit in searcher.search("persen", mode="lexical", all_passages=True).hits]


def refused(archive: Archive, message: str, *, also_fresh: bool = True) -> None:
    """Whatever one does with an index, it is refused with these words and a hint."""
    steps: list[Callable[[], object]] = [lambda: search(archive), archive.update, lambda: repair(archive.root)]
    steps += [lambda: archive.update(fresh=True)] * also_fresh
    for step in steps:
        with pytest.raises(TelusurError, match=message) as caught:
            step()
        assert caught.value.hint


def sql(archive: Archive, statement: str, database: str = "catalogue.sqlite") -> None:
    with closing(sqlite3.connect(archive.root / database)) as db:
        db.executescript(f"{statement};")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize(
    "name", ["lock", "writer.json", "segments", "lexicon", "next.sqlite", "segments/x", "lexicon/x"]
)
def test_links_are_not_followed(filled: Archive, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "berkas"
    outside.mkdir()
    (outside / "surat.txt").write_text("RAHASIA")
    place = filled.root / name
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(outside if name in ("segments", "lexicon") else outside / "surat.txt")
    refused(filled, "is a link, and an index has none")
    with pytest.raises(IndexUnusableError):
        verify(filled.root)
    assert [path.name for path in outside.iterdir()] == ["surat.txt"]
    assert (outside / "surat.txt").read_text() == "RAHASIA"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes there")
def test_a_pipe_keeps_nobody_waiting(filled: Archive) -> None:
    (segment,) = (filled.root / "segments").iterdir()
    segment.unlink()
    os.mkfifo(segment)
    refused(filled, "is a pipe, and an index has none")


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON settings BEGIN DELETE FROM articles; END", "the trigger 't'"),
        (
            "CREATE VIEW v AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n FROM c) SELECT n FROM c",
            "the view 'v'",
        ),
        ("CREATE VIRTUAL TABLE x USING fts5(a)", "the table 'x'"),
        ("DROP TABLE texts; CREATE VIEW texts AS SELECT 1 AS article, 'x' AS text", "the view 'texts'"),
        (
            "DROP TABLE removed; CREATE TABLE removed (passage, in_lexicon, in_segment, x AS (abs(-1)))",
            "the table 'rem",
        ),
    ],
)
def test_a_catalogue_holds_what_telusur_wrote_and_nothing_else(filled: Archive, statement: str, what: str) -> None:
    sql(filled, statement)
    for step in (lambda: search(filled), filled.update, lambda: repair(filled.root)):
        with pytest.raises(
            IndexUnusableError, match="is none of this version: an unreleased version wrote it, or"
        ) as caught:
            step()
        assert what in str(caught.value)
        assert "--fresh` rebuilds it; do not use it if it came from somebody else" in caught.value.hint
    filled.update(fresh=True)  # the articles themselves are sound
    assert len(search(filled)) == 3
    assert filled.whole()


def test_a_trigger_named_as_sqlites_own_tables_is_seen(filled: Archive) -> None:
    """SQLite takes such names from nobody, but for who edits its schema."""
    trigger = "CREATE TRIGGER sqlite_stat1 AFTER INSERT ON settings BEGIN DELETE FROM articles; END"
    edit = f"INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_stat1', 'settings', 0, '{trigger}')"
    sql(filled, f"PRAGMA writable_schema = 1; {edit}")
    with pytest.raises(IndexUnusableError, match="the trigger 'sqlite_stat1'"):
        search(filled)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE texts SET text = x'1b5b33316d'", "a 'text' is of the type bytes"),
        ("UPDATE texts SET text = 7", None),  # a column of texts makes a text of it
        ("UPDATE passages SET char_start = 'x'", "a 'char_start' is of the type str"),
        ("UPDATE passages SET char_end = 2.5", "a 'char_end' is of the type float"),
        ("UPDATE passages SET line_start = x'00'", "a 'line_start' is of the type bytes"),
        ("UPDATE articles SET title = x'1b5b'", "a 'title' is of the type bytes"),
        ("UPDATE articles SET row_line = 'x'", "a 'row_line' is of the type str"),
        ("UPDATE articles SET published = '2024-02-31'", "a date of publication is none"),
        ("UPDATE articles SET published = char(27) || '[2J'", "a date of publication is none"),
        ("UPDATE articles SET pages = '{}'", "the pages of"),
        ("UPDATE articles SET pages = '[1, \"x'", "the pages of"),
        ("UPDATE files SET path = CAST(path AS BLOB)", "a 'path' is of the type bytes"),
        ("UPDATE segments SET passages = 'x'", "a 'passages' is of the type str"),
        ("DELETE FROM texts", "an article has no text"),
        ("DELETE FROM files", "a passage has no article or file"),
        ("DELETE FROM articles", "a passage has no article or file"),
        ("DROP TABLE texts", "no such table: texts"),
        ("UPDATE texts SET text = CAST(x'ff00fe' AS TEXT)", "Could not decode to UTF-8"),
    ],
)
def test_cells_of_other_types_are_refused(filled: Archive, statement: str, what: str | None) -> None:
    """SQLite keeps a value of any type in any column; the damage is told wherever it is met, and by `verify`."""
    sql(filled, statement)
    if what is None:
        assert len(search(filled)) == 3
        return
    with pytest.raises((IndexUnusableError, sqlite3.Error), match=what) as caught:  # the command line names the file
        search(filled)
    assert isinstance(caught.value, sqlite3.Error) or "--fresh" in caught.value.hint
    with suppress(IndexUnusableError, sqlite3.Error):  # where it cannot even be read
        assert verify(filled.root, deep=True) or "pages" in what
    with suppress(TelusurError):
        filled.update()
    filled.update(fresh=True)
    assert len(search(filled)) == 3
    assert verify(filled.root) == []


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON seen BEGIN DELETE FROM questions; END", "the trigger 't'"),
        ("CREATE VIEW v AS SELECT * FROM questions", "the view 'v'"),
        ("DROP TABLE seen; CREATE VIEW seen AS SELECT 1 AS digest", "the view 'seen'"),
        ("UPDATE questions SET mark = 'x'", "a 'mark' is of the type str"),
        ("UPDATE questions SET question = x'1b'", "a 'question' is of the type bytes"),
        ("UPDATE facts SET value = 'x' WHERE name = 'mark'", "how far it has come is no number"),
        ("INSERT INTO reported (number, text) VALUES (1, 'x')", "a report in it is none"),
    ],
)
def test_a_watchlist_is_looked_at_like_a_catalogue(filled: Archive, statement: str, message: str) -> None:
    with closing(Watchlist(filled.root)) as watchlist, Searcher.open(filled.root) as searcher:
        watchlist.add("harga beras", searcher)
    filled.write("9.txt", paragraph(9))
    filled.update()
    sql(filled, statement, "watchlist.sqlite")
    with pytest.raises(IndexUnusableError, match=message) as caught:
        news(filled)
    assert caught.value.hint == "move it away and add the questions again"
    assert len(search(filled)) == 4  # the index is sound


def news(archive: Archive) -> int:
    with (
        closing(Watchlist(archive.root)) as watchlist,
        Searcher.open(archive.root) as searcher,
        watchlist.news(searcher) as (_, articles),
    ):
        return articles


def test_a_report_that_would_fill_the_memory_is_cut(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.watchlist.LONGEST", 1000)
    with closing(Watchlist(filled.root)) as watchlist, Searcher.open(filled.root) as searcher:
        watchlist.add("harga beras", searcher)
        packed = zlib.compress(bytes(10_000_000))
        assert len(watchlist._unpacked(packed)) == 1000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lexicon", '"../../berkas"'),
        ("lexicon", '"/tmp"'),
        ("next_passage", "-1"),
        ("next_segment", "1e3"),
        ("generation", '"x"'),
        ("encoder", '{"name": "x", "fingerprint": "y", "dimension": 1000000000000}'),
        ("encoder", "[]"),
        ("encoder", "null"),
        ("calibration", '{"median": "x"}'),
        ("calibration", '{"encoder": "x", "passages": 1, "median": 1e9}'),
        ("calibration", '{"encoder": "x", "passages": 1, "median": NaN}'),
        ("columns", '{"text": 1}'),
        ("store", '{"uri": 7}'),
        ("store", '"http://example.com"'),
        ("updated", "{}"),
        ("articles", "[" * 5000),
        ("passages", "ini bukan JSON"),
        ("store", '"http://jauh:19530"'),
        ("store", '{"uri": "http://jauh:1", "collection": "milik_lain", "dimension": 8, "kind": "flat", "new": false}'),
        ("retired", '[["http://jauh:19530", "milik_lain", 0.0]]'),
        ("owner", '"x_000001 or"'),
    ],
)
def test_a_setting_that_cannot_be_is_refused(filled: Archive, name: str, value: str) -> None:
    sql(filled, f"INSERT OR REPLACE INTO settings VALUES ('{name}', '{value}')")
    for step in (lambda: search(filled), filled.update, lambda: repair(filled.root)):
        with pytest.raises(IndexUnusableError, match=name):
            step()
    filled.update(fresh=True)
    assert len(search(filled)) == 3


def test_what_tantivy_may_delete_is_its_own(filled: Archive) -> None:
    """Its list of files names what it deletes when it writes next: `..` in it would lead anywhere."""
    victim = filled.folder / "surat.rahasia"
    victim.write_text("RAHASIA")
    (folder,) = (filled.root / "lexicon").iterdir()
    listed = folder / ".managed.json"
    for name in (str(victim), "../../../berita/surat.rahasia", "..\\surat.rahasia", 7):
        listed.write_text(json.dumps([*json.loads(listed.read_text()), name]))
        with pytest.raises(IndexUnusableError, match="names files that no lexicon has"):
            Lexicon(folder)
    listed.write_text("[" * 100_000)
    with pytest.raises(IndexUnusableError, match="cannot be opened: maximum recursion"):
        Lexicon(folder)
    filled.write("3.txt", paragraph(3))
    assert filled.counts() == {"added": 1, "unchanged": 3, "encoded": 1}  # a lexicon like any other that is damaged
    assert victim.read_text() == "RAHASIA"
    assert filled.whole()


def test_a_lexicon_of_other_fields_is_written_anew(filled: Archive) -> None:
    (folder,) = (filled.root / "lexicon").iterdir()
    meta = json.loads((folder / "meta.json").read_text())
    meta["schema"][2]["name"] = "isi"
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(IndexUnusableError, match="it has other fields than a lexicon"):
        search(filled)
    filled.update()
    assert len(search(filled)) == 3


def test_a_lexicon_of_garbage_is_said_to_be_damaged(filled: Archive, capfd: pytest.CaptureFixture[str]) -> None:
    """tantivy panics over some of it, which is no Exception."""
    (folder,) = (filled.root / "lexicon").iterdir()
    beside = filled.root.parent / "beside"

    def put(path: Path, content: bytes) -> None:
        """In a file's place, not into it: a thread of tantivy may still have it mapped, and would die of its end."""
        beside.write_bytes(content)
        beside.replace(path)

    for path in [*folder.iterdir()]:
        whole = path.read_bytes()
        for spoilt in (b"", whole[: len(whole) // 2], bytes(len(whole)), b"\xff" * len(whole), whole[:-60] + bytes(60)):
            put(path, spoilt)
            with suppress(IndexUnusableError), Searcher.open(filled.root) as searcher:
                searcher.search("persen", mode="lexical")
        put(path, whole)
    assert len(search(filled)) == 3
    capfd.readouterr()  # where tantivy says what it did


# --- models ---


@pytest.fixture
def model(tiny_encoder: Path, tmp_path: Path) -> Path:
    """A model that only sentence-transformers opens, with a file of code that says when it is run."""
    folder = Path(shutil.copytree(tiny_encoder, tmp_path / "model"))
    (folder / "1_Pooling" / "config.json").write_text(
        '{"word_embedding_dimension": 32, "pooling_mode_max_tokens": true}'
    )
    marker = tmp_path / "dijalankan"
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w')\nclass Evil: pass\nEvilModel = EvilConfig = Evil\n")
    return folder


def modules(model: Path, **changes: str) -> None:
    path = model / "modules.json"
    said = json.loads(path.read_text())
    said[1] |= changes
    path.write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "evil.Evil"}, "runs code of its own"),
        ({"type": "os.system"}, "runs code of its own"),
        ({"path": "../lain"}, "reaches out of its folder"),
        ({"path": "/etc"}, "reaches out of its folder"),
        ({"path": "C:\\lain"}, "reaches out of its folder"),
    ],
)
def test_a_models_own_code_is_not_run(model: Path, tmp_path: Path, changes: dict[str, str], message: str) -> None:
    modules(model, **changes)
    with pytest.raises(EncoderError, match=message):
        open_encoder(str(model))
    assert not (tmp_path / "dijalankan").exists()


def test_code_named_in_the_configuration_is_not_run(model: Path, tmp_path: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    config |= {"auto_map": {"AutoModel": "evil.EvilModel", "AutoConfig": "evil.EvilConfig"}, "model_type": "jahat"}
    (model / "config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError):
        open_encoder(str(model))
    assert not (tmp_path / "dijalankan").exists()


def test_weights_that_can_hold_a_program_are_not_read(model: Path) -> None:
    (model / "model.safetensors").unlink()
    (model / "pytorch_model.bin").write_bytes(b"\x80\x02cos\nsystem\n.")
    with pytest.raises(EncoderError, match="torch's own format, which can hold a program") as caught:
        open_encoder(str(model))
    assert "save" in caught.value.hint
