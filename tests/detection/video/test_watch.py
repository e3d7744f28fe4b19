"""The stage as the runner sees it: deterministic, whatever the batches; bad frames named; cameras apart."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError, InputError
from s4.core.model import Detection, Frame, LateFrame
from s4.detection.video.camera import CameraWatch
from s4.detection.video.report import report
from s4.detection.video.settings import Settings
from s4.detection.video.watch import VideoWatch
from tests.detection.city import context_of
from tests.detection.recordings import START
from tests.detection.video.render import Moment, frames, walk

ZONES = tuple(
    Zone(f"half-{camera}", camera, "Left half", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    for camera in ("cam-1", "cam-2")
)
END = START + 3600 * NS_PER_S


def crossing(at: float) -> Moment:
    return Moment(walk(at, 2.0, 10.0, (-20.0, 340.0), 180.0))


CLIP = tuple(frames(crossing, 14.0, fps=5.0))
EVERY_ONE = range(len(CLIP))


def run(clip: list[Frame], cuts: list[int]) -> list[bytes]:
    stage = VideoWatch(context_of("cam-1", "cam-2", zones=ZONES))
    edges = sorted({0, len(clip), *(cut % (len(clip) + 1) for cut in cuts)})
    found: list[Detection] = []
    for left, right in pairwise(edges):
        found += stage.step(clip[left:right], clip[right - 1].time)
    return [msgspec.json.encode(one) for one in found + list(stage.step([], END))]


@pytest.fixture(scope="module")
def whole() -> list[bytes]:
    return run(list(CLIP), list(EVERY_ONE))


def test_something_is_seen(whole: list[bytes]) -> None:
    phases = [msgspec.json.decode(line, type=Detection).phase for line in whole]
    assert phases == ["start", "end"]


@given(cuts=st.lists(st.sampled_from(EVERY_ONE), max_size=12))
@settings(max_examples=5)
def test_cutting_the_batches_elsewhere_changes_nothing(whole: list[bytes], cuts: list[int]) -> None:
    assert run(list(CLIP), cuts) == whole


def test_frames_that_come_twice_change_nothing(whole: list[bytes]) -> None:
    twice = [frame for one in CLIP for frame in (one, one)]
    assert run(twice, list(range(0, len(twice), 2))) == whole


def test_cameras_do_not_disturb_each_other(whole: list[bytes]) -> None:
    empty = frames(lambda _: Moment(), 14.0, fps=5.0, source="cam-2")
    mixed = [frame for pair in zip(CLIP, empty, strict=True) for frame in pair]
    assert run(mixed, [10, 20]) == whole


def test_of_a_camera_that_had_to_wait_the_newest_picture_is_analysed(whole: list[bytes]) -> None:
    empty = list(frames(lambda _: Moment(), 14.0, fps=5.0))
    stage, found = VideoWatch(context_of("cam-1", zones=ZONES)), list[Detection]()
    for old, new in zip(empty, CLIP, strict=True):
        earlier = old._replace(time=old.time - NS_PER_S // 20, live=True, newer=iter([new]).__next__)
        found += stage.step([earlier], earlier.time)
    seen = [msgspec.json.encode(one) for one in found + list(stage.step([], END)) if one.kind == "zone_intrusion"]
    assert seen == whole


class Damaged:
    """A picture that shows when it is looked at that it cannot be decoded."""

    shape = CLIP[0].image.shape

    def __call__(self) -> np.ndarray:
        raise InputError("holds a picture that cannot be decoded")


def test_a_damaged_picture_is_as_if_it_had_not_come() -> None:
    hurt = [LateFrame.of(one, Damaged()) if one.number % 5 == 2 else one for one in CLIP]
    stage = VideoWatch(context_of("cam-1", zones=ZONES))
    found = [one.phase for frame in hurt for one in stage.step([frame], frame.time)]
    assert found + [one.phase for one in stage.step([], END)] == ["start", "end"]


def test_no_more_pictures_are_analysed_than_asked() -> None:
    camera = CameraWatch("cam-1", "square", Settings(analysed_fps=3.0), (), None)
    analysed = 0
    for frame in frames(crossing, 10.0, fps=20.0):
        camera.look(frame)
        analysed += camera.scene is not None and camera.scene.time == frame.time
    assert 28 <= analysed <= 31


def test_a_silent_camera_ends_what_was_open() -> None:
    stage = VideoWatch(context_of("cam-1", zones=ZONES[:1]))
    found = [one for frame in CLIP if frame.time < START + 6 * NS_PER_S for one in stage.step([frame], frame.time)]
    assert [one.phase for one in found] == ["start"]
    assert stage.step([], START + 12 * NS_PER_S) == []
    (end,) = stage.step([], START + 20 * NS_PER_S)
    assert end.phase == "end"
    assert end.happening == found[0].happening
    assert stage.step([], START + 40 * NS_PER_S) == []


def test_a_silent_camera_that_comes_back_is_watched_again() -> None:
    stage = VideoWatch(context_of("cam-1", zones=ZONES))
    for frame in CLIP[:15]:
        stage.step([frame], frame.time)
    stage.step([], START + 60 * NS_PER_S)
    later = frames(crossing, 14.0, fps=5.0, start=START + 62 * NS_PER_S)
    assert "start" in {one.phase for frame in later for one in stage.step([frame], frame.time)}


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_jump_in_time_ends_what_was_open_and_starts_afresh(hours: int) -> None:
    stage = VideoWatch(context_of("cam-1", zones=ZONES[:1]))
    first = [one for frame in CLIP if frame.time < START + 6 * NS_PER_S for one in stage.step([frame], frame.time)]
    later = [frame._replace(time=frame.time + hours * 3600 * NS_PER_S) for frame in CLIP]
    then = [one for frame in later for one in stage.step([frame], frame.time)]
    assert [one.phase for one in first + then] == ["start", "end", "start", "end"]
    assert len({one.id for one in first + then}) == 4


def test_another_size_of_picture_starts_afresh() -> None:
    stage = VideoWatch(context_of("cam-1", zones=ZONES[:1]))
    for frame in CLIP:
        stage.step([frame], frame.time)
    for number, frame in enumerate(CLIP):
        time = CLIP[-1].time + (number + 1) * NS_PER_S // 5
        stage.step([frame._replace(time=time, image=np.ascontiguousarray(frame.image[::2, ::2]))], time)


@pytest.mark.parametrize(
    "image", [np.zeros((240, 320), np.uint8), np.zeros((4, 4, 3), np.uint8), np.zeros((99, 99, 3))]
)
def test_what_is_no_picture_is_refused_before_anything_changes(image: np.ndarray, whole: list[bytes]) -> None:
    stage = VideoWatch(context_of("cam-1", "cam-2", zones=ZONES))
    with pytest.raises(InputError, match=r"cam-1\.image: is no colour picture"):
        stage.step([CLIP[0], CLIP[0]._replace(image=image)], START)
    found = [one for frame in CLIP for one in stage.step([frame], frame.time)] + list(stage.step([], END))
    assert [msgspec.json.encode(one) for one in found] == whole


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"analysed_fps": 0}, "analysed_fps"),
        ({"person_height": [0.5, 0.2]}, "least, greatest"),
        ({"no_such": 1}, "no_such"),
        ({"behaviours": ["dancing"]}, "no behaviour 'dancing'"),
        ({"cameras": {"cam-1": {"width_px": 1}}}, "width_px"),
        ({"cameras": 5}, "table of tables"),
        ({"ground": [[0, 0, 1, 1], [0.5, 0.5, 1, 1], [1, 1, 1, 1], [0.2, 0.2, 1, 1]]}, "fix no plane"),
    ],
)
def test_wrong_settings_are_named_before_the_first_frame(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        VideoWatch(context_of("cam-1", zones=ZONES[:1], **options))


def test_wrong_hours_are_named() -> None:
    zone = msgspec.structs.replace(ZONES[0], hours="25:00-26:00")
    with pytest.raises(ConfigError, match=r"zone half-cam-1\.hours"):
        VideoWatch(context_of("cam-1", zones=(zone,)))


def test_the_lines_of_a_report() -> None:
    lines = list(report(CLIP, Settings(), ZONES[:1]))
    assert {"t", "frame", "kind", "phase", "id", "confidence", "bbox", "place"} <= lines[0].keys()
    said = [line for line in lines if line["kind"] == "zone_intrusion"]
    assert [line["phase"] for line in said] == ["start", "end"]
    people = [line for line in lines if line["kind"] == "person"]
    assert len({line["id"] for line in people}) == 1
    assert [line["frame"] for line in lines if line["phase"] != "end"] == sorted(
        line["frame"] for line in lines if line["phase"] != "end"
    )
    for line in people:
        x = -20 + 45 * (line["frame"] / 5 - 2)
        assert line["bbox"][0] + line["bbox"][2] / 2 == pytest.approx(x, abs=14)
    assert msgspec.json.decode(msgspec.json.encode(lines)) == [{**line, "bbox": list(line["bbox"])} for line in lines]
    assert list(report([], Settings())) == []
