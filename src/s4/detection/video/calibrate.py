"""People's heights in the picture → how the camera stands, by least squares: nobody has to survey anything.

Grown people are of nearly one height, so how tall they look where says how high the camera hangs, how far it looks down
and, weakly, its focal length, for which an expectation stands in. Damped Gauss-Newton steps with Huber's weights
(Huber 1964; Levenberg 1944; Marquardt 1963); the covariance is that of the last step.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from s4.detection.video.pose import Array, Pose, heights

PERSON_M: Final = 1.7
SPREAD: Final = 0.08  # of a person's height in the picture, 1 sigma: people differ by 0.05, boxes do the rest
FEWEST: Final = 60
SMALLEST: Final = 1e-3  # picture heights: nobody smaller is seen
LEAST_RANGE: Final = 0.12  # of the picture's height, between the farthest and the nearest feet (5 % to 95 %)
WORST_SCATTER: Final = 0.2
EXPECTED: Final = np.array([math.log(5.0), math.radians(20.0), math.log(1.3)])
LOOSE: Final = np.array([0.8, math.radians(20.0), 0.4])  # 1 sigma of what is expected before anybody was seen
MOST_WORTH: Final = 100.0  # heights come from the same few people again and again: together they are worth no more
HUBER: Final = 1.5
STEPS: Final = 40


class Calibration(NamedTuple):
    """`pose` with the covariance[3, 3] of (ln height_m, tilt_rad, ln focal); `scatter`: how far people's heights lie
    from it, 1 sigma, as a share of them; `people`: how many heights it rests on.
    """

    pose: Pose
    covariance: Array
    scatter: float
    people: int


def calibrate(feet: Array, tall: Array, person_m: float = PERSON_M) -> Calibration | None:
    """How the camera stands, from people whose feet are at `feet`[n] and who look `tall`[n], in picture heights, y
    counted from the middle downwards. None when they are too few, all at one distance, or fit no level camera.
    Cost: about 5 ms for 500 people.

    >>> true = Pose(6.0, math.radians(25), 1.2)
    >>> feet = np.linspace(-0.2, 0.5, 60)
    >>> found = calibrate(feet, np.array([true.tall(y, 1.7) for y in feet]))
    >>> round(found.pose.height_m), round(math.degrees(found.pose.tilt_rad))
    (6, 25)
    """
    if len(feet) < FEWEST or float(np.ptp(np.quantile(feet, (0.05, 0.95)))) < LEAST_RANGE:
        return None
    best, said = EXPECTED.copy(), np.log(tall)
    damping, cost = 1e-2, _cost(best, feet, said, person_m)
    for _ in range(STEPS):
        residual, weight = _residual(best, feet, said, person_m)
        slope = _slope(best, feet, person_m)
        normal = slope.T @ (weight[:, None] * slope) + np.diag(LOOSE**-2)
        pull = slope.T @ (weight * residual) + (EXPECTED - best) / LOOSE**2
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), pull)
        moved = _cost(best + step, feet, said, person_m)
        if moved >= cost:
            damping *= 8
            continue
        best, damping, gained, cost = best + step, damping / 4, cost - moved, moved
        if gained < 1e-6 * cost:
            break
    return _judged(best, normal, feet, tall, person_m)


def _judged(best: Array, normal: Array, feet: Array, tall: Array, person_m: float) -> Calibration | None:
    ratio = heights(best, feet, person_m) / tall - 1.0
    scatter = 1.4826 * float(np.median(np.abs(ratio)))
    if scatter > WORST_SCATTER or abs(best[1]) > math.radians(85) or not np.isfinite(best).all():
        return None
    covariance = np.asarray(np.linalg.inv(normal) * max((scatter / SPREAD) ** 2, 1.0), np.float64)
    return Calibration(Pose(math.exp(best[0]), float(best[1]), math.exp(best[2])), covariance, scatter, len(feet))


def _residual(pose: Array, feet: Array, said: Array, person_m: float) -> tuple[Array, Array]:
    """What was measured less what is thought, logarithms in sigmas, and Huber's weights."""
    residual = (said - _log_heights(pose, feet, person_m)) / SPREAD
    return residual, _worth(len(feet)) * HUBER / np.maximum(np.abs(residual), HUBER)


def _slope(pose: Array, feet: Array, person_m: float) -> Array:
    step = 1e-5
    sides = [
        _log_heights(pose + step * axis, feet, person_m) - _log_heights(pose - step * axis, feet, person_m)
        for axis in np.eye(3)
    ]
    return np.asarray(np.stack(sides, axis=1) / (2 * step * SPREAD), np.float64)


def _cost(pose: Array, feet: Array, said: Array, person_m: float) -> float:
    away = np.abs(_residual(pose, feet, said, person_m)[0])
    huber = np.where(away <= HUBER, away**2, 2 * HUBER * away - HUBER**2)
    return float(_worth(len(feet)) * huber.sum() + (((pose - EXPECTED) / LOOSE) ** 2).sum())


def _log_heights(pose: Array, feet: Array, person_m: float) -> Array:
    return np.asarray(np.log(np.maximum(heights(pose, feet, person_m), SMALLEST)), np.float64)


def _worth(count: int) -> float:
    return min(1.0, MOST_WORTH / count)
