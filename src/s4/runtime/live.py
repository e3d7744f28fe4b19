"""Looking at cameras over the bus: wishes go to the process that has the camera, pictures and states come back.

Nothing of this is stored: it is published to whoever listens at that moment. A picture is on the bus only while
somebody looks, and was blurred before it got there. Subjects: `s4.live.<city>.` and `wish`, `look` or `state`, and the
camera.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

import msgspec
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from s4.core.live import ASKED_FOR_S, CameraState, LiveBoard, Look, Wish
from s4.core.logs import get_logger
from s4.core.subjects import NAME
from s4.runtime.bus import Bus

STATE_S: Final = 2.0
"""How often a camera says how it is doing, real seconds."""
WISH_S: Final = ASKED_FOR_S / 2.5
LARGEST_LOOK: Final = 900_000
"""Bytes; the bus takes 1 MB at once."""
MOST_CAMERAS: Final = 10_000
MOST_SENDING: Final = 64
"""Pictures on their way at once; further ones are left out."""

log = get_logger(__name__)


def where(city: str, what: str, camera: str) -> str:
    """The subject of one of the three.

    >>> where("bilbao", "look", "cam-1")
    's4.live.bilbao.look.cam-1'
    """
    return f"s4.live.{city}.{what}.{camera}"


async def keep_board(board: LiveBoard, bus: Bus, city: str) -> None:
    """Where the cameras are: hear wishes, send what is shown, say how each camera is doing; runs until cancelled."""
    loop = asyncio.get_running_loop()
    sending: set[asyncio.Task[None]] = set()

    def send(look: Look) -> None:
        if len(sending) < MOST_SENDING:
            task = loop.create_task(_publish(bus, where(city, "look", look.camera), look))
            sending.add(task)
            task.add_done_callback(sending.discard)

    def on_look(look: Look) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be gone already
            loop.call_soon_threadsafe(send, look)

    async def on_wish(message: Msg) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            board.ask(message.subject.rpartition(".")[2], msgspec.msgpack.decode(message.data, type=Wish))

    board.on_look = on_look
    await bus.listen(where(city, "wish", "*"), on_wish)
    while True:
        for state in board.states():
            await _publish(bus, where(city, "state", state.camera), state)
        await asyncio.sleep(STATE_S)


async def _publish(bus: Bus, subject: str, what: Look | CameraState | Wish) -> None:
    data = msgspec.msgpack.encode(what)
    if len(data) > LARGEST_LOOK:
        log.warning("a picture is too large to be shown", subject=subject, bytes=len(data))
        return
    with contextlib.suppress(NatsError, OSError):  # while the bus is away nobody can look
        await bus.client.publish(subject, data)


class LiveBook:
    """`core.live.Live`: where people look. One for each process with a picture."""

    def __init__(self, bus: Bus, city: str) -> None:
        self._bus, self._city = bus, city
        self._states: dict[str, CameraState] = {}

    async def listen(self) -> None:
        """Hear how the cameras are doing, from now on."""
        await self._bus.listen(where(self._city, "state", "*"), self._on_state)

    async def _on_state(self, message: Msg) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            state = msgspec.msgpack.decode(message.data, type=CameraState)
            if state.camera in self._states or len(self._states) < MOST_CAMERAS:
                self._states[state.camera] = state

    def states(self) -> Mapping[str, CameraState]:
        """See `Live.states`."""
        return dict(self._states)

    async def looks(self, cameras: Sequence[str], wish: Wish) -> AsyncGenerator[Look]:
        """See `Live.looks`."""
        newest: dict[str, Look] = {}
        arrived = asyncio.Event()

        async def on_look(message: Msg) -> None:
            with contextlib.suppress(msgspec.DecodeError):
                look = msgspec.msgpack.decode(message.data, type=Look)
                newest[look.camera] = look
                arrived.set()

        names = [camera for camera in dict.fromkeys(cameras) if NAME.fullmatch(camera)]
        subscribed: list[Subscription] = []
        wishing: asyncio.Task[None] | None = None
        try:
            for camera in names:
                subject = where(self._city, "look", camera)
                subscribed.append(await self._bus.client.subscribe(subject, cb=on_look))
            wishing = asyncio.create_task(self._wish(names, wish))
            while True:
                await arrived.wait()
                arrived.clear()
                while newest:
                    yield newest.pop(next(iter(newest)))
        finally:
            if wishing is not None:
                wishing.cancel()
            for one in subscribed:
                with contextlib.suppress(NatsError, OSError):
                    await one.unsubscribe()

    async def _wish(self, cameras: Sequence[str], wish: Wish) -> None:
        while True:
            for camera in cameras:
                await _publish(self._bus, where(self._city, "wish", camera), wish)
            await asyncio.sleep(WISH_S)
