"""Headlines of other articles inside running text: where they begin and end (pure).

Headlines are written With Capitals, sentences are not: so the next sentence begins at the latest with the capital
before the first word in lower case that no headline would write so, and earlier when it begins with a name or an
office. Wherever that leaves a choice the earlier place is taken: a rest of a headline does less harm in a passage than
a sentence without its subject.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

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
_REPORTING = re.compile(
    r"(?:Dilansir|Dikutip|Mengutip|Melansir|Diberitakan|Senada|Serupa|Contohnya|Supaya|Di[a-z]+kan,)"
)
_ASKING = _set("Kapan Siapa Mengapa Kenapa Bagaimana Apakah Berapa")
_PRONOUNS = _set("Dia Ia Mereka Beliau")  # begin a sentence only before a word in lower case
# Written small in the middle of headlines.
_SMALL = _set("""
    di ke dari dan yang untuk dengan pada dalam atau oleh bagi saat usai soal tak jadi vs hingga sampai agar karena
    demi tanpa per atas antara tentang sebagai ala buat lewat jelang bersama sebelum tapi kalau bila jika bak meski
    pasca sejak selama x dkk cs the of in to a an and for on with by at from
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
_TWICE = 2  # times that a name stands alone in a text which calls somebody by it
_NAME = 3  # words that a name without an office may have
_FIGURES = 2  # words with digits that it may have: a table of scores has more
_FEWEST_WORDS = 5  # of a headline without a "Baca juga" before it, at the end of the text
_FEWEST_ALONE = 6  # the same in the middle of it
_MOST_ALONE = 18
_COMMAS = 2  # that a headline may have
OPENING = 300  # characters of a text in which its own headline may stand
_AROUND = 20_000  # characters on either side in which a name is looked for
_CAPITALS = 0.6  # of the words: a text that writes more of them large tells nothing by it
_REACH = 1000  # characters that a headline, or several one after the other, may have
_SHOUTED = 2  # words written large that the article writes small: then it is no name, and a sentence may follow
_SHOUTED_SURE = 1  # the same where its end is plain
_LONG = 8  # words that a headline has and a heading mostly not
_QUOTATION = 500  # characters before a headline in which a quotation may have opened that it would be part of
_OPENERS = "\"'“‘«(["
_SENTENCE_END = re.compile(r"[.!?\"”’]\s+")
_CONTINUES = re.compile(r"[,:;]\s*$|(?<!\d)\d{1,2}[.)]\s*$")  # an enumeration, a list
_MARKS = ".,:;!?\"'“”‘’()[]"
_TOKEN = re.compile(r"\S+")
_CLOSED = re.compile(r"[\"”][,.?!]*$")
_INITIALS = re.compile(r"\([a-z]{2,4}(?:/[a-z]{2,4})?\)")
_ENDS = re.compile(r"[.;][\"”’')]*$|[!?][\"”]$")
_ASKS = re.compile(r"(?:[!?]|\w\.\.\.)['’]?$")
_TELLING = re.compile(r"[^\W\d_]{4,}|[A-Z]{2,}")  # words that two sentences about one thing have in common


def headline_end(text: str, start: int, link: re.Pattern[str]) -> int:
    """Where the headline that begins at `start` ends: before the next sentence or `link`, with its line at the latest.

    `start` when nothing there is a headline.
    """
    line_end = text.find("\n", start)
    stop = min(len(text) if line_end < 0 else line_end, start + _REACH)
    tokens = list(_TOKEN.finditer(text, start, stop))
    run = 0
    while run < len(tokens) and _in_headline(tokens[run].group()):
        run += 1
        if link.match(text, tokens[run - 1].start()):
            return tokens[run - 1].start() if run > 1 else start
        if tokens[run - 1].group().endswith((".", ".”", '."')) and len(tokens[run - 1].group()) > 4:
            return start  # a sentence, not a headline
    if run == len(tokens):
        return stop if stop < start + _REACH else start
    if _INITIALS.match(tokens[run].group()):
        return tokens[run].start()
    around = text[max(0, start - _AROUND) : start + _AROUND]
    first = _sentence_start(around, [token.group() for token in tokens[: run + 1]], run)
    return tokens[first].start() if first >= _FEWEST else start


def headline_before(text: str, end: int) -> int:
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


def lone_headlines(text: str, known: Sequence[tuple[int, int]], starts: Iterable[int]) -> list[tuple[int, int]]:
    """Headlines of other articles that stand between two sentences with nothing before them, one or several.

    `starts`: where sentences begin; those of the opening are left in, it may be the article's own headline.
    """
    words = text[:_AROUND].split()
    if sum(word[:1].isupper() for word in words) > _CAPITALS * len(words):
        return []
    begins = {start for start, _ in known}
    small = _headline_words()
    spans = []
    for start in starts:
        end = start
        while (stop := _lone_headline(text, end, begins, small)) > end:
            end = stop
        if end > start:
            spans.append((start, end))
    return spans


@cache
def _headline_words() -> frozenset[str]:
    """Words that running text writes small (`python -m scripts.train_headline_words`)."""
    return frozenset(Path(__file__).with_name("wordlists").joinpath("headlines.txt").read_text("utf-8").split())


def all_headlines(text: str) -> bool:
    """Whether the text is headlines one after another: many words written large, and no sentence ends."""
    words = text.split()
    small = _headline_words()
    return all(map(_in_title, words)) and _shouted(words, small) >= max(_SHOUTED, len(words) / 5)


def is_title(text: str) -> bool:
    """Whether the text is nothing but words of a headline, with no end of a sentence after them."""
    words = text.split()
    return bool(words) and all(map(_in_title, words)) and words[0][:1].isupper()


def _lone_headline(text: str, start: int, begins: set[int], small: frozenset[str]) -> int:
    """Where the headline that begins at `start` ends; `start` where there is none, or no plain end.

    It ends before a quotation, a word that begins sentences, or what is known to be boilerplate (`begins`). Before
    another word only where words are written large in it that are written `small` else: a long name has none.
    A heading looks like a headline but is short, and speaks of what follows: it has a word in common with it.
    """
    if start < OPENING or text[start : start + 1].islower() or _CONTINUES.search(text[start - 8 : start]):
        return start
    opened = max(0, start - _QUOTATION)
    if text.rfind("“", opened, start) > text.rfind("”", opened, start):
        return start  # inside a quotation
    words, places = _title_words(text, start, begins)
    last = len(words) - 1
    if last < _FEWEST_ALONE - 1 or words[0].rstrip(",") in _STARTERS or _REPORTING.match(words[0]):
        return start
    if _ASKS.search(words[last]) and _question(words) is None:
        asked = _shouted(words[1:], small) >= _SHOUTED_SURE and _is_headline(words, small)
        return places[last] + len(words[last]) if asked else start
    stop, sure = (last, True) if places[last] in begins else _title_end(text, words)
    bracket = next((n for n in range(stop + 1) if "(" in words[n]), None)
    if bracket is not None:  # of a name and its acronym, which the next sentence begins with
        stop, sure = max(0, bracket - 1 - len(words[bracket].strip(_MARKS))), False
    if not _is_headline(words[:stop], small):
        return start
    end = places[stop]
    if _shouted(words[1:stop], small) >= (_SHOUTED_SURE if sure else _SHOUTED) and stop >= _LONG:
        return end
    return end if sure and (end in begins or not _speaks_of(text, start, end)) else start


def _title_end(text: str, words: list[str]) -> tuple[int, bool]:
    """(index of the word that begins the next sentence, whether that is plain); 0 where there is no headline."""
    last, asking = len(words) - 1, _question(words)
    if asking is None and not words[last][:1].islower() and words[last][:1] not in _OPENERS:
        return 0, False  # a sentence in capitals
    stop = _sure_start(words, [word.lstrip(_OPENERS).rstrip(",") for word in words], last)
    if stop >= _FEWEST_ALONE and (last - stop <= _NAME or words[stop][0] in _OPENERS):
        return stop, True
    if words[0] in _OFFICES:
        return 0, False  # who speaks, with a long title
    return asking or _sentence_start(text, words, last), False


def _question(words: Sequence[str]) -> int | None:
    """Index of the word that begins a question after a headline, or None."""
    places = range(_FEWEST_ALONE - 1, len(words) - 1)
    return next((n for n in places if words[n] in _ASKING and words[n - 1][-1] not in ",:"), None)


def _title_words(text: str, start: int, begins: set[int]) -> tuple[list[str], list[int]]:
    """The words from `start` on that a headline may have, and the first that it may not, or that it ends with."""
    line_end = text.find("\n", start, start + _REACH)
    words: list[str] = []
    places: list[int] = []
    for token in _TOKEN.finditer(text, start, start + _REACH if line_end < 0 else line_end):
        words.append(token.group())
        places.append(token.start())
        asked = len(words) >= _FEWEST_ALONE and _ASKS.search(words[-1])
        if asked or token.start() in begins or not _in_title(words[-1]):
            break
    return words, places


def _shouted(words: Sequence[str], small: frozenset[str]) -> int:
    """How many of the words are written large here and small elsewhere."""
    bare = (word.strip(_MARKS) for word in words)
    return sum(word[:1].isupper() and word not in _OFFICES and word.lower() in small for word in bare)


def _in_title(word: str) -> bool:
    return _in_headline(word) and not _ENDS.search(word) and (not word.islower() or word in _SMALL)


def _is_headline(words: Sequence[str], small: frozenset[str]) -> bool:
    """Whether the words, each of which may stand in a headline, are one or several: no list, table or cry."""
    several = 1 + len(words) // _MOST_ALONE if _shouted(words, small) >= len(words) / 4 else 1
    return (
        _FEWEST_ALONE <= len(words) <= several * _MOST_ALONE
        and not re.match(r"(?!'\w)\W|\d+[.)]", words[0])
        and (_shouted(words[1:], small) >= _SHOUTED or any(word in _SMALL for word in words[1:-1]))
        and not words[-1].endswith((",", ":", ";"))
        and sum(word.endswith(",") for word in words) <= several * _COMMAS
        and sum(word.isupper() and len(word) > 1 for word in words) < len(words) / 2
        and sum(any(c.isdigit() for c in word) for word in words) <= several * _FIGURES
        and not any(word in ("-", "–", "—", "•", "|", "=", "&") or "/" in word for word in words)
    )


def _speaks_of(text: str, start: int, end: int) -> bool:
    """Whether the sentence at `end` names something that text[start:end] names."""
    said = {word.casefold() for word in _TELLING.findall(text[start:end])}
    return any(word.casefold() in said for word in _TELLING.findall(text[end : end + 160].split(". ")[0]))


def _in_headline(token: str) -> bool:
    word = token.lstrip(_OPENERS + "#-–—").rstrip(".,:;!?\"”’')]")
    return not word or not word.islower() or word in _SMALL or "." in word or token.endswith(":")


def _sentence_start(text: str, words: list[str], stop: int) -> int:
    """Index of the word that begins the sentence of which words[stop] is the first in lower case."""
    begins = [word.lstrip(_OPENERS).rstrip(",") for word in words]
    while stop > 1 and begins[stop - 1] in _SMALL:
        stop -= 1
    sure = _sure_start(words, begins, stop)
    if sure >= _FEWEST:
        return sure
    offices = [n for n in range(max(1, stop - 9), stop) if begins[n] in _OFFICES]
    if offices:
        return offices[0]
    first = max(1, stop - 1)
    if _PREDICATE.match(words[stop]) or words[stop - 1].endswith(","):
        first = stop - 1 if _is_known_alone(text, words[stop - 1]) else max(1, stop - _NAME)
    while first > 1 and text.count(f"{words[first - 1]} {begins[first]}") > 1:
        first -= 1
    while first > 1 and (begins[first - 1] in _SMALL or begins[first] in _SMALL):
        first = max(1, first - _NAME)
    return first


def _is_known_alone(text: str, name: str) -> bool:
    """Whether the name stands elsewhere in the text, more than once, with no other name before it."""
    return len(re.findall(rf"(?:[a-z,.]|[^\w\s])\s+{re.escape(name.rstrip(','))}\b", text)) >= _TWICE


def _sure_start(words: list[str], begins: list[str], stop: int) -> int:
    """Index of the last word before `stop` that can only begin a sentence, or 0."""
    for n in range(stop - 1, 0, -1):
        starts = begins[n] in _STARTERS and (begins[n] not in _PRONOUNS or words[n + 1][:1].islower())
        starts = starts or _REPORTING.match(words[n]) is not None
        if n == stop - 1 and words[stop][:1].islower():
            comma = words[n].endswith(",") and begins[n].lower() in _headline_words()
            starts = starts or begins[n] in STARTERS or comma
        if starts or words[n - 1].endswith(("?", "!")):
            return n
        opens = words[n][0] in '"“' and not any(_CLOSED.search(word) for word in words[n:stop] if len(word) > 1)
        if opens:
            return n
    return 0
