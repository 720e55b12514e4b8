"""An article → its passages, without what is not the article and what its publisher repeats."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from index.article import Article, articles_of
from index.boilerplate import boilerplate
from index.encoding import passage_digest
from index.language import passage_language
from index.passage import split
from index.passage_rows import Cut
from index.reading.fields import Columns
from index.repeated import Publishers
from index.scan import FoundFile

LOOKED_AT = 2_000  # articles from which a new index learns its publishers' repeated lines before it is built


def cut(found: Article, publishers: Publishers) -> list[Cut]:
    """The passages of an article, in reading order, as the catalogue keeps them."""
    passages = enumerate(split(found.text, all_boilerplate(found, publishers)), start=1)
    return [
        (n, p.start, p.end, p.line_start, p.line_end, passage_digest(p.text), passage_language(p.text))
        for n, p in passages
    ]


def all_boilerplate(found: Article, publishers: Publishers) -> Sequence[tuple[int, int]]:
    """All spans of an article's text that no passage holds, what its publisher repeats among them; its lines count."""
    repeated = publishers.read(found.source, found.text, found.boilerplate, found.title)
    return boilerplate(found.text, [*found.boilerplate, *repeated]) if repeated else found.boilerplate


def look_ahead(publishers: Publishers, files: Sequence[FoundFile], columns: Columns) -> None:
    """Learn what the publishers repeat from some articles of each file, so that the first ones read lose it too."""
    each = -(-LOOKED_AT // max(1, len(files)))
    for file in files[:: max(1, len(files) // LOOKED_AT)]:
        for found in islice(articles_of(Path(file.location), columns), each):
            if isinstance(found, Article):
                publishers.read(found.source, found.text, found.boilerplate, found.title)
    publishers.count_anew()
