"""A chunk: what goes up together. Records of one rank, compressed; on the wire behind a number, so that the hub can
tell what is new, what is a repeat and what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from s4.core.errors import InputError
from s4.core.subjects import token
from s4.runtime.uplink.ranks import Rank

if TYPE_CHECKING:
    import pyarrow as pa

READINGS: Final = "readings"
"""The word of a record that holds an Arrow message instead of a single fact."""
MOST_RAW_BYTES: Final = 512 << 10
"""A chunk is closed when its records reach this; one record may be larger, up to the bus' own bound."""
LARGEST_BODY: Final = 1_000_000
"""A chunk has to fit into a message of the bus (1 MiB) with its header."""
_LARGEST_UNPACKED: Final = 4 << 20

Record = tuple[str, bytes]
"""A word of s4 and one fact of it as `runtime.wire` writes it."""


class Draft(msgspec.Struct, frozen=True):
    """A chunk before it has its number. `count`: facts or readings in it; `body`: compressed records."""

    rank: Rank
    count: int
    body: bytes
    size: int


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """A chunk on its way. `outbox`: which outbox numbered it; `number`: its place in its rank, from 1; `after`: every
    smaller number down to this one has been sent or given up; `count`: facts or readings; `size`: bytes once unpacked.
    """

    outbox: str
    rank: int
    number: int
    after: int
    count: int
    size: int
    body: bytes


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """The hub has everything of `rank` up to `last` and will never ask for it again. `gap`: what came did not follow
    on; send again from behind `last`.
    """

    outbox: str
    rank: int
    last: int
    gap: bool = False


def up_subject(site: str, what: str) -> str:
    """Where a site speaks to the hub.

    >>> up_subject("square", "data")
    's4.up.square.data'
    """
    return f"s4.up.{token(site)}.{what}"


def down_subject(site: str, what: str) -> str:
    """Where the hub answers a site.

    >>> down_subject("square", "receipt")
    's4.down.square.receipt'
    """
    return f"s4.down.{token(site)}.{what}"


def pack(rank: Rank, records: Sequence[Record], count: int) -> Draft:
    """Records → a chunk. Cost: about 10 ms a MiB."""
    plain = msgspec.msgpack.encode(records)
    return Draft(rank, count, _codec().compress(plain, asbytes=True), len(plain))


def unpack(body: bytes, size: int) -> list[Record]:
    """The records of a chunk. Raises `InputError` when the bytes are not one, or would be too many."""
    if not 0 < size <= _LARGEST_UNPACKED:
        raise InputError(f"a chunk of {size} bytes is not accepted (at most {_LARGEST_UNPACKED})")
    try:
        plain = _codec().decompress(body, decompressed_size=size, asbytes=True)
        return msgspec.msgpack.decode(plain, type=list[Record])
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise InputError(f"is not a chunk of s4 ({str(error)[:100]})") from error


def _codec() -> pa.Codec:
    import pyarrow as pa  # 60 MB that a process without an uplink does not need

    return pa.Codec("zstd", compression_level=3)


def decode(data: bytes, kind: type[Any]) -> Any:
    """A `Parcel` or `Receipt` from the wire. Raises `InputError`."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not a {kind.__name__.lower()} ({error})") from error
