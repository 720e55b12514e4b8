from time import process_time

import pytest

from index.dateline import Publisher, publisher, publisher_of, title_line


@pytest.mark.parametrize(
    ("opening", "name"),
    [
        ("KOMPAS.com - Harga", "KOMPAS.com"),
        ("JAKARTA, KOMPAS.com – Harga", "KOMPAS.com"),
        ("TANGERANG SELATAN, KOMPAS.com– Harga", "KOMPAS.com"),
        ("Liputan6.com, Jakarta - Harga", "Liputan6.com"),
        ("Liputan6.com, Tel Aviv -Harga", "Liputan6.com"),
        ("Liputan6.com, JakartaHarga beras", "Liputan6.com"),
        ("TEMPO.CO, Jakarta - Harga", "TEMPO.CO"),
        ("TEMPO.CO,Jakarta-Harga", "TEMPO.CO"),
        ("Bisnis.com, JAKARTA - Harga", "Bisnis.com"),
        ("(ANTARA) - Harga", "ANTARA"),
        ("Jakarta (ANTARA) - Harga", "ANTARA"),
        ("Jakarta, 12/3 (ANTARA) - Harga", "ANTARA"),
        ("REPUBLIKA.CO.ID, JAKARTA -- Harga", "REPUBLIKA.CO.ID"),
        ("SRIPOKU.COM - Harga", "SRIPOKU.COM"),
        ("KONTAN.CO.ID - BEIJING. Harga", "KONTAN.CO.ID"),
        ("Jakarta, CNN Indonesia -- Harga", "CNN Indonesia"),
        ("Jakarta, CNBC Indonesia - Harga", "CNBC Indonesia"),
        ("Merdeka.com - Harga", "Merdeka.com"),
        ("detikcom - Harga", "detikcom"),
        ("Laporan Wartawan TribunSolo.com, Budi Santoso. Harga", "TribunSolo.com"),
        ("\ufeffJAKARTA, KOMPAS.com - Harga", "KOMPAS.com"),
        ("Harga Beras Turun\nRIAU24.COM - Harga", "RIAU24.COM"),
        ("Harga Beras Turun PHNOM PENH, KOMPAS.com –Harga", "KOMPAS.com"),
    ],
)
def test_a_dateline_names_the_publisher_as_it_is_written(opening: str, name: str) -> None:
    assert publisher(f"{opening} beras turun, kata menteri.").source == name


@pytest.mark.parametrize(
    "text",
    [
        "Kantor berita negara Xinhua melaporkan bahwa harga turun.",
        "Jakarta - Harga beras turun, kata menteri kepada Kompas.com.",
        "Menurut Reuters, harga beras turun.",
        "Antara lain harga beras - yang turun.",
        "AP-backed forces left the town.",
        "Booking.com - perusahaan perjalanan itu - merugi.",
        "Harga beras turun - Antara pasar dan toko tak beda.",
        "",
    ],
)
def test_a_mention_is_no_publisher(text: str) -> None:
    assert publisher(text) == Publisher(None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Isi.\n\nArtikel ini bersumber dari www.voaindonesia.com.", Publisher("VOA Indonesia")),
        ("Isi.\nArtikel ini bersumber dari www.contoh-berita.id.", Publisher("contoh-berita.id")),
        ("Isi.\nArtikel ini telah tayang di Kompas.com dengan judul Harga.", Publisher("KOMPAS.com")),
        (
            "Sumber: South China Morning Post | Editor: Budi\nKONTAN.CO.ID - BEIJING. Isi.",
            Publisher("KONTAN.CO.ID", "South China Morning Post"),
        ),
        ("Isi berita.\nSumber: Xinhua", Publisher(None, "Xinhua")),
        ("Isi berita.\nSumber: https://www.kompas.com/a/b", Publisher("KOMPAS.com")),
        (
            "SRIPOKU.COM - Isi.\nArtikel ini telah tayang di Kompas.com dengan judul Harga.",
            Publisher("SRIPOKU.COM", "KOMPAS.com"),
        ),
        ("KOMPAS.com - Isi.\nArtikel ini telah tayang di Kompas.com dengan judul Harga.", Publisher("KOMPAS.com")),
        ("Jakarta - Isi berita.\nArtikel ini telah tayang di CNN Indonesia.", Publisher(None, "CNN Indonesia")),
        ("Isi berita.\nCOPYRIGHT © ANTARA 2024", Publisher("ANTARA")),
    ],
)
def test_credits_and_source_lines(text: str, expected: Publisher) -> None:
    assert publisher(text) == expected


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.voaindonesia.com/a/b.html", "VOA Indonesia"),
        ("https://news.detik.com/berita/d-1", "detikcom"),
        ("megapolitan.kompas.com", "KOMPAS.com"),
        ("http://www.contoh.org:8080/a", "contoh.org"),
        ("https://m.contoh.org", "contoh.org"),
        ("notkompas.com", "notkompas.com"),
        ("file:///tmp/a", None),
        ("http://127.0.0.1/a", None),
        ("bukan alamat", None),
        ("", None),
    ],
)
def test_publisher_of_a_url(url: str, name: str | None) -> None:
    assert publisher_of(url) == name


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Harga Beras Turun\nHarga beras turun pada hari Rabu, kata menteri.", "Harga Beras Turun"),
        ("\ufeff\r\nBenarkah Harga Turun?\r\n\r\nYa, harga beras memang turun, kata menteri.", "Benarkah Harga Turun?"),
        ("Judul: Harga Beras Turun\nIsi.", "Harga Beras Turun"),
        ("25 November 2022\nHarga Beras Turun\nHarga beras turun, kata menteri di Jakarta.", "Harga Beras Turun"),
        ("Harga beras turun pada hari Rabu.\nKata menteri begitu.", None),
        ("KOMPAS.com - Harga beras turun\nKata menteri begitu, harga turun terus.", None),
        ("Hanya Satu Baris", None),
        ("", None),
    ],
)
def test_title_line(text: str, title: str | None) -> None:
    assert title_line(text) == title


def test_boilerplate_is_no_title() -> None:
    text = "Editor: Budi Santoso\nHarga Beras Turun\nHarga beras turun, kata menteri di Jakarta."
    assert title_line(text, [(0, 20)]) == "Harga Beras Turun"


@pytest.mark.parametrize(
    ("opening", "name"),
    [
        ("Merdeka.com-Harga", "Merdeka.com"),
        ("TEMPO.CO,Bandung-Harga", "TEMPO.CO"),
        ("Liputan6.com, Jakarta Harga", "Liputan6.com"),
        ("Liputan6.com, Jakarta“Harga", "Liputan6.com"),
        ("TRIBUN-MEDAN.COM,- Harga", "TRIBUN-MEDAN.COM"),
        ("SERAMBINEWS.COM, MEULABOH – Harga", "SERAMBINEWS.COM"),
        ("REPUBLIKA.CO.ID, JAKARTA,– Harga", "REPUBLIKA.CO.ID"),
        ("JAKARTA , KOMPAS.com - Harga", "KOMPAS.com"),
        ("WASHINGTON, KOMPAS.com \ufffdHarga", "KOMPAS.com"),
        ("KOMPAS.com - iPhone", "KOMPAS.com"),
        ("BATAM, POSMETRO.CO :Harga", "POSMETRO.CO"),
        ("Harga beras turun lagi, begini kata menteri. SERAMBINEWS.COM - Harga", "SERAMBINEWS.COM"),
        ("Harga beras turun, kata Anies Baswedan KOMPAS.com - Harga", "KOMPAS.com"),
        ("Rimanews-Harga", "Rimanews"),
        ("Jakarta, CNN Indonesia - - Harga", "CNN Indonesia"),
        ("Magelang, Jawa Tengah (ANTARA News) - Harga", "ANTARA News"),
        ("Suara.com - Harga", "Suara.com"),
        ("VIVA – Harga", "VIVA"),
        ("AKURAT.CO, Harga", "AKURAT.CO"),
        ("LONDON, June 3 (Reuters) - Prices", "Reuters"),
        ("WASHINGTON (AP) — Prices", "AP"),
        ("Jakarta, Jan 5 (Xinhua) -- Prices", "Xinhua"),
        ("Harga Beras Turun Budi - detikInet Selasa, 10 Jan 2017 12:00 WIB Foto: Budi Jakarta - Harga", "detikInet"),
    ],
)
def test_datelines_of_messy_texts(opening: str, name: str) -> None:
    assert publisher(f"{opening} beras turun, kata menteri.").source == name


@pytest.mark.parametrize(
    "text",
    [
        "Partai Amanat (PAN) - Harga beras turun.",
        "Amerika (AP) menang. Harga turun.",  # a short name needs its dash
        "Bitcoin.co.id mengumumkan harga baru - yang naik.",
        "Kompas.com, Detik.com, dan Tempo.co melaporkan harga beras.",
        "Harga turun, seperti dikutip dari Kompas.com - Harga itu turun.",
        "Kirim ke redaksi@kompas.com - Harga turun.",
        "Lihat https://www.kompas.com - Harga turun.",
        "Harga turun.\nSumber: https://bit.ly/3abc",
        "Isi. Berita ini tayang setiap hari di kanal kami.",
    ],
)
def test_what_only_looks_like_a_dateline(text: str) -> None:
    assert publisher(text).source is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Isi berita. DailySocial.id adalah portal berita startup.", Publisher("DailySocial.id")),
        ("Isi berita. Simak berita terbaru Tribunjambi.com di Google News", Publisher("Tribunjambi.com")),
        ("Isi berita. Ayo ikuti saluran WhatsApp KapanLagi.com biar tahu", Publisher("KapanLagi.com")),
        ("Isi berita. Copyright © 2025Liputan6.comKLY KapanLagi Youniverse", Publisher("Liputan6.com")),
        ("News.\nThis article was originally published on The Guardian.", Publisher("The Guardian")),
        ("News.\nThis story first appeared in www.reuters.com.", Publisher("Reuters")),
    ],
)
def test_publishers_that_speak_of_themselves(text: str, expected: Publisher) -> None:
    assert publisher(text) == expected


@pytest.mark.parametrize(
    "piece", ["Jakarta, ", "a.com ", "(ANTARA ", "Jakarta (", "A.", "ini telah sudah ", "Aa'-", "©"]
)
def test_a_hostile_text_takes_no_longer_than_a_long_one(piece: str) -> None:
    start = process_time()
    publisher(piece * (200_000 // len(piece)))
    assert process_time() - start < 1  # a search that backtracks would take hours
