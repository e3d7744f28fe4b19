"""How words look on the bus: single facts as JSON, readings as Arrow IPC streams.

JSON, because a city engineer must be able to read the bus with any tool; Arrow, because readings are many. An
Arrow message has the columns `series` (a dictionary of source, property and unit), `time` (timestamp ns UTC) and
`value` (float64), and the site and the instant of arrival in the schema's metadata.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from s4.core.errors import InputError
from s4.core.model import FACTS, Fact, ObservationBatch, Series

if TYPE_CHECKING:
    import pyarrow as pa

_encoder: Final = msgspec.json.Encoder()
_decoders: Final = {word: msgspec.json.Decoder(cls) for word, cls in FACTS.items()}


def encode_fact(fact: Fact) -> bytes:
    """A fact → JSON, as in its JSON Schema. Cost: about 2 µs."""
    return _encoder.encode(fact)


def decode_fact(word: str, data: bytes) -> Fact:
    """JSON → a fact of `word`. Raises `InputError` naming the field that does not fit.

    >>> decode_fact("unit", b'{"id": 3}')
    Traceback (most recent call last):
    s4.core.errors.InputError: unit: Expected `str`, got `int` - at `$.id`
    """
    decoder = _decoders.get(word)
    if decoder is None:
        raise InputError(f"{word[:40]!r} is not a word of s4")
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as error:
        raise InputError(str(error), field=word) from error


def encode_batch(batch: ObservationBatch) -> bytes:
    """Readings → one Arrow IPC stream of one record batch. Cost: about 30 µs + 20 bytes a reading."""
    import pyarrow as pa  # 60 MB that a command without readings does not need

    schema = _schema().with_metadata({"site": batch.site, "received": str(batch.received)})
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(batch.code), _dictionary(batch.series), safe=False),
        pa.array(batch.time).view(pa.timestamp("ns", tz="UTC")),
        pa.array(batch.value),
    ]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def decode_batch(data: bytes) -> ObservationBatch:
    """What `encode_batch` wrote → readings; the columns are views of `data`, nothing is copied.

    Raises `InputError` when the bytes are not such a stream.
    """
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
            record = reader.read_next_batch()
        if not record.schema.equals(_schema()):
            raise InputError("is not an Arrow stream of readings (it has other columns)")
        record.validate(full=True)  # a damaged offset would otherwise lead outside the message
        metadata = record.schema.metadata or {}
        codes = record.column(0)
        series = _series_of(codes.dictionary)
        return ObservationBatch(
            metadata[b"site"].decode(),
            int(metadata[b"received"]),
            series,
            codes.indices.to_numpy(zero_copy_only=True),
            record.column(1).view(pa.int64()).to_numpy(zero_copy_only=True),
            record.column(2).to_numpy(zero_copy_only=True),
        )
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError, StopIteration, AttributeError) as error:
        raise InputError(f"is not an Arrow stream of readings ({str(error)[:120]})") from error


@lru_cache(maxsize=1)
def _schema() -> pa.Schema:
    import pyarrow as pa

    series = pa.struct([("source", pa.string()), ("property", pa.string()), ("unit", pa.string())])
    return pa.schema(
        [
            ("series", pa.dictionary(pa.int32(), series)),
            ("time", pa.timestamp("ns", tz="UTC")),
            ("value", pa.float64()),
        ]
    )


_KNOWN_SERIES: Final[OrderedDict[tuple[bytes, ...], tuple[Series, ...]]] = OrderedDict()
_MOST_KNOWN: Final = 256


def _series_of(dictionary: Any) -> tuple[Series, ...]:
    """The series of a message. Most senders name the same ones again and again: told apart by their bytes, they are
    made once (20 µs instead of 400 for 1,000 series), and readers may know them by identity.
    """
    fields = [dictionary.field(i) for i in range(3)]
    key = tuple(part.to_pybytes() for one in fields for part in one.buffers() if part is not None)
    known = _KNOWN_SERIES.get(key)
    if known is None:
        known = tuple(map(Series._make, zip(*(one.to_pylist() for one in fields), strict=True)))
        _KNOWN_SERIES[key] = known
        if len(_KNOWN_SERIES) > _MOST_KNOWN:
            _KNOWN_SERIES.popitem(last=False)
    return known


@lru_cache(maxsize=1024)
def _dictionary(series: tuple[Series, ...]) -> Any:
    import pyarrow as pa

    names: tuple[list[str], ...] = tuple(list(column) for column in zip(*series, strict=True)) or ([], [], [])
    return pa.StructArray.from_arrays([pa.array(c, pa.string()) for c in names], ["source", "property", "unit"])


def split(batch: ObservationBatch, rows: int) -> list[ObservationBatch]:
    """The same readings in batches of at most `rows`, in order (the bus bounds a message at 1 MiB)."""
    if len(batch) <= rows:
        return [batch]
    return [
        ObservationBatch(
            batch.site, batch.received, batch.series,
            batch.code[i : i + rows], batch.time[i : i + rows], batch.value[i : i + rows],
        )
        for i in range(0, len(batch), rows)
    ]  # fmt: skip


class Columns(NamedTuple):
    """Readings of any number, without a batch's bound; the columns as in `ObservationBatch`."""

    series: tuple[Series, ...]
    code: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]


def merge(batches: list[ObservationBatch]) -> Columns:
    """Batches → their columns behind each other, series interned anew. Cost: 5 µs a batch + 20 bytes a reading.

    >>> from s4.core.model import Reading
    >>> one = ObservationBatch.of("s", 0, [Reading(Series("a", "p", "1"), 1, 2.0)])
    >>> merge([one, one]).code.tolist()
    [0, 0]
    """
    intern: dict[Series, int] = {}
    codes = []
    for batch in batches:
        mapping = np.array([intern.setdefault(s, len(intern)) for s in batch.series], np.int32)
        codes.append(mapping[batch.code] if len(batch) else batch.code)
    return Columns(
        tuple(intern),
        np.concatenate(codes),
        np.concatenate([batch.time for batch in batches]),
        np.concatenate([batch.value for batch in batches]),
    )
