"""An edge site without its hub for a day, and what happens when the hub comes back. Real processes at both ends.

`python -m benchmarks.edge.uplink --hours 24`: so many simulated hours at 1,000 readings a second are put on the edge's
bus as fast as it takes them, with an urgent and an ordinary detection each simulated minute, while there is no hub.
Then the hub is started, and what it has in its streams is looked through: every reading once, every series' sum as it
was sent, each rank in order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np

from benchmarks.child import CITY, _wait, resident_mib, s4_command
from benchmarks.figure import Figure
from s4.core.model import Detection, ObservationBatch, Series
from s4.runtime.bus import Bus
from s4.runtime.nats_config import RUNNER
from s4.runtime.routes import outgoing_batch, outgoing_fact
from s4.runtime.sockets import free_port
from s4.runtime.streams import FACTS, OBSERVATIONS
from s4.runtime.uplink.ranks import Rank
from s4.runtime.uplink.unload import MARK
from s4.runtime.wire import decode_batch, decode_fact

NAME: Final = "uplink"
RATE: Final = 1000
SENSORS: Final = 1000
BATCH_S: Final = 10
START: Final = 1_777_658_400_000_000_000
SECOND: Final = 1_000_000_000
CATCH_UP: Final = 20.0
"""Times real time: the promise."""


class End(NamedTuple):
    """One s4 of ours."""

    process: subprocess.Popen[bytes]
    data: Path
    http: str
    bus: str


@contextlib.contextmanager
def started(folder: Path, name: str, rooms: list[str], options: list[str]) -> Iterator[End]:
    """`s4 run` in a process of its own."""
    data = folder / name
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [*s4_command(), "run", str(folder / "city.toml"), *rooms, "--data-dir", str(data), "--http-port", "0",
             "--mqtt-port", "0", *options],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        where = _wait(data / "running.json", process, folder / f"{name}.log")
        yield End(process, data, where["http"], where["bus"])
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.asynccontextmanager
async def bus_of(end: End) -> AsyncIterator[Bus]:
    """A connection to its bus."""
    bus = await Bus.connect(end.bus, user=RUNNER, password=(end.data / "bus.secret").read_text())
    try:
        yield bus
    finally:
        await bus.close()


def gauge(end: End, what: str) -> float:
    """One measure of the uplink, from /metrics."""
    with urllib.request.urlopen(f"{end.http}/metrics", timeout=30) as answer:
        found = re.search(rf'^s4_uplink{{what="{what}"}} (\S+)$', answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else float("nan")


SERIES: Final = tuple(Series(f"sensor-{i:04}", "level", "Cel") for i in range(SENSORS))


def batch(first_s: int, seconds: int, noise: np.random.Generator) -> ObservationBatch:
    """`seconds` of readings from every sensor: two decimals, a slow swing, noise; times a little apart."""
    count = seconds * SENSORS
    code = np.tile(np.arange(SENSORS, dtype=np.int32), seconds)
    when = np.repeat(np.arange(first_s, first_s + seconds, dtype=np.int64) * SECOND, SENSORS) + code * 900_000
    value = np.round(20 + 5 * np.sin(when / 4e12 + code) + noise.normal(0, 0.1, count), 2)
    return ObservationBatch("square", START + first_s * SECOND, SERIES, code, START + when, value)


def detection(kind: str, second: int) -> Detection:
    """One a simulated minute."""
    name = f"det-{kind}-{second:06}"
    return Detection(name, kind, START + second * SECOND, "square", "mic-1", "bench/1", name, 0.9)


async def fill(edge: End, seconds: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float]:
    """Put everything on the edge's bus; returns each series' sum, and the seconds until the outbox has it all."""
    noise, sums, began = np.random.default_rng(7), np.zeros(SENSORS), time.perf_counter()
    async with bus_of(edge) as bus:
        for first in range(0, seconds, BATCH_S * 8):
            batches = [batch(s, BATCH_S, noise) for s in range(first, min(first + BATCH_S * 8, seconds), BATCH_S)]
            for one in batches:
                sums += np.bincount(one.code, weights=one.value, minlength=SENSORS)
            stated = [
                detection(kind, s)
                for s in range(first, min(first + BATCH_S * 8, seconds), BATCH_S) if s % 60 == 0
                for kind in ("gunshot", "loitering")
            ]  # fmt: skip
            await bus.publish([*map(outgoing_fact_of, stated), *(outgoing_batch("bench", one) for one in batches)])
        async with asyncio.timeout(1800):
            while not await taken_up(bus):
                await asyncio.sleep(0.5)
    return sums, time.perf_counter() - began


def outgoing_fact_of(fact: Detection):  # type: ignore[no-untyped-def]
    """A detection → its message."""
    return outgoing_fact("bench", fact)


async def taken_up(bus: Bus) -> bool:
    """Whether the outbox has all that is in the streams."""
    js = bus.client.jetstream(timeout=10)
    for stream in (OBSERVATIONS, FACTS):
        for info in await js.consumers_info(stream):
            if info.name.startswith("s4-uplink") and (info.num_pending or 0) + (info.num_ack_pending or 0) > 0:
                return False
    return True


class Caught(NamedTuple):
    """How the hub caught up, s after the line was there: urgent facts, everything live, everything."""

    urgent_s: float
    all_s: float


async def catch_up(edge: End, hub: End, seconds: int) -> Caught:
    """Wait until the hub has it all."""
    began, urgent_s = time.perf_counter(), float("nan")
    wanted = len(range(0, seconds, 60))
    async with bus_of(hub) as bus, asyncio.timeout(3600):
        js = bus.client.jetstream(timeout=30)
        while True:
            await asyncio.sleep(0.25)
            info = await js.stream_info(FACTS, subjects_filter="s4.bench.square.detection.gunshot")
            if np.isnan(urgent_s) and sum((info.state.subjects or {}).values()) >= wanted:
                urgent_s = time.perf_counter() - began
            if not np.isnan(urgent_s) and outbox_rows(edge) == 0:
                return Caught(urgent_s, time.perf_counter() - began)


def outbox_rows(edge: End) -> int:
    """Chunks that still lie in the outbox, but for what the edge says of itself in the meantime."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(f"file:{edge.data / 'outbox.sqlite'}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT chunks FROM line WHERE rank NOT IN (0, 3)").fetchall()
    return int(sum(row[0] for row in rows))


class Found(NamedTuple):
    """What the hub's streams hold: raw readings, each series' sum, steps back in number or time, urgent ids."""

    readings: int
    sums: np.ndarray[tuple[int], np.dtype[np.float64]]
    out_of_order: int
    urgent: list[str]
    plain: list[str]


async def look_through(hub: End) -> Found:
    """Read everything that the hub recorded."""
    sums, readings, back = np.zeros(SENSORS), 0, 0
    last: dict[str, tuple[int, int]] = defaultdict(lambda: (0, -1))
    latest: dict[str, int] = defaultdict(int)
    kinds: dict[str, list[str]] = {"gunshot": [], "loitering": []}
    async with bus_of(hub) as bus:
        async for where, data, headers in messages(bus, OBSERVATIONS):
            way, number, place = headers.get(MARK, "///0/0").rsplit("/", 2)
            back += (int(number), int(place)) <= last[way]
            last[way] = (int(number), int(place))
            if not where.endswith(".readings") or way.endswith((f"/{Rank.AGGREGATE:d}", f"/{Rank.HIGH:d}")):
                continue
            one = decode_batch(data)
            readings += len(one)
            index = np.array([int(series.source[7:]) for series in one.series])
            sums += np.bincount(index[one.code], weights=one.value, minlength=SENSORS)
            back += int(one.time.min()) < latest[way]
            latest[way] = int(one.time.max()) - SECOND
        async for where, data, _ in messages(bus, FACTS):
            fact = decode_fact(where.split(".")[3], data)
            if isinstance(fact, Detection):
                kinds[fact.kind].append(fact.id)
    return Found(readings, sums, back, kinds["gunshot"], kinds["loitering"])


async def messages(bus: Bus, stream: str) -> AsyncIterator[tuple[str, bytes, dict[str, str]]]:
    """A stream from its beginning."""
    js = bus.client.jetstream(timeout=30)
    left = (await js.stream_info(stream)).state.messages
    reader = await js.subscribe("s4.bench.>", stream=stream, ordered_consumer=True)
    try:
        while left:
            message = await reader.next_msg(timeout=30)
            left -= 1
            yield message.subject, message.data, dict(message.headers or {})
    finally:
        await reader.unsubscribe()


def prepared(folder: Path, port: int) -> Path:
    """The city, and the site's credential."""
    (folder / "city.toml").write_text(CITY.format(stages=""))
    (folder / "rules.toml").write_text("")
    adding = [*s4_command(), "site", "add", "square", "--data-dir", str(folder / "hub")]
    secret = folder / "square.secret"
    done = subprocess.run(adding, check=True, capture_output=True)
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(done.stdout)
    return secret


async def measure(hours: float, folder: Path) -> list[Figure]:
    """The whole of it."""
    seconds, port = int(hours * 3600) // BATCH_S * BATCH_S, free_port()
    secret, million = prepared(folder, port), seconds * RATE / 1e6
    line = ["--leaf", f"nats://127.0.0.1:{port}", "--leaf-secret", str(secret)]
    with started(folder, "edge", ["sensing", "detection"], line) as edge:
        sums, fill_s = await fill(edge, seconds)
        disk = sum(file.stat().st_size for file in edge.data.glob("outbox.sqlite*")) / 2**20
        memory = resident_mib(edge.process.pid)
        rooms = ["fusion", "risk", "response", "picture"]
        with started(folder, "hub", rooms, ["--accept-sites", str(port)]) as hub:
            caught = await catch_up(edge, hub, seconds)
            found = await look_through(hub)
    wanted = [detection("gunshot", s).id for s in range(0, seconds, 60)]
    plain = [detection("loitering", s).id for s in range(0, seconds, 60)]
    lost = seconds * RATE - found.readings
    wrong = int(np.sum(np.abs(found.sums - sums) > 1e-3)) + found.out_of_order
    late = len(set(wanted) ^ set(found.urgent)) + (found.urgent != wanted)
    note = f"{hours:g} simulated hours at {RATE} readings a second: {million:.1f} million; no line, then a hub"
    return [
        Figure(NAME, "fill: times real time", seconds / fill_s, "x", note=note),
        Figure(NAME, "outbox on disk, a million readings", disk / million, "MiB", note=f"{disk:,.0f} MiB in all"),
        Figure(NAME, "edge, resident, outbox full, all processes", memory, "MiB"),
        Figure(NAME, "all urgent facts at the hub after", caught.urgent_s, "s", note=f"{len(wanted)} of them"),
        Figure(NAME, "catch-up: times real time", seconds / caught.all_s, "x", CATCH_UP, "more",
               note=f"{seconds * RATE / caught.all_s / 1e6:.2f} million readings a second, {caught.all_s:.0f} s"),
        Figure(NAME, "urgent facts lost, doubled or out of order", late, "", 0.0),
        Figure(NAME, "ordinary facts lost or doubled", len(set(plain) ^ set(found.plain)), "", 0.0),
        Figure(NAME, "readings lost", lost, "", 0.0),
        Figure(NAME, "series with another sum, steps back in a rank", wrong, "", 0.0),
    ]  # fmt: skip


def run(hours: float = 2.0) -> list[Figure]:
    """Two simulated hours unless told otherwise: a minute or two."""
    with TemporaryDirectory(prefix="s4-bench-") as folder:
        return asyncio.run(measure(hours, Path(folder)))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=float, default=24.0, help="simulated hours without the hub")
    for figure in run(parser.parse_args().hours):
        sign = {True: "met", False: "MISSED", None: ""}[figure.met]
        print(f"{figure.name:<48} {figure.value:>14,.6g} {figure.unit:<4} {sign:<7} {figure.note}")


if __name__ == "__main__":
    main()
