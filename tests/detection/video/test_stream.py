"""A live camera whose pictures stop: said after some seconds, over when they come again. A recording just ends."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.city import City
from s4.core.clock import NS_PER_S
from s4.core.model import Detection, Frame
from s4.detection.video.settings import Settings
from s4.detection.video.stream import LONGEST_STEP_S, LOST_S, REPEAT_S, Stream
from s4.detection.video.watch import VideoWatch
from tests.detection.city import context_of
from tests.detection.recordings import START
from tests.detection.video.render import Moment, frames


def pictures(since_s: float, seconds: float, *, live: bool = True) -> Iterator[Frame]:
    for frame in frames(lambda _: Moment(), seconds, fps=2.0, start=START + round(since_s * NS_PER_S)):
        yield frame._replace(live=live)


def feed(stage: VideoWatch, shown: Iterator[Frame]) -> list[Detection]:
    return [one for frame in shown for one in stage.step([frame], frame.time)]


def quiet(stage: VideoWatch, since_s: float, seconds: float) -> list[Detection]:
    """As a host does while the connection is lost: it tells the time, about once a second."""
    ticks = range(round(since_s) + 1, round(since_s + seconds) + 1)
    return [one for second in ticks for one in stage.step([], START + second * NS_PER_S)]


def test_a_stream_that_ends_and_comes_back() -> None:
    stage = VideoWatch(context_of("cam-1"))
    assert feed(stage, pictures(0, 4)) == []
    lost = quiet(stage, 4, 80)
    assert [one.phase for one in lost] == ["start", "update"]
    start = lost[0]
    assert (start.kind, start.attributes["how"]) == ("camera_tampered", "signal_lost")
    assert start.attributes["bbox_px"] == (0.0, 0.0, 320.0, 240.0)
    assert 4 + LOST_S - 1 <= (start.time - START) / NS_PER_S <= 4 + LOST_S + 1
    assert (lost[1].time - start.time) / NS_PER_S == pytest.approx(REPEAT_S, abs=1)
    (end,) = feed(stage, pictures(84, 2))
    assert (end.phase, end.happening) == ("end", start.happening)
    assert end.attributes["for_s"] == pytest.approx(80, abs=2)
    assert quiet(stage, 86, 3) == []
    again = quiet(stage, 89, 5)
    assert [one.phase for one in again] == ["start"]
    assert again[0].happening != start.happening


def test_a_recording_that_ends_is_no_alarm() -> None:
    stage = VideoWatch(context_of("cam-1"))
    assert feed(stage, pictures(0, 4, live=False)) + quiet(stage, 4, 60) == []


def test_a_short_gap_is_no_alarm() -> None:
    stage = VideoWatch(context_of("cam-1"))
    found = feed(stage, pictures(0, 4)) + quiet(stage, 4, 3) + feed(stage, pictures(8, 3)) + quiet(stage, 11, 3)
    assert found == []


def test_a_machine_that_stood_still_is_no_alarm() -> None:
    stage = VideoWatch(context_of("cam-1"))
    found = feed(stage, pictures(0, 4))
    found += stage.step([], START + 3600 * NS_PER_S)
    found += feed(stage, pictures(3600.5, 2))
    assert found == []


def test_who_does_not_want_to_hear_of_tampering_does_not() -> None:
    context = context_of("cam-1", behaviours=["loitering"])
    stage = VideoWatch(context)
    assert isinstance(context.city, City)
    assert feed(stage, pictures(0, 4)) + quiet(stage, 4, 30) == []
    assert Settings().behaviours == ()


@given(steps=st.lists(st.tuples(st.booleans(), st.floats(0, 30)), max_size=40))
def test_whatever_comes_a_loss_starts_once_and_ends_once(steps: list[tuple[bool, float]]) -> None:
    stream, now, open_, silent = Stream(), START, False, 0.0
    (frame,) = pictures(0, 0.5)
    for heard, seconds in [(True, 0.0), *steps]:
        now += round(seconds * NS_PER_S)
        silent = 0.0 if heard else silent + min(seconds, LONGEST_STEP_S)
        said = stream.hear(frame._replace(time=now), now) if heard else stream.wait(now)
        for one in said:
            assert one.phase == {(True, True): "end", (False, True): "update", (False, False): "start"}[heard, open_]
        open_ = (open_ or bool(said)) and not heard
        assert open_ == (silent >= LOST_S) or abs(silent - LOST_S) < 1e-6
