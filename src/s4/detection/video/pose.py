"""How a camera stands: its height over flat ground, its tilt, its focal length; and what follows for people and places.

A pinhole camera that is level from left to right (no roll) and looks at the middle of its picture. Points of the
picture are told in picture heights from the middle: `x` to the right, `y` downwards. On the ground: metres to the right
of the camera's foot, and forward from it. Source: Hartley, Zisserman, Multiple View Geometry (2004), chapter 8.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
GRAZING: Final = 0.01  # rays that fall less than this for each length are taken as never reaching the ground


class Pose(NamedTuple):
    """`height_m` of the camera over the ground; `tilt_rad`: how far it looks below the horizon; `focal`: focal length
    in picture heights.

    >>> pose = Pose(height_m=5.0, tilt_rad=math.radians(45), focal=1.2)
    >>> right, forward = pose.on_ground(0.0, 0.0)
    >>> round(right, 6), round(forward, 6)
    (0.0, 5.0)
    """

    height_m: float
    tilt_rad: float
    focal: float

    @property
    def horizon(self) -> float:
        """The `y` of the horizon, mostly above the picture (below −0.5)."""
        return -self.focal * math.tan(self.tilt_rad)

    def on_ground(self, x: float, y: float) -> tuple[float, float] | None:
        """Where a point of the picture lies on the ground: (right, forward) m; None near and above the horizon."""
        sin, cos = math.sin(self.tilt_rad), math.cos(self.tilt_rad)
        slope = y / self.focal
        fall = sin + slope * cos
        if fall < GRAZING:
            return None
        return self.height_m * x / (self.focal * fall), self.height_m * (cos - slope * sin) / fall

    def in_picture(self, right_m: float, forward_m: float, up_m: float = 0.0) -> tuple[float, float] | None:
        """Where a point over the ground is seen, (x, y); None when it is not in front of the camera."""
        sin, cos = math.sin(self.tilt_rad), math.cos(self.tilt_rad)
        drop = self.height_m - up_m
        depth = forward_m * cos + drop * sin
        if depth < GRAZING:
            return None
        return self.focal * right_m / depth, self.focal * (drop * cos - forward_m * sin) / depth

    def tall(self, y: float, person_m: float) -> float | None:
        """How tall a person whose feet are at `y` is in the picture, in picture heights; None above the horizon, and
        where the camera looks down on the head.
        """
        foot = self.on_ground(0.0, y)
        head = self.in_picture(0.0, foot[1], person_m) if foot else None
        return y - head[1] if head and head[1] < y else None


def heights(pose: Array, feet: Array, person_m: float) -> Array:
    """`Pose.tall` for many: `pose` is (ln height_m, tilt_rad, ln focal), `feet` are `y`[n]. Above the horizon: 0."""
    high, sin, cos, focal = math.exp(pose[0]), math.sin(pose[1]), math.cos(pose[1]), math.exp(pose[2])
    slope = feet / focal
    fall = np.maximum(sin + slope * cos, GRAZING)
    forward, drop = high * (cos - slope * sin) / fall, high - person_m
    depth = np.maximum(forward * cos + drop * sin, GRAZING)
    return np.maximum(feet - focal * (drop * cos - forward * sin) / depth, 0.0)
