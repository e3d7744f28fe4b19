"""Count windows: the last so many rows, every so many rows."""

from __future__ import annotations

from typing import Any

from s4.edge.sql.place import Span
from s4.edge.sql.rows import Record
from s4.edge.sql.windows.batch import Batch, Held


class Count:
    """`COUNTWINDOW(5, 2)`: the last `length` rows, after every `interval` of them, once there are enough."""

    def __init__(self, length: int, interval: int) -> None:
        self._length, self._interval = length, interval or length
        self._held = Held(length + self._interval)
        self._came = 0

    @property
    def dropped(self) -> int:
        """Rows for which there was no room: none."""
        return self._held.dropped

    def add(self, record: Record) -> list[Batch]:
        """A row comes in."""
        held = self._held
        held.add(record)
        held.rows = held.rows[-self._length :]
        self._came += 1
        if self._came < self._interval:
            return []
        self._came = 0
        if len(held.rows) < self._length:
            return []
        return [Batch(list(held.rows), Span(held.rows[0].at, record.at))]

    def due(self) -> int | None:
        """Never: time does not matter."""
        return None

    def fire(self, now: int) -> list[Batch]:
        """Nothing: time does not matter."""
        return []

    def pass_mark(self, mark: int) -> list[Batch]:
        """Nothing: time does not matter."""
        return []

    def state(self) -> Any:
        """As plain values."""
        return [self._held.state(), self._came]

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
        held, self._came = state
        self._held.load(held)
