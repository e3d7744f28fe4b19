"""What rules can read: the streams `readings` and `events`, made of the observations that come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from s4.core.clock import NS_PER_MS
from s4.core.model import Observation, ObservationBatch, Series
from s4.edge.sql.columnar.frame import Column, Frame, Int, Words
from s4.edge.sql.grammar import parse_stream
from s4.edge.sql.tree import Stream

_MOST_SEEN: Final = 256
READINGS: Final = "readings"
EVENTS: Final = "events"
STREAMS: Final[Mapping[str, Stream]] = {
    READINGS: parse_stream(
        "CREATE STREAM readings (source STRING, property STRING, unit STRING, site STRING, value FLOAT, time BIGINT) "
        'WITH (FORMAT="json", TIMESTAMP="time")'
    ),
    EVENTS: parse_stream('CREATE STREAM events () WITH (FORMAT="json", TIMESTAMP="time")'),
}
"""`readings`: numbers, `time` in ms since the epoch, `unit` in UCUM. `events`: everything else that sources say: the
fields of their bodies, and `source`, `property`, `site` and `time`.
"""


class Sheet:
    """Turns batches into frames of `readings`. The texts of all series seen are kept, some 100 bytes a series."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, Series], int] = {}
        self._texts: dict[str, dict[str, int]] = {name: {} for name in ("source", "property", "unit", "site")}
        self._places: dict[str, list[int]] = {name: [] for name in self._texts}
        self._tables: dict[str, tuple[Int, Words]] = {}
        self._seen: dict[tuple[str, int], tuple[tuple[Series, ...], Int]] = {}

    def frame(self, batches: Sequence[ObservationBatch], last_ns: int) -> tuple[Frame, Int]:
        """All readings of `batches` in their order, by their own times, and when each arrived (ms). Those that are not
        finite, or claim to be later than `last_ns`, are left. Cost: 40 ns a reading and 1 µs a series of a batch.
        """
        series = np.concatenate([self._series_of(batch) for batch in batches])
        value = np.concatenate([batch.value for batch in batches])
        time = np.concatenate([batch.time for batch in batches])
        arrived = np.repeat([batch.received for batch in batches], [len(batch) for batch in batches])
        good = np.isfinite(value) & (time <= last_ns)
        if not good.all():
            series, value, time, arrived = series[good], value[good], time[good], arrived[good]
        return self._framed(series, value, time // NS_PER_MS), arrived // NS_PER_MS

    def _series_of(self, batch: ObservationBatch) -> Int:
        """The number of each reading's series. What names the same series (the same tuple) again is looked up once."""
        seen = self._seen.get((batch.site, id(batch.series)))
        if seen is None:
            seen = (batch.series, self._numbers_of(batch))
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen[batch.site, id(batch.series)] = seen
        return seen[1][batch.code]

    def _numbers_of(self, batch: ObservationBatch) -> Int:
        known = self._numbers.get
        numbers = (known((batch.site, one)) for one in batch.series)
        pairs = zip(numbers, batch.series, strict=True)
        return np.array([self._learn(batch.site, one) if n is None else n for n, one in pairs], np.int64)

    def _learn(self, site: str, series: Series) -> int:
        said = {"source": series.source, "property": series.property, "unit": series.unit, "site": site}
        for name, text in said.items():
            texts = self._texts[name]
            self._places[name].append(texts.setdefault(text, len(texts)))
        self._tables.clear()
        return self._numbers.setdefault((site, series), len(self._numbers))

    def _framed(self, series: Int, value: Any, time: Int) -> Frame:
        columns = {name: self._column(name, series) for name in self._texts}
        return Frame(time, columns | {"value": Column(value), "time": Column(time)})

    def _column(self, name: str, series: Int) -> Column:
        if name not in self._tables:
            self._tables[name] = (np.array(self._places[name], np.int32), self._words(name))
        places, words = self._tables[name]
        return Column(places[series], words=words)

    def _words(self, name: str) -> Words:
        return Words(tuple(self._texts[name]))


def rows_of(frame: Frame) -> Iterator[dict[str, Any]]:
    """The rows of a frame, for rules that run row by row. Cost: 1 µs a row."""
    lists = [column.tolist() for column in frame.columns.values()]
    names = tuple(frame.columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True))


def row_of(event: Observation) -> dict[str, Any]:
    """An event as a row of `events`."""
    own = {"source": event.source, "property": event.property, "site": event.site, "time": event.time // NS_PER_MS}
    return {**event.body, **own}
