"""Durable ingest on this machine: Arrow in batches of 256 by HTTP, and single MQTT QoS 1 messages.

The sender runs on the same two cores. An observation counts once it is acknowledged; at the end the history is read
and must hold every acknowledged observation exactly once.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import multiprocessing
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import nats
import numpy as np
import pyarrow as pa

from benchmarks.child import Child, child
from benchmarks.figure import Figure
from benchmarks.mqtt_load import Publisher, send_all
from s4.runtime.history.reader import HistoryReader

NAME = "ingest"
BATCH = 256
BATCHES_PER_REQUEST = 128
REQUESTS = 160
CONNECTIONS = 2
MESSAGES = 100_000


def run() -> list[Figure]:
    """Both ways in, one after the other, on a fresh s4 each."""
    return [*_arrow(), *_mqtt()]


def _arrow() -> list[Figure]:
    devices = [f"d{i}" for i in range(CONNECTIONS)]
    with tempfile.TemporaryDirectory(prefix="s4-bench-") as folder:
        with child(Path(folder), devices=devices) as s4:
            bodies = {device: _bodies(i) for i, device in enumerate(devices)}
            jobs = [(s4.http, device, s4.secrets[device], bodies[device]) for device in devices]
            with multiprocessing.get_context("fork").Pool(CONNECTIONS) as pool:
                started = time.perf_counter()
                accepted = sum(pool.starmap(_post_all, jobs))
                elapsed = time.perf_counter() - started
            written = asyncio.run(_all_written(s4)) - started
        kept = HistoryReader(s4.data / "history").count("readings")
    rate = accepted / elapsed
    note = f"{accepted:,} acknowledged, {kept:,} in history, {CONNECTIONS} connections, {BATCH} a batch"
    return [
        Figure(NAME, "durable ingest, Arrow batches by HTTP", rate, "observations/s", 500_000, "more", note),
        Figure(NAME, "the same until every one is in history", accepted / written, "observations/s", None, "more"),
        Figure(NAME, "acknowledged but not in history exactly once", float(abs(accepted - kept)), "observations", 0.0),
    ]


def _bodies(device: int) -> list[bytes]:
    """Request bodies, each an Arrow stream of batches of 256 readings at instants of their own."""
    rng = np.random.default_rng(device)
    bodies, now = [], time.time_ns() - 3_000_000_000
    schema = pa.schema(
        [("property", pa.dictionary(pa.int8(), pa.string())), ("time", pa.int64()), ("value", pa.float64())]
    )
    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(BATCH, np.int8)), pa.array(["level"]))
    per_request = BATCH * BATCHES_PER_REQUEST
    for request in range(REQUESTS // CONNECTIONS):
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, schema) as writer:
            for batch in range(BATCHES_PER_REQUEST):
                first = request * per_request + batch * BATCH
                times = now + np.arange(first, first + BATCH, dtype=np.int64) * 1000
                writer.write_batch(
                    pa.record_batch([names, pa.array(times), pa.array(rng.random(BATCH))], schema=schema)
                )
        bodies.append(sink.getvalue())
    return bodies


def _post_all(address: str, device: str, secret: str, bodies: list[bytes]) -> int:
    import json

    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/vnd.apache.arrow.stream"}
    accepted = 0
    for body in bodies:
        while True:
            connection.request("POST", f"/ingest/{device}", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 202:
                accepted += json.loads(text)["accepted"]
                break
            if answer.status not in (429, 503):
                raise RuntimeError(f"{answer.status}: {text[:200]!r}")
            time.sleep(float(answer.headers.get("Retry-After", "0.1")))
    return accepted


def _mqtt() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="s4-bench-") as folder:
        with child(Path(folder), devices=["d1"]) as s4:
            elapsed, caught_up = asyncio.run(_flood(s4))
        kept = HistoryReader(s4.data / "history").count("readings")
    return [
        Figure(NAME, "single MQTT QoS 1 messages acknowledged", MESSAGES / elapsed, "messages/s", 10_000, "more"),
        Figure(NAME, "the same until every one is in history", MESSAGES / caught_up, "messages/s", None, "more"),
        Figure(
            NAME,
            "acknowledged by MQTT but not in history exactly once",
            float(abs(MESSAGES - kept)),
            "observations",
            0.0,
        ),
    ]


async def _flood(s4: Child) -> tuple[float, float]:
    publisher = await Publisher.connect(s4.mqtt_port, "d1", s4.secrets["d1"])
    base = time.time_ns()
    payloads = (b'{"value":%d,"time":%d}' % (n % 100, base + n * 1000) for n in range(MESSAGES))
    started = time.perf_counter()
    await send_all(publisher, "s4/in/d1/level", payloads)
    elapsed = time.perf_counter() - started
    await publisher.close()
    return elapsed, await _all_written(s4) - started


async def _all_written(s4: Child) -> float:
    """Wait until everything is decoded and in history; the instant (`time.perf_counter`) at which it was."""
    bus = await nats.connect(s4.bus, user="s4-runner", password=s4.bus_password)
    js = bus.jetstream()
    waiting = True
    while waiting:
        await asyncio.sleep(0.05)
        undecoded = (await js.stream_info("$MQTT_msgs")).state.messages
        consumers = await js.consumers_info("S4_OBSERVATIONS")
        unwritten = [
            (c.num_pending or 0) + (c.num_ack_pending or 0)
            for c in consumers
            if c.name.startswith("s4-history-readings")
        ]
        waiting = bool(undecoded or sum(unwritten) or not unwritten)
    await bus.close()
    return time.perf_counter()
