"""A model in a camera: it looks only where something stands out, its people are tracked, its things need a person."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError, InputError
from s4.core.model import Detection, Frame, Severity, kind_of
from s4.detection.video.camera import CameraWatch
from s4.detection.video.finder import BlobFinder, Shown
from s4.detection.video.models.card import ModelCard, card_path, format_card
from s4.detection.video.models.detector import Found
from s4.detection.video.models.finder import ModelFinder, finder_of
from s4.detection.video.models.gaze import Gaze
from s4.detection.video.models.share import shared_model
from s4.detection.video.models.store import Told, describe, open_model
from s4.detection.video.models.windows import together, windows
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, iou
from s4.detection.video.report import report
from s4.detection.video.settings import Settings
from s4.detection.video.watch import VideoWatch
from s4.fusion.associate import Associate
from tests.detection.city import context_of
from tests.detection.recordings import START
from tests.detection.video.models.nets import write_grey_net, write_net
from tests.detection.video.render import HEIGHT, WIDTH, Moment, frames, walk

LABELS = ("person", "knife")
FEW = Settings(behaviours=("recognised",))
PERSON, KNIFE = (40.0, 60.0, 20.0, 40.0), (90.0, 80.0, 8.0, 8.0)  # middle and size in an input of 160 × 120


def write_fixed(path: Path, score: float = 0.8, **changes: object) -> ModelCard:
    """A model that sees a person and a knife at the same places of every picture, and its card."""
    cells = 20 * 15 + 10 * 8 + 5 * 4
    value = np.zeros((1, 6, cells), np.float32)
    value[0, :, 5] = [*PERSON, score, 0.0]
    value[0, :, 9] = [*KNIFE, 0.0, score]
    card = describe(write_net(path, {"output": value}, size=(160, 120)), Told(labels=LABELS))
    card = msgspec.structs.replace(card, kinds={"knife": "weapon"}, **changes)
    card_path(path).write_text(format_card(card))
    return card


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    write_fixed(tmp_path / "fixed.onnx")
    return tmp_path / "fixed.onnx"


def shown(moved: tuple[slice, slice] | None = None, dt_s: float = 0.2) -> Shown:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    if moved:
        mask[moved] = True
    return Shown(np.zeros((HEIGHT, WIDTH, 3), np.uint8), mask, PersonSize(Settings(), HEIGHT), dt_s)


def test_an_empty_square_costs_nothing(fixed: Path) -> None:
    gaze = Gaze(open_model(fixed), across=2)
    first = gaze.see(shown())
    assert gaze.looks == 4
    assert [gaze.see(shown()) for _ in range(40)] == [first] * 40  # 8 s: what was seen is still there
    assert gaze.looks == 4
    for _ in range(11):
        gaze.see(shown())
    assert gaze.looks == 8


def test_only_the_window_is_looked_at_in_which_something_stands_out(fixed: Path) -> None:
    gaze = Gaze(open_model(fixed), across=2)
    gaze.see(shown())
    gaze.see(shown((slice(2, 6), slice(2, 6))))
    assert gaze.looks == 4  # a speck
    gaze.see(shown((slice(2, 12), slice(2, 12))))
    assert gaze.looks == 5
    assert gaze.looked_at(Box(0, 0, 20, 20))
    assert not gaze.looked_at(Box(WIDTH - 20, HEIGHT - 20, 20, 20))
    gaze.forget()
    gaze.see(shown())
    assert gaze.looks == 9


def clip(seconds: float = 4.0) -> Iterator[Frame]:
    """Somebody walks by below; the light is even."""
    return frames(lambda at: Moment(walk(at, 1.0, 5.0, (-20.0, 340.0), 230.0)), seconds, fps=5.0)


def seen(finder: ModelFinder, settings: Settings = FEW) -> tuple[CameraWatch, list[Detection]]:
    camera = CameraWatch("cam-1", "square", settings, (), None, finder)
    return camera, [one for frame in clip() for one in camera.look(frame)]


def test_people_of_the_model_take_the_place_of_blobs(fixed: Path) -> None:
    camera, _ = seen(ModelFinder([open_model(fixed)]))
    assert camera.scene is not None
    (track,) = camera.scene.tracks
    assert iou(track.box, Box(60, 80, 40, 80)) > 0.95
    lines = [line for line in report(clip(), FEW, finder=ModelFinder([open_model(fixed)])) if line["kind"] == "person"]
    assert {line["id"] for line in lines} == {"clip/1"}


def test_a_weak_box_on_a_person_is_no_second_person(tmp_path: Path) -> None:
    cells = 20 * 15 + 10 * 8 + 5 * 4
    value = np.zeros((1, 6, cells), np.float32)
    value[0, :5, 5] = [*PERSON, 0.8]
    value[0, :5, 7] = [40.0, 72.0, 20.0, 16.0, 0.45]  # the legs
    value[0, :5, 8] = [46.0, 62.0, 20.0, 40.0, 0.45]  # a little beside
    value[0, :5, 9] = [100.0, 60.0, 20.0, 40.0, 0.45]  # somebody else, barely seen
    path = write_net(tmp_path / "net.onnx", {"output": value}, size=(160, 120))
    card_path(path).write_text(format_card(describe(path, Told(labels=LABELS))))
    people = ModelFinder([open_model(path)]).find(shown()).people
    assert [(round(one.box.x), one.person) for one in people] == [(60, True), (180, False)]


def test_a_person_who_is_not_sure_begins_no_track(tmp_path: Path) -> None:
    write_fixed(tmp_path / "dim.onnx", score=0.45)
    camera, found = seen(ModelFinder([open_model(tmp_path / "dim.onnx")]))
    assert camera.scene is not None
    assert camera.scene.tracks == []
    assert found == []


def test_a_weapon_needs_a_person_to_confirm_it(fixed: Path) -> None:
    _, found = seen(ModelFinder([open_model(fixed)]))
    weapons = [one for one in found if one.kind == "weapon"]
    assert [one.phase for one in weapons] == ["start"]
    (first,) = weapons
    assert first.attributes["needs_human_confirmation"] is True
    assert first.attributes["severity"] == "Minor"
    assert first.attributes["label"] == "knife"
    assert 0.1 < first.confidence <= 0.5
    assert first.text == "A model sees: knife; a person has to confirm it"
    assert iou(Box(*first.attributes["bbox_px"]), Box(172, 152, 16, 16)) > 0.95  # type: ignore[misc]


def test_a_weapon_by_itself_opens_a_minor_incident_no_likelier_than_before(fixed: Path) -> None:
    _, found = seen(ModelFinder([open_model(fixed)]))
    weapons = [one for one in found if one.kind == "weapon"]
    revisions = Associate(context_of("cam-1")).step(weapons, START + 20 * NS_PER_S)
    assert revisions
    assert {revision.severity for revision in revisions} == {Severity.MINOR}
    assert all(revision.probability <= kind_of("weapon").prior for revision in revisions)


def test_a_thing_in_a_still_place_is_not_seen_again_by_not_looking(fixed: Path) -> None:
    camera = CameraWatch("cam-1", "square", FEW, (), None, ModelFinder([open_model(fixed)]))
    found = [one for frame in frames(lambda _: Moment(), 9.0, fps=5.0) for one in camera.look(frame)]
    assert [one for one in found if one.kind == "weapon"] == []


def test_the_end_of_a_thing_is_said(fixed: Path) -> None:
    camera, found = seen(ModelFinder([open_model(fixed)]))
    (end,) = (one for one in camera.close() if one.kind == "weapon")
    assert end.phase == "end"
    assert end.happening in {one.happening for one in found}


def test_a_model_of_things_only_leaves_people_to_the_blobs(tmp_path: Path) -> None:
    write_fixed(tmp_path / "things.onnx", people=())
    finder = ModelFinder([open_model(tmp_path / "things.onnx")])
    camera = CameraWatch("cam-1", "square", FEW, (), None, finder)
    numbers = set()
    for frame in clip():
        camera.look(frame)
        numbers |= {track.number for track in camera.scene.tracks} if camera.scene else set()
        if camera.scene and camera.scene.tracks:
            assert camera.scene.tracks[0].box.y > 120  # who walks by below, not the model's person
    assert len(numbers) == 1


def test_the_settings_name_the_models(fixed: Path, tmp_path: Path) -> None:
    assert isinstance(finder_of(Settings(), tmp_path), BlobFinder)
    assert isinstance(finder_of(Settings(models=("fixed.onnx",)), tmp_path), ModelFinder)
    with pytest.raises(InputError, match=r"none\.onnx: there is no such model"):
        finder_of(Settings(models=("none.onnx",)), tmp_path)
    face = write_fixed(tmp_path / "face.onnx", people=())
    card_path(tmp_path / "face.onnx").write_text(format_card(msgspec.structs.replace(face, kinds={})))
    with pytest.raises(ConfigError, match="nothing would come of it"):
        finder_of(Settings(models=("face.onnx",)), tmp_path)


def test_the_stage_complains_about_a_model_before_the_first_frame(fixed: Path) -> None:
    context = context_of("cam-1", models=[fixed.name])
    with pytest.raises(InputError, match="there is no such model"):
        VideoWatch(context)
    stage = VideoWatch(msgspec.structs.replace(context, folder=str(fixed.parent)))
    found = [one for frame in clip() for one in stage.step([frame], frame.time)]
    assert {one.kind for one in found} >= {"weapon"}
    assert {one.kind for one in stage.step([], START + 60 * NS_PER_S)} >= {"weapon"}


def test_cameras_share_a_model_until_it_changes(fixed: Path) -> None:
    first = shared_model(fixed)
    assert shared_model(fixed.parent / "." / fixed.name) is first
    card_path(fixed).write_text(format_card(msgspec.structs.replace(first.card, sure=0.61)))
    assert shared_model(fixed).card.sure == 0.61
    write_grey_net(fixed)
    with pytest.raises(InputError, match="is not the file of its card"):
        shared_model(fixed)


@given(width=st.integers(40, 900), height=st.integers(40, 900), across=st.integers(1, 4))
def test_windows_cover_the_picture_and_overlap(width: int, height: int, across: int) -> None:
    cover = np.zeros((height, width), np.int8)
    for x, y, w, h in windows(width, height, across):
        assert (x, y, w, h) == (int(x), int(y), int(w), int(h))
        cover[int(y) : int(y + h), int(x) : int(x + w)] += 1
    assert cover.min() == 1
    assert across == 1 or cover.max() >= 4


PLACES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), max_size=12, unique=True)


@given(places=PLACES, across=st.integers(1, 3), seed=st.integers(0, 99))
def test_each_person_is_found_once_however_the_picture_is_cut(
    places: list[tuple[int, int]], across: int, seed: int
) -> None:
    people = [Box(40 * x + 10, 50 * y + 5, 18, 40) for x, y in places]
    picture = Box(0, 0, 330, 310)
    scores = np.random.default_rng(seed)
    pairs = []
    for window in windows(330, 310, across):
        for one in people:  # as a perfect detector would see them through this window
            left, top = max(one.x, window.x), max(one.y, window.y)
            right, bottom = min(one.x + one.w, window.x + window.w), min(one.y + one.h, window.y + window.h)
            if right - left >= 4 and bottom - top >= 4:
                box = Box(left, top, right - left, bottom - top)
                pairs.append((window, Found("person", float(scores.random()), box)))
    found = together(pairs, picture, 0.6)
    assert sorted(one.box for one in found) == sorted(people)
