"""A device's connection to the broker: publishes with QoS 1, hears commands, comes back by itself when cut off."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final

from s4.core.errors import AccessError, InputError, ServiceError
from s4.core.logs import get_logger
from s4.exercise import mqtt
from s4.exercise.mqtt import Packet, Packets, Type

Heard = Callable[[str, bytes], None]
KEEP_ALIVE_S: Final = 30
MOST_WAITING: Final = 2_000
MOST_IN_FLIGHT: Final = 64
_LOG = get_logger("s4.exercise")


class Connection:
    """One device with its own credential. What is sent while the broker is away waits (at most 2,000 messages, then
    the oldest are lost and counted in `lost`). `acknowledged` counts what the broker has confirmed.
    """

    def __init__(self, address: tuple[str, int], device: str, secret: str, heard: Heard | None = None) -> None:
        self._address, self.device, self._secret, self._heard = address, device, secret, heard
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._in_flight: dict[int, tuple[str, bytes]] = {}
        self._number = 0
        self._wake = asyncio.Event()
        self.connected = asyncio.Event()
        self.acknowledged = 0
        self.lost = 0

    def send(self, topic: str, payload: bytes) -> None:
        """Queue a message; it is sent as soon as the broker takes it."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append((topic, payload))
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether everything sent has been acknowledged."""
        return not self._waiting and not self._in_flight

    async def run(self) -> None:
        """Stay connected until cancelled, trying again after 0.2 s, then up to every 5 s."""
        pause = 0.2
        while True:
            try:
                await self._session()
            except (OSError, InputError, ServiceError, asyncio.IncompleteReadError) as error:
                _LOG.debug("broker away", device=self.device, reason=str(error))
            if self.connected.is_set():
                self.connected.clear()
                pause = 0.2
            await asyncio.sleep(pause)
            pause = min(pause * 1.7, 5.0)

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            packets = Packets()
            await self._greet(reader, writer, packets)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(reader, writer, packets))
                tasks.create_task(self._talk(writer))
                tasks.create_task(self._ping(writer))
        except* (OSError, InputError, ServiceError) as group:
            raise ServiceError(str(group.exceptions[0])) from group
        finally:
            with contextlib.suppress(OSError):
                writer.write(mqtt.GOODBYE)
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, packets: Packets) -> None:
        writer.write(mqtt.connect(f"s4-exercise-{self.device}", self.device, self._secret, KEEP_ALIVE_S))
        answer: list[Packet] = []
        while not answer:
            answer = packets.feed(await self._some(reader))
        if answer[0].type != Type.CONNACK or answer[0].body[1:2] != b"\x00":
            raise AccessError(f"the broker refused {self.device} (code {answer[0].body[1:2].hex()})")
        if self._heard is not None:
            writer.write(mqtt.subscribe(self._next_number(), f"s4/out/{self.device}/+"))
        for number, (topic, payload) in self._in_flight.items():
            writer.write(mqtt.publish(topic, payload, number, again=True))
        self.connected.set()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, packets: Packets) -> None:
        while True:
            for packet in packets.feed(await self._some(reader)):
                if packet.type == Type.PUBACK and mqtt.acknowledged(packet) in self._in_flight:
                    del self._in_flight[mqtt.acknowledged(packet)]
                    self.acknowledged += 1
                    self._wake.set()
                elif packet.type == Type.PUBLISH:
                    self._take(writer, packet)

    def _take(self, writer: asyncio.StreamWriter, packet: Packet) -> None:
        message = mqtt.read_publish(packet)
        if message.qos:
            writer.write(mqtt.puback(message.number))
        if self._heard is not None:
            self._heard(message.topic, message.payload)

    async def _talk(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and len(self._in_flight) < MOST_IN_FLIGHT:
                topic, payload = self._waiting.popleft()
                number = self._next_number()
                self._in_flight[number] = (topic, payload)
                writer.write(mqtt.publish(topic, payload, number))
            await writer.drain()

    @staticmethod
    async def _ping(writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_S / 2)
            writer.write(mqtt.PING)

    @staticmethod
    async def _some(reader: asyncio.StreamReader) -> bytes:
        data = await reader.read(65_536)
        if not data:
            raise ServiceError("the broker closed the connection")
        return data

    def _next_number(self) -> int:
        self._number = self._number % 0xFFFF + 1
        while self._number in self._in_flight:
            self._number = self._number % 0xFFFF + 1
        return self._number
