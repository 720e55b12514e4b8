"""Web pages: the main text and what the page says of itself, by trafilatura; and text out of scraps of markup."""

import re
from collections.abc import Iterator
from typing import Any

from index.errors import ArticleError
from index.reading.decoding import decoded, mended, wide_encoding
from index.reading.extract import Extract, check_length
from index.reading.source import Source

MAX_PAGE = 16_000_000  # bytes
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(https?://\S{4,2000})\s*-->", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\ufeff?\s*<\?xml[^>]*\?>")
_MARKUP = re.compile(
    r"</(?:p|div|span|li|h[1-6]|a|b|i|em|strong|figure|article|blockquote|td)>|<br\s*/?>", re.IGNORECASE
)
_UNSEEN = frozenset("script style template noscript head iframe svg button form object".split())
_BLOCKS = frozenset(
    "p div li ul ol h1 h2 h3 h4 h5 h6 blockquote figure figcaption table tr article section pre hr dt dd td th".split()
)
# What <meta> elements call the site and the date of publication, best first.
_SITE_TAGS = ("og:site_name", "dc.publisher", "publisher")
_DATE_TAGS = (
    "article:published_time", "datepublished", "publishdate", "pubdate", "publication_date", "publish-date",
    "content_publishdate", "content_date", "dc.date.issued", "dc.date", "dcterms.created", "date",
)  # fmt: skip
_BREAK = "\u2029"


def read_html(source: Source) -> Iterator[Extract]:
    """A web page: one article."""
    yield page_extract(page_text(source.read(MAX_PAGE)))


def page_text(raw: bytes) -> str:
    """The markup of a page. Raises ArticleError."""
    if not wide_encoding(raw[:1024]):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
        said = _CHARSET.search(raw[:4096])
        name = (said[1] or said[2]).decode("ascii").lower() if said else ""
        if name and name not in ("utf-8", "utf8"):
            try:  # browsers read Latin-1 as its superset
                return raw.decode("cp1252" if name in ("iso-8859-1", "latin1", "us-ascii") else name)
            except (UnicodeDecodeError, LookupError):
                pass
    return decoded(raw)[0]


def page_extract(page: str, address: str | None = None) -> Extract:
    """The article of a page, which was at `address`. Raises ArticleError when it has no text."""
    check_length(page[:4096])
    saved = _SAVED_FROM.search(page[:4096])
    page = mended(_XML_DECLARATION.sub("", page[:200]) + page[200:])
    found = _main_content(page)
    text = ((found.text if found else None) or text_of_markup(page)).replace("\u00ad", "")
    if not text.strip():
        raise ArticleError("no text in the page", "save it again when it is loaded to the end")
    check_length(text)
    tags = _meta_tags(page)
    given = {
        "source": next(filter(None, map(tags.get, _SITE_TAGS)), None) or (_site(found) if found else None),
        "date": next(filter(None, map(tags.get, _DATE_TAGS)), None) or (found.date if found else None),
    }
    if found:
        given |= {"title": found.title, "author": found.author}
        address = found.url or address
    address = address or (saved[1] if saved else None)
    return Extract(text, {**given, "url": address if address and address.startswith("http") else None})


def _main_content(page: str) -> Any:
    """What trafilatura finds, or None. Only dates that the page gives as such count, not any in its text."""
    from trafilatura import bare_extraction

    dates = {"extensive_search": False, "original_date": True}
    return bare_extraction(page, with_metadata=True, include_comments=False, date_extraction_params=dates)


def _site(found: Any) -> str | None:
    """The site's name as the page gives it; one that is only made out of the address is left to `index.dateline`."""
    name, host = found.sitename, (found.hostname or "").lower()
    made = bool(host) and name is not None and name.lower().removeprefix("www.") in (host, host.split(".")[0])
    return None if made else name


def _meta_tags(page: str) -> dict[str, str]:
    """What the <meta> elements say, by name in small letters; the first of a name counts."""
    tree = _parsed(page)
    tags: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        value = " ".join((element.get("content") or "").split())
        if value:
            tags.setdefault(name.lower(), value)
    return tags


def _parsed(markup: str) -> Any:
    from lxml import html

    return html.document_fromstring(markup.replace("\0", "").strip() or "<p></p>", ensure_head_body=True)


def is_markup(text: str) -> bool:
    """Whether a row's text is markup rather than text."""
    tags = sum(1 for _ in zip(_MARKUP.finditer(text[:20_000]), range(3), strict=False))
    return tags > 1 or (tags == 1 and text.lstrip().startswith("<"))


def text_of_markup(markup: str) -> str:
    """All that can be read of a page or a scrap of markup, a line for each block."""
    from lxml import etree

    body = _parsed(markup).find("body")
    # All at once: taken out one by one, the text around each of a hundred thousand comments is copied as often.
    etree.strip_elements(body, *_UNSEEN, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for element in body.iter("br"):
        element.tail = _BREAK + (element.tail or "")
    for element in body.iter(*_BLOCKS):
        element.text = _BREAK + (element.text or "")
        element.tail = _BREAK + (element.tail or "")
    lines = (" ".join(line.split()) for line in str(body.text_content()).replace("\u00ad", "").split(_BREAK))
    return "\n".join(line for line in lines if line)
