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
        # the subject of the sentence is a name that stands alone elsewhere in the text
        (
            "Bagi Hamas, itu benar. Kini Hamas diam. Baca juga: Warga Kekurangan Pasokan Listrik Hamas adalah lawan.",
            ["Baca juga: Warga Kekurangan Pasokan Listrik"],
        ),
        # or a name of three words, with a comma after it
        (
            "Ia kenal James Earl Ray. Simak juga: Wujud Patung di Kota Tua James Earl Ray, seorang buron, lari.",
            ["Simak juga: Wujud Patung di Kota Tua"],
        ),
        # a word of a headline that may begin a sentence does not, where what follows is written large
        (
            "Ia pergi. Baca juga: Ayah Andika Mau Dia Sadar Saat di Penjara Polisi diam.",
            ["Baca juga: Ayah Andika Mau Dia Sadar Saat di Penjara"],
        ),
        (
            "Ia pergi. Simak selengkapnya di halaman berikutnya. Ia pulang.",
            ["Simak selengkapnya di halaman berikutnya."],
        ),
        ("Ia pergi ke Batu. Foto: Nintendo Latar tempat itu cocok.", ["Foto: Nintendo"]),
        ("Ia pergi ke Batu. Foto: Budi Santoso/detikcom Latar tempat itu cocok.", ["Foto: Budi Santoso/detikcom"]),
        # a caption has no full stop before its credit
        (
            "Ia pergi ke Batu. Rumah makan Jepang Foto: (dok. Humas) Ia pulang.",
            ["Rumah makan Jepang Foto: (dok. Humas)"],
        ),
        ("Ia pergi ke Batu. Foto: dok. Humas", ["Foto: dok. Humas"]),
        ("Ia pergi. SPBU Lama. Foto: Budi Santoso/detikcom Ia pulang.", ["SPBU Lama. Foto: Budi Santoso/detikcom"]),
        ("Ia pergi. Ini dia. Foto: Budi Santoso/detikcom Ia pulang.", ["Foto: Budi Santoso/detikcom"]),
        ("Budi Santoso (Foto: Contoh) Ia pergi.", ["Budi Santoso (Foto: Contoh)"]),
        ("Budi Santoso (Foto: Contoh) pergi.", ["(Foto: Contoh)"]),
        ("Ia pergi. (Budi di Batu. Foto: Contoh.co.id) Ia pulang.", ["(Budi di Batu. Foto: Contoh.co.id)"]),
        ("Ia pergi. Isi pidatonya di halaman selanjutnya: Ia pulang.", ["Isi pidatonya di halaman selanjutnya:"]),
        ("Ia pergi. Simak Video 'Budi: Beras Naik, Kok Bisa?:", ["Simak Video 'Budi: Beras Naik, Kok Bisa?:"]),
        ("Ia pergi. Foto: screenshot Jakarta - Beras naik.", ["Foto: screenshot"]),
        ("1. Pasar Lama Foto: Budi Santoso/detikcom Latar tempat itu cocok.", ["Foto: Budi Santoso/detikcom"]),
        # what a publisher says of itself, at the end
        (
            "Ia pergi. Sumber: Contoh Contoh.id adalah portal berita. Kamu bisa menjadi anggota Contoh.id, gratis.",
            ["Sumber: Contoh Contoh.id adalah portal berita. Kamu bisa menjadi anggota Contoh.id, gratis."],
        ),
        ("Contoh.id adalah portal berita baru di Jakarta. Ia berdiri kemarin.", []),
        (
            "Itu salah. Melawan hoaks sama saja melawan pembodohan. Itu yang mendasari kami membuat Kanal Cek Fakta. "
            "Ingin lebih cepat mendapat jawaban? Ia pulang.",
            [
                "Melawan hoaks sama saja melawan pembodohan. Itu yang mendasari kami membuat Kanal Cek Fakta. "
                "Ingin lebih cepat mendapat jawaban?"
            ],
        ),
        (
            "Ia pergi. Liputan mendalam BBC News Indonesia langsung di WhatsApp Anda. Ia pulang.",
            ["Liputan mendalam BBC News Indonesia langsung di WhatsApp Anda."],
        ),
        (
            "Ia pergi. Nikmati terus sajian khas detikPagi pukul 08.00 WIB, di 20.detik.com dan TikTok detikcom. Ia.",
            ["Nikmati terus sajian khas detikPagi pukul 08.00 WIB, di 20.detik.com dan TikTok detikcom."],
        ),
        ("Ia pergi. A post shared by Budi S (@budi.s) Ia pulang.", ["A post shared by Budi S (@budi.s)"]),
        ("Ia pergi pada 2023.Berlanjut ke halaman berikutnya.", ["Berlanjut ke halaman berikutnya."]),
        ("Ia pergi. TONTON VIDEONYA DI SINI. Ia pulang.", ["TONTON VIDEONYA DI SINI."]),
        (
            "Ia pergi. Berikan Rating Untuk Resep Ini Thanks For Rating!",
            ["Berikan Rating Untuk Resep Ini Thanks For Rating!"],
        ),
        # a table of contents, up to the dateline
        (
            "Daftar Isi Harga Beras Naik 1. Di Pasar Lama 2. Di Pasar Baru Jakarta - Harga beras naik lagi.",
            ["Daftar Isi Harga Beras Naik 1. Di Pasar Lama 2. Di Pasar Baru"],
        ),
        (
            "Ia pergi. Pewarta: BudiEditor: SantiCopyright © ANTARA 2022 Dilarang keras mengambil konten tanpa izin.",
            ["Pewarta: BudiEditor: SantiCopyright © ANTARA 2022 Dilarang keras mengambil konten tanpa izin."],
        ),
        (
            "Ia pergi. Copyright 2008 - 2025 PT. Contoh Media (Grup Contoh). All Rights Reserved.",
            ["Copyright 2008 - 2025 PT. Contoh Media (Grup Contoh). All Rights Reserved."],
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


OPENING = "Rapat itu dibuka oleh ketua panitia pada pagi hari. " * 7


@pytest.mark.parametrize(
    ("middle", "expected"),
    [
        # before a quotation, a word that begins sentences, and what is boilerplate itself
        (
            'Ratusan Warga Padati Lapangan di Kota Tua "Kami senang," kata dia.',
            "Ratusan Warga Padati Lapangan di Kota Tua",
        ),
        ("Ratusan Warga Padati Lapangan di Kota Tua Namun ketua diam.", "Ratusan Warga Padati Lapangan di Kota Tua"),
        (
            "Ratusan Warga Padati Lapangan di Kota Tua Baca juga: Harga Beras Turun di Pasar Namun ketua diam.",
            "Ratusan Warga Padati Lapangan di Kota Tua Baca juga: Harga Beras Turun di Pasar",
        ),
        # a heading speaks of what follows it
        ("Memberi Hormat untuk Manuel Neuer di Munich Selain Ronaldo, Neuer menjadi kiper.", None),
        # a list, a table, a cry, a subject of many words
        ("1. Kecewa Dalam Setia 2. Rindu yang Tertahan 3. Luka Tak Berdarah Selain itu, ketua diam.", None),
        ("KAMI TIDAK AKAN DIAM di KOTA TUA Namun ketua diam.", None),
        ("Badan Pengawas Obat dan Makanan Republik Indonesia mengatakan hal itu.", None),
    ],
)
def test_headlines_with_nothing_before_them(middle: str, expected: str | None) -> None:
    assert taken(f"{OPENING}{middle} Ia pulang.") == ([expected] if expected else [])


def test_the_articles_own_headline_stays() -> None:
    assert taken('Ratusan Warga Padati Lapangan di Kota Tua "Kami senang," kata dia.') == []


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


# An article's own opening is never looked at: headlines are found behind it.
OPENING = "Petugas mencatat kejadian itu pada hari yang sama dan menunggu keterangan dari warga sekitar lokasi. " * 4


@pytest.mark.parametrize(
    ("headline", "after"),
    [
        ("Ini Empat Perusahaan Tambang di Kota Contoh yang Izinnya Dicabut Santoso", "Pemerintah daerah menolak."),
        ("KPK Koordinasi Soal Dugaan Gratifikasi di Kementerian Contoh", "Sebelumnya, KPK menolak itu."),
        ("Usul Tak Didengar, Warga Siap Demo Lebih Besar Lagi!", '"Kami menunggu," kata dia.'),
    ],
)
def test_a_headline_before_any_sentence(headline: str, after: str) -> None:
    assert taken(f"{OPENING}{headline} {after}") == [headline]


@pytest.mark.parametrize(
    "sentence",
    [
        "Kepala Badan Nasional Penanggulangan Bencana Letnan Jenderal Budi Santoso mengatakan hal itu.",
        "Pusat Unggulan Iptek Sistem dan Kontrol Otomotif (PUI SKO) ITS Surabaya memiliki lima mobil.",
        "Dilansir dari Kementerian Kesehatan RI, Laporan Global Tahun Ini menyebut angka itu.",
        "Sementara Area Manager Comm Pertamina Patra Niaga Regional Sumbagut, Susanto August Satria, menolak.",
    ],
)
def test_a_long_name_is_no_headline(sentence: str) -> None:
    assert taken(f"{OPENING}{sentence}") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ia pergi. Foto: Budi Santoso Warga lain pulang.", ["Foto: Budi Santoso"]),
        ("Drama itu tayang (credit: contoh.com) sejak Juni.", ["(credit: contoh.com)"]),
        ("Ia memakai topi © Instagram contohsaja Topi itu merah.", ["© Instagram contohsaja"]),
        ("Penulis: Budi Santoso/DW Indonesia BERLIN, KOMPAS.com- Ia pergi.", ["Penulis: Budi Santoso/DW Indonesia"]),
        ("Ia pergi. Baca selengkapnya di tautan berikut ini. Ia pulang.", ["Baca selengkapnya di tautan berikut ini."]),
        ("Ia pergi. Saksikan terus sinetron itu di SCTV. Ia pulang.", ["Saksikan terus sinetron itu di SCTV."]),
        ("Ia pergi. Simak ulasan lengkapnya di sini. Ia pulang.", ["Simak ulasan lengkapnya di sini."]),
        ("Ia pergi. Klik selanjutnya... Ia pulang.", ["Klik selanjutnya..."]),
        (
            "Ia pergi. Lihat postingan ini di Instagram Sebuah kiriman dibagikan oleh Budi (@budi.s) Ia pulang.",
            ["Lihat postingan ini di Instagram Sebuah kiriman dibagikan oleh Budi (@budi.s)"],
        ),
        ("Ia pergi. [bacajuga:Baca Juga](6045933 6045206 Ia pulang.", ["[bacajuga:Baca Juga](6045933 6045206"]),
        ("Ia pergi. AFP/BUDI SANTOSO via GETTYWarga antre di pasar.", ["AFP/BUDI SANTOSO via GETTY"]),
        ("Ia pergi. Dok. Polres ContohWarga antre di pasar.", ["Dok. Polres Contoh"]),
        ("Ia pergi. Foto: Prime Video. Ia pulang.", ["Foto: Prime Video."]),
        ("Ia pergi. ANTARA FOTO/Budi Santoso/tom. Ia pulang.", ["ANTARA FOTO/Budi Santoso/tom."]),
        (
            "Ia pergi. Pewarta: Budi SantosoEditor: Sari DewiCopyright © ANTARA 2022 Ia pulang.",
            ["Pewarta: Budi SantosoEditor: Sari DewiCopyright © ANTARA 2022"],
        ),
        (
            "Laporan Reporter CONTOH-KUPANG.COM, Budi Santoso CONTOH-KUPANG.COM, KUPANG - Ia pergi.",
            ["Laporan Reporter CONTOH-KUPANG.COM, Budi Santoso"],
        ),
    ],
)
def test_credits_and_prompts_in_running_text(text: str, expected: list[str]) -> None:
    assert taken(f"{text} {OPENING}") == expected


@pytest.mark.parametrize(
    "tail",
    [
        "Video Budi Kalahkan Sari di Final Video Budi Kalahkan Sari di Final",
        "Budi Kalahkan Sari di Final Budi Kalahkan Sari di Final (abc/de2) bulu tangkis final",
        "(julian/yp)",
        "(* / win)",
        "(Uu. SYS/G003/M016)",
        "Simak Video 'Banjir di Kota Lama': banjir kota lama warga mengungsi",
    ],
)
def test_what_ends_an_article(tail: str) -> None:
    assert taken(f"{OPENING} Ia pulang. {tail}") == [tail]


def test_several_headlines_one_after_the_other() -> None:
    headlines = (
        "Polisi Tangkap Dua Tersangka Pencurian Sepeda di Kota Tua Ratusan Warga Padati Lapangan Hingga Malam "
        "Pemerintah Didesak Cari Jalan Keluar untuk Petani Garam yang Merugi"
    )
    assert taken(f"{OPENING} {headlines} Namun ketua diam.") == [headlines]


def test_a_text_in_capitals_has_no_headlines() -> None:
    text = " ".join(word.capitalize() for word in OPENING.split())
    headline = "Ratusan Warga Padati Lapangan di Kota Tua"
    assert taken(f"{text} {headline} Namun Ketua Diam Dan Petugas Pulang Ke Rumah.") == []
