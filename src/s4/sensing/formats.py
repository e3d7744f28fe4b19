"""The formats of log lines, and the generic one: JSON objects, one a line."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol

import msgspec

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.sensing.channels import check_property
from s4.sensing.options import complaint
from s4.sensing.payload import LARGEST_EVENT, WRONG, Event, check_depth, instant

TIME_UNITS: Final = {"s": NS_PER_S, "ms": 1_000_000, "us": 1_000, "ns": 1}
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


class Said(NamedTuple):
    """What one line says: of which property, when (ns UTC), and its fields."""

    property: str
    time: int
    body: Event


class LineFormat(Protocol):
    """Understands the lines of one kind of log."""

    def read(self, text: bytes, received: int) -> Said | None:
        """One line → what it says; None when it says nothing (blank, comment, not wanted). Raises `InputError`."""


def read_object(text: bytes) -> Event:
    """A line that must be one JSON object of at most 64 KiB.

    >>> read_object(b"[1]")
    Traceback (most recent call last):
    s4.core.errors.InputError: expected an object, got a list
    """
    if len(text) > LARGEST_EVENT:
        raise InputError(f"is longer than {LARGEST_EVENT} bytes")
    try:
        fields = _OBJECT.decode(text)
    except WRONG as error:
        raise complaint(error) from error
    check_depth(fields)
    return fields


def time_of(value: object, unit: str, received: int, *, field: str) -> int:
    """RFC 3339 text, or a number in `unit` since 1970 → ns UTC; None → `received`. Raises `InputError`.

    >>> time_of(1545403816.962094, "s", 0, field="ts")
    1545403816962094000
    """
    if value is None:
        return received
    try:
        if isinstance(value, str):
            return instant(value, received)
        if isinstance(value, int) and not isinstance(value, bool):
            return instant(value * TIME_UNITS[unit], received)
        if isinstance(value, float) and abs(value) < 1e15:
            return instant(round(value * TIME_UNITS[unit] / 1000) * 1000, received)  # a float holds no finer time
    except InputError as error:
        raise InputError(error.reason, field=field) from error
    raise InputError("is neither RFC 3339 text nor a number", field=field)


class JsonLines:
    """Any JSON object a line. `time_field`: where its time is, RFC 3339 text or a number in `time_unit` (missing:
    when it was read); `property_field`: where its property is, else it is `property`.
    """

    def __init__(self, *, property: str, property_field: str, time_field: str, time_unit: str) -> None:
        self._property, self._property_field = check_property(property), property_field
        self._time_field, self._time_unit = time_field, time_unit

    def read(self, text: bytes, received: int) -> Said | None:
        """One line → its fields; None for a blank one."""
        if not text.strip():
            return None
        fields = read_object(text)
        name: object = fields.get(self._property_field, self._property) if self._property_field else self._property
        if not isinstance(name, str):
            raise InputError("is no text", field=self._property_field)
        time = time_of(fields.get(self._time_field), self._time_unit, received, field=self._time_field)
        return Said(check_property(name), time, fields)
