"""What somebody wrote beside a file about its article: `NAME.meta.json`."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

from index.errors import ArticleError
from index.reading.fields import Columns
from index.reading.source import COMPRESSED

ENDING = ".meta.json"
_LIMIT = 1_000_000  # bytes


def sidecar_names(name: str) -> Iterator[str]:
    """How the sidecar of a file may be called, the name that counts first: berita.html.meta.json, berita.meta.json."""
    yield name + ENDING
    stem = PurePath(name)
    if stem.suffix.lower() in COMPRESSED:
        stem = stem.with_suffix("")
        yield stem.name + ENDING
    if stem.suffix:
        yield stem.stem + ENDING


def sidecar_of(location: Path) -> Path | None:
    """The sidecar of a file, if it has one that lies there."""
    if location.name.endswith(ENDING):
        return None
    names = map(location.with_name, sidecar_names(location.name))
    beside = next((path for path in names if path.is_file()), None)
    return None if beside and leads_away(beside, location) else beside


def leads_away(sidecar: Path, location: Path) -> bool:
    """Whether a sidecar is a link to what lies neither below its own folder nor beside what `location` leads to."""
    if not sidecar.is_symlink():
        return False
    target = Path(os.path.realpath(sidecar))
    return not (target.is_relative_to(os.path.realpath(sidecar.parent)) or target.parent == location.resolve().parent)


def read_sidecar(sidecar: Path, columns: Columns) -> Mapping[str, str | None]:
    """What a sidecar says, by field. Raises ArticleError, OSError."""
    with sidecar.open("rb") as file:
        raw = file.read(_LIMIT)
    try:
        said = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        msg = f"its sidecar {sidecar.name} is broken ({error})"
        raise ArticleError(msg, "mend it; the article went in without it") from error
    if not isinstance(said, dict):
        raise ArticleError(f"its sidecar {sidecar.name} is no JSON object", "mend it; the article went in without it")
    return {kind: value for kind, value in columns.given(said).items() if value is not None}
