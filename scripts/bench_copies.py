"""How well copies of a story are told from other stories: precision on labelled pairs, recall on planted copies.

    python -m scripts.bench_copies NEWS.jsonl.xz [--half development|held|fresh|news|last|later] [--errors]

NEWS holds one article a line (`body`). scripts/copies_labels.tsv names pairs of its articles by digests of their
texts: `copy` (the same report: reprinted, shortened, lightly rewritten), `anew` (the same event, written anew) and
`theme` (another event, however alike: yesterday's prices, next week's match). Drawn in equal parts from bands of
shared shingles (0.2 to 1; `held`: 0.4 to 1), so there are far more near the threshold than an archive has. `fresh`: 100
of the pairs that the rule then collapsed among 28,472 articles not labelled before, one a story; `news` and `last`: the
other 86 of these in collections of news, the last 60 of them read when the rule stood. `later`: 60 of the 233 that a
later rule collapsed among articles in none of these, one a story, all 20 of news and fact checks (`later news`) among
them. These tell precision alone. Only `copy` may collapse.

Planted: of 500 articles a copy each, with another title, byline and dateline, a quarter to a half of the sentences
dropped, links put in between, and words in half of the sentences left changed for others of the same meaning.
"""

import argparse
import random
import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from index.dateline import publisher
from index.passage import split
from index.sentence import sentences
from scripts.bench_dateline import articles, digest, interval
from search.copies import Told, same_story, stories
from search.rank import Candidate

LABELS = Path(__file__).with_name("copies_labels.tsv")
PARTS = ("development", "held", "fresh", "news", "last", "later")
PLANTED = 500
CANDIDATES = 40

_ALIKE = [group.split() for group in (
    "mengatakan menuturkan menyebut menyatakan|kata ujar tutur ucap|katanya ujarnya tuturnya|namun tetapi|tetapi namun"
    "|untuk guna|saat ketika|ketika saat|karena lantaran|juga turut|telah sudah|sudah telah|sehingga hingga|akan bakal"
    "|seperti layaknya|memberikan memberi|melakukan menggelar|setelah usai|hanya cuma|banyak sejumlah|para semua"
    "|sangat amat|menjadi jadi|bahwa jika|agar supaya|tersebut itu|dengan bersama|tidak tak|serta dan|dan serta"
    "|terjadi berlangsung|mulai sejak|masyarakat warga|warga masyarakat|membuat bikin|adalah ialah|merupakan adalah"
    "|dapat bisa|bisa dapat|besar raya|kepada ke|oleh dari|hari kemarin|baru anyar|terus selalu|lebih makin"
).split("|")]  # fmt: skip
_OTHERS = {words[0]: words[1:] for words in _ALIKE}
_DATELINE = re.compile(r"^[^\n.]{0,60}?(?:\s[-–—]+\s|\s?\|\s)")
_HEADS = ("SUARAKITA.ID, {} - ", "{}, Warta Pagi – ", "Laporan wartawan Warta Pagi, Sari Dewi\n\n{} - ", "{} (WP) - ")
_TITLES = ("Begini Duduk Perkaranya", "Ini Penjelasan Lengkapnya", "Simak Fakta Terbarunya", "Berikut Selengkapnya")
_CITIES = ("JAKARTA", "Surabaya", "Bandung", "Medan", "MAKASSAR")
_LINKS = ("\n\nBaca juga: Harga Cabai di Pasar Induk Turun\n\n", " Baca Juga: Jadwal Libur Sekolah Tahun Ini. ")


class Copy(NamedTuple):
    """A planted copy."""

    title: str
    text: str


def planted(text: str, draw: random.Random) -> Copy:
    """A copy of `text` as other publishers make them: no sentence is as long, or as many, as before."""
    body = _DATELINE.sub("", text, count=1)
    every = [body[start:end] for start, end in sentences(body)]
    begin = 0
    gone: set[int] = set()
    while len(gone) < len(every) * draw.uniform(0.25, 0.4):  # paragraphs: runs of one to three sentences
        begin = draw.randrange(len(every))
        gone |= set(range(begin, min(len(every), begin + draw.randint(1, 3))))
    kept = [_reworded(one, draw) if draw.random() < 0.5 else one for n, one in enumerate(every) if n not in gone]
    kept = kept or every
    link = draw.randrange(len(kept)) if draw.random() < 0.6 else -1
    joint = draw.choice((" ", "\n\n"))
    written = "".join(sentence + (draw.choice(_LINKS) if n == link else joint) for n, sentence in enumerate(kept))
    title = f"{' '.join(kept[-1].split()[:5])}, {draw.choice(_TITLES)}"
    head = draw.choice(_HEADS).format(draw.choice(_CITIES))
    return Copy(title, f"{title}\n\n{head}{written.strip()}\n\nEditor: {draw.choice(('Budi', 'Rina', 'Agus'))} Pratama")


def _reworded(sentence: str, draw: random.Random) -> str:
    """Every other word that can stand for another, changed for it."""
    return " ".join(
        draw.choice(_OTHERS[word]) if word in _OTHERS and draw.random() < 0.5 else word for word in sentence.split()
    )


def body(text: str, source: str | None = None, title: str | None = None) -> Told:
    """An article as the index keeps it: its passages, without boilerplate, its publisher and its title."""
    return Told(" ".join(passage.text for passage in split(text)), publisher=source, title=title)


def row_body(row: dict[str, Any]) -> Told:
    """The same of a row of the collection, whose text may name its publisher."""
    return body(row["body"], row["source"] or publisher(row["body"]).source, row.get("title"))


def labelled(rows: dict[str, dict[str, Any]], half: str | None, *, errors: bool) -> None:
    """Print how many of the pairs that collapse are copies."""
    right = wrong = missed = 0
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or (half and not line.startswith(half)):
            continue
        _, one, other, label = line.split("\t")
        same = same_story(row_body(rows[one]), row_body(rows[other]))
        right += same and label == "copy"
        wrong += same and label != "copy"
        missed += not same and label == "copy"
        if errors and same != (label == "copy"):
            print(f"  {'collapsed' if same else 'kept apart'}\t{label}\t{one}\t{other}")
    print(f"labelled pairs ({half or 'all'}): precision {interval(right, right + wrong)}")
    print(f"  copies found among them: {interval(right, right + missed)}")


def found_again(texts: list[str]) -> None:
    """Print how many planted copies are found, and what telling candidates apart costs."""
    draw = random.Random(0)
    chosen = draw.sample([text for text in texts if 400 <= len(text) <= 6_000], PLANTED)
    found = sum(same_story(body(text), body(planted(text, draw).text)) for text in chosen)
    print(f"planted copies: recall {interval(found, PLANTED)}")
    others = sum(same_story(body(one), body(other)) for one, other in pairwise(chosen))
    print(f"other articles side by side: {interval(others, PLANTED - 1)} collapse")
    took = []
    for at in range(0, PLANTED - CANDIDATES, CANDIDATES):
        bodies = [" ".join(passage.text for passage in split(text)) for text in chosen[at : at + CANDIDATES]]
        candidates = [Candidate(number, -number) for number in range(CANDIDATES)]
        own = {number: number for number in range(CANDIDATES)}
        begun = time.process_time()
        stories(candidates, own, {n: Told(one) for n, one in enumerate(bodies)}, bodies.__getitem__)
        took.append(time.process_time() - begun)
    print(
        f"{CANDIDATES} candidates: {1000 * sorted(took)[len(took) // 2]:.2f} ms (median), {1000 * min(took):.2f} (best)"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    parser.add_argument("--half", choices=PARTS, help="only this part of the labelled pairs")
    parser.add_argument("--errors", action="store_true", help="list the pairs judged otherwise than labelled")
    options = parser.parse_args()
    rows = {digest(row["body"]): row for row in articles(options.news)}
    labelled(rows, options.half, errors=options.errors)
    if options.half is None:
        found_again([row["body"] for row in rows.values()])


if __name__ == "__main__":
    main()
