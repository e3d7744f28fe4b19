"""Event to pixel: what a sensor says by MQTT → the page of a real Chromium has drawn what became of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import httpx
from playwright.async_api import async_playwright

from benchmarks.child import Child, child, s4_command
from benchmarks.figure import Figure, percentile
from benchmarks.mqtt_load import Publisher
from tests.support.browser import ARGS
from tests.support.programs import find_chromium

NAME = "page"
EVENTS = 60
WARM_UP = 5
PAUSE_S = 0.5
PATIENCE_S = 15.0
RULES = """
[[rule]]
id = "forced"
property = "door"
kind = "door_forced"
text = "Door forced"
match = { event = "forced" }
"""
# A frame is on its way to the screen when the second animation frame after a change begins. The wall clock of the page
# is that of this machine. `data-cursor` is the last fact that the page has put into its document.
WATCH = """() => {
  const app = document.querySelector("[data-app]");
  new MutationObserver(() => {
    const cursor = Number(app.dataset.cursor);
    requestAnimationFrame(() => requestAnimationFrame(() =>
      window.s4Drawn(cursor, performance.timeOrigin + performance.now())));
  }).observe(app, { attributeFilter: ["data-cursor"] });
}"""


def run() -> list[Figure]:
    """Each event is a door forced 1 km from the last, so that each makes an incident of its own; without a Chromium
    there is nothing to measure.
    """
    chromium = find_chromium()
    if chromium is None:
        return []
    with (
        tempfile.TemporaryDirectory(prefix="s4-bench-") as folder,
        child(Path(folder), devices=["d1"], rules=RULES) as s4,
    ):
        from_publish, from_record = asyncio.run(_measure(s4, chromium))
    how = f"{len(from_publish)} events; map drawn in software, browser and s4 on the same cores"
    return [
        Figure(NAME, "MQTT QoS 1 → drawn in Chromium, p50", percentile(from_publish, 0.5), "ms"),
        Figure(NAME, "MQTT QoS 1 → drawn in Chromium, p95", percentile(from_publish, 0.95), "ms", 500.0, note=how),
        Figure(NAME, "detection recorded → drawn in Chromium, p95", percentile(from_record, 0.95), "ms"),
    ]


class _Heard(NamedTuple):
    """A fact as the stream brought it: its cursor, the time it is about, when it was recorded (both ns UTC)."""

    word: str
    cursor: int
    time: int
    recorded: int


T = TypeVar("T")


class _Log(Generic[T]):
    """What came in; whoever waits for something gets the first that suits."""

    def __init__(self) -> None:
        self._all: list[T] = []
        self._more = asyncio.Event()

    def add(self, one: T) -> None:
        self._all.append(one)
        self._more.set()

    async def first(self, suits: Callable[[T], bool]) -> T:
        """The first that suits, also of those that are there already."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for one in self._all:
                    if suits(one):
                        return one
                self._more.clear()
                await self._more.wait()


async def _measure(s4: Child, chromium: Path) -> tuple[list[float], list[float]]:
    publisher = await Publisher.connect(s4.mqtt_port, "d1", s4.secrets["d1"])
    facts, frames = _Log[_Heard](), _Log[tuple[int, float]]()
    async with async_playwright() as playwright, httpx.AsyncClient(base_url=s4.http, timeout=None) as api:
        listener = asyncio.create_task(_listen(api, _token(s4), facts))
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.expose_function("s4Drawn", lambda cursor, when: frames.add((cursor, when)))
        await page.goto(f"{s4.http}/#token={_token(s4)}")
        await page.locator("[data-app][data-ready]").wait_for(timeout=60_000)
        await page.evaluate(WATCH)
        delays = [await _event(publisher, number, facts, frames) for number in range(WARM_UP + EVENTS)][WARM_UP:]
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        await browser.close()
    await publisher.close()
    return [published for published, _ in delays], [recorded for _, recorded in delays]


async def _event(
    publisher: Publisher, number: int, facts: _Log[_Heard], frames: _Log[tuple[int, float]]
) -> tuple[float, float]:
    """Milliseconds from the publish, and from the record of the detection, to the first frame with the incident."""
    await asyncio.sleep(PAUSE_S)
    when = time.time_ns()
    place = {"lat": 43.0 + number // 8 / 100, "lon": -3.0 + number % 8 / 80}
    said = {"event": "forced", "time": when, "place": place}
    await publisher.send("s4/in/d1/door", json.dumps(said).encode())
    detection = await facts.first(lambda fact: fact.word == "detection" and fact.time == when)
    incident = await facts.first(lambda fact: fact.word == "incident" and fact.cursor > detection.cursor)
    _, drawn = await frames.first(lambda frame: frame[0] >= incident.cursor)
    return drawn - when / 1e6, drawn - detection.recorded / 1e6


async def _listen(api: httpx.AsyncClient, token: str, facts: _Log[_Heard]) -> None:
    """Follow the stream beside the page, to know which cursor is whose."""
    (await api.post("/api/session", json={"token": token}, headers={"X-S4": "1"})).raise_for_status()
    async with api.stream("GET", "/api/stream") as stream:
        async for line in stream.aiter_lines():
            if line.startswith('data: {"cursor"'):
                one = json.loads(line[6:])
                facts.add(_Heard(one["word"], one["cursor"], one["fact"]["time"], one["recorded"]))


def _token(s4: Child) -> str:
    command = [*s4_command(), "login", "--data-dir", str(s4.data)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return said.partition("#token=")[2].split()[0]
