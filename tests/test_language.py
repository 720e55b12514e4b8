import subprocess
import sys

import pytest

from index.language import LANGUAGES, language_of, passage_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Harga beras di pasar itu turun karena panen yang baik.", "id"),
        ("The price of rice has fallen because of a good harvest.", "en"),
        ("Presiden Xi Jinping bertemu Vladimir Putin membahas kerja sama ekonomi kedua negara.", "id"),
        ("北京和莫斯科的领导人举行了会谈，讨论两国之间的经济合作。", "zh"),
        ("Der Preis für Reis ist wegen der guten Ernte gefallen, sagte der Minister.", "de"),
        ("12.000 (3/4) --- 55%", None),
        ("", None),
    ],
)
def test_language(text: str, code: str | None) -> None:
    assert language_of(text) == code
    assert code is None or code in LANGUAGES


def test_clear_cases_load_no_model() -> None:
    code = (
        "import sys; from index.article import language_of; language_of('Harga di pasar itu dan yang lain naik.');"
        "print(sorted({'numpy', 'py3langid', 'charset_normalizer'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Harga beras turun", "id"),
        ("Rice price falls", "en"),
        ("kata dia kepada wartawan", "id"),
        ("Joko Widodo", None),
        ("KPK OTT Bupati Langkat", None),
        ("Regane beras ing pasar mudhun amarga panen apik, ujare Pak Lurah.", "jv"),
        ("De prijs van rijst is in de markt van Jakarta gedaald, zegt de minister.", "nl"),
    ],
)
def test_short_texts(text: str, code: str | None) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Harga beras turun kata menteri. The price of rice has fallen, the minister said.", "mixed"),
        ("Harga beras turun, kata menteri dalam acara itu.\nIa menyebutnya win-win solution.", "id"),
        ("The price of rice has fallen.\nIt will fall again, said the minister.", "en"),
        ("Joko Widodo", None),
        ("", None),
    ],
)
def test_a_passage_of_two_languages_is_mixed(text: str, code: str | None) -> None:
    assert passage_language(text) == code


def test_no_word_is_in_both_lists() -> None:
    from index.language import _words

    assert _words()["id"].isdisjoint(_words()["en"])
    assert {"yang", "kata"} <= _words()["id"]
    assert {"the", "said"} <= _words()["en"]
