"""Index folders as somebody might change them who wants to harm whoever opens them, for `scripts.fuzz`.

One seed and number change an index in the same way again.
"""

import json
import os
import random
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from scripts.mutations import drawn, mutated

SQL = (
    "CREATE TRIGGER t AFTER UPDATE ON settings BEGIN DELETE FROM articles; END",
    "CREATE VIEW v AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c",
    "DROP TABLE passages; CREATE VIEW passages AS WITH c(n) AS (SELECT 1 UNION ALL SELECT n FROM c) SELECT n FROM c",
    "CREATE VIRTUAL TABLE x USING fts5(a)", "DROP TABLE texts", "DELETE FROM segments", "DELETE FROM settings",
    "UPDATE texts SET text = CAST(x'ff00fe1b5b33316d' AS TEXT)", "UPDATE texts SET text = x'1b5b33316d'",
    "UPDATE texts SET text = ''", "UPDATE passages SET char_start = -5, char_end = 1 << 62",
    "UPDATE passages SET char_start = 'x'",
    "UPDATE passages SET line_start = x'00'", "UPDATE passages SET n = n + (1 << 40)",
    "UPDATE passages SET digest = 'x'",
    "UPDATE articles SET title = x'1b5b', source = 7, published = 'x', url = 'javascript:alert(1)'",
    "UPDATE articles SET pages = '[1, \"x\"'", "UPDATE articles SET pages = '{}'",
    "UPDATE OR IGNORE articles SET article_id = '../../x'",
    "UPDATE articles SET published = char(27) || '[2J'", "UPDATE articles SET language = x'ff'",
    "UPDATE OR IGNORE files SET path = '../../../x'",
    "UPDATE OR IGNORE files SET path = x'2f00'", "UPDATE files SET size = 'x', mtime_ns = 'x'",
    "UPDATE segments SET passages = 1 << 60",
    "UPDATE segments SET passages = 'x'", "UPDATE segments SET first = last + 1",
    "UPDATE segments SET segment = -segment",
    "UPDATE texts SET text = 7", "UPDATE passages SET char_start = x'01'", "UPDATE passages SET article = 'x'",
    "UPDATE passages SET digest = 9", "UPDATE passages SET language = x'00'", "UPDATE files SET sha256 = 7",
    "UPDATE articles SET published = '2024-02-31', published_precision = 'day'", "UPDATE articles SET row_line = 'x'",
    "UPDATE articles SET pages = '[[' || hex(zeroblob(9))", "UPDATE articles SET title = char(27) || ']8;;x'",
    "DELETE FROM texts", "DELETE FROM articles", "DELETE FROM files", "DELETE FROM passages", "DROP TABLE files",
    "INSERT INTO removed SELECT passage, 1, 1 FROM passages", "INSERT INTO removed VALUES (-1, 1, 1)",
    *(
        f"UPDATE settings SET value = '{value}' WHERE name = '{name}'"
        for name in "encoder lexicon calibration next_passage generation columns ann reading updated".split()
        for value in (
            "", "null", "[]", '"../../x"', "1e400", "-1", "9" * 30, "[" * 2000,
            '{"name": "../x", "fingerprint": 1, "dimension": 1e9}', '{"median": "x", "passages": null, "encoder": 1}',
        )
    ),
)  # fmt: skip
WATCHLIST_SQL = (
    "CREATE TRIGGER t AFTER INSERT ON seen BEGIN DELETE FROM questions; END",
    "CREATE TRIGGER t AFTER UPDATE ON questions BEGIN DELETE FROM reported; END",
    "CREATE VIEW v AS SELECT * FROM questions", "CREATE TABLE x (y)",
    "DROP TABLE seen; CREATE VIEW seen AS WITH c(n) AS (SELECT 1 UNION ALL SELECT n FROM c) SELECT n AS digest FROM c",
    "DROP TABLE reported", "DELETE FROM facts", "UPDATE facts SET value = 'x'", "UPDATE facts SET value = x'1b'",
    "UPDATE facts SET value = 1e300", "UPDATE questions SET question = x'ff'", "UPDATE questions SET mark = 'x'",
    "UPDATE questions SET question = char(27) || '[2J', mark = 0", "UPDATE questions SET question = '', mark = 0",
    "UPDATE questions SET mark = -1, reports = 'x'", "UPDATE questions SET added = 9",
    "UPDATE questions SET number = -7",
    "UPDATE questions SET mark = 0; INSERT INTO reported (number, text) SELECT number, zeroblob(99999) FROM questions",
    "UPDATE questions SET mark = 0; INSERT INTO reported (number, text) SELECT number, 'x' FROM questions",
    "UPDATE questions SET mark = 0; DELETE FROM seen; UPDATE sqlite_sequence SET seq = 'x'",
)  # fmt: skip
JSON = (b"[", b"{}", b"null", b'"x"', b"[[[[" * 5000, b'{"pid": "x", "since": []}', b'{"index_settings": 1e999}', b"")


def spoil_index(seed: int, number: int, root: Path, outside: Path) -> str:
    """Change an index folder in one to three ways as somebody might who wants to harm whoever opens it; what was done.

    `outside`: a file that must stay as it is.
    """
    draw = drawn(seed, "indexes", number)
    return "; ".join([_spoil(draw, root, outside) for _ in range(draw.choice((1, 1, 1, 2, 3)))])


def _spoil(draw: random.Random, root: Path, outside: Path) -> str:
    kinds = "bytes bytes sql sql sql link list special tensors watchlist json model".split()
    kind = draw.choice(kinds)
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    chosen = draw.choice(files)
    if kind == "bytes":
        chosen.write_bytes(mutated(draw, chosen.read_bytes()))
        return f"bytes of {chosen.name}"
    if kind in ("sql", "watchlist"):
        statement = draw.choice(SQL if kind == "sql" else WATCHLIST_SQL)
        database = root / ("catalogue.sqlite" if kind == "sql" else "watchlist.sqlite")
        with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as db:  # it may be spoilt already
            db.executescript(statement)
        return f"{database.name}: {statement}"
    if kind == "json":
        path = draw.choice([root / "writer.json", *(path for path in files if path.suffix == ".json")])
        path.unlink(missing_ok=True)
        path.write_bytes(draw.choice(JSON))
        return f"other JSON in {path.name}"
    if kind == "model":
        return _harmful_model(draw, root, outside)
    if kind == "list":
        listed = next(root.glob("lexicon/*/.managed.json"), root / "lexicon" / ".managed.json")
        with suppress(ValueError, OSError):
            names = json.loads(listed.read_bytes())
            listed.write_text(
                json.dumps([*names, draw.choice((str(outside), "../../../outside/secret.txt", "..", 7, None))])
            )
        return "names in tantivy's list"
    if kind == "tensors":
        segment = next((path for path in files if path.parent.name == "segments"), chosen)
        content = segment.read_bytes()
        size = int.from_bytes(content[:8], "little")
        header = mutated(draw, content[8 : 8 + size])
        length = draw.choice((len(header), len(header), 1 << 62, 1 << 31, 0))
        segment.write_bytes(length.to_bytes(8, "little") + header + content[8 + size :])
        return f"header of {segment.name}"
    path = draw.choice(
        [*files, root / "segments", root / "lexicon", root / "lock", root / "writer.json", root / "next.sqlite"]
    )
    if path.is_symlink() or not path.parent.is_dir():
        return "nothing more"
    if path.is_dir():
        path.rename(outside.parent / path.name)
        path.symlink_to(outside.parent / path.name)
        return f"{path.name} as a link to a folder"
    path.unlink(missing_ok=True)
    if kind == "special" and not path.name.startswith("catalogue"):
        os.mkfifo(path)
        return f"{path.name} as a pipe"
    path.symlink_to(outside)
    return f"{path.name} as a link"


def _harmful_model(draw: random.Random, root: Path, outside: Path) -> str:
    """Have the index name a model in its own folder, with code, a pickle or paths that lead out of it."""
    folder = root / "model"
    folder.mkdir(exist_ok=True)
    code = f"open({str(outside)!r}, 'w').write('run')\nclass Evil: pass\n"
    (folder / "evil.py").write_text(code)
    module = draw.choice(("evil.Evil", "os.system", "sentence_transformers.models.Transformer"))
    path = draw.choice(("", "../../outside", "/etc"))
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": path, "type": module}]))
    config = {
        "model_type": draw.choice(("evil", "bert")),
        "auto_map": {"AutoModel": "evil.Evil", "AutoConfig": "evil.Evil"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    weights = draw.choice(("pytorch_model.bin", "model.safetensors"))
    (folder / weights).write_bytes(draw.choice((b"\x80\x02cos\nsystem\n.", b"\xff" * 8 + b"{}", b"")))
    made_with = json.dumps({"name": str(folder), "fingerprint": "x", "dimension": draw.choice((32, 384, 65_536))})
    with suppress(sqlite3.Error), closing(sqlite3.connect(root / "catalogue.sqlite")) as db:
        db.execute("UPDATE settings SET value = ? WHERE name = 'encoder'", (made_with,))
        db.commit()
    return f"a model of its own, {module} in {path!r}, {weights}"
