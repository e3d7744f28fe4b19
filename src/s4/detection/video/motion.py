"""Constant-velocity motion along one axis: a Kalman filter of two states, position and velocity.

The filter is the same for both axes and small enough to be written out (Bar-Shalom, Li, Kirubarajan 2001,
section 6.3.2, white-noise acceleration).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Motion:
    """`position` (px) and `velocity` (px/s), with their covariance (`pp`, `pv`, `vv`).

    >>> motion = Motion.at(0.0, spread=1.0, speed_spread=10.0)
    >>> for step in range(1, 21):
    ...     motion.predict(0.2, acceleration=1.0)
    ...     motion.correct(step * 2.0, spread=1.0)
    >>> round(motion.velocity)
    10
    """

    position: float
    velocity: float
    pp: float
    pv: float
    vv: float

    @classmethod
    def at(cls, position: float, *, spread: float, speed_spread: float) -> Motion:
        """At rest at a place known to `spread` px; the speed is unknown to `speed_spread` px/s (1 sigma)."""
        return cls(position, 0.0, spread**2, 0.0, speed_spread**2)

    def predict(self, dt_s: float, *, acceleration: float) -> None:
        """Move on by `dt_s`, unsure of the acceleration by `acceleration` px/s² (1 sigma)."""
        self.position += self.velocity * dt_s
        faster = acceleration * dt_s
        farther = faster * dt_s / 2
        self.pp += dt_s * (2 * self.pv + dt_s * self.vv) + farther * farther
        self.pv += dt_s * self.vv + farther * faster
        self.vv += faster * faster

    def correct(self, measured: float, *, spread: float) -> None:
        """Take in a measured position, right to `spread` px (1 sigma)."""
        total = self.pp + spread**2
        gain, speed_gain = self.pp / total, self.pv / total
        error = measured - self.position
        self.position += gain * error
        self.velocity += speed_gain * error
        self.vv -= speed_gain * self.pv
        self.pv *= 1 - gain
        self.pp *= 1 - gain
