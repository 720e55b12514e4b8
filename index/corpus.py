"""Where articles lie, and what the catalogue calls their files."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path


class Corpus:
    """Names of files as the catalogue keeps them: relative to the folder that holds the index, where that is possible.

    So an index that lies beside its articles can be moved with them.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self.base = self.root.parent

    def name(self, location: Path) -> str:
        """The catalogue's name of a file or folder; "." of the folder that holds the index."""
        absolute = Path(os.path.abspath(location))
        return absolute.relative_to(self.base).as_posix() if absolute.is_relative_to(self.base) else absolute.as_posix()

    def locate(self, name: str) -> Path:
        """Where a file of the catalogue lies."""
        return self.base / name

    def shown(self, name: str) -> str:
        """The path as a person in the current folder would type it."""
        return os.path.normpath(os.path.join(self.base, name)).removeprefix(os.path.join(Path.cwd(), ""))

    def below(self, folder: str) -> str:
        """What the names of files in a folder of this name begin with."""
        if folder in (".", self.base.as_posix()):
            return ""
        return folder if folder.endswith("/") else f"{folder}/"

    def names(self, paths: Sequence[Path]) -> list[str] | None:
        """The catalogue's names of files and folders; None when one of them holds the index, and so any name."""
        absolute = [Path(os.path.abspath(path)) for path in paths]
        if any(self.base == path or path in self.base.parents for path in absolute):
            return None
        return [self.name(path) for path in absolute]

    def covered(self, paths: Sequence[Path], names: Collection[str]) -> set[str]:
        """Those of the catalogue's names whose files lie at or below one of the paths."""
        tops = {os.path.abspath(path) for path in paths}
        folders = tuple(os.path.join(top, "") for top in tops)
        places = ((name, os.path.join(self.base, os.path.normpath(name))) for name in names)
        return {name for name, place in places if place.startswith(folders) or place in tops}
