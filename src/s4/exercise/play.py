"""Play a scenario through the public doors: the town's clock, its cameras, its devices' connections, its truth.

One thread moves the town and draws; the event loop speaks with the world. So no word waits for a picture.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import cv2
import msgspec

from s4.core.clock import NS_PER_S, ScaledClock
from s4.core.errors import InputError
from s4.core.logs import get_logger
from s4.core.subjects import ACK
from s4.exercise.connection import Connection
from s4.exercise.crowd import STEP_S
from s4.exercise.eve import NETWORK, Eve, LogFile
from s4.exercise.fixtures import CAMERAS, DEVICES, SENSORS
from s4.exercise.mjpeg import MjpegServer
from s4.exercise.obey import hear
from s4.exercise.post import Poster
from s4.exercise.scenario import Scenario
from s4.exercise.sensing import Sensors
from s4.exercise.studio import Studio
from s4.exercise.town import Message, Town
from s4.exercise.write import LOG

USUAL_FLOW_S: Final = 1.5
MOST_STEPS: Final = 5
"""Steps in one go, so that pictures and people take turns when the city runs behind its clock."""
_ADDRESSES: Final = tuple(f"{NETWORK}.{11 + k}" for k in range(len(CAMERAS)))
_LOG = get_logger("s4.exercise")


class Settings(msgspec.Struct, frozen=True):
    """Where to play. `folder`: the city's, for its log; `start`, `anchor`: ns UTC as in `ScaledClock`; `mqtt`, `http`:
    addresses of the doors; `secrets`: device → its secret; `truth`: file of what really happened.
    """

    folder: Path
    seed: int
    start: int
    speed: float
    anchor: int | None
    mqtt: str
    http: str
    secrets: dict[str, str]
    truth: Path
    video_port: int
    people: int | None = None


class Play:
    """One performance. `await run()` returns only when cancelled: after the script the city lives on."""

    def __init__(self, settings: Settings, scenario: type[Scenario]) -> None:
        cv2.setNumThreads(1)
        self._settings = settings
        self._clock = ScaledClock(start=settings.start, speed=settings.speed, anchor=settings.anchor)
        more = {} if settings.people is None else {"people": settings.people}
        self.town = Town.found(settings.seed, settings.start, **more)
        scenario(settings.seed).stage(self.town)
        self._sensors = Sensors(self.town)
        self._eve = Eve(settings.seed)
        self._studio = Studio(self.town)
        self._commands: deque[tuple[str, str, bytes]] = deque(maxlen=1000)
        self._connections = {c.device: c for c in self._connect()}
        self._posters = {s.id: self._poster(s.id) for s in SENSORS if s.via == "http"}
        self._one = ThreadPoolExecutor(1, thread_name_prefix="town")
        self._painter = ThreadPoolExecutor(1, thread_name_prefix="painter")
        self._usual()

    def _secret(self, device: str) -> str:
        secret = self._settings.secrets.get(device)
        if secret is None:
            raise InputError(f"there is no credential for {device}", field="credentials")
        return secret

    def _connect(self) -> list[Connection]:
        url = urlsplit(self._settings.mqtt)
        address = (url.hostname or "127.0.0.1", url.port or 1883)
        obeying = {d.id for d in DEVICES}
        speaking = {s.id for s in SENSORS if s.via == "mqtt"} | obeying
        return [
            Connection(
                address, device, self._secret(device), partial(self._heard, device) if device in obeying else None
            )
            for device in sorted(speaking)
        ]

    def _poster(self, device: str) -> Poster:
        return Poster(self._settings.http, device, self._secret(device))

    def _heard(self, device: str, topic: str, payload: bytes) -> None:
        self._commands.append((device, topic, payload))

    def _usual(self) -> None:
        """Normal life on the camera network, for ever."""
        self.town.log += self._eve.usual(self.town.now, _ADDRESSES)
        self.town.at(self.town.now_s + USUAL_FLOW_S, self._usual)

    async def run(self) -> None:
        """Play until cancelled."""
        log = LogFile(self._settings.folder / LOG)
        try:
            async with (
                MjpegServer([c.id for c in CAMERAS], self._settings.video_port) as video,
                asyncio.TaskGroup() as tasks,
            ):
                for link in self._connections.values():
                    tasks.create_task(link.run())
                for poster in self._posters.values():
                    tasks.create_task(poster.run())
                tasks.create_task(self._paint(video))
                tasks.create_task(self._film(video))
                await self._live(log)
        finally:
            self._one.shutdown(cancel_futures=True)
            self._painter.shutdown(cancel_futures=True)
            log.close()

    async def _live(self, log: LogFile) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = (self._clock.now() - self.town.start) / NS_PER_S
            late = due - self.town.now_s
            if late < STEP_S:
                await asyncio.sleep((STEP_S - late) / self._clock.speed)
                continue
            steps = min(MOST_STEPS, int(late / STEP_S))
            said, logged, truth = await loop.run_in_executor(self._one, self._advance, steps)
            log.write(logged)
            for message in said:
                self._send(message)
            if truth:
                await asyncio.to_thread(self._write_truth, truth)

    def _advance(self, steps: int) -> tuple[list[Message], list[dict[str, Any]], list[dict[str, Any]]]:
        town = self.town
        while self._commands:
            hear(town, *self._commands.popleft())
        for _ in range(steps):
            town.step()
            self._sensors.speak()
        out = (town.outbox, town.log, town.truth)
        town.outbox, town.log, town.truth = [], [], []
        return out

    def _send(self, message: Message) -> None:
        poster = self._posters.get(message.device)
        if poster is not None and message.property != ACK:
            poster.send(msgspec.json.encode({"property": message.property, **message.body}))
        else:
            topic = f"s4/in/{message.device}/{message.property}"
            self._connections[message.device].send(topic, msgspec.json.encode(message.body))

    def _write_truth(self, lines: list[dict[str, Any]]) -> None:
        with self._settings.truth.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

    async def _paint(self, video: MjpegServer) -> None:
        """Paint the scenes that are looked at and not there yet, one after the other, beside everything else."""
        loop = asyncio.get_running_loop()
        while True:
            poses = [self._studio.missing(c.id) for c in CAMERAS if video.watched(c.id)]
            for pose in poses:
                if pose is not None:
                    await loop.run_in_executor(self._painter, self._studio.prepare, pose)
            await asyncio.sleep(0.1)

    async def _film(self, video: MjpegServer) -> None:
        """Show each camera that is looked at, `fps` times a real second or as often as there is time for."""
        loop = asyncio.get_running_loop()
        due = {c.id: loop.time() + 0.03 * k for k, c in enumerate(CAMERAS)}
        while True:
            for camera in CAMERAS:
                if due[camera.id] <= loop.time():
                    due[camera.id] = max(due[camera.id] + 1 / camera.fps, loop.time() + 0.3 / camera.fps)
                    if video.watched(camera.id):
                        picture = await loop.run_in_executor(self._one, self._studio.picture, camera.id)
                        if picture is not None:
                            video.show(camera.id, picture)
            await asyncio.sleep(max(0.002, min(due.values()) - loop.time()))
