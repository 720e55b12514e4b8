"""Boilerplate in running text: what a scraper left between two sentences when it threw the line breaks away (pure).

A link ("Baca juga: Judul Berita Lain Menurut polisi, …") ends where its headline ends, and no mark says where that
is. Headlines are written With Capitals, sentences are not: so the next sentence begins at the latest with the
capital before the first word in lower case that no headline would write so, and earlier when it begins with a name
or an office. Wherever that leaves a choice the earlier place is taken: a rest of a headline does less harm in a passage
than a sentence without its subject.
"""

import re
from collections.abc import Sequence

from index.sentence import STARTERS


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that begin sentences but stand with a capital in headlines too.
_IN_HEADLINES = _set("""
    Ada Akan Apa Atas Baik Banyak Bila Hal Hari Hasil Ini Itu Jadi Juga Kalau Kami Kata Kedua Kini Kita Lalu Lebih
    Masih Melalui Oleh Pihak Saat Semua Setiap Sudah Tak Tapi Tidak Usai Ya Yang Bukan Hanya Agar Saya Bagi Seperti
    Jika Sejak Selama Terkait Hingga Dan A An And As At But By For From He Her His How If In It Its More Most No Not On
    Our So Some That The Their Then They This To Under We What When While With You After Since
    """)
_STARTERS = STARTERS - _IN_HEADLINES
# Written small in the middle of headlines.
_SMALL = _set("""
    di ke dari dan yang untuk dengan pada dalam atau oleh bagi saat usai soal tak jadi vs hingga sampai agar karena
    demi tanpa per atas antara tentang sebagai ala buat lewat jelang bersama sebelum tapi kalau bila jika bak meski
    pasca sejak x dkk cs the of in to a an and for on with by at from
    """)
# Offices that a name follows; a sentence that names somebody often begins with one.
_OFFICES = _set("""
    Presiden Wapres Gubernur Bupati Wali Walikota Menteri Menko Wakil Ketua Kepala Kabid Kabag Direktur Sekretaris
    Sekjen Juru Kapolri Kapolda Kapolres Kapolresta Kapolrestabes Kapolsek Kasat Kasi Kanit Dirreskrimum Kabareskrim
    Jenderal Komjen Irjen Brigjen Kombes AKBP AKP Kompol Iptu Ipda Panglima Komandan Dandim Jaksa Hakim Pengacara Kuasa
    Pelatih Manajer Kapten Gelandang Striker Bek Kiper Penyerang Pemain Petenis Pebalap Aktor Aktris Penyanyi Artis
    Pengamat Peneliti Dosen Guru Profesor Prof Dr Dokter Anggota Plt Pj Managing Chief CEO Founder Vice Deputi Dirjen
    Staf Humas Koordinator Pendiri Politikus Politisi Caleg Calon Mantan Eks Ibu Bapak Pak Bu Ustaz Kiai KH Tim Pihak
    """)
# What follows a subject: the subject before it can be a name of several words.
_PREDICATE = re.compile(
    r"(?:me[a-z]{4,}|ber[a-z]{3,}|di[a-z]{4,}|ter[a-z]{4,})\b|(?:adalah|akan|telah|sudah|masih|pun|juga|kemudian|lalu|kini|sendiri|itu|ini"
    r"|tersebut|yang|tidak|belum|bisa|dapat|harus|ingin|mau|sempat|memang|merupakan|kata|ujar|tutur|ucap|jelas|kerap"
    r"|sedang|tengah|pernah|langsung|kembali|tampil|hadir|tampak|tiba|datang|resmi|hanya|selaku|alias|dan|cs)\b"
)
_FEWEST = 3  # words of a headline at least
_NAME = 3  # words that a name without an office may have
_FIGURES = 2  # words with digits that it may have: a table of scores has more
_FEWEST_WORDS = 5  # of a headline without a "Baca juga" before it
_REACH = 1000  # characters that a headline, or several one after the other, may have
_OPENERS = "\"'“‘«(["
_SENTENCE_END = re.compile(r"[.!?\"”’]\s+")
_TOKEN = re.compile(r"\S+")
_CLOSED = re.compile(r"[\"”][,.?!]*$")
_INITIALS = re.compile(r"\([a-z]{2,4}(?:/[a-z]{2,4})?\)")

# Where a link begins; what follows is its headline. Only after the end of a sentence, a bracket or another link.
_LINK = re.compile(
    r"(?:(?:Baca|Lihat|Simak|Tonton|BACA|LIHAT|SIMAK|TONTON)(?: [Jj]uga| JUGA| [Pp]ula| PULA)"
    r"(?: [Vv]ideo| VIDEO)?\s?(?::|-\s?(?=[A-Z0-9]))"
    r"|(?:Lihat|Simak|Tonton) juga [Vv]ideo(?= [A-Z0-9])"
    r"|(?:Saksikan|Simak)(?: juga)? Live [A-Z]\w+:(?= [A-Z])|(?:Baca|BACA) ?:(?=\s?[A-Z])"
    r"|(?:Simak|Tonton|Lihat|Saksikan) [Vv]ideo\s?:|Pilihan [Ee]ditor\s?:|Video:(?= [A-Z]))\s*"
)
_AFTER_END = re.compile(r"[.!?…\"”’)\]:;*](?:\s|-)*$|[a-z]\s+$|^\s*$")
# A link whose headline stands in quotation marks, and other things that say where they end.
_QUOTED = r"(?:\"[^\"\n]{5,160}\"|“[^”\n]{5,160}”|'[^'\n\"]{5,160}'|'[^':\n]{5,160}(?=:))"
ENDED = tuple(
    re.compile(rule)
    for rule in (
        rf"(?:Simak|Tonton|Lihat|Saksikan)(?: [Jj]uga)?(?: [Vv]ideo(?:nya)?)?:?\s?{_QUOTED}(?:\s?di ?sini)?\s?:?",
        r"(?:Simak|Tonton|Lihat|Saksikan)(?: juga)? (?:Live|video \w+) [^.!?:\n]{1,60}:",
        r"(?:Saksikan|Simak) Live Detik\w+\s?:?",
        r"(?<=[.!?\"”’] )Baca Juga(?=\s+[A-Z0-9\"“‘'(-]|\s*$)",
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
        r"Artikel ini (?:telah|sudah) tayang di [^\n]{3,60} dengan judul [^\n]{5,160}$",
        r"Laporan (?:Wartawan|Reporter|Kontributor)[^\n|]{3,90}?(?=\s[A-Z]{4,}[A-Za-z]*[.,])",
        r"Laporan [A-Z][^.|\n]{3,40}\|[^.|\n]{2,30}?(?=\s[A-Z]{4,}\.COM)",
        r"Telusuri artikel terbaru Tempo melalui ?Chatbot di Whatsapp \(Beta Version\)",
        r"\(?Foto: (?:[^.:\n]{2,50}?(?=\s[A-Z][a-z]+ - |\s[A-Z]{4,}\.COM)|[Ii]stimewa|[Ii]nternet)\)?",
    )
)
# At the end of a text: who wrote it, whose it is, tags. Tried in turn, from the end backwards.
_WHO = r"(?:Foto|Artikel|Editor|Penulis|Reporter|Pewarta|Redaktur|Penyunting|Uploader|Kontributor|EDITOR|PENULIS)"
_NAME_IN_BRACKETS = r"\((?:Ditulis oleh )?[A-Z][\w.'-]*(?: [A-Za-z][\w.'-]*){0,4}\)"
_LAST = re.compile(
    rf"\s*(?:(?:(?:Via [A-Z][^.:\n]{{2,40}}\.\s)?"
    rf"(?:Sumber|Header|Gambar header)\s?: ?[^.:\n]{{2,60}}(?:\.\w{{2,3}})?\.?"
    rf"|{_WHO}\s?:\s?[^:.\n]{{2,60}}|Pewarta:? [A-Z][^.:\n]{{2,60}}?Editor:? [A-Z][^.:\n]{{2,60}}"
    rf"|\([^()\n]{{0,80}}(?:{_WHO}|Produser)\s?:[^()\n]{{2,80}}\)"
    r"|(?:(?:COPYRIGHT|Copyright|Hak Cipta)\s?(?:©|\(c\)|\d{4})|©)\s?[^.\n]{2,100}(?:\.\w[^.\n]{0,60}){0,2}\.?"
    r"|(?:\(\*\)\s?)?Laporan (?:Wartawan|Reporter|Kontributor) [^.:\n]{3,100}|Ikuti kami di:?"
    r"|(?:Saksikan|Simak) Live [A-Z]\w+:?"
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
_UNITS = _set("(yoy) (mtm) (qtq) (ytd) (wib) (wit) (red) (pdb) (dpr) (usd) (idr)")
_LAST_REACH = 420


def inline(text: str, known: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Spans (start, end) of boilerplate in the running text of `text`, in code points; they may overlap.

    `known`: spans that are boilerplate for another reason; what ends before one of them can end the article.
    """
    spans = [match.span() for rule in ENDED for match in rule.finditer(text)]
    for link in _LINK.finditer(text):
        before = text[max(0, link.start() - 4) : link.start()]
        if _AFTER_END.search(before) and not before.endswith(("(", "[")):
            spans.append((link.start(), _headline_end(text, link.end())))
    for link in re.finditer(r"(?<=[a-z] )Baca [Jj]uga (?=[A-Z])", text):  # a text that lost its full stops as well
        spans.append((link.start(), _headline_end(text, link.end())))
    spans += _last(text, [*spans, *known])
    return [(start, end) for start, end in spans if start < end]


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
    headline = _headline_before(text, end)
    if headline < end and (text[end - 1] == ":" or (followed and text[end - 1] != ".")):
        spans.append((headline, end))
    return spans


def _without_space(text: str, end: int) -> int:
    """Where text[:end] ends without the white space at its end (without copying what may be a long text)."""
    while end and text[end - 1].isspace():
        end -= 1
    return end


def _headline_before(text: str, end: int) -> int:
    """Where the headline that ends at `end` begins, right after the end of a sentence; `end` if none does."""
    begins = [match.end() for match in _SENTENCE_END.finditer(text, max(0, end - 200), end)]
    words = text[begins[-1] : end].split() if begins else []
    if (
        len(words) >= _FEWEST_WORDS
        and sum(any(c.isdigit() for c in word) for word in words) <= _FIGURES
        and any(w in _SMALL for w in words)
        and "-" not in words
        and all(map(_in_headline, words))
    ):
        return begins[-1]
    return end


def _headline_end(text: str, start: int) -> int:
    """Where the headline that begins at `start` ends: before the next sentence, the end of its line at the latest."""
    line_end = text.find("\n", start)
    stop = min(len(text) if line_end < 0 else line_end, start + _REACH)
    tokens = list(_TOKEN.finditer(text, start, stop))
    run = 0
    while run < len(tokens) and _in_headline(tokens[run].group()):
        run += 1
        if _LINK.match(text, tokens[run - 1].start()):
            return tokens[run - 1].start() if run > 1 else start
        if tokens[run - 1].group().endswith((".", ".”", '."')) and len(tokens[run - 1].group()) > 4:
            return start  # a sentence, not a headline
    if run == len(tokens):
        return stop if stop < start + _REACH else start
    if _INITIALS.match(tokens[run].group()):
        return tokens[run].start()
    first = _sentence_start(text, [token.group() for token in tokens[: run + 1]], run)
    return tokens[first].start() if first >= _FEWEST else start


def _in_headline(token: str) -> bool:
    word = token.lstrip(_OPENERS + "#-–—").rstrip(".,:;!?\"”’')]")
    return not word or not word.islower() or word in _SMALL or "." in word or token.endswith(":")


def _sentence_start(text: str, words: list[str], stop: int) -> int:
    """Index of the word that begins the sentence of which words[stop] is the first in lower case."""
    begins = [word.lstrip(_OPENERS).rstrip(",") for word in words]
    while stop > 1 and begins[stop - 1] in _SMALL:
        stop -= 1
    if sure := _sure_start(words, begins, stop):
        return sure
    offices = [n for n in range(max(1, stop - 9), stop) if begins[n] in _OFFICES]
    if offices:
        return offices[0]
    first = max(1, stop - 1)
    if _PREDICATE.match(words[stop]):
        first = max(1, stop - _NAME)
    while first > 1 and text.count(f"{words[first - 1]} {words[first]}") > 1:
        first -= 1
    while first > 1 and (begins[first - 1] in _SMALL or begins[first] in _SMALL):
        first = max(1, first - _NAME)
    return first


def _sure_start(words: list[str], begins: list[str], stop: int) -> int:
    """Index of the last word before `stop` that can only begin a sentence, or 0."""
    for n in range(stop - 1, 0, -1):
        if begins[n] in _STARTERS or words[n - 1].endswith(("?", "!")):
            return n
        opens = words[n][0] in '"“' and not any(_CLOSED.search(word) for word in words[n:stop] if len(word) > 1)
        if opens:
            return n
    return 0
