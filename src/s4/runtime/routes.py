"""Which word travels where: the stream and subjects of each word, and a message's word back again."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from s4.core.clock import Clock
from s4.core.errors import InputError
from s4.core.model import WORD_OF, Fact, Observation, ObservationBatch, Raw, Word, kind_token, revision_of
from s4.core.subjects import SYSTEM, mqtt_subject, mqtt_topic, subject, token
from s4.runtime.bus import Outgoing
from s4.runtime.pull import Message
from s4.runtime.streams import FACTS, MQTT, MQTT_FILTER, MQTT_PREFIX, OBSERVATIONS
from s4.runtime.wire import decode_batch, decode_fact, encode_batch, encode_fact

_LARGEST_SHARED: Final = 65_536
ROWS_PER_MESSAGE: Final = 16_384
"""Most readings in one message: with 20 bytes each it stays well under the bus' bound of 1 MiB."""


def readings_subject(city: str, site: str) -> str:
    """Where a site's readings travel.

    >>> readings_subject("bilbao", "square")
    's4.bilbao.square.observation.readings'
    """
    return subject(city, site, "observation", "readings")


def source_of(city: str, word: type) -> tuple[str, str]:
    """(stream, filter) from which a stage takes `word`."""
    if word is Raw:
        return MQTT, MQTT_FILTER
    if word is ObservationBatch:
        return OBSERVATIONS, f"s4.{city}.*.observation.readings"
    if word is Observation:
        return OBSERVATIONS, f"s4.{city}.*.observation.event.>"
    return FACTS, f"s4.{city}.*.{WORD_OF[word]}.>"


def outgoing_fact(city: str, fact: Fact) -> Outgoing:
    """A fact → the message that carries it; its id and revision make a repeat known to the bus."""
    if isinstance(fact, Observation):
        where = f"{subject(city, fact.site, 'observation', 'event')}.{token(fact.property)}"
        if fact.source == SYSTEM:  # what s4 says of a device or rule stands under its id: the last word can be found
            where = f"{where}.{token(str(fact.body.get('device') or fact.body.get('rule') or ''))}"
    else:
        where = subject(city, fact.site, WORD_OF[type(fact)], kind_token(fact))
    return Outgoing(where, encode_fact(fact), f"{fact.id}.{revision_of(fact)}")


def outgoing_batch(city: str, batch: ObservationBatch) -> Outgoing:
    """Readings → the message that carries them."""
    return Outgoing(readings_subject(city, batch.site), encode_batch(batch))


def word_of(message: Message, clock: Clock) -> Word:
    """A stored message → its word. Raises `InputError` when it is not what its subject says.

    Several readers of one process take the same message: it is decoded once, and words do not change.
    """
    if message.stream == MQTT:
        return raw_of(message.subject.removeprefix(MQTT_PREFIX), message.data, clock.at(message.stored))
    if len(message.data) > _LARGEST_SHARED:
        return _decoded(message.subject, message.data)
    return _shared(message.stream, message.seq, message.subject, message.data)


@lru_cache(maxsize=256)
def _shared(_stream: str, _seq: int, where: str, data: bytes) -> Word:
    return _decoded(where, data)


def _decoded(where: str, data: bytes) -> Word:
    parts = where.split(".", 5)
    if len(parts) < 5:
        raise InputError(f"{where[:80]!r} is not a subject of s4")
    if parts[3] == "observation" and parts[4] == "readings":
        return decode_batch(data)
    return decode_fact(parts[3], data)


def raw_of(where: str, payload: bytes, received: int) -> Raw:
    """`s4.in.<device>.<topic…>` → Raw. NATS writes a `/` of an MQTT topic as `.` and a `.` as `//`.

    >>> raw_of("s4.in.co2-1.co2", b"420", 0).topic
    'co2'
    """
    parts = mqtt_topic(where).split("/", 3)
    if len(parts) < 4 or not parts[2]:
        raise InputError(f"{where[:80]!r} names no device and property")
    return Raw(parts[2], parts[3], payload, received)


def subject_of(raw: Raw) -> str:
    """Where a device's message stands on the bus: the way back of `raw_of`, so that it can be sent again."""
    return MQTT_PREFIX + mqtt_subject(f"s4/in/{raw.device}/{raw.topic}")
