"""What one message of a gateway says: readings and events of its devices, and what in it is wrong."""

from __future__ import annotations

import sys
from typing import Any, Final, NamedTuple

from s4.core.errors import InputError
from s4.core.model import Place

Body = dict[str, Any]
_LARGEST: Final = sys.float_info.max
SELF: Final = ""
"""The device of an item that the source itself says."""


class Item(NamedTuple):
    """One reading (`value` a number in UCUM `unit`, None: it did not say) or event (`value` its fields).

    `device`: as its gateway calls it, empty for the source itself; `time`: ns UTC, None for "when it arrived".
    """

    device: str
    property: str
    value: float | Body
    unit: str | None = None
    time: int | None = None
    place: Place | None = None


def number(value: object, *, field: str) -> float:
    """A number or truth value as a float. Raises `InputError` for anything else, and beyond what a float holds.

    >>> number(True, field="contact"), number(7, field="co2")
    (1.0, 7.0)
    """
    if not isinstance(value, int | float):
        kind = {str: "text", list: "a list", dict: "an object", type(None): "nothing"}.get(
            type(value), "something else"
        )
        raise InputError(f"expected a number, got {kind}", field=field)
    if not abs(value) <= _LARGEST:
        raise InputError("is not a finite number", field=field)
    return float(value)


class Parsed:
    """Collects what a message says; a part that is wrong is kept aside and the rest goes on."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.wrong: list[InputError] = []

    def reading(self, device: str, name: str, value: object, unit: str | None = None, time: int | None = None) -> None:
        """Add a reading, or the complaint that `value` is no number."""
        try:
            self.items.append(Item(device, name, number(value, field=name), unit, time))
        except InputError as error:
            self.wrong.append(error)

    def event(
        self, device: str, name: str, body: Body, time: int | None = None, place: Place | None = None
    ) -> None:  # fmt: skip
        """Add an event."""
        self.items.append(Item(device, name, body, None, time, place))

    def said(self, device: str, name: str, value: object, time: int | None = None) -> None:
        """Add a plain value of whatever kind: numbers and truth values as a reading, text as an event."""
        if isinstance(value, str):
            self.event(device, name, {"value": value}, time)
        else:
            self.reading(device, name, value, None, time)
