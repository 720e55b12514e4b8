"""Publisher and date found in the text of news articles, against what was labelled by eye and against what was given.

    python -m scripts.bench_dateline NEWS.jsonl.xz [--half development|held|fresh|given] [--errors]

NEWS holds one article a line: `body`, and, never shown to the functions measured, `source` and `date`. First the
articles of scripts/dateline_labels.tsv, known by a digest of their text; then, for scale, every article with a given
source or date. Rates come with 95 % intervals (Wilson). Labels, columns of the file:

- `publisher`: who the text itself says published it, in a dateline, byline, credit or copyright line;
  `-` where only the date was labelled, in the articles of the part `given`: there the given date was taken where
  the measured function agreed with it, and the others were read;
- `mention`: an outlet that the text only names as the asker ("kepada detikcom"): no publisher, never counted;
- `date`: `!` the day that a date line states, or the day on which the text reports, as a reader works it out.

`|` parts answers that are all right. After `?` they are not certain enough to be demanded: finding one of them or
nothing is not counted, finding anything else is an error.
"""

import argparse
import hashlib
import json
import lzma
import math
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from index.dateline import publisher
from index.published import parse_date, published

LABELS = Path(__file__).with_name("dateline_labels.tsv")
NEAR = 3  # days
# Names of one house, where the given source names the house and the text the paper.
TRIBUN = frozenset(
    "serambi bangkapos sripoku wartakotalive posbelitung poskupang banjarmasinpost surya suryamalang "
    "tribuntoraja".split()
)


class Label(NamedTuple):
    """What one article says by its reader; empty where it says nothing."""

    half: str
    publisher: str
    mention: str
    date: str


class Tally:
    """Answers counted as right, wrong or missing; the wrong ones listed."""

    def __init__(self) -> None:
        self.right = self.wrong = self.missing = 0
        self.errors: list[str] = []

    def add(self, found: str | None, label: str, *, right: bool, where: str) -> None:
        """Count `found` against `label` ("" means that there is nothing to find, "?" that nothing is demanded)."""
        if label.startswith("?"):
            if found is None or right:
                return
        elif right:
            self.right += 1
            return
        elif label:
            self.missing += 1  # what is found wrong is missing as well
        if found is not None:
            self.wrong += 1
        if found is not None or label:
            self.errors.append(f"{where}\tfound {found}\tlabel {label or 'nothing'}")

    def __str__(self) -> str:
        precision = interval(self.right, self.right + self.wrong)
        return f"precision {precision}, recall {interval(self.right, self.right + self.missing)}"


def interval(hits: int, trials: int) -> str:
    """A rate with its 95 % interval after Wilson (1927)."""
    if not trials:
        return "none"
    z, rate = 1.96, hits / trials
    centre, width = rate + z * z / (2 * trials), z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials**2))
    low, high = ((centre + sign * width) / (1 + z * z / trials) for sign in (-1, 1))
    return f"{rate:.3f} [{low:.3f}, {high:.3f}] ({hits}/{trials})"


def articles(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON Lines file, compressed or not."""
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def digest(text: str) -> str:
    """How the labels know an article."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def labels() -> dict[str, Label]:
    """The labels by digest."""
    rows = [line.split("\t") for line in LABELS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {row[0]: Label(*row[1:]) for row in rows[1:]}


def house(name: str) -> str:
    """What two spellings of one publisher have in common: "www.news.detik.com", "detikInet" and "detik" are "detik"."""
    name = re.sub(r"\.(?:com|co\.id|co|id|net|org|tv|news)\.?$", "", name.casefold().strip())
    name = re.sub(r"[^a-z0-9]", "", name.rsplit(".", 1)[-1])
    for first in ("tribun", "detik", "antara", "poskota", "suara", "kumparan"):
        if name.startswith(first):
            return first
    name = re.sub(r"(?:com|news|indonesia)$", "", name)
    return "tribun" if name in TRIBUN else name


def same(found: str | None, label: str) -> bool:
    """Whether a publisher found is one of those labelled."""
    return found is not None and any(
        re.sub(r"\W|(?:\.com?)$", "", found.casefold()) == re.sub(r"\W|(?:\.com?)$", "", one.casefold())
        for one in label.lstrip("?").split("|")
        if one
    )


def labelled(path: Path, half: str | None) -> None:
    """Print the figures and errors of the labelled articles."""
    known = labels()
    said, day = Tally(), Tally()
    seconds = seen = 0.0
    for row in articles(path):
        label = known.pop(digest(row["body"]), None)
        if label is None or half not in (None, label.half):
            continue
        start = time.process_time()
        source, dated = publisher(row["body"]).source, published(row["body"])
        seconds += time.process_time() - start
        seen += 1
        where = f"{digest(row['body'])}\t{row['set']}"
        if label.publisher != "-":
            said.add(source, label.publisher, right=same(source, label.publisher), where=where)
        when = dated[0] if dated else None
        day.add(when, label.date, right=when in label.date.lstrip("?!").split("|") and when is not None, where=where)
    print(f"labelled articles ({half or 'all'}): {seen:.0f}, {seconds / max(seen, 1) * 1000:.3f} ms each")
    for name, tally in (("publisher", said), ("date", day)):
        print(f"{name}: {tally}")
        print(*(f"  {error}" for error in tally.errors), sep="\n")


def given(path: Path, *, errors: bool) -> None:
    """Print the figures of all articles whose source or date was given."""
    sources = named = agreed = dates = found = exact = beside = near = 0
    seconds = rows = 0.0
    for row in articles(path):
        start = time.process_time()
        source, dated = publisher(row["body"]).source, published(row["body"])
        seconds += time.process_time() - start
        rows += 1
        if row["source"] and "/" not in row["source"]:  # "social-media/mafindo" is no publisher
            sources += 1
            named += source is not None
            right = source is not None and house(source) == house(row["source"])
            agreed += right
            if errors and source is not None and not right:
                print(f"  {digest(row['body'])}\t{row['set']}\tfound {source}\tgiven {row['source']}")
        when = parse_date(row["date"])
        if when and when[1] == "day":
            dates += 1
            if dated and len(dated[0]) == 10:
                found += 1
                days = (date.fromisoformat(dated[0]) - date.fromisoformat(when[0])).days
                exact += days == 0
                beside += abs(days) <= 1
                near += abs(days) <= NEAR
                if errors and abs(days) > NEAR:
                    print(f"  {digest(row['body'])}\t{row['set']}\tfound {dated[0]}\tgiven {when[0]}")
    print(f"all articles: {rows:.0f}, {seconds / max(rows, 1) * 1000:.3f} ms each")
    print(f"publisher, against the given source: precision {interval(agreed, named)}, found {interval(named, sources)}")
    print(f"date, against the given date: to the day {interval(exact, found)}")
    print(f"      within a day {interval(beside, found)}")
    print(f"      within {NEAR} days {interval(near, found)}, found {interval(found, dates)}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("news", type=Path)
    parser.add_argument(
        "--half", choices=("development", "held", "fresh", "given"), help="only this part of the labelled articles"
    )
    parser.add_argument("--errors", action="store_true", help="list what differs from the given sources and dates, too")
    options = parser.parse_args()
    labelled(options.news, options.half)
    if options.half is None:
        given(options.news, errors=options.errors)


if __name__ == "__main__":
    main()
