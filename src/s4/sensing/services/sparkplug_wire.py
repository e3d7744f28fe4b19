"""Sparkplug B payloads: Protocol Buffers on the wire → metrics, and the one command that a host sends.

A small reader of exactly the fields that are used, bounded, since a payload comes from anybody on the broker.
Source: Eclipse Sparkplug 3.0.0, chapter 6 and `sparkplug_b.proto`; protobuf.dev, "Encoding".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from s4.core.errors import InputError

MOST_METRICS: Final = 10_000
MOST_PROPERTIES: Final = 100
BOOLEAN: Final = 11
_SIGNED: Final = {1: 8, 2: 16, 3: 32, 4: 64}
_UNIT_KEYS: Final = frozenset({"engUnit", "EngUnit", "engUnits", "unit"})
_NOT_PLAIN: Final = range(17, 20)
"""Fields of a metric that hold a data set, a template or an extension."""

Plain = float | int | bool | str | bytes | None


class Metric(NamedTuple):
    """One metric. `name` and `alias`: either may be missing; `timestamp`: ms UTC; `value`: None when it is null, see
    `signed`.
    """

    name: str | None
    alias: int | None
    timestamp: int | None
    datatype: int
    value: Plain
    unit: str
    plain: bool = True


class Payload(NamedTuple):
    """`timestamp`: ms UTC; `seq`: 0–255, None in a death."""

    timestamp: int | None
    seq: int | None
    metrics: list[Metric]


Field = tuple[int, int | bytes]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
        if shift > 63:
            break
    raise InputError("is no sound protobuf: a number is cut short or too long")


def fields(data: bytes) -> Iterator[Field]:
    """Yield (field number, value) of one message; what is no number comes as its bytes.

    >>> list(fields(bytes([0x08, 0x96, 0x01])))
    [(1, 150)]
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise InputError("is no sound protobuf: there is no field 0")
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, at = _varint(data, at)
        if size is None:
            raise InputError(f"is no sound protobuf: wire type {kind}")
        if at + size > len(data):
            raise InputError("is no sound protobuf: it is cut short")
        yield number, data[at : at + size]
        at += size


def _int(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise InputError("is no Sparkplug payload: a number was expected")
    return value


def _bytes(value: int | bytes, size: int | None = None) -> bytes:
    if isinstance(value, int) or (size is not None and len(value) != size):
        raise InputError("is no Sparkplug payload: bytes were expected")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError as error:
        raise InputError("is no Sparkplug payload: a text is not UTF-8") from error


def _plain(number: int, value: int | bytes, first: int) -> Plain:
    """The value of a metric or property: fields from `first` on hold int, long, float, double, boolean, string."""
    place = number - first
    if place in {0, 1}:
        return _int(value)
    if place == 2:
        return float(struct.unpack("<f", _bytes(value, 4))[0])
    if place == 3:
        return float(struct.unpack("<d", _bytes(value, 8))[0])
    if place == 4:
        return _int(value) != 0
    return _text(value) if place == 5 else _bytes(value)


def signed(value: Plain, datatype: int) -> Plain:
    """Whole numbers travel without their sign: the datatype, which may stand in the birth only, tells it.

    >>> signed(0xFFFE, 2), signed(0xFFFE, 6)
    (-2, 65534)
    """
    bits = _SIGNED.get(datatype)
    if bits is None or not isinstance(value, int):
        return value
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _metric(data: bytes) -> Metric:
    name = alias = timestamp = None
    datatype, null, plain, unit = 0, False, True, ""
    value: Plain = None
    for number, found in fields(data):
        if number == 1:
            name = _text(found)
        elif number == 2:
            alias = _int(found)
        elif number == 3:
            timestamp = _int(found)
        elif number == 4:
            datatype = _int(found)
        elif number == 7:
            null = _int(found) != 0
        elif number == 9:
            unit = _unit(_bytes(found))
        elif 10 <= number <= 16:
            value = _plain(number, found, 10)
        elif number in _NOT_PLAIN:
            plain = False
    return Metric(name, alias, timestamp, datatype, None if null else value, unit, plain)


def _unit(data: bytes) -> str:
    """The engineering unit among a metric's properties; empty when it has none."""
    keys, values = list[str](), list[Plain]()
    for number, found in fields(data):
        if number == 1:
            keys.append(_text(found))
        elif number == 2:
            values.append(_property(_bytes(found)))
        if len(keys) > MOST_PROPERTIES or len(values) > MOST_PROPERTIES:
            raise InputError(f"a metric has more than {MOST_PROPERTIES} properties")
    said = dict(zip(keys, values, strict=False))
    return next((str(said[key]) for key in said if key in _UNIT_KEYS and isinstance(said[key], str)), "")


def _property(data: bytes) -> Plain:
    for number, found in fields(data):
        if 3 <= number <= 8:
            return _plain(number, found, 3)
    return None


def read_payload(data: bytes) -> Payload:
    """A payload → its metrics. Raises `InputError`. Cost: about 10 µs a metric."""
    timestamp = seq = None
    metrics = list[Metric]()
    for number, found in fields(data):
        if number == 1:
            timestamp = _int(found)
        elif number == 2:
            if len(metrics) == MOST_METRICS:
                raise InputError(f"has more than {MOST_METRICS} metrics")
            metrics.append(_metric(_bytes(found)))
        elif number == 3:
            seq = _int(found)
    return Payload(timestamp, seq, metrics)


def _key(number: int, kind: int) -> bytes:
    return bytes([number << 3 | kind])


def _count(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def rebirth_command(timestamp: int) -> bytes:
    """The payload that asks an edge node to say all that it has again; `timestamp`: ms UTC.

    >>> read_payload(rebirth_command(5)).metrics[0][:5]
    ('Node Control/Rebirth', None, 5, 11, True)
    """
    name, time = b"Node Control/Rebirth", _count(timestamp)
    metric = _key(1, 2) + _count(len(name)) + name + _key(3, 0) + time + _key(4, 0) + bytes([BOOLEAN])
    metric += _key(14, 0) + b"\x01"
    return _key(1, 0) + time + _key(2, 2) + _count(len(metric)) + metric
