import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.boilerplate import boilerplate
from index.inline import inline


def taken(text: str) -> list[str]:
    return [text[start:end] for start, end in boilerplate(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the sentence begins with a word that only begins sentences
        (
            "Ia pergi. Baca juga: Harga Beras Turun di Pasar Induk Menurut polisi, ia pulang.",
            ["Baca juga: Harga Beras Turun di Pasar Induk"],
        ),
        # with a noun before a word in lower case
        (
            "Ia pergi. Baca juga: Sebut Aksi Warga Ciderai Kota Gelombang protes pun datang.",
            ["Baca juga: Sebut Aksi Warga Ciderai Kota"],
        ),
        # with an office, before a name
        (
            "Ia pergi. Baca juga: Harga Beras Turun Lagi Ketua Umum Budi Santoso mengatakan hal itu.",
            ["Baca juga: Harga Beras Turun Lagi"],
        ),
        # with a quotation
        (
            'Ia pergi. SIMAK JUGA: Harga Beras Turun Lagi "Kami senang," kata dia.',
            ["SIMAK JUGA: Harga Beras Turun Lagi"],
        ),
        # several links, and a headline that ends the text
        (
            "Ia pergi. Baca juga: Harga Beras Turun Lagi Baca juga: Petani Menjerit di Karawang",
            ["Baca juga: Harga Beras Turun Lagi Baca juga: Petani Menjerit di Karawang"],
        ),
        ("Ia pergi. Baca Juga Menanggapi hal itu, polisi diam.", ["Baca Juga"]),
        (
            "Ia pergi. Simak juga Video 'Banjir: Kota Tenggelam': Warga itu pulang.",
            ["Simak juga Video 'Banjir: Kota Tenggelam':"],
        ),
        (
            'Ia pergi. Tonton juga video "Banjir di Kota Lama" di sini:',
            ['Tonton juga video "Banjir di Kota Lama" di sini:'],
        ),
        (
            "Ia pergi. Lihat juga Video: Banjir Melanda Kota Lama (abc/def) banjir kota lama",
            ["Lihat juga Video: Banjir Melanda Kota Lama (abc/def) banjir kota lama"],
        ),
        (
            "Ia pergi. Ikuti Berita Contoh.com lainnya di Google News",
            ["Ikuti Berita Contoh.com lainnya di Google News"],
        ),
        (
            "Ia pergi. Artikel ini telah tayang di Contoh.com dengan judul Wow! Beras Turun",
            ["Artikel ini telah tayang di Contoh.com dengan judul Wow! Beras Turun"],
        ),
        (
            "Laporan Wartawan Contohnews.com, Budi Santoso CONTOHNEWS.COM, JAKARTA - Ia pergi.",
            ["Laporan Wartawan Contohnews.com, Budi Santoso"],
        ),
        (
            "Ia pergi dan diam Pewarta Budi Santoso Editor Sari Dewi COPYRIGHT © CONTOH",
            ["Pewarta Budi Santoso Editor Sari Dewi COPYRIGHT © CONTOH"],
        ),
        ("Ia pergi.[contoh]", ["[contoh]"]),
        ("Ia pergi. (Ditulis oleh Budi Santoso)", ["(Ditulis oleh Budi Santoso)"]),
        ("Ia pergi. Harga Beras Turun di Pasar Induk (abc/def)", ["Harga Beras Turun di Pasar Induk (abc/def)"]),
        ("Minggu, 1 Jan 2017 Foto: Contoh Images Jakarta - Ia pergi.", ["Foto: Contoh Images"]),
    ],
)
def test_what_is_taken_out_of_running_text(text: str, expected: list[str]) -> None:
    assert taken(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Kita baca juga dari atas bahwa itu benar, kata Tri.",
        "Ia menonton video: anak itu menyanyi di pasar.",
        "Menteri Kelautan dan Perikanan (KKP) Budi Santoso mengatakan hal itu.",
        "Sejumlah musisi menggugat UU Hak Cipta ke MK. Mereka meminta pasal itu diubah.",
        "Mereka berdiri di depan istana, (tapi) ditolak presiden,",
        "Inflasi mencapai 3,3 persen (yoy)",
        "Batas kecepatannya 60 (km/jam) di jalan itu.",
        "Google News menampilkan berita itu kemarin.",
        "Peraturan itu (lihat Pasal 5) berlaku. Editor surat kabar itu diam.",
        "Timnas Indonesia Menang di Kandang Lawan. Warga bersorak.",
        "Ia tiba di Jakarta. Susunan pemain: Budi, Sari, Dewi.",
    ],
)
def test_real_sentences_stay(text: str) -> None:
    assert taken(text) == []


def test_a_name_of_unknown_length_stays_whole() -> None:
    text = "Ia pergi. Baca juga: Harga Beras Turun Lagi Andi Budi Cahyo mengatakan hal itu."
    assert all("Andi" not in span and "Budi" not in span for span in taken(text))


def test_what_stands_before_known_boilerplate_ends_the_article() -> None:
    text = "Ia pergi. Sumber: Contoh Arena. Contoh.id adalah portal berita."
    start = text.index("Contoh.id")
    assert not taken(text)
    assert inline(text, [(start, len(text))]) == [(9, start - 1)]


@given(
    st.lists(
        st.sampled_from(["Baca juga: ", "Video: ", "Harga ", "beras ", "(ab/cd) ", '"', ". ", "[x]", "\n", "Ke "]),
        max_size=40,
    )
)
def test_spans_lie_inside_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    for start, end in inline(text):
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "unit",
    [
        "Baca juga: A ",
        "Baca juga: ",
        "Simak Video '",
        "Ikuti a",
        "Editor: x ",
        "(ab/cd) a ",
        "Artikel ini telah tayang ",
        "Ab ",
    ],
)
def test_time_is_linear_on_hostile_text(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        began = time.process_time()
        inline(text)
        return time.process_time() - began

    assert seconds(100_000) < 40 * max(seconds(10_000), 0.004)
