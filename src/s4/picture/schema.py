"""JSON Schemas of everything the API gives and takes, made from the types themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from s4.core.archive import AuditEntry
from s4.core.model import FACTS, Asset
from s4.picture import views
from s4.picture.operation import Call, Nothing, operation

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
WORDS: Final = (*FACTS.values(), Asset, AuditEntry)
ANSWERS: Final = tuple(
    value for value in vars(views).values()
    if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == views.__name__
)  # fmt: skip


@operation("GET", "/api/words.schema.json", session=False)
async def show_words(call: Call[Nothing, Nothing]) -> dict[str, Any]:
    """JSON Schema of the words, and of the answers made of them. Needs no session: it says nothing about a city."""
    return words_schema()


@cache
def words_schema() -> dict[str, Any]:
    """One schema with every word and answer under `$defs`, each also reachable as a property.

    >>> words_schema()["$defs"]["Incident"]["properties"]["severity"]
    {'$ref': '#/$defs/Severity'}
    """
    definitions = components((*WORDS, *ANSWERS), "#/$defs/")
    return {
        "$schema": DIALECT,
        "title": "The words of s4",
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in sorted(definitions)},
        "$defs": dict(sorted(definitions.items())),
    }


def components(types: Iterable[Any], prefix: str) -> dict[str, Any]:
    """The schemas of `types` and of what they are made of, by name; references start with `prefix`."""
    _, definitions = msgspec.json.schema_components((*types, *FACTS.values()), ref_template=prefix + "{name}")
    return {name: referring(definition, prefix) for name, definition in definitions.items()}


def inline(kind: Any, prefix: str) -> dict[str, Any]:
    """The schema of one type, a reference where it has a name."""
    (schema,), _ = msgspec.json.schema_components((kind,), ref_template=prefix + "{name}")
    return dict(referring(schema, prefix))


def referring(schema: Any, prefix: str) -> Any:
    """The same schema with every reference under `prefix` (some are written by hand as `#/$defs/…`)."""
    if isinstance(schema, Mapping):
        return {
            key: prefix + value.rpartition("/")[2]
            if key == "$ref" and isinstance(value, str)
            else referring(value, prefix)
            for key, value in schema.items()
        }
    return [referring(one, prefix) for one in schema] if isinstance(schema, list) else schema
