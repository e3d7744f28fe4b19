"""Shadows on the ground: sharp and long from the sun, soft from lamps, or none."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from s4.exercise.figures import FINE, Image
from s4.exercise.light import Sun
from s4.exercise.optics import Floats
from s4.exercise.training import body
from s4.exercise.training.place import Place

_LIMBS: Final = (
    (body.HEAD, body.NECK), (body.NECK, body.PELVIS), (body.PELVIS, body.KNEE_L), (body.KNEE_L, body.FOOT_L),
    (body.PELVIS, body.KNEE_R), (body.KNEE_R, body.FOOT_R), (body.SHOULDER_L, body.HAND_L),
    (body.SHOULDER_R, body.HAND_R),
)  # fmt: skip
_SUNNY, _FAINT, _CONTACT = 150, 90, 70


class Shadows:
    """`lamp_lit`: by the nearest lamp instead of the sun. `wanted`: False leaves only the dark below each foot."""

    def __init__(self, place: Place, *, wanted: bool, lamp_lit: bool) -> None:
        self._place, self._wanted, self._lamp_lit = place, wanted, lamp_lit

    def cast(self, image: Image, people: list[Floats], things: list[Floats]) -> None:
        """Darken the ground. `people`: joints; `things`: corners; both float[n, 3] in metres."""
        mask = np.zeros(self._place.scenery.lit.shape, np.uint8)
        for joints in people:
            self._feet(mask, joints)
            if self._wanted:
                self._person(mask, joints)
        for corners in things:
            ground = self._pixels(self._fallen(corners) if self._wanted else corners[:4] * (1, 1, 0))
            if ground is not None:
                hull = cv2.convexHull(ground.astype(np.float32))[:, 0]
                cv2.fillConvexPoly(mask, np.round(hull * 16).astype(np.int32), (self._depth,), cv2.LINE_AA, FINE)
        soft = cv2.blur(mask, (9, 9) if self._lamp_lit else (3, 3))
        shade = cv2.multiply(soft, self._place.scenery.lit, scale=1 / 255)
        factor = cv2.merge([cv2.bitwise_not(shade)] * 3)
        cv2.multiply(image, factor, dst=image, scale=1 / 255)

    @property
    def _depth(self) -> int:
        return _FAINT if self._lamp_lit else _SUNNY

    def _person(self, mask: Image, joints: Floats) -> None:
        ground = self._pixels(self._fallen(joints))
        if ground is None:
            return
        scale = self._scale(joints)
        for a, b in _LIMBS:
            wide = max(1, round((0.28 if b == body.PELVIS else 0.14) * scale))
            start, end = (tuple(np.round(ground[k] * 16).astype(int).tolist()) for k in (a, b))
            cv2.line(mask, start, end, (self._depth,), wide, cv2.LINE_AA, FINE)

    def _feet(self, mask: Image, joints: Floats) -> None:
        ground = self._pixels(joints[[body.FOOT_L, body.FOOT_R, body.PELVIS]] * (1, 1, 0))
        if ground is None:
            return
        x, y = ground.mean(axis=0)
        wide = 0.3 * self._scale(joints)
        axes = round(wide * 16), round(wide * 7)
        cv2.ellipse(mask, (round(x * 16), round(y * 16)), axes, 0, 0, 360, (_CONTACT,), -1, cv2.LINE_AA, FINE)

    def _scale(self, joints: Floats) -> float:
        depth = float(self._place.optics.project(joints[body.PELVIS][None])[0, 2])
        return self._place.optics.focal_px / max(depth, 0.5)

    def _fallen(self, points: Floats) -> Floats:
        """Where the light throws points onto the ground."""
        flat = points.copy()
        flat[:, 2] = 0.0
        if not self._lamp_lit:
            flat[:, :2] += points[:, 2:3] * np.array(_of(self._place.sun))
            return flat
        lamps = self._place.lamps
        lamp = lamps[int(np.argmin(np.hypot(*(lamps[:, :2] - points[:, :2].mean(axis=0)).T)))]
        high = np.minimum(points[:, 2:3], 0.75 * lamp[2])
        flat[:, :2] = lamp[:2] + (points[:, :2] - lamp[:2]) * lamp[2] / (lamp[2] - high)
        return flat

    def _pixels(self, ground: Floats) -> Floats | None:
        pixels = self._place.optics.project(ground)
        if pixels[:, 2].min() < 0.5:
            return None
        return np.asarray(pixels[:, :2].clip(-2000, 4000))


def _of(sun: Sun) -> tuple[float, float]:
    return sun.toward
