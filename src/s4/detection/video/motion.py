"""Constant-velocity motion over the picture: a Kalman filter of position and velocity.

Both axes are measured together and equally well, so they share one covariance, of two states, which is small enough to
be written out (Bar-Shalom, Li, Kirubarajan 2001, section 6.3.2, white-noise acceleration).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Axis:
    """`position` (px) and `velocity` (px/s) along one axis."""

    position: float
    velocity: float = 0.0


@dataclass(slots=True)
class Motion:
    """Along `x` and `y`, with the covariance (`pp`, `pv`, `vv`) that each of them has.

    >>> motion = Motion.at((0.0, 0.0), spread=1.0, speed_spread=10.0)
    >>> for step in range(1, 21):
    ...     motion.predict(0.2, acceleration=1.0)
    ...     motion.correct((step * 2.0, step * -1.0), spread=1.0)
    >>> round(motion.x.velocity), round(motion.y.velocity)
    (10, -5)
    """

    x: Axis
    y: Axis
    pp: float
    pv: float
    vv: float

    @classmethod
    def at(cls, place: tuple[float, float], *, spread: float, speed_spread: float) -> Motion:
        """At rest at a place known to `spread` px; the speed is unknown to `speed_spread` px/s (1 sigma)."""
        return cls(Axis(place[0]), Axis(place[1]), spread**2, 0.0, speed_spread**2)

    def predict(self, dt_s: float, *, acceleration: float) -> None:
        """Move on by `dt_s`, unsure of the acceleration by `acceleration` px/s² (1 sigma)."""
        x, y = self.x, self.y
        x.position += x.velocity * dt_s
        y.position += y.velocity * dt_s
        faster = acceleration * dt_s
        farther = faster * dt_s / 2
        self.pp += dt_s * (2 * self.pv + dt_s * self.vv) + farther * farther
        self.pv += dt_s * self.vv + farther * faster
        self.vv += faster * faster

    def correct(self, measured: tuple[float, float], *, spread: float) -> None:
        """Take in a measured place, right to `spread` px (1 sigma)."""
        total = self.pp + spread * spread
        gain, speed_gain = self.pp / total, self.pv / total
        x, y = self.x, self.y
        across, down = measured[0] - x.position, measured[1] - y.position
        x.position += gain * across
        y.position += gain * down
        x.velocity += speed_gain * across
        y.velocity += speed_gain * down
        self.vv -= speed_gain * self.pv
        self.pv *= 1 - gain
        self.pp *= 1 - gain
