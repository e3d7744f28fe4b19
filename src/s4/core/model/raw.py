"""Raw: bytes as a device sent them through a door, not yet understood. Travels from a door to its decoder only."""

from __future__ import annotations

import msgspec

LARGEST_RAW = 1_048_576


class Raw(msgspec.Struct, frozen=True, gc=False):
    """`device`: who sent it, as authenticated by the door; `topic`: the rest of its address (`temperature`, `ack`);
    `payload`: at most 1 MiB; `received`: ns UTC.
    """

    device: str
    topic: str
    payload: bytes
    received: int
