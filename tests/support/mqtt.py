"""A small raw MQTT 3.1.1 client, and a fast publisher that keeps book of what was acknowledged.

Written apart from the project's own packets, so that both would have to be wrong in the same way.
"""

import asyncio
import contextlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9
Packet = tuple[int, int, bytes]
Message = tuple[str, bytes]


class RefusedError(Exception):
    """The server does not let this client in; the argument is CONNACK's return code (0: it just hung up)."""


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("!H", len(data)) + data


def packet(kind: int, flags: int, body: bytes) -> bytes:
    size, head = len(body), bytearray([kind << 4 | flags])
    while True:
        size, digit = divmod(size, 128)
        head.append(digit | (128 if size else 0))
        if not size:
            return bytes(head) + body


def publish_packet(topic: str, payload: bytes, qos: int = 0, number: int = 0, *, again: bool = False) -> bytes:
    middle = struct.pack("!H", number) if qos else b""
    return packet(PUBLISH, (8 if again else 0) | qos << 1, text(topic) + middle + payload)


async def read_packet(reader: asyncio.StreamReader) -> Packet:
    first = (await reader.readexactly(1))[0]
    size = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        size |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return first >> 4, first & 15, await reader.readexactly(size)


class MqttClient:
    """One connection with a clean session; packets are read one by one by whoever waits for them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._number = 0

    @classmethod
    async def connect(cls, port: int, user: str, secret: str, *, client: str = "") -> "MqttClient":
        """Connect to 127.0.0.1. Raises `RefusedError` when the credential is not taken."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = text("MQTT") + bytes([4, 0b1100_0010]) + struct.pack("!H", 30)
        writer.write(packet(1, 0, body + text(client or f"test-{user}") + text(user) + text(secret)))
        try:
            kind, _, answer = await asyncio.wait_for(read_packet(reader), 10)
        except (asyncio.IncompleteReadError, ConnectionError):
            kind, answer = CONNACK, b"\0\0"
            refused = True
        else:
            refused = kind != CONNACK or bool(answer[1])
        made = cls(reader, writer)
        if refused:
            await made.close()
            raise RefusedError(answer[1])
        return made

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, patience_s: float = 30.0) -> None:
        """Publish; with QoS 1 returns once the PUBACK is in."""
        self._number += 1
        self.writer.write(publish_packet(topic, payload, qos, self._number))
        await self.writer.drain()
        if qos:
            await self.until(PUBACK, patience_s)

    async def subscribe(self, topic: str, qos: int = 1) -> int:
        """Subscribe; returns the granted QoS, or 0x80 for "refused"."""
        self._number += 1
        self.writer.write(packet(8, 2, struct.pack("!H", self._number) + text(topic) + bytes([qos])))
        return (await self.until(SUBACK))[-1]

    async def until(self, wanted: int, patience_s: float = 30.0) -> bytes:
        """The body of the next packet of that kind; the others are passed over."""
        async with asyncio.timeout(patience_s):
            while True:
                kind, _, body = await read_packet(self.reader)
                if kind == wanted:
                    return body

    async def hear(self, patience_s: float = 30.0) -> Message:
        """The next message of a subscription with QoS 0."""
        body = await self.until(PUBLISH, patience_s)
        size = struct.unpack_from("!H", body)[0]
        return body[2 : 2 + size].decode(), body[2 + size :]


@dataclass
class Book:
    """What became of each message, by its index: acknowledged, or given up by a sender that does not repeat."""

    acknowledged: set[int] = field(default_factory=set)
    given_up: set[int] = field(default_factory=set)
    repeated: int = 0
    connections: int = 0


@dataclass
class Publisher:
    """Publishes with QoS 1, many in flight, through any number of lost connections.

    `pace_s`: rests so long whenever it has filled its window. `careful`: sends again, marked DUP, what was not
    acknowledged when the connection broke; else gives it up.
    """

    port: int
    device: str
    secret: str
    careful: bool = True
    window: int = 256
    pace_s: float = 0.0
    book: Book = field(default_factory=Book)
    on_ack: Callable[[int], None] = lambda _index: None

    async def send(self, messages: Sequence[Message]) -> Book:
        """Send all; returns when each one is acknowledged or given up."""
        waiting: dict[int, int] = {}  # packet number → index of the message
        left = iter(range(len(messages)))
        while len(self.book.acknowledged) + len(self.book.given_up) < len(messages):
            try:
                client = await MqttClient.connect(self.port, self.device, self.secret)
            except (OSError, RefusedError, TimeoutError):
                await asyncio.sleep(0.1)
                continue
            self.book.connections += 1
            try:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                    await self._over(client, messages, waiting, left)
            finally:
                await client.close()
            if not self.careful:
                self.book.given_up.update(waiting.values())
                waiting.clear()
        return self.book

    async def _over(self, client: MqttClient, messages: Sequence[Message], waiting: dict[int, int], left) -> None:
        indices = sorted(waiting.values())
        waiting.clear()
        self.book.repeated += len(indices)
        again = iter(indices)
        number, ended = 0, False
        while True:
            while not ended and len(waiting) < self.window:
                index = next(again, None)
                repeat = index is not None
                index = next(left, None) if index is None else index
                if index is None:
                    ended = True
                    break
                number = number % 65_535 + 1
                waiting[number] = index
                topic, payload = messages[index]
                client.writer.write(publish_packet(topic, payload, 1, number, again=repeat))
            if not waiting:
                return
            await client.writer.drain()
            if self.pace_s:
                await asyncio.sleep(self.pace_s)
            await self._acknowledgements(client, waiting)

    async def _acknowledgements(self, client: MqttClient, waiting: dict[int, int]) -> None:
        """Take in at least one, and all that have come with it."""
        async with asyncio.timeout(45):
            data = await client.reader.readexactly(4)
        more = bytes(getattr(client.reader, "_buffer", b""))
        data += await client.reader.readexactly(len(more) // 4 * 4) if len(more) >= 4 else b""
        for start in range(0, len(data), 4):
            kind, size, number = struct.unpack_from("!BBH", data, start)
            if (kind, size) != (PUBACK << 4, 2):
                raise OSError("not a PUBACK")
            index = waiting.pop(number, None)
            if index is not None:
                self.book.acknowledged.add(index)
                self.on_ack(index)
