"""Run-together words of bad scrapes: how common they are, what they cost the lexicon, and what a split would bring.

    python -m scripts.bench_joined NEWS.jsonl.xz BENCHMARK

NEWS.jsonl.xz: one JSON object with a `body` a line. BENCHMARK: a folder in BEIR form, whose passages are clean; in
them neighbouring words are joined at the rate seen in NEWS, and its questions are asked of the lexicon alone.
"""

import argparse
import json
import lzma
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import ir_measures

from index.lexicon import Entry, Lexicon
from index.passage import split
from index.text import words

_CASE = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z]{2})")
_GAP = re.compile(r"(?<=[a-z]{3}) (?=[A-Za-z][a-z]{2})")
COMMON = 200  # times that a word must occur in NEWS to be one half of a joined word
SHORTEST = 4  # letters of such a half


def vocabulary(bodies: Iterable[str]) -> Counter[str]:
    """How often each folded word occurs."""
    counts: Counter[str] = Counter()
    for body in bodies:
        counts.update(word for word, _, _ in words(body))
    return counts


def halves(word: str, counts: Counter[str]) -> tuple[str, str] | None:
    """The two common words that a word which occurs hardly anywhere is joined from."""
    if len(word) < 2 * SHORTEST or not word.isalpha() or counts[word] > 2:
        return None
    cuts = [(word[:at], word[at:]) for at in range(SHORTEST, len(word) - SHORTEST + 1)]
    best = max(cuts, key=lambda cut: min(counts[cut[0]], counts[cut[1]]))
    return best if min(counts[best[0]], counts[best[1]]) >= COMMON else None


def ndcg(benchmark: Path, change: Callable[[str], str]) -> float:
    """nDCG@10 of the lexicon, with every passage `change`d."""
    rows = [json.loads(line) for line in (benchmark / "corpus.jsonl").open(encoding="utf-8")]
    names = [row["_id"] for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        lexicon, of = Lexicon(Path(folder), create=True), {}
        with lexicon.writer(orphans_from=1) as writer:
            for n, row in enumerate(rows):
                for passage in split(row["text"]):
                    of[len(of) + 1] = n
                    writer.add(Entry(len(of), n, change(passage.text), row.get("title"), "id"))
        lexicon.reload()
        run = []
        for query in map(json.loads, (benchmark / "queries.jsonl").open(encoding="utf-8")):
            best: dict[str, float] = {}
            for passage, score in lexicon.search(query["text"], 100):
                best.setdefault(names[of[passage]], score)
            run += [ir_measures.ScoredDoc(query["_id"], name, score) for name, score in best.items()]
    qrels = []
    for line in next((benchmark / "qrels").glob("*.tsv")).read_text("utf-8").splitlines()[1:]:
        query_id, name, gain = line.split("\t")
        qrels.append(ir_measures.Qrel(query_id, name, int(gain)))
    return float(ir_measures.calc_aggregate([ir_measures.nDCG @ 10], qrels, run)[ir_measures.nDCG @ 10])


def main() -> None:
    """Print the rate in NEWS, then nDCG@10 of the lexicon on clean, joined and split passages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    parser.add_argument("benchmark", type=Path)
    arguments = parser.parse_args()
    with lzma.open(arguments.news, "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line)["body"] for line in lines]
    counts = vocabulary(bodies)
    total = sum(counts.values())
    by_case = sum(len(_CASE.findall(body)) for body in bodies)
    joined = sum(count for word, count in counts.items() if halves(word, counts))
    print(f"{total:,} words; {1000 * by_case / total:.2f} in 1,000 are joined at a capital (abBa)")
    print(f"{1000 * joined / total:.2f} in 1,000 occur at most twice and are two common words in one")

    def join(rate: float) -> Callable[[str], str]:
        def changed(text: str) -> str:
            chance = random.Random(text)
            return _GAP.sub(lambda _: "" if chance.random() < rate else " ", text)

        return changed

    def parted(text: str) -> str:
        text = _CASE.sub(" ", text)
        for word, _, _ in list(words(text)):
            if both := halves(word, counts):
                text += f" {both[0]} {both[1]}"
        return text

    print("| joined words in 1,000 | as they are | split at capitals | split by words as well |\n|---:|---:|---:|---:|")
    for rate in (0.0, (by_case + joined) / total, 0.02, 0.05):
        changed = join(rate)
        scores = [
            ndcg(arguments.benchmark, change)
            for change in (changed, lambda t: _CASE.sub(" ", changed(t)), lambda t: parted(changed(t)))  # noqa: B023
        ]
        print(f"| {1000 * rate:.1f} | " + " | ".join(f"{score:.3f}" for score in scores) + " |", flush=True)


if __name__ == "__main__":
    main()
