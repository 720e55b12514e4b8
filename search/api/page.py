"""The page's files, read once at start: what is served is chosen from this table, never from a path in a request."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page as it is sent."""

    content: bytes
    media_type: str
    etag: str


def page_files(folder: Path = FOLDER) -> dict[str, PageFile]:
    """Each file by the path it is served at; `/` is index.html, `/article` is article.html or else index.html."""
    table = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in TYPES:
            content = path.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            table["/" + path.relative_to(folder).as_posix()] = PageFile(content, TYPES[path.suffix], etag)
    for address, names in (("/", ("/index.html",)), ("/article", ("/article.html", "/index.html"))):
        found = [table[name] for name in names if name in table]
        if found:
            table[address] = found[0]
    return table
