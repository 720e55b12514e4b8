"""Apply a plan to an index: read articles, split them, encode what is new, write segment, lexicon and catalogue.

Everything here happens inside a catalogue transaction that `index.update` opens and commits. A long update commits in
slices: after each, the index is a whole one of the articles that are in by then.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.article import Article, articles_of
from index.calibration import calibrate
from index.catalogue import CUT_OFF, OUTDATED, Catalogue
from index.corpus import Corpus
from index.cutting import cut, look_ahead
from index.encoder import Encoder
from index.encoding import BLOCK, encode
from index.errors import ArticleError
from index.leftovers import clear_away
from index.lexicon import Entry, Lexicon, LexiconWriter, language_of_stems
from index.passage_rows import Cut
from index.plan import Plan
from index.reading.fields import Columns
from index.repeated import Publishers
from index.report import OnProgress, Report, Skipped
from index.rows import Encoded
from index.scan import FoundFile
from index.sketch import Sketch
from index.stores import open_vectors, open_writer

READING = 5  # raise it when articles are read or split otherwise: then every file is read again
SLICE_SECONDS = 30.0  # of work that an interruption may cost; what that costs: docs/performance.md


class Update:
    """One update of one index: made for one plan, applied once."""

    def __init__(
        self,
        root: Path,
        corpus: Corpus,
        catalogue: Catalogue,
        encoder: Encoder,
        *,
        fresh: bool,
        former_ids: Mapping[tuple[str, str | None], str] | None = None,
        columns: Mapping[str, str] | None = None,
        reread: bool = False,
        sliced: bool = False,
    ) -> None:
        """`former_ids`: of an index built anew, the article_ids that it had, by path and row.

        `columns`: the user's own names of columns, by field. `reread`: what is known was read otherwise, and is read
        again. `sliced`: commit in slices; else all or nothing.
        """
        self.root = root
        self.corpus = corpus
        self.catalogue = catalogue
        self.encoder = encoder
        self.fresh = fresh
        self.former_ids = former_ids or {}
        self.taken_ids = frozenset(self.former_ids.values())
        self.reread = reread
        self.sliced = sliced
        self.columns = Columns(columns or {})
        self.report = Report(columns=self.columns.mapping)
        self.vectors = open_writer(root, catalogue, encoder)
        self.next_passage: int = catalogue.get("next_passage")
        self.calibration: dict[str, Any] | None = catalogue.get("calibration")
        self.kept_at, self.kept_to = time.monotonic(), self.next_passage  # by the last slice
        self.next_article: int = catalogue.get("next_article")
        self.articles: int = catalogue.get("articles")  # before the update
        self.passages: int = catalogue.get("passages")
        self.anew = fresh or catalogue.get("reading") != READING
        self.publishers = Publishers(lambda source: None if self.anew else catalogue.get(f"repeated:{source}"))
        self.on_progress: OnProgress = lambda done, total, articles: None
        self.files_read: set[int] = set()
        self.bytes_to_read = self.bytes_read = self.articles_read = 0
        self.done = 0, 0  # bytes and articles of which nothing waits
        self.waiting: list[tuple[int, str, bytes]] = []  # passages of the block: number, text, digest
        self.departed: dict[bytes, int] = {}  # texts whose passages went in this update; their vectors are still there

    def apply(self, todo: Plan, lexicon: Lexicon, on_progress: OnProgress) -> None:
        """Do what the plan says, inside the catalogue's transaction; the caller commits, the last slice if not all."""
        self.report.skipped += [Skipped(self.corpus.shown(path), reason) for path, reason in todo.unreadable]
        self.on_progress = on_progress
        self.bytes_to_read = sum(file.size for _, file, _ in todo.changed) + sum(file.size for file, _ in todo.added)
        if self.anew:
            files = [file for _, file, _ in todo.changed] + [file for file, _ in todo.added]
            look_ahead(self.publishers, files, self.columns)
        with lexicon.writer(orphans_from=self.next_passage) as writer:
            for state, file, digest in todo.touched:
                self.catalogue.update_file(state.file, file.path, file.size, file.settled_mtime_ns(), digest)
            for state, file, digest in todo.renamed:
                self.catalogue.update_file(state.file, file.path, file.size, file.settled_mtime_ns(), digest)
                self.report.renamed += len(self.catalogue.articles_of(state.file))
            still = todo.unchanged + [state for state, _, _ in todo.touched]
            self.report.unchanged += self.catalogue.count_articles(state.file for state in still)
            for changed, file, digest in todo.changed:
                self._commit_if_due(writer)
                self.catalogue.update_file(changed.file, file.path, file.size, file.settled_mtime_ns(), digest)
                self._read(file, changed.file, digest, writer, outdated=changed.mtime_ns == OUTDATED)
            for file, digest in todo.added:
                self._commit_if_due(writer)
                number = self.catalogue.add_file(file.path, file.size, file.settled_mtime_ns(), digest)
                self._read(file, number, digest, writer)
            for state in todo.gone:
                for article, _, _ in self.catalogue.articles_of(state.file):
                    self._depart(article)
                    self.catalogue.remove_article(article)
                    self.report.removed += 1
                self.catalogue.remove_file(state.file)
            self._encode_block()
            self.vectors.flush()
        self.vectors.merge()
        if self.reread:
            self.catalogue.outdate_files(self.files_read)
        self._finish()

    # --- slices ----------------------------------------------------------------------------------------------

    def _commit_if_due(self, writer: LexiconWriter, within: tuple[FoundFile, int, str, int] | None = None) -> None:
        """Commit what is done so far, once that is much; called between two articles.

        `within`: the file that both are in, its number, digest and the time by which it is known until its end, as one
        to be read again.
        """
        due = not self.waiting and self.next_passage > self.kept_to
        if not (self.sliced and due and time.monotonic() - self.kept_at >= SLICE_SECONDS):
            return
        if within:
            file, number, digest, unread = within
            self.catalogue.update_file(number, file.path, file.size, unread, CUT_OFF)
        self.vectors.flush()
        writer.commit()
        self.vectors.merge()
        self._finish(last=False)
        self.catalogue.commit()
        clear_away(self.root, self.catalogue)
        if within:
            self.catalogue.update_file(number, file.path, file.size, file.settled_mtime_ns(), digest)
        self.kept_at, self.kept_to = time.monotonic(), self.next_passage

    # --- articles and passages -------------------------------------------------------------------------------

    def _read(
        self, file: FoundFile, number: int, digest: str, writer: LexiconWriter, *, outdated: bool = False
    ) -> None:
        """Read the articles of a file in place of those it held before. `outdated`: these may be cut otherwise."""
        self.files_read.add(number)
        anew = self.anew or outdated
        before = {row: (article, article_id) for article, row, article_id in self.catalogue.articles_of(number)}
        seen: Counter[str | None] = Counter()
        end = self.bytes_read + file.size
        for found in articles_of(Path(file.location), self.columns):
            if seen:
                self._commit_if_due(writer, (file, number, digest, OUTDATED if outdated else -1))
            self._tell()
            size = len(found.text) if isinstance(found, Article) else 0  # characters: near enough for a bar
            self.bytes_read = min(end, self.bytes_read + size)
            self.articles_read += isinstance(found, Article)
            if isinstance(found, ArticleError):
                self.report.skipped.append(Skipped(self.corpus.shown(file.path), str(found), found.hint))
                continue
            seen[found.row] += 1
            if seen[found.row] > 1:  # two rows of one name: the later ones are told apart by their order
                found = replace(found, row=f"{found.row}~{seen[found.row]}")
            known = before.pop(found.row, None)
            article, article_id = known or (self.next_article, self._article_id(file.path, found.row))
            same = known is not None and self._same(article, found)
            cuts = [] if same and not anew else cut(found, self.publishers)
            if same and (not anew or cuts == self.catalogue.cuts_of(article)):
                self.report.unchanged += 1
                self.catalogue.move_row(article, found.row_line)
                continue
            if known is None:
                self.next_article += 1
                self.report.added += 1
            else:
                self.report.changed += 1
                self._depart(article)
            self._write(article, article_id, number, found, cuts, writer)
        for article, _ in before.values():
            self._depart(article)
            self.catalogue.remove_article(article)
            self.report.removed += 1
        self.bytes_read = end
        self._tell()
        if not seen:
            self.catalogue.remove_file(number)

    def _tell(self) -> None:
        """Say how far the update is: what was read counts once its passages are encoded, which takes the time."""
        if not self.waiting:
            self.done = self.bytes_read, self.articles_read
        self.on_progress(self.done[0], self.bytes_to_read, self.done[1])

    def _same(self, article: int, found: Article) -> bool:
        """Whether the article stands in the catalogue as it was found, be it on another line of its file."""
        stored = self.catalogue.article(article)
        return all(stored[name] == value for name, value in found.cells().items() if name != "row_line")

    def _depart(self, article: int) -> None:
        """Take an article's passages out, remembering which texts they were: an edit keeps most of them."""
        digests = self.catalogue.digests_of(article)
        self.departed.update(digests)
        self.passages -= len(digests)
        self.catalogue.remove_passages(article)

    def _article_id(self, path: str, row: str | None) -> str:
        former = self.former_ids.get((path, row))
        if former is not None:
            return former
        digest = hashlib.sha256(f"{path}\0{row or ''}".encode()).hexdigest()
        for length in range(8, len(digest)):
            if digest[:length] not in self.taken_ids and not self.catalogue.has_article_id(digest[:length]):
                return digest[:length]
        raise AssertionError("two articles with one path and row")

    def _write(
        self, article: int, article_id: str, file: int, found: Article, cuts: Sequence[Cut], writer: LexiconWriter
    ) -> None:
        self.catalogue.write_article(article, article_id, file, found.cells())
        texts = [found.text[start:end] for _, start, end, *_ in cuts]
        self.catalogue.write_sketch(article, Sketch.of(" ".join(texts)))
        rows = []
        for place, text in zip(cuts, texts, strict=True):
            number, self.next_passage = self.next_passage, self.next_passage + 1
            *_, digest, language = place
            rows.append((number, article, *place))
            writer.add(Entry(number, article, text, found.title, language_of_stems(language, found.language)))
            self.waiting.append((number, text, digest))
        self.catalogue.add_passages(rows)
        self.passages += len(rows)
        if len(self.waiting) >= BLOCK:
            self._encode_block()

    # --- vectors ---------------------------------------------------------------------------------------------

    def _encode_block(self) -> None:
        """Give every waiting passage its vector: from a passage of the same text, or else from the encoder."""
        block, self.waiting = self.waiting, []
        vectors = {} if self.fresh else self._vectors_of([digest for _, _, digest in block])
        if not self.fresh:
            vectors |= self.vectors.ready_made([digest for _, _, digest in block if digest not in vectors])
        missing = {digest: text for _, text, digest in block if digest not in vectors}
        vectors |= zip(missing, encode(self.encoder, [*missing.values()]), strict=True)
        self.report.encoded += len(missing)
        for number, _, digest in block:
            self.vectors.add(number, vectors[digest])
        self._tell()

    def _vectors_of(self, digests: Sequence[bytes]) -> dict[bytes, Encoded]:
        bearers = self.catalogue.passages_with(digests)
        bearers |= {digest: self.departed[digest] for digest in digests if digest in self.departed}
        stored = self.vectors.lookup(list(bearers.values()))
        return {digest: stored[number] for digest, number in bearers.items() if number in stored}

    def _finish(self, *, last: bool = True) -> None:
        self.report.articles = self.articles + self.report.added - self.report.removed
        self.report.passages = self.passages
        if last or not self.reread:  # else what is not read again yet would count as if it were
            self.catalogue.set(reading=READING, columns=self.columns.mapping)
        self.catalogue.set(
            **{f"repeated:{source}": state for source, state in self.publishers.states().items()},
            next_passage=self.next_passage,
            next_article=self.next_article,
            articles=self.report.articles,
            passages=self.passages,
            updated=time.time(),
            encoder={
                "name": self.encoder.name,
                "fingerprint": self.encoder.fingerprint,
                "dimension": self.encoder.dimension,
            },
            generation=self.catalogue.get("generation") + 1,
        )
        vectors = open_vectors(self.root, self.catalogue, waited=True)  # as readers will find them
        # A slice goes by the one before; the end goes by what was before the update, as if there had been no slices.
        before = self.calibration if last else self.catalogue.get("calibration")
        self.catalogue.set(calibration=calibrate(self.encoder, vectors, before, self.passages))
