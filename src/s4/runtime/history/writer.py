"""Writes observations to Parquet: one file a flush, synced and renamed before the bus is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from s4.core.clock import format_time
from s4.core.lean import parquet
from s4.core.model import Observation, ObservationBatch
from s4.runtime.history.layout import Shelf, piece_name, pieces, sync_folder
from s4.runtime.wire import merge

if TYPE_CHECKING:
    import pyarrow as pa

FLUSH_ROWS: Final = 1_000_000
T = TypeVar("T")


class ShelfWriter(Generic[T]):
    """Collects what came over the bus for one shelf and writes it. Not thread-safe: one consumer feeds it.

    `add` keeps in memory (about 40 bytes a reading); `flush` makes it durable and returns the last sequence held.
    """

    def __init__(self, root: Path, shelf: Shelf, to_table: Callable[[list[T]], pa.Table]) -> None:
        self._root, self._shelf, self._to_table = root, shelf, to_table
        self._waiting: list[T] = []
        self._first = self._last = 0
        self._hour = ""
        self.rows = 0
        (root / shelf).mkdir(parents=True, exist_ok=True)
        for leftover in (root / shelf).glob("hour=*/*.part"):
            leftover.unlink()

    def reached(self) -> int:
        """The last bus sequence that the shelf holds (0 when it is empty)."""
        return max((piece.last for piece in pieces(self._root, self._shelf)), default=0)

    def add(self, seq: int, stored: int, item: T, rows: int = 1) -> None:
        """Something of `rows` rows that the bus stored under `seq` at `stored` (real ns UTC)."""
        if not self._first:
            self._first, self._hour = seq, format_time(stored)[:13]
        self._last = seq
        self._waiting.append(item)
        self.rows += rows

    def flush(self) -> int:
        """Write what is waiting; returns the last sequence that is now durable, 0 when nothing was waiting."""
        if not self._first:
            return 0
        folder = self._root / self._shelf / f"hour={self._hour}"
        if not folder.exists():
            folder.mkdir()
            sync_folder(folder.parent)
        write_table(self._to_table(self._waiting), folder / piece_name(self._first, self._last))
        done, self._first, self._waiting, self.rows = self._last, 0, [], 0
        return done


def readings_writer(root: Path) -> ShelfWriter[ObservationBatch]:
    """A writer of readings."""
    return ShelfWriter(root, "readings", _readings_table)


def events_writer(root: Path) -> ShelfWriter[Observation]:
    """A writer of events."""
    return ShelfWriter(root, "events", _events_table)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file that is either whole or absent, also after a power cut."""
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        parquet().write_table(
            table, file, compression="zstd", compression_level=1, use_dictionary=["source", "property", "unit", "site"]
        )
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    sync_folder(path.parent)


def _readings_table(batches: list[ObservationBatch]) -> pa.Table:
    """All batches as one table; names stay dictionaries, so that a reading costs its numbers and no text."""
    import pyarrow as pa

    merged, sizes = merge(batches), [len(batch) for batch in batches]
    sites = list(dict.fromkeys(batch.site for batch in batches))
    site_codes = np.repeat(np.array([sites.index(batch.site) for batch in batches], np.int32), sizes)
    received = np.repeat(np.array([batch.received for batch in batches], np.int64), sizes)
    instant = pa.timestamp("ns", tz="UTC")
    names = {
        field: _names(merged.code, [str(getattr(series, field)) for series in merged.series])
        for field in ("source", "property", "unit")
    }
    return pa.table(
        {
            "site": _names(site_codes, sites),
            **names,
            "time": pa.array(merged.time).view(instant),
            "received": pa.array(received).view(instant),
            "value": pa.array(merged.value),
        }
    )


def _names(codes: NDArray[np.int32], names: list[str]) -> pa.DictionaryArray:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names, pa.string()), safe=False)


def _events_table(events: list[Observation]) -> pa.Table:
    import pyarrow as pa

    instant = pa.timestamp("ns", tz="UTC")
    return pa.table(
        {
            "id": pa.array([event.id for event in events]),
            "site": pa.array([event.site for event in events]),
            "source": pa.array([event.source for event in events]),
            "property": pa.array([event.property for event in events]),
            "time": pa.array([event.time for event in events], pa.int64()).view(instant),
            "received": pa.array([event.received for event in events], pa.int64()).view(instant),
            "body": pa.array([msgspec.json.encode(event.body).decode() for event in events]),
        }
    )
