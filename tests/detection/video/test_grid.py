"""The ground drawn as a grid: each line lies where its metres are, whatever the ground is known by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.model import Place
from s4.detection.video.grid import MOST_LINES, SPACINGS, fitted, ground_grid, moved
from s4.detection.video.picture import View
from s4.detection.video.settings import Settings
from s4.detection.video.whereabouts import Whereabouts

VIEW = View.of(640, 480, widest=640, pixel_aspect=1.0)
FRONT = ((0.02, 0.95, 43.2600, -2.9302), (0.98, 0.95, 43.2600, -2.93008))


def whereabouts(narrow: float, top: float, deep_m: float) -> Whereabouts:
    """Four points of a square that goes away from the camera."""
    lat = 43.26 + deep_m / 111_000
    back = ((0.5 + narrow, top, lat, -2.93008), (0.5 - narrow, top, lat, -2.9302))
    return Whereabouts(Settings(ground=(*FRONT, *back)), Place(43.26, -2.93))


@given(st.floats(0.1, 0.4), st.floats(0.15, 0.6), st.floats(5, 60))
@settings(max_examples=12)
def test_every_point_of_a_line_is_a_whole_number_of_steps_from_the_middle(
    narrow: float, top: float, deep_m: float
) -> None:
    where = whereabouts(narrow, top, deep_m)
    grid = ground_grid(where, VIEW)
    assert grid.spacing_m in SPACINGS
    assert 0 < len(grid.lines) <= 2 * (MOST_LINES + 1)
    for x1, y1, x2, y2 in grid.lines:
        assert all(0 <= value <= 1 for value in (x1, y1, x2, y2))
        steps = []
        for share in (0.3, 0.5, 0.7):
            spot = where.find(VIEW, ((x1 + share * (x2 - x1)) * 640, (y1 + share * (y2 - y1)) * 480))
            assert spot is not None
            steps.append(np.array(spot.metres) / grid.spacing_m)
        off = np.abs(np.array(steps) - np.round(np.array(steps).mean(axis=0))).max(axis=0)
        assert off.min() < 0.12, (grid.spacing_m, steps)


def test_there_is_no_grid_while_the_ground_is_not_known() -> None:
    assert ground_grid(Whereabouts(Settings(), Place(43.26, -2.93)), VIEW).lines == ()


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=6), st.floats(0.0, 0.3), st.floats(0.0, 0.3))
@settings(max_examples=40)
def test_a_homography_is_found_again_from_its_points(linear: list[float], p: float, q: float) -> None:
    a, b, c, d, e, f = linear
    whole = np.array([[a + 3, b, c], [d, e + 3, f], [p, q, 1.0]])
    points = np.array([[x, y] for x in (0.0, 0.5, 1.0) for y in (0.0, 0.4, 1.0)])
    found = fitted(points, moved(whole, points))
    assert moved(found, points) == pytest.approx(moved(whole, points), abs=1e-6)
