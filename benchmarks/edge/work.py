"""The work that every contender does, and its one right answer.

1,000 sensors report once a second each; some readings are the error code of a broken probe. Lines of JSON → filter →
mean a sensor over 10 s (tumbling, by the readings' own time) → an alert where the mean is too high. The last line of
the input lies a minute later and is filtered out: whoever goes by event time closes the last windows with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROWS = 1_000_000
SENSORS = 1_000
PER_SECOND = 1_000
WINDOW_MS = 10_000
LOWEST, HIGHEST = -40, 85
LIMIT = 30.0001
"""Not a round number: the mean of values with two decimals could lie on one, where rounding decides."""
START_MS = 1_760_000_000_000
SEED = 42
BROKEN = -127.0
EQUAL = 1e-9

PARAMETERS = {"lowest": LOWEST, "highest": HIGHEST, "limit": LIMIT, "window_ms": WINDOW_MS}
"""What the peers are told of the work."""
DDL = 'CREATE STREAM readings (ts BIGINT, sensor STRING, value FLOAT) WITH (FORMAT="json", TIMESTAMP="ts")'
SQL = f"""
SELECT {{key}} AS sensor, window_end() AS until, avg(value) AS mean
FROM readings
WHERE value > {LOWEST} AND value < {HIGHEST}
GROUP BY {{key}}, TUMBLINGWINDOW(ss, {WINDOW_MS // 1000})
HAVING avg(value) > {LIMIT}
"""
"""The rule; `key` is the column that names the sensor."""

Alerts = dict[tuple[str, int], float]
"""(sensor, end of the window in ms) → mean."""


class Work:
    """The readings, as columns in order of time: `time` (ms), `sensor` (its number), `value` (two decimals)."""

    def __init__(self, rows: int = ROWS, seed: int = SEED) -> None:
        rng = np.random.default_rng(seed)
        self.time = START_MS + np.arange(rows, dtype=np.int64) * 1000 // PER_SECOND
        self.sensor = rng.integers(0, SENSORS, rows, dtype=np.int32)
        usual = rng.uniform(14.0, 26.0, SENSORS)[self.sensor]
        swing = 6.0 * np.sin((self.time - START_MS) / 120_000.0 + self.sensor)
        self.value = np.round(usual + swing + rng.normal(0.0, 1.0, rows), 2)
        self.value[rng.random(rows) < 0.05] = BROKEN

    def readings(self, first: int) -> Iterator[tuple[int, str, float]]:
        """The first so many."""
        sensors = [f"s{number:04d}" for number in self.sensor[:first].tolist()]
        return zip(self.time[:first].tolist(), sensors, self.value[:first].tolist(), strict=True)

    def write(self, path: Path, first: int) -> None:
        """The first so many as the input, one a line."""
        with path.open("w") as out:
            when = START_MS
            for when, who, what in self.readings(first):
                out.write(f'{{"ts":{when},"sensor":"{who}","value":{what}}}\n')
            out.write(f'{{"ts":{when + 60_000},"sensor":"s0000","value":{BROKEN}}}\n')

    def right(self, first: int) -> Alerts:
        """The answer to the first so many, found by exact sums of what is written."""
        held: dict[tuple[str, int], list[float]] = {}
        for when, who, what in self.readings(first):
            if LOWEST < what < HIGHEST:
                held.setdefault((who, when // WINDOW_MS * WINDOW_MS + WINDOW_MS), []).append(what)
        means = {key: math.fsum(values) / len(values) for key, values in held.items()}
        if min(abs(mean - LIMIT) for mean in means.values()) < EQUAL:
            raise RuntimeError("a mean lies on the limit: take another seed")
        return {key: mean for key, mean in means.items() if mean > LIMIT}


def read_alerts(path: Path) -> Alerts:
    """What a contender wrote: one alert a line. Raises `ValueError` when it wrote one twice."""
    alerts: Alerts = {}
    for alert in _lines(path):
        key = (str(alert["sensor"]), int(alert["until"]))
        if key in alerts:
            raise ValueError(f"{key} twice")
        alerts[key] = float(alert["mean"])
    return alerts


def _lines(path: Path) -> Iterator[dict[str, object]]:
    for line in path.read_bytes().splitlines():
        if line.strip():
            yield json.loads(line)


def differs(found: Alerts, expected: Alerts) -> str:
    """How two answers differ; empty when they are equal (means to 1e-9)."""
    if found.keys() != expected.keys():
        missing, more = len(expected.keys() - found.keys()), len(found.keys() - expected.keys())
        return f"{missing} of {len(expected)} alerts missing, {more} that should not be"
    worst = max((abs(found[key] - mean) for key, mean in expected.items()), default=0.0)
    return f"a mean differs by {worst:.2g}" if worst > EQUAL else ""
