"""The packets of MQTT 3.1.1 that a small device needs: encode them, and cut a byte stream into them.

Source: OASIS MQTT Version 3.1.1, 29 October 2014, chapters 2 and 3.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from s4.core.errors import InputError

LARGEST: Final = 268_435_455


class Type(IntEnum):
    """Control packet types (table 2.1)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class Packet(NamedTuple):
    """One packet as it came: `flags` are the low four bits of its first byte, `body` what follows the length."""

    type: int
    flags: int
    body: bytes


class Published(NamedTuple):
    """A PUBLISH, taken apart. `number` is 0 for QoS 0."""

    topic: str
    payload: bytes
    qos: int
    number: int


def _packet(kind: Type, flags: int, body: bytes) -> bytes:
    return bytes([kind << 4 | flags]) + _length(len(body)) + body


def _length(n: int) -> bytes:
    if n > LARGEST:
        raise InputError(f"a packet holds at most {LARGEST} bytes, not {n}")
    out = bytearray()
    while True:
        n, digit = divmod(n, 128)
        out.append(digit | (0x80 if n else 0))
        if not n:
            return bytes(out)


def _text(text: str) -> bytes:
    data = text.encode()
    if len(data) > 0xFFFF:
        raise InputError("a text of MQTT has at most 65535 bytes")
    return len(data).to_bytes(2, "big") + data


def connect(client: str, user: str, password: str, keep_alive_s: int) -> bytes:
    """CONNECT with a credential and a clean session."""
    flags = 0b1100_0010
    head = _text("MQTT") + bytes([4, flags]) + keep_alive_s.to_bytes(2, "big")
    return _packet(Type.CONNECT, 0, head + _text(client) + _text(user) + _text(password))


def publish(topic: str, payload: bytes, number: int, *, again: bool = False) -> bytes:
    """PUBLISH with QoS 1; `again` marks one sent before and not acknowledged."""
    return _packet(Type.PUBLISH, 0b0010 | (0b1000 if again else 0), _text(topic) + number.to_bytes(2, "big") + payload)


def subscribe(number: int, topic: str) -> bytes:
    """SUBSCRIBE to one filter with QoS 1."""
    return _packet(Type.SUBSCRIBE, 0b0010, number.to_bytes(2, "big") + _text(topic) + b"\x01")


def puback(number: int) -> bytes:
    """PUBACK."""
    return _packet(Type.PUBACK, 0, number.to_bytes(2, "big"))


PING: Final = _packet(Type.PINGREQ, 0, b"")
GOODBYE: Final = _packet(Type.DISCONNECT, 0, b"")


def read_publish(packet: Packet) -> Published:
    """A PUBLISH packet → topic and payload. Raises `InputError` when it is cut short or not UTF-8.

    >>> out = publish("s4/out/gate-2/set", b"{}", 7)
    >>> read_publish(Packets().feed(out)[0])
    Published(topic='s4/out/gate-2/set', payload=b'{}', qos=1, number=7)
    """
    body, qos = packet.body, packet.flags >> 1 & 0b11
    end = 2 + int.from_bytes(body[:2], "big")
    after = end + (2 if qos else 0)
    if len(body) < max(after, 2):
        raise InputError("a PUBLISH packet is cut short")
    try:
        topic = body[2:end].decode()
    except UnicodeDecodeError as error:
        raise InputError("the topic is not UTF-8") from error
    return Published(topic, body[after:], qos, int.from_bytes(body[end:after], "big"))


def acknowledged(packet: Packet) -> int:
    """The number that a PUBACK or SUBACK answers."""
    return int.from_bytes(packet.body[:2], "big")


class Packets:
    """Cuts what arrives, in pieces of any size, into packets."""

    def __init__(self, largest: int = 1 << 20) -> None:
        self._rest = bytearray()
        self._largest = largest

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are complete now. Raises `InputError` for a length that is not one, or too large."""
        self._rest += data
        found: list[Packet] = []
        while (cut := self._next()) is not None:
            start, end = cut
            found.append(Packet(self._rest[0] >> 4, self._rest[0] & 0b1111, bytes(self._rest[start:end])))
            del self._rest[:end]
        return found

    def _next(self) -> tuple[int, int] | None:
        size = 0
        for i, byte in enumerate(self._rest[1:5]):
            size |= (byte & 0x7F) << 7 * i
            if byte < 0x80:
                if size > self._largest:
                    raise InputError(f"a packet of {size} bytes is larger than the {self._largest} we take")
                return (2 + i, 2 + i + size) if len(self._rest) >= 2 + i + size else None
        if len(self._rest) >= 5:
            raise InputError("a packet's length has more than four bytes")
        return None
