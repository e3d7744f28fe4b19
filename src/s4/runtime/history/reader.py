"""Reads history with DuckDB: `core.archive.Readings`, and any SQL a person wants to ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from s4.core.errors import InputError, ServiceError
from s4.core.model import Observation
from s4.runtime.history.layout import Shelf, pieces

if TYPE_CHECKING:
    import duckdb
    from pyarrow import RecordBatch

_MOST_POINTS: Final = 5000
_MEMORY: Final = "256MB"
_ROWS_AT_ONCE: Final = 65_536
_EVENTS_AT_ONCE: Final = 4096

_ONCE: Final[dict[Shelf, str]] = {
    # A device that did not hear the acknowledgement sends again: the same reading counts once.
    "readings": "SELECT DISTINCT site, source, property, unit, time, value FROM read_parquet($files)",
    "events": "SELECT DISTINCT ON (id) * FROM read_parquet($files)",
}


class HistoryReader:
    """Questions about past observations. Opens DuckDB on the first question; safe to call from several threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def _ask(self, shelf: Shelf, select: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        import duckdb

        query = f"WITH {shelf} AS ({_ONCE[shelf]}) {select}"
        for last in (False, False, True):
            files = [str(piece.path) for piece in pieces(self._root, shelf)]
            if not files:
                return []
            try:
                with self._lock:
                    return self._opened().execute(query, {"files": files, **values}).fetchall()
            except duckdb.IOException as error:  # a merge has just taken one of them away: look again
                if last:
                    raise ServiceError(f"the history cannot be read: {error}") from error
        return []

    def _opened(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        if self._connection is None:
            self._connection = duckdb.connect(config={"threads": 2, "memory_limit": _MEMORY})
            self._connection.execute("SET TimeZone = 'UTC'")
        return self._connection

    def series(self) -> list[tuple[str, str, str]]:
        """See `Readings.series`."""
        query = "SELECT DISTINCT source, property, unit FROM readings ORDER BY ALL"
        return [(row[0], row[1], row[2]) for row in self._ask("readings", query, {})]

    def window(
        self, source: str, property: str, start: int, end: int, points: int
    ) -> list[tuple[int, float, float, float]]:
        """See `Readings.window`. Raises `InputError` when the window or the number of points makes no sense."""
        if not (start < end and 0 < points <= _MOST_POINTS):
            raise InputError(f"a window needs start < end and 1 to {_MOST_POINTS} points", field="points")
        query = """
            SELECT $start + CAST(floor((epoch_ns(time) - $start) / $width) AS BIGINT) * $width AS bin,
                   avg(value), min(value), max(value)
            FROM readings
            WHERE source = $source AND property = $property
              AND time >= make_timestamp_ns($start)::TIMESTAMPTZ_NS
              AND time < make_timestamp_ns($end)::TIMESTAMPTZ_NS
            GROUP BY bin ORDER BY bin
        """
        width = max((end - start) // points, 1)
        values = {"source": source, "property": property, "start": start, "end": end, "width": width}
        return [(row[0], row[1], row[2], row[3]) for row in self._ask("readings", query, values)]

    def replay(self, start: int, end: int, property: str = "") -> Iterator[RecordBatch]:
        """See `Readings.replay`. Memory: DuckDB sorts within its limit and goes to disk beyond."""
        files = [str(piece.path) for piece in pieces(self._root, "readings")]
        if not files:
            return
        query = f"""
            WITH readings AS ({_ONCE["readings"]})
            SELECT source, property, unit, site, value, epoch_ns(time) AS time FROM readings
            WHERE ($property = '' OR property = $property)
              AND time >= make_timestamp_ns($start)::TIMESTAMPTZ_NS AND time < make_timestamp_ns($end)::TIMESTAMPTZ_NS
            ORDER BY time, source, property
        """  # noqa: S608 - a statement of ours
        with self._lock:
            cursor = self._opened().cursor()  # answers come bit by bit, and others ask in between
        values = {"files": files, "start": start, "end": end, "property": property}
        yield from cursor.sql(query, params=values).to_arrow_reader(_ROWS_AT_ONCE)

    def events(self, start: int, end: int) -> Iterator[list[Observation]]:
        """See `Readings.events`. Memory: as `replay`."""
        files = [str(piece.path) for piece in pieces(self._root, "events")]
        if not files:
            return
        query = f"""
            WITH events AS ({_ONCE["events"]})
            SELECT id, source, property, epoch_ns(time), site, epoch_ns(received), body FROM events
            WHERE time >= make_timestamp_ns($start)::TIMESTAMPTZ_NS AND time < make_timestamp_ns($end)::TIMESTAMPTZ_NS
            ORDER BY time, id
        """  # noqa: S608 - a statement of ours
        with self._lock:
            cursor = self._opened().cursor()
        answer = cursor.execute(query, {"files": files, "start": start, "end": end})
        while rows := answer.fetchmany(_EVENTS_AT_ONCE):
            yield [_event(row) for row in rows]

    def count(self, shelf: Shelf) -> int:
        """How many different observations a shelf holds."""
        rows = self._ask(shelf, f"SELECT count(*) FROM {shelf}", {})  # noqa: S608 - a name of ours
        return int(rows[0][0]) if rows else 0


def _event(row: tuple[Any, ...]) -> Observation:
    name, source, property, time, site, received, body = row
    return Observation(name, source, property, time, site, received, msgspec.json.decode(body))
