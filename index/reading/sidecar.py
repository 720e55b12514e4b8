"""What somebody wrote beside a file about its article: `NAME.meta.json`."""

import json
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
    """The sidecar of a file, if it has one."""
    if location.name.endswith(ENDING):
        return None
    return next(
        (beside for name in sidecar_names(location.name) if (beside := location.with_name(name)).is_file()), None
    )


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
