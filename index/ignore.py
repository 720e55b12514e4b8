"""What the ignore files in a folder leave out of it, in the syntax of gitignore."""

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".telusurignore")  # in one folder the latter has the last word
_LIMIT = 100_000  # bytes of an ignore file
_FREE = 2  # stars of a pattern that must be tried at every place, in every combination
# In the expressions of pathspec: letters and signs that stand for themselves, a star before such and before another
# star, which need only be tried at the first place where they follow; and those that are not sure of their place.
_LITERAL = r"(?:[^][\\(){}.*+?|^$/]|\\.)+"
_SURE = re.compile(rf"\[\^/\]\*({_LITERAL})(?=\[\^/\]\*)")
_UNSURE = re.compile(rf"\[\^/\]\*(?!\?|(?:{_LITERAL})?(?:/|\(\?:|$))|\(\?:/\.\+\)\?")


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
            if not stat.S_ISREG(path.lstat().st_mode):  # a link may lead anywhere; git does not follow it either
                self.problems.append((path, "is a link or no file, so it leaves nothing out"))
                return None
            with path.open("rb") as file:
                content = file.read(_LIMIT + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.problems.append((path, f"cannot be read, so it leaves nothing out: {error.strerror}"))
            return None
        if len(content) > _LIMIT:
            self.problems.append((path, f"is over {_LIMIT:,} bytes, so it leaves nothing out"))
            return None
        from pathspec import GitIgnoreSpec  # takes 70 ms

        valid: list[Any] = []  # patterns
        for number, line in enumerate(content.decode("utf-8-sig", "surrogateescape").splitlines(), start=1):
            try:
                spec = GitIgnoreSpec.from_lines([line])
                for pattern in spec.patterns:
                    _quicken(pattern)
                valid += spec.patterns
            except ValueError as error:
                self.problems.append((path, f"line {number} is no pattern: {error}"))
        return GitIgnoreSpec(valid)


def _quicken(pattern: Any) -> None:
    """Have a pattern's expression tried in one way where that is as good as all. Raises ValueError: too many stars."""
    if pattern.regex:
        expression = _SURE.sub(r"(?>[^/]*?\1)", pattern.regex.pattern)
        if len(_UNSURE.findall(expression)) > _FREE:
            raise ValueError("too many stars")
        pattern.regex = re.compile(expression)
