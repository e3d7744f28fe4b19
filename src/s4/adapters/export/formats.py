"""The fourth step: rows → bytes, in one of five formats."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from s4.adapters.export.rows import COLUMNS, Row
from s4.core.export import Export, Format, Transform
from s4.core.lean import parquet

if TYPE_CHECKING:
    import pyarrow as pa


class Shape(NamedTuple):
    """How a format is called outside: media type, and how a file of it ends."""

    media_type: str
    suffix: str


SHAPES: Final[dict[Format, Shape]] = {
    "json": Shape("application/json", ".json"),
    "jsonl": Shape("application/x-ndjson", ".jsonl"),
    "json-array": Shape("application/json", ".json"),
    "arrow": Shape("application/vnd.apache.arrow.stream", ".arrows"),
    "parquet": Shape("application/vnd.apache.parquet", ".parquet"),
}
_CONSTANT: Final[dict[type, str]] = {str: "string", bool: "bool", int: "int64", float: "float64"}
_encoder: Final = msgspec.json.Encoder()


def encode(rows: Sequence[Row], export: Export) -> bytes:
    r"""Rows → one body. Cost: about 1 µs a row as JSON, 3 µs as a table.

    >>> encode([{"id": "a"}, {"id": "b"}], Export("x", "mqtt", ("unit",)))
    b'{"id":"a"}\n{"id":"b"}\n'
    """
    if export.format == "json-array":
        return _encoder.encode(rows)
    if export.format == "arrow":
        return _arrow(rows, export)
    if export.format == "parquet":
        return _parquet(rows, export)
    return _encoder.encode_lines(rows) if export.format == "jsonl" else b"".join(map(_encoder.encode, rows))


def _arrow(rows: Sequence[Row], export: Export) -> bytes:
    import pyarrow as pa  # 60 MB that an export of JSON does not need

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=export.compress or None)
    with pa.ipc.new_stream(sink, schema(export.transform), options=options) as writer:
        writer.write_table(_table(rows, export.transform))
    return bytes(sink.getvalue())


def _parquet(rows: Sequence[Row], export: Export) -> bytes:
    sink = io.BytesIO()
    parquet().write_table(_table(rows, export.transform), sink, compression=export.compress or "none")
    return sink.getvalue()


def _table(rows: Sequence[Row], transform: Transform) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=schema(transform))


def schema(transform: Transform) -> pa.Schema:
    """The columns of a table after `transform`: the same for every batch of an export."""
    import pyarrow as pa

    kinds: dict[str, Any] = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
    kinds["time"] = pa.timestamp("ns", tz="UTC")
    columns = {transform.rename.get(n, n): kinds[kind] for n, kind in COLUMNS.items() if n not in transform.drop}
    return pa.schema(columns | {name: kinds[_CONSTANT[type(value)]] for name, value in transform.add.items()})
