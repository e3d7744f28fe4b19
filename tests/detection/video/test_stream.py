"""A live camera whose pictures stop: said after some seconds, over when they come again. A recording just ends."""

import asyncio
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.city import City, Source
from s4.core.clock import NS_PER_S, RealClock
from s4.core.model import Detection, Frame
from s4.core.ports import Context
from s4.detection.video.settings import Settings
from s4.detection.video.stream import LONGEST_STEP_S, LOST_S, REPEAT_S, Stream
from s4.detection.video.watch import VideoWatch
from s4.exercise.mjpeg import MjpegServer, Picture
from s4.sensing.camera import VideoCamera
from s4.sensing.convert import Size, frame_of
from s4.sensing.still import Stills
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


def test_pictures_that_cannot_be_decoded_are_none() -> None:
    """A camera may go on sending and show nothing: whoever looks is as blind as if it had stopped."""
    stage = VideoWatch(context_of("cam-1"))
    assert feed(stage, pictures(0, 4)) == []
    (start,) = feed(stage, map(damaged, pictures(4, 12)))
    assert (start.phase, start.attributes["how"]) == ("start", "signal_lost")
    assert LOST_S - 1 <= (start.time - START) / NS_PER_S - 4 <= LOST_S + 1
    (end,) = feed(stage, pictures(16, 3))
    assert (end.phase, end.happening) == ("end", start.happening)


def test_a_damaged_picture_now_and_then_is_no_alarm() -> None:
    stage = VideoWatch(context_of("cam-1"))
    shown = enumerate(pictures(0, 20))
    assert feed(stage, (damaged(frame) if number % 3 else frame for number, frame in shown)) == []


def damaged(frame: Frame) -> Frame:
    """The same, of a JPEG with a quantisation table that there is not."""
    jpeg = bytearray(cv2.imencode(".jpg", frame.image)[1].tobytes())
    jpeg[jpeg.index(b"\xff\xdb") + 4] = 0x5F
    still = Stills("cam-1").of(bytes(jpeg))
    assert still is not None
    return frame_of(frame, still, Size())


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


@pytest.mark.timeout(120)
async def test_a_real_stream_that_dies_is_told_and_so_is_its_return() -> None:
    """The exercise's own web server goes down and comes up again on the same port; the camera's door reconnects."""
    clock, found, port = RealClock(), list[Detection](), await _serve(0, lambda: True)
    source = Source("cam-1", "square", "camera", options={"url": f"http://127.0.0.1:{port}/cam-1", "timeout_s": 2.0})
    camera, stage = VideoCamera(Context(context_of("cam-1").city, clock), source), VideoWatch(context_of("cam-1"))
    seen: list[Frame] = []
    watch = asyncio.create_task(asyncio.to_thread(_watch, camera, stage, clock, seen, found))
    try:
        await _serve(port, lambda: len(seen) > 10)
        assert found == []
        assert seen[0].live
        await _until(lambda: len(found) == 1)
        await _serve(port, lambda: len(found) == 2)
    finally:
        camera.close()
        await watch
    assert [(one.phase, one.attributes["how"]) for one in found] == [("start", "signal_lost"), ("end", "signal_lost")]


async def _serve(port: int, enough: Callable[[], bool]) -> int:
    """Show pictures until it is enough; returns the port."""
    _, jpeg = cv2.imencode(".jpg", np.full((240, 320, 3), 120, np.uint8))
    async with MjpegServer(["cam-1"], port) as server:
        await _until(enough, lambda number: server.show("cam-1", Picture(number, jpeg.tobytes())))
        return server.port


async def _until(enough: Callable[[], bool], meanwhile: Callable[[int], None] = lambda _: None) -> None:
    for number in range(1, 400):
        meanwhile(number)
        if enough():
            return
        await asyncio.sleep(0.1)
    pytest.fail("nothing of the kind within 40 s")


def _watch(camera: VideoCamera, stage: VideoWatch, clock: RealClock, seen: list[Frame], found: list[Detection]) -> None:
    """As the runner's host of a camera does."""
    for frame in camera.frames():
        seen += [frame] if frame else []
        found += stage.step([frame], frame.time) if frame else stage.step([], clock.now())
