"""Looks through the hub's streams for what it took from sites but could not write down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from s4.runtime.bus import Bus
from s4.runtime.uplink.ledger import Way
from s4.runtime.uplink.unload import MARK

Marks = dict[Way, dict[int, set[int]]]
"""Way → number of a chunk → places in it that are stored."""
_AT_ONCE: Final = 1000


async def find_marks(bus: Bus, sure: Mapping[str, int], taken: Mapping[Way, int]) -> Marks:
    """The marks behind the places `sure` of each stream that are newer than `taken`. Only headers are read: about
    5 µs a message that came in since. Raises `NatsError` or `TimeoutError` when the bus is away.
    """
    found: Marks = {}
    for stream, position in sure.items():
        if await bus.reached(stream) > position:
            for text in await _marks(bus, stream, position + 1):
                _add(found, text, taken)
    return found


async def _marks(bus: Bus, stream: str, first: int) -> list[str]:
    js = bus.client.jetstream(timeout=5)
    wanted = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=first, headers_only=True,
        ack_policy=AckPolicy.NONE, inactive_threshold=60.0,
    )  # fmt: skip
    info = await js.add_consumer(stream, wanted)
    reader = await js.pull_subscribe_bind(info.name, stream)
    texts: list[str] = []
    left = info.num_pending or 0
    try:
        while left > 0:
            messages = await reader.fetch(min(left, _AT_ONCE), timeout=5)
            left -= len(messages)
            texts += [text for message in messages if (text := (message.headers or {}).get(MARK))]
    finally:
        await reader.unsubscribe()
    return texts


def _add(found: Marks, text: str, taken: Mapping[Way, int]) -> None:
    site, outbox, rank, number, place = text.split("/")
    way = Way(site, outbox, int(rank))
    if int(number) > taken.get(way, 0):
        found.setdefault(way, {}).setdefault(int(number), set()).add(int(place))
