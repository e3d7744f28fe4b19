"""The thread of one camera: what goes wrong is said once, however often it is tried again."""

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from structlog.testing import capture_logs

from s4.core.city import Source
from s4.core.clock import RealClock
from s4.core.errors import InputError
from s4.core.live import LiveBoard
from s4.core.model import Frame
from s4.core.ports import Camera, Card
from s4.runtime import runner_camera
from s4.runtime.runner_camera import CameraHost

SOURCE = Source("cam-1", "square")
IMAGE = np.zeros((16, 16, 3), np.uint8)


class Moody(Camera):
    """Goes through its moods one by one: a text is a trouble that lasts, an error a failure, a number a picture."""

    card: ClassVar = cast(Card, None)

    def __init__(self, *moods: str | int | InputError) -> None:
        self._moods = iter(moods)
        self._trouble = ""

    @property
    def trouble(self) -> str:
        return self._trouble

    def frames(self) -> Iterator[Frame | None]:
        for mood in self._moods:
            if isinstance(mood, InputError):
                raise mood
            self._trouble = mood if isinstance(mood, str) else ""
            yield None if isinstance(mood, str) else Frame("cam-1", "square", mood, mood, IMAGE)

    def close(self) -> None:
        """Nothing is open."""


class Deaf:
    """Takes whatever leaves the camera's thread; counts what was refused."""

    def __init__(self) -> None:
        self.refusals = 0

    async def out(self, facts: object) -> None:
        """Keeps nothing."""

    def refused(self, source: str, reason: str) -> None:
        """Somebody sent something bad."""
        self.refusals += 1


@pytest.mark.parametrize(
    ("moods", "said"),
    [
        (("gone", "gone", "gone"), ["gone"]),
        (("gone", "", "gone"), ["gone"]),
        (("gone", "deaf", "gone"), ["gone", "deaf", "gone"]),
        (("gone", 1, "gone", "gone"), ["gone", "gone"]),
        ((InputError("bad"), InputError("bad"), 1, InputError("bad"), InputError("worse")), ["bad", "bad", "worse"]),
    ],
)
async def test_a_trouble_is_logged_once_until_a_picture_comes(
    moods: tuple[str | int | InputError, ...], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_camera, "_PAUSE_S", 0.01)
    monkeypatch.setattr(runner_camera, "_GRACE", 1)
    told, board = Deaf(), LiveBoard()
    host = CameraHost(SOURCE, Moody(*moods), [], cast(Any, told), RealClock(), board)
    with capture_logs() as lines:
        await asyncio.wait_for(host.run(), 30.0)
    assert [line["reason"] for line in lines if line["event"] == "camera lost"] == said
    assert told.refusals == sum(isinstance(mood, InputError) for mood in moods)


async def test_why_a_camera_is_lost_is_told_to_who_looks() -> None:
    board = LiveBoard()
    seen: list[tuple[str, str]] = []

    class Looked(Moody):
        def frames(self) -> Iterator[Frame | None]:
            for frame in super().frames():
                seen.extend((one.state, one.detail) for one in board.states())
                yield frame

    host = CameraHost(SOURCE, Looked("no answer", 1, 2), [], cast(Any, Deaf()), RealClock(), board)
    await asyncio.wait_for(host.run(), 30.0)
    assert seen == [("lost", "no answer"), ("live", "")]


@pytest.mark.parametrize(("times", "logged"), [(9, 0), (10, 1), (20, 1)])
async def test_a_camera_that_is_only_starting_is_not_complained_of(times: int, logged: int) -> None:
    host = CameraHost(SOURCE, Moody(*["refused"] * times, 1), [], cast(Any, Deaf()), RealClock(), LiveBoard())
    with capture_logs() as lines:
        await asyncio.wait_for(host.run(), 30.0)
    assert sum(line["event"] == "camera lost" for line in lines) == logged
