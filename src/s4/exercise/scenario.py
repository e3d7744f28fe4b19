"""The contract of a scenario: a script of happenings, played in the exercise city.

A new scenario is one file with a subclass and one line under `[project.entry-points."s4.scenarios"]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from s4.exercise.town import Town


class Scenario(ABC):
    """One script. `title`: for people; `lasts_s`: seconds after which nothing more happens in it."""

    title: ClassVar[str]
    lasts_s: ClassVar[float]

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 11])

    @abstractmethod
    def stage(self, town: Town) -> None:
        """Put everything on the town's agenda with `town.at`. Called once, before the first step.

        What happens must come from `self.rng`, the town and the script alone, and be told with `town.tell_truth`
        when it happens, so that a run can be repeated and judged.
        """
