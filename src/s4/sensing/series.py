"""Series: columns of numbers in a text file, replayed by their own times as if the sensors were speaking now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

from s4.core.city import Source
from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import ObservationBatch
from s4.core.ports import Card, Context, Door, Record, Reject
from s4.sensing.files import read_lines
from s4.sensing.options import read_options
from s4.sensing.pace import start_of
from s4.sensing.payload import instant
from s4.sensing.replay import RejectBox, by_own_times, deliver
from s4.sensing.table import Row, SeriesOptions, Table

READINGS: Final = 8_192
"""At most about so many readings are handed over at once."""


class SeriesDoor(Door):
    """A file of measurements. Cost: about 20 µs a row."""

    card: ClassVar = Card(
        name="series",
        version="1",
        title="Recorded series",
        purpose="Replays recorded sensor series, for exercises, tests and tuning.",
        limits="One row a line; 256 columns.",
    )
    produces: ClassVar = (ObservationBatch,)

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        owner = f"source[{source.id}]"
        self.options = read_options(SeriesOptions, source.options, owner)
        self.options.check(owner)
        start = self.options.start or ("now" if self.options.time_format == "elapsed" else "")
        self._start = start_of(start, context.clock, field=f"{owner}.options.start")
        self._path = Path(context.folder) / self.options.path
        self._refused = RejectBox(source.id, "series", context.clock)

    def rejects(self) -> Sequence[Reject]:
        """The lines and cells refused since the last call, at most the last 1000."""
        return self._refused.drain()

    async def run(self, record: Record) -> None:
        """Replay the file to its end. Raises `InputError` when it is not there or lacks a column."""
        clock, site = self.context.clock, self.source.site
        async for rows in self._batches():
            readings = [reading for _, row in rows for reading in row]
            await deliver(record, [ObservationBatch.of(site, clock.now(), readings)])

    async def _batches(self) -> AsyncIterator[list[Row]]:
        most = max(1, READINGS // len(self.options.columns))
        read = self._chunks(most)
        if self.options.realtime:
            async for batch in by_own_times(lambda: _timed(read()), self.context.clock, most):
                yield batch
            return
        while (rows := await asyncio.to_thread(read)) is not None:
            if rows:
                yield rows

    def _chunks(self, most: int) -> Callable[[], list[Row] | None]:
        """A function that reads the next few rows each time it is called, as `by_own_times` wants it."""
        lines = islice(read_lines(self._path), self.options.skip, None)
        table: Table | None = None
        begin: int | None = None

        def read() -> list[Row] | None:
            nonlocal table, begin
            if table is None:
                table = Table(self.options, self.source.id, lines, str(self._path), self._refused.add)
            some = list(islice(lines, most))
            rows = list(table.rows(some))
            if begin is None and rows:
                begin = table.origin(rows[0][0]) + int(self.options.from_s * NS_PER_S)
            wanted = [row for row in rows if row[0] >= (begin or 0)] if self.options.from_s else rows
            shift = 0 if self._start is None or begin is None else self._start - begin
            return list(self._moved(wanted, shift)) if some else None

        return read

    def _moved(self, rows: Sequence[Row], shift: int) -> Iterator[Row]:
        for time, row in rows:
            try:
                moved = instant(time + shift, 0)
            except InputError as error:
                self._refused.add(b"", error.at(file=str(self._path), field=str(self.options.time)))
                continue
            yield moved, [reading._replace(time=moved) for reading in row]


def _timed(rows: Sequence[Row] | None) -> list[tuple[int, Row]] | None:
    return None if rows is None else [(row[0], row) for row in rows]
