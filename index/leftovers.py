"""What a writer that died, or a state that is past, left behind: cleared away by the next writer."""

import shutil
from pathlib import Path

from index.catalogue import NEXT_NAME, Catalogue
from index.lexicon import Lexicon


def clear_away(root: Path, catalogue: Catalogue) -> None:
    """Delete what lies in the index and the catalogue does not name. Raises OSError."""
    named = {segment.file(root / "segments") for segment in catalogue.segments()}
    for path in (root / "segments").glob("*"):
        if path not in named:
            path.unlink()
    for folder in (root / "lexicon").glob("*"):
        if folder.name != catalogue.get("lexicon"):
            shutil.rmtree(folder, ignore_errors=True)
    for path in root.glob(f"{NEXT_NAME}*"):
        path.unlink()


def purge(root: Path, catalogue: Catalogue) -> None:
    """Drop from the lexicon what was removed, now that no new reader needs it, and what a dead writer left.

    Raises IndexUnusableError when the lexicon cannot be opened, OSError.
    """
    name = catalogue.get("lexicon")
    if name is None:
        return
    lexicon = Lexicon(root / "lexicon" / name)
    removed, beyond = catalogue.removed("lexicon"), catalogue.get("next_passage")
    if removed or lexicon.reaches(beyond):
        with lexicon.writer(orphans_from=beyond) as writer:
            writer.remove(removed)
        with catalogue.transaction():
            catalogue.purged_from_lexicon(removed)
