"""The work by s4, from the rule's SQL text, in a process of its own: `python -m benchmarks.edge.ours HOW INPUT ALERTS`.

HOW is `lines` (NDJSON → rule over columns), `batches` (what the bus carries, Arrow of 32,768 readings → the live
stage's rules), `frames` (columns in memory → rule over columns) or `rows` (NDJSON → the engine that goes row by row,
for rules that need it).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
import pyarrow  # noqa: F401 - loaded before the work begins, as a running s4 has it

from benchmarks.edge.peers.meter import Meter
from benchmarks.edge.work import DDL, SQL
from s4.core.model import ObservationBatch, Series
from s4.core.rules import SqlRule
from s4.edge.queries.book import Book
from s4.edge.sql.columnar.query import ColumnarQuery
from s4.edge.sql.columnar.reader import Reader
from s4.edge.sql.columnar.timeline import Times
from s4.edge.sql.grammar import parse_select, parse_stream
from s4.edge.sql.query import Options, Query
from s4.runtime.wire import decode_batch, encode_batch

CHUNK = 4 << 20
BATCH = 32_768
ROWS_AT_ONCE = 1_000


def lines(source: Path, target: Path) -> None:
    """NDJSON in pieces of 4 MiB → `Reader` → `ColumnarQuery`."""
    stream, meter = parse_stream(DDL), Meter()
    meter.start()
    query = ColumnarQuery(parse_select(SQL.format(key="sensor")), stream, Times(event=True))
    reader, rows = Reader(stream), 0
    with source.open("rb") as file, target.open("wb") as out:
        for piece in _pieces(file):
            frame, bad = reader.read(piece, 0)
            rows += len(frame) + len(bad)
            for emission in query.feed(frame):
                _write(out, emission.rows())
    meter.finish(rows - 1, version=version("s4allcities"))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines, about `CHUNK` bytes at a time."""
    rest = b""
    while piece := file.read(CHUNK):
        end = piece.rfind(b"\n") + 1
        yield rest + piece[:end]
        rest = piece[end:]
    if rest:
        yield rest


def batches(source: Path, target: Path) -> None:
    """Messages of the bus → `decode_batch` → `Book`, as the live stage holds it."""
    messages, meter = list(_messages(source)), Meter()
    meter.start()
    book = Book()
    book.add(SqlRule("work", SQL.format(key="source"), late_s=0.0))
    rows = 0
    with target.open("wb") as out:
        for message in messages:
            batch = decode_batch(message)
            rows += len(batch)
            _write(out, [made.row for made in book.feed([batch], 1 << 62)])
    meter.finish(rows - 1, version=version("s4allcities"))


def _messages(source: Path) -> Iterator[bytes]:
    """The input as it lies on the bus."""
    readings = [json.loads(line) for line in source.read_bytes().splitlines()]
    number: dict[str, int] = {}
    code = np.array([number.setdefault(one["sensor"], len(number)) for one in readings], np.int32)
    time = np.array([one["ts"] for one in readings], np.int64) * 1_000_000
    value = np.array([one["value"] for one in readings], np.float64)
    series = tuple(Series(sensor, "temperature", "Cel") for sensor in number)
    for i in range(0, len(readings), BATCH):
        rows = slice(i, i + BATCH)
        yield encode_batch(ObservationBatch("square", 0, series, code[rows], time[rows], value[rows]))


def frames(source: Path, target: Path) -> None:
    """Columns as the engine has them → `ColumnarQuery`."""
    stream, meter = parse_stream(DDL), Meter()
    reader = Reader(stream)
    with source.open("rb") as file:
        whole = [reader.read(piece, 0)[0] for piece in _pieces(file)]
    made = [frame.take(slice(i, i + BATCH)) for frame in whole for i in range(0, len(frame), BATCH)]
    meter.start()
    query = ColumnarQuery(parse_select(SQL.format(key="sensor")), stream, Times(event=True))
    with target.open("wb") as out:
        for frame in made:
            for emission in query.feed(frame):
                _write(out, emission.rows())
    meter.finish(sum(map(len, made)) - 1, version=version("s4allcities"))


def rows(source: Path, target: Path) -> None:
    """NDJSON line by line → the row engine."""
    stream, meter = parse_stream(DDL), Meter()
    meter.start()
    query = Query(parse_select(SQL.format(key="sensor")), {"readings": stream}, options=Options(event_time=True))
    decode, count = msgspec.json.Decoder().decode, 0
    with source.open("rb") as file, target.open("wb") as out:
        for held in _some(decode(line) for line in file):
            count += len(held)
            for emission in query.feed("readings", held, [row["ts"] for row in held]):
                _write(out, emission.rows)
    meter.finish(count - 1, version=version("s4allcities"))


def _some(readings: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    held: list[dict[str, Any]] = []
    for reading in readings:
        held.append(reading)
        if len(held) == ROWS_AT_ONCE:
            yield held
            held = []
    yield held


def _write(out: BinaryIO, alerts: Iterable[dict[str, Any]]) -> None:
    out.writelines(msgspec.json.encode(alert) + b"\n" for alert in alerts)


if __name__ == "__main__":
    ways = {"lines": lines, "batches": batches, "frames": frames, "rows": rows}
    ways[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
