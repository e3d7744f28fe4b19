"""Values to JSON text and back, and paths into nested values."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from typing import Final

import msgspec

from s4.edge.sql.functions import coerce, jsonpath
from s4.edge.sql.functions.checks import both, must_be, takes
from s4.edge.sql.functions.function import Function, FunctionError, Value

FAMILY: Final = "json"
_FAR: Final = 1e21
_NEAR: Final = 1e-6
_MARKUP: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def to_json(value: Value) -> str:
    r"""JSON without spaces, members in alphabetical order, safe to put into HTML. Raises `FunctionError`.

    >>> to_json({"b": [1.0, None], "a": "<"})
    '{"a":"\\u003c","b":[1,null]}'
    """
    return coerce.bounded(_json(value, 0))


def _json(value: Value, depth: int) -> str:
    if depth > coerce.DEEPEST:
        raise FunctionError("the value is nested too deeply")
    if isinstance(value, dict):
        members = sorted(coerce.struct(value).items())
        return "{" + ",".join(f"{_quoted(name)}:{_json(one, depth + 1)}" for name, one in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(one, depth + 1) for one in value) + "]"
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, str):
        return _quoted(value)
    return _number(value) if isinstance(value, float) else "null" if value is None else coerce.text(value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_MARKUP)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise FunctionError("JSON cannot hold a number without end")
    if value and not _NEAR <= abs(value) < _FAR:
        return coerce.short(value).replace("e-0", "e-")
    return coerce.plain(value)


def parse(text: str) -> Value:
    """The value that a JSON text holds. Raises `FunctionError` with the place of the fault."""
    try:
        return msgspec.json.decode(coerce.utf8(coerce.bounded(text)))
    except (msgspec.DecodeError, RecursionError) as reason:
        raise FunctionError(f"the string is no JSON: {reason}") from None


def _parse_json(value: Value) -> Value:
    if isinstance(value, bytes):
        return parse(value.decode("utf-8", "replace"))
    return None if value is None or value == "null" else parse(coerce.string(value))


def _query(value: Value, path: Value) -> Value:
    root = parse(value) if isinstance(value, str) else value
    if not isinstance(root, dict | list):
        raise coerce.refuse("a struct, an array, or the JSON text of one", value)
    return jsonpath.query(root, coerce.string(path))


def _query_first(value: Value, path: Value) -> Value:
    found = _query(value, path)
    if not isinstance(found, list) or not found:
        raise FunctionError("the path finds nothing")
    return found[0]


def _exists(value: Value, path: Value) -> bool:
    try:
        found = _query(value, path)
    except FunctionError:
        return False
    return bool(found) if isinstance(found, list) else found is not None


_PATH: Final = both(must_be(1, "string", "a string"))

FUNCTIONS: Final[Sequence[Function]] = (
    Function(
        "json_path_exists", FAMILY, "scalar", _exists, "Whether the JSON path finds anything in the value.", 2, 2,
        check=_PATH, nothing_for_null=False,
    ),
    Function(
        "json_path_query", FAMILY, "scalar", _query,
        "What the JSON path finds in the value: one value for a plain path, else an array.", 2, 2,
        check=_PATH, nothing_for_null=False,
    ),
    Function(
        "json_path_query_first", FAMILY, "scalar", _query_first, "The first of the values that the JSON path finds.",
        2, 2, check=_PATH, nothing_for_null=False,
    ),
    Function(
        "parse_json", FAMILY, "scalar", _parse_json, "The value that a JSON text holds.",
        check=takes("string"), nothing_for_null=False,
    ),
    Function("to_json", FAMILY, "scalar", to_json, "The value as a JSON text, members in alphabetical order."),
)  # fmt: skip
