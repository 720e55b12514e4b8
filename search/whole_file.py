"""A file that is written whole: whoever looks finds the old one or the new one, whatever ends the program."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text file by way of a hidden one beside it and one rename; a link is followed. Raises OSError.

    What is no file, as /dev/stdout, is written as it is. Who is killed leaves the hidden one, which the next takes.
    """
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        place.write_text(text, encoding="utf-8")
        return
    part = place.with_name(f".{place.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
