"""A fast MQTT 3.1.1 publisher: QoS 1, many messages in flight on one connection, nothing kept but the instants."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from s4.exercise import mqtt

_MOST_IN_FLIGHT = 2000


class Publisher:
    """One connection of one device. `acknowledged` counts PUBACKs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._number = 0
        self._room = asyncio.Semaphore(_MOST_IN_FLIGHT)
        self.acknowledged = 0
        self._packets = mqtt.Packets()
        self._listener: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, port: int, device: str, secret: str) -> Publisher:
        """Connect and wait for the server's word."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        publisher = cls(reader, writer)
        writer.write(mqtt.connect(f"bench-{device}", device, secret, 60))
        packets: list[mqtt.Packet] = []
        while not packets:
            packets = publisher._packets.feed(await reader.read(4096))
        publisher._listener = asyncio.create_task(publisher._listen())
        return publisher

    async def _listen(self) -> None:
        while data := await self._reader.read(65_536):
            for packet in self._packets.feed(data):
                if packet.type == mqtt.Type.PUBACK:
                    self.acknowledged += 1
                    self._room.release()

    async def send(self, topic: str, payload: bytes) -> None:
        """Publish one; waits only while too many are in flight."""
        await self._room.acquire()
        self._number = self._number % 65_535 + 1
        self._writer.write(mqtt.publish(topic, payload, self._number))
        if self._number % 64 == 0:
            await self._writer.drain()

    async def flush(self, sent: int, patience_s: float = 30.0) -> None:
        """Wait until `sent` messages in all were acknowledged."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while self.acknowledged < sent:
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"{sent - self.acknowledged} of {sent} were not acknowledged")
            await asyncio.sleep(0.002)

    async def close(self) -> None:
        """Hang up."""
        if self._listener:
            self._listener.cancel()
        self._writer.close()


async def send_all(publisher: Publisher, topic: str, payloads: Iterable[bytes]) -> int:
    """Publish every payload as fast as the server takes them; returns how many, all acknowledged."""
    sent = 0
    for payload in payloads:
        await publisher.send(topic, payload)
        sent += 1
    await publisher.flush(sent)
    return sent
