"""How many people are in view, told each second: of a painted scene, and by a camera that runs."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pytest

from s4.core.city import Source
from s4.core.clock import NS_PER_S, RealClock
from s4.core.live import LiveBoard
from s4.core.model import Frame, ObservationBatch
from s4.core.ports import Camera, Produced
from s4.detection.video.counting import PeopleCount
from s4.detection.video.report import report
from s4.detection.video.settings import Settings
from s4.runtime.runner_camera import CameraHost
from tests.detection.recordings import START
from tests.detection.video.render import Moment, Person, frames
from tests.detection.video.scenes import path, scenes


def test_the_middle_of_each_second() -> None:
    walks = {1: path((0, 0.2, 0.6), (9, 0.8, 0.6)), 2: path((3.6, 0.3, 0.8), (9, 0.7, 0.8))}
    counter = PeopleCount()
    counts = [one for scene in scenes(walks, 9.0) if (one := counter.see(scene))]
    assert [(one.time - START) / NS_PER_S for one in counts] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [one.people for one in counts] == [1, 1, 1, 1, 2, 2, 2, 2]
    assert all(0.0 < one.confidence < 1.0 for one in counts)
    assert counts[-1].confidence == pytest.approx(6 / 7)


def test_lines_of_a_recording() -> None:
    def three(second: float) -> Moment:
        return Moment(tuple(Person(40 + 90 * n + 15 * second, 130 + 40 * n) for n in range(3)) if second > 1 else ())

    lines = list(report(frames(three, 5.0, fps=5.0), Settings(behaviours=("line_crossing",))))
    counts = [line for line in lines if line["kind"] == "person_count"]
    assert [line["t"] for line in counts] == [1.0, 2.0, 3.0, 4.0]
    assert counts[-1]["count"] == 3
    assert counts[-1]["text"] == "3 people"
    assert counts[-1]["bbox"] == (0.0, 0.0, 320.0, 240.0)


class Film(Camera):
    """Two seconds of nothing in particular."""

    def __init__(self) -> None:
        self.dropped = 0

    def frames(self) -> Iterator[Frame | None]:
        image = np.zeros((16, 16, 3), np.uint8)
        for number in range(13):
            yield Frame("cam-1", "square", number, START + number * NS_PER_S // 5, image)

    def close(self) -> None:
        """Nothing is open."""


class Told:
    """Hears what leaves the camera's thread."""

    def __init__(self) -> None:
        self.facts: list[Produced] = []

    async def out(self, facts: list[Produced]) -> None:
        self.facts += facts


@pytest.mark.parametrize(("people", "counts"), [(4, [(0, 4.0), (1, 4.0), (2, 4.0)]), (None, [])])
async def test_a_camera_says_it_as_a_reading_each_second(people: int | None, counts: list[tuple[int, float]]) -> None:
    board, told = LiveBoard(), Told()
    board.tell("cam-1", people=people)
    host = CameraHost(Source("cam-1", "square"), Film(), [], cast(Any, told), RealClock(), board)
    await asyncio.wait_for(host.run(), 30.0)
    batches = [fact for fact in told.facts if isinstance(fact, ObservationBatch)]
    found = [reading for batch in batches for reading in batch if reading.series.property == "person_count"]
    assert [((one.time - START) // NS_PER_S, one.value) for one in found] == counts
    assert {(one.series.source, one.series.unit) for one in found} <= {("cam-1", "1")}
