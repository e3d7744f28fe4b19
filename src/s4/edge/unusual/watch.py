"""All detectors over many series at once: readings in, one score and one label each out."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from s4.core.errors import InputError
from s4.edge.unusual.activity import Activity
from s4.edge.unusual.blend import Blend, to_score
from s4.edge.unusual.cycle import Cycle
from s4.edge.unusual.detector import Detector
from s4.edge.unusual.drift import Drift
from s4.edge.unusual.gap import Gap
from s4.edge.unusual.grown import Float, Grown, Int
from s4.edge.unusual.ladder import Ladder
from s4.edge.unusual.level import Level
from s4.edge.unusual.replay import Replay
from s4.edge.unusual.seasonal import Seasonal, Trend
from s4.edge.unusual.spike import Spike
from s4.edge.unusual.stuck import Stuck
from s4.edge.unusual.tails import Tails

LARGEST: Final = 1e150
"""Readings beyond are taken as this: differences of such numbers stay finite."""


SETTLED: Final = 200.0
"""Readings until a series is judged in full: before, what is usual is only being learnt."""


class Verdict(NamedTuple):
    """Of n readings: `score` 0–1, high means odd; `surprise` that it stands for, before rest; `label`: its kind, as a
    number in `Watch.labels` (what it would be called, however low the score); `usual`: the mean over 64 readings
    before.
    """

    score: Float
    surprise: Float
    label: Int
    usual: Float


class Watch:
    """The detectors with their state for any number of series. The verdict on a reading rests on it and on what came
    before it in its own series, nothing else: series do not know each other, and units do not matter.

    Cost: about 9 kB a series; time in `docs/rooms/edge.md`.

    >>> watch = Watch()
    >>> values = np.sin(np.arange(600.0) * 0.7)
    >>> values[500] = 9.0
    >>> scores = [watch.take(np.array([0]), np.array([i * 10**9]), values[i : i + 1]).score[0] for i in range(600)]
    >>> int(np.argmax(scores[50:])) + 50
    500
    """

    def __init__(self) -> None:
        seasonal = Seasonal()
        self.ladder = Ladder()
        self.detectors: tuple[Detector, ...] = (
            Spike(), seasonal, Cycle(), Level(), Trend(seasonal), Activity(), Drift(), Stuck(), Gap(), Replay(),
        )  # fmt: skip
        gauged = [one for one in self.detectors if one.GAUGED]
        self.tails = Tails(tuple(readings for one in gauged for readings in one.MEMORY))
        ordered = (*gauged, *(one for one in self.detectors if not one.GAUGED))
        groups = tuple(one.GROUP for one in ordered for _ in one.LABELS)
        self.blend = Blend(groups, tuple(label for one in ordered for label in one.LABELS))
        self.labels = self.blend.labels
        self.count = 0

    def take(self, row: Int, time: Int, value: Float) -> Verdict:
        """One finite reading of each of the series `row` (distinct numbers from 0; ns; the series' own unit)."""
        if len(row) and int(row.max()) >= self.count:
            self._grow(int(row.max()) + 1)
        held = np.clip(value, -LARGEST, LARGEST)
        moment = self.ladder.take(row, time, held)
        found = {one: one.measure(moment) for one in self.detectors}
        gauged = np.concatenate([found[one] for one in self.detectors if one.GAUGED], axis=1)
        own = [found[one] for one in self.detectors if not one.GAUGED]
        surprises = np.concatenate([self.tails.surprise(row, gauged), *own], axis=1)
        weighed, label = self.blend.weigh(surprises)
        left = self.blend.habit(row, weighed) * np.minimum((moment.seen + 1.0) / SETTLED, 1.0)
        return Verdict(to_score(self.blend.once(row, left)), left, label, moment.levels[:, 2])

    def _parts(self) -> dict[str, Grown]:
        named: dict[str, Grown] = {type(one).__name__: one for one in self.detectors}
        return {"ladder": self.ladder, "tails": self.tails, "blend": self.blend, **named}

    def _grow(self, count: int) -> None:
        for part in self._parts().values():
            part.grow(count)
        self.count = count

    def dump(self) -> dict[str, dict[str, bytes]]:
        """The state of all series."""
        return {name: part.dump(self.count) for name, part in self._parts().items()}

    def load(self, state: dict[str, dict[str, bytes]]) -> None:
        """Take up what `dump` wrote. Raises `InputError` when it does not fit."""
        parts = self._parts()
        if set(state) != set(parts):
            raise InputError("the state is of other detectors")
        count = len(state["ladder"].get("count", b"")) // 8
        for name, part in parts.items():
            part.load(state[name], count)
        self.count = count
