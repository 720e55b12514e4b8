"""Boilerplate in running text: what a scraper left between two sentences when it threw the line breaks away (pure).

A link ("Baca juga: Judul Berita Lain Menurut polisi, …") ends where its headline ends, and no mark says where that
is: `index.headline` finds it.
"""

import re
from collections.abc import Sequence

from index.headline import all_headlines, headline_before, headline_end, is_title, lone_headlines
from index.phrases import phrases
from index.sentence import sentences

# Where a link begins; what follows is its headline. Only after the end of a sentence, a bracket or another link.
_LINK = re.compile(
    r"(?:(?:Baca|Lihat|Simak|Tonton|BACA|LIHAT|SIMAK|TONTON)(?: [Jj]uga| JUGA| [Pp]ula| PULA)"
    r"(?: [Vv]ideo| VIDEO)?\s?(?::|-\s?(?=[A-Z0-9]))"
    r"|(?:Lihat|Simak|Tonton) juga [Vv]ideo(?= [A-Z0-9])"
    r"|(?:Saksikan|Simak)(?: juga)? Live [A-Z]\w+:(?= [A-Z])|(?:Baca|BACA) ?:(?=\s?[A-Z])"
    r"|(?:Simak|Tonton|Lihat|Saksikan) [Vv]ideo\s?:|Pilihan [Ee]ditor\s?:|Video:(?= ['A-Z])"
    r"|(?:Baca|Simak) [Ss]elengkapnya(?: di|:)(?= [A-Z])|(?:Baca|Lihat) [Jj]uga;|Baca [Ii]ni [Jj]uga(?: [Dd]eh)?\s?:"
    r"|(?:Baca|Simak)(?: [Jj]uga)? (?:[Bb]erita|[Aa]rtikel|[Ll]aporan|[Ww]awancara|[Kk]isah)[^.:!?\n\"]{0,60}:"
    r"(?=\s?[A-Z0-9]))\s*"
)
_BARE_LINK = re.compile(r"(?<=[.!?\"”’] )Baca Juga\s+(?=[A-Z0-9])")  # before a sentence, or a headline after all
# The same without a colon: where "juga" is small or all large, and in a text that lost its full stops.
_UNMARKED_LINK = re.compile(
    r"(?:(?<=[a-z0-9] )Baca [Jj]uga|(?:(?<=[.!?\"”’)\w] )|^\s*|(?<=\n))(?:Baca juga|(?:BACA|SIMAK) JUGA"
    r"|(?:Lihat|Tonton|Simak) juga(?= [A-Z]\w+ [A-Z0-9])))"
    r" (?=[A-Z0-9][\w-]* )"
)
_AFTER_END = re.compile(r"[.!?…\"”’')\]:;*](?:\s|-)*$|[^,\s-]\s+$|^\s*$")
# At the end of a text: who wrote it, whose it is, tags. Tried in turn, from the end backwards.
_WHO = r"(?:Foto|Artikel|Editor|Penulis|Reporter|Pewarta|Redaktur|Penyunting|Uploader|Kontributor|EDITOR|PENULIS)"
_NAME_IN_BRACKETS = r"\((?:Ditulis oleh )?‘?[A-Z][\w.'-]*(?: [A-Za-z][\w.'-]*){0,4} ?\)"
_LAST = re.compile(
    rf"\s*(?:(?:(?:Via [A-Z][^.:\n]{{2,40}}\.\s)?"
    rf"(?:Sumber|Header|Gambar header)\s?: ?[^.:\n]{{2,60}}(?:\.\w{{2,3}})?\.?"
    rf"|{_WHO}\s?:\s?[^:.\n]{{2,60}}"
    r"|(?:Pewarta|Penulis|Reporter):? [A-Za-z][^.:\n]{2,60}?Editor:? [A-Z][^.:\n]{2,60}"
    rf"|\([^()\n]{{0,80}}(?:{_WHO}|Produser)\s?:[^()\n]{{2,80}}\)"
    r"|(?:(?:COPYRIGHT|Copyright|Hak Cipta)\s?(?:©|\([cC]\)|\d{4})|©)[^\n]{2,160}"
    r"|(?<=[.!?\"”’)] )Baca [Jj]uga:? [^.:?!()\[\]\n]{10,160}"
    r"|(?:Simak |Baca )?[Bb]erita [Ll]ainnya:?(?=[A-Z0-9])[^\n]{10,1500}|Yuk, simak juga(?=[A-Z\[0-9])[^\n]{10,1500}"
    r"|(?:[A-Z0-9][\w'-]*[,:]? (?:(?:di|ke|dari|yang|untuk|soal|dan|karena|dalam) )*){5,20}\w+ ?:"
    r"|(?<=[.!?\"”’] )[a-z]{2,4}/[a-z]{2,4}(?: \([a-z]{2,6}(?:, ?[a-z]{2,6}){0,3}\))?"
    r"|(?:\(\*\)\s?)?Laporan (?:Wartawan|Reporter|Kontributor) [^.:\n]{3,100}|Ikuti kami di:?"
    r"|(?:Saksikan|Simak) Live [A-Z]\w+:?"
    r"|Kontributor:? [A-Z]\w+(?: [A-Z]\w+){1,3}|Sumber berita [^.:\n]{3,60}(?:, gambar[^.:\n]{3,80})?\."
    r"|Sumber gambar(?: header)? [^.:\n]{2,40}\.|(?<=\w)\s\([a-z]{3}\)"
    # initials, alone or with the tags after them
    r"|\((?:[A-Za-z]{2,5}\d?(?:/[A-Za-z*-]{2,6}\d?){1,3}|\*+)\)(?:\s*[a-z][^.!?\n]{0,300}|\s+Sumber: ?\S{3,40})?"
    r"|\((?:\* ?|[a-z]{3,10}(?: [a-z]{3,10})?|)/ ?(?:[a-z]{2,6})?\)"
    r"|\((?:Uu\. ?|[A-Z]\.)?[A-Z-]{2,6}/[A-Z]\d{3}(?:/[A-Z]\d{3})*\)"
    r"|(?:(?<=[.!?\"”’'…:)\]])\s*|(?<=\w))\((?:[a-z]{1,4}(?:-\d+)?|[A-Z]\.\w{3,5}/\w{3,5})\)|(?<=\w)\([A-Za-z]{2,8}\)"
    r"|\[[A-Za-z]{2,12}(?:/[A-Za-z]{2,8})?\]"
    # a credit: who or which outlet
    rf"|(?<=[.!?\"”’…)])\s*{_NAME_IN_BRACKETS}|(?<=[.!?\"”’…])\s*\([A-Z][\w.]+/[A-Z][^()\n]{{2,40}}\)"
    r"|\( ?(?:\w{1,30}\.(?:COM|com|co\.id|CO\.ID|id|ID|tv)/ ?[^()\n]{2,40}"
    r"|[^()\n]{2,30}/\w{3,20}[.-]\w{2,8}(?:\.\w{2,3})?)\)"
    r")\s*\(?)\s*$"
)
_UNITS = frozenset("(yoy) (mtm) (qtq) (ytd) (wib) (wit) (red) (pdb) (dpr) (usd) (idr)".split())
# What stands twice, one after the other: the title of a video and its caption.
_TWICE = re.compile(r"(?<=[.!?\"”’)] )(?P<title>(?:[^\s.!?]{1,30} ){3,18}[^\s.!?]{1,30}) (?P=title)(?=\s|$)")
_VIDEO = re.compile(r"Video|\s*(?:\(|$)")
_LAST_REACH = 420
_TAGS = re.compile(r"\s*[a-z][a-z0-9 -]{3,200}")  # after the last link
_REST = 60  # characters of a headline that was cut too early


def inline(text: str, known: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Spans (start, end) of boilerplate in the running text of `text`, in code points; they may overlap.

    `known`: spans that are boilerplate for another reason; what ends before one of them can end the article.
    """
    spans = [*phrases(text)]
    for link in _LINK.finditer(text):
        before = text[max(0, link.start() - 4) : link.start()]
        if _AFTER_END.search(before) and not before.endswith(("(", "[")):
            spans.append((link.start(), headline_end(text, link.end(), _LINK)))
    for link in _UNMARKED_LINK.finditer(text):
        spans.append((link.start(), headline_end(text, link.end(), _UNMARKED_LINK)))
    starts = [start for start, _ in sentences(text)] + [link.end() for link in _BARE_LINK.finditer(text)]
    for twice in _TWICE.finditer(text):
        if is_title(twice["title"]) and (_VIDEO.match(twice["title"]) or _VIDEO.match(text, twice.end())):
            spans.append(twice.span())
    spans += lone_headlines(text, [*spans, *known], starts)
    spans += _last(text, [*spans, *known])
    spans += _between(text, [*spans, *known])
    return [(start, end) for start, end in spans if start < end]


def _between(text: str, known: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lists of headlines that stand between two things `known` to be boilerplate, with no sentence among them."""
    ordered = sorted(span for span in known if span[0] < span[1])
    gaps = zip((end for _, end in ordered), (start for start, _ in ordered[1:]), strict=False)
    return [(start, end) for start, end in gaps if start + 40 < end <= start + 3000 and all_headlines(text[start:end])]


def _last(text: str, known: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What stands at the end of the text, or before what is `known` to be boilerplate there."""
    last_of_all = end = _without_space(text, len(text))
    for start, stop in sorted(known, reverse=True):
        if stop >= end:
            end = _without_space(text, start)
    followed = end < last_of_all
    spans: list[tuple[int, int]] = []
    while last := _LAST.search(text, max(0, end - _LAST_REACH), end):
        if last.group().strip().lower() in _UNITS:
            break
        spans.append((last.start(), end))
        end = _without_space(text, last.start())
        followed = True
    headline = headline_before(text, end)
    if headline < end and (text[end - 1] == ":" or (followed and text[end - 1] != ".")):
        spans.append((headline, end))
    elif known and (rest := max((stop for _, stop in known if stop <= end), default=end)) < end:
        tags = not followed and _TAGS.fullmatch(text, rest, end)
        if tags or (followed and end - rest <= _REST and is_title(text[rest:end])):
            spans.append((rest, end))
    return spans


def _without_space(text: str, end: int) -> int:
    """Where text[:end] ends without the white space at its end (without copying what may be a long text)."""
    while end and text[end - 1].isspace():
        end -= 1
    return end
