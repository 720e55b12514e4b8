"""Text laid into the columns of a terminal, with marked spans that may run over a line's end. Pure.

Columns are a terminal's cells: a Chinese character takes two, a combining accent none. Spans are carried through the
wrapping by two private-use characters, which no text that comes in keeps.
"""

from collections.abc import Iterable, Iterator, Sequence

from index.text import clean

BEGIN, END = "\ue000", "\ue001"


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # with tables that programs reading JSON need not load

    return cell_len(text)


def several(count: int, thing: str) -> str:
    """A count of things: "1 article", "2,000 articles"."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def span(text: str) -> str:
    """`text` as a marked span; markers of its own become spaces."""
    return f"{BEGIN}{unmarked(text)}{END}"


def unmarked(text: str) -> str:
    """`text` without what would be taken for a marker, one for one."""
    return text.replace(BEGIN, " ").replace(END, " ")


def lines(words: Iterable[str], room: int, *, marker: int = 0) -> Iterator[str]:
    """Words, joined by spaces, as lines of at most `room` cells; a word that is wider than a line runs on in the next.

    `marker`: the cells that either end of a span will take.
    """
    line, used = "", 0
    for word in words:
        width = _width(word, marker)
        if line and used + 1 + width > room:
            yield line
            line, used = "", 0
        if not line:
            *full, word = _pieces(word.lstrip(), room, marker)
            yield from full
            line, used = word, _width(word, marker)
        else:
            line, used = f"{line} {word}", used + 1 + width
    if line:
        yield line


def _width(word: str, marker: int) -> int:
    plain = word.replace(BEGIN, "").replace(END, "")
    return cells(plain) + marker * (len(word) - len(plain))


def _pieces(word: str, room: int, marker: int) -> list[str]:
    """A word cut where a line is full, never before an accent that stands on a letter."""
    if _width(word, marker) <= room:
        return [word]
    pieces, piece, used = [], "", 0
    for character in word:
        width = 1 if character == "\ufe0f" else _width(character, marker)  # it asks for the wide form of an emoji
        if piece and used + width > room:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + width
    return [*pieces, piece]


def dressed(laid: Iterable[str], opening: str, closing: str, *, each_line: bool = True) -> Iterator[str]:
    """Lines with spans between `opening` and `closing`; with `each_line` none is left open at a line's end."""
    inside = False
    for line in laid:
        before = inside
        for character in line:
            inside = {BEGIN: True, END: False}.get(character, inside)
        line = line.replace(BEGIN, opening).replace(END, closing)
        yield (opening if before else "") + line + (closing if inside else "") if each_line else line


def marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    """A text, cleaned of what a terminal would obey, with its marked spans (start, end) as spans."""
    text, shown, at = unmarked(clean(text)), [], 0
    for start, end in marks:
        inside = text[start:end].rstrip()
        shown += [text[at:start], span(inside), text[start + len(inside) : end]]
        at = end
    return "".join([*shown, text[at:]])
