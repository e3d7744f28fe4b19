"""Sensor to event: MQTT QoS 1 publish → detection readable on the bus, at 1,000 observations a second."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path

import nats

from benchmarks.child import Child, child
from benchmarks.figure import Figure, percentile
from benchmarks.mqtt_load import Publisher

NAME = "latency"
RATE_PER_S = 1000
LASTS_S = 30
EVERY = 100
RULES = """
[[rule]]
id = "over"
property = "level"
kind = "threshold_exceeded"
text = "Level"
over = 0.5
clear = 0.4
"""


def run() -> list[Figure]:
    """Every 100th reading goes over the limit, and the next one under it: ten alarms a second, each timed."""
    with (
        tempfile.TemporaryDirectory(prefix="s4-bench-") as folder,
        child(Path(folder), devices=["d1"], rules=RULES) as s4,
    ):
        delays = asyncio.run(_measure(s4))
    return [
        Figure(
            NAME, "MQTT QoS 1 → detection on the bus, mean", sum(delays) / len(delays), "ms", 10.0, note=_note(delays)
        ),
        Figure(NAME, "MQTT QoS 1 → detection on the bus, p99", percentile(delays, 0.99), "ms", 50.0),
        Figure(NAME, "the same, worst", max(delays), "ms"),
    ]


def _note(delays: list[float]) -> str:
    return f"{len(delays)} detections while {RATE_PER_S} observations/s came in for {LASTS_S} s"


async def _measure(s4: Child) -> list[float]:
    bus = await nats.connect(s4.bus, user="s4-runner", password=s4.bus_password)
    delays: list[float] = []
    sent: dict[int, float] = {}

    async def on_detection(message: object) -> None:
        heard = time.perf_counter()
        detection = json.loads(message.data)  # type: ignore[attr-defined]
        if detection["time"] in sent:
            delays.append((heard - sent.pop(detection["time"])) * 1000)

    await bus.subscribe("s4.bench.*.detection.>", cb=on_detection)
    publisher = await Publisher.connect(s4.mqtt_port, "d1", s4.secrets["d1"])
    start, base = time.perf_counter(), time.time_ns()
    for number in range(RATE_PER_S * LASTS_S):
        due = start + number / RATE_PER_S
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        when = base + number * 1_000_000
        over = number % EVERY == 0
        if over:
            sent[when] = time.perf_counter()
        await publisher.send("s4/in/d1/level", b'{"value":%d,"time":%d}' % (over, when))
    await asyncio.sleep(2.0)
    await publisher.close()
    await bus.close()
    return delays[RATE_PER_S // EVERY :]  # the first second warms up
