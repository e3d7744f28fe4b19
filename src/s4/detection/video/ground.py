"""Picture → ground: four known points give a homography, and a foot point becomes a place with its uncertainty."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.core.errors import ConfigError
from s4.core.geo import Ellipse, LocalFrame
from s4.core.model.place import Place
from s4.detection.video.settings import TiePoint

FOOT_SPREAD: Final = 0.01  # fraction of the picture: how exactly a foot point is known, 1 sigma
TIE_SPREAD_M: Final = 0.5  # how exactly the four points were surveyed, 1 sigma


class Ground:
    """A plane ground seen by one camera.

    `ties`: four points (x, y, lat, lon), no three on one line. Raises `ConfigError` when they fix no plane.

    >>> ties = ((0, 0, 43.0, -3.0), (1, 0, 43.0, -2.9), (1, 1, 42.9, -2.9), (0, 1, 42.9, -3.0))
    >>> place = Ground(ties).place_of(0.5, 0.5)
    >>> round(place.lat, 3), round(place.lon, 3)
    (42.95, -2.95)
    """

    def __init__(self, ties: tuple[TiePoint, ...]) -> None:
        self._frame = LocalFrame(ties[0][2], ties[0][3])
        self._matrix = _homography(ties, self._frame)

    def place_of(self, x: float, y: float) -> Place | None:
        """The place of a foot point (fractions of the picture); None above the horizon."""
        metres = self.metres_of(x, y)
        if metres is None:
            return None
        lat, lon = self._frame.to_degrees(*metres)
        if not (-90.0 <= lat <= 90.0):
            return None
        return Place(lat, lon, ellipse=self._ellipse(x, y, metres))

    def metres_of(self, x: float, y: float) -> tuple[float, float] | None:
        """The same in metres (east, north) of the first of the four points."""
        east, north, depth = (self._matrix @ np.array([x, y, 1.0])).tolist()
        return (east / depth, north / depth) if depth > 1e-6 else None

    def _ellipse(self, x: float, y: float, metres: tuple[float, float]) -> Ellipse:
        """The foot's spread carried to the ground by the map's slope there, and the survey's own."""
        step = 1e-4
        across, down = self.metres_of(x + step, y), self.metres_of(x, y + step)
        if across is None or down is None:
            return Ellipse(1000.0, 1000.0)
        slope = (np.array([across, down]) - np.array(metres)).T / step
        spread = slope @ slope.T * FOOT_SPREAD**2 + np.eye(2) * TIE_SPREAD_M**2
        return Ellipse.of_covariance(float(spread[0, 0]), float(spread[1, 1]), float(spread[0, 1]))


def _homography(ties: tuple[TiePoint, ...], frame: LocalFrame) -> NDArray[np.float64]:
    """The 3 × 3 map with positive depth at the four points (Hartley, Zisserman 2004, section 4.1)."""
    rows: list[list[float]] = []
    for x, y, lat, lon in ties:
        east, north = frame.to_metres(lat, lon)
        rows.append([x, y, 1, 0, 0, 0, -east * x, -east * y, -east])
        rows.append([0, 0, 0, x, y, 1, -north * x, -north * y, -north])
    _, singular, vectors = np.linalg.svd(np.array(rows))
    if singular[-1] < 1e-9 * singular[0]:
        raise ConfigError("the four points fix no plane: no three may lie on one line", field="ground")
    matrix = vectors[-1].reshape(3, 3)
    depths = [float(matrix[2] @ (x, y, 1.0)) for x, y, _, _ in ties]
    if min(depths) < 0 < max(depths) or abs(np.linalg.det(matrix)) < 1e-12:
        raise ConfigError("the four points fix no plane that a camera could see", field="ground")
    return np.asarray(matrix if min(depths) > 0 else -matrix, np.float64)
