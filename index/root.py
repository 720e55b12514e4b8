"""The folder of an index: what may lie in it."""

from pathlib import Path

from index.catalogue import FILE_NAME, NEXT_NAME, WATCHLIST_NAME
from index.errors import UsageError

OWN_NAMES = frozenset(("lock", "writer.json", "segments", "lexicon")) | {
    f"{name}{end}" for name in (FILE_NAME, NEXT_NAME, WATCHLIST_NAME) for end in ("", "-wal", "-shm", "-journal")
}


def check_root(root: Path) -> None:
    """Refuse to put an index where something else lives. Raises UsageError."""
    other = "name another folder, for example --index .telusur"
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file, not a folder", other)
    if root.is_dir():
        foreign = sorted(path.name for path in root.iterdir() if path.name not in OWN_NAMES)
        if foreign:
            raise UsageError(f"{root} holds other files ({foreign[0]} …), it is not a place for an index", other)


def last_number(folder: Path) -> int:
    """The highest number that a file or folder in `folder` bears."""
    numbers = [path.name.partition(".")[0] for path in folder.glob("*")]
    return max((int(number) for number in numbers if number.isdecimal()), default=0)
