"""Plain values → TOML text, as much of it as `city.toml` needs (the standard library only reads TOML)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from s4.core.errors import InputError


def value(item: Any) -> str:
    """One value, tables inline.

    >>> value({"at": (1.0, 2), "name": "Ría", "live": True})
    '{ "at" = [1.0, 2], "name" = "Ría", "live" = true }'
    """
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, str):
        return json.dumps(item, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(item, int):
        return str(item)
    if isinstance(item, float) and math.isfinite(item):
        return repr(item)
    if isinstance(item, Mapping):
        return "{ " + ", ".join(f"{value(str(k))} = {value(v)}" for k, v in item.items()) + " }"
    if isinstance(item, Iterable):
        return "[" + ", ".join(value(i) for i in item) + "]"
    raise InputError(f"{type(item).__name__} cannot be written as TOML")


def table(head: str, rows: Mapping[str, Any]) -> str:
    """A table with its header line; empty values are left out.

    >>> print(table("[[site]]", {"id": "square", "name": ""}), end="")
    [[site]]
    id = "square"
    """
    lines = [f"{key} = {value(item)}" for key, item in rows.items() if item not in ("", (), {}, None)]
    return "\n".join([head, *lines]) + "\n"
