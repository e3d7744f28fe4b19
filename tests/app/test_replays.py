"""Recordings run again with other settings, in a process of their own: compared, bounded, ended at once."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.app.replays import MOST_WAITING, Replays
from s4.core.city import City
from s4.core.errors import CapacityError, InputError
from s4.core.replays import ReplayAlarm, ReplayState
from s4.core.zones import ZoneBook
from s4.detection.video.compare import SAME_S, matched
from tests.detection.video.render import Moment, frames, walk
from tests.support.clips import write_clip

ZONE = {"id": "half", "source": "cam-1", "name": "Half", "outline": [[0.1, 0], [0.9, 0], [0.9, 1], [0.1, 1]]}
CITY = msgspec.convert(
    {
        "city": {
            "id": "bilbao",
            "name": "Bilbao",
            "place": {"lat": 43.26, "lon": -2.93},
            "stages": {"video": {"behaviours": ["zone_intrusion"], "cameras": {"cam-1": {"zone_dwell_s": 0.5}}}},
        },
        "site": [{"id": "square", "name": "Square", "place": {"lat": 43.26, "lon": -2.93}}],
        "source": [{"id": "cam-1", "site": "square", "door": "camera", "options": {"url": "own.avi"}}],
        "zone": [ZONE],
    },
    City,
)


def passing(at: float) -> Moment:
    return Moment(walk(at, 1.5, 7.0, (-20.0, 340.0), 200.0))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "walk.avi"
    return write_clip(path, (one.image for one in frames(passing, 8.0, fps=5.0)), rate=5, codec="mjpeg").read_bytes()


@pytest.fixture
def replays(tmp_path: Path, clip: bytes) -> Replays:
    (tmp_path / "own.avi").write_bytes(clip)
    kept = tmp_path / "recordings" / "cam-1"
    kept.mkdir(parents=True)
    (kept / "yesterday.avi").write_bytes(clip)
    (kept / "broken.mp4").write_bytes(b"no video" * 99)
    (kept / "notes.txt").write_text("nothing to see")
    return Replays(CITY, ZoneBook(CITY), tmp_path, tmp_path / "recordings")


async def over(replays: Replays, state: ReplayState) -> ReplayState:
    async with asyncio.timeout(90):
        while state.state in {"waiting", "running"}:
            await asyncio.sleep(0.05)
            state = replays.state(state.id) or state
    return state


async def run(replays: Replays, name: str, changes: Mapping[str, float]) -> ReplayState:
    return await over(replays, await replays.start("cam-1", name, changes))


def test_recordings_and_numbers_are_offered(replays: Replays) -> None:
    offer = replays.offer("cam-1")
    assert offer.recordings == ["broken.mp4", "own.avi", "yesterday.avi"]
    found = {one.name: one for one in offer.settings}
    assert (found["zone_dwell_s"].value, found["zone_dwell_s"].least, found["zone_dwell_s"].most) == (0.5, 0, 3600)
    assert found["width_px"].whole
    assert "behaviours" not in found


async def test_what_other_settings_would_have_raised_stands_beside_what_the_present_ones_raise(
    replays: Replays,
) -> None:
    done = await run(replays, "yesterday.avi", {"zone_dwell_s": 60.0})
    assert (done.state, done.detail) == ("done", "")
    assert done.done_s == pytest.approx(7.8, abs=0.3)
    assert [(one.kind, one.raised) for one in done.alarms] == [("zone_intrusion", "now")]
    assert 1.5 <= done.alarms[0].began <= 6.0
    same = await run(replays, "own.avi", {"zone_dwell_s": 0.6})
    assert [one.raised for one in same.alarms] == ["both"]


async def test_a_file_that_is_no_video_fails_with_the_reason(replays: Replays) -> None:
    failed = await run(replays, "broken.mp4", {"zone_dwell_s": 1.0})
    assert failed.state == "failed"
    assert "cannot be opened" in failed.detail


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("../own.avi", {"zone_dwell_s": 1.0}), ("notes.txt", {"zone_dwell_s": 1.0}),
        ("own.avi", {"behaviours": 1.0}), ("own.avi", {"zone_dwell_s": -1.0}),
    ],
)  # fmt: skip
async def test_what_cannot_be_run_is_refused_before_it_begins(
    replays: Replays, name: str, changes: dict[str, float]
) -> None:
    with pytest.raises(InputError):
        await replays.start("cam-1", name, changes)


async def test_a_run_is_ended_at_once_and_only_a_few_wait(replays: Replays) -> None:
    states = [await replays.start("cam-1", "own.avi", {"zone_dwell_s": 1.0 + n}) for n in range(MOST_WAITING)]
    with pytest.raises(CapacityError):
        await replays.start("cam-1", "own.avi", {"zone_dwell_s": 1.0})
    async with asyncio.timeout(30):
        for state in states:
            ended = await replays.cancel(state.id)
            assert ended is not None
            assert ended.state == "cancelled"
    assert await replays.cancel("rep-unknown") is None
    assert (await run(replays, "own.avi", {"zone_dwell_s": 0.5})).state == "done"


alarms = st.lists(
    st.builds(
        lambda kind, began, lasted: ReplayAlarm(kind, kind, began, began + lasted, 0.5, "", "now"),
        st.sampled_from(["loitering", "fall"]), st.floats(0, 60), st.floats(0, 9),
    ),
    max_size=6,
)  # fmt: skip


@given(alarms, alarms)
@settings(max_examples=60)
def test_every_alarm_of_either_is_told_once(now: list[ReplayAlarm], changed: list[ReplayAlarm]) -> None:
    found = matched(now, changed)
    both = sum(one.raised == "both" for one in found)
    assert sum(one.raised == "now" for one in found) == len(now) - both
    assert sum(one.raised == "changed" for one in found) == len(changed) - both
    for one in found:
        if one.raised == "now":
            near = [other for other in found if other.raised == "changed" and other.kind == one.kind]
            assert all(abs(other.began - one.began) > SAME_S for other in near)
    assert [one.raised for one in matched(now, now)] == ["both"] * len(now)
