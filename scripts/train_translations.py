"""Learn which words translate which, from parallel sentences: the tables of `index.translation`.

    python -m scripts.train_translations PARALLEL.tsv.xz [--dictionary WORDS.tsv.xz] --out index/wordlists

PARALLEL: tab-separated (english, indonesian, set, coverage), plain or .xz. A dictionary (indonesian, english) counts as
more sentence pairs, but adds no word that the sentences do not hold. Words are the lexicon's: folded, stemmed, no
function words, no numbers. IBM Model 1 (Brown et al. 1993, as in `scripts.train_align`), once in each direction; of
each word the MOST likely translations above LEAST are kept. Deterministic; a minute or two.
"""

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from index.text import is_function_word, stem, words
from scripts.train_align import ibm_model_1
from scripts.train_pairs import read_lines

LEAST = 0.1  # probability
MOST = 4
SEEN = 2  # sentences that a word must stand in
LONGEST = 250  # characters of a sentence
EACH = 12_000  # pairs of one set, so that no subject drowns the others
ROUNDS = 5


def stems(text: str, language: str) -> list[str]:
    """The distinct telling stems of a text."""
    telling = (
        word
        for word, _, _ in words(text)
        if len(word) > 1 and word.isascii() and word.isalpha() and not is_function_word(word)
    )
    return list(dict.fromkeys(stem(word, language) for word in telling))


def sentence_pairs(path: Path, coverage: float, seed: int) -> list[tuple[list[str], list[str]]]:
    """Stems of both sides of the pairs that cover each other well, at most EACH of a set."""
    by_set: dict[str, list[tuple[str, str]]] = {}
    for line in read_lines(path):
        english, indonesian, name, covered, *_ = [*line.split("\t"), "", "1"]
        if float(covered or 1) >= coverage and len(english) < LONGEST:
            by_set.setdefault(name, []).append((english, indonesian))
    draw = random.Random(seed)
    chosen = [pair for name in sorted(by_set) for pair in draw.sample(by_set[name], min(EACH, len(by_set[name])))]
    return [(stems(english, "en"), stems(indonesian, "id")) for english, indonesian in chosen]


def table(sources: Sequence[list[str]], targets: Sequence[list[str]]) -> dict[str, list[tuple[str, float]]]:
    """Translations of each source stem, likeliest first, without itself."""
    rows: tuple[dict[str, int], dict[str, int]] = ({}, {})
    numbered = [
        [[known.setdefault(word, len(known)) for word in side] for side in sides]
        for known, sides in zip(rows, (sources, targets), strict=True)
    ]
    both = [(left, right) for left, right in zip(*numbered, strict=True) if left and right]
    seen = Counter(word for left, _ in both for word in left)
    names = [list(known) for known in rows]
    found: dict[str, list[tuple[str, float]]] = {}
    aligned = ibm_model_1([left for left, _ in both], [right for _, right in both], len(rows[1]) + 1, ROUNDS)
    for source, target, chance in zip(*(column.tolist() for column in aligned), strict=True):
        if chance >= LEAST and seen[source] >= SEEN and names[0][source] != names[1][target]:
            found.setdefault(names[0][source], []).append((names[1][target], chance))
    return {word: sorted(others, key=lambda pair: (-pair[1], pair[0]))[:MOST] for word, others in found.items()}


def write(path: Path, translations: dict[str, list[tuple[str, float]]]) -> None:
    """One line a word, in the order of its bytes: the word, a tab, then translation:percent, parted by spaces."""
    lines = (
        word + "\t" + " ".join(f"{other}:{round(100 * chance)}" for other, chance in others)
        for word, others in sorted(translations.items())
    )
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{path}: {len(translations):,} words")


def main() -> None:
    """Read, align both ways, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parallel", type=Path)
    parser.add_argument("--dictionary", type=Path, help="TSV: indonesian, english")
    parser.add_argument("--coverage", type=float, default=0.6, help="least lexical coverage of a pair")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--out", type=Path, required=True, help="folder for en-id.tsv and id-en.tsv")
    args = parser.parse_args()
    pairs = sentence_pairs(args.parallel, args.coverage, args.seed)
    known = [{word for pair in pairs for word in pair[side]} for side in (0, 1)]
    for line in read_lines(args.dictionary) if args.dictionary else ():
        indonesian, _, english = line.partition("\t")
        pair = stems(english, "en"), stems(indonesian, "id")
        if known[0].issuperset(pair[0]) and known[1].issuperset(pair[1]) and len(pair[1]) <= 2:
            pairs.append(pair)
    args.out.mkdir(parents=True, exist_ok=True)
    english, indonesian = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    write(args.out / "en-id.tsv", table(english, indonesian))
    write(args.out / "id-en.tsv", table(indonesian, english))


if __name__ == "__main__":
    main()
