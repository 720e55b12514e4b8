"""Words that running text writes small, and headlines large: index/wordlists/headlines.txt.

    python -m scripts.train_headline_words NEWS.jsonl.xz

NEWS.jsonl.xz: one JSON object a line with `title` and `body`. The half of the articles whose SHA-256 begins with 8 to f
is left out: articles that boilerplate is measured on are drawn from it.
"""

import argparse
import hashlib
import json
import lzma
import re
from collections import Counter
from pathlib import Path

WORDS = Path("index/wordlists/headlines.txt")
TITLES, BODIES = 3, 10  # times that a word stands in titles, and written small in texts, at least
LARGE = 0.05  # of a word's places inside sentences where it may be written large

_WORD = re.compile(r"(?<=[\w,)] )[A-Za-z][a-z]{2,}(?![\w-])")
# Headlines inside texts: they would count.
_RUN = re.compile(r"(?:[A-Z0-9][^\s.!?]* (?:(?:di|ke|dari|dan|yang|untuk|soal|vs) )?){6,}")
_TITLE = re.compile(r"(?<![\w-])[A-Z][a-z]{2,}(?![\w-])")


def main() -> None:
    """Count, and write the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    titles: Counter[str] = Counter()
    with lzma.open(parser.parse_args().news, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if hashlib.sha256(row["body"].encode()).hexdigest()[0] in "89abcdef":
                continue
            for word in _WORD.findall(_RUN.sub(" ", row["body"])):
                (small if word.islower() else large)[word.lower()] += 1
            titles.update({word.lower() for word in _TITLE.findall(row["title"])})
    words = sorted(
        word
        for word, count in titles.items()
        if count >= TITLES and small[word] >= BODIES and large[word] <= LARGE * (small[word] + large[word])
    )
    WORDS.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    print(f"{len(words):,} words")


if __name__ == "__main__":
    main()
