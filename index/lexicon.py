"""The BM25 side: a tantivy index of stemmed terms, one entry a passage.

Terms are stemmed here before they reach tantivy (it has no Indonesian stemmer), so its own analyser only splits at
spaces. What is committed here is not yet visible: the catalogue decides which passages exist.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tantivy

from index.filter import Numbers, among
from index.lexicon_files import check_names, opening, readable, reading, writing
from index.query_word import QueryWord, counted
from index.text import query_language, query_terms, terms
from index.translation import widened

WRITER_MEMORY = 64_000_000  # bytes; tantivy asks for at least 15 MB a thread
FILTER_TERMS = 20_000  # up to so many allowed articles are named to tantivy; above, results are thinned and refetched
TIE_MARGIN = 32  # fetched beyond k, so that equal scores at the cut are chosen by number and not by chance
TITLE_WEIGHT = 0.5
WORDS_A_SCORE = 24  # powers of two that a score, which is a float32, adds up exactly
PAIR_WEIGHT = 0.2  # of two of the question's words side by side, beside what each adds; see docs/quality.md


class Entry(NamedTuple):
    """What the lexicon keeps of one passage."""

    passage: int
    article: int
    text: str
    title: str | None
    language: str | None


def language_of_stems(passage: str | None, article: str | None) -> str | None:
    """In which language the words of a passage are stemmed: its own where that is plain, else its article's."""
    return passage if passage in ("id", "en") else article


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("passage", indexed=True, fast=True)
    builder.add_unsigned_field("article", indexed=True, fast=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("title", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


class LexiconWriter:
    """What a writer may do between opening and commit."""

    def __init__(self, writer: tantivy.IndexWriter, schema: tantivy.Schema, folder: Path) -> None:
        self._writer = writer
        self._schema = schema
        self._folder = folder

    def add(self, entry: Entry) -> None:
        """Add one passage. Raises OSError: a worker that could not write is told of here, some documents later."""
        document = tantivy.Document()
        document.add_unsigned("passage", entry.passage)
        document.add_unsigned("article", entry.article)
        document.add_text("body", " ".join(terms(entry.text, entry.language)))
        document.add_text("title", " ".join(terms(entry.title or "", entry.language)))
        with writing(self._folder):
            self._writer.add_document(document)

    def commit(self) -> None:
        """Make durable what was added and removed so far. Raises OSError."""
        with writing(self._folder):
            self._writer.commit()

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
        with opening(folder):
            check_names(folder)
            place = str(folder) if create else readable(folder, self)
            self._index = tantivy.Index(_schema(), place, reuse=True) if create else tantivy.Index.open(place)
            self._schema = self._index.schema
            if self._schema != _schema():
                raise ValueError("it has other fields than a lexicon")
            self.reload()

    def _share(self) -> None:
        """Let whoever may read the lexicon's other files read those two that tantivy keeps to their owner."""
        mode = (self.folder / ".tantivy-writer.lock").stat().st_mode & 0o666
        for name in ("meta.json", ".managed.json"):
            (self.folder / name).chmod(mode)

    def reload(self) -> None:
        """See what was committed last."""
        self._index.reload()
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @property
    def parts(self) -> int:
        """The segments that it lies in: a query looks up its words in each."""
        return int(self._searcher.num_segments)

    @contextmanager
    def writer(self, orphans_from: int | None = None) -> Iterator["LexiconWriter"]:
        """Additions and removals that become durable together at the end, or at each `commit`, or not at all.

        `orphans_from`: passages with this number or a higher one were left by a writer that died before the
        catalogue knew them; they go first.
        """
        with writing(self.folder):
            writer = self._index.writer(WRITER_MEMORY, 1)
            # A writer that died may have left a file of removals under the very name that this one will choose.
            writer.garbage_collect_files()
        try:
            if orphans_from is not None:
                orphans = tantivy.Query.range_query(
                    self._schema, "passage", tantivy.FieldType.Unsigned, lower_bound=orphans_from
                )
                writer.delete_documents_by_query(orphans)
            yield (open_writer := LexiconWriter(writer, self._schema, self.folder))
            open_writer.commit()
        except BaseException:
            with suppress(ValueError):  # what made it fail makes this fail too; nothing was committed
                writer.rollback()
            raise
        finally:
            with suppress(ValueError):  # merging is not needed for what was committed
                writer.wait_merging_threads()
        with suppress(OSError):
            self._share()
        self.reload()

    # --- reading ---------------------------------------------------------------------------------------------

    def search(
        self,
        question: str | Sequence[QueryWord],
        k: int,
        allowed: Numbers | None = None,
        articles: Numbers | None = None,
    ) -> list[tuple[int, float]]:
        """Ranking of at most `k` passages by BM25, best first, equal scores in order of number.

        `question`: its text, or its words as `asked` gives them.
        `allowed`: only these passages, ascending (and then `articles`, the articles that hold them).
        """
        query = self._query(self.asked(question) if isinstance(question, str) else question)
        if query is None:
            return []
        if allowed is None:
            return self._run(query, k)
        if articles is not None and len(articles) <= FILTER_TERMS:
            named = tantivy.Query.term_set_query(self._schema, "article", articles.tolist())
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.boost_query(named, 0.0))]
            )
        fetch = 4 * k
        while True:
            found = self._run(query, fetch)
            inside = among(np.array([passage for passage, _ in found], np.int64), allowed)
            kept = list(itertools.compress(found, inside))
            if len(kept) >= k or len(found) < fetch:
                return kept[:k]
            fetch *= 8

    def held(self, asked: Sequence[QueryWord], articles: Iterable[int]) -> dict[int, float]:
        """How much of a question's words each of these articles holds, in whichever of its passages or its title.

        The weight of the words it holds over the weight of all: 0 … 1.
        """
        total = sum(word.weight for word in asked) or 1.0
        shares = dict.fromkeys(articles, 0.0)
        if not shares:
            return shares
        # A term query each: a set of terms is looked up anew in every query, at five times the cost.
        named = [tantivy.Query.term_query(self._schema, "article", article) for article in shares]
        inside = tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in named])
        for start in range(0, len(asked), WORDS_A_SCORE):
            some = asked[start : start + WORDS_A_SCORE]
            held = self._which(some, inside)
            for number, word in enumerate(some):
                for article in shares:
                    shares[article] += word.weight / total * (held.get(article, 0) >> number & 1)
        return shares

    def _which(self, asked: Sequence[QueryWord], inside: tantivy.Query) -> dict[int, int]:
        """Which of some words each article of the passages `inside` holds: one bit of a number each.

        Asked for in one query, in which each word scores a power of two.
        """
        scored = [tantivy.Query.const_score_query(self._anywhere(word), 2.0**n) for n, word in enumerate(asked)]
        parts = (
            tantivy.Query.const_score_query(inside, 0.0),
            tantivy.Query.boolean_query([(tantivy.Occur.Should, word) for word in scored]),
        )
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
        held: dict[int, int] = {}
        for article, score in self._articles(query):
            held[article] = held.get(article, 0) | int(score)
        return held

    def containing(self, phrase: str) -> Numbers:
        """Passages, ascending, in which the words of `phrase` stand side by side (as stems, in either language)."""
        queries = []
        for language in ("id", "en"):
            stems = terms(phrase, language)
            if len(stems) == 1:
                queries.append(tantivy.Query.term_query(self._schema, "body", stems[0]))
            elif stems:
                queries.append(tantivy.Query.phrase_query(self._schema, "body", list(stems)))
        if not queries or not len(self):
            return np.empty(0, np.int64)
        either = tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])
        return np.array(sorted(passage for passage, _ in self._run(either, len(self))), np.int64)

    def asked(self, text: str) -> list[QueryWord]:
        """The telling words of a question."""
        language = query_language(text)
        words = [(own, widened(own, language)) for own in query_terms(text)]
        return [QueryWord(own, forms, self._weight(forms)) for own, forms in words]

    def _weight(self, forms: Iterable[str]) -> float:
        """BM25's inverse document frequency of a word that occurs in these forms."""
        with reading(self.folder):
            frequency = max(self._searcher.doc_freq("body", form) for form in forms)
        size = max(1, len(self), frequency)  # tantivy counts what was removed among the frequencies until it merges
        return math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))

    def numbers(self) -> set[int]:
        """Every passage that the lexicon holds (for `verify`)."""
        return {passage for passage, _ in self._run(tantivy.Query.all_query(), max(1, len(self)))}

    def reaches(self, passage: int) -> bool:
        """Whether it holds a passage with this number or a higher one: told by what each segment says of its range."""
        query = tantivy.Query.range_query(self._schema, "passage", tantivy.FieldType.Unsigned, lower_bound=passage)
        with reading(self.folder):
            return bool(self._searcher.search(query, 1, count=False).hits)

    def _query(self, asked: Sequence[QueryWord]) -> tantivy.Query | None:
        """BM25 of the words, each by its best form, and a little for neighbours in the question that are neighbours."""
        if not asked or not len(self):
            return None
        clauses = []
        for word in asked:
            options = []
            for form, probability in word.forms.items():
                count = counted(probability)
                body = tantivy.Query.term_query(self._schema, "body", form, "freq")
                title = tantivy.Query.term_query(self._schema, "title", form, "freq")
                options.append(tantivy.Query.boost_query(body, count))
                options.append(tantivy.Query.boost_query(title, TITLE_WEIGHT * count))
            for name in word.names:
                together = tantivy.Query.phrase_query(self._schema, "body", list(name))
                whole = sum(self._weight([term]) for term in name)
                options.append(tantivy.Query.boost_query(together, word.weight / whole))
            clauses.append(tantivy.Query.disjunction_max_query(options, tie_breaker=0.3))
        for left, right in itertools.pairwise(asked):
            for pair in sorted({(left.own[0], right.own[0]), (left.own[-1], right.own[-1])}):
                together = tantivy.Query.phrase_query(self._schema, "body", list(pair), slop=1)
                clauses.append(tantivy.Query.boost_query(together, PAIR_WEIGHT))
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])

    def _anywhere(self, word: QueryWord) -> tantivy.Query:
        """Passages in which a word stands in any of its forms, or the name that it stands for."""
        options = [
            tantivy.Query.term_query(self._schema, field, form) for form in word.forms for field in ("body", "title")
        ]
        options += [tantivy.Query.phrase_query(self._schema, "body", list(name)) for name in word.names]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, option) for option in options])

    def _articles(self, query: tantivy.Query) -> list[tuple[int, float]]:
        """The article and the score of each passage that a query meets."""
        fetch = 256
        while True:
            with reading(self.folder):
                hits = self._searcher.search(query, fetch, count=False).hits
                if len(hits) < fetch:
                    found = self._searcher.fast_field_values("article", [address for _, address in hits])
                    return [(int(article or 0), score) for article, (score, _) in zip(found, hits, strict=True)]
            fetch *= 8

    def _run(self, query: tantivy.Query, k: int) -> list[tuple[int, float]]:
        with reading(self.folder):
            hits = self._searcher.search(query, k + TIE_MARGIN, count=False).hits
            numbers = self._searcher.fast_field_values("passage", [address for _, address in hits])
        ranking = [(int(number or 0), float(score)) for (score, _), number in zip(hits, numbers, strict=True)]
        ranking.sort(key=lambda pair: (-pair[1], pair[0]))
        return ranking[:k]
