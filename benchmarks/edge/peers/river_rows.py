"""The work with River's streaming mean. `river_rows.py INPUT ALERTS WORK`.

River has statistics but neither a reader of JSON lines nor windows by time: the lines are read by msgspec into typed
records (the fastest way there is), and the window is closed by the loop.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import msgspec
from meter import Meter
from river import stats


class Reading(msgspec.Struct, gc=False):
    """One line."""

    ts: int
    sensor: str
    value: float


def main(source: str, target: str, work: dict[str, Any]) -> None:
    """One `stats.Mean` a sensor and window."""
    meter, decode = Meter(), msgspec.json.Decoder(Reading).decode
    meter.start()
    lowest, highest, length = work["lowest"], work["highest"], work["window_ms"]
    means: dict[str, stats.Mean] = {}
    until = 0
    with Path(source).open("rb") as lines, Path(target).open("w") as out:
        for line in lines:
            reading = decode(line)
            if reading.ts >= until:
                _close(means, until, work["limit"], out)
                until = reading.ts // length * length + length
            value = reading.value
            if lowest < value < highest:
                mean = means.get(reading.sensor)
                if mean is None:
                    mean = means[reading.sensor] = stats.Mean()
                mean.update(value)
        _close(means, until, work["limit"], out)
    meter.finish(version=version("river"))


def _close(means: dict[str, stats.Mean], until: int, limit: float, out: TextIO) -> None:
    for sensor, mean in means.items():
        if mean.get() > limit:
            out.write(json.dumps({"sensor": sensor, "until": until, "mean": mean.get()}) + "\n")
    means.clear()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
