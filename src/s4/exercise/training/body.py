"""The body: joints in metres from the angles of a posture. A stick figure with flesh, for people of any height.

Frame of a person: x forward, y to the left, z up, the origin on the ground between the feet. Proportions of the
height follow Winter, Biomechanics and Motor Control of Human Movement (2009), table 4.1, roughly.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

JOINTS: Final = (
    "pelvis", "neck", "head", "hip_l", "hip_r", "knee_l", "knee_r", "foot_l", "foot_r",
    "shoulder_l", "shoulder_r", "elbow_l", "elbow_r", "hand_l", "hand_r",
)  # fmt: skip
PELVIS, NECK, HEAD, HIP_L, HIP_R, KNEE_L, KNEE_R, FOOT_L, FOOT_R = range(9)
SHOULDER_L, SHOULDER_R, ELBOW_L, ELBOW_R, HAND_L, HAND_R = range(9, 15)
_THIGH, _SHIN, _TORSO, _NECK_TO_HEAD, _UPPER_ARM, _FOREARM = 0.245, 0.265, 0.30, 0.115, 0.175, 0.17
_HIP, _SHOULDER, _SOLE = 0.055, 0.115, 0.03


class Posture(NamedTuple):
    """Angles in radians; all 0: standing, arms down. `pitch`, `roll`: the whole body leans forward, to its left;
    `bend`, `sway`: the trunk over the hips, forward and left; `hip_*`, `arm_*`: forward; `knee_*`, `elbow_*`: closed;
    `open_*`: the arm away from the side; `jump`: metres over the ground.
    """

    pitch: float = 0.0
    roll: float = 0.0
    bend: float = 0.0
    sway: float = 0.0
    hip_l: float = 0.0
    hip_r: float = 0.0
    knee_l: float = 0.0
    knee_r: float = 0.0
    arm_l: float = 0.0
    arm_r: float = 0.0
    open_l: float = 0.12
    open_r: float = 0.12
    elbow_l: float = 0.15
    elbow_r: float = 0.15
    jump: float = 0.0


STANDING: Final = Posture()


def joints(posture: Posture, height_m: float, heading_rad: float) -> Floats:
    """The joints, float[15, 3]: metres east, north and up of the point between the feet. `heading_rad`: anticlockwise
    from east. The lowest part touches the ground. Cost: about 40 µs.

    >>> upright = joints(STANDING, 1.8, 0.0)
    >>> round(float(upright[HEAD, 2]), 2), round(float(upright[FOOT_L, 2]), 2)
    (1.72, 0.05)
    >>> import math
    >>> lying = joints(STANDING._replace(pitch=math.pi / 2), 1.8, 0.0)
    >>> bool(lying[:, 2].max() < 0.6 and lying[HEAD, 0] > 1.4)
    True
    """
    p, at = posture, np.zeros((len(JOINTS), 3))
    spine = np.array([np.sin(p.bend) * np.cos(p.sway), np.sin(p.sway), np.cos(p.bend) * np.cos(p.sway)])
    at[NECK] = _TORSO * spine
    at[HEAD] = at[NECK] + _NECK_TO_HEAD * spine
    for side, hip, knee, foot, swing, bent in (
        (1, HIP_L, KNEE_L, FOOT_L, p.hip_l, p.knee_l),
        (-1, HIP_R, KNEE_R, FOOT_R, p.hip_r, p.knee_r),
    ):
        at[hip, 1] = side * _HIP
        at[knee] = at[hip] + _THIGH * _down(swing)
        at[foot] = at[knee] + _SHIN * _down(swing - bent)
    for side, shoulder, elbow, hand, swing, wide, bent in (
        (1, SHOULDER_L, ELBOW_L, HAND_L, p.arm_l, p.open_l, p.elbow_l),
        (-1, SHOULDER_R, ELBOW_R, HAND_R, p.arm_r, p.open_r, p.elbow_r),
    ):
        at[shoulder] = at[NECK] + (0.0, side * _SHOULDER, -0.03)
        at[elbow] = at[shoulder] + _UPPER_ARM * _down(swing, side * wide)
        at[hand] = at[elbow] + _FOREARM * _down(swing + bent, side * wide * 0.6)
    at = _lean(at, p) * height_m
    at[:, 2] += _SOLE * height_m - at[:, 2].min() + p.jump
    at[:, :2] -= (at[FOOT_L, :2] + at[FOOT_R, :2]) / 2
    c, s = np.cos(heading_rad), np.sin(heading_rad)
    return np.column_stack((c * at[:, 0] - s * at[:, 1], s * at[:, 0] + c * at[:, 1], at[:, 2]))


def _down(forward: float, left: float = 0.0) -> Floats:
    """A limb that hangs down, swung forward and to the left."""
    return np.array([np.sin(forward) * np.cos(left), np.sin(left), -np.cos(forward) * np.cos(left)])


def _lean(at: Floats, p: Posture) -> Floats:
    if not p.pitch and not p.roll:
        return at
    cp, sp, cr, sr = np.cos(p.pitch), np.sin(p.pitch), np.cos(p.roll), np.sin(p.roll)
    x, z = cp * at[:, 0] + sp * at[:, 2], cp * at[:, 2] - sp * at[:, 0]
    return np.column_stack((x, cr * at[:, 1] + sr * z, cr * z - sr * at[:, 1]))


def between(one: Posture, other: Posture, share: float) -> Posture:
    """`share` 0–1 of the way from one posture to the other."""
    return Posture(*(a + share * (b - a) for a, b in zip(one, other, strict=True)))
