import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.boilerplate import boilerplate
from index.text import leaves_words


def taken(text: str) -> list[str]:
    return [text[start:end] for start, end in boilerplate(text)]


@pytest.mark.parametrize(
    "line",
    [
        "Baca Juga: Harga beras turun lagi?",
        "Baca juga: Harga beras turun lagi",
        "Baca Juga",
        "BACA JUGA:",
        "Baca Juga Harga Beras Turun Lagi di Pasar",
        "Advertisement",
        "ADVERTISEMENT",
        "SCROLL TO CONTINUE WITH CONTENT",
        "ADVERTISEMENT SCROLL TO CONTINUE WITH CONTENT",
        'Simak Video "Banjir di Kota Lama"',
        "Simak Video",
        "Foto: Warga antre beras di pasar (Budi Santoso/contoh)",
        "Warga antre beras di pasar, Senin, 3 Mei 2021. (Budi Santoso/AP)",
        "Petugas membersihkan jalan. (ANTARA FOTO/Budi Santoso)",
        "Sumber: South China Morning Post | Editor: Budi Santoso",
        "Editor : Budi Santoso",
        "Artikel ini bersumber dari www.voaindonesia.com.",
        'Artikel ini telah tayang di Contoh.com dengan judul "Harga Beras Turun".',
        "Dapatkan update berita pilihan setiap hari dari Contoh.com.",
        "Ikuti berita terkini kami di Google News.",
        "[Gambas:Video CNN]",
        "***",
        "* * *",
        "COPYRIGHT © ANTARA 2024",
        "Read also: Rice gets cheaper",
    ],
)
def test_a_whole_line_is_taken_and_its_neighbours_stay(line: str) -> None:
    text = f"Harga beras turun, kata menteri.\n{line}\nPetani mengeluh tentang harga itu."
    assert taken(text) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Faktor Penting Stabilisasi Dunia",
        "'Saling menghormati, adil'",
        "Baca juga buku itu sebelum tidur.",
        "Ia menyarankan: baca juga buku itu sebelum tidur.",
        "Sumber air di desa itu kering.",
        "Editor surat kabar itu mundur.",
        "Foto itu diambil pada hari Senin.",
        "Iklan rokok dilarang di televisi.",
        "Video itu ditonton jutaan orang.",
        'Ia berkata, "Kecepatannya 60 (km/jam)".',
        "Batas kecepatan ialah 60 (km/jam)",
        "Perjanjian itu (lihat pasal 5/6) berlaku.",
        "Advertisement revenue fell.",
        "Kami mengikuti berita itu di televisi.",
    ],
)
def test_real_text_stays(line: str) -> None:
    assert taken(f"Harga beras turun.\n{line}\nPetani mengeluh.") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hubungan itu terbatas. [ab/uh]", ["[ab/uh]"]),
        ("Hubungan itu terbatas. [ab/uh]\n\nArtikel lain.", ["[ab/uh]"]),
        ("Begitu kata dia. (ara/ara)", ["(ara/ara)"]),
        ("Begitu kata dia.(dtk)", ["(dtk)"]),
        ("Seperti yang ditulis. ***", ["***"]),
        (
            "Ia pergi. ADVERTISEMENT SCROLL TO CONTINUE WITH CONTENT Kami tinggal.",
            ["ADVERTISEMENT SCROLL TO CONTINUE WITH CONTENT"],
        ),
        ("Ia pergi. SCROLL TO RESUME CONTENT Kami tinggal.", ["SCROLL TO RESUME CONTENT"]),
        ("Ia pergi. Advertisement Kami tinggal.", ["Advertisement"]),
        ("Ia pergi (Baca juga: Harga beras) dan kembali.", ["(Baca juga: Harga beras)"]),
        (
            "Ia pergi. Artikel ini telah tayang di Contoh.com. Kami tinggal.",
            ["Artikel ini telah tayang di Contoh.com."],
        ),
    ],
)
def test_tokens_are_taken_out_of_running_text(text: str, expected: list[str]) -> None:
    assert taken(text) == expected


def test_a_credit_in_the_last_line_makes_no_caption() -> None:
    assert taken("Harga turun.\nWarga senang, kata Budi. (Sari Dewi/AP)") == []


@pytest.mark.parametrize(
    "text", ["Penulis: Budi Santoso menulis buku tentang beras", "Advertisement", "Baca juga: Harga Beras Turun", "***"]
)
def test_a_text_of_nothing_else_stays(text: str) -> None:
    assert taken(text) == []
    assert taken(f"{text}\nHarga beras turun.") == [text]


def test_what_was_given_is_given_back_when_the_rules_would_leave_nothing() -> None:
    text = "Depan.\nPenulis: Budi Santoso"
    assert boilerplate(text, [(0, 6)]) == [(0, 6)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3))
def test_words_are_left_where_a_letter_is_outside(edges: list[tuple[int, int]]) -> None:
    text = "ab . c - d"
    covered: set[int] = set()
    spans = []
    for start, end in sorted((min(edge), max(edge)) for edge in edges):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
            covered.update(range(start, end))
    assert leaves_words(text, spans) == any(text[n].isalnum() for n in range(len(text)) if n not in covered)


@pytest.mark.parametrize(
    "sentence",
    [
        "Unduh aplikasi itu dilakukan jutaan orang dalam sepekan.",
        "Unduh aplikasi Sapawarga hanya dari laman resmi, kata polisi.",
        "Ikuti langkah berikut untuk mendaftar.",
        "Jangan lewatkan sarapan, kata dokter.",
    ],
)
def test_advice_is_no_prompt(sentence: str) -> None:
    assert taken(f"Warga antre sejak pagi. {sentence} Mereka pulang.") == []


def test_neighbouring_spans_become_one() -> None:
    text = "Isi.\nAdvertisement\n\nBaca Juga\nIsi lagi."
    assert boilerplate(text) == [(5, 29)]
    assert text[5:29] == "Advertisement\n\nBaca Juga"


@given(
    st.lists(
        st.sampled_from(["Baca Juga", "\n", " ", "ADVERTISEMENT", "***", "[ab/uh]", "Isi.", "(a/b)", ": "]), max_size=40
    )
)
def test_spans_are_sorted_trimmed_and_apart(parts: list[str]) -> None:
    text = "".join(parts)
    last = -1
    for start, end in boilerplate(text):
        assert last < start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        last = end


@pytest.mark.parametrize(
    "unit", ["[", "(a/", "ADVERTISEMENT ", "(Baca juga:", "Baca juga: x\n", "*", "a\n", ".\t", "[Gambas:"]
)
def test_time_is_linear_on_hostile_text(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        began = time.process_time()
        boilerplate(text)
        return time.process_time() - began

    assert seconds(200_000) < 40 * max(seconds(20_000), 0.002)
