"""Other words for a word: its translations between Indonesian and English, and how else the news spells it.

Translations are learnt from parallel sentences (`python -m scripts.train_translations`), spellings set by hand; both
are data in `index/wordlists/`. The lexicon looks for them beside the question's own words, so that an English
question meets Indonesian articles by their words too. Pure but for the files, which are mapped once.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from index.tensor_file import map_file
from index.text import stem

FOLDER = Path(__file__).with_name("wordlists")


class Table:
    """Lines ``word<TAB>other:percent other:percent``, in the order of their bytes, looked up without being read."""

    def __init__(self, path: Path) -> None:
        self._bytes = map_file(path)

    def __len__(self) -> int:
        return len(self._bytes)

    def __getitem__(self, offset: int) -> bytes:
        """The word of the first line that starts at `offset` or later."""
        start = self._line(offset)
        return self._bytes[start : self._bytes.find(b"\t", start)] if start < len(self._bytes) else b"\xff"

    def _line(self, offset: int) -> int:
        return offset and (self._bytes.find(b"\n", offset - 1) + 1 or len(self._bytes))

    def others(self, word: str) -> Iterator[tuple[str, float]]:
        """Other words and their probabilities, likeliest first."""
        key = word.encode()
        start = self._line(bisect_left(self, key))
        line = self._bytes[start : self._bytes.find(b"\n", start)]
        own, _, others = line.partition(b"\t")
        if own == key:
            for pair in others.decode().split():
                other, _, percent = pair.rpartition(":")
                yield other, int(percent) / 100


@cache
def _table(name: str) -> Table:
    return Table(FOLDER / f"{name}.tsv")


@cache
def _spellings() -> Mapping[str, frozenset[str]]:
    """Stem → the stems of its other spellings."""
    groups: dict[str, frozenset[str]] = {}
    for line in (FOLDER / "spellings.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            stems = frozenset(stem(word, language) for word in line.split() for language in ("id", "en"))
            for one in stems:
                groups[one] = groups.get(one, frozenset()) | stems
    return groups


def widened(forms: Sequence[str], language: str | None) -> dict[str, float]:
    """What to look for in place of one word of a question: term → the probability that it says the same (own forms 1).

    `forms`: the word's stems as Indonesian and as English (one, if they are the same). `language`: of the question, if
    it is known; its own words are not taken for the other language's.
    """
    counts = dict.fromkeys(forms, 1.0)
    for form in forms:
        for other in sorted(_spellings().get(form, ())):
            counts.setdefault(other, 1.0)
    for name, form in (("id-en", forms[0]), ("en-id", forms[-1])):
        if language in (None, name[:2]):
            for other, probability in _table(name).others(form):
                counts.setdefault(other, probability)
    return counts
