"""Evidence of what a camera sees: a key picture and a clip in the vault, blurred, at the right times, in bounds."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import msgspec
import numpy as np
import pytest

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import Detection, Frame
from s4.detection.video.camera import CameraWatch
from s4.detection.video.evidence.clip import LONGEST_S
from s4.detection.video.evidence.original import DAY_NS
from s4.detection.video.evidence.policy import EvidencePolicy
from s4.detection.video.evidence.recorder import Recorder
from s4.detection.video.evidence.retention import Retention
from s4.detection.video.evidence.ring import Ring
from s4.detection.video.evidence.shot import Shot
from s4.detection.video.scene import Scene
from s4.detection.video.settings import Settings
from s4.detection.video.watch import VideoWatch
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault, check
from tests.detection.city import context_of
from tests.detection.recordings import START
from tests.detection.video.evidence.movies import read
from tests.detection.video.render import Moment, frames, walk

ZONE = Zone("gate", "cam-1", "Gate", ((0.4, 0.0), (1.0, 0.0), (1.0, 1.0), (0.4, 1.0)))
POLICY = EvidencePolicy(before_s=4.0, after_s=3.0)


@pytest.fixture
def key(tmp_path: Path) -> SiteKey:
    return SiteKey(tmp_path / "keys")


@pytest.fixture
def vault(tmp_path: Path, key: SiteKey) -> EvidenceVault:
    return EvidenceVault(tmp_path / "evidence", key, "bilbao")


def files(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[2] for path in (folder / "evidence").iterdir())


def script(second: float) -> Moment:
    return Moment(walk(second, 3.0, 13.0, (20.0, 300.0), 150.0))


def stage(vault: EvidenceVault | None, **evidence: object) -> VideoWatch:
    given = context_of("cam-1", zones=(ZONE,), evidence={"before_s": 4.0, "after_s": 3.0, **evidence})
    return VideoWatch(msgspec.structs.replace(given, vault=vault))


def watched(stage: VideoWatch, seconds: float = 16.0) -> list[Detection]:
    return [one for frame in frames(script, seconds) for one in stage.step([frame], frame.time)]


class Kept(NamedTuple):
    folder: Path
    key: SiteKey
    vault: EvidenceVault
    found: list[Detection]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The evidence of one walk through the gate."""
    folder = tmp_path_factory.mktemp("kept")
    key = SiteKey(folder / "keys")
    vault = EvidenceVault(folder / "evidence", key, "bilbao")
    return Kept(folder, key, vault, watched(stage(vault)))


def test_of_what_happens_there_is_a_picture_and_a_clip(kept: Kept) -> None:
    found = kept.found
    start = next(one for one in found if one.phase == "start")
    shown = [one for one in found if one.evidence]
    assert [one.evidence[0].type for one in shown] == ["frame", "clip"]
    assert {one.happening for one in shown} == {start.happening}
    assert len({one.id for one in found}) == len(found)
    picture, clip = (one.evidence[0] for one in shown)
    assert picture.start == picture.end == start.time
    assert 1.0 <= (shown[0].time - start.time) / NS_PER_S <= 1.5
    assert abs((start.time - clip.start) / NS_PER_S - 4.0) <= 0.2
    assert abs((clip.end - start.time) / NS_PER_S - 3.0) <= 0.2
    assert (shown[1].time - clip.end) / NS_PER_S <= 2.0
    assert files(kept.folder) == ["jpg", "jpg.proof.json", "mp4", "mp4.proof.json"]
    for one in (picture, clip):
        assert check(kept.folder / "evidence" / one.ref, kept.key.public).evidence == one


def test_nobody_in_it_can_be_told(kept: Kept) -> None:
    found = [one.evidence[0] for one in kept.found if one.evidence]
    picture, clip = (kept.folder / "evidence" / one.ref for one in found)
    images = [(found[1].start + round(one.second * NS_PER_S), one.image) for one in read(clip)]
    images.append((found[0].start, np.asarray(cv2.imread(str(picture)), np.uint8)))
    assert len(images) > 60
    seen = 0
    for time, image in images:
        for person in script((time - START) / NS_PER_S).people:
            x, y = round(person.x), round(person.y)
            face = image[y - 60 : y - 50, x - 5 : x + 5].astype(int)
            assert np.median(np.abs(face - (120, 150, 190)).max(axis=2)) > 25
            seen += 1
    assert seen > 40


def test_without_a_vault_or_where_it_is_not_wanted_there_is_none(tmp_path: Path, vault: EvidenceVault) -> None:
    assert not any(one.evidence for one in watched(stage(None), 9.0))
    assert not any(one.evidence for one in watched(stage(vault, enabled=False), 9.0))
    assert not (tmp_path / "evidence").exists()


def test_a_camera_that_goes_leaves_what_was_begun(tmp_path: Path, vault: EvidenceVault) -> None:
    watch = stage(vault, after_s=30.0)
    found = watched(watch, 12.0)
    assert [one.evidence[0].type for one in found if one.evidence] == ["frame"]
    late = watch.step([], START + 60 * NS_PER_S)
    assert [one.phase for one in late] == ["end", "end"]
    (clip,) = late[1].evidence
    assert 8.0 <= (clip.end - START) / NS_PER_S <= 12.0
    assert len(read(tmp_path / "evidence" / clip.ref)) > 50


def test_a_vault_that_takes_nothing_costs_only_the_evidence(
    tmp_path: Path, vault: EvidenceVault, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "evidence").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        found = watched(stage(vault))
    assert [one.phase for one in found if one.phase != "update"] == ["start", "end"]
    assert not any(one.evidence for one in found)
    assert "no evidence of cam-1" in caplog.text


def said(second: float, happening: str, phase: str = "start") -> Detection:
    whole = Detection("d", "fall", START + round(second * NS_PER_S), "", "cam-1", "x/1", happening, 0.9)
    return msgspec.structs.replace(whole, phase=phase, attributes={"bbox_px": (10.0, 10.0, 10.0, 20.0)})


def scenes(seconds: float) -> Iterator[tuple[float, Frame, Scene | None]]:
    watch = CameraWatch("cam-1", "", Settings(behaviours=("zone_intrusion",)), [], None)
    grey = np.full((48, 64, 3), 120, np.uint8)
    for number in range(round(seconds * 5)):
        frame = Frame("cam-1", "", number, START + number * NS_PER_S // 5, grey)
        watch.look(frame)
        scene = watch.scene if watch.scene is not None and watch.scene.time == frame.time else None
        yield round((frame.time - START) / NS_PER_S, 1), frame, scene


def run(vault: EvidenceVault, policy: EvidencePolicy, seconds: float, *script: Detection) -> list[Detection]:
    recorder, told = Recorder("cam-1", policy, vault), []
    for second, frame, scene in scenes(seconds):
        found = [one for one in script if round((one.time - START) / NS_PER_S, 1) == second]
        told += recorder.see(frame, scene, found)
    return told


def test_what_starts_within_a_clip_is_in_it_and_makes_it_longer(vault: EvidenceVault) -> None:
    told = run(vault, POLICY, 14.0, said(5.0, "a"), said(7.0, "b"), said(7.4, "a", "end"))
    clips = [one for one in told if one.evidence[0].type == "clip"]
    assert [(one.happening, one.phase) for one in clips] == [("a", "end"), ("b", "update")]
    assert clips[0].evidence == clips[1].evidence
    assert abs((clips[0].evidence[0].end - START) / NS_PER_S - 10.0) <= 0.3


def test_what_starts_while_a_clip_is_closed_gets_the_next_one(vault: EvidenceVault) -> None:
    told = run(vault, POLICY, 18.0, said(5.0, "a"), said(8.6, "b"))
    clips = [(one.happening, one.evidence[0]) for one in told if one.evidence[0].type == "clip"]
    assert [name for name, _ in clips] == ["a", "b"]
    assert clips[1][1].start <= START + round(8.6 * NS_PER_S) <= clips[1][1].end


def test_a_clip_has_an_end_and_an_hour_so_many(vault: EvidenceVault) -> None:
    policy = msgspec.structs.replace(POLICY, most_per_hour=1, fps=1.0)
    starts = [said(second, f"h{second}") for second in range(5, 70, 3)]
    told = run(vault, policy, 75.0, *starts)
    (clip,) = {one.evidence[0] for one in told if one.evidence[0].type == "clip"}
    assert (clip.end - clip.start) / NS_PER_S <= POLICY.before_s + LONGEST_S + 1.0
    assert len(told) >= 2


def test_what_is_too_old_is_deleted_though_nothing_happens(tmp_path: Path, vault: EvidenceVault) -> None:
    """Also of a camera that is none any more."""
    run(vault, POLICY, 8.0, said(2.0, "a"))
    assert len(files(tmp_path)) == 4
    watch = VideoWatch(msgspec.structs.replace(context_of("cam-2", evidence={"keep_days": 30}), vault=vault))
    for days, left in ((29, 4), (31, 0)):
        assert watch.step([], START + days * DAY_NS) == []
        assert len(files(tmp_path)) == left


def test_the_vault_is_looked_through_once_an_hour_and_when_the_clock_was_set_back(
    tmp_path: Path, vault: EvidenceVault
) -> None:
    run(vault, POLICY, 8.0, said(2.0, "a"))
    short = msgspec.structs.replace(POLICY, keep_days=1.0)
    retention = Retention(vault, {"cam-1": short}, POLICY)
    for hours, left in ((23.5, 4), (24.4, 4), (24.6, 0)):
        retention.tidy(START + round(hours * 3600 * NS_PER_S))
        assert len(files(tmp_path)) == left
    run(vault, POLICY, 8.0, said(2.0, "b"))
    retention.tidy(START + 2 * DAY_NS)
    assert files(tmp_path) == []
    run(vault, POLICY, 8.0, said(2.0, "c"))
    retention.tidy(START + 2 * DAY_NS - NS_PER_S)
    assert files(tmp_path) == []


def test_the_ring_is_bounded_in_time_and_bytes() -> None:
    ring = Ring(10.0, most_bytes=1000)
    for number in range(100):
        ring.add(Shot(number * NS_PER_S, bytes(20), ()))
    assert [shot.time // NS_PER_S for shot in ring.shots()] == list(range(89, 100))
    ring.add(Shot(100 * NS_PER_S, bytes(900), ()))
    assert ring.size <= 1000
    ring.add(Shot(50 * NS_PER_S, bytes(10), ()))
    assert [shot.time // NS_PER_S for shot in ring.shots()] == [50]
    assert ring.size == 10


def test_settings_are_checked() -> None:
    with pytest.raises(InputError, match="keep_days"):
        stage(None, keep_days=0)
