"""Lines that a page's width broke, made paragraphs again (pure)."""

import re
from collections.abc import Sequence

_ENDS = (".", "!", "?", "…", ":", '"', "”", ")")
_ITEM = re.compile(r"(?:[-•*–▪]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")


def paragraphs(lines: Sequence[str]) -> list[str]:
    """The paragraphs of lines of print; an empty line, or a line that ends early, ends one.

    A hyphen at a line's end is the printer's and goes, unless the word is doubled, as Indonesian does ("anak-anak").
    """
    full = _full_width(lines)
    found: list[str] = []
    open_line = ""  # the last line of the paragraph that goes on
    for line in map(str.strip, lines):
        if not line:
            open_line = ""
        elif open_line and not _ends(open_line, line, full):
            found[-1] = _joined(found[-1], line)
            open_line = line
        else:
            found.append(line)
            open_line = line
    return found


def _full_width(lines: Sequence[str]) -> int:
    """How long lines are that fill their column."""
    lengths = sorted(len(line.strip()) for line in lines if line.strip())
    return lengths[len(lengths) * 8 // 10] if lengths else 0


def _ends(line: str, following: str, full: int) -> bool:
    """Whether a paragraph ends with `line`: the first word of the next would still have fitted."""
    if _ITEM.match(following):
        return True
    room = full - len(line)
    if line.endswith(_ENDS):
        return room > len(following.split(maxsplit=1)[0]) + 1
    return len(line) < 0.6 * full and not following[0].islower()


def _joined(text: str, line: str) -> str:
    hyphen = text[-1] if text[-1] in "-\u00ad\ufffe\u0002\u2010" else ""
    left = _LAST_WORD.search(text[:-1]) if hyphen else None
    right = _FIRST_WORD.match(line)
    if not hyphen:
        return f"{text} {line}"
    if not left or not right or not line[0].islower():
        return (text if hyphen in "-\u2010" else f"{text[:-1]}-") + line
    one, other = left.group().lower(), right.group().lower()
    doubled = min(len(one), len(other)) >= 3 and (one in other or other in one)
    return text[:-1] + ("-" if doubled else "") + line
