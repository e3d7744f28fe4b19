"""Write the words of `s4.core.model` as TypeScript types, so that the page and the platform cannot disagree.

    .venv/bin/python scripts/words_to_ts.py            # write web/src/words.ts
    .venv/bin/python scripts/words_to_ts.py --check    # exit 1 when it is out of date

Fields with a default may be left out on the wire, so they are optional here; `DEFAULTS` says what a missing
one means.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from s4.core.model import FACTS, Asset

TARGET: Final = Path(__file__).parents[1] / "web" / "src" / "words.ts"
Schema = Mapping[str, Any]

_PLAIN: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def type_of(schema: Schema) -> str:
    """The TypeScript type of one JSON Schema."""
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(option) for option in schema["anyOf"]))
    shapes = {"array": _array, "object": _object}
    kind = schema.get("type")
    return shapes[kind](schema) if kind in shapes else _PLAIN.get(str(kind), "unknown")


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(type_of(item) for item in schema['prefixItems'])}]"
    inner = type_of(schema.get("items", {}))
    return f"({inner})[]" if "|" in inner else f"{inner}[]"


def _object(schema: Schema) -> str:
    keys = schema.get("propertyNames", {})
    value = type_of(schema.get("additionalProperties", {}))
    return f"Partial<Record<{type_of(keys)}, {value}>>" if "enum" in keys else f"Record<string, {value}>"


def _summary(schema: Schema) -> str:
    return str(schema.get("description", "")).strip().split("\n", 1)[0]


def _struct(name: str, schema: Schema) -> str:
    required = set(schema.get("required", ()))
    lines = [
        f"  {field}{'' if field in required else '?'}: {type_of(kind)};" for field, kind in schema["properties"].items()
    ]
    return "\n".join([f"/** {_summary(schema)} */", f"export interface {name} {{", *lines, "}"])


def _declaration(name: str, schema: Schema) -> str:
    if "properties" in schema:
        return _struct(name, schema)
    return f"/** {_summary(schema)} */\nexport type {name} = {type_of(schema)};"


def _defaults(schema: Schema) -> dict[str, Any]:
    return {field: kind["default"] for field, kind in schema["properties"].items() if "default" in kind}


def typescript() -> str:
    """The whole file."""
    _, components = msgspec.json.schema_components([*FACTS.values(), Asset], ref_template="{name}")
    tops = {**FACTS, "asset": Asset}
    words = "\n".join(f"  {word}: {cls.__name__};" for word, cls in tops.items())
    defaults = {word: _defaults(components[cls.__name__]) for word, cls in tops.items()}
    parts = [
        "// Written by scripts/words_to_ts.py from s4.core.model; change the words there, then run it again.",
        *(_declaration(name, schema) for name, schema in components.items()),
        f"/** Every word that the page receives, by its name on the wire. */\nexport interface Words {{\n{words}\n}}",
        "/** What a field means that was left out on the wire. */\n"
        f"export const DEFAULTS = {json.dumps(defaults, indent=2)} as const;",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the file, or with `--check` compare it."""
    parser = argparse.ArgumentParser(description="Write the words of s4.core.model as TypeScript types.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the file is out of date")
    wanted = typescript()
    if parser.parse_args().check:
        if TARGET.read_text(encoding="utf-8") == wanted:
            return 0
        print(f"{TARGET} is out of date: run scripts/words_to_ts.py", file=sys.stderr)
        return 1
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
