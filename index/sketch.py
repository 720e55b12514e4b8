"""Which long words an article has, by short hashes: enough to say of most pairs that neither copies the other. Pure.

It errs to one side only: hashes that another article lacks are words that it lacks. It is made when an article is
indexed, so that a question need not read the texts of all that it finds.
"""

import re
import struct
import zlib
from typing import NamedTuple, Self

LONG = 9  # characters
ENOUGH = 6  # long words; an article with fewer is not told by them
SHARED = 0.55  # of the long words of the article with fewer of them: what a copy has at least
READ = 20_000  # characters of an article
_LONG_WORD = re.compile(rf"\w{{{LONG},}}")
_HEAD = struct.Struct("<HH")


def _long_words(text: str) -> frozenset[str]:
    """The different long words of an article's text; none where they are too few to tell."""
    # Split first: short words, which are most, are thrown away without a regular expression.
    long = " ".join([word for word in text[:READ].casefold().split() if len(word) >= LONG])
    found = frozenset(_LONG_WORD.findall(long))
    return found if len(found) >= ENOUGH else frozenset()


class Sketch(NamedTuple):
    """An article's length in characters, READ at most, how many long words it has, and their hashes of 16 bits."""

    length: int
    words: int
    hashes: frozenset[int]

    @classmethod
    def of(cls, text: str) -> Self:
        """The sketch of an article's text without what is not the article."""
        words = _long_words(text)
        hashes = frozenset(zlib.crc32(word.encode("utf-8", "replace")) & 0xFFFF for word in words)
        return cls(len(text[:READ]), len(words), hashes)

    def packed(self) -> bytes:
        """As bytes, for `read`: two a word and four."""
        return _HEAD.pack(self.length, self.words) + struct.pack(f"<{len(self.hashes)}H", *sorted(self.hashes))

    @classmethod
    def read(cls, packed: object) -> Self | None:
        """The sketch out of its bytes; None when these are none, as in an index that somebody meddled with."""
        if not isinstance(packed, bytes) or len(packed) < _HEAD.size or len(packed) % 2:
            return None
        length, words, *hashes = struct.unpack(f"<{len(packed) // 2}H", packed)
        return cls(length, words, frozenset(hashes))

    def may_share(self, other: "Sketch") -> bool:
        """Whether two articles can share SHARED of the long words of the one that has fewer.

        Each hash that one has and the other has not is at least one word that they do not share.
        """
        few, many = (self, other) if self.words <= other.words else (other, self)
        return len(few.hashes) - len(few.hashes & many.hashes) <= (1 - SHARED) * few.words
