"""What a window gives out, what every kind of window can do, and the bound on what it holds."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Protocol

from s4.edge.sql.place import Span
from s4.edge.sql.rows import Record


class Batch:
    """The rows of a window that was triggered."""

    __slots__ = ("rows", "span")

    def __init__(self, rows: list[Record], span: Span) -> None:
        self.rows, self.span = rows, span


class Held:
    """The rows that a window holds, in the order of their times; at most `most`, further ones are dropped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.rows: list[Record] = []
        self.dropped = 0

    def add(self, record: Record) -> bool:
        """Keep the row; False when there is no room."""
        if len(self.rows) >= self._most:
            self.dropped += 1
            return False
        self.rows.append(record)
        return True

    def expire(self, before: int) -> None:
        """Let go of the rows older than `before`, ms."""
        if self.rows and self.rows[0].at < before:
            del self.rows[: self._place(before)]

    def until(self, end: int, *, closed: bool = False) -> list[Record]:
        """The rows older than `end`, ms; with `closed` those at `end` too."""
        return self.rows[: self._place(end + 1 if closed else end)]

    def _place(self, at: int) -> int:
        return bisect_left(self.rows, at, key=lambda record: record.at)

    def state(self) -> Any:
        """As plain values."""
        return [[record.state() for record in self.rows], self.dropped]

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
        rows, self.dropped = state
        self.rows = [Record.of(record) for record in rows]


class WindowKeeper(Protocol):
    """What every kind of window can do. Times in ms."""

    @property
    def dropped(self) -> int:
        """Rows for which there was no room."""

    def add(self, record: Record) -> list[Batch]:
        """A row comes in, in the order of time."""

    def due(self) -> int | None:
        """When, by the clock, it is triggered next, if nothing comes in."""

    def fire(self, now: int) -> list[Batch]:
        """The clock stands at what `due` said."""

    def pass_mark(self, mark: int) -> list[Batch]:
        """By event time: no row before `mark` will come any more."""

    def state(self) -> Any:
        """As plain values, for a snapshot."""

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
