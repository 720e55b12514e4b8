"""Make anew what the catalogue has all it takes for: the lexicon, and segments, without looking at a file.

Called inside one catalogue transaction, but for `repair` and `join_lexicon`, which open and commit it.
"""

import shutil
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from index.catalogue import Catalogue
from index.encoder import Encoder, open_encoder
from index.encoding import BLOCK, encode
from index.errors import IndexUnusableError
from index.leftovers import clear_away, purge
from index.lexicon import Entry, Lexicon, language_of_stems
from index.lock import write_lock
from index.moving import fill_in, is_lacking
from index.report import OnProgress
from index.rows import SegmentName
from index.segment import Segment, is_damaged
from index.vector_writer import VectorWriter

MANY_PARTS = 4  # of a lexicon: each takes a tenth of a millisecond of a question of eight words


def unusable(root: Path, catalogue: Catalogue) -> list[SegmentName]:
    """Segments that cannot be opened: missing, cut short or of another shape. A flipped bit does not show here."""
    found = []
    for name in catalogue.segments():
        try:
            Segment(root / "segments", name, catalogue.get("encoder")["dimension"])
        except IndexUnusableError:
            found.append(name)
    return found


def damaged(root: Path, catalogue: Catalogue) -> list[SegmentName]:
    """Segments that are not, byte for byte, what was written."""
    return [name for name in catalogue.segments() if is_damaged(root / "segments", name)]


def lexicon_opens(root: Path, catalogue: Catalogue) -> bool:
    """Whether the lexicon is there, if there should be one."""
    name = catalogue.get("lexicon")
    try:
        if name is not None:
            Lexicon(root / "lexicon" / name)
    except IndexUnusableError:
        return False
    return True


def lexicon_problems(root: Path, catalogue: Catalogue) -> list[str]:
    """In what the lexicon and the catalogue disagree."""
    try:
        held = Lexicon(root / "lexicon" / str(catalogue.get("lexicon"))).numbers()
    except IndexUnusableError as error:
        return [str(error)]
    problems = []
    passages = set(catalogue.passage_numbers())
    if passages - held:
        problems.append(f"the lexicon lacks {len(passages - held)} passages")
    # Passages beyond the last known number were left by an update that died; the next one clears them away.
    known = {n for n in held if n < catalogue.get("next_passage")}
    strange = known - passages - set(catalogue.removed("lexicon"))
    if strange:
        problems.append(f"the lexicon holds {len(strange)} passages that are gone")
    return problems


def new_lexicon(root: Path, catalogue: Catalogue) -> Lexicon:
    """An empty lexicon in the place of the one there was."""
    name = f"{int(catalogue.get('lexicon') or 0) + 1:06d}"
    shutil.rmtree(root / "lexicon" / name, ignore_errors=True)
    catalogue.set(lexicon=name)
    return Lexicon(root / "lexicon" / name, create=True)


def rebuild_lexicon(root: Path, catalogue: Catalogue) -> None:
    """Write the lexicon anew from the catalogue's texts. Raises OSError."""
    with new_lexicon(root, catalogue).writer() as writer:
        for number in catalogue.articles():
            article = catalogue.article(number)
            for row in catalogue.passages_of(number):
                stems = language_of_stems(row.language, article["language"])
                writer.add(Entry(row.passage, number, row.text, article["title"], stems))
    catalogue.purged_from_lexicon(catalogue.removed("lexicon"))


def join_lexicon(root: Path, catalogue: Catalogue, brought: int) -> None:
    """Write the lexicon anew where a long update left it in many segments; on a full disk it stays as it is.

    `brought`: passages that the update wrote. Only one that at least doubles an index is worth it, so that all such
    times together cost little.
    """
    if 2 * brought < catalogue.get("passages"):
        return
    if Lexicon(root / "lexicon" / catalogue.get("lexicon")).parts < MANY_PARTS:
        return
    with suppress(OSError), catalogue.transaction():
        rebuild_lexicon(root, catalogue)
        catalogue.set(generation=catalogue.get("generation") + 1)
    clear_away(root, catalogue)


def encode_again(
    root: Path,
    catalogue: Catalogue,
    encoder: Encoder,
    segments: Sequence[SegmentName],
    on_progress: OnProgress = lambda done, total, articles: None,
) -> int:
    """Write segments anew from the catalogue's texts; how many passages were encoded. Raises OSError."""
    catalogue.replace_segments(segments, None)
    writer = VectorWriter(root, catalogue, encoder.dimension)
    numbers = catalogue.passage_numbers()
    owned = [numbers[bisect_left(numbers, name.first) : bisect_right(numbers, name.last)] for name in segments]
    done, total = 0, sum(map(len, owned))
    for own in owned:
        for begin in range(0, len(own), BLOCK):
            some = own[begin : begin + BLOCK]
            rows = catalogue.hits(some)
            for number, encoded in zip(some, encode(encoder, [rows[n].text for n in some]), strict=True):
                writer.add(number, encoded)
            done += len(some)
            on_progress(done, total, 0)
        writer.flush()  # each by itself: segments never overlap
    return done


def repair(root: Path, on_progress: OnProgress = lambda done, total, articles: None) -> list[str]:
    """Mend what a thorough look finds damaged beside the catalogue; what was done, in words.

    Raises LockedError, EncoderError, OSError, and IndexUnusableError when the catalogue itself, or the encoder, is not
    what it was.
    """
    with write_lock(root), closing(Catalogue(root)) as catalogue:
        segments, lexicon = damaged(root, catalogue), lexicon_problems(root, catalogue)
        lacking = bool(catalogue.get("encoder") and catalogue.get("store")) and is_lacking(catalogue)
        if not catalogue.get("encoder") or not (segments or lexicon or lacking):
            return []
        done = []
        with catalogue.transaction():
            if segments or lacking:
                made_with = catalogue.get("encoder")
                encoder = open_encoder(made_with["name"])
                if encoder.fingerprint != made_with["fingerprint"]:
                    raise IndexUnusableError(
                        f"the index at {root} was made with another encoder ({made_with['name']})",
                        "run `telusur index PATH… --encoder NAME` to encode all passages with the one at hand",
                    )
                if lacking:
                    count = fill_in(root, catalogue, encoder, on_progress)
                    done.append(f"what the server lacked put there, {count} passages encoded")
                else:
                    count = encode_again(root, catalogue, encoder, segments, on_progress)
                    done.append(f"{len(segments)} damaged segments written anew, {count} passages encoded")
            if lexicon:
                rebuild_lexicon(root, catalogue)
                done.append("the lexicon written anew, nothing encoded")
            catalogue.set(generation=catalogue.get("generation") + 1)
        clear_away(root, catalogue)
        purge(root, catalogue)
        return done
