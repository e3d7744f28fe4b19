"""The fifth step: gzip (RFC 1952) or Zstandard (RFC 8878)."""

from __future__ import annotations

import gzip
from typing import Final

from s4.core.export import TABLES, Export

SUFFIX: Final = {"gzip": ".gz", "zstd": ".zst"}


def coding(export: Export) -> str:
    """What the whole body is compressed with; "" when it is not, as in a table, which compresses its own columns.

    >>> coding(Export("x", "mqtt", ("unit",), compress="gzip"))
    'gzip'
    >>> coding(Export("x", "parquet", ("unit",), format="parquet", compress="gzip"))
    ''
    """
    return "" if export.format in TABLES else export.compress


def compress(body: bytes, with_: str) -> bytes:
    """`body`, compressed (""= as it is); the same body always gives the same bytes. Cost: 10 ms a MiB."""
    if with_ == "gzip":
        return gzip.compress(body, 6, mtime=0)
    if with_ == "zstd":
        import pyarrow as pa

        packed: bytes = pa.compress(body, codec="zstd", asbytes=True)
        return packed
    return body
