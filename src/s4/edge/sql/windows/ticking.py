"""What tumbling and hopping windows share: they end at regular, natural times."""

from __future__ import annotations

from typing import Any

from s4.edge.sql.place import Span
from s4.edge.sql.rows import Record
from s4.edge.sql.windows.align import aligned_end
from s4.edge.sql.windows.batch import Batch, Held


class Ticking:
    """Windows of `length` ms that end every `interval` ms, each holding the rows from `end - length` to before `end`.

    By the clock the first ends after `started`, by event time after the first row. A window without rows is not given
    out. The first window begins where the rule (by the clock) or the first row (by event time) does.
    """

    def __init__(self, length: int, interval: int, started: int | None, most_rows: int) -> None:
        self._length, self._interval = length, interval
        self._held = Held(most_rows)
        self._by_clock = started is not None
        self._begin = started
        self._end = None if started is None else aligned_end(started, interval)

    @property
    def dropped(self) -> int:
        """Rows for which there was no room."""
        return self._held.dropped

    def add(self, record: Record) -> list[Batch]:
        """A row comes in."""
        if self._begin is None:
            self._begin = record.at
        self._held.add(record)
        return []

    def due(self) -> int | None:
        """The end of the window, by the clock, unless there is nothing in it."""
        return self._end if self._by_clock and self._held.rows else None

    def fire(self, now: int) -> list[Batch]:
        """Close the windows that end until `now`."""
        return self._close(now)

    def pass_mark(self, mark: int) -> list[Batch]:
        """Close the windows that end until `mark`."""
        if self._end is None:
            if not self._held.rows:
                return []
            self._end = aligned_end(self._held.rows[0].at, self._interval)
        return self._close(mark)

    def _close(self, until: int) -> list[Batch]:
        closed: list[Batch] = []
        assert self._end is not None  # noqa: S101 - set by the clock, or by the first row
        self._skip()
        while self._held.rows and self._end <= until:
            self._held.expire(self._end - self._length)
            rows = self._held.until(self._end)
            if rows:
                closed.append(Batch(rows, self._span(self._end)))
            self._move_to(self._end)
            self._skip()
        if not self._held.rows and self._end <= until:
            self._move_to(self._end + (until - self._end) // self._interval * self._interval)
        return closed

    def _skip(self) -> None:
        """Pass over the windows that are empty, however many."""
        rows = self._held.rows
        if rows and self._end is not None and rows[0].at >= self._end:
            self._move_to(self._end + (rows[0].at - self._end) // self._interval * self._interval)

    def _move_to(self, end: int) -> None:
        """The window that ended at `end` is done."""
        self._begin = end
        self._end = end + self._interval
        self._held.expire(self._end - self._length)

    def _span(self, end: int) -> Span:
        begin = end - self._interval if self._begin is None else self._begin
        return Span(begin - (self._length - self._interval), end)

    def state(self) -> Any:
        """As plain values."""
        return [self._held.state(), self._begin, self._end]

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
        held, self._begin, self._end = state
        self._held.load(held)
