"""From people's heights to the camera's pose, and from there to metres and degrees with an honest uncertainty."""

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.core.geo import Ellipse, LocalFrame
from s4.core.model import Place
from s4.detection.video.blobs import Blob
from s4.detection.video.calibrate import PERSON_M, calibrate
from s4.detection.video.camera import CameraWatch
from s4.detection.video.picture import Box, View
from s4.detection.video.pose import Pose, heights
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from s4.detection.video.whereabouts import Whereabouts
from tests.detection.recordings import frames_of
from tests.detection.video.truth import FPS, TRUTH_SIZE, read_feet

poses = st.builds(
    lambda high, tilt, focal: Pose(high, math.radians(tilt), focal),
    st.floats(2.5, 15), st.floats(0, 70), st.floats(0.7, 2.5),
)  # fmt: skip


@given(poses, st.floats(-0.9, 0.9), st.floats(-0.5, 0.5))
def test_the_ground_and_back(pose: Pose, x: float, y: float) -> None:
    spot = pose.on_ground(x, y)
    if spot is None:
        assert y < pose.horizon + 0.05 * (1 + pose.focal**2)
        return
    assert pose.in_picture(*spot) == pytest.approx((x, y), abs=1e-6)
    assert math.hypot(*spot) > 0


@given(poses, st.floats(-0.5, 0.5))
def test_the_many_and_the_one_agree(pose: Pose, y: float) -> None:
    tall = pose.tall(y, PERSON_M)
    assume(tall is not None and pose.on_ground(0, y) is not None)
    packed = np.array([math.log(pose.height_m), pose.tilt_rad, math.log(pose.focal)])
    assert heights(packed, np.array([y]), PERSON_M)[0] == pytest.approx(tall, abs=1e-6)


def crowd(pose: Pose, count: int, seed: int, spread: float = 0.06) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Feet and heights of people of different size, wherever in the picture a whole person can be seen."""
    chance = np.random.default_rng(seed)
    feet, tall = list[float](), list[float]()
    for y in chance.uniform(max(pose.horizon + 0.05, -0.4), 0.5, 20 * count):
        h = pose.tall(float(y), PERSON_M * (1 + spread * chance.standard_normal()))
        tallest = pose.tall(float(y), PERSON_M * 1.25)  # where the tall are cut off, only the small would be left
        if h and tallest and h > 0.04 and y - tallest > -0.5 and len(feet) < count:
            feet.append(float(y))
            tall.append(h)
    return np.array(feet), np.array(tall)


@given(
    st.floats(3, 10), st.floats(8, 40), st.floats(0.9, 1.8), st.integers(0, 1000)
)  # fmt: skip
@settings(max_examples=25)
def test_the_pose_is_found_as_well_as_it_says(high: float, tilt: float, focal: float, seed: int) -> None:
    true = Pose(high, math.radians(tilt), focal)
    feet, tall = crowd(true, 100, seed)
    found = calibrate(feet, tall)
    if found is None:
        assert len(feet) < 60 or np.ptp(np.quantile(feet, (0.05, 0.95))) < 0.12
        return
    off = np.array([math.log(found.pose.height_m / high), found.pose.tilt_rad - math.radians(tilt)])
    sigma = np.sqrt(np.diag(found.covariance))[:2]
    assert (np.abs(off) < 4.5 * sigma + 0.05).all()
    assert found.scatter < 0.12


def test_a_few_things_among_the_people_change_little() -> None:
    true = Pose(5.0, math.radians(20), 1.2)
    feet, tall = crowd(true, 100, 1)
    tall[::10] *= 0.4
    found = calibrate(feet, tall)
    assert found is not None
    assert found.pose.height_m == pytest.approx(5.0, rel=0.15)


def test_what_fits_no_camera_gives_none() -> None:
    chance = np.random.default_rng(5)
    feet = np.linspace(-0.3, 0.5, 100)
    assert calibrate(feet[:50], np.full(50, 0.2)) is None
    assert calibrate(np.full(100, 0.2), np.full(100, 0.2)) is None
    assert calibrate(feet, chance.uniform(0.02, 0.9, 100)) is None


# A survey: the camera of PETS 2009, view 1, and the people that were drawn in its pictures


def surveyed(folder: Path) -> tuple[NDArray[np.float64], float, float, float]:
    """The camera's place (m), its tilt (rad) and focal length (picture heights), by Tsai's model as published."""
    root = ET.parse(folder / "View_001.xml").getroot()
    values: dict[str, float] = {}
    for part in ("Geometry", "Intrinsic", "Extrinsic"):
        found = root.find(part)
        assert found is not None
        values |= {name: float(value) for name, value in found.attrib.items()}
    a, b, c = values["rx"], values["ry"], values["rz"]
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    about_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    turn = about_z @ about_y @ about_x
    place = -turn.T @ np.array([values["tx"], values["ty"], values["tz"]]) / 1000
    return place, -math.asin(turn[2][2]), values["focal"] / values["dpy"] / TRUTH_SIZE[1], values["cy"]


def test_against_a_survey(data_dir: Path) -> None:
    folder = data_dir / "video" / "opentraj" / "pets2009"
    place, tilt, focal, _ = surveyed(folder)
    people = [one for frame in read_feet(folder / "PETS2009-S2L1.xml").values() for one in frame.values()]
    found = calibrate(np.array([one.y - 0.5 for one in people]), np.array([one.h for one in people]))
    assert found is not None
    sigma = np.sqrt(np.diag(found.covariance))
    print(found, place, math.degrees(tilt), focal)
    assert place[2] == pytest.approx(7.07, abs=0.01)
    assert found.pose.height_m == pytest.approx(place[2], rel=0.15)
    assert math.degrees(found.pose.tilt_rad) == pytest.approx(math.degrees(tilt), abs=4.0)
    assert found.pose.focal == pytest.approx(focal, rel=0.2)
    assert abs(math.log(found.pose.height_m / place[2])) < 2 * sigma[0]
    assert found.scatter < 0.08


# In the watch: tracks in, places out

VIEW = View(640, 480, 640, 480)
CAMERA = Place(43.2590, -2.9225, ellipse=Ellipse(2.0, 2.0))


def walkers(pose: Pose, count: int = 100) -> list[Track]:
    """People somewhere in the picture who have walked there."""
    chance, tracks = np.random.default_rng(2), list[Track]()
    feet, tall = crowd(pose, count, 2, spread=0.02)
    for number, (y, h) in enumerate(zip(feet, tall, strict=True)):
        box = Box(float(chance.uniform(60, 500)), (y + 0.5 - h) * 480, 0.4 * h * 480, h * 480)
        track = Track.of(number, Blob(box, 0.7, person=True), 0)
        track.travelled, track.hits, track.upright = 3.0, 10, 10
        tracks.append(track)
    return tracks


POSE = Pose(5.0, math.radians(25), 1.1)


def test_people_who_walk_calibrate_the_ground() -> None:
    where = Whereabouts(Settings(), CAMERA)
    assert where.find(VIEW, (320, 400)) is None
    where.learn(walkers(POSE), VIEW)
    assert where.calibration is not None
    assert where.calibration.pose.height_m == pytest.approx(5.0, rel=0.2)
    spot = where.find(VIEW, (320, 400))
    assert spot is not None
    assert (spot.place, spot.frame) == (None, "right_forward_m")
    true = POSE.on_ground(0.0, 400 / 480 - 0.5)
    assert true is not None
    assert spot.metres == pytest.approx(true, rel=0.2, abs=0.05)
    assert where.find(VIEW, (320, -2000)) is None


@pytest.mark.parametrize("heading", [0.0, 90.0, 215.0])
def test_with_its_direction_a_camera_knows_degrees(heading: float) -> None:
    where = Whereabouts(Settings(heading_deg=heading), CAMERA)
    where.learn(walkers(POSE), VIEW)
    spot = where.find(VIEW, (420, 300))
    assert spot is not None
    assert spot.place is not None
    assert spot.place.ellipse is not None
    right, forward = spot.metres
    east, north = LocalFrame(CAMERA.lat, CAMERA.lon).to_metres(spot.place.lat, spot.place.lon)
    assert math.hypot(east, north) == pytest.approx(math.hypot(right, forward), abs=0.02)
    bearing = math.degrees(math.atan2(east, north) - math.atan2(right, forward)) % 360
    assert bearing == pytest.approx(heading, abs=0.2) or bearing == pytest.approx(heading + 360, abs=0.2)
    assert 1.0 < spot.place.ellipse.semi_minor_m <= spot.place.ellipse.semi_major_m < 10.0
    true = POSE.on_ground(100 / 480, 300 / 480 - 0.5)
    assert true is not None
    assert math.dist(true, spot.metres) < spot.place.ellipse.semi_major_m


def test_things_and_people_cut_off_do_not_count() -> None:
    where = Whereabouts(Settings(), None)
    for track in walkers(POSE):
        track.travelled = 0.0
        where.learn([track], VIEW)
    for track in walkers(POSE):
        track.upright = 5
        where.learn([track], VIEW)
    one = walkers(POSE)[0]
    for step in range(100):  # the same person standing there does not count again and again
        one.seen = step * NS_PER_S
        where.learn([one], VIEW)
    assert where.calibration is None


def test_four_points_go_before_people() -> None:
    ties = ((0.1, 0.3, 43.01, -3.01), (0.9, 0.3, 43.01, -3.0), (0.9, 0.9, 43.0, -3.0), (0.1, 0.9, 43.0, -3.01))
    where = Whereabouts(Settings(ground=ties), CAMERA)
    where.learn(walkers(POSE), VIEW)
    assert where.calibration is None
    spot = where.find(VIEW, (64, 144))
    assert spot is not None
    assert spot.place is not None
    assert spot.frame == "east_north_m"
    assert spot.place.lat == pytest.approx(43.01)
    assert spot.metres == pytest.approx((0.0, 0.0), abs=0.01)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_same_camera_from_its_own_pictures(data_dir: Path) -> None:
    place, tilt, focal, _ = surveyed(data_dir / "video" / "opentraj" / "pets2009")
    watch = CameraWatch("cam-1", "square", Settings(analysed_fps=FPS), (), None)
    for frame in frames_of(data_dir / "video" / "vtest" / "vtest.avi", fps=FPS):
        watch.look(frame)
    found = watch.whereabouts.calibration
    assert found is not None
    print(found)
    assert found.pose.height_m == pytest.approx(place[2], rel=0.2)
    assert math.degrees(found.pose.tilt_rad) == pytest.approx(math.degrees(tilt), abs=5.0)
    assert found.pose.focal == pytest.approx(focal, rel=0.3)
