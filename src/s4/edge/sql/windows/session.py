"""Session windows: rows that follow each other closely, cut at natural times when a session lasts too long."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from s4.edge.sql.place import Span
from s4.edge.sql.rows import Record
from s4.edge.sql.windows.align import aligned_end
from s4.edge.sql.windows.batch import Batch, Held


class Session:
    """`SESSIONWINDOW(ss, 10, 2)`: over after `timeout` ms without a row, cut at multiples of `length` ms.

    A session is cut at a natural time only when it has lasted `length` by then; what follows a cut begins there.
    """

    def __init__(self, length: int, timeout: int, started: int | None, most_rows: int) -> None:
        self._length, self._timeout = length, timeout
        self._held = Held(most_rows)
        self._by_clock = started is not None
        self._tick = None if started is None else aligned_end(started, length)
        self._begin: int | None = None
        self._last: int | None = None
        self._close_together = 0

    @property
    def dropped(self) -> int:
        """Rows for which there was no room."""
        return self._held.dropped

    def add(self, record: Record) -> list[Batch]:
        """A row comes in."""
        if self._by_clock and not self._continues(record.at):
            self._begin = record.at
        self._last = record.at
        self._held.add(record)
        return []

    def _continues(self, at: int) -> bool:
        """The session that was open, or cut, still goes on when a row comes at `at`."""
        return self._begin is not None and self._last is not None and at - self._last <= self._timeout

    def due(self) -> int | None:
        """The end of the time to wait for a row, or the cut before it."""
        if not self._by_clock or not self._held.rows or self._last is None:
            return None
        return min(self._last + self._timeout, self._next_cut())

    def _next_cut(self) -> int:
        """The first natural time at which the session has lasted long enough."""
        assert self._tick is not None  # noqa: S101 - only by the clock
        earliest = self._held.rows[0].at + self._length
        if self._tick < earliest:
            self._tick += -(-(earliest - self._tick) // self._length) * self._length
        return self._tick

    def fire(self, now: int) -> list[Batch]:
        """The session is over, or cut."""
        batches: list[Batch] = []
        while (due := self.due()) is not None and due <= now:
            assert self._last is not None  # noqa: S101 - it is due because there was a row
            over = due == self._last + self._timeout
            batches.append(self._cut(due, over=over))
        return batches

    def _cut(self, end: int, *, over: bool) -> Batch:
        rows = self._held.until(end)
        self._held.expire(end)
        self._close_together = 0
        batch = Batch(rows, Span(end - self._length if self._begin is None else self._begin, end))
        self._begin = None if over else end
        return batch

    def pass_mark(self, mark: int) -> list[Batch]:
        """By event time: give out the sessions that are over before `mark`."""
        batches: list[Batch] = []
        while (found := self._next_end(mark)) is not None:
            first = self._held.rows[0].at
            if self._begin is None or first - self._begin > self._timeout:
                self._begin = first
            batches.append(self._cut(found[0], over=found[1]))
        return batches

    def _next_end(self, mark: int) -> tuple[int, bool] | None:
        rows = self._held.rows
        if not rows:
            return None
        cut = aligned_end(rows[0].at, self._length)
        while cut - rows[0].at <= self._length:
            cut += self._length
        for before, after in pairwise(rows[self._close_together :]):
            over = before.at + self._timeout
            if after.at > over or after.at > cut:
                return (over, True) if after.at > over and over <= cut else (cut, False)
        self._close_together = len(rows) - 1
        over = rows[-1].at + self._timeout
        return (over, True) if mark > over else None

    def state(self) -> Any:
        """As plain values."""
        return [self._held.state(), self._tick, self._begin, self._last]

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
        held, self._tick, self._begin, self._last = state
        self._close_together = 0
        self._held.load(held)
