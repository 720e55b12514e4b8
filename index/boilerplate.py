"""What in a scraped news text is not the article: links, advertisements, captions, credits and prompts (pure).

Section headings, quotations and anything that might be a real sentence stay. Rules are tables of regular
expressions: whole lines, whole sentences, and tokens that are safe to take out of the middle of a line.
"""

import re
from collections.abc import Sequence

from index.inline import inline
from index.sentence import sentences
from index.text import leaves_words

# A whole line that matches from its first to its last character.
LINES = (
    # links to other articles
    r"(?:baca|lihat|simak|tonton|read|see) (?:juga|pula|selengkapnya|lainnya|also|more)\W*",
    r"(?:baca|lihat|simak|tonton|read|see) (?:juga|pula|selengkapnya|lainnya|artikel lainnya|also|more)\s?[:;–-].*",
    r"(?:also read|related|berita terkait|artikel terkait|berita lainnya|terkait|pilihan editor|rekomendasi)\s?:.*",
    r"(?:berita|artikel|topik) (?:terkait|lainnya|pilihan)|terpopuler|video terkait|rekomendasi untuk anda",
    # advertisements and page furniture
    r"(?:advertisement|iklan|advertorial|sponsored|ads)(?:\s+scroll.*)?",
    r"scroll (?:to|untuk|ke) .{0,60}(?:content|konten|membaca|lanjutkan|bawah)",
    r"(?:gulir|geser) untuk .{0,40}|lanjut(?:kan)? (?:membaca|baca|ke halaman).{0,40}",
    r"(?:halaman|page) (?:selanjutnya|berikutnya|\d+(?: (?:dari|of|/) \d+)?)|selanjutnya|next page|loading\.*",
    r"(?:simak|saksikan|tonton|lihat)(?: juga)? (?:video|foto)\b.{0,200}",
    r"\[gambas:.*\]|(?:bagikan|share|komentar|tag|tags|topik|copy link|salin tautan)\s?:?",
    r"(?:tags?|topik|kata kunci)\s?:.{0,200}",
    # captions
    r"(?:foto|photo|caption|keterangan foto|ilustrasi foto|gambar|infografis|grafis|video|image)\s?:.{0,400}",
    # who made it
    r"(?:sumber|source|editor|penulis|reporter|pewarta|redaktur|kontributor|uploader|penyunting|author|by|oleh)"
    r"\s?:\s?.{1,200}",
    r"laporan (?:wartawan|reporter|jurnalis|kontributor) (?:(?! [-–] ).){0,120}",
    r"(?:copyright|hak cipta|©).{0,160}",
    # rules
    r"[*=_~•·#—–-]{3,}|(?:[*•·] ){2,}[*•·]|\(\*\)|\*{1,3}\)?",
)  # fmt: skip
# A whole sentence that begins like this.
SENTENCES = (
    r"artikel ini (?:ber|di|telah |sudah |pertama kali |merupakan )"
    r"(?:sumber|kutip|tayang|terbit|ditayangkan|diterbitkan|dipublikasikan|muat|dimuat|ambil)",
    r"(?:berita|tulisan) ini (?:telah|sudah|pertama kali) (?:tayang|terbit|dimuat)",
    r"this article (?:was|has been|is) (?:first|originally)",
    r"dapatkan (?:update|berita|informasi|info|breaking)\b.{0,120}"
    r"(?:whatsapp|telegram|google news|aplikasi|setiap hari)",
    r"(?:mari|yuk|ayo),? (?:ber)?gabung .{0,60}(?:grup|channel|saluran|telegram|whatsapp)",
    r"anda harus (?:meng)?install aplikasi",
    r"(?:ikuti|cek|simak|baca|follow) (?:berita|artikel|update|informasi|kami|kabar|saluran|channel|whatsapp)\b"
    r".{0,100}(?:google news|whatsapp|wa channel|telegram|instagram|aplikasi|twitter|facebook|youtube)",
    r"(?:download|unduh|install) aplikasi (?:kami\b|berita\b|detik|kompas|tribun|liputan6|okezone|sindonews|antara"
    r"|tempo|cnn indonesia|cnbc indonesia|inews|suara|merdeka|viva|idn|kumparan|republika|bisnis\.com)",
    r"telusuri artikel terbaru|isi komentar sepenuhnya adalah tanggung jawab",
    r"\*? ?fakta atau hoaks\?",
    r"untuk mengetahui kebenaran informasi yang beredar, silakan",
    r"(?:yuk|mari|ayo|silakan)[,!]? (?:baca|simak|cek|ikuti|kunjungi|klik) (?:juga )?"
    r"(?:artikel|berita|konten|informasi)",
    r"(?:(?:simak|baca|lihat|klik|lanjut|bersambung|selengkapnya)\b[^.!?]{0,60}|[^.!?]{0,100}, )"
    r"halaman (?:selanjutnya|berikutnya)\W*$",
    r"simak breaking news|pilih saluran andalan|hubungi chatbot",
    r"pastikan (?:kamu|anda) (?:sudah )?(?:meng)?(?:install?|unduh|download)",
    r"ikuti (?:berita|kabar|info\w*|update) [^.!?]{0,60}\bdi \w{3,30}\.(?:com|co\.id|id)\b",
    r"disclaimer\s?:|setiap keputusan investasi ada di tangan|pelajari dan analisis sebelum (?:membeli|menjual)",
    r"(?:\w+\.(?:com|co\.id|id)|kami) tidak bertanggung jawab atas (?:segala )?(?:keuntungan|kerugian|keputusan)",
    r"subscribe (?:to|ke)\b.{0,60}(?:newsletter|channel|kanal)",
    r"sign up (?:for|to) (?:our|the)\b.{0,60}newsletter",
)
# Safe to take out of the middle of a line; letters count as written. Each begins with a literal: that makes it fast.
TOKENS = (
    r"ADVERTISEMENT(?<!\w.{13})(?:\s{1,4}SCROLL TO (?:CONTINUE|RESUME)(?: WITH)? CONTENT)?(?![A-Za-z])",
    r"SCROLL TO (?:CONTINUE|RESUME)(?: WITH)? CONTENT",
    r"Advertisement(?<=[.!?\"”’ ].{13})(?=\s{0,4}(?:[A-Z\"“]|$))",
    r"\[Gambas:[^\]\n]{1,60}\]",
    r"\((?:[Bb]aca|[Ll]ihat|[Ss]imak)(?: [Jj]uga)? ?:[^()\n]{1,200}\)",
    r"\[(?:[Bb]aca|[Ll]ihat|[Ss]imak)(?: [Jj]uga)? ?:[^\[\]\n]{1,200}\]",
)  # fmt: skip
# At the end of a line: editors' initials and end marks.
TAILS = (
    r"\[[A-Za-z]{2,4}(?:/[A-Za-z]{2,4}){0,3}\]",
    r"(?<=[.!?\"”’])\s{0,4}\((?:[a-z]{2,5}|[A-Za-z]{2,5}(?:/[A-Za-z]{2,8}){1,3}|\*)\)",
    r"(?<=[.!?\"”’)])\s{0,4}\*{3}",
)  # fmt: skip
# A caption's credit names a photographer, an agency or a file: only such a bracket makes a line a caption.
_AGENCY = (
    r"AP|AFP|Reuters|REUTERS|Xinhua|EPA|Getty(?: Images)?|ANTARA(?: FOTO)?|Antara(?: Foto)?|Shutterstock|Pixabay"
    r"|Unsplash|iStock\w*|Bloomberg|VOA|Dok(?:umentasi)?\b\.?|dok\b\.?|Istimewa|istimewa|Foto|Photo|Instagram|YouTube|Humas"
    r"|Setpres|BPMI"
)
_CREDIT = re.compile(
    rf"[.\"”’\w)]\s*\((?:(?:{_AGENCY})[^()\n]{{0,80}}|[^()\n]{{2,80}}/(?:{_AGENCY})[^()\n]{{0,60}}"
    r"|[A-Z][\w.'-]{1,20}(?: [A-Z][\w.'-]{1,20}){1,3}/[A-Z][\w. ]{1,40})\)$"
)
_CAPTION_LIMIT = 350

_LINE = re.compile(r"[^\n\r]+")
_LINES = re.compile("|".join(f"(?:{rule})" for rule in LINES), re.IGNORECASE)
_BARE_LINK = re.compile(r"Baca Juga\s+[A-Z0-9\"'“‘].{0,200}[^.\s]")
_SENTENCES = re.compile("|".join(f"(?:{rule})" for rule in SENTENCES), re.IGNORECASE)
_TOKENS = [re.compile(rule) for rule in TOKENS]
_TAILS = re.compile(rf"(?:{'|'.join(TAILS)})$")
_LINE_LIMIT = 500
_TAIL = 40


def boilerplate(text: str, repeated: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Spans (start, end) of `text`, in code points, that are not the article; sorted, never overlapping or touching.

    `repeated`: spans that `index.repeated` knows to be none of the article. They alone are given back when the rules
    would leave no word: a file of one line is an article, whatever that line looks like.
    """
    spans = [*repeated, *(match.span() for rule in _TOKENS for match in rule.finditer(text))]
    last = len(text.rstrip())
    for line in _LINE.finditer(text):
        start, end = _trim(text, line.start(), line.end())
        if start == end:
            continue
        if end - start <= _LINE_LIMIT and _is_boilerplate(text[start:end], final=end == last):
            spans.append((start, end))
            continue
        tail = _TAILS.search(text, max(start, end - _TAIL), end)
        if tail:
            spans.append(tail.span())
    spans.extend(
        (start, end) for start, end in sentences(text) if _SENTENCES.match(text, start, min(end, start + _LINE_LIMIT))
    )
    found = _merge(text, spans + inline(text, spans))
    return found if leaves_words(text, found) else _merge(text, [*repeated])


def _is_boilerplate(line: str, *, final: bool) -> bool:
    """Whether a whole line is boilerplate; in the last line a bracket credits the article and makes no caption."""
    if _LINES.fullmatch(line) or _BARE_LINK.fullmatch(line):
        return True
    if final or len(line) > _CAPTION_LIMIT or line[0] in "\"“‘'":
        return False
    return _CREDIT.search(line, max(0, len(line) - 160)) is not None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _merge(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans trimmed and sorted; those that overlap, or have only white space between them, become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(_trim(text, *span) for span in spans):
        if merged and (start <= merged[-1][1] or text[merged[-1][1] : start].isspace()):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged
