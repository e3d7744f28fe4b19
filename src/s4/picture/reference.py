"""The reference page of the HTTP API, made from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from s4.picture.openapi import PREFIX

Schema = Mapping[str, Any]

_HEAD: Final = """# HTTP API

<!-- Made by scripts/http_api_docs.py from the route table; change the handlers' docstrings and types instead. -->

Everything that the operators' page shows and does goes through this API, so anything else can do the same. It is also
served as an OpenAPI 3.1 document at `/api/openapi.json`, and the words by themselves as JSON Schema at
`/api/words.schema.json`. [How to use it](../how-to/use-the-http-api.md) has examples.

- **Times** are integer nanoseconds UTC since 1970. A reader without 64-bit integers loses less than 256 ns.
- **`at`** looks back: the answer is what was known at that instant, however much was learned since.
- **Sign in** with `POST /api/session`; the session is a cookie. `POST` and `DELETE` also need the header `X-S4: 1`.
- **Errors** have one shape everywhere: `{"error": {"reason": "…", "field": "…", "status": 400}}`. 400: what you sent
  is wrong; 401: sign in first; 403: your role may not; 404: there is no such thing; 409: somebody decided first, look
  again; 413, 415: too long, not JSON; 429: wait; 503: busy, or a service is away.
- **Fields with a default** are left out of an answer when they have it.

Observations come in through another door, `POST /ingest/{device}`. `/readyz` says whether the platform
is ready, and `/metrics` is for Prometheus.
"""


def render(document: Schema) -> str:
    """The page, as Markdown."""
    parts = [_HEAD, "## Operations\n"]
    for path, methods in document["paths"].items():
        parts += [_operation(method.upper(), path, row) for method, row in methods.items()]
    parts.append("## Types\n")
    parts += [_type(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n".join(parts)


def _operation(method: str, path: str, row: Schema) -> str:
    lines = [f"### {method} {path}", "", row["summary"], ""]
    if row["description"]:
        lines += [row["description"], ""]
    lines += _parameters(row)
    if "requestBody" in row:
        lines += [f"Takes {_content(row['requestBody'])}.", ""]
    status, answer = next(iter(row["responses"].items()))
    lines += [f"Answers {status}{_with(answer)}." + ("" if row["security"] else " Needs no session."), ""]
    return "\n".join(lines)


def _parameters(row: Schema) -> Iterator[str]:
    shown = [one for one in row["parameters"] if one["in"] == "query"]
    if shown:
        yield from ("| in the address | | |", "|---|---|---|")
    for one in shown:
        needed = "" if one["required"] else _default(one["schema"])
        yield f"| `{one['name']}` | {type_text(one['schema'])}{needed} | {one['schema'].get('description', '')} |"
    if shown:
        yield ""


def _default(schema: Schema) -> str:
    value = schema.get("default")
    return ", optional" if value in (None, "") else f", {value} if left out"


def _content(part: Schema) -> str:
    media, content = next(iter(part["content"].items()))
    text = type_text(content["schema"])
    return text if media == "application/json" else f"`{media}`" + (f", {text}" if content["schema"] else "")


def _with(answer: Schema) -> str:
    return f" with {_content(answer)}" if "content" in answer else ""


def _type(name: str, schema: Schema) -> str:
    lines = [f"### {name}", ""]
    if "enum" in schema:
        lines += [type_text(schema), ""]
    if schema.get("description"):
        lines += [" ".join(schema["description"].split()), ""]
    if schema.get("properties"):
        needed = set(schema.get("required", ()))
        lines += ["| field | type |", "|---|---|"]
        lines += [
            f"| `{field}` | {type_text(what)}{'' if field in needed else ', may be left out'} |"
            for field, what in schema["properties"].items()
        ] + [""]  # fmt: skip
    return "\n".join(lines)


def type_text(schema: Schema) -> str:
    """What a schema asks for, in words.

    >>> type_text({"type": "array", "items": {"type": "integer", "minimum": 0}})
    'list of integer ≥ 0'
    """
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(PREFIX)
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(type_text(one) for one in options))
    if schema.get("type") == "array":
        return _array(schema)
    return _plain(schema)


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"({', '.join(type_text(one) for one in schema['prefixItems'])})"
    return f"list of {type_text(schema.get('items', {}))}"


def _plain(schema: Schema) -> str:
    kind = schema.get("type")
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"names with {type_text(schema['additionalProperties'])}"
    bounds = [f" ≥ {schema['minimum']}"] if "minimum" in schema else []
    if schema.get("maximum", 2**62) < 2**62:
        bounds.append(f" ≤ {schema['maximum']}")
    if "maxLength" in schema:
        bounds.append(f" of at most {schema['maxLength']} characters")
    names = {"string": "text", "null": "none", None: "anything"}
    return str(names.get(kind, kind)) + ",".join(bounds)
