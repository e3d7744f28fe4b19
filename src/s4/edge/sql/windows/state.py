"""State windows: from a row that meets one condition to the row that meets another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s4.edge.sql.place import Span
from s4.edge.sql.rows import Record
from s4.edge.sql.windows.batch import Batch, Held


class State:
    """`STATEWINDOW(begin, end)`, one for each partition. The row that begins a window does not end it too."""

    def __init__(
        self,
        begins: Callable[[Record], bool],
        ends: Callable[[Record], bool],
        partition: Callable[[Record], str],
        most_rows: int,
        most_partitions: int,
    ) -> None:
        self._begins, self._ends, self._partition = begins, ends, partition
        self._most_rows, self._most_partitions = most_rows, most_partitions
        self._open: dict[str, Held] = {}
        self._lost = 0

    @property
    def dropped(self) -> int:
        """Rows for which there was no room."""
        return self._lost + sum(held.dropped for held in self._open.values())

    def add(self, record: Record) -> list[Batch]:
        """A row comes in."""
        name = self._partition(record)
        held = self._open.get(name)
        if held is None:
            if self._begins(record):
                self._start(name, record)
            return []
        held.add(record)
        if not self._ends(record):
            return []
        self._lost += held.dropped
        del self._open[name]
        return [Batch(held.rows, Span(held.rows[0].at, record.at))]

    def _start(self, name: str, record: Record) -> None:
        if len(self._open) >= self._most_partitions:
            self._lost += 1
            return
        held = self._open[name] = Held(self._most_rows)
        held.add(record)

    def due(self) -> int | None:
        """Never: only rows end a state."""
        return None

    def fire(self, now: int) -> list[Batch]:
        """Nothing: only rows end a state."""
        return []

    def pass_mark(self, mark: int) -> list[Batch]:
        """Nothing: only rows end a state."""
        return []

    def state(self) -> Any:
        """As plain values."""
        return [{name: held.state() for name, held in self._open.items()}, self._lost]

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
        held, self._lost = state
        self._open = {name: Held(self._most_rows) for name in held}
        for name, rows in held.items():
            self._open[name].load(rows)
