"""People in the pictures that are not analysed."""

import pytest

from s4.core.clock import NS_PER_S
from s4.detection.video.report import Line, report
from s4.detection.video.settings import Settings
from tests.detection.video.render import Moment, frames, walk


def crossing(at: float) -> Moment:
    return Moment(walk(at, 2.0, 10.0, (-20.0, 340.0), 180.0))


def people(fps: float, analysed: float) -> list[Line]:
    lines = report(frames(crossing, 12.0, fps=fps), Settings(analysed_fps=analysed))
    return [line for line in lines if line["kind"] == "person"]


def test_every_picture_tells_where_people_are() -> None:
    lines = people(15.0, 5.0)
    numbers = [line["frame"] for line in lines]
    assert numbers == sorted(numbers)
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert len({line["id"] for line in lines}) == 1
    assert [line["phase"] for line in lines] == ["start"] + ["update"] * (len(lines) - 1)
    for line in lines:
        assert line["t"] == pytest.approx(line["frame"] / 15.0, abs=1e-3)
        x = -20 + 45 * (line["t"] - 2)
        assert line["bbox"][0] + line["bbox"][2] / 2 == pytest.approx(x, abs=14)


def test_nothing_is_added_where_every_picture_is_analysed() -> None:
    assert people(5.0, 5.0) == people(5.0, 60.0)


def test_nobody_is_drawn_across_a_jump_in_time() -> None:
    clip = list(frames(crossing, 8.0, fps=10.0))
    later = [one._replace(number=one.number + 80, time=one.time + 3600 * NS_PER_S) for one in clip]
    lines = [line for line in report([*clip, *later], Settings()) if line["kind"] == "person"]
    assert not [line for line in lines if 80 <= line["frame"] < 80 + 25]
    assert len([line for line in lines if line["frame"] < 80]) > 30
    assert len([line for line in lines if line["frame"] >= 80]) > 30
