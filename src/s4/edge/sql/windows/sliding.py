"""Sliding windows: every row (or every one that OVER (WHEN …) picks) looks back, and with a delay ahead as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s4.edge.sql.place import Span
from s4.edge.sql.rows import Record
from s4.edge.sql.windows.batch import Batch, Held


class Sliding:
    """`SLIDINGWINDOW(ss, 10, 2)`: from `length` ms before a row to `delay` ms after it.

    Without a delay both ends belong to the window; with one, its end does not. `picks` says whether a row triggers a
    window. By event time, windows wait for the watermark; a delayed one for the first that is past its end.
    """

    def __init__(
        self, length: int, delay: int, picks: Callable[[Record], bool], *, by_clock: bool, most_rows: int
    ) -> None:
        self._length, self._delay, self._picks = length, delay, picks
        self._by_clock = by_clock
        self._held = Held(most_rows)
        self._triggers: list[int] = []
        self._delayed: list[int] = []

    @property
    def dropped(self) -> int:
        """Rows for which there was no room."""
        return self._held.dropped

    def add(self, record: Record) -> list[Batch]:
        """A row comes in."""
        if not self._held.add(record):
            return []
        picked = self._picks(record)
        if not self._by_clock:
            if picked:
                self._triggers.append(record.at)
            return []
        if picked and self._delay:
            self._delayed.append(record.at + self._delay)
            return []
        if picked:
            return [self._scan(record.at)]
        if not self._delayed:
            self._held.expire(record.at - self._length)
        return []

    def due(self) -> int | None:
        """The end of the first window that waits for its delay."""
        return self._delayed[0] if self._by_clock and self._delayed else None

    def fire(self, now: int) -> list[Batch]:
        """Give out the windows whose delay is over."""
        batches = []
        while self._delayed and self._delayed[0] <= now:
            batches.append(self._scan(self._delayed.pop(0)))
        return batches

    def pass_mark(self, mark: int) -> list[Batch]:
        """Give out what is complete."""
        batches = self.fire(mark)
        while self._triggers and self._triggers[0] <= mark:
            at = self._triggers.pop(0)
            if self._delay:
                self._delayed.append(at + self._delay)
            else:
                batches.append(self._scan(at))
        oldest = min([mark, *self._triggers[:1], *(at - self._delay for at in self._delayed[:1])])
        self._held.expire(oldest - self._length)
        return batches

    def _scan(self, end: int) -> Batch:
        start = end - self._length - self._delay
        self._held.expire(start)
        return Batch(self._held.until(end, closed=not self._delay), Span(start, end))

    def state(self) -> Any:
        """As plain values."""
        return [self._held.state(), self._triggers, self._delayed]

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
        held, self._triggers, self._delayed = state
        self._held.load(held)
