"""MQTT at the doors of an edge node, one reading a message: what arrives, what it costs, how soon a rule speaks.

There are two such doors: the bus itself, which speaks MQTT with devices that are also told things, and the door
`mqtt-listener`, for many devices that only speak. `python -m benchmarks.edge.mqtt [--seconds N]` for a smaller run;
`s4 bench edge-mqtt` for the real one. Sender, bus and node share the machine. What is sent and what lies in the node's
history are counted, so a loss shows.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import nats

from benchmarks.child import Child, child, tree_of
from benchmarks.edge.flood import Flood, Sent, send
from benchmarks.edge.listener import Listener
from benchmarks.figure import Figure, percentile
from s4.exercise import mqtt
from s4.runtime.history.reader import HistoryReader
from s4.runtime.sockets import free_port

NAME = "edge-mqtt"
SECONDS = 20
RATES = (5_000, 10_000, 25_000, 50_000, 100_000)
EVENTS_PER_S, READINGS_PER_S = 10, 10_000
_TICKS = 100.0
LISTENER = """
[[source]]
id = "listener"
site = "square"
door = "mqtt-listener"
[source.options]
port = {port}
"""
QUERY = """
[[query]]
id = "over"
sql = 'SELECT source, value, time FROM readings WHERE property = "alarm" AND value > 0.5'
late_s = 10
detection = {kind = "threshold_exceeded", text = "{source}: {value}", hold_s = 0}
"""


class Arrived(NamedTuple):
    """What one flood came to. `cpu`: seconds of CPU of the node, by process name."""

    sent: Sent
    kept: int
    cpu: dict[str, float]


class Way(NamedTuple):
    """A door for MQTT. `own`: the listener of s4, and not the bus."""

    name: str
    own: bool

    def door(self) -> tuple[str, int]:
        """What the city says of it, and the port it will listen on (0: known when the bus runs)."""
        port = free_port() if self.own else 0
        return (LISTENER.format(port=port) if self.own else ""), port


BUS, OWN = Way("the bus", own=False), Way("mqtt-listener", own=True)


def run() -> list[Figure]:
    """Floods at rising rates, then the delay of rules."""
    return measure(SECONDS)


def measure(seconds: int) -> list[Figure]:
    """Each flood lasts `seconds` and meets a fresh node."""
    return [*_bus_alone(seconds), *_by(BUS, seconds), *_by(OWN, seconds)]


def _by(way: Way, seconds: int) -> list[Figure]:
    figures, lossless = [], 0.0
    for rate in RATES:
        came = _flood(way, seconds * rate, rate, 0)
        lost = came.sent.readings - came.kept
        lossless = max(lossless, rate if not lost else 0.0)
        figures.append(
            Figure(NAME, f"{way.name}: QoS 0 at {rate:,}/s: lost", float(lost), "messages", note=_note(came))
        )
    aim = 100_000 if way.own else None
    figures.append(
        Figure(NAME, f"{way.name}: QoS 0, greatest of these rates without a loss", lossless, "/s", aim, "more")
    )
    came = _flood(way, seconds * 10_000, 0, 1)
    speed = came.sent.readings / came.sent.took_s
    figures.append(Figure(NAME, f"{way.name}: QoS 1 acknowledged, flat out", speed, "/s", note=_note(came)))
    lost = came.sent.readings - came.kept
    figures.append(Figure(NAME, f"{way.name}: QoS 1 acknowledged but not in history", float(lost), "messages", 0.0))
    return [*figures, *(_delay(way, seconds, qos) for qos in (0, 1))]


def _bus_alone(seconds: int) -> list[Figure]:
    """What the bus takes by QoS 0, and hands to one subscriber that only counts lines, with no s4 behind it."""
    with (
        tempfile.TemporaryDirectory(prefix="s4-bench-") as folder,
        child(Path(folder), devices=["d1"], rooms=["risk"]) as s4,
    ):
        flood = Flood(s4.mqtt_port, "d1", s4.secrets["d1"], seconds * 100_000)
        alone = send(flood)
        with Listener(s4.bus, "s4-runner", s4.bus_password, "s4.in.>") as listener:
            before = _cpu(s4.process.pid)
            heard = send(flood)
            counted = listener.count(heard.readings)
            used = _cpu(s4.process.pid)["nats-server"] - before["nats-server"]
    each = (
        f"{used / heard.readings * 1e6:.1f} µs of the bus' CPU and {counted.cpu_s / heard.readings * 1e6:.2f} µs of a"
    )
    note = f"{counted.messages:,} of {heard.readings:,} heard; {each} reader that takes blocks and only counts"
    return [
        Figure(NAME, "the bus alone takes, QoS 0", alone.readings / alone.took_s, "/s", note="nobody listens"),
        Figure(NAME, "the bus alone, one subscriber", heard.readings / heard.took_s, "/s", note=note),
    ]


def _note(came: Arrived) -> str:
    cpu = ", ".join(f"{name} {used / came.sent.readings * 1e6:.1f}" for name, used in came.cpu.items())
    speed = came.sent.readings / came.sent.took_s
    return f"{came.sent.readings:,} sent at {speed:,.0f}/s, {came.kept:,} in history; µs of CPU a message: {cpu}"


def _flood(way: Way, readings: int, per_s: int, qos: int) -> Arrived:
    door, port = way.door()
    with tempfile.TemporaryDirectory(prefix="s4-bench-") as folder:
        with child(Path(folder), devices=["d1"], doors=door) as s4:
            before = _cpu(s4.process.pid)
            sent = send(Flood(port or s4.mqtt_port, "d1", s4.secrets["d1"], readings, per_s, qos))
            asyncio.run(_settled(s4))
            after = _cpu(s4.process.pid)
        kept = HistoryReader(s4.data / "history").count("readings")
    return Arrived(sent, kept, {name: used - before.get(name, 0.0) for name, used in after.items()})


async def _settled(s4: Child) -> None:
    """Until nothing more is recorded for 3 s, and nothing waits to be decoded."""
    bus = await nats.connect(s4.bus, user="s4-runner", password=s4.bus_password)
    js, seen, since = bus.jetstream(), -1, time.monotonic()
    while time.monotonic() - since < 3.0:
        waiting = (await js.stream_info("$MQTT_msgs")).state.messages
        newest = (await js.stream_info("S4_OBSERVATIONS")).state.last_seq
        if waiting or newest != seen:
            seen, since = newest, time.monotonic()
        await asyncio.sleep(0.1)
    await bus.close()


def _cpu(pid: int) -> dict[str, float]:
    """Seconds of CPU that the node has used, by process name."""
    used: dict[str, float] = {}
    for one in tree_of(pid):
        text = Path(f"/proc/{one}/stat").read_text()
        name, fields = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        used[name] = used.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / _TICKS
    return used


def _delay(way: Way, seconds: int, qos: int) -> Figure:
    door, port = way.door()
    with (
        tempfile.TemporaryDirectory(prefix="s4-bench-") as folder,
        child(Path(folder), devices=["d1", "d2"], rules=QUERY, doors=door) as s4,
    ):
        delays = asyncio.run(_listened(s4, port or s4.mqtt_port, seconds, qos))
    wanted = (seconds - 1) * EVENTS_PER_S
    note = f"{len(delays)} of {wanted} events; median {statistics.median(delays) if delays else 0:.1f} ms, "
    note += f"longest {max(delays, default=0):.1f} ms"
    name = f"{way.name}: reading → rule event, QoS {qos}, at {READINGS_PER_S:,} readings/s, p99"
    return Figure(NAME, name, percentile(delays, 0.99) if delays else float("inf"), "ms", 20.0, note=note)


async def _listened(s4: Child, port: int, seconds: int, qos: int) -> list[float]:
    """d1 floods; d2 sends the readings whose events are timed. The first second warms up."""
    bus = await nats.connect(s4.bus, user="s4-runner", password=s4.bus_password)
    delays: list[float] = []
    sent: dict[int, float] = {}

    async def on_detection(message: Any) -> None:
        heard, detection = time.perf_counter(), msgspec.json.decode(message.data)
        if detection["source"] == "d2" and (left := sent.pop(detection["time"] // 1_000_000, None)) is not None:
            delays.append((heard - left) * 1000)

    await bus.subscribe("s4.bench.*.detection.>", cb=on_detection)
    noise = Flood(port, "d1", s4.secrets["d1"], (seconds + 2) * READINGS_PER_S, READINGS_PER_S, qos)
    flooding = asyncio.create_task(asyncio.to_thread(send, noise))
    await asyncio.sleep(1.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(mqtt.connect("bench-d2", "d2", s4.secrets["d2"], 60))
    await reader.read(4)
    for number in range(seconds * EVENTS_PER_S):
        now = time.time_ns() // 1_000_000
        payload = b'{"value":1,"time":%d}' % (now * 1_000_000)
        sent[now] = time.perf_counter()
        writer.write(mqtt.publish("s4/in/d2/alarm", payload, number + 1))
        await asyncio.sleep(1 / EVENTS_PER_S)
    await asyncio.sleep(3.0)
    await flooding
    writer.close()
    await bus.close()
    return delays[EVENTS_PER_S:]


def main() -> None:
    """Measure as the command line says and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    asked = parser.parse_args()
    for figure in measure(asked.seconds):
        print(f"{figure.name:<60} {figure.value:>16,.6g} {figure.unit:<16} {figure.met}\n    {figure.note}")


if __name__ == "__main__":
    main()
