"""What a request may ask for: one table says what is read, what is refused and what OpenAPI tells of it. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.errors import UsageError
from search.query import LANGUAGE, MAX_LENGTH

Given = dict[str, Any]  # parameters by name

MAX_K = 200
MAX_CONTEXT = 50
MAX_TEXT = 50_000  # code points of a pasted text; about as much of it as `related` weighs
MAX_VALUES = 50  # of a parameter that may be repeated


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a request, in the words of JSON Schema; `most` counts characters where it is a string."""

    name: str
    about: str
    type: str = "string"
    default: Any = None
    required: bool = False
    many: bool = False
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None

    def from_words(self, words: Sequence[str]) -> Any:
        """The value that the words of a query string stand for. Raises UsageError."""
        if self.many:
            return [*words]
        if len(words) > 1:
            raise UsageError(f"{self.name} is given {len(words)} times", f"give {self.name} once")
        if self.type == "boolean":
            return {"true": True, "false": False}.get(words[0], words[0])
        if self.type == "integer" and re.fullmatch(r"-?[0-9]{1,9}", words[0]):
            return int(words[0])
        return words[0]

    def checked(self, value: Any) -> Any:
        """The value, if it is one that this parameter may have. Raises UsageError."""
        if not self.many:
            return self._checked(value)
        if not isinstance(value, list) or len(value) > MAX_VALUES:
            raise UsageError(f"{self.name} must be a list of at most {MAX_VALUES} values", self.about)
        return [self._checked(one) for one in value]

    def _checked(self, value: Any) -> Any:
        if self.type == "integer" and isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON knows one kind of number
        if type(value).__name__ != {"string": "str", "integer": "int", "boolean": "bool"}[self.type]:
            raise UsageError(f"{self.name} {_shown(value)} is no {self.type}", self.about)
        if self.most is not None:
            size, least = len(value) if self.type == "string" else value, self.least or 0
            if not least <= size <= self.most:
                what = f"has {size:,} characters; it must have" if self.type == "string" else f"is {size}; it must be"
                raise UsageError(f"{self.name} {what} {least:,} to {self.most:,}", self.about)
        if self.choices and value not in self.choices:
            raise UsageError(f"there is no {self.name} {_shown(value)}", f"use one of: {', '.join(self.choices)}")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise UsageError(f"{self.name} {_shown(value)} is not well formed", self.about)
        return value

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        low, high = ("minLength", "maxLength") if self.type == "string" else ("minimum", "maximum")
        one: dict[str, Any] = {
            "type": self.type,
            low: self.least,
            high: self.most,
            "pattern": self.pattern and f"^{self.pattern}$",
        }
        one = {name: value for name, value in one.items() if value is not None}
        if self.choices:
            one["enum"] = [*self.choices]
        if self.many:
            return {"type": "array", "items": one, "maxItems": MAX_VALUES}
        return one if self.default is None else {**one, "default": self.default}


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else text[:57] + "..."


ID = r"[0-9a-f]{8,64}(#[0-9]{1,6})?"
DATE = (  # a day, a month or a year; the 29th of February in any year, which `iso_date` looks at again
    r"[12][0-9]{3}(-(0[1-9]|1[0-2])|-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    r"|-(0[469]|11)-(0[1-9]|[12][0-9]|30)|-02-(0[1-9]|[12][0-9]))?"
)

QUERY = Parameter(
    "query", 'The question; "quoted words" must occur, -word must not.', required=True, least=1, most=MAX_LENGTH
)
_CHOICE = (
    Parameter("k", f"Hits at most, 1 to {MAX_K}.", "integer", 10, least=1, most=MAX_K),
    Parameter(
        "mode",
        "hybrid, semantic (meaning only) or lexical (words only).",
        default="hybrid",
        choices=("hybrid", "semantic", "lexical"),
    ),
    Parameter("source", "Only publishers whose name contains this; may be repeated.", many=True, least=1, most=200),
    Parameter("language", "Only passages in id or en; may be repeated.", many=True, pattern=LANGUAGE),
    Parameter("since", "Published then or later: 2024-02-08, 2024-02 or 2024.", pattern=DATE),
    Parameter("until", "Published then or earlier: 2024-02-08, 2024-02 or 2024.", pattern=DATE),
    Parameter("path", "Only files whose path matches this glob, as kompas/2024-*.", least=1, most=200),
    Parameter("all", "true: every passage and copy, also when nothing seems relevant.", "boolean", default=False),
    Parameter("explain", "true: say how each score came about.", "boolean", default=False),
)
TARGET = Parameter("target", "A passage_id (ARTICLE#n) or an article_id, as answers give them.", pattern=ID)
TEXT = Parameter("text", "A pasted text, in place of a target.", least=1, most=MAX_TEXT)

NO_DATES = Parameter(
    "no_dates", "true: dates in the question are words only; else they limit publication.", "boolean", default=False
)

SEARCH = (QUERY, *_CHOICE, NO_DATES)
RELATED = (replace(TARGET, required=True), *_CHOICE)
RELATED_BODY = (TARGET, TEXT, *_CHOICE)
SHOW = (
    Parameter("id", "A passage_id (ARTICLE#n) or an article_id, as answers give them.", required=True, pattern=ID),
    Parameter("context", "Neighbouring passages on each side.", "integer", 0, least=0, most=MAX_CONTEXT),
)


def from_query(table: Sequence[Parameter], pairs: Sequence[tuple[str, str]]) -> Given:
    """Every parameter of the table, out of the pairs of a query string. Raises UsageError."""
    known = {parameter.name: parameter for parameter in table}
    words: dict[str, list[str]] = {}
    for name, value in pairs:
        words.setdefault(name, []).append(value)
    return read(table, {name: known[name].from_words(w) if name in known else w for name, w in words.items()})


def from_json(body: bytes) -> Given:
    """What a posted object holds, yet to be `read`. Raises UsageError."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError("the body is no JSON object", 'send an object, for example {"text": "…"}')
    return found


def read(table: Sequence[Parameter], given: Mapping[str, Any]) -> Given:
    """Every parameter of the table with its value: the given one, checked, or its default. Raises UsageError."""
    known = [parameter.name for parameter in table]
    values = {}
    for name in given:
        if name not in known:
            raise UsageError(f"there is no parameter {_shown(name)}", f"known here: {', '.join(known) or 'none'}")
    for parameter in table:
        if parameter.name in given:
            values[parameter.name] = parameter.checked(given[parameter.name])
        elif parameter.required:
            raise UsageError(f"{parameter.name} is missing", parameter.about)
        else:
            values[parameter.name] = [] if parameter.many else parameter.default
    return values
