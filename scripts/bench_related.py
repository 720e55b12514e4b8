"""How well `related` finds the article of a headline, leaves out copies, and crosses languages.

    python -m scripts.bench_related NEWS.jsonl.xz PARALLEL.tsv [--articles 5000]

NEWS holds one article a line (`title`, `body`). Articles are indexed without their titles; headlines are pasted into
`related`: where does the headline's own article come? For 50 other articles two copies each are planted
(`scripts.bench_copies`) and the article is the target: no copy may be a hit. PARALLEL holds English and Indonesian
sentences, tab between: English ones are pasted, into an index of the Indonesian ones. Indexes lie in the user's cache.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from index.update import update
from scripts.bench_copies import planted
from scripts.bench_dateline import articles, interval
from search.engine import Searcher
from search.evaluate import cache_folder

ASKED, COPIED = 500, 50
MODES = ("lexical", "semantic", "hybrid")


def news_rows(news: Path, wanted: int) -> list[dict[str, str]]:
    """So many articles with a headline, no two with the same headline or text."""
    seen: set[str] = set()
    rows = []
    for row in articles(news):
        if row["title"] and 400 <= len(row["body"]) <= 6_000 and not {row["title"], row["body"]} & seen:
            seen |= {row["title"], row["body"]}
            rows.append(row)
    return random.Random(0).sample(rows, wanted)


def indexed(name: str, rows: Iterator[tuple[str, str]]) -> Path:
    """An index of texts under their names."""
    path = cache_folder(Path(name)).parent / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"id": n, "text": t}, ensure_ascii=False) + "\n" for n, t in rows), "utf-8")
    update(cache_folder(path), [path])
    return cache_folder(path)


def pasted(title: str, searcher: Searcher, asked: dict[str, str]) -> None:
    """Print how often the row that a text belongs to is the first hit, and among the first ten."""
    for mode in MODES:
        ranks = []
        for name, text in asked.items():
            rows = [hit.row for hit in searcher.related("-", mode=mode, text=text, all_passages=True).hits]
            ranks.append(rows.index(name) if name in rows else 10)
        first, ten = sum(rank == 0 for rank in ranks), sum(rank < 10 for rank in ranks)
        print(f"{title}, {mode}: first {interval(first, len(ranks))}, in ten {interval(ten, len(ranks))}", flush=True)


def left_out(searcher: Searcher, names: list[str]) -> None:
    """Print how many planted copies of targets come as hits, and how many are named as copies."""
    ids = {searcher.catalogue.article(n)["row"]: searcher.catalogue.article(n) for n in searcher.catalogue.articles()}
    hits = named = 0
    for name in names:
        answer = searcher.related(ids[name]["article_id"])
        hits += sum((hit.row or "").startswith(f"{name}-") for hit in answer.hits)
        named += len(answer.copies)
    print(f"copies of the target: hits {interval(hits, 2 * len(names))}, named {named} of {2 * len(names)}")


def main() -> None:
    """Index, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    parser.add_argument("parallel", type=Path)
    parser.add_argument("--articles", type=int, default=5_000)
    options = parser.parse_args()
    rows = news_rows(options.news, options.articles)
    asked = {f"a{n}": row["title"] for n, row in enumerate(rows[COPIED : COPIED + ASKED], start=COPIED)}
    draw = random.Random(1)
    copies = [(f"a{n}-{m}", planted(rows[n]["body"], draw).text) for n in range(COPIED) for m in (1, 2)]
    texts = [(f"a{n}", row["body"]) for n, row in enumerate(rows)]
    with Searcher.open(indexed(f"related-{options.articles}", iter([*texts, *copies]))) as searcher:
        print(searcher.status()["articles"], "articles")
        pasted("headline", searcher, asked)
        left_out(searcher, [f"a{n}" for n in range(COPIED)])
    lines = options.parallel.read_text(encoding="utf-8").splitlines()
    pairs = {f"s{n}": line.split("\t")[:2] for n, line in enumerate(lines) if "\t" in line}
    chosen = random.Random(2).sample(sorted(pairs), ASKED)
    with Searcher.open(indexed("related-parallel", ((name, pair[1]) for name, pair in pairs.items()))) as searcher:
        pasted("English sentence", searcher, {name: pairs[name][0] for name in chosen})


if __name__ == "__main__":
    main()
