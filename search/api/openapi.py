"""The OpenAPI 3.1 document: parameters from their table, answers from their types. Pure."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from typing import Any, Union, get_args, get_origin, get_type_hints

from search.answer import Answer, Copy, DatesUsed, Hit
from search.api import parameters
from search.api.parameters import Parameter

Schema = dict[str, Any]

_NAMED: dict[type, str] = {Answer: "Answer", Hit: "Hit", Copy: "Copy", DatesUsed: "DatesUsed"}
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}


def schema_of(kind: Any) -> Schema:
    """JSON Schema of a type as `search.render` writes it: records, tuples, mappings, plain values, and None."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_dataclass(kind):
        return {"$ref": f"#/components/schemas/{_NAMED[kind]}"}  # type: ignore[index]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one) for one in arguments]}
    if origin is tuple and arguments[-1] is not Ellipsis:
        length = len(arguments)
        return {"type": "array", "items": schema_of(arguments[0]), "minItems": length, "maxItems": length}
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0])}
    return {"type": "object"}


def _record(kind: type, optional: Sequence[str] = ()) -> Schema:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    return _object({name: schema_of(hints[name]) for name in names}, optional)


def _object(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": {**properties}, "required": required, "additionalProperties": False}


_TEXT, _WHOLE, _COUNTS = {"type": "string"}, {"type": "integer"}, {"additionalProperties": {"type": "integer"}}
_MAYBE, _MAYBE_WHOLE = schema_of(str | None), schema_of(int | None)
_SPAN = dict.fromkeys(("line_start", "line_end", "char_start", "char_end"), _WHOLE)

_SCHEMAS: dict[str, Schema] = {
    "Answer": _record(Answer),
    "Hit": _record(Hit, optional=["explain"]),
    "Copy": _record(Copy),
    "DatesUsed": _record(DatesUsed),
    "Shown": _object(
        {
            "article_id": _TEXT,
            **dict.fromkeys(
                (
                    "title",
                    "author",
                    "source",
                    "origin",
                    "published",
                    "published_precision",
                    "url",
                    "language",
                    "row",
                    "encoding",
                ),
                _MAYBE,
            ),
            "row_line": _MAYBE_WHOLE,
            "published_inferred": {"type": "boolean"},
            "path": _TEXT,
            "char_start": _WHOLE,
            "char_end": _WHOLE,
            "text": _TEXT,
            "passages": {
                "type": "array",
                "items": _object(
                    {
                        "passage_id": _TEXT,
                        "asked": {"type": "boolean"},
                        **_SPAN,
                        **dict.fromkeys(("page", "page_end"), _MAYBE_WHOLE),
                        "text": _TEXT,
                    }
                ),
            },
        }
    ),
    "Status": {
        "type": "object",
        "properties": {
            "index": _TEXT,
            "format": _WHOLE,
            "generation": _WHOLE,
            "updated": _MAYBE,
            "articles": _WHOLE,
            "passages": _WHOLE,
            "languages": {"type": "object", **_COUNTS},
            "sources": {"type": "object", **_COUNTS},
            "published": _object({"first": _MAYBE, "last": _MAYBE}),
            "encoder": {"type": "object"},
            "vectors": {"type": "object"},
            "size_bytes": _WHOLE,
        },
        "required": ["index", "format", "generation", "articles", "passages", "languages", "sources", "published"],
    },
    "Health": _object({"status": {"const": "ok"}, "generation": _WHOLE}),
    "Error": _object({"error": _TEXT, "hint": _TEXT}),
}

_REFUSALS = {
    "400": "A parameter is unknown, missing or not what it may be.",
    "401": "A token is needed.",
    "403": "The request comes from a page of another site.",
    "404": "The index has no such passage or article.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "415": "The body is not sent as application/json.",
    "421": "The Host header names another server.",
    "503": "The index is being rebuilt, gone or damaged, or too many ask at a time; Retry-After says how long to wait.",
    "504": "The answer took too long.",
}


def document(token: bool) -> Schema:
    """The document; `token`: whether one must be sent."""
    about = "Passages about the same thing as a passage or an article, never from there."
    related = _operation("related", about, "Answer", parameters.RELATED)
    posted = _operation("relatedToText", "The same, or passages about the same thing as a pasted text.", "Answer")
    posted["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": _body(parameters.RELATED_BODY)}},
    }
    about = "Ranked passages that answer a question, with their sources."
    search = _operation("search", about, "Answer", parameters.SEARCH)
    show = _operation("show", "A passage with its neighbours, or an article.", "Shown", parameters.SHOW)
    paths = {
        "/api/search": {"get": search},
        "/api/related": {"get": related, "post": posted},
        "/api/show": {"get": show},
        "/api/status": {"get": _operation("status", "What the index holds.", "Status")},
        "/healthz": {"get": _operation("health", "Whether the index can be asked.", "Health")},
    }
    found: Schema = {
        "openapi": "3.1.0",
        "info": {"title": "Telusur", "version": version("telusur")},
        "paths": paths,
        "components": {"schemas": _SCHEMAS},
    }
    if token:
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
        paths["/healthz"]["get"]["security"] = []
    return found


def _operation(name: str, about: str, answer: str, table: Sequence[Parameter] = ()) -> Schema:
    refusals = {code: {"description": said, "content": _content("Error")} for code, said in _REFUSALS.items()}
    return {
        "operationId": name,
        "summary": about,
        "parameters": [
            {
                "name": parameter.name,
                "in": "query",
                "description": parameter.about,
                "required": parameter.required,
                "schema": parameter.schema(),
            }
            for parameter in table
        ],
        "responses": {"200": {"description": about, "content": _content(answer)}, **refusals},
    }


def _content(name: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _body(table: Sequence[Parameter]) -> Schema:
    properties = {parameter.name: {**parameter.schema(), "description": parameter.about} for parameter in table}
    either = [{"required": ["target"]}, {"required": ["text"]}]
    return {"type": "object", "properties": properties, "additionalProperties": False, "oneOf": either}
