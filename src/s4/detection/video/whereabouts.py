"""Where on the ground a point of the picture lies: by four surveyed points, or by how the camera was found to stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from s4.core.geo import Ellipse, LocalFrame
from s4.core.model import Place
from s4.detection.video.calibrate import Calibration
from s4.detection.video.ground import FOOT_SPREAD, Ground
from s4.detection.video.picture import View
from s4.detection.video.pose import Array, Pose
from s4.detection.video.settings import Settings
from s4.detection.video.statures import Statures
from s4.detection.video.track import Track

HEADING_SPREAD: Final = math.radians(3.0)  # how exactly somebody reads a camera's direction off a map, 1 sigma
CAMERA_SPREAD_M: Final = 2.0  # how exactly its place is known when nobody says, 1 sigma
FARTHEST_M: Final = 300.0
LEAST_SURE: Final = 0.35  # 1 sigma of the logarithm of the camera's height above which no metres are told


class Spot(NamedTuple):
    """`place`: WGS 84, None where only the camera's own is known; `metres`: on the ground; `frame`: which way they go,
    `east_north_m` from the first of the four points, or `right_forward_m` from the camera's foot.
    """

    place: Place | None
    metres: tuple[float, float]
    frame: str


class Whereabouts:
    """`place`: where the camera stands. Raises `ConfigError` when the four points of the settings fix no plane."""

    def __init__(self, settings: Settings, place: Place | None) -> None:
        self._ground = Ground(settings.ground) if settings.ground else None
        self._heading, self._camera = settings.heading_deg, place
        self._statures = Statures()

    @property
    def calibration(self) -> Calibration | None:
        """How the camera stands, as far as people's heights say it; None while they do not."""
        found = self._statures.calibration
        return found if found and found.covariance[0, 0] ** 0.5 < LEAST_SURE else None

    @property
    def known(self) -> bool:
        """Whether metres can be told."""
        return self._ground is not None or self.calibration is not None

    def learn(self, tracks: Sequence[Track], view: View) -> None:
        """See how tall people are here; nothing to do with four points."""
        if self._ground is None:
            self._statures.learn(tracks, view)

    def find(self, view: View, foot: tuple[float, float]) -> Spot | None:
        """The spot on the ground of a working point; None above the horizon and while the ground is not known."""
        across, down = view.fraction(*foot)
        if self._ground is not None:
            metres, place = self._ground.metres_of(across, down), self._ground.place_of(across, down)
            return Spot(place, _rounded(metres), "east_north_m") if metres and place else None
        if (found := self.calibration) is None:
            return None
        point = (across - 0.5) * view.width / view.height, down - 0.5
        metres = found.pose.on_ground(*point)
        if metres is None or math.hypot(*metres) > FARTHEST_M:
            return None
        return Spot(self._place(found, point, metres), _rounded(metres), "right_forward_m")

    def _place(self, found: Calibration, point: tuple[float, float], metres: tuple[float, float]) -> Place | None:
        if self._camera is None or self._heading is None:
            return None
        sin, cos = math.sin(math.radians(self._heading)), math.cos(math.radians(self._heading))
        turn = np.array([[cos, sin], [-sin, cos]])  # (right, forward) → (east, north)
        east, north = (turn @ metres).tolist()
        spread = turn @ _spread(found, point, metres) @ turn.T + self._of_camera()
        lat, lon = LocalFrame(self._camera.lat, self._camera.lon).to_degrees(east, north)
        ellipse = Ellipse.of_covariance(float(spread[0, 0]), float(spread[1, 1]), float(spread[0, 1]))
        return Place(lat, lon, ellipse=ellipse) if abs(lat) <= 90.0 else None

    def _of_camera(self) -> Array:
        ellipse = self._camera.ellipse if self._camera else None
        if ellipse is None:
            return np.eye(2) * CAMERA_SPREAD_M**2
        east, north, both = ellipse.covariance()
        return np.array([[east, both], [both, north]])


def _rounded(metres: tuple[float, float] | None) -> tuple[float, float]:
    return (round(metres[0], 2), round(metres[1], 2)) if metres else (0.0, 0.0)


def _spread(found: Calibration, point: tuple[float, float], metres: tuple[float, float]) -> Array:
    """Covariance[2, 2] of (right, forward), m²: of the camera as found, of the foot point, of the heading."""
    pose = np.array([math.log(found.pose.height_m), found.pose.tilt_rad, math.log(found.pose.focal)])
    by_pose = np.stack([_moved(pose, axis, point, metres) for axis in np.eye(3)], axis=1)
    foot = np.stack([_shifted(found.pose, point, step, metres) for step in np.eye(2)], axis=1)
    across = np.array([metres[1], -metres[0]]) * HEADING_SPREAD
    spread = by_pose @ found.covariance @ by_pose.T + foot @ foot.T * FOOT_SPREAD**2 + np.outer(across, across)
    return np.asarray(spread, np.float64)


def _moved(pose: Array, axis: Array, point: tuple[float, float], metres: tuple[float, float]) -> Array:
    height, tilt, focal = (pose + 1e-4 * axis).tolist()
    there = Pose(math.exp(height), tilt, math.exp(focal)).on_ground(*point)
    return (np.array(there or metres) - metres) / 1e-4


def _shifted(pose: Pose, point: tuple[float, float], step: Array, metres: tuple[float, float]) -> Array:
    there = pose.on_ground(point[0] + 1e-4 * float(step[0]), point[1] + 1e-4 * float(step[1]))
    return (np.array(there or metres) - metres) / 1e-4
