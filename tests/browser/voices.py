"""Devices that are connected over MQTT from a thread of their own, while a test looks at the page."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.support.mqtt import MqttClient, packet

PINGREQ = 12


@dataclass(kw_only=True)
class Voices(ABC):
    """`work` says what the devices do, each until it is cancelled."""

    port: int
    secrets: dict[str, str]
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _running: list[asyncio.Task[None]] = field(default_factory=list)

    @abstractmethod
    async def work(self) -> list[Coroutine[Any, Any, None]]:
        """Connect; what then goes on."""

    def start(self) -> None:
        """Connect and begin to speak."""
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.do(self._begin())

    def stop(self) -> None:
        """Hang up."""
        self.do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def do(self, one: Coroutine[Any, Any, None]) -> None:
        """Do it in the devices' thread, and wait until it is done."""
        asyncio.run_coroutine_threadsafe(one, self._loop).result(30)

    async def _begin(self) -> None:
        self._running += [asyncio.create_task(one) for one in await self.work()]

    async def _end(self) -> None:
        for task in self._running:
            task.cancel()
        for ended in await asyncio.gather(*self._running, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                raise AssertionError("a device gave up") from ended

    async def connect(self, device: str, name: str = "") -> MqttClient:
        """A connection of this device."""
        return await MqttClient.connect(self.port, device, self.secrets[device], client=f"{device}{name}")

    async def say(self, device: str, *said: tuple[str, bytes]) -> None:
        """(topic, payload) by a connection of its own, back once each is acknowledged."""
        client = await self.connect(device, "-mouth")
        for topic, payload in said:
            await client.publish(f"s4/in/{device}/{topic}", payload)
        await client.close()

    @staticmethod
    async def keep_alive(client: MqttClient) -> None:
        """Say now and then that it is still there."""
        while True:
            await asyncio.sleep(10)
            client.writer.write(packet(PINGREQ, 0, b""))
