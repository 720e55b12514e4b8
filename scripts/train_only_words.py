"""Words that only Indonesian or only English has, from translated sentences: index/wordlists/only-id.txt, only-en.txt.

    python -m scripts.train_only_words PARALLEL.tsv.xz FOLDER

PARALLEL.tsv.xz: English, Indonesian and the name of its set, a pair a line.
"""

import argparse
import lzma
import re
from collections import Counter
from pathlib import Path

_WORD = re.compile(r"[^\W\d_]+")
# Texts about software, and loose ones: English words stand in their Indonesian.
LEFT_OUT = set(
    """openclaw-docs ms-edgeai ms-azd ms-security101 ai-terms weiqi gin gunnxx-general react tldr electron hotosm
    python mozilla privacyguides opensource.guide""".split()
)
FOREIGN = set("die war hat also am so was man gut".split())  # that Dutch and German have as well
FEWEST = 15  # times that a word must occur
SHARE = 0.96  # of a word's rate in both languages that must be in one
LONGEST = 2500  # words of a list


def main() -> None:
    """Write both lists."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parallel", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    counts: dict[str, Counter[str]] = {"en": Counter(), "id": Counter()}
    small: dict[str, Counter[str]] = {"en": Counter(), "id": Counter()}  # written without a capital: no names
    with lzma.open(arguments.parallel, "rt", encoding="utf-8") as lines:
        for english, indonesian, name, *_ in (line.rstrip("\n").split("\t") for line in lines):
            if name in LEFT_OUT:
                continue
            for language, text in (("en", english), ("id", indonesian)):
                found = _WORD.findall(text)
                counts[language].update(word.lower() for word in found)
                small[language].update(word for word in found if word[0].islower())
    for language, other in (("id", "en"), ("en", "id")):
        all_here, all_there = counts[language].total(), counts[other].total()
        words = []
        for word, count in counts[language].most_common():
            here, there = count / all_here, (counts[other][word] + 0.5) / all_there
            common = count >= FEWEST and len(word) > 1 and small[language][word] >= 0.5 * count
            if common and here >= SHARE * (here + there):
                words.append(word)
        kept = sorted(word for word in words[:LONGEST] if word not in FOREIGN)
        (arguments.folder / f"only-{language}.txt").write_text("\n".join(kept) + "\n", "utf-8")


if __name__ == "__main__":
    main()
