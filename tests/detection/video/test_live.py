"""A camera that is looked at: nobody in its pictures can be seen, nothing is made while nobody looks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.live import LiveBoard, Look, Wish
from s4.core.model import Command, Detection, Frame
from s4.core.model.command import ZONE_PUT
from s4.core.ports import Context
from s4.core.zones import ZoneBook
from s4.detection.video.picture import Image
from s4.detection.video.watch import VideoWatch
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault
from tests.detection.city import context_of
from tests.detection.video.render import HEIGHT, TALL, WIDTH, Moment, frames, walk

Y = 180.0


def passing(at: float) -> Moment:
    return Moment(walk(at, 2.0, 10.0, (-20.0, 340.0), Y))


CLIP = tuple(frames(passing, 12.0, fps=5.0))
HALF = Zone("half", "cam-1", "Half", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))


class Stand:
    """A stage with a vault, a board that somebody looks at, and the zones that people draw."""

    def __init__(self, folder: Path, options: dict[str, Any] | None = None) -> None:
        plain = context_of("cam-1", **(options or {"behaviours": ["zone_intrusion"]}))
        self.board, self.zones = LiveBoard(), ZoneBook(plain.city)
        vault = EvidenceVault(folder / "evidence", SiteKey(folder / "keys"), "town")
        context: Context = msgspec.structs.replace(plain, vault=vault, board=self.board, zones=self.zones)
        self.stage = VideoWatch(context)
        self.looks: list[Look] = []
        self.board.on_look = self.looks.append

    def watch(self, clip: Sequence[Frame], wish: Wish | None = None) -> list[Detection]:
        found: list[Detection] = []
        for frame in clip:
            if wish is not None:
                self.board.ask("cam-1", wish)
            found += self.stage.step([frame], frame.time)
        return found


def picture(look: Look) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(look.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_nothing_is_made_while_nobody_looks(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.watch(CLIP)
    assert stand.looks == []
    (state,) = stand.board.states()
    assert (state.camera, state.shows) == ("cam-1", True)
    assert state.people is not None


def test_whoever_walks_by_is_never_seen_in_a_live_picture(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.watch(CLIP, Wish(WIDTH, 5.0))
    assert len(stand.looks) > len(CLIP) * 0.7
    by_time = {frame.time: frame for frame in CLIP}
    shown = 0
    for look in stand.looks:
        second = (look.time - CLIP[0].time) / NS_PER_S
        for person in passing(second).people:
            if 20 <= person.x <= WIDTH - 20:
                shown += 1
                head = np.s_[round(Y) - TALL : round(Y) - TALL + 10, round(person.x) - 5 : round(person.x) + 5]
                raw, seen = by_time[look.time].image[head].astype(float), picture(look)[head].astype(float)
                assert np.abs(raw.mean(axis=(0, 1)) - seen.mean(axis=(0, 1))).max() > 15, second
    assert shown > 20


def test_a_picture_comes_a_second_late_and_as_wide_and_often_as_wished(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    lags: list[int] = []
    for frame in CLIP:
        before = len(stand.looks)
        stand.watch([frame], Wish(160, 2.5))
        lags += [frame.time - look.time for look in stand.looks[before:]]
    assert {(look.width, look.height) for look in stand.looks} == {(160, 160 * HEIGHT // WIDTH)}
    assert 0.4 * len(CLIP) < len(stand.looks) < 0.6 * len(CLIP)
    assert all(0.95 * NS_PER_S <= lag <= 1.5 * NS_PER_S for lag in lags)
    marks = [mark for look in stand.looks for mark in look.marks]
    assert any(not mark.alarm for mark in marks)
    assert all(0 <= mark.box[2] <= 1 for mark in marks)


def test_a_camera_of_which_no_evidence_is_made_shows_nothing_and_says_why(tmp_path: Path) -> None:
    stand = Stand(tmp_path, {"behaviours": ["zone_intrusion"], "evidence": {"enabled": False}})
    stand.watch(CLIP[:20], Wish())
    assert stand.looks == []
    (state,) = stand.board.states()
    assert (state.shows, state.why_not) == (False, "no evidence is made of it, so nobody is covered in its pictures")


@pytest.mark.parametrize("drawn_at", [5, 25])
def test_a_zone_that_is_drawn_holds_from_the_next_picture(tmp_path: Path, drawn_at: int) -> None:
    stand = Stand(tmp_path)
    before = stand.watch(CLIP[:drawn_at])
    said = {"definition": msgspec.json.encode(HALF).decode()}
    stand.zones.take([Command("com-1", 0, 1, "square", ZONE_PUT, "half", "approved", "bea", parameters=said)])
    after = stand.watch(CLIP[drawn_at:])
    assert before == []
    assert [one.kind for one in after if one.phase == "start"] == ["zone_intrusion"]


def test_what_goes_on_ends_when_its_zone_is_taken_away(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    put = {"definition": msgspec.json.encode(HALF).decode()}
    stand.zones.take([Command("com-1", 0, 1, "square", ZONE_PUT, "half", "approved", "bea", parameters=put)])
    began = [one for one in stand.watch(CLIP[:28]) if one.kind == "zone_intrusion"]
    assert began[0].phase == "start"
    assert began[-1].phase != "end"
    stand.zones.take([Command("com-2", 0, 2, "square", "zone.remove", "half", "approved", "bea")])
    (ended, *_) = stand.watch(CLIP[28:29])
    assert (ended.phase, ended.happening) == ("end", began[0].happening)
    assert [one for one in stand.watch(CLIP[29:]) if one.phase == "start"] == []


def test_the_box_of_an_alarm_goes_along_with_who_does_it(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    whole = msgspec.structs.replace(HALF, outline=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    said = {"definition": msgspec.json.encode(whole).decode()}
    stand.zones.take([Command("com-1", 0, 1, "square", ZONE_PUT, "half", "approved", "bea", parameters=said)])
    stand.watch(CLIP, Wish())
    both = 0
    for look in stand.looks:
        people = [mark for mark in look.marks if not mark.alarm]
        alarms = [mark for mark in look.marks if mark.alarm]
        if len(people) == len(alarms) == 1:
            both += 1
            assert alarms[0].box == people[0].box
    assert both > 15
