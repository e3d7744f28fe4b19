"""Readings as an Arrow IPC stream: columns `property`, `time`, `value` and, if need be, `unit`.

Untrusted: every batch is validated in full before its buffers are touched, and compressed bodies are refused, because
their claimed size is allocated before it can be checked (compress the whole request with gzip instead).
Format: Apache Arrow columnar format, "IPC streaming format"; FlatBuffers, "internals".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

REQUIRED: Final = ("property", "time", "value")
_ALLOWED: Final = frozenset({*REQUIRED, "unit"})
_NS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
TOO_OLD: Final = -(2**63)


class Rows(NamedTuple):
    """One record batch: `channel` int64[n] is an index into `channels` (property, unit or None); `time` int64[n] ns;
    `value` float64[n], not-a-number where it was missing.
    """

    channels: list[tuple[str, str | None]]
    channel: NDArray[np.int64]
    time: NDArray[np.int64]
    value: NDArray[np.float64]


def read_stream(body: bytes, received: int) -> Iterator[Rows]:
    """Yield the rows of a stream, small batches joined. A missing `time` means `received` (ns UTC).

    Raises `InputError` when it is no Arrow stream, a column is missing, unknown or of a wrong type, or it is damaged.
    """
    import pyarrow as pa

    try:
        _refuse_compressed(body, pa)
        with pa.ipc.open_stream(body) as reader:
            _check_schema(reader.schema, pa)
            for batch in _joined(_sound(reader), pa):
                yield _rows(batch, received, pa)
    except (pa.ArrowException, OSError, OverflowError, UnicodeDecodeError) as error:
        raise InputError(f"is not a sound Arrow stream ({str(error).splitlines()[0][:160]})") from error


def _sound(reader: pa.RecordBatchReader) -> list[pa.RecordBatch]:
    batches = list(reader)
    for batch in batches:
        batch.validate(full=True)
    return batches


def _joined(batches: list[pa.RecordBatch], pa: Any) -> list[pa.RecordBatch]:
    """The same rows in as few batches as can be, since most of the cost is by the batch."""
    if len(batches) <= 1:
        return batches
    joined: list[pa.RecordBatch] = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()
    return joined


def _check_schema(schema: pa.Schema, pa: Any) -> None:
    for name in REQUIRED:
        if schema.names.count(name) != 1:
            raise InputError("must be there exactly once", field=f"column {name}")
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if field.name not in _ALLOWED:
            raise InputError(f"is not one of {', '.join(sorted(_ALLOWED))}", field=f"column {field.name[:40]}")
        if not _fits(field.name, kind, pa) or (kind is not field.type and field.name in {"time", "value"}):
            raise InputError(f"cannot be of type {field.type}", field=f"column {field.name}")
    if schema.names.count("unit") > 1:
        raise InputError("must be there at most once", field="column unit")


def _fits(name: str, kind: pa.DataType, pa: Any) -> bool:
    if name == "time":
        return bool(pa.types.is_int64(kind) or pa.types.is_timestamp(kind))
    if name == "value":
        return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _rows(batch: pa.RecordBatch, received: int, pa: Any) -> Rows:
    names, name = _words(batch.column("property"), pa)
    units, unit = _words(batch.column("unit"), pa) if "unit" in batch.schema.names else ([None], 0 * name)
    if len(units) == 1:
        channels, channel = [(word or "", units[0]) for word in names], name
    else:
        used, channel = np.unique(name * len(units) + unit, return_inverse=True)
        channels = [(names[pair // len(units)] or "", units[pair % len(units)]) for pair in used.tolist()]
    return Rows(channels, channel, _times(batch.column("time"), received, pa), _values(batch.column("value")))


# Arrow's own casts cost 30 µs a call however short the column is, so the plain cases go through NumPy.


def _words(column: pa.Array, pa: Any) -> tuple[list[str | None], NDArray[np.int64]]:
    """The distinct texts of a column, None last where some are missing, and each row's index among them."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    words, indices = column.dictionary.to_pylist(), column.indices
    if indices.null_count or None in words:
        indices = indices.cast(pa.int64()).fill_null(len(words))
        words.append(None)
    return words, indices.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)


def _values(column: pa.Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.to_numpy(zero_copy_only=False)  # missing ones become not-a-number
    return values.astype(np.float64, copy=False)


def _times(column: pa.Array, received: int, pa: Any) -> NDArray[np.int64]:
    factor = _NS[column.type.unit] if pa.types.is_timestamp(column.type) else 1
    if column.null_count:
        column = column.cast(pa.int64()).fill_null(received // factor)
    count: NDArray[np.int64] = column.to_numpy(zero_copy_only=False).view(np.int64)
    if factor == 1:
        return count
    limit = 2**62 // factor
    return np.where(np.abs(count) <= limit, count * factor, TOO_OLD)


def _refuse_compressed(body: bytes, pa: Any) -> None:
    for message in pa.ipc.MessageReader.open_stream(body):
        try:
            compressed = _is_compressed(memoryview(message.metadata))
        except (struct.error, IndexError) as error:
            raise InputError("is not a sound Arrow stream (a header points outside itself)") from error
        if compressed:
            raise InputError("holds compressed buffers; write it without and use Content-Encoding: gzip")


def _is_compressed(header: memoryview) -> bool:
    """Whether a `Message` names a body compression: field 3 of its `RecordBatch`, or of the one in its dictionary."""
    message = _follow(header, 0)
    kind = header[_field(header, message, 1)]
    if kind not in {_DICTIONARY, _RECORDS}:
        return False
    table = _follow(header, _field(header, message, 2))
    if kind == _DICTIONARY:
        table = _follow(header, _field(header, table, 1))
    return _field(header, table, 3) != 0


def _follow(header: memoryview, at: int) -> int:
    return at + int(struct.unpack_from("<I", header, at)[0])


def _field(header: memoryview, table: int, number: int) -> int:
    """Where field `number` of a FlatBuffers table stands; 0 when it is left out."""
    entries = table - int(struct.unpack_from("<i", header, table)[0])
    if entries < 0:
        raise IndexError(entries)
    place = 4 + 2 * number
    if place >= struct.unpack_from("<H", header, entries)[0]:
        return 0
    offset = int(struct.unpack_from("<H", header, entries + place)[0])
    return table + offset if offset else 0
