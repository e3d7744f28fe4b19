"""People in the pictures that are not analysed."""

import msgspec
import pytest

from s4.core.clock import NS_PER_S
from s4.detection.video.report import Line, report
from s4.detection.video.settings import Settings
from tests.detection.video.render import Moment, frames, walk


def crossing(at: float) -> Moment:
    return Moment(walk(at, 1.0, 6.0, (-20.0, 340.0), 180.0))


FEW = Settings(behaviours=("zone_intrusion",))


def people(fps: float, analysed: float) -> list[Line]:
    lines = report(frames(crossing, 6.0, fps=fps), msgspec.structs.replace(FEW, analysed_fps=analysed))
    return [line for line in lines if line["kind"] == "person"]


def test_every_picture_tells_where_people_are() -> None:
    lines = people(10.0, 5.0)
    numbers = [line["frame"] for line in lines]
    assert numbers == sorted(numbers)
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert len({line["id"] for line in lines}) == 1
    assert [line["phase"] for line in lines] == ["start"] + ["update"] * (len(lines) - 1)
    for line in lines:
        assert line["t"] == pytest.approx(line["frame"] / 10.0, abs=1e-3)
        x = -20 + 72 * (line["t"] - 1)
        assert line["bbox"][0] + line["bbox"][2] / 2 == pytest.approx(x, abs=18)


def test_nothing_is_added_where_every_picture_is_analysed() -> None:
    assert people(5.0, 5.0) == people(5.0, 60.0)


def test_nobody_is_drawn_across_a_jump_in_time() -> None:
    clip = list(frames(crossing, 4.0, fps=10.0))
    later = [one._replace(number=one.number + 40, time=one.time + 3600 * NS_PER_S) for one in clip]
    lines = [line for line in report([*clip, *later], FEW) if line["kind"] == "person"]
    assert not [line for line in lines if 40 <= line["frame"] < 50]
    assert len([line for line in lines if line["frame"] < 40]) > 15
    assert len([line for line in lines if line["frame"] >= 40]) > 15
