"""Bring the index up to date with a folder: plan the difference, apply it, commit.

Order of an update, and of each slice of a long one, under the write lock: segment files and lexicon first, the
catalogue's transaction last. Until that commit readers see the old state; a crash leaves files that no catalogue names,
and the next writer clears them.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from index.build import READING, Update
from index.catalogue import FILE_NAME, NEXT_NAME, Catalogue, FileState
from index.choice import read_choice
from index.corpus import Corpus
from index.database import explained, is_damage
from index.encoder import Encoder, open_encoder
from index.errors import IndexUnusableError
from index.leftovers import clear_away, purge
from index.lexicon import Lexicon
from index.lock import WAIT_SECONDS, write_lock
from index.milvus.named import name_server
from index.moved import moved
from index.moving import settle_store
from index.plan import Plan, plan
from index.repair import encode_again, join_lexicon, lexicon_opens, new_lexicon, rebuild_lexicon, unusable
from index.report import OnProgress, Report, Skipped
from index.root import check_root, last_number
from index.scan import FoundFile, LeftOut, find_files
from index.segment import sync_folder
from index.stores import Store, check_ann, is_at


def update(
    root: Path,
    paths: Sequence[Path],
    *,
    fresh: bool = False,
    dry_run: bool = False,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encoder: str | None = None,
    ann: str | None = None,
    store: Store | None = None,
    columns: Mapping[str, str] | None = None,
    moved_to: Path | None = None,
    changed: Sequence[Path] | None = None,
    passed_over: Callable[[FoundFile], bool] = lambda file: False,
    opener: Callable[[str], Encoder] | None = None,
    wait: float = WAIT_SECONDS,
    on_progress: OnProgress = lambda done, total, articles: None,
) -> Report:
    """Make the index in `root` hold exactly the articles at or below `paths`; what changed is all that is done.

    Other articles of the index stay, unless `fresh`: then the index is built anew, beside what readers go on using.
    `ann`: how vectors are searched from now on, one of `vectors.KINDS`; None leaves it as it is.
    `store`: where vectors lie from now on, a server that is trusted from now on; None leaves them where they are.
    `columns`: the user's own names of columns, by field, added to those that the index remembers ("" forgets one).
    `moved_to`: the folder where the articles lie now, when they or the index were moved; see `index.moved`.
    `changed`: of what lies below `paths` (absolute ones then), only look at what lies at or below these, which may be
    gone. `passed_over`: files that shall count as they were, whatever they are now. `opener` opens encoders in place of
    `open_encoder`. `wait`: seconds to wait for another writer.
    Raises UsageError, LockedError, IndexUnusableError, EncoderError, OSError; after any of them, and after an
    interruption, the index is what it was, or holds the articles that were committed by then: of an update that takes
    longer than `build.SLICE_SECONDS`, and is no `fresh` one, the next goes on with what is left.
    """
    begun = time.perf_counter()
    if ann and (root / FILE_NAME).is_file() and not fresh:
        with closing(Catalogue(root)) as catalogue:
            check_ann(ann, store, catalogue)
    else:
        check_ann(ann, store)
    check_root(root)
    corpus = Corpus(root)
    left_out = LeftOut()
    found = list(find_files(corpus, paths, include, exclude, changed=changed, left_out=left_out))
    job = _Job(
        root,
        corpus,
        paths if changed is None else changed,
        found,
        left_out,
        passed_over,
        fresh=fresh,
        encoder=encoder,
        opener=opener or open_encoder,
        ann=ann,
        store=store,
        columns=columns or {},
        moved_to=moved_to,
        on_progress=on_progress,
    )
    if dry_run:
        report = job.dry_run()
    else:
        root.mkdir(parents=True, exist_ok=True)
        if store and store.uri:
            name_server(store.uri)
        with write_lock(root, wait):
            try:
                report = job.run()
            except sqlite3.Error as error:
                raise explained(root, error) from error
    report.skipped[:0] = [Skipped(corpus.shown(corpus.name(path)), reason) for path, reason in left_out.named()]
    report.ignored = left_out.ignore.left_out
    report.seconds = round(time.perf_counter() - begun, 3)
    return report


@dataclass(frozen=True, slots=True)
class _Job:
    """What `update` was asked to do."""

    root: Path
    corpus: Corpus
    paths: Sequence[Path]
    found: Sequence[FoundFile]
    left_out: LeftOut
    passed_over: Callable[[FoundFile], bool]
    fresh: bool
    encoder: str | None
    opener: Callable[[str], Encoder]
    ann: str | None
    store: Store | None
    columns: Mapping[str, str]
    moved_to: Path | None
    on_progress: OnProgress

    def dry_run(self) -> Report:
        """What a run would do, by files: nothing is read but their content's digest, nothing is written."""
        known: list[FileState] = []
        counts: dict[int, int] = {}
        if (self.root / FILE_NAME).exists() and not self.fresh:
            with closing(Catalogue(self.root)) as catalogue:
                known = self._follow(catalogue, write=False)
                counts = {state.file: len(catalogue.articles_of(state.file)) for state in known}
        todo = self._plan(known)
        report = Report(
            added=len(todo.added),
            changed=sum(counts[state.file] for state, _, _ in todo.changed),
            renamed=sum(counts[state.file] for state, _, _ in todo.renamed),
            removed=sum(counts[state.file] for state in todo.gone),
            unchanged=sum(counts[state.file] for state in todo.unchanged + [state for state, _, _ in todo.touched]),
        )
        report.skipped += [Skipped(self.corpus.shown(path), reason) for path, reason in todo.unreadable]
        return report

    def run(self) -> Report:
        """Bring the index up to date, under the write lock."""
        try:
            catalogue = Catalogue(self.root, create=True)
        except IndexUnusableError:
            if not self.fresh:
                raise
            return self._replace()
        with closing(catalogue):
            try:
                return self._apply(catalogue)
            except BaseException as error:
                if not self.fresh or not is_damage(error):
                    with suppress(Exception):  # whatever cannot be cleared away now, the next writer clears away
                        catalogue.settle()
                        clear_away(self.root, catalogue)
                        purge(self.root, catalogue)
                    raise
        return self._replace()

    def _known(self, catalogue: Catalogue) -> list[FileState]:
        """The catalogue's files at or below the paths: only these can be found, changed or gone."""
        named = self.corpus.names(self.paths)
        if named is None:
            known = {state.path: state for state in catalogue.files()}
            covered = self.corpus.covered(self.paths, known)
            return [state for path, state in known.items() if path in covered]
        return list({state.file: state for name in named for state in catalogue.files_below(name)}.values())

    def _follow(self, catalogue: Catalogue, *, write: bool = True) -> list[FileState]:
        """As `_known`, once the catalogue says where the files lie that were moved; without `write`, as if it did."""
        if self.moved_to is None:
            return self._known(catalogue)
        states = catalogue.files()
        names = moved(self.corpus, states, self.moved_to) if states else {}
        staying = {state.path for state in states if state.file not in names}
        twice = {file for file, name in names.items() if name in staying}  # indexed at the new place already
        names = {file: name for file, name in names.items() if file not in twice}
        if write and names:
            with catalogue.transaction():
                catalogue.rename_files(names)
                catalogue.set(generation=catalogue.get("generation") + 1)
        states = [state._replace(path=names.get(state.file, state.path)) for state in states]
        covered = self.corpus.covered(self.paths, [state.path for state in states])
        return [state for state in states if state.path in covered or state.file in twice]

    def _plan(self, known: Sequence[FileState], *, reread: bool = False) -> Plan:
        over = {file.path for file in self.found if self.passed_over(file)}
        if self.left_out.closed:
            over |= {state.path for state in known if self.left_out.hides(self.corpus.locate(state.path))}
        found = (file for file in self.found if file.path not in over)
        return plan(found, (state for state in known if state.path not in over), reread=reread)

    def _apply(self, catalogue: Catalogue) -> Report:
        root = self.root
        remembered = catalogue.get("columns") or {}
        columns = {kind: column for kind, column in {**remembered, **self.columns}.items() if column}
        reread = catalogue.get("reading") not in (None, READING) or columns != remembered
        known = self._follow(catalogue)
        todo = self._plan([] if self.fresh else known, reread=reread)
        if catalogue.path.name == FILE_NAME:
            clear_away(root, catalogue)  # what a writer that died may have left
        broken = [] if self.fresh else unusable(root, catalogue)
        wordless = not self.fresh and not lexicon_opens(root, catalogue)
        if not (self.fresh or wordless):
            purge(root, catalogue)
        settled = catalogue.get("encoder") and not self.encoder and self.ann in (None, catalogue.get("ann"))
        settled = settled and is_at(catalogue, self.store)
        if not (self.fresh or broken or wordless) and todo.is_empty() and settled:
            return replace(_nothing_to_do(catalogue, todo, self.corpus), columns=columns)
        encoder = self._open_encoder(catalogue)
        with catalogue.transaction():
            former_ids = catalogue.article_ids() if self.fresh else {}
            if self.fresh:
                catalogue.clear()
            if (catalogue.get("encoder") or {}).get("fingerprint") != encoder.fingerprint:
                broken = catalogue.segments()
            again = encode_again(root, catalogue, encoder, broken, self.on_progress) if broken else 0
            if self.ann:
                catalogue.set(ann=self.ann)
            again += settle_store(root, catalogue, encoder, self.store, self.on_progress, fresh=self.fresh)
            if wordless:
                rebuild_lexicon(root, catalogue)
            work = Update(
                root,
                self.corpus,
                catalogue,
                encoder,
                fresh=self.fresh,
                former_ids=former_ids,
                columns=columns,
                reread=reread,
                # In slices, what is built anew would be seen before it is whole; a server has shards for that.
                sliced=not (former_ids or catalogue.get("store") or catalogue.path.name != FILE_NAME),
            )
            work.report.encoded += again
            if self.fresh or not catalogue.get("lexicon"):
                lexicon = new_lexicon(root, catalogue)
            else:
                lexicon = Lexicon(root / "lexicon" / catalogue.get("lexicon"))
            first = work.next_passage
            work.apply(todo, lexicon, self.on_progress)
        work.vectors.committed()
        if catalogue.path.name == FILE_NAME:
            clear_away(root, catalogue)
            purge(root, catalogue)
            join_lexicon(root, catalogue, work.next_passage - first)
        return work.report

    def _open_encoder(self, catalogue: Catalogue) -> Encoder:
        """The encoder asked for, or else the one the index was made with, which must not have changed."""
        made_with = None if self.fresh else catalogue.get("encoder")
        stored = (catalogue.get("encoder") or {}).get("name", "bundled")
        name = str(read_choice(self.encoder or stored).absolute())
        encoder = self.opener(name)
        if made_with and not self.encoder and made_with["fingerprint"] != encoder.fingerprint:
            raise IndexUnusableError(
                f"the index at {self.root} was made with another encoder "
                f"({made_with['name']}, {made_with['fingerprint']}; now {name}, {encoder.fingerprint})",
                f"run `telusur index PATH… --encoder {name}` to encode all its passages with this one",
            )
        return encoder

    def _replace(self) -> Report:
        """Build beside a catalogue that cannot be used, then put the new one in its place.

        The files of both lie in the same folders, under numbers that the old one did not use, and the lock is one.
        """
        for leftover in self.root.glob(f"{NEXT_NAME}*"):
            leftover.unlink()
        with closing(Catalogue(self.root, create=True, name=NEXT_NAME)) as catalogue:
            catalogue.set(next_segment=last_number(self.root / "segments") + 1)
            catalogue.set(lexicon=f"{last_number(self.root / 'lexicon'):06d}")
            report = self._apply(catalogue)
        for end in ("-wal", "-shm", "-journal"):  # SQLite would take them for the new one's
            (self.root / f"{FILE_NAME}{end}").unlink(missing_ok=True)
        (self.root / NEXT_NAME).replace(self.root / FILE_NAME)
        sync_folder(self.root)
        with closing(Catalogue(self.root)) as catalogue:
            clear_away(self.root, catalogue)
        return report


def _nothing_to_do(catalogue: Catalogue, todo: Plan, corpus: Corpus) -> Report:
    return Report(
        unchanged=catalogue.count_articles(state.file for state in todo.unchanged),
        skipped=[Skipped(corpus.shown(path), reason) for path, reason in todo.unreadable],
        articles=catalogue.get("articles"),
        passages=catalogue.get("passages"),
    )
