"""The work as a plain loop over rows: nothing but the standard library. `stdlib_rows.py INPUT ALERTS WORK`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TextIO

from meter import Meter


def main(source: str, target: str, work: dict[str, Any]) -> None:
    """Sums and counts a sensor, put out when a reading of a later window comes."""
    meter = Meter()
    meter.start()
    lowest, highest, length = work["lowest"], work["highest"], work["window_ms"]
    sums: dict[str, list[float]] = {}
    until = 0
    with Path(source).open("rb") as lines, Path(target).open("w") as out:
        for line in lines:
            reading = json.loads(line)
            if reading["ts"] >= until:
                _close(sums, until, work["limit"], out)
                until = reading["ts"] // length * length + length
            value = reading["value"]
            if lowest < value < highest:
                held = sums.get(reading["sensor"])
                if held is None:
                    held = sums[reading["sensor"]] = [0.0, 0.0]
                held[0] += value
                held[1] += 1.0
        _close(sums, until, work["limit"], out)
    meter.finish()


def _close(sums: dict[str, list[float]], until: int, limit: float, out: TextIO) -> None:
    for sensor, (total, count) in sums.items():
        if total / count > limit:
            out.write(json.dumps({"sensor": sensor, "until": until, "mean": total / count}) + "\n")
    sums.clear()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
