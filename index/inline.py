"""Boilerplate in running text: what a scraper left between two sentences when it threw the line breaks away (pure).

A link ("Baca juga: Judul Berita Lain Menurut polisi, …") ends where its headline ends, and no mark says where that
is: `index.headline` finds it.
"""

import re
from collections.abc import Sequence

from index.headline import all_headlines, headline_before, headline_end, lone_headlines
from index.sentence import sentences

# Where a link begins; what follows is its headline. Only after the end of a sentence, a bracket or another link.
_LINK = re.compile(
    r"(?:(?:Baca|Lihat|Simak|Tonton|BACA|LIHAT|SIMAK|TONTON)(?: [Jj]uga| JUGA| [Pp]ula| PULA)"
    r"(?: [Vv]ideo| VIDEO)?\s?(?::|-\s?(?=[A-Z0-9]))"
    r"|(?:Lihat|Simak|Tonton) juga [Vv]ideo(?= [A-Z0-9])"
    r"|(?:Saksikan|Simak)(?: juga)? Live [A-Z]\w+:(?= [A-Z])|(?:Baca|BACA) ?:(?=\s?[A-Z])"
    r"|(?:Simak|Tonton|Lihat|Saksikan) [Vv]ideo\s?:|Pilihan [Ee]ditor\s?:|Video:(?= ['A-Z])"
    r"|(?:Baca|Simak) [Ss]elengkapnya(?: di|:)(?= [A-Z])|(?:Baca|Lihat) [Jj]uga;)\s*"
)
_BARE_LINK = re.compile(r"(?<=[.!?\"”’] )Baca Juga\s+(?=[A-Z0-9])")  # before a sentence, or a headline after all
# The same without a colon: where "juga" is small or all large, and in a text that lost its full stops.
_UNMARKED_LINK = re.compile(
    r"(?:(?<=[a-z0-9] )Baca [Jj]uga|(?:(?<=[.!?\"”’)\w] )|^\s*|(?<=\n))(?:Baca juga|(?:BACA|SIMAK) JUGA"
    r"|(?:Lihat|Tonton|Simak) juga(?= [A-Z]\w+ [A-Z0-9])))"
    r" (?=[A-Z0-9][\w-]* )"
)
_AFTER_END = re.compile(r"[.!?…\"”’')\]:;*](?:\s|-)*$|[^,\s-]\s+$|^\s*$")
# A link whose headline stands in quotation marks, and other things that say where they end.
_QUOTED = r"(?:\"[^\"\n]{5,160}\"|“[^”\n]{5,160}”|'[^'\n\"]{5,160}'|'[^':\n]{5,160}(?=:))"
_AGENCY = "ANTARA|Antara|AFP|AP|REUTERS|Reuters|Xinhua|TEMPO|Tempo"
_BEGINS = r"(?:(?<=[.!?\"”’)…] )|(?<=[.!?])(?=[A-Z])|(?<=\n)|^)"
ENDED = tuple(
    re.compile(rule)
    for rule in (
        rf"(?:Simak|Tonton|Lihat|Saksikan)(?: [Jj]uga)?(?: [Vv]ideo(?:nya)?)?:?\s?{_QUOTED}(?:\s?di ?sini)?\s?:?",
        r"(?:Simak|Tonton|Lihat|Saksikan)(?: juga)? (?:Live|video \w+) [^.!?:\n]{1,60}:",
        r"(?:Saksikan|Simak) Live Detik\w+\s?:?",
        r"(?<=[.!?\"”’':)] )Baca Juga(?=\s+[A-Z0-9\"“‘'(-]|\s*$)",
        r"(?:(?:Baca|Ikuti|Simak|Cek|Akses|Update|Dapatkan|Follow|Temukan|Silakan baca)(?= )|\(Ayo ikuti)"
        r"[^.!?()\n]{0,40}(?:\.\w[^.!?()\n]{0,40}){0,2}?(?:G[Oo][Oo][Gg][Ll][Ee] ?N[Ee][Ww][Ss]|"
        r"(?i:saluran whats ?app|whats ?app channel|channel whats ?app|wa channel))"
        r"(?:(?:[^.!?\n\"“]|\.(?=\w)){0,160}(?:[.!?)]+(?=\s|$)|(?=\n|$)))?",
        r"(?:Baca|Lihat|Simak|BACA)(?: [Jj]uga| JUGA)?\s?: ?\([^()\n]{10,160}\)",
        r"Pilihan [Ee]ditor\s?:[^.\n]{5,1500}?(?=Telusuri artikel terbaru)",
        r"Saksikan live streaming [^.!?\n]{3,80}?di ?sini\.?",
        r"Pastikan Tribunners [^.!?\n]{0,120}[.!]?",
        r"\(?(?:Sebagian )?[Aa]rtikel ini (?:telah|sudah)(?: lebih dulu| pernah)? "
        r"(?:tayang|naik|terbit|ditayangkan|dimuat|dipublikasikan|diterbitkan)"
        r"(?:[^.!?\n]|[.!?](?=\w|/)){0,260}(?:[.!?)](?=\s|$)|(?=\n|$))",
        r"Artikel ini (?:telah|sudah) tayang di [^\n]{3,60} dengan judul (?:[^\n]{5,160}|[^.!?\n]{5,600})$",
        r"Laporan (?:Wartawan|Reporter|Kontributor)[^\n|]{3,90}?(?=\s[A-Z]{4,}[A-Za-z-]*[.,])",
        r"Laporan [A-Z][^.|\n]{3,40}(?:\|| I )[^.|\n]{2,30}?(?=\s[A-Z]{4,}\.[A-Z]{2,3}\b)",
        # whole sentences that send the reader elsewhere
        rf"{_BEGINS}(?:Baca|Simak|Cek|Lihat|Ikuti|Update|Temukan)(?: juga)?(?: berita| informasi| artikel)? "
        r"(?:selengkapnya(?:[^.!?\n]{0,60}(?:sini|ini|bawah|tautan|link|halaman|artikel|Infografis"
        r"|yuk)\b[^.!?\n]{0,20}|,? ?)"
        r"|(?:berita |artikel |informasi )?(?:menarik |terbaru |terkini )*(?:lainnya|terbaru|terkini)\b[^.!?\n]{0,80}?"
        r"(?:\w\.(?:com|co\.id|id|tv)\b|Google ?News|sini)[^.!?\n]{0,30})(?:[.!:…]+|$)",
        rf"{_BEGINS}(?:Berita|Artikel) (?:[Ll]ainnya|[Tt]erkait|[Tt]erbaru|[Tt]erkini)(?= di |:? ?[Kk]lik"
        rf"|:)[^.!?\n]{{3,120}}(?:[.!]|$)",
        r"\[[^\[\]\n]{0,80}\b(?i:klik ?di ?sini)\]|\((?:Baca|Simak|Lihat) selengkapnya\)",
        rf"{_BEGINS}[^.!?:\n]{{3,100}}:? (?:bisa )?(?:klik|KLIK) ?(?:di ?sini|DI ?SINI)\b\s?[.!]*",
        rf"{_BEGINS}(?i:yuk|ayo|mari),? (?:simak|baca|tonton) (?:juga|berita|artikel|selengkapnya)\b"
        rf"[^.!?\n]{{0,60}}[.!]+(?=\s|$)",
        rf"{_BEGINS}[A-Z][^.!?\n]{{3,60}}\s?(?:turut )?berkontribusi (?:dalam|pada|untuk) (?:penulisan"
        rf"|pembuatan|laporan) [^.!?\n]{{0,30}}ini\.?",
        rf"{_BEGINS}(?:Jangan lupa|Segera|Ayo|Yuk),? (?:untuk )?(?:juga )?(?:ikuti|follow|subscribe|unduh"
        rf"|download|like)\b(?:[^.!?\n]|\.(?=\w)){{3,400}}(?:[.!]|$)",
        rf"{_BEGINS}(?:Simak|Tonton|Saksikan) (?:(?:jawaban|kisah|cerita|wawancara|obrolan"
        rf"|tayangan) (?:se)?lengkapnya|secara eksklusif)"
        r"\b[^.!?\n]{3,100}[.!]",
        rf"{_BEGINS}Di edisi cetak, artikel ini terbit [^\n]{{5,40}}?(?:\"[^\"\n]{{3,120}}\"|“[^”\n]{{3,120}}”)\.?",
        rf"{_BEGINS}(?:Alumn[ui]s?|Lulusan|Alumni) [A-Z][^.\n]{{3,150}}\. (?:Ia )?(?:[Bb]ergabung"
        rf"|[Bb]ekerja) (?:di|dengan|sebagai)[^.\n]{{3,200}}\."
        r"(?: (?:Pernah|Meliput|Kini|Sempat|Menulis|Aktif)[^.\n]{3,200}\.)*",
        # pages of an article
        r"Halaman(?: \d+){2,}(?: Selanjutnya)?(?: Daftar Halaman[^\n]*$)?"
        r"|Daftar Halaman(?: Daftar Halaman)?(?: \d+)?(?=[^.!?\n]*$)",
        # credits of pictures, and of who wrote
        r"\((?i:foto|photo|credit|kredit|image|gambar|ilustrasi foto|dok|doc)\s?[:.]\s?[^()\n]{1,100}\)",
        r"\((?i:dok|doc|istimewa|ist)\b\.?[^()\n]{0,60}\)|\([^()\n]{1,60}/detik\w+\)",
        r"Foto: [^()\n]{10,250}(?:\([^()/\n]{2,20}\)|\(\d+/\d+/\d+\))[^()\n]{0,60}\([^()\n]{2,40}/[^()\n]{2,30}\)\.?",
        r"Foto: [A-Z][\w']+(?= \d+\. [A-Z])|Foto: (?!Istimewa|Internet|Screenshot)[A-Z][a-z]+ [A-Z][a-z]+(?= [A-Z])",
        r"(?<!\w)© ?(?:\d{4} )?[A-Z]\w+(?: [a-z_][\w.]*)?",
        rf"(?:{_AGENCY})(?: FOTO| Foto)?/[A-Z]\w+(?:(?: [A-Z]\w+){{1,2}}(?= [A-Z]\w* [a-z]|\s*$)"
        rf"|(?: [A-Z]\w+){{1,2}}(?= [A-Z]))",
        r"Foto\s?: (?:[Ss]creenshot(?: \w+)?|[Ii]st\b\.?|\w+\.com|[Dd]ok\.? \w+)",
        r"(?:Penulis|Reporter|Editor|Pewarta)\s?:\s?[A-Z][^.:\n]{2,60}?(?=\s+[A-Z]{4,}[A-Za-z ]{0,30}, ?[A-Z]"
        r"|\s[A-Z]{4,}\.)",
        rf"{_BEGINS}(?:Penulis|Reporter|Pewarta)\s?: [A-Z][\w.'-]+ [A-Z][\w.'-]+(?=\s[A-Z])",
        r"Telusuri artikel terbaru Tempo melalui ?Chatbot di Whatsapp \(Beta Version\)",
        r"\b(?:(?:Simak|Baca|Lihat)(?: berita| informasi| artikel)? s|S)elengkapnya,?(?: ada| baca| klik| simak)?"
        r" ?(?:di|pada) ?(?:halaman |kolom )?(?:sini|bawah(?: ini)?|selanjutnya|berikutnya)\s?[.!:]*",
        r"\b(?:Simak|Baca) (?:selengkapnya )?(?:dalam |di )?artikel berikut ?ini\.*",
        r"\bKlik di ?sini (?:untuk|ya)\b[^.!?()\n]{0,60}[.!?)]*",
        r"(?:\| ?)?(?:Sumber )?Foto ?: (?:Dok\. )?(?:[^.:\n/()]{2,40}/(?:[a-z]\w*|[A-Z]\w+(?: Images)?)(?:\.com)?"
        r"|(?:[A-Z][\w&'-]* ){1,3}?(?=[A-Z][a-z]* (?!(?:me|ber|di|ter)[a-z]{3}|adalah|yang|akan|telah|pun|juga)[a-z]))",
        r"\(?(?:\| ?)?(?:Sumber )?Foto: "
        r"(?:(?:[Dd]ok\. )?[^.:\n]{2,50}?(?=\s[A-Z][a-z]+ - |\s[A-Z]{4,}\.COM)|[Ii]stimewa|[Ii]nternet)\)?",
    )
)
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
    r"|\((?:[A-Za-z]{2,5}(?:/[A-Za-z*-]{2,6}){1,3}|\*+)\)(?:\s+[a-z][^.!?\n]{0,300}|\s+Sumber: ?\S{3,40})?"
    r"|(?:(?<=[.!?\"”’'…:)\]])\s*|(?<=\w))\((?:[a-z]{1,4}(?:-\d+)?|[A-Z]\.\w{3,5}/\w{3,5})\)|(?<=\w)\([A-Za-z]{2,8}\)"
    r"|\[[A-Za-z]{2,12}(?:/[A-Za-z]{2,8})?\]"
    # a credit: who or which outlet
    rf"|(?<=[.!?\"”’…)])\s*{_NAME_IN_BRACKETS}|(?<=[.!?\"”’…])\s*\([A-Z][\w.]+/[A-Z][^()\n]{{2,40}}\)"
    r"|\((?:\w{1,30}\.(?:COM|com|co\.id|CO\.ID|id|ID|tv)/ ?[^()\n]{2,40}"
    r"|[^()\n]{2,30}/\w{3,20}[.-]\w{2,8}(?:\.\w{2,3})?)\)"
    r")\s*\(?)\s*$"
)
_UNITS = frozenset("(yoy) (mtm) (qtq) (ytd) (wib) (wit) (red) (pdb) (dpr) (usd) (idr)".split())
_LAST_REACH = 420


def inline(text: str, known: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Spans (start, end) of boilerplate in the running text of `text`, in code points; they may overlap.

    `known`: spans that are boilerplate for another reason; what ends before one of them can end the article.
    """
    spans = [match.span() for rule in ENDED for match in rule.finditer(text)]
    for link in _LINK.finditer(text):
        before = text[max(0, link.start() - 4) : link.start()]
        if _AFTER_END.search(before) and not before.endswith(("(", "[")):
            spans.append((link.start(), headline_end(text, link.end(), _LINK)))
    for link in _UNMARKED_LINK.finditer(text):
        spans.append((link.start(), headline_end(text, link.end(), _UNMARKED_LINK)))
    starts = [start for start, _ in sentences(text)] + [link.end() for link in _BARE_LINK.finditer(text)]
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
    return spans


def _without_space(text: str, end: int) -> int:
    """Where text[:end] ends without the white space at its end (without copying what may be a long text)."""
    while end and text[end - 1].isspace():
        end -= 1
    return end
