"""How people hold themselves as they walk, run, sit, fall, lie, fight: postures as functions of time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from s4.exercise.training.body import Posture

QUARTER: Final = math.pi / 2


class Moment(NamedTuple):
    """When a posture is asked for. `since_s`: since it was taken; `stride`: phase of the gait, rad; `speed`: m/s;
    `habit`: 0–1, in which people differ.
    """

    since_s: float
    stride: float
    speed: float
    habit: float


Holding = Callable[[Moment], Posture]


def gait(at: Moment) -> Posture:
    """Standing, walking or running, by the speed."""
    swing = math.sin(at.stride)
    pace = min(at.speed / 1.4, 1.0)
    runs = min(max(at.speed - 2.0, 0.0) / 2.0, 1.0)
    reach = (0.44 + 0.26 * runs) * pace
    lift_l, lift_r = max(0.0, math.cos(at.stride)), max(0.0, -math.cos(at.stride))
    still = 1.0 - pace
    return Posture(
        pitch=0.12 * runs, bend=0.05 + 0.10 * runs, sway=still * 0.04 * math.sin(0.25 * at.stride + 6 * at.habit),
        hip_l=reach * swing + 0.1 * runs, hip_r=-reach * swing + 0.1 * runs,
        knee_l=pace * (0.15 + (0.5 + 0.9 * runs) * lift_l), knee_r=pace * (0.15 + (0.5 + 0.9 * runs) * lift_r),
        arm_l=-0.8 * reach * swing, arm_r=0.8 * reach * swing, open_l=0.1 + 0.1 * at.habit, open_r=0.1 + 0.1 * at.habit,
        elbow_l=0.2 + 1.1 * runs + still * 0.9 * at.habit, elbow_r=0.2 + 1.1 * runs,
    )  # fmt: skip


def stoop(at: Moment) -> Posture:
    """Bends down to the ground and comes up again, in 2 s."""
    deep = math.sin(math.pi * min(at.since_s / 2.0, 1.0))
    return Posture(bend=1.5 * deep, hip_l=0.5 * deep, hip_r=0.5 * deep, knee_l=0.9 * deep, knee_r=0.9 * deep,
                   arm_r=0.5 * deep, elbow_r=0.1)  # fmt: skip


def crouch(at: Moment) -> Posture:
    """Goes down on the heels, in a second, and stays."""
    deep = _eased(at.since_s / 1.0)
    return Posture(bend=0.5 * deep, hip_l=2.0 * deep, hip_r=1.7 * deep, knee_l=2.3 * deep, knee_r=2.3 * deep,
                   arm_l=0.8 * deep, arm_r=0.9 * deep, elbow_l=0.4, elbow_r=0.4)  # fmt: skip


def sit(at: Moment) -> Posture:
    """Sits down as on a chair, in 1.5 s, and stays."""
    deep = _eased(at.since_s / 1.5)
    lean = 0.5 * math.sin(math.pi * min(at.since_s / 1.5, 1.0))
    return Posture(bend=lean, hip_l=1.5 * deep, hip_r=1.45 * deep, knee_l=1.5 * deep, knee_r=1.5 * deep,
                   arm_l=0.5 * deep, arm_r=0.5 * deep, elbow_l=0.5, elbow_r=0.5)  # fmt: skip


def lie_down(at: Moment) -> Posture:
    """Sits down on the ground and lies back, slowly: 5 s."""
    down, back = _eased(at.since_s / 2.5), _eased((at.since_s - 2.5) / 2.5)
    fold = down * (1.0 - back)
    return Posture(pitch=-QUARTER * back, bend=0.6 * fold, hip_l=1.9 * fold, hip_r=1.8 * fold,
                   knee_l=2.0 * fold, knee_r=2.0 * fold, arm_l=0.4 * fold, arm_r=0.3 * fold)  # fmt: skip


def _topple(at: Moment, pitch: float, roll: float) -> Posture:
    """Falls over like a tree whose knees give, ever faster (0.9 s), then lies, hardly moving."""
    share = min(at.since_s / 0.9, 1.0) ** 2
    knees = 0.9 * math.sin(math.pi * min(at.since_s / 0.9, 1.0)) + 0.5 * at.habit * share
    brace = 1.6 * math.sin(math.pi * min(at.since_s / 1.1, 1.0)) + 0.8 * share
    stir = 0.04 * math.sin(1.7 * at.since_s)
    return Posture(pitch=pitch * share, roll=roll * share, hip_l=0.5 * knees, hip_r=0.3 * knees, knee_l=knees,
                   knee_r=0.8 * knees, arm_l=brace + stir, arm_r=0.7 * brace, open_l=0.3, open_r=0.5)  # fmt: skip


def fall_forward(at: Moment) -> Posture:
    """Falls on the face."""
    return _topple(at, QUARTER, 0.0)


def fall_backward(at: Moment) -> Posture:
    """Falls on the back."""
    return _topple(at, -QUARTER, 0.0)


def fall_sideways(at: Moment) -> Posture:
    """Falls on a side."""
    return _topple(at, 0.0, QUARTER if at.habit > 0.5 else -QUARTER)


def collapse(at: Moment) -> Posture:
    """Sinks into the knees (0.8 s) and tips over (0.7 s)."""
    sink, tip = min(at.since_s / 0.8, 1.0) ** 2, min(max(at.since_s - 0.6, 0.0) / 0.7, 1.0) ** 2
    side = 1.0 if at.habit > 0.5 else -1.0
    return Posture(roll=side * QUARTER * tip, bend=0.7 * sink, hip_l=1.6 * sink, hip_r=1.4 * sink, knee_l=2.1 * sink,
                   knee_r=1.9 * sink, arm_l=0.3 * sink, arm_r=0.5 * sink)  # fmt: skip


def brawl(at: Moment) -> Posture:
    """Punches, kicks, wrestles, dodges, about twice a second."""
    t = at.since_s * (1.7 + 0.8 * at.habit) * 2 * math.pi + 7 * at.habit
    left, right = max(0.0, math.sin(t)) ** 2, max(0.0, math.sin(t + 2.4)) ** 2
    kick = max(0.0, math.sin(0.37 * t)) ** 6
    return Posture(
        bend=0.35 + 0.35 * math.sin(0.61 * t), sway=0.35 * math.sin(0.83 * t), pitch=0.15 * math.sin(0.5 * t),
        hip_l=0.3 + 0.2 * math.sin(0.7 * t), hip_r=-0.2 + 1.2 * kick, knee_l=0.5, knee_r=0.4 * (1 - kick),
        arm_l=0.8 + 0.9 * left, arm_r=0.8 + 0.9 * right, elbow_l=1.9 * (1 - left), elbow_r=1.9 * (1 - right),
        open_l=0.3 + 0.4 * right, open_r=0.3 + 0.4 * left,
    )  # fmt: skip


def embrace(at: Moment) -> Posture:
    """Holds somebody in the arms, and hardly moves."""
    rock = 0.04 * math.sin(1.5 * at.since_s)
    arms = 1.25 * _eased(at.since_s / 0.8)
    return Posture(bend=0.12, sway=rock, arm_l=arms, arm_r=0.9 * arms, elbow_l=0.4, elbow_r=0.5, open_l=0.0, open_r=0.0)


def wave(at: Moment) -> Posture:
    """Waves to somebody with one arm."""
    return Posture(arm_r=2.6, elbow_r=0.3 + 0.5 * math.sin(9.0 * at.since_s), open_r=0.4, sway=0.03)


def reach(at: Moment) -> Posture:
    """Holds one arm out to somebody."""
    return Posture(bend=0.15, arm_r=1.1 * math.sin(math.pi * min(at.since_s / 1.6, 1.0)), elbow_r=0.2)


HOLDINGS: Final[dict[str, Holding]] = {
    "gait": gait, "stoop": stoop, "crouch": crouch, "sit": sit, "lie_down": lie_down, "fall_forward": fall_forward,
    "fall_backward": fall_backward, "fall_sideways": fall_sideways, "collapse": collapse, "brawl": brawl,
    "embrace": embrace, "wave": wave, "reach": reach,
}  # fmt: skip


def _eased(share: float) -> float:
    """0 to 1, softly."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)
