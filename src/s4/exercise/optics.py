"""A pinhole camera on a mast: where things of the world stand in its picture. No lens distortion.

World: metres east, north, up. Picture: pixels right and down from the upper left corner. Source: the pinhole
model as in Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 6.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.exercise.shapes import Point

WIDTH: Final = 640
HEIGHT: Final = 360

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Optics:
    """`at`: east, north, height above ground (m); `pan_deg` clockwise from north; `tilt_deg` downwards;
    `view_deg`: horizontal angle of view; `scale`: 2.0 gives a picture of twice the size.

    >>> camera = Optics((0.0, 0.0, 8.0), pan_deg=0.0, tilt_deg=15.0)
    >>> u, v, depth = camera.project(np.array([[0.0, 30.0, 0.0]]))[0]
    >>> round(u), round(v), round(depth)
    (320, 179, 31)
    """

    at: tuple[float, float, float]
    pan_deg: float
    tilt_deg: float
    view_deg: float = 68.0
    scale: float = 1.0

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture in pixels."""
        return int(WIDTH * self.scale), int(HEIGHT * self.scale)

    @cached_property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.size[0] / 2 / math.tan(math.radians(self.view_deg) / 2)

    @cached_property
    def axes(self) -> Floats:
        """The picture's right, down and forward, as unit vectors of the world (rows)."""
        p, t = math.radians(self.pan_deg), math.radians(self.tilt_deg)
        right = np.array([math.cos(p), -math.sin(p), 0.0])
        forward = np.array([math.sin(p) * math.cos(t), math.cos(p) * math.cos(t), -math.sin(t)])
        return np.vstack((right, np.cross(forward, right), forward))

    def project(self, points: Floats) -> Floats:
        """World points float[n, 3] → (x px, y px, depth m); a depth ≤ 0 is behind the camera."""
        eye = (points - np.array(self.at)) @ self.axes.T
        width, height = self.size
        z = np.where(np.abs(eye[:, 2]) < 1e-6, 1e-6, eye[:, 2])
        return np.column_stack(
            (width / 2 + self.focal_px * eye[:, 0] / z, height / 2 + self.focal_px * eye[:, 1] / z, z)
        )

    def outline(self, corners: Floats, near_m: float = 0.4) -> Floats:
        """The outline of a flat shape, float[n, 3], in the picture, float[m, 2]; cut off `near_m` before the camera."""
        eye = (corners - np.array(self.at)) @ self.axes.T
        kept: list[Floats] = []
        for p, q in zip(eye, np.roll(eye, -1, axis=0), strict=True):
            if p[2] > near_m:
                kept.append(p)
            if (p[2] > near_m) != (q[2] > near_m):
                kept.append(p + (q - p) * (near_m - p[2]) / (q[2] - p[2]))
        points = np.array(kept).reshape(-1, 3)
        width, height = self.size
        return np.asarray(points[:, :2] / points[:, 2:] * self.focal_px + (width / 2, height / 2))

    def rays(self) -> Floats:
        """For every pixel the direction it looks in, scaled to depth 1: float[height, width, 3]."""
        width, height = self.size
        x = (np.arange(width) + 0.5 - width / 2) / self.focal_px
        y = (np.arange(height) + 0.5 - height / 2) / self.focal_px
        right, down, forward = self.axes
        return np.asarray(forward + x[None, :, None] * right + y[:, None, None] * down)

    def ground(self, x: float, y: float) -> Point | None:
        """The point of the ground that pixel (x, y) shows, or None above the horizon."""
        width, height = self.size
        right, down, forward = self.axes
        ray = forward + (x - width / 2) / self.focal_px * right + (y - height / 2) / self.focal_px * down
        if ray[2] >= -1e-6:
            return None
        t = -self.at[2] / ray[2]
        return float(self.at[0] + t * ray[0]), float(self.at[1] + t * ray[1])

    def turned_to(self, target: Point) -> Optics:
        """The same camera, looking at a point of the ground."""
        east, north = target[0] - self.at[0], target[1] - self.at[1]
        tilt = math.degrees(math.atan2(self.at[2], max(math.hypot(east, north), 1.0)))
        return replace(self, pan_deg=math.degrees(math.atan2(east, north)) % 360.0, tilt_deg=min(tilt, 60.0))

    def scaled(self, scale: float) -> Optics:
        """The same view in a picture `scale` times as large."""
        return replace(self, scale=scale)
