"""How often the language of a short text is told, on translated sentences cut to 3, 5, 10 and 20 words.

    python -m scripts.bench_language BITEXT.tsv

BITEXT.tsv: an English and an Indonesian sentence a line. A mixed text is a sentence of one language before another
sentence of the other. A piece is cut from the middle of a sentence as often as from its beginning.
"""

import argparse
import random
from pathlib import Path

from index.language import language_of, passage_language

LENGTHS = (3, 5, 10, 20)


def pieces(sentences: list[str], length: int, chance: random.Random) -> list[str]:
    """`length` words of each sentence that has as many."""
    found = []
    for words in (sentence.split() for sentence in sentences):
        if len(words) >= length:
            start = chance.choice((0, chance.randrange(len(words) - length + 1)))
            found.append(" ".join(words[start : start + length]))
    return found


def main() -> None:
    """Print a table: right, wrong and left open, for articles' and for passages' language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bitext", type=Path)
    arguments = parser.parse_args()
    chance = random.Random(7)
    rows = [line.split("\t")[:2] for line in arguments.bitext.read_text("utf-8").splitlines() if "\t" in line]
    sentences = {"en": [row[0] for row in rows], "id": [row[1] for row in rows]}
    texts = [
        (f"{n} words", language, pieces(sentences[language], n, chance)) for n in LENGTHS for language in ("id", "en")
    ]
    texts += [("whole sentences", language, sentences[language]) for language in ("id", "en")]
    joined = [
        f"{rows[n][1]}\n{rows[n - 1][0]}" if n % 2 else f"{rows[n][0]} {rows[n - 1][1]}" for n in range(1, len(rows))
    ]
    texts.append(("two sentences", "mixed", joined))
    print(
        "| | texts | article: right | wrong | open | passage: right | wrong | open |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    for name, language, some in texts:
        cells = []
        for tell in (language_of, passage_language):
            told = [tell(text) for text in some]
            right, unsure = told.count(language), told.count(None)
            cells += [right, len(told) - right - unsure, unsure]
        print(
            f"| {name}, {language} | {len(some):,} | " + " | ".join(f"{cell / len(some):.3f}" for cell in cells) + " |"
        )


if __name__ == "__main__":
    main()
