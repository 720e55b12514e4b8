"""What an update is to do: how the files that are there differ from those that the catalogue knows."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from index.catalogue import OUTDATED, FileState
from index.scan import FoundFile


@dataclass(slots=True)
class Plan:
    """The difference between the files and the catalogue. Digests stand beside the files they were taken from."""

    added: list[tuple[FoundFile, str]] = field(default_factory=list)
    changed: list[tuple[FileState, FoundFile, str]] = field(default_factory=list)
    renamed: list[tuple[FileState, FoundFile, str]] = field(default_factory=list)
    touched: list[tuple[FileState, FoundFile, str]] = field(default_factory=list)  # same content, another time
    gone: list[FileState] = field(default_factory=list)
    unchanged: list[FileState] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)

    def is_empty(self) -> bool:
        """Whether the catalogue already says what the files say."""
        return not (self.added or self.changed or self.renamed or self.touched or self.gone)


def plan(found: Iterable[FoundFile], known: Iterable[FileState], *, reread: bool = False) -> Plan:
    """Compare the files found with those the catalogue knows (only the ones that the found could replace).

    Size and time decide first, then the content. `reread`: everything known counts as changed, as what is
    OUTDATED does without it; so does what was renamed since.
    """
    result = Plan()
    before = {state.path: state for state in known}
    arrived: list[tuple[FoundFile, str]] = []
    for file in found:
        state = before.pop(file.path, None)
        again = reread or (state is not None and state.mtime_ns == OUTDATED)
        if state and not again and (state.size, state.mtime_ns) == (file.size, file.mtime_ns):
            result.unchanged.append(state)
            continue
        digest, reason = _digest(file)
        if reason:
            result.unreadable.append((file.path.encode("utf-8", "replace").decode(), reason))
            if state:  # what was read before stays until the file can be read again, or is gone
                result.unchanged.append(state)
            continue
        if state is None:
            arrived.append((file, digest))
        elif state.sha256 == digest and not again:
            result.touched.append((state, file, digest))
        else:
            result.changed.append((state, file, digest))
    departed: dict[str, list[FileState]] = {}
    for state in sorted(before.values(), reverse=True, key=lambda state: state.path):
        departed.setdefault(state.sha256, []).append(state)
    for file, digest in arrived:
        if departed.get(digest):
            state = departed[digest].pop()
            again = reread or state.mtime_ns == OUTDATED
            (result.changed if again else result.renamed).append((state, file, digest))
            del before[state.path]
        else:
            result.added.append((file, digest))
    result.gone = list(before.values())
    return result


def _digest(file: FoundFile) -> tuple[str, str]:
    """The digest of a file's content, and if there is none, why."""
    try:
        file.path.encode()
        return file.sha256(), ""
    except UnicodeEncodeError:
        return "", "its name is not UTF-8"
    except OSError as error:
        return "", f"cannot be read: {error.strerror}"
