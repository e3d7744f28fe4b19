"""Structs: their names and values, parts of them, and new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import written
from s4.edge.sql.functions.coerce import array, struct
from s4.edge.sql.functions.function import Function, FunctionError, Value
from s4.edge.sql.tree import Expr

FAMILY: Final = "object"


def _object(names: Value, values: Value) -> dict[str, Value] | None:
    if len(array(names)) != len(array(values)):
        raise FunctionError("there must be as many names as values")
    return {coerce.string(name): value for name, value in zip(names, values, strict=True)} or None


def _zip(pairs: Value) -> dict[str, Value] | None:
    made = {}
    for pair in array(pairs):
        if pair is None:
            continue
        if not isinstance(pair, list) or len(pair) != 2:
            raise FunctionError("each element must be an array of a name and a value")
        made[coerce.string(pair[0])] = pair[1]
    return made if pairs else None


def _items(value: Value) -> list[Value] | None:
    return [[name, held] for name, held in struct(value).items()] or None


def _concat(*values: Value) -> dict[str, Value]:
    joined: dict[str, Value] = {}
    for value in values:
        joined.update(struct(value) if value is not None else {})
    return joined


def _construct(*parts: Value) -> dict[str, Value]:
    if len(parts) % 2:
        raise FunctionError("there must be a value for each name")
    return {coerce.string(name): value for name, value in zip(parts[::2], parts[1::2], strict=True) if name is not None}


def _pairs(args: Sequence[Expr]) -> str | None:
    if len(args) % 2:
        return "there must be a value for each name"
    wrong = next((at for at, arg in enumerate(args) if at % 2 == 0 and written(arg) in _NO_NAMES), None)
    return None if wrong is None else f"argument {wrong + 1} must be a string"


_NO_NAMES: Final = frozenset(("int", "float", "bool", "time"))


def _erase(value: Value, names: Value) -> dict[str, Value]:
    held = struct(value)
    if not isinstance(names, list | str):
        raise coerce.refuse("a name or an array of names", names)
    gone = {names} if isinstance(names, str) else {coerce.convertible(name) for name in names}
    return {name: one for name, one in held.items() if name not in gone}


def _pick(value: Value, *names: Value) -> dict[str, Value] | None:
    if value is None:
        return None
    held, picked = struct(value), dict[str, Value]()
    wanted = names[0] if isinstance(names[0], list) else names if isinstance(names[0], str) else ()
    for name in wanted:
        if isinstance(name, str):
            _put(picked, held, name)
    return picked


def _put(picked: dict[str, Value], held: dict[str, Value], path: str) -> None:
    """Take over what `path` (names with points between) leads to, with the structs around it."""
    *outer, last = path.split(".") if len(path) <= coerce.DEEPEST * coerce.DEEPEST else [path]
    if len(outer) > coerce.DEEPEST:
        return
    within: Value = held
    for name in outer:
        within = within.get(name) if isinstance(within, dict) else None
    if not isinstance(within, dict) or last not in within:
        return
    for name in outer:
        inner = picked.get(name)
        picked[name] = picked = dict(inner) if isinstance(inner, dict) else {}
    picked[last] = within[last]


def _to_pairs(value: Value) -> list[Value]:
    return [{"key": name, "value": held} for name, held in struct(value).items()]


def _make(
    name: str, call: Callable[..., Value], text: str, least: int = 1, most: int | None = 1, **more: Any
) -> Function:
    return Function(name, FAMILY, "scalar", call, text, least, most, **more)


FUNCTIONS: Final[Sequence[Function]] = (
    _make("erase", _erase, "The struct without the member of that name, or of those names.", 2, 2),
    _make("items", _items, "An array of `[name, value]` for each member; null for an empty struct."),
    _make("keys", lambda a: list(struct(a)), "The names of the members."),
    _make("obj_to_kvpair_array", _to_pairs, "An array of structs of `key` and `value`, one a member."),
    _make("object", _object, "A struct from an array of names and one of values.", 2, 2),
    _make(
        "object_concat", _concat, "The members of all structs; of equal names the last one counts.", 2, None,
        nothing_for_null=False,
    ),
    _make(
        "object_construct", _construct, "`object_construct(name, value, …)`: a struct of those members.", 0, None,
        check=_pairs, nothing_for_null=False,
    ),
    _make(
        "object_pick", _pick, "The struct with only the members named (`a`, `a.b`, …), one by one or in an array.",
        2, None, nothing_for_null=False,
    ),
    _make(
        "object_size", lambda a: 0 if a is None else len(struct(a)), "The number of members; 0 for null.",
        nothing_for_null=False,
    ),
    _make("values", lambda a: list(struct(a).values()), "The values of the members."),
    _make("zip", _zip, "A struct from an array of `[name, value]`; null for an empty array."),
)  # fmt: skip
