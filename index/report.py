"""What an update did, and how it tells how far it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that could not be read, and why."""

    path: str
    reason: str
    hint: str = ""


@dataclass(slots=True)
class Report:
    """What an update did; counts are articles unless the name says otherwise."""

    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    columns: Mapping[str, str] = field(default_factory=dict)  # the user's own names of columns, by field
    ignored: int = 0  # files and folders that ignore files left out
    articles: int = 0  # in the whole index, afterwards
    passages: int = 0
    encoded: int = 0  # passages that went through the encoder
    seconds: float = 0.0

    @property
    def went_in(self) -> int:
        """Articles under the given paths that the index holds now."""
        return self.added + self.changed + self.renamed + self.unchanged


# (done, in all, articles done): bytes that were read; where nothing is read, passages that were encoded, and 0.
OnProgress = Callable[[int, int, int], None]
