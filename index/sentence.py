"""Where sentences begin and end in Indonesian and English news text (pure).

A line break always ends a sentence. Inside a line a full stop, question mark, exclamation mark or ellipsis ends one
unless what stands around it says otherwise: an abbreviation, an initial, a number, a host name, a list number, a
dateline, or a next word in lower case. Scraped text that lost its spaces ("… selesai.Kini …") is cut as well.
"""

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Never the last word of a sentence: a name, a number or the rest of the phrase follows.
PREFIXES = _set("""
    dr drg drs dra prof ir h hj kh ust ustd tgk tn ny nn sdr sdri yth alm almh rm r.m kol letkol mayjen brigjen irjen
    kompol akp akbp iptu ipda jend letjen marsda kapt serda bripka
    jl jln gg no nomor rp tgl hlm hal telp tel kab kec kel ds dsn rt rw kav blok vol ed art pasal ps ay
    pt cv ud pd fa st mr mrs ms messrs mt ft sen rep gov gen lt col sgt capt cpl adm rev hon pres supt
    hr dok dept univ fig nos pp vs al cf viz approx est
    a.n an s.d sd u.p up d.a d/a a.l c.q cq i.e e.g r.a k.h
    """)
# Those also written small; the others ("no", "est", "hal") are then plain words unless a number follows.
SMALL_PREFIXES = _set("dr drg drs tgl hlm telp jl jln gg tn ny hj kh ust yth vs")
# Often the last word of a sentence: it ends there when the next word has a capital.
SUFFIXES = _set("dll dsb dst dkk tsb etc a.m p.m am pm")
# Followed by a capital inside a sentence as well (Tbk. Direktur, U.S. Army): ends one only before a STARTER.
MIDDLES = _set("""
    tbk ltd inc corp co bhd plc jr sr u.s u.k u.n ph.d
    jan feb mar apr jun jul aug agt agu ags sep sept oct okt nov nop dec des mon tue tues wed thu thurs fri sat sun
    """)
# Words that begin sentences and hardly ever stand with a capital inside one.
STARTERS = _set("""
    Ada Adapun Akan Akibatnya Apa Apabila Atas Bahkan Baik Banyak Begitu Berdasarkan Berikut Bila Dalam Dan Dari Dengan
    Di Dia Diketahui Hal Hari Hasil Hingga Ia Ini Itu Jadi Jika Juga Kalau Kami Karena Kata Kedua Kemudian Kendati
    Ketika Kini Kita Lalu Maka Masih Melalui Menurut Menurutnya Mereka Meski Meskipun Namun Oleh Pada Para Pasalnya
    Pihak Pihaknya Saat Sebab Sebagai Sebelum Sebelumnya Sedangkan Sehingga Sejak Sejauh Sekarang Selain Selama
    Selanjutnya Semua Sementara Seperti Setelah Setiap Sudah Tak Tapi Terkait Tetapi Tidak Tujuannya Untuk Usai Walau
    Ya Yang Beliau Adalah Apalagi Artinya Hanya Bagi Bukan Lebih Agar Saya Demikian
    A After Although An And As At But By During For From He Her His However I If In It Its Meanwhile More Most No Not On
    Our She Since So Some That The Their Then There These They This Those To Under We What When While With You
    """)
# "Detik.Com", "Republika.Id": a host, not two sentences that lost their space.
HOST_ENDINGS = _set("com co id net org tv news info go ac or web my sg uk xyz me io")

_OPENERS = "\"'“‘«([{‹„*_-–—•"
_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# The look-behind and the possessive runs keep a megabyte of dots or quotes linear. A mark is looked for first and what
# stands before it then: so the text between is skipped at once.
_END = re.compile(r"[.!?…](?<![.!?…]{2})[.!?…]*+[\"'”’»›)\]}]*+(?:\s++|(?=[A-Z\"“‘(])|\Z)")
_DOTTED = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{1,4}")
_NEXT = re.compile(r"[\"'“‘«(\[{‹„*_–—•-]{0,4}([^\W_]*+)")
_DATELINE = re.compile(r"[^a-z]{0,50}\.(?:[A-Z]{2,4}|com|id|co|net|org)\b[^a-z]{1,50}")
_LOOK_BACK = 24


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences of `text`, in code points, in order and without surrounding white space.

    The spans never overlap and hold every character that is not white space. Time grows linearly with the text.
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        line_end = line.end()
        start = line_start = line.start()
        while start < line_end and text[start].isspace():
            start += 1
        for end in _END.finditer(text, start, line_end):
            if end.end() < line_end and not _ends(text, start, end, line_start, line_end):
                continue
            stop = end.end()
            while text[stop - 1].isspace():
                stop -= 1
            spans.append((start, stop))
            start = end.end()
        if start < line_end:
            stop = line_end
            while stop > start and text[stop - 1].isspace():
                stop -= 1
            if stop > start:
                spans.append((start, stop))
    return spans


def _ends(text: str, start: int, end: re.Match[str], line_start: int, line_end: int) -> bool:
    """Whether the mark at `end` closes the sentence that began at `start`."""
    mark, after = end.start(), end.end()
    following = _NEXT.match(text, after, min(line_end, after + 40))
    word_after = following.group(1) if following else ""
    glued = not text[after - 1].isspace()
    head = text[max(start, mark - _LOOK_BACK) : mark]
    words = head.split()
    word = words[-1].lstrip(_OPENERS) if words and not head[-1].isspace() else ""
    if glued:
        return _glued_ends(text, after, word, word_after)
    if text[mark] != "." or text.startswith(("..", ".?", ".!"), mark):
        return not word_after[:1].islower()
    if word_after[:1].islower():
        return len(word) > 3 and word.isalpha() and word.islower() and text[mark + 1].isspace() and _free(word)
    if not _free(word, word_after):
        return False
    if word.isdigit() and (start + len(word) >= mark or (len(word) < 4 and word_after.isdigit())):
        return False  # a list number ("1. Sabun") or a number broken by the scraper ("Rp 1. 500")
    if word.isdigit() and len(words) > 1 and words[-2].endswith(":"):
        return False
    return not (start == line_start and mark - start < 90 and _DATELINE.fullmatch(text, start, mark))


def _free(word: str, word_after: str = "") -> bool:
    """Whether `word` and its full stop are no abbreviation that goes on with `word_after`."""
    key = word.lower()
    if key in SUFFIXES:
        return True
    if key in PREFIXES and (word != key or key in SMALL_PREFIXES or "." in key or word_after.isdigit()):
        return False
    if key in MIDDLES or (len(word) == 1 and word.isupper()) or ("." in word and _DOTTED.fullmatch(word)):
        return word_after in STARTERS
    return True


def _glued_ends(text: str, after: int, word: str, word_after: str) -> bool:
    """Whether two sentences lost the space between them: "… selesai.Kini …", but not "Detik.Com" or "M.Si"."""
    if len(word) < 3 or not word[-2:].islower() or "." in word or "/" in word or "@" in word:
        return bool(word) and not text[after - 1].isalnum() and text[after - 1] in '"”’' and word_after[:1].isupper()
    if word_after.lower() in HOST_ENDINGS:
        return False
    return word_after[:1].isupper() and (len(word_after) == 1 or word_after[1:].islower()) and _free(word)
