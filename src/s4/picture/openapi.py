"""The OpenAPI 3.1 document, made from the route table and the types in the handlers' signatures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from s4 import __version__
from s4.picture.operation import JSON, Nothing, Operation
from s4.picture.refusal import ErrorAnswer
from s4.picture.schema import DIALECT, components, inline

PREFIX: Final = "#/components/schemas/"
_PARAMETER: Final = re.compile(r"\{(\w+)(?::path)?\}")


def make_document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document of these operations."""
    rows = list(operations)
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(_PARAMETER.sub(r"{\1}", row.path), {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "s4",
            "version": __version__,
            "description": "The common operational picture: everything known, now and at any past instant.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(_schemas(rows).items())),
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "s4_session"}},
        },
    }


def _schemas(rows: list[Operation]) -> dict[str, Any]:
    named = [kind for row in rows for kind in (row.body, row.answer) if _has_schema(kind)]
    return components([*named, ErrorAnswer], PREFIX)


def _has_schema(kind: Any) -> bool:
    return kind not in (Nothing, None, type(None), bytes)


def _operation(row: Operation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.title,
        "description": _description(row),
        "parameters": [*_in_path(row), *_in_query(row), *_in_header(row)],
        "responses": {str(row.status): _answer(row), "default": _errors()},
        "security": [{"session": []}] if row.session else [],
    }
    if row.body is not Nothing:
        document["requestBody"] = {"required": True, "content": {JSON: {"schema": inline(row.body, PREFIX)}}}
    return document


def _description(row: Operation) -> str:
    permission = f"Needs the permission to {row.needs}." if row.needs else ""
    return "\n\n".join(part for part in (row.description, permission) if part)


def _in_path(row: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 200}}
        for name in _PARAMETER.findall(row.path)
    ]


def _in_query(row: Operation) -> list[dict[str, Any]]:
    schema = components([row.query], PREFIX)[row.query.__name__]
    needed = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _without_null(what)}
        for name, what in schema.get("properties", {}).items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is left out; there is no null in an address."""
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return options[0] if len(options) == 1 else schema


def _in_header(row: Operation) -> list[dict[str, Any]]:
    if row.method == "GET":
        return []
    schema = {"type": "string", "enum": ["1"]}
    text = "Shows that no other site's page made the browser send this"
    return [{"name": "X-S4", "in": "header", "required": True, "description": text, "schema": schema}]


def _answer(row: Operation) -> dict[str, Any]:
    if row.status == 204:
        return {"description": "Done"}
    schema = inline(row.answer, PREFIX) if _has_schema(row.answer) else {}
    return {"description": "Done", "content": {row.media: {"schema": schema}}}


def _errors() -> dict[str, Any]:
    return {"description": "Refused, and why", "content": {JSON: {"schema": inline(ErrorAnswer, PREFIX)}}}
