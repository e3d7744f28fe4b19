"""What a row can be asked about the place it stands in: its window, its rule, its message, the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from s4.edge.sql.functions.function import Function, FunctionError, Row, Value
from s4.edge.sql.tree import Expr, Field, Member

FAMILY: Final = "window"
_MESSAGE: Final = ("topic", "messageid")


def _window_start(row: Row) -> int:
    window = row.window()
    return window[0] if window else 0


def _window_end(row: Row) -> int:
    window = row.window()
    return window[1] if window else 0


def _window_trigger(row: Row) -> int:
    return row.trigger() or 0


def _meta(row: Row, key: str, stream: str = "", *members: str) -> Value:
    value = row.meta(key, stream)
    for name in members:
        if not isinstance(value, dict):
            raise FunctionError(f"the metadata {key} holds no {name}")
        value = value.get(name)
    return value


def _mqtt(row: Row, key: str, stream: str = "") -> Value:
    value = row.meta(key, stream)
    if value is not None and not isinstance(value, str | int):
        raise FunctionError("the row did not come by MQTT")
    return value


def _named(args: Sequence[Expr]) -> str | None:
    name = args[0] if args else None
    while isinstance(name, Member):
        name = name.value
    return None if isinstance(name, Field) else "argument 1 must be the name of a metadata entry, without quotes"


def _message(args: Sequence[Expr]) -> str | None:
    name = args[0] if args else None
    if isinstance(name, Field) and name.name.lower() in _MESSAGE:
        return None
    return "argument 1 must be topic or messageid, without quotes"


def _make(name: str, call: Callable[..., Value], text: str, count: int = 0, **more: Any) -> Function:
    return Function(name, FAMILY, "window", call, text, count, count, **{"nothing_for_null": False, **more})


FUNCTIONS: Final[Sequence[Function]] = (
    _make("event_time", lambda row: row.event_time(), "The time of the row, or of its window's end, in ms since 1970."),
    _make("last_agg_hit_count", lambda row: row.hits()[2], "How often the rule has put out results so far."),
    _make("last_agg_hit_time", lambda row: row.hits()[3], "When the rule last put out results, in ms since 1970."),
    _make("last_hit_count", lambda row: row.hits()[0], "How many rows have passed the rule's conditions so far."),
    _make("last_hit_time", lambda row: row.hits()[1], "When a row last passed, in ms since 1970; 0 at first."),
    _make(
        "meta", _meta, "`meta(name)`, `meta(stream.name)`, `meta(name->part)`: an entry of the row's metadata.", 1,
        check=_named, takes_name=True,
    ),
    _make(
        "mqtt", _mqtt, "`mqtt(topic)`, `mqtt(stream.topic)`: the MQTT topic, or `messageid`, of the row.", 1,
        check=_message, takes_name=True,
    ),
    _make(
        "row_number", lambda row: row.number(), "The row's place among those put out together, from 1.",
        selected_only=True,
    ),
    _make("rule_id", lambda row: row.rule(), "The rule's name."),
    _make("rule_start", lambda row: row.started(), "When the rule started, in ms since 1970."),
    _make("tstamp", lambda row: row.now(), "The time on the rule's clock, in ms since 1970."),
    _make("window_end", _window_end, "Where the window ends, in ms since 1970; 0 outside one."),
    _make("window_start", _window_start, "Where the window starts, in ms since 1970; 0 outside one."),
    _make("window_trigger", _window_trigger, "When the window was triggered, in ms since 1970; 0 outside one."),
)  # fmt: skip
