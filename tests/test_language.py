import subprocess
import sys

import pytest

from index.language import LANGUAGES, language_of


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
