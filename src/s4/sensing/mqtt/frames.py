"""The bytes of an MQTT 3.1.1 connection → packets; many at once.

Source: OASIS MQTT Version 3.1.1, 29 October 2014, chapters 2 and 3.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from s4.core.errors import InputError

CONNECT: Final = 1
PUBLISH: Final = 3
SUBSCRIBE: Final = 8
UNSUBSCRIBE: Final = 10
PINGREQ: Final = 12
DISCONNECT: Final = 14
LARGEST: Final = 1_048_576
"""Bytes of a packet that are taken."""


class Published(NamedTuple):
    """A PUBLISH. `number`: of its packet, to be acknowledged; 0 for QoS 0."""

    topic: bytes
    payload: bytes
    number: int


class Packet(NamedTuple):
    """Any other packet: its type and what follows the length."""

    type: int
    body: bytes


class Frames:
    """Cuts what arrives, in pieces of any size. Cost: 0.5 µs a PUBLISH. Once it has raised, it is done for."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[list[Published], list[Packet]]:
        """The packets that are complete now, of each sort in order. Raises `InputError` for what MQTT does not have."""
        if self._rest:
            data = self._rest + data
        published: list[Published] = []
        others: list[Packet] = []
        at, end = 0, len(data)
        while end - at >= 2:
            first, size, body = data[at], data[at + 1], at + 2
            if size >= 0x80:
                size, body = _long(data, at + 1)
                if body < 0:
                    break
            stop = body + size
            if stop > end:
                break
            if first & 0xF0 == 0x30:
                published.append(_publish(data, first, body, stop))
            else:
                others.append(Packet(first >> 4, data[body:stop]))
            at = stop
        self._rest = data[at:] if at else data
        return published, others


def _publish(data: bytes, first: int, body: int, stop: int) -> Published:
    split = body + 2 + (data[body] << 8 | data[body + 1]) if stop - body >= 2 else stop + 1
    qos = first & 0x06
    if not qos and split <= stop:
        return Published(data[body + 2 : split], data[split:stop], 0)
    if qos == 0x02 and split + 2 <= stop and (number := data[split] << 8 | data[split + 1]):
        return Published(data[body + 2 : split], data[split + 2 : stop], number)
    if qos > 0x02:
        raise InputError("is sent with QoS 2; this listener takes 0 and 1")
    raise InputError("is a PUBLISH that is cut short, or has no packet number")


def _long(data: bytes, at: int) -> tuple[int, int]:
    """(size, where the body begins) of a length of several bytes; (0, -1) while it is not complete."""
    size = shift = 0
    for place in range(at, min(at + 4, len(data))):
        size |= (data[place] & 0x7F) << shift
        shift += 7
        if data[place] < 0x80:
            if size > LARGEST:
                raise InputError(f"is a packet of {size} bytes, larger than the {LARGEST} that are taken")
            return size, place + 1
    if len(data) - at >= 4:
        raise InputError("is a packet whose length has more than four bytes")
    return 0, -1


class Connect(NamedTuple):
    """A CONNECT: `client` as it calls itself, its credential, and after how many seconds of silence it is gone (0: it
    never is). `level` is the protocol's: 4 is MQTT 3.1.1.
    """

    level: int
    client: str
    user: str
    password: str
    keep_alive_s: int


def read_connect(body: bytes) -> Connect:
    r"""A CONNECT packet's body. Raises `InputError`; what it would have sent as its last will is not kept.

    >>> read_connect(b"\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01c\x00\x01u\x00\x01p")
    Connect(level=4, client='c', user='u', password='p', keep_alive_s=60)
    """
    name, at = _field(body, 0)
    if name not in (b"MQTT", b"MQIsdp") or len(body) < at + 4:
        raise InputError("is no CONNECT of MQTT")
    level, flags = body[at], body[at + 1]
    keep_alive = int.from_bytes(body[at + 2 : at + 4], "big")
    if level != 4:
        return Connect(level, "", "", "", keep_alive)
    client, at = _field(body, at + 4)
    if flags & 0x04:
        for _ in ("will's topic", "will's message"):
            _, at = _field(body, at)
    user, at = _field(body, at) if flags & 0x80 else (b"", at)
    password, at = _field(body, at) if flags & 0x40 else (b"", at)
    try:
        return Connect(level, client.decode(), user.decode(), password.decode(), keep_alive)
    except UnicodeDecodeError as error:
        raise InputError("is a CONNECT whose texts are not UTF-8") from error


def _field(body: bytes, at: int) -> tuple[bytes, int]:
    stop = at + 2 + int.from_bytes(body[at : at + 2], "big")
    if stop > len(body) or len(body) < at + 2:
        raise InputError("is a CONNECT that is cut short")
    return body[at + 2 : stop], stop


def connack(code: int) -> bytes:
    """CONNACK: 0 welcome, 1 another version, 3 not now, 4 bad credential."""
    return bytes((0x20, 2, 0, code))


def pubacks(numbers: list[int]) -> bytes:
    """A PUBACK for each packet number."""
    return b"".join([b"\x40\x02" + number.to_bytes(2, "big") for number in numbers])


def refuse_filters(kind: int, body: bytes) -> bytes:
    """The answer to SUBSCRIBE (each filter refused) or UNSUBSCRIBE. Raises `InputError`."""
    if len(body) < 2:
        raise InputError("is a SUBSCRIBE that is cut short")
    if kind == UNSUBSCRIBE:
        return b"\xb0\x02" + body[:2]
    count, at = 0, 2
    while at < len(body):
        _, at = _field(body, at)
        at, count = at + 1, count + 1
    if not 0 < count <= 64:
        raise InputError("is a SUBSCRIBE to no or too many topics")
    return bytes((0x90, 2 + count)) + body[:2] + b"\x80" * count


PINGRESP: Final = b"\xd0\x00"
