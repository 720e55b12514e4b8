"""Which files are there."""

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from index.catalogue import FILE_NAME
from index.corpus import Corpus
from index.errors import UsageError
from index.ignore import IgnoreFiles
from index.reading.sidecar import ENDING as SIDECAR
from index.reading.sidecar import leads_away, sidecar_names, sidecar_of

SETTLED_NS = 2_000_000_000  # a file touched so recently may change again within one tick of its clock


class FoundFile(NamedTuple):
    """A file as the scan sees it, with its sidecar; `path` as the catalogue names it.

    `size` and `mtime_ns` are those of both taken together, so that a change of either shows. Plain strings, because
    there may be 100,000 of them.
    """

    path: str
    location: str
    size: int
    mtime_ns: int
    newest_ns: int
    sidecar: str | None = None

    def settled_mtime_ns(self) -> int:
        """The time to remember: none (-1) for a file so fresh that a later edit could bear the same time."""
        return self.mtime_ns if time.time_ns() - self.newest_ns > SETTLED_NS else -1

    def sha256(self) -> str:
        """Digest of the content, read in pieces. Raises OSError."""
        with Path(self.location).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        if self.sidecar:
            digest.update(b"\0sidecar\0")
            with Path(self.sidecar).open("rb") as file:
                hashlib.file_digest(file, lambda: digest)
        return digest.hexdigest()


def look(name: str, location: str, sidecar: str | None) -> FoundFile | None:
    """A file as it is now, or None when it is no ordinary file. Raises OSError."""
    status = os.stat(location)
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        return None
    size, mtime_ns, newest_ns = status.st_size, status.st_mtime_ns, status.st_mtime_ns
    if sidecar and os.path.isfile(sidecar):  # it may lead nowhere, or be gone since the folder was listed
        beside = os.stat(sidecar)
        size, mtime_ns = size + beside.st_size, mtime_ns + beside.st_mtime_ns
        newest_ns = max(newest_ns, beside.st_mtime_ns)
    else:
        sidecar = None
    return FoundFile(name, location, size, mtime_ns, newest_ns, sidecar)


@dataclass(slots=True)
class LeftOut:
    """What a scan passed over: by the rules of ignore files, or for a reason to be named."""

    ignore: IgnoreFiles = field(default_factory=IgnoreFiles)
    links: list[tuple[Path, str]] = field(default_factory=list)
    closed: list[tuple[Path, str]] = field(default_factory=list)  # folders that could not be looked into

    def close(self, error: OSError) -> None:
        """Note a folder that could not be looked into; what is known of it stays. One that is gone is gone."""
        if not isinstance(error, FileNotFoundError):
            self.closed.append((Path(error.filename), f"cannot be looked into: {error.strerror}"))

    def hides(self, location: Path) -> bool:
        """Whether a file may lie in a folder that could not be looked into."""
        return any(Path(os.path.abspath(folder)) in location.parents for folder, _ in self.closed)

    def named(self) -> list[tuple[Path, str]]:
        """(path, reason) of what a person should hear of."""
        return self.ignore.problems + self.links + self.closed


def find_files(
    corpus: Corpus,
    paths: Sequence[Path],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    *,
    changed: Sequence[Path] | None = None,
    left_out: LeftOut | None = None,
) -> Iterator[FoundFile]:
    """Every file at or below `paths`, in order of name, each once; hidden and ignored ones and the index left out.

    `include`, `exclude`: globs on the name or the path. `changed`: of what lies below `paths`, only what lies at or
    below these, which may be gone. `left_out` takes what was passed over. Links to files are followed where they lead
    below one of the paths, links to folders never. Raises UsageError for a path that is not there.
    """
    if changed is None:
        for path in paths:
            if not path.exists():
                raise UsageError(f"{path} is not there", "check the spelling; nothing was changed")
            if not (path.is_dir() or path.is_file()):
                raise UsageError(f"{path} is neither a file nor a folder", "name files and folders of articles")
    left_out = left_out or LeftOut()
    seen: set[str] = set()
    for top in paths:
        places = _below(corpus, top, left_out) if changed is None else _changed(corpus, top, changed, left_out)
        for place in places:
            if place.name in seen or not _wanted(place.name, include, exclude):
                continue
            seen.add(place.name)
            try:
                inside = not place.is_link or _leads_inside(Path(place.location), paths, left_out)
                file = look(*place[:3]) if inside else None
            except OSError:  # gone since the folder was listed: as if it had never been there
                continue
            if file:
                yield file


class _Place(NamedTuple):
    """A file that was listed: its name in the catalogue, where it lies, its sidecar; `is_link` unless it was named."""

    name: str
    location: str
    sidecar: str | None
    is_link: bool


def _below(corpus: Corpus, top: Path, left_out: LeftOut, start: Path | None = None) -> Iterator[_Place]:
    """The files at or below `start`, which is `top` or lies below it, with their sidecars; folders after files."""
    start = start or top
    if start.is_file():
        sidecar = sidecar_of(start)
        is_link = start != top and start.is_symlink()
        yield _Place(corpus.name(start), str(start), str(sidecar) if sidecar else None, is_link)
        return
    waiting = [(str(start), corpus.below(corpus.name(start)))]
    while waiting:
        folder, prefix = waiting.pop()
        files, folders, links = _listed(folder, left_out)
        pictures = {os.path.splitext(file)[0] + "_files" for file in files if file.lower().endswith((".html", ".htm"))}
        inner = []
        for name in sorted(folders - pictures):
            if not _taken(corpus, top, folder, name, left_out, is_folder=True):
                continue
            if name not in links:
                inner.append((os.path.join(folder, name), corpus.below(prefix + name)))
            elif not _is_below(Path(folder, name), [top]):  # others lead to what is found without them
                target = os.path.realpath(os.path.join(folder, name))
                left_out.links.append(
                    (Path(folder, name), f"a link to a folder elsewhere; to take it in, name {target} too")
                )
        waiting += reversed(inner)
        ruled = left_out.ignore.has_rules(str(top), folder)
        sidecars = _sidecars(files)
        at = os.path.join(folder, "")
        for name in sorted(files - {*sidecars.values()}):
            if (ruled or name.startswith(".")) and not _taken(corpus, top, folder, name, left_out, is_folder=False):
                continue
            beside = sidecars.get(name)
            if beside in links and leads_away(Path(folder, beside), Path(folder, name)):
                left_out.links.append(
                    (Path(folder, beside), "a sidecar that is a link to a file elsewhere; copy it here")
                )
                beside = None
            yield _Place(prefix + name, at + name, at + beside if beside else None, name in links)


def _listed(folder: str, left_out: LeftOut) -> tuple[set[str], set[str], set[str]]:
    """The names in a folder: of files, of folders, and which of either are links; one that cannot be read is noted."""
    files: set[str] = set()
    folders: set[str] = set()
    links: set[str] = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    is_folder = entry.is_dir()
                except OSError:  # a link that leads back to itself
                    is_folder = False
                (folders if is_folder else files).add(entry.name)
                if entry.is_symlink():
                    links.add(entry.name)
    except OSError as error:
        left_out.close(error)
        return set(), set(), set()
    return files, folders, links


def _sidecars(files: Set[str]) -> dict[str, str]:
    """The sidecars of those files that have one; a sidecar is a file of its own when there is nothing it speaks of."""
    found = {file for file in files if file.endswith(SIDECAR)}
    if not found:
        return {}
    beside = {file: next((name for name in sidecar_names(file) if name in found), None) for file in files - found}
    return {file: sidecar for file, sidecar in beside.items() if sidecar}


def _changed(corpus: Corpus, top: Path, changed: Sequence[Path], left_out: LeftOut) -> Iterator[_Place]:
    """As `_below`, of what lies at or below the `changed` paths."""

    def reached(path: Path, *, is_folder: bool) -> bool:
        if is_folder and path.is_symlink():
            return False
        return _taken(corpus, top, str(path.parent), path.name, left_out, is_folder=is_folder)

    for path in changed:
        way = [parent for parent in reversed(path.parents) if top in parent.parents]
        if path == top or (
            top in path.parents
            and all(reached(folder, is_folder=True) for folder in way)
            and reached(path, is_folder=path.is_dir())
        ):
            yield from _below(corpus, top, left_out, start=path)


def _taken(corpus: Corpus, top: Path, parent: str, name: str, left_out: LeftOut, *, is_folder: bool) -> bool:
    """Whether a scan of `top` that is in the folder `parent` takes a file, or looks into a folder, there."""
    if name.startswith(".") or (is_folder and _is_index(os.path.join(parent, name), corpus.root)):
        return False
    return not left_out.ignore.leave_out(str(top), parent, name, is_folder=is_folder)


def _leads_inside(link: Path, paths: Sequence[Path], left_out: LeftOut) -> bool:
    """Whether a link leads to somewhere below the paths; if not, the reason is noted."""
    if link.exists() and _is_below(link, paths):
        return True
    reason = "a link that leads nowhere"
    if link.exists():
        reason = f"a link to a file elsewhere; to take it in, name {os.path.realpath(link)} too"
    left_out.links.append((link, reason))
    return False


def _is_below(link: Path, paths: Sequence[Path]) -> bool:
    """Whether what a link leads to lies at or below one of the paths."""
    target = Path(os.path.realpath(link))
    return any(target.is_relative_to(os.path.realpath(path)) for path in paths)


def _is_index(folder: str, root: Path) -> bool:
    return os.path.abspath(folder) == str(root) or os.path.exists(os.path.join(folder, FILE_NAME))


def _wanted(name: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    def matches(globs: Sequence[str]) -> bool:
        return any(fnmatch(name, glob) or fnmatch(name.rsplit("/", 1)[-1], glob) for glob in globs)

    return (not include or matches(include)) and not (exclude and matches(exclude))
