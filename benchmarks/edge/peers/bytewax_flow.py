"""The work as a Bytewax dataflow with its event-time windows. `bytewax_flow.py INPUT ALERTS WORK`.

One worker. Bytewax keeps a clock a key: the windows of a sensor close with that sensor's own readings, or at the end
of the input. That clock also runs on with the real one, so it is told to wait ten seconds: without, readings of one
sensor that lie a few milliseconds apart come late when the machine is slower than that. Its times are `datetime`s, so
each reading's is made one. It has no reader of JSON: msgspec reads.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bytewax.operators as op
import msgspec
from bytewax.connectors.files import FileSink, FileSource
from bytewax.dataflow import Dataflow
from bytewax.operators import windowing
from bytewax.operators.windowing import EventClock, TumblingWindower
from bytewax.testing import run_main
from meter import Meter


class Reading(msgspec.Struct, gc=False):
    """One line."""

    ts: int
    sensor: str
    value: float


def flow(source: str, target: str, work: dict[str, Any]) -> Dataflow:
    """File → decode → filter → key → tumbling mean → limit → file."""
    decode = msgspec.json.Decoder(Reading).decode
    lowest, highest, limit, length = work["lowest"], work["highest"], work["limit"], work["window_ms"]
    clock = EventClock(
        ts_getter=lambda reading: datetime.fromtimestamp(reading.ts / 1000, UTC),
        wait_for_system_duration=timedelta(seconds=10),
    )
    windower = TumblingWindower(timedelta(milliseconds=length), datetime.fromtimestamp(0, UTC))
    made = Dataflow("work")
    lines = op.input("read", made, FileSource(Path(source), batch_size=1000))
    readings = op.map("decode", lines, decode)
    kept = op.filter("filter", readings, lambda reading: lowest < reading.value < highest)
    keyed = op.key_on("key", kept, lambda reading: reading.sensor)
    sums = windowing.fold_window(
        "mean", keyed, clock, windower,
        builder=lambda: (0.0, 0),
        folder=lambda held, reading: (held[0] + reading.value, held[1] + 1),
        merger=lambda one, other: (one[0] + other[0], one[1] + other[1]),
    )  # fmt: skip
    high = op.filter("limit", sums.down, lambda item: item[1][1][0] / item[1][1][1] > limit)
    out = op.map("say", high, lambda item: (item[0], _alert(item[0], item[1], length)))
    op.output("write", out, FileSink(Path(target)))
    return made


def _alert(sensor: str, window: tuple[int, tuple[float, int]], length: int) -> str:
    number, (total, count) = window
    return json.dumps({"sensor": sensor, "until": (number + 1) * length, "mean": total / count})


if __name__ == "__main__":
    meter = Meter()
    dataflow = flow(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
    meter.start()
    run_main(dataflow)
    meter.finish(version=version("bytewax"))
