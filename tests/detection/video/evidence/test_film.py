"""Films of live cameras are made beside: later when the machine has no time, with fewer pictures, and never lost."""

import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import cv2
import msgspec
import numpy as np
import pytest

from s4.core.clock import NS_PER_S
from s4.core.model import Detection
from s4.detection.video.evidence.film import darkroom
from s4.detection.video.evidence.policy import EvidencePolicy
from s4.detection.video.evidence.recorder import Recorder
from s4.detection.video.watch import VideoWatch
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault, check
from tests.detection.city import context_of
from tests.detection.recordings import START
from tests.detection.video.evidence.movies import read
from tests.detection.video.evidence.test_recorder import ZONE, said, scenes, script
from tests.detection.video.render import frames

POLICY = EvidencePolicy(before_s=4.0, after_s=3.0)
GATE = context_of("cam-1", zones=(ZONE,), evidence={"before_s": 4.0, "after_s": 3.0})


def vault_in(folder: Path) -> EvidenceVault:
    return EvidenceVault(folder / "evidence", SiteKey(folder / "keys"), "bilbao")


@pytest.fixture
def busy() -> Iterator[tuple[Executor, Event]]:
    """A room in which somebody works on something else until the event is set."""
    free = Event()
    with ThreadPoolExecutor(1) as room:
        room.submit(free.wait, 60.0)
        try:
            yield room, free
        finally:
            free.set()


def filmed(recorder: Recorder, seconds: float, *starts: Detection) -> list[Detection]:
    told = []
    for second, frame, scene in scenes(seconds):
        told += recorder.see(frame, scene, [one for one in starts if round((one.time - START) / NS_PER_S, 1) == second])
    return told


def waited(recorder: Recorder, count: int) -> list[Detection]:
    """Until `count` clips are there, though no more frames come."""
    told, deadline = list[Detection](), time.monotonic() + 120
    while sum(one.evidence[0].type == "clip" for one in told) < count:
        assert time.monotonic() < deadline, told
        told += recorder.go_on(START + 3600 * NS_PER_S)
        time.sleep(0.01)
    return told


def test_a_film_that_is_made_beside_shows_the_same(tmp_path: Path) -> None:
    beside = Recorder("cam-1", POLICY, vault_in(tmp_path / "beside"), darkroom())
    told = filmed(beside, 12.0, said(5.0, "a"), said(5.4, "a", "end"))
    told += waited(beside, 1 - sum(one.evidence[0].type == "clip" for one in told))
    within = filmed(Recorder("cam-1", POLICY, vault_in(tmp_path / "within")), 12.0, said(5.0, "a"))
    assert [one.evidence[0].type for one in told] == ["frame", "clip"]
    assert told[1].phase == "end"
    pictures, clips = zip(*([one.evidence[0] for one in some] for some in (told, within)), strict=True)
    assert pictures[0].start == pictures[1].start == START + 5 * NS_PER_S
    assert (clips[0].start, clips[0].end) == (clips[1].start, clips[1].end)
    films = [read(tmp_path / where / "evidence" / clips[0].ref) for where in ("beside", "within")]
    assert [one.second for one in films[0]] == [one.second for one in films[1]]
    kept = check(tmp_path / "beside" / "evidence" / clips[0].ref, SiteKey(tmp_path / "beside" / "keys").public)
    assert kept.evidence == clips[0]


def test_a_machine_without_time_makes_later_films_of_fewer_pictures(
    tmp_path: Path, busy: tuple[Executor, Event]
) -> None:
    room, free = busy
    policy = msgspec.structs.replace(POLICY, after_s=40.0)
    recorder = Recorder("cam-1", policy, vault_in(tmp_path), room)
    assert filmed(recorder, 50.0, said(5.0, "a")) == []
    free.set()
    told = waited(recorder, 1)
    clip = told[-1].evidence[0]
    assert [one.evidence[0].type for one in told] == ["frame", "clip"]
    assert abs((clip.end - START) / NS_PER_S - 45.0) <= 0.5
    seconds = [one.second for one in read(tmp_path / "evidence" / clip.ref)]
    gaps = np.diff(seconds)
    assert gaps[:60].max() < 0.3
    assert 0.3 < gaps[-100:].mean() < 0.5
    assert seconds[-1] >= 43.5


def test_what_starts_meanwhile_has_films_of_its_own_and_no_more_than_a_few_wait(
    tmp_path: Path, busy: tuple[Executor, Event]
) -> None:
    room, free = busy
    policy = EvidencePolicy(before_s=1.0, after_s=1.0)
    recorder = Recorder("cam-1", policy, vault_in(tmp_path), room)
    filmed(recorder, 40.0, *(said(float(second), f"h{second}") for second in range(2, 38, 4)))
    drafts = [path for path in (tmp_path / "evidence").iterdir() if path.suffix == ".mp4"]
    assert len(drafts) == 3
    free.set()
    told = waited(recorder, 3)
    clips = [one for one in told if one.evidence[0].type == "clip"]
    assert [one.happening for one in clips] == ["h2", "h6", "h10"]
    assert all(one.evidence[0].start < START + (2 + 4 * n) * NS_PER_S for n, one in enumerate(clips))


def test_of_a_camera_that_sends_jpeg_its_own_pictures_are_blurred(tmp_path: Path) -> None:
    """Live, through the whole stage; two of its pictures are damaged."""
    context = msgspec.structs.replace(GATE, vault=vault_in(tmp_path))
    stage, found = VideoWatch(context), list[Detection]()
    for frame in frames(script, 16.0):
        jpeg = cv2.imencode(".jpg", frame.image)[1].tobytes()
        jpeg = jpeg[:200] if frame.number in {70, 71} else jpeg
        height, width = frame.image.shape[:2]
        found += stage.step([frame._replace(live=True, size=(width, height), jpeg=jpeg)], frame.time)
    deadline = time.monotonic() + 120
    while not any(one.evidence and one.evidence[0].type == "clip" for one in found):
        assert time.monotonic() < deadline, found
        found += stage.step([], START + 16 * NS_PER_S)
        time.sleep(0.01)
    picture, clip = (one.evidence[0] for one in found if one.evidence)
    shown = read(tmp_path / "evidence" / clip.ref)
    images = [(clip.start + round(one.second * NS_PER_S), one.image) for one in shown]
    images.append((picture.start, np.asarray(cv2.imread(str(tmp_path / "evidence" / picture.ref)), np.uint8)))
    assert len(images) > 60
    assert {round(gap, 1) for gap in np.diff([one.second for one in shown])} == {0.1, 0.3}
    for moment, image in images:
        for person in script((moment - START) / NS_PER_S).people:
            x, y = round(person.x), round(person.y)
            face = image[y - 60 : y - 50, x - 5 : x + 5].astype(int)
            assert np.median(np.abs(face - (120, 150, 190)).max(axis=2)) > 25
