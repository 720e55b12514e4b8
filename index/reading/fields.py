"""Which column, key or tag says what of an article: the usual names in Indonesian and English, and the user's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from index.errors import UsageError
from index.reading.decoding import mended

# Names as they are compared: small letters, without spaces, hyphens and underscores. The first that is there wins.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "text": (
        "text", "body", "content", "isi", "article", "isiberita", "konten", "teks", "fulltext", "articletext",
        "articlebody", "maintext", "bodytext", "textcontent", "contenttext", "articlecontent", "isiartikel", "artikel",
        "naskah", "beritalengkap", "contenthtml", "bodyhtml", "html",
    ),
    "title": ("title", "judul", "headline", "judulberita", "judulartikel", "newstitle", "articletitle", "subject"),
    "date": (
        "date", "tanggal", "published", "publishedat", "publisheddate", "publishdate", "publicationdate",
        "datepublished", "datepublish", "pubdate", "pubtime", "tgl", "tanggalterbit", "tanggalpublikasi",
        "tanggaltayang", "waktu", "waktuterbit", "terbit", "datetime", "dateiso", "timestamp",
    ),
    "source": (
        "source", "sumber", "publisher", "media", "sourcename", "namamedia", "site", "sitename", "situs", "outlet",
        "portal", "newspaper", "koran", "penerbit", "sourcedomain", "domain", "website",
    ),
    "url": ("url", "link", "canonicalurl", "canonical", "permalink", "tautan", "href", "articleurl", "sourceurl"),
    "author": ("author", "authors", "penulis", "byline", "creator", "reporter", "wartawan", "pewarta"),
    "language": ("language", "lang", "bahasa"),
    "id": ("id", "articleid", "uuid", "guid"),
}  # fmt: skip
_SURROGATE = re.compile("[\ud800-\udfff]")
# Of a value that is itself an object, what stands for it: NewsAPI, WordPress, schema.org and MongoDB write such.
_INSIDE = ("rendered", "name", "text", "value", "@value", "$date", "$oid", "url", "@id")


def plain_name(name: str) -> str:
    """A column's name as it is compared: of its beginning, since what is remembered is to be small."""
    return _plain_name(name[:200])


@lru_cache(maxsize=4096)
def _plain_name(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.casefold())


_FIELD_OF = {name: kind for kind, names in FIELDS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a row keeps what: the user's own names for some fields (field → column), the usual ones for the rest."""

    mapping: Mapping[str, str] = field(default_factory=dict)

    def given(self, row: Mapping[Any, Any]) -> dict[str, str | None]:
        """Every field of FIELDS, with what the row says of it: a text with something in it, or None."""
        metadata = row.get("metadata")
        if isinstance(metadata, Mapping):  # as BEIR corpora have it
            row = {**metadata, **row}
        by_name: dict[str, Any] = {}
        for name, value in row.items():
            by_name.setdefault(plain_name(str(name)), value)
        found = {}
        for kind, usual in FIELDS.items():
            own = self.mapping.get(kind)
            values = [row.get(own), by_name.get(plain_name(own))] if own else []
            texts = (_text(value, kind) for value in [*values, *map(by_name.get, usual)])
            found[kind] = next((text for text in texts if text is not None), None)
        return found

    def field_of(self, name: str) -> str | None:
        """The field that a column of this name says something of, or None."""
        own = next((kind for kind, column in self.mapping.items() if plain_name(column) == plain_name(name)), None)
        return own or _FIELD_OF.get(plain_name(name))


def parse_mapping(pairs: list[str] | tuple[str, ...]) -> dict[str, str]:
    """`field=column` as typed; an empty column takes the field's own name away again. Raises UsageError."""
    mapping = {}
    for pair in pairs:
        kind, equals, column = pair.partition("=")
        if not equals or kind.strip() not in FIELDS:
            raise UsageError(
                f"--map {pair} names no field", f"write field=column, the field being one of: {', '.join(FIELDS)}"
            )
        mapping[kind.strip()] = column.strip()
    return mapping


def _text(value: Any, kind: str) -> str | None:
    """What a value says as text; lone surrogates are replaced and mojibake is mended."""
    if isinstance(value, list):
        parts = (text for text in (_text(part, kind) for part in value) if text)
        value = "\n\n".join(parts) if kind == "text" else ", ".join(parts) if kind == "author" else next(parts, None)
    elif isinstance(value, Mapping):
        value = next((text for key in _INSIDE if (text := _text(value.get(key), kind))), None)
    elif isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, float) and value.is_integer():
        value = str(int(value))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        return None
    value = mended(_SURROGATE.sub("\ufffd", value))
    return value if kind == "text" else " ".join(value.split())
