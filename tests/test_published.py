from datetime import date
from time import process_time

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from index.published import Dated, date_of, parse_date, published, stated_date


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2022-11-25", ("2022-11-25", "day")),
        ("2022-11-25T23:30:00+07:00", ("2022-11-25", "day")),
        ("2023-02-27 19:45:37", ("2023-02-27", "day")),
        ("2024/2/8", ("2024-02-08", "day")),
        ("20240208", ("2024-02-08", "day")),
        ("Tayang: Selasa, 10 Juni 2025 07:50 WIB", ("2025-06-10", "day")),
        ("Diperbarui 18 Jun 2025, 14:05 WIB", ("2025-06-18", "day")),
        ("25 Nov 2017 08:02 WIB", ("2017-11-25", "day")),
        ("Rabu, 18 Juni 2025", ("2025-06-18", "day")),
        ("Senin 11 Mei 2020 17:13 WIB", ("2020-05-11", "day")),
        ("27 Maret 2012 |18:29 WIB", ("2012-03-27", "day")),
        ("1 agustus 2021", ("2021-08-01", "day")),
        ("Fri, 25 Nov 2022 10:00:00 GMT", ("2022-11-25", "day")),
        ("November 25, 2022", ("2022-11-25", "day")),
        ("17-Aug-20", ("2020-08-17", "day")),
        ("8/2/2024", ("2024-02-08", "day")),
        ("11/25/2022", ("2022-11-25", "day")),
        ("10/06/2025 - 18:22", ("2025-06-10", "day")),
        ("1700000000", ("2023-11-14", "day")),
        ("1700000000000", ("2023-11-14", "day")),
        ("Maret 2020", ("2020-03", "month")),
        ("2020-03", ("2020-03", "month")),
        ("2020", ("2020", "year")),
        ("31 Februari 2020", None),
        ("2024-13-40", None),
        ("kemarin", None),
        ("", None),
    ],
)
def test_metadata_dates(value: str, expected: tuple[str, str] | None) -> None:
    assert parse_date(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Presiden bertemu menteri pada Kamis (8/2/2024), di istana.", ("2024-02-08", "day")),
        ('"Harga turun," kata dia, Senin (27/2/2023).', ("2023-02-27", "day")),
        ('"Harga turun," kata dia di Jakarta, Senin, 27 Februari 2023.', ("2023-02-27", "day")),
        ("Ia pulang. " * 30 + "Itu diungkapkan bupati di sana, Senin, 27 Februari 2023.", ("2023-02-27", "day")),
        ("Harga turun seperti dikutip dariCNBCSenin (27/2/2023).", ("2023-02-27", "day")),  # a scraper lost the spaces
        ('"Prices fell," he said on Monday (February 27, 2023).', ("2023-02-27", "day")),
        ("Harga turun, Jumat (25/11).\n\nPasar itu ramai, Jumat, 25 November 2022. (Budi/AP)", ("2022-11-25", "day")),
        ("Harga turun Senin (28/12) malam, menjelang 20 Januari 2021 mendatang.", ("2020-12-28", "inferred")),
        ("Harga Turun\n25 November 2022\nHarga beras turun lagi.", ("2022-11-25", "day")),
        ("Harga Turun\nKompas.com - 27/02/2023, 12:00 WIB\nHarga beras turun.", ("2023-02-27", "day")),
        # the lead's day stands when the next day follows from an attribution
        ("Itu disampaikan Kamis (8/2/2024) di sana. Demikian dilansir pada Jumat (9/2/2024).", ("2024-02-08", "day")),
        # later attributions beat the day of the event
        ('Gempa itu terjadi pada Sabtu (4/2/2023). "Sudah aman," kata dia, Senin (27/2/2023).', ("2023-02-27", "day")),
        # the text's own day beats the day of a plan or of an earlier quotation
        ("Harga diumumkan hari ini, Kamis (7/8/2025). Siap, kata dia, Rabu (6/8/2025).", ("2025-08-07", "day")),
        ("Pasar akan dibuka hari ini, Selasa (10/6/2025), kata dia, Senin (9/6/2025).", ("2025-06-10", "day")),
        ("Keluhan itu ia dengar di Jakarta, Selasa (23/6/2026) kemarin.", ("2026-06-24", "inferred")),
        (
            "Kalah, Rabu (31/5 / 2017). Benar, kata dia, Kamis (1/6 / 2017). Mereka dijamu, Minggu (4/6 / 2017).",
            ("2017-06-01", "day"),
        ),
        ("Harga itu turun pada Final NBA 2026, Sabtu (6/6) di sana.", ("2026-06-06", "inferred")),
        ("Budi - detikInet Selasa, 10 Jan 2017 12:00 WIB Jakarta - Harga turun.", ("2017-01-10", "day")),
        # a plan is no publication
        ('"Kami siap," kata dia, Senin (27/2/2023). Acara akan dibuka Sabtu (4/3/2023).', ("2023-02-27", "day")),
    ],
)
def test_dates_with_a_publishing_signal(text: str, expected: tuple[str, str]) -> None:
    assert published(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Xinhua melaporkan pada hari Rabu bahwa perang dimulai pada Februari 2022.",
        "Indonesia merdeka pada 17 Agustus 1945, kata guru itu.",
        "Ia lahir pada tanggal 3 Mei 1990 di Medan.",
        "Acara akan digelar pada Sabtu (10/2/2024) mendatang.",
        "Harga turun pada Senin (28/12) malam.",  # no year to hold on to
        "Harga turun pada Selasa (8/2/2024).",  # it was a Thursday
        "Skornya 3-2 (5/4/3) dan 12/13.",
        "Harga turun pada Senin (9/6), menurut Undang-Undang Nomor 17 Tahun 2014.",
        "Harga turun pada Senin (9/6) seperti pada 2008 dan 2014.",  # which year is the present is not said
        "Laga itu digelar Kamis (25/6/2026) pukul 05.00 WIB.",
        # other people's posts have dates of their own
        "Akun itu pada Rabu (25/12/2024) membagikan video. Kesimpulan: video itu konten palsu (fabricated content).",
        "Video yang diunggah pada Jumat (11/7/2025) itu ramai.",
        "",
    ],
)
def test_never_a_guess(text: str) -> None:
    assert published(text) is None


@given_any(
    st.text()
    | st.lists(st.sampled_from(["Senin ", "(", "31/2", "/2021", ") ", "kata ", "Mei ", "0 ", "2020"])).map("".join)
)
def test_any_text_gives_a_real_date_or_none(text: str) -> None:
    for found in (published(text), parse_date(text)):
        if found:
            value, precision = found
            assert precision in {"day", "month", "year", "inferred"}
            assert len(value) == {"day": 10, "inferred": 10, "month": 7, "year": 4}[precision]


REPORT = '"Harga turun," kata dia, Rabu (6/8/2025).'
PAST = '"Harga turun," kata dia, Rabu (6/8).'


@pytest.mark.parametrize(
    ("text", "given", "name", "expected"),
    [
        # what states the date of publication is not inferred, and beats all else
        (REPORT, "2025-08-08", "2025-08-07-a", Dated("2025-08-08", "day", inferred=False)),
        (f"7 Agustus 2025\n{REPORT}", "", "2025-08-08-a", Dated("2025-08-07", "day", inferred=False)),
        # the day of the report, and that of the file's name, are
        (REPORT, "", "a", Dated("2025-08-06", "day", inferred=True)),
        (REPORT, "", "2025-08-07-harga", Dated("2025-08-07", "day", inferred=True)),
        ("Harga turun.", "", "20250807_harga", Dated("2025-08-07", "day", inferred=True)),
        (REPORT, "", "2026-01-02-disalin", Dated("2025-08-06", "day", inferred=True)),  # copied later
        (REPORT, "", "2025-08-01-a", Dated("2025-08-06", "day", inferred=True)),  # a name from before the report
        # a month or a year that is given becomes a day inside it
        (PAST, "2025", "a", Dated("2025-08-06", "inferred", inferred=True)),
        (REPORT, "Agustus 2025", "a", Dated("2025-08-06", "day", inferred=True)),
        (REPORT, "2024", "a", Dated("2024", "year", inferred=False)),
        ("Harga turun.", "2025-08", "", Dated("2025-08", "month", inferred=False)),
        (PAST, "", "2025-08_harga", Dated("2025-08-06", "inferred", inferred=True)),
        ("Harga turun.", "", "2025-08_harga", Dated("2025-08", "month", inferred=True)),
        # names that hold no date
        ("Harga turun.", "", "430c20250807fb65", None),
        ("Harga turun.", "", "2025", None),
        (PAST, "", "a", None),
        # nobody reports from a day to come
        ('"Harga turun," kata dia, Rabu (12/8/2026).', "", "2026-08-12", None),
        ("17 Agustus 2031\nHarga beras akan turun.", "", "", None),
        ("Harga turun.", "", "2026-08_harga", None),
        ("Harga turun.", "", "2026-03_harga", Dated("2026-03", "month", inferred=True)),
        ("Harga turun.", "2026-08-12", "", Dated("2026-08-12", "day", inferred=False)),
    ],
)
def test_what_is_known_best_wins_and_what_is_inferred_says_so(
    text: str, given: str, name: str, expected: Dated | None
) -> None:
    assert date_of(text, given=given, name=name, today=date(2026, 3, 1)) == expected


def test_only_what_states_the_date_is_stated() -> None:
    assert stated_date(REPORT) is None
    assert stated_date(f"Harga Turun\nDiterbitkan: Kamis, 7 Agustus 2025 07:50 WIB\n{REPORT}") == ("2025-08-07", "day")


@pytest.mark.parametrize(
    "piece", ["Selasa, 10 Jan 2017 12:00", "Minggu(1/1/", "0/", "12:00 WIB ", "- Aa ", "hari ini, "]
)
def test_a_hostile_text_takes_no_longer_than_a_long_one(piece: str) -> None:
    start = process_time()
    published(piece * (200_000 // len(piece)))
    assert process_time() - start < 2  # a search that backtracks would take hours
