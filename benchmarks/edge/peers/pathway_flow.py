"""The work as a Pathway table program. `pathway_flow.py INPUT ALERTS WORK`.

One worker thread, its own JSON lines reader and writer, static mode: the whole file is one finished input, so each
window is put out once (in streaming mode, put out again at each change, it is slower).
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from typing import Any

os.environ.setdefault("PATHWAY_THREADS", "1")

import pathway as pw
from meter import Meter


class Reading(pw.Schema):
    """One line."""

    ts: int
    sensor: str
    value: float


def build(source: str, target: str, work: dict[str, Any]) -> None:
    """File → filter → tumbling mean → limit → file."""
    readings = pw.io.jsonlines.read(source, schema=Reading, mode="static")
    kept = readings.filter((pw.this.value > work["lowest"]) & (pw.this.value < work["highest"]))
    windows = kept.windowby(
        pw.this.ts, window=pw.temporal.tumbling(duration=work["window_ms"], origin=0), instance=pw.this.sensor
    )
    means = windows.reduce(
        sensor=pw.this._pw_instance, until=pw.this._pw_window_end, mean=pw.reducers.avg(pw.this.value)
    )
    pw.io.jsonlines.write(means.filter(pw.this.mean > work["limit"]), target)


if __name__ == "__main__":
    meter = Meter()
    build(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
    meter.start()
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)
    meter.finish(version=version("pathway"))
