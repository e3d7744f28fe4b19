"""Event time: rows wait until no earlier one is expected, then go on in the order of their own times."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from s4.edge.sql.rows import Record

_NEVER: Final = -(1 << 62)


class Watermark:
    """How far time is over: the oldest of the streams' newest times, less `late_ms`.

    A stream that is silent holds the others back: nobody can know what it has still to say.
    """

    def __init__(self, streams: Iterable[str], late_ms: int, most_rows: int) -> None:
        self._newest = dict.fromkeys(streams, _NEVER)
        self._late, self._most = late_ms, most_rows
        self._order = count()
        self._waiting: list[tuple[int, int, Record]] = []
        self.at = _NEVER
        self.late_rows = 0
        self.dropped = 0

    @property
    def fresh(self) -> bool:
        """Whether nothing has come yet, from any stream."""
        return all(newest == _NEVER for newest in self._newest.values())

    def take(self, record: Record) -> tuple[list[Record], int | None]:
        """A row comes in. Returns the rows that are due, in order, and the new watermark if it moved, ms."""
        self._newest[record.stream] = max(self._newest[record.stream], record.at)
        if record.at < self.at:
            self.late_rows += 1
            return [], None
        if len(self._waiting) >= self._most:
            self.dropped += 1
        else:
            heappush(self._waiting, (record.at, next(self._order), record))
        return self._moved(min(self._newest.values()) - self._late)

    def expect_none_before(self, until: int) -> tuple[list[Record], int | None]:
        """Somebody knows that nothing older than `until` (ms) is to come. Returns as `take` does."""
        return self._moved(until - self._late)

    def _moved(self, mark: int) -> tuple[list[Record], int | None]:
        if mark <= self.at or mark < _NEVER // 2:
            return [], None
        self.at = mark
        due: list[Record] = []
        while self._waiting and self._waiting[0][0] <= mark:
            due.append(heappop(self._waiting)[2])
        return due, mark

    def state(self) -> Any:
        """As plain values."""
        waiting = [record.state() for _, _, record in sorted(self._waiting, key=lambda one: one[:2])]
        return [self._newest, waiting, self.at, self.late_rows, self.dropped]

    def load(self, state: Any) -> None:
        """Go on from what `state` said."""
        self._newest, waiting, self.at, self.late_rows, self.dropped = state
        records = [Record.of(record) for record in waiting]
        self._waiting = [(record.at, next(self._order), record) for record in records]
