"""Arrow IPC streams for tests."""

import io
from typing import Any

import pyarrow as pa


def stream(
    prop: Any, time: Any, value: Any, unit: Any = None, *, extra: Any = None, compression: str | None = None,
    parts: int = 1,
) -> bytes:  # fmt: skip
    """Columns (lists or Arrow arrays) as a stream of `parts` equal batches."""
    columns = {"property": prop, "time": time, "value": value, "unit": unit, "extra": extra}
    batch = pa.record_batch({name: pa.array(column) for name, column in columns.items() if column is not None})
    out = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression, emit_dictionary_deltas=False)
    with pa.ipc.new_stream(out, batch.schema, options=options) as writer:
        for _ in range(parts):
            writer.write_batch(batch)
    return out.getvalue()
