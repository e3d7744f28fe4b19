"""Clips of the training ground: repeatable, with boxes that fit the pixels and times that fit what is shown."""

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from s4.app.commands import exercise
from s4.core.errors import InputError
from s4.exercise.training.acts import ACTS
from s4.exercise.training.clip import Clip, render
from s4.exercise.training.grid import CONDITIONS, jobs, render_all, scenes
from s4.exercise.training.place import place_of
from s4.exercise.training.scene import Scene
from s4.exercise.training.stage import Stage
from s4.exercise.training.tamper import REPEATED, TAMPERS, Tampering
from s4.exercise.training.truth import PictureTruth, Truth, read_truth, write_truth
from s4.sensing.recording import Recording

ROOM = Scene(place="room", height_m=2.6, tilt_deg=25, view_deg=80, people=1, seed=2, fps=5, noise=0)


@pytest.mark.parametrize("name", ACTS)
def test_every_act_tells_what_it_shows_and_when(name: str) -> None:
    act, place = ACTS[name], place_of(msgspec.structs.replace(ROOM, act="walkers"))
    stage = Stage(place, 2, act.seconds, act.calm_s)
    act.play(stage, 3)
    for _ in range(round(act.seconds * 2)):
        stage.step(0.5)
    assert [deed.kind for deed in stage.deeds] == ([act.kind] if act.kind else [])
    for deed in stage.deeds:
        assert deed.start_s >= min(act.calm_s, 6.0)
        assert (deed.end_s or stage.now_s) >= deed.start_s + 1.5, "long enough to be seen"
        assert deed.players


def test_the_same_scene_gives_the_same_clip() -> None:
    scene = msgspec.structs.replace(ROOM, act="fall", seconds=0.8, rain=0.5, shake_px=1.0, noise=3)
    one, two = ([image for image, _ in Clip(scene).pictures()] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    other = [image for image, _ in Clip(msgspec.structs.replace(scene, seed=3)).pictures()]
    assert not np.array_equal(one[-1], other[-1])


def test_boxes_hold_the_pixels_of_people() -> None:
    clip = Clip(msgspec.structs.replace(ROOM, act="daily", people=0, shadows=False, seconds=9, fps=3))
    shown: list[tuple[np.ndarray, PictureTruth]] = list(clip.pictures())
    empty, with_one = shown[0][0], [row for row in shown if row[1].people]
    assert not shown[0][1].people
    assert len(with_one) > 8
    for image, truth in with_one[::3]:
        changed = cv2.absdiff(image, empty).max(axis=2) > 40
        x, y, w, h = truth.people[0].bbox
        inside = changed[max(int(y) - 2, 0) : int(y + h) + 3, max(int(x) - 2, 0) : int(x + w) + 3]
        assert inside.sum() > 0.95 * changed.sum()
        if truth.people[0].seen == 1.0:
            rows, columns = np.nonzero(changed)
            assert rows.min() < y + 0.25 * h
            assert rows.max() > y + 0.7 * h
            assert columns.max() - columns.min() > 0.4 * w


def test_a_light_that_is_switched_goes_out_and_comes_on_again() -> None:
    clip = Clip(msgspec.structs.replace(ROOM, act="empty", light="switched", shadows=False, seconds=64, fps=1))
    brightness = np.array([float(image.mean()) for image, _ in clip.pictures()])
    dark = np.flatnonzero(brightness < 0.6 * np.median(brightness))
    assert 7 <= len(dark) <= 21
    assert np.array_equal(dark, np.arange(dark[0], dark[-1] + 1)), "once, and for a while"
    assert 13 <= dark[0] <= 41
    assert brightness[dark[-1] + 1 :].min() > 0.85 * brightness[: dark[0]].max()


def test_a_bag_is_left_beside_somebody_with_another_one() -> None:
    scene = msgspec.structs.replace(ROOM, act="bag_left_beside", people=0)
    stage = Stage(place_of(scene), 2, 60.0, 8.0)
    ACTS["bag_left_beside"].play(stage, 0)
    for _ in range(240):
        stage.step(0.25)
    (deed,) = stage.deeds
    (left,) = deed.things
    own, friend = stage.things[0], stage.players[0]
    assert left.holder is None
    assert own.holder is None
    assert 1.0 <= np.hypot(*(np.array(left.at) - friend.at)) <= 4.0
    assert np.hypot(*(np.array(own.at) - friend.at)) <= 1.5
    assert np.hypot(*(np.array(left.at) - deed.players[0].at)) > 5.0 or not deed.players[0].here


def test_who_stands_behind_something_is_seen_in_part() -> None:
    clip = Clip(msgspec.structs.replace(ROOM, act="walkers", people=6, seconds=10, fps=1))
    shares = [one.seen for _, truth in clip.pictures() for one in truth.people]
    assert min(shares) < 0.6
    assert max(shares) == 1.0


def complain(error: InputError) -> None:
    raise error


def test_a_file_holds_what_was_filmed(tmp_path: Path) -> None:
    path = tmp_path / "clips" / "a.mp4"
    truth = render(msgspec.structs.replace(ROOM, act="wrong_way", seconds=3, fps=6), path)
    frames = list(Recording([path], trouble=complain).frames())
    assert len(frames) == len(truth.pictures) == 18
    assert frames[6].time == 1_000_000_000
    assert frames[0].image.shape == (360, 640, 3)
    assert read_truth(path.with_suffix(".json")) == truth
    assert 'kind = "wrong_way"' in path.with_suffix(".toml").read_text()


def test_bad_truth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(InputError, match="cannot be read"):
        read_truth(path)
    path.write_text('{"scene": {}, "size": [1, 2], "seconds": "x"}')
    with pytest.raises(InputError, match=r"a\.json: is no truth of a clip: .*seconds"):
        read_truth(path)
    with pytest.raises(InputError, match="cannot be written"):
        write_truth(Truth(ROOM, (1, 1), 0.0, (), ()), tmp_path)


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="there is no act 'dance'"):
        Clip(Scene(act="dance"))
    with pytest.raises(InputError, match="there is no tampering 'kissed'"):
        Clip(Scene(tamper="kissed"))
    with pytest.raises(InputError, match="there is no condition 'hail'"):
        list(scenes(["fall"], ["hail"], 1))


@pytest.mark.parametrize("name", [*TAMPERS, *REPEATED])
def test_every_tampering_changes_the_picture(name: str) -> None:
    rng = np.random.default_rng(1)
    pictures = [rng.integers(60, 180, (90, 160, 3), np.uint8) for _ in range(14)]
    tampering = Tampering(name, 5.0)
    for picture in pictures[:10]:
        tampering.see(picture)
    shown = [tampering.change(picture) for picture in pictures[10:]]
    assert all(not np.array_equal(a, b) for a, b in zip(shown, pictures[10:], strict=True))
    if name == "frozen":
        assert all(np.array_equal(one, pictures[9]) for one in shown)
    if name == "looped":
        assert all(np.array_equal(a, b) for a, b in zip(shown, pictures[:4], strict=True))


def test_a_grid_is_filmed_once(tmp_path: Path) -> None:
    wanted = jobs(tmp_path, list(scenes(["empty"], ["indoors"], 2, ["frozen"], {"seconds": "1", "fps": 2.0})))
    assert [job.path.name for job in wanted] == ["empty.indoors.frozen.1.mp4", "empty.indoors.frozen.2.mp4"]
    assert list(render_all(wanted[:1])) == wanted[:1]
    assert list(render_all(wanted)) == wanted[1:]
    assert all(Scene(**{**fields, "condition": name}) for name, fields in CONDITIONS.items())


def test_the_command_films_and_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["place=room", "seconds=1.04", "width=320"]
    exercise.render(tmp_path / "a.mp4", "empty", 1, given)
    exercise.score(tmp_path, behaviour=["camera_tampered"], as_json=True)
    (clip,) = msgspec.json.decode(capsys.readouterr().out)["clips"]
    assert (clip["kinds"], clip["seconds"]) == ({}, 1.04)
    with pytest.raises(InputError, match="rain"):
        exercise.render(tmp_path / "b.mp4", set_=["rain=much"])
    with pytest.raises(InputError, match="place: is not FIELD=VALUE"):
        exercise.render(tmp_path / "b.mp4", set_=["place"])
    with pytest.raises(InputError, match="holds no clip"):
        exercise.score(tmp_path / "none")


def test_a_narrower_picture_shows_the_same() -> None:
    scene = msgspec.structs.replace(ROOM, act="daily", people=0, seconds=6, fps=2)
    wide, narrow = (list(Clip(msgspec.structs.replace(scene, width=width)).pictures()) for width in (640, 320))
    assert narrow[-1][0].shape == (180, 320, 3)
    reduced = cv2.resize(wide[-1][0], (320, 180), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced.astype(int) - narrow[-1][0]).mean() < 4
    for one, half in zip(wide[-1][1].people, narrow[-1][1].people, strict=True):
        assert np.array(half.bbox) * 2 == pytest.approx(one.bbox, abs=4)
