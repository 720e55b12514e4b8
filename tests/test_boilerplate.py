import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.boilerplate import boilerplate


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
