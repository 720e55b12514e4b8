"""One machine's share of the encoding of an archive; the run that writes the index takes what it put there.

Encoding is nearly all of the work of a new index (docs/scale.md). A shard reads its share of the articles, encodes
their passages and puts the vectors on the server under the digests of their texts. It writes no catalogue and needs no
lock: shards know nothing of each other, and one that was lost is run again and does only what it had not done.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from index.article import ROW_READERS, articles_of
from index.catalogue import FILE_NAME, Catalogue
from index.corpus import Corpus
from index.cutting import all_boilerplate, look_ahead
from index.encoder import Encoder, open_encoder
from index.encoding import BLOCK, encode, passage_digest
from index.errors import ArticleError, UsageError
from index.milvus.collection import Collection
from index.milvus.named import name_server
from index.milvus.server import server
from index.milvus.staged import staged
from index.passage import Passage, split
from index.reading.fields import Columns
from index.reading.source import COMPRESSED
from index.repeated import Publishers
from index.report import OnProgress, Skipped
from index.scan import FoundFile, LeftOut, find_files


@dataclass(slots=True)
class ShardReport:
    """What a shard did."""

    articles: int = 0  # of its share
    passages: int = 0  # of these, each text once a block
    encoded: int = 0  # that nobody had encoded before
    skipped: list[Skipped] = field(default_factory=list)
    seconds: float = 0.0


def parse_shard(text: str) -> tuple[int, int]:
    """`3/16` as (3, 16). Raises UsageError."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    part, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= part <= of:
        raise UsageError(f"{text!r} names no shard", "write it as 3/16, the first one being 1/16")
    return part, of


def encode_shard(
    root: Path,
    paths: Sequence[Path],
    shard: tuple[int, int],
    uri: str | None,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encoder: str | None = None,
    columns: Mapping[str, str] | None = None,
    opener: Callable[[str], Encoder] = open_encoder,
    on_progress: OnProgress = lambda done, total, articles: None,
) -> ShardReport:
    """Encode a shard of the articles at or below `paths` for the index in `root`, which need not be there.

    Where it is, its encoder, columns and server are taken unless others are named. Raises UsageError, EncoderError,
    StoreError, IndexUnusableError when staged vectors are not such as this version makes.
    """
    begun = time.perf_counter()
    if uri:
        name_server(uri)
    if (root / FILE_NAME).exists():
        with closing(Catalogue(root)) as catalogue:
            encoder = encoder or (catalogue.get("encoder") or {}).get("name")
            columns = {**(catalogue.get("columns") or {}), **(columns or {})}
            uri = uri or (catalogue.get("store") or {}).get("uri")
    if uri is None:
        raise UsageError("a shard needs a server to put its vectors on", "add --store milvus --uri http://HOST:19530")
    opened = opener(encoder or "bundled")
    target = staged(server(uri), opened.fingerprint, opened.dimension)
    if not target.exists():
        target.create()
    target.check()
    corpus, left_out, report = Corpus(root), LeftOut(), ShardReport()
    files = list(find_files(corpus, paths, include, exclude, left_out=left_out))
    report.skipped += [Skipped(corpus.shown(corpus.name(path)), reason) for path, reason in left_out.named()]
    waiting: dict[bytes, str] = {}
    for passages in _share(corpus, files, shard, Columns(columns or {}), report, on_progress):
        waiting |= {passage_digest(passage.text): passage.text for passage in passages}
        report.articles += 1
        if len(waiting) >= BLOCK:
            _encode(opened, target, waiting, report)
            waiting = {}
    _encode(opened, target, waiting, report)
    report.seconds = round(time.perf_counter() - begun, 3)
    return report


def _share(
    corpus: Corpus,
    files: Sequence[FoundFile],
    shard: tuple[int, int],
    columns: Columns,
    report: ShardReport,
    on_progress: OnProgress,
) -> Iterator[list[Passage]]:
    """The passages of each article of a shard, cut as the index will cut them, as far as can be known here."""
    publishers = Publishers(lambda source: None)
    look_ahead(publishers, files, columns)
    done, total = 0, sum(file.size for file in files)
    for file in files:
        done += file.size
        many = _holds_many(file.path)
        try:
            if not many and not _is_in(file.sha256(), shard):
                continue
        except OSError as error:
            report.skipped.append(Skipped(corpus.shown(file.path), f"cannot be read: {error.strerror}"))
            continue
        for found in articles_of(Path(file.location), columns):
            if isinstance(found, ArticleError):
                report.skipped.append(Skipped(corpus.shown(file.path), str(found), found.hint))
            elif not many or _is_in(hashlib.sha256(found.text.encode("utf-8", "replace")).hexdigest(), shard):
                yield split(found.text, all_boilerplate(found, publishers))
        on_progress(done, total, report.articles)


def _holds_many(path: str) -> bool:
    """Whether a file holds rows: then they are shared out one by one, and else files by their bytes, unread."""
    name = path.lower()
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    return name.endswith(tuple(ROW_READERS))


def _is_in(digest: str, shard: tuple[int, int]) -> bool:
    part, of = shard
    return int(digest[:16], 16) % of == part - 1


def _encode(encoder: Encoder, target: Collection, waiting: Mapping[bytes, str], report: ShardReport) -> None:
    """Put what nobody has encoded yet on the server. Raises StoreError."""
    keys = {digest.hex(): text for digest, text in waiting.items()}
    held = target.held([*keys])
    missing = {key: text for key, text in keys.items() if key not in held}
    target.upsert([*missing], encode(encoder, [*missing.values()]))
    report.passages += len(keys)
    report.encoded += len(missing)
