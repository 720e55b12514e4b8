"""The BM25 side: a tantivy index of stemmed terms, one entry a passage.

Terms are stemmed here before they reach tantivy (it has no Indonesian stemmer), so its own analyser only splits at
spaces. What is committed here is not yet visible: the catalogue decides which passages exist.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import tantivy

from index.errors import IndexUnusableError
from index.text import query_terms, terms

WRITER_MEMORY = 64_000_000  # bytes; tantivy asks for at least 15 MB a thread
FILTER_TERMS = 20_000  # up to so many allowed articles are named to tantivy; above, results are thinned and refetched
TIE_MARGIN = 32  # fetched beyond k, so that equal scores at the cut are chosen by number and not by chance
TITLE_WEIGHT = 0.5


class Entry(NamedTuple):
    """What the lexicon keeps of one passage."""

    passage: int
    article: int
    text: str
    title: str | None
    language: str | None


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("passage", indexed=True, fast=True)
    builder.add_unsigned_field("article", indexed=True, fast=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("title", tokenizer_name="whitespace", index_option="position")
    return builder.build()


class LexiconWriter:
    """What a writer may do between opening and commit."""

    def __init__(self, writer: tantivy.IndexWriter, schema: tantivy.Schema) -> None:
        self._writer = writer
        self._schema = schema

    def add(self, entry: Entry) -> None:
        """Add one passage."""
        document = tantivy.Document()
        document.add_unsigned("passage", entry.passage)
        document.add_unsigned("article", entry.article)
        document.add_text("body", " ".join(terms(entry.text, entry.language)))
        document.add_text("title", " ".join(terms(entry.title or "", entry.language)))
        self._writer.add_document(document)

    def remove(self, passages: Sequence[int]) -> None:
        """Remove passages."""
        # By query: a bare number given to `delete_documents_by_term` is a signed one, and meets no unsigned field.
        self._writer.delete_documents_by_query(tantivy.Query.term_set_query(self._schema, "passage", list(passages)))


class Lexicon:
    """One open lexicon. Thread-safe for reading; at most one writer (the index lock sees to that)."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the lexicon in `folder`, or create it. Raises IndexUnusableError."""
        self.folder = folder
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = (
                tantivy.Index(_schema(), str(folder), reuse=True) if create else tantivy.Index.open(str(folder))
            )
        except (ValueError, OSError) as error:
            raise IndexUnusableError(
                f"the lexicon in {folder} cannot be opened: {error}", "run `telusur index PATH… --fresh` to rebuild it"
            ) from error
        self._schema = self._index.schema
        self.reload()

    def reload(self) -> None:
        """See what was committed last."""
        self._index.reload()
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @contextmanager
    def writer(self, orphans_from: int | None = None) -> Iterator["LexiconWriter"]:
        """Additions and removals that become durable together at the end, or not at all.

        `orphans_from`: passages with this number or a higher one were left by a writer that died before the
        catalogue knew them; they go first.
        """
        writer = self._index.writer(WRITER_MEMORY, 1)
        try:
            if orphans_from is not None:
                orphans = tantivy.Query.range_query(
                    self._schema, "passage", tantivy.FieldType.Unsigned, lower_bound=orphans_from
                )
                writer.delete_documents_by_query(orphans)
            yield LexiconWriter(writer, self._schema)
            try:
                writer.commit()
            except ValueError as error:  # tantivy's one kind of error, a full disk included
                raise OSError(f"the lexicon in {self.folder} could not be written: {error}") from error
        except BaseException:
            writer.rollback()
            raise
        finally:
            writer.wait_merging_threads()
        self.reload()

    # --- reading ---------------------------------------------------------------------------------------------

    def search(
        self, text: str, k: int, allowed: frozenset[int] | None = None, articles: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """Ranking of at most `k` passages by BM25, best first, equal scores in order of number.

        `allowed`: only these passages (and then `articles`, the articles that hold them).
        """
        query = self._any_of(query_terms(text))
        if query is None:
            return []
        if allowed is None:
            return self._run(query, k)
        if articles is not None and len(articles) <= FILTER_TERMS:
            named = tantivy.Query.term_set_query(self._schema, "article", list(articles))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.boost_query(named, 0.0))]
            )
        fetch = 4 * k
        while True:
            found = self._run(query, fetch)
            kept = [(passage, score) for passage, score in found if passage in allowed]
            if len(kept) >= k or len(found) < fetch:
                return kept[:k]
            fetch *= 8

    def containing(self, phrase: str) -> set[int]:
        """Passages in which the words of `phrase` stand side by side (as stems, in either language)."""
        queries = []
        for language in ("id", "en"):
            stems = terms(phrase, language)
            if len(stems) == 1:
                queries.append(tantivy.Query.term_query(self._schema, "body", stems[0]))
            elif stems:
                queries.append(tantivy.Query.phrase_query(self._schema, "body", list(stems)))
        if not queries or not len(self):
            return set()
        either = tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])
        return {passage for passage, _ in self._run(either, len(self))}

    def weights(self, text: str) -> list[tuple[tuple[str, ...], float, bool]]:
        """For each telling word of a question: its forms, its BM25 inverse document frequency, whether it occurs here.

        A word that occurs nowhere weighs as much as the rarest word that does.
        """
        size = max(1, len(self))
        weighed = []
        for forms in query_terms(text):
            frequency = max((self._searcher.doc_freq("body", form) for form in forms), default=0)
            weighed.append((forms, math.log(1 + (size - frequency + 0.5) / (frequency + 0.5)), frequency > 0))
        return weighed

    def numbers(self) -> set[int]:
        """Every passage that the lexicon holds (for `verify`)."""
        return {passage for passage, _ in self._run(tantivy.Query.all_query(), max(1, len(self)))}

    def highest(self) -> int:
        """The highest number of a passage that the lexicon holds; 0 when it holds none."""
        hits = self._searcher.search(tantivy.Query.all_query(), 1, count=False, order_by_field="passage").hits
        return int(hits[0][0]) if hits else 0

    def _any_of(self, forms_of_words: Sequence[tuple[str, ...]]) -> tantivy.Query | None:
        if not forms_of_words or not len(self):
            return None
        clauses = []
        for forms in forms_of_words:
            options = []
            for form in forms:
                options.append(tantivy.Query.term_query(self._schema, "body", form, "freq"))
                title = tantivy.Query.term_query(self._schema, "title", form, "freq")
                options.append(tantivy.Query.boost_query(title, TITLE_WEIGHT))
            clauses.append((tantivy.Occur.Should, tantivy.Query.disjunction_max_query(options, tie_breaker=0.3)))
        return tantivy.Query.boolean_query(clauses)

    def _run(self, query: tantivy.Query, k: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, k + TIE_MARGIN, count=False).hits
        numbers = self._searcher.fast_field_values("passage", [address for _, address in hits])
        ranking = [(int(number or 0), float(score)) for (score, _), number in zip(hits, numbers, strict=True)]
        ranking.sort(key=lambda pair: (-pair[1], pair[0]))
        return ranking[:k]
