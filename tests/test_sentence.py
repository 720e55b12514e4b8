import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentence import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. H. Ahmad Yani, S.H., M.Si. datang ke Jl. Sudirman No. 5 pada tgl. 3 Mei.",
        "Drs. KH. Salim dan Hj. Siti bertemu Ir. Budi di rumah Prof. Wati.",
        "Buku karya J. K. Rowling itu dijual Rp. 150.000 atau Rp1.500 per lembar.",
        "PT. Maju Jaya Tbk. membeli CV. Sinar pada pukul 11.01 WIB.",
        "Surat a.n. Budi berlaku s.d. akhir tahun dan lihat hlm. 12.",
        "Laporan itu dimuat KOMPAS.com dan RIAU24.COM serta https://contoh.co.id/a.b?c=1.",
        'Ia menyebutnya "tingkat tinggi ... saling percaya dan kerja sama".',
        "Gov. Smith told the U.S. Army and Sen. Jones on Jan. 5 that Mr. and Mrs. Lee left.",
        "KONTAN.CO.ID - BEIJING. Hubungan kedua negara ditegaskan lagi.",
        '"Kami senang," kata Xi.',
        '"Apa ini?" tanya Putin.',
        "Harganya naik 2.5 persen menjadi 1.000.000 rupiah.",
        "1. Sabun mandi",
    ],
)
def test_one_sentence_stays_whole(sentence: str) -> None:
    assert cut(sentence) == [sentence]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ia pergi. Kami tinggal!", ["Ia pergi.", "Kami tinggal!"]),
        ('"Kami pergi." Ia tidur.', ['"Kami pergi."', "Ia tidur."]),
        ("“Kami pergi.” “Kapan?” Besok.", ["“Kami pergi.”", "“Kapan?”", "Besok."]),
        (
            "Mereka membeli beras, gula, dll. Setelah itu pulang.",
            ["Mereka membeli beras, gula, dll.", "Setelah itu pulang."],
        ),
        ("Ia lahir tahun 2019. Kini ia besar.", ["Ia lahir tahun 2019.", "Kini ia besar."]),
        ("Ia minum vitamin C. Menurut dokter itu baik.", ["Ia minum vitamin C.", "Menurut dokter itu baik."]),
        ("They live in the U.S. The law changed.", ["They live in the U.S.", "The law changed."]),
        ("He said no. The talks ended.", ["He said no.", "The talks ended."]),
        ("Acara selesai.Kini warga pulang.", ["Acara selesai.", "Kini warga pulang."]),
        ("Begitulah... Tapi tidak semua.", ["Begitulah...", "Tapi tidak semua."]),
        ("Sudah (lihat gambar.) Lalu pulang.", ["Sudah (lihat gambar.)", "Lalu pulang."]),
        ("ia pakai masker. tapi tetap sakit.", ["ia pakai masker.", "tapi tetap sakit."]),
        ("Judul tanpa titik\nIsi berita. \r\n\r\n Akhir", ["Judul tanpa titik", "Isi berita.", "Akhir"]),
        ("Satu\u2028dua\x0btiga", ["Satu", "dua", "tiga"]),
        ("Dikutip dari Detik.Com kemarin. Hujan.", ["Dikutip dari Detik.Com kemarin.", "Hujan."]),
    ],
)
def test_cuts_where_sentences_end(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_spans_are_trimmed_code_point_offsets() -> None:
    assert sentences("  Wah 😀!  Ya.  ") == [(2, 8), (10, 13)]
    assert sentences("") == []
    assert sentences(" \n\t ") == []


PARTS = [*"aBc1 .!?…\"”'()\n\r\t,-*😀\u2028\xa0", "Dr.", ". ", "Rp", "KOMPAS.com", "S.H. ", "Menurut ", "dll. "]
NEWS = st.text() | st.lists(st.sampled_from(PARTS), max_size=60).map("".join)


@given(NEWS)
def test_every_character_but_space_is_in_exactly_one_sentence(text: str) -> None:
    last = 0
    for start, end in sentences(text):
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        assert not set("\n\r\u2028") & set(text[start:end])
        last = end
    assert not text[last:].strip()


@pytest.mark.parametrize("unit", [".", '"', '."', "?!", " ", "\n", "(", "a.B", ".x", "Dr. ", "…”"])
def test_time_is_linear_on_hostile_lines(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            sentences(text)
            best = min(best, time.process_time() - began)
        return best

    # Quadratic time would take 100 times as long for 10 times the text.
    assert seconds(300_000) < 40 * max(seconds(30_000), 0.001)
