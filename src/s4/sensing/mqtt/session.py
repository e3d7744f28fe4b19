"""One device's connection: who it is, what it has sent that waits to be read, and what it is answered."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol, cast

from s4.core.clock import Clock
from s4.core.errors import InputError
from s4.core.model import Raw
from s4.sensing.mqtt import frames
from s4.sensing.mqtt.frames import Frames, Packet, Published

MOST_WAITING: Final = 16_384
"""Messages of one device that wait; then nothing more is read from it until some are recorded."""
CONNECT_S: Final = 10.0


class Hall(Protocol):
    """What a session asks of its listener."""

    clock: Clock

    def came(self, session: Session) -> bool:
        """A connection stands; False when there are too many."""

    def arrived(self) -> None:
        """Something waits to be taken."""

    def left(self, session: Session, reason: str) -> None:
        """The connection is over; `reason` is "" when the device said goodbye."""

    async def admits(self, device: str, secret: str) -> bool:
        """Whether the secret is the device's."""


class Session(asyncio.Protocol):
    """A connection. Its messages wait in `waiting` with the packet numbers that are owed an answer in `owed`."""

    def __init__(self, hall: Hall) -> None:
        self._hall, self._frames = hall, Frames()
        self.device = ""
        self.waiting: list[Raw] = []
        self.owed: list[int] = []
        self._topics: dict[bytes, str | None] = {}
        self._held: tuple[list[Published], list[Packet]] = ([], [])
        self._early: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._checking: asyncio.Task[None] | None = None
        self._keep_alive_s = 0.0
        self._heard = 0.0
        self.misaddressed = 0
        self._next = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller; it has to say who it is within 10 s."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        if not self._hall.came(self):
            self._transport.abort()
            return
        self._timer = asyncio.get_running_loop().call_later(CONNECT_S, self.end, "did not say who it is")

    def data_received(self, data: bytes) -> None:
        """Cut it into packets; messages wait, everything else is answered at once."""
        self._heard = asyncio.get_running_loop().time()
        if self._checking is not None:
            self._early.append(data)
            if sum(map(len, self._early)) > frames.LARGEST:
                self.end("sent too much before it was let in")
            return
        try:
            self._handle(*self._frames.feed(data))
        except InputError as error:
            self.end(error.reason)

    def _handle(self, published: list[Published], others: list[Packet]) -> None:
        if self.device:
            if published:
                self._take(published)
            for packet in others:
                self._answer(packet)
        elif others and others[0].type == frames.CONNECT:
            self._held = (published, others[1:])
            self._greet(others[0].body)
        elif published or others:
            raise InputError("spoke before it said who it is")

    def _take(self, published: list[Published]) -> None:
        known, device = self._topics, self.device
        # What came in one piece came one after the other: two equal readings of one instant would be taken for one.
        first = max(self._hall.clock.now(), self._next)
        self._next = first + len(published)
        for at, (topic, payload, number) in enumerate(published, first):
            name = known.get(topic, "")
            if name == "":
                name = self._named(topic)
            if name is not None:
                self.waiting.append(Raw(device, name, payload, at))
            if number:
                self.owed.append(number)
        if len(self.waiting) > MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()
        self._hall.arrived()

    def _named(self, topic: bytes) -> str | None:
        """The property of a topic of its own (`s4/in/<device>/<property>`); None for any other, which is counted."""
        prefix = b"s4/in/" + self.device.encode() + b"/"
        name = topic[len(prefix) :].decode(errors="replace") if topic.startswith(prefix) else ""
        if not name:
            self.misaddressed += 1
            return None
        if len(self._topics) < MOST_WAITING:
            self._topics[topic] = name
        return name

    def _answer(self, packet: Packet) -> None:
        kind = packet.type
        if kind == frames.PINGREQ:
            self.write(frames.PINGRESP)
        elif kind == frames.DISCONNECT:
            self.end("")
        elif kind in (frames.SUBSCRIBE, frames.UNSUBSCRIBE):
            self.write(frames.refuse_filters(kind, packet.body))
        else:
            raise InputError(f"sent a packet of type {kind}, which is not expected here")

    def _greet(self, body: bytes) -> None:
        told = frames.read_connect(body)
        if told.level != 4:
            self.write(frames.connack(1))
            raise InputError(f"speaks MQTT of level {told.level}; this listener speaks 3.1.1")
        self._keep_alive_s = told.keep_alive_s * 1.5
        self._checking = asyncio.create_task(self._admit(told.user, told.password), name="mqtt admission")

    async def _admit(self, device: str, secret: str) -> None:
        admitted = await self._hall.admits(device, secret)
        self.write(frames.connack(0 if admitted else 4))
        if not admitted:
            self.end(f"is not known as {device[:64]!r}, or its secret is wrong")
            return
        self.device, self._checking = device, None
        self._watch()
        early, self._early = b"".join(self._early), []
        try:
            self._handle(*self._held)
        except InputError as error:
            self.end(error.reason)
        else:
            self.data_received(early)

    def _watch(self) -> None:
        """Hang up when nothing was heard for one and a half times the keep-alive (3.1.2.10)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._keep_alive_s:
            return
        loop = asyncio.get_running_loop()
        silent = loop.time() - self._heard
        if self._heard and silent >= self._keep_alive_s:
            self.end("was silent for longer than it said")
            return
        self._timer = loop.call_later(max(self._keep_alive_s - silent, 0.1), self._watch)

    def taken(self) -> tuple[list[Raw], list[int]]:
        """What waits; from now on it is somebody else's."""
        waiting, owed = self.waiting, self.owed
        self.waiting, self.owed = [], []
        return waiting, owed

    def go_on(self) -> None:
        """What waited is recorded: more may come."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send, if somebody is still there."""
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def end(self, reason: str) -> None:
        """Hang up."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            self._hall.left(self, reason)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side is gone."""
        for timer in (self._timer, self._checking):
            if timer is not None:
                timer.cancel()
        self._hall.left(self, "" if exc is None else str(exc))
        self._transport = None
