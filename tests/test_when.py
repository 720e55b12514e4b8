"""Dates in the words of a question: when they limit, how far, and when they are left alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.when import understood

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("Apa kata Xi sejak Februari 2024?", "2024-02-01", None),
        ("Kebijakan ekonomi pada 2023", "2023-01-01", "2024-12-31"),
        ("Banjir pada akhir Januari 2025", "2025-01-01", "2025-02-15"),
        ("elections in December 2024", "2024-12-01", "2025-01-15"),
        ("Apa yang terjadi 25/11/2022?", "2022-11-25", "2022-12-02"),
        ("Rapat pada Jumat, 25 November 2022?", "2022-11-25", "2022-12-02"),
        ("What happened on November 25, 2022?", "2022-11-25", "2022-12-02"),
        ("setelah 25 November 2022", "2022-11-25", None),
        ("between March and May 2024", "2024-03-01", "2024-06-15"),
        ("antara Maret dan Mei 2024", "2024-03-01", "2024-06-15"),
        ("dari 2019 sampai 2021", "2019-01-01", "2022-12-31"),
        ("sebelum 2020", None, "2020-01-08"),
        ("gempa kemarin", "2026-11-21", None),
        ("harga emas hari ini", "2026-11-22", None),
        ("what happened last week", "2026-11-09", "2026-11-22"),
        ("banjir pekan lalu", "2026-11-09", "2026-11-22"),
        ("banjir bulan lalu", "2026-10-01", "2026-11-15"),
        ("ekspor tahun lalu", "2025-01-01", "2026-01-31"),
        ("berita minggu ini", "2026-11-16", None),
        ("3 hari terakhir", "2026-11-19", None),
        ("in the past two weeks", "2026-11-08", None),
        ("pada tahun 1998 dan pada tahun 2001", "1998-01-01", "2002-12-31"),
        ("apa yang terjadi kemarin lusa?", "2026-11-20", None),
        ("semalam gempa di mana?", "2026-11-21", None),
        ("what happened last night", "2026-11-21", None),
        ("berita dua minggu yang lalu", "2026-11-05", "2026-11-18"),
        ("banjir seminggu lalu", "2026-11-12", "2026-11-22"),
        ("five days ago in Ambon", "2026-11-17", "2026-11-22"),
        ("sepekan terakhir", "2026-11-15", None),
        ("selama dua tahun terakhir", "2024-11-20", None),
        ("news over the past year", "2025-11-21", None),
        ("the latest news since last month", "2026-10-01", None),
        ("sebelum minggu lalu", None, "2026-11-16"),
    ],
)
def test_limits(question: str, since: str | None, until: str | None) -> None:
    found = understood(question, TODAY)
    assert found is not None
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    "question",
    [
        "sebelum pemilu",
        "Undang-Undang Nomor 11 Tahun 2020",
        "isi UU Nomor 11 Tahun 2020",
        "World Cup 2022 winner",
        "Siapa juara pada Piala Dunia 2022?",
        "Tragedi 1998",
        "Xi menjelang Imlek 2024",
        "kapan SCO didirikan pada tahun 2001",
        "Who was born in 1961?",
        "siapa yang lahir pada 6 Juni 1901?",
        "kejadian pada tahun 1990-an",
        "berapa korban sampai hari ini?",
        "dua tahun lalu siapa menterinya?",
        "ratusan tahun lalu kerajaan apa?",
        "tsunami 10 years ago",
        "500 bulan lalu",
        "How many times have they met in the last ten years?",
        "total investasi hingga akhir Juni 2025",
        "target emisi pada 2030",
        "anggaran pada 2020-2024",
        "penduduk pada 2.000 desa",
        '"sejak 2020" judul lagu',
        "hari Minggu",
        "steam turbines today",
        "pada 31 Februari 2024",
        "⟦0⟧ pada ⟦7⟧",
        "",
    ],
)
def test_no_limits(question: str) -> None:
    assert understood(question, TODAY) is None


PARTS = 'sejak pada in since 2024 Februari 8 / , antara dan kemarin last week ⟦ ⟧ 25/11/2022 sampai 13 " 31'.split()


@given(st.lists(st.sampled_from(PARTS), max_size=12), st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_any_question_gives_dates_in_order(parts: list[str], today: date) -> None:
    found = understood(" ".join(parts), today)
    if found:
        assert found.since or found.until
        assert not (found.since and found.until and found.since > found.until)
        assert not (found.since and found.since > today.isoformat())
