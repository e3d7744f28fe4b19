"""Series for the tests, and what is said of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from s4.core.city import City, Info, Site, Source
from s4.core.clock import ManualClock
from s4.core.model import Detection, ObservationBatch, Place, Series
from s4.core.ports import Context
from s4.edge.unusual.scores import Score, score_rows
from s4.edge.unusual.stage import Unusual
from s4.edge.unusual.table import Row

S = 1_000_000_000
MINUTE = 60 * S
DAY = 1440 * MINUTE
PLAZA = Place(43.2630, -2.9350)
CO2 = Series("co2-1", "co2", "[ppm]")


def scores(values: Sequence[float] | NDArray[np.float64], step: int = MINUTE, odd_from: float = 0.8) -> list[Score]:
    """The scores of evenly spaced values."""
    rows = [Row(str(i), i * step, float(value)) for i, value in enumerate(values)]
    return list(score_rows(rows, odd_from))


def numbers(found: Sequence[Score]) -> NDArray[np.float64]:
    return np.array([one.score for one in found])


def calm(count: int, seed: int = 1) -> NDArray[np.float64]:
    """Noise around 20 that wanders a little."""
    rng = np.random.default_rng(seed)
    return 20.0 + rng.normal(0.0, 1.0, count)


def stage(**options: object) -> Unusual:
    source = Source("co2-1", "plaza", "device", name="CO2 at the stage", place=PLAZA)
    city = City(Info("bilbao", "Bilbao", PLAZA), (Site("plaza", "Plaza Nueva", PLAZA),), source=(source,))
    return Unusual(Context(city, ManualClock(), options))


def batch(
    values: Sequence[float] | NDArray[np.float64], start: int = 0, step: int = MINUTE, series: Series = CO2
) -> ObservationBatch:
    """Readings of one series, the first at `start` (ns)."""
    count = len(values)
    time = start + np.arange(count, dtype=np.int64) * step
    return ObservationBatch("plaza", 0, (series,), np.zeros(count, np.int32), time, np.array(values, np.float64))


def judged(one: Unusual, readings: ObservationBatch) -> list[Detection]:
    """What the stage says of a batch at once, told at the end of it."""
    now = int(readings.time[-1])
    return [*one.step([readings], now), *one.step([], now)]
