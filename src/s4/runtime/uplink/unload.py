"""A site's chunk → what the hub records: every word checked as if it came from a stranger, the site's name first."""

from __future__ import annotations

from typing import Final

import msgspec

from s4.core.errors import InputError
from s4.core.model import Command, Fact, Observation, ObservationBatch
from s4.runtime import deadletters
from s4.runtime.bus import Outgoing
from s4.runtime.routes import outgoing_batch, outgoing_fact
from s4.runtime.uplink.chunk import READINGS, Parcel, Record, unpack, up_subject
from s4.runtime.wire import decode_batch, decode_fact

MARK: Final = "S4-Up"
"""The header by which the hub finds in its own streams what it took from a site: way, number and place in the chunk."""

_LARGEST: Final = 1_040_000
"""The bus takes a message of 1 MiB, headers included."""


class Load(msgspec.Struct):
    """What a group of chunks comes to. `messages`: in order, marked; `facts`: to be committed; `heard`: observations;
    `refused`: how many records could not be taken.
    """

    messages: list[Outgoing] = []
    facts: list[Fact] = []
    heard: list[Observation | ObservationBatch] = []
    refused: int = 0


def mark(site: str, outbox: str, rank: int, number: int, place: int) -> str:
    """The header's text.

    >>> mark("square", "9f", 0, 7, 2)
    'square/9f/0/7/2'
    """
    return f"{site}/{outbox}/{rank}/{number}/{place}"


def unload(load: Load, city: str, site: str, parcel: Parcel, there: set[int], now: int) -> None:
    """Add a chunk to `load`, except the records at the places `there`, which the streams have already. Never raises
    for what is in the chunk: what cannot be taken becomes a dead letter.
    """
    try:
        records = unpack(parcel.body, parcel.size)
    except InputError as error:
        load.refused += 1
        load.messages.append(_letter(city, site, str(error), parcel.body, now))
        return
    for place, record in enumerate(records):
        try:
            word = _checked(site, record)
        except InputError as error:
            load.refused += 1
            load.messages.append(_letter(city, site, str(error), record[1], now))
            continue
        text = mark(site, parcel.outbox, parcel.rank, parcel.number, place)
        _add(load, city, word, text, fresh=place not in there)


def _checked(site: str, record: Record) -> Fact | ObservationBatch:
    name, data = record
    word = decode_batch(data) if name == READINGS else decode_fact(name, data)
    if word.site != site:
        raise InputError(f"the site {site} may not speak for {word.site[:70]!r}", field="site")
    if len(data) > _LARGEST:
        raise InputError(f"{len(data)} bytes are more than the bus takes")
    if isinstance(word, Command):
        raise InputError("a site states facts; commands are decided at the hub", field="word")
    return word


def _add(load: Load, city: str, word: Fact | ObservationBatch, text: str, *, fresh: bool) -> None:
    if isinstance(word, ObservationBatch):
        message = msgspec.structs.replace(outgoing_batch(city, word), id=text)
    else:
        message = outgoing_fact(city, word)
    if isinstance(word, Observation | ObservationBatch):
        load.heard.append(word)
    else:
        load.facts.append(word)
    if fresh:
        load.messages.append(msgspec.structs.replace(message, headers={MARK: text}))


def _letter(city: str, site: str, reason: str, data: bytes, now: int) -> Outgoing:
    return deadletters.outgoing(city, deadletters.letter("uplink", reason, up_subject(site, "data"), now, data))
