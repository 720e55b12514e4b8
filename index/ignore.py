"""What the ignore files in a folder leave out of it, in the syntax of gitignore."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".telusurignore")  # in one folder the latter has the last word


@dataclass(slots=True)
class IgnoreFiles:
    """The ignore files at and below the folders of one scan, each read when its folder is first looked into.

    As in git, a deeper file beats a higher one, a later line an earlier one, and nothing below a folder that is left
    out can be taken back. Files above the scanned folders, and git's own settings, do not count.
    """

    left_out: int = 0  # files, and folders with all that is below them
    problems: list[tuple[Path, str]] = field(default_factory=list)  # (ignore file, what is wrong in it)
    _rules: dict[str, list[tuple[str, "GitIgnoreSpec"]]] = field(default_factory=dict)

    def has_rules(self, top: str, folder: str) -> bool:
        """Whether any rule holds in `folder`, which is `top` or below it."""
        return bool(self._rules_for(top, folder))

    def leave_out(self, top: str, folder: str, name: str, *, is_folder: bool) -> bool:
        """Whether what is called `name` in `folder`, which is `top` or below it, is to be left out; counts it."""
        for base, spec in reversed(self._rules_for(top, folder)):
            path = os.path.relpath(f"{folder}/{name}", base)
            verdict = spec.check_file(path + "/" * is_folder).include
            if verdict is not None:
                self.left_out += verdict
                return verdict
        return False

    def _rules_for(self, top: str, folder: str) -> list[tuple[str, "GitIgnoreSpec"]]:
        """Folders with the patterns of their ignore files, weakest first."""
        if folder not in self._rules:
            above = [] if folder == top else self._rules_for(top, str(Path(folder).parent))
            own = (self._read(Path(folder, name)) for name in IGNORE_FILES)
            self._rules[folder] = above + [(folder, spec) for spec in own if spec]
        return self._rules[folder]

    def _read(self, path: Path) -> "GitIgnoreSpec | None":
        try:
            lines = path.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.problems.append((path, f"cannot be read, so it leaves nothing out: {error.strerror}"))
            return None
        from pathspec import GitIgnoreSpec  # takes 70 ms

        valid = []
        for number, line in enumerate(lines, start=1):
            try:
                GitIgnoreSpec.from_lines([line])
                valid.append(line)
            except ValueError as error:
                self.problems.append((path, f"line {number} is no pattern: {error}"))
        return GitIgnoreSpec.from_lines(valid)
