"""The shared flow: what moves how fast, and what the camera itself does."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from s4.detection.video.flow import Flows
from s4.detection.video.picture import Image

WIDTH, HEIGHT = 640, 480


def textured(seed: int, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.float32]:
    rough = np.random.default_rng(seed).normal(0, 1, (height, width)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(rough, (0, 0), 4) * 300 + 128, np.float32)


def picture(ground: NDArray[np.float32], thing: NDArray[np.float32], x: int, y: int) -> Image:
    painted = ground.copy()
    painted[y : y + thing.shape[0], x : x + thing.shape[1]] = thing
    return np.repeat(np.clip(painted, 0, 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)


@pytest.mark.parametrize(("dx", "dy"), [(8, 0), (-14, 6), (0, 0)])
def test_speed_is_in_working_pixels_a_second(dx: int, dy: int) -> None:
    ground, thing = textured(1), textured(2, 120, 80)
    flows = Flows()
    assert flows.next(picture(ground, thing, 300, 200), 0.2) is None
    flow = flows.next(picture(ground, thing, 300 + dx, 200 + dy), 0.2)
    assert flow is not None
    motion = flow.motion
    assert motion.step == 2.0
    inside = motion.speed[110:145, 160:180]
    assert np.median(inside[..., 0]) == pytest.approx(5 * dx, abs=6)
    assert np.median(inside[..., 1]) == pytest.approx(5 * dy, abs=6)
    assert np.abs(motion.speed[:60]).max() < 6
    assert motion.changed[110:145, 160:180].any() == bool(dx or dy)
    assert not motion.changed[:60].any()


def test_nothing_is_said_of_pictures_that_are_too_far_apart() -> None:
    ground, thing = textured(1), textured(2, 120, 80)
    flows = Flows()
    flows.next(picture(ground, thing, 300, 200), 0.2)
    assert flows.next(picture(ground, thing, 308, 200), 5.0) is None
    assert flows.next(picture(ground, thing, 316, 200), 0.2) is not None


def test_the_camera_s_own_motion_is_taken_off() -> None:
    wide, thing = textured(3, HEIGHT, WIDTH + 40), textured(4, 120, 80)
    flows = Flows()
    flows.next(picture(wide[:, 20:-20], thing, 300, 200), 0.1)
    flow = flows.next(picture(wide[:, 12:-28], thing, 300, 200), 0.1)  # it turned left by 8 px; the thing went along
    assert flow is not None
    assert flow.motion.camera == pytest.approx((80.0, 0.0), abs=8)
    assert np.abs(np.median(flow.motion.speed[:60], axis=(0, 1))).max() < 4
    assert np.median(flow.motion.speed[110:145, 160:180, 0]) == pytest.approx(-80, abs=12)


def test_another_size_begins_anew_and_masks_follow_the_grid() -> None:
    ground, thing = textured(5), textured(6, 40, 40)
    flows = Flows()
    flows.next(picture(ground, thing, 10, 10), 0.2)
    assert flows.next(picture(ground[:240, :320], thing, 10, 10), 0.2) is None
    flow = flows.next(picture(ground[:240, :320], thing, 12, 10), 0.2)
    assert flow is not None
    mask = np.zeros((240, 320), np.bool_)
    assert flow.small(mask) is mask
    flows.next(picture(ground, thing, 10, 10), 0.2)
    half = flows.next(picture(ground, thing, 10, 10), 0.2)
    assert half is not None
    wide = np.zeros((480, 640), np.bool_)
    wide[100:200, 300:400] = True
    assert half.small(wide).sum() == 50 * 50
