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
