"""The contract of a detector of unusual readings: small, columnar, and ignorant of everything but its own idea."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from s4.edge.unusual.grown import Float, Grown
from s4.edge.unusual.ladder import Moment


class Detector(Grown, ABC):
    """Turns each reading into one or more statistics ≥ 0, larger for odder; its own state stays bounded.

    `LABELS`: what a large value of each statistic is called; as many as `measure` gives columns. `GROUP`: statistics
    of one group are weighed together. A `GAUGED` detector's statistics have any unit and scale: `tails` turns them into
    surprise. The others give surprise themselves (-log10 of a probability). `MEMORY`: over about how many readings each
    statistic stays alike, so that one excursion is not counted as so many.
    """

    LABELS: ClassVar[tuple[str, ...]]
    GROUP: ClassVar[str]
    GAUGED: ClassVar[bool] = True
    MEMORY: ClassVar[tuple[float, ...]] = ()

    @abstractmethod
    def measure(self, moment: Moment) -> Float:
        """The statistics [n, len(LABELS)] of one reading each of n different series, finite and ≥ 0.

        May use what came before these readings and the readings themselves; then learns from them.
        """
