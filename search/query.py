"""What the asker typed, taken apart: the question itself, quoted phrases, excluded words. Pure."""

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from index.errors import UsageError

MAX_LENGTH = 2_000  # code points; beyond that it is a text, not a question: `related -` takes those
LANGUAGE = "([A-Za-z]{2}|mixed)"  # a code of a language, as a filter takes it

_OPERATOR = re.compile(
    r"""((?<!\S)-)?["“”„«»](?P<phrase>[^"“”„«»]{1,200})["“”„«»] | (?<!\S)-(?P<word>[^\W\d_][\w-]*)""", re.VERBOSE
)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed question. `text` is what is encoded and matched; `phrases` must occur, `excluded` must not."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def parse(typed: str) -> Query:
    """Take a question apart. Raises UsageError when nothing is asked or it is longer than MAX_LENGTH."""
    if len(typed) > MAX_LENGTH:
        raise UsageError(
            f"the question has {len(typed):,} characters; at most {MAX_LENGTH:,} are taken",
            "to find passages about the same thing as a long text, use `telusur related -`",
        )
    phrases, excluded = [], []

    def kept(operator: re.Match[str]) -> str:
        minus, phrase, word = operator.groups()
        if word or minus:
            excluded.append(word or phrase.strip())
            return " "
        phrases.append(phrase.strip())
        return f" {phrase} "

    text = " ".join(_OPERATOR.sub(kept, typed).split())
    if not _asks(text):
        raise UsageError("the question is empty", 'ask something, for example: telusur search "Siapa presiden Kuba?"')
    return Query(text, tuple(filter(_asks, phrases)), tuple(filter(_asks, excluded)))


def _asks(text: str) -> bool:
    return any(character.isalnum() for character in text)


_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def iso_date(given: str | None, option: str) -> str | None:
    """A date option as ISO 8601: a day, a month or a year that exists. Raises UsageError."""
    if given is None:
        return None
    try:
        if not _ISO.fullmatch(given):
            raise ValueError
        date.fromisoformat((given + "-01-01")[:10])
    except ValueError:
        raise UsageError(f"{option} {given!r} is not a date", "write it as 2024-02-08, 2024-02 or 2024") from None
    return given


def unknown_sources(asked: Sequence[str], known: Collection[str]) -> str:
    """What to say when no source that is known has any of the names asked for in its own; "" when one has."""
    wanted = [name.casefold() for name in asked]
    if not wanted or any(name in source.casefold() for name in wanted for source in known):
        return ""
    words = {word: name for name in known for word in (name.casefold(), *re.split(r"[\s.]+", name.casefold()))}
    nearest = dict.fromkeys(words[word] for name in wanted for word in difflib.get_close_matches(name, words))
    said = f"no article has a source named {' or '.join(map(repr, asked))}"
    return f"{said}; the nearest: {', '.join(nearest)}" if nearest else said
