"""Eight cameras on two cores: a real `s4 run sensing detection` watches live MJPEG of 640 × 480, all behaviours on.

    .venv/bin/python -m benchmarks.detection.streams                          # $S4_DATA, default ../shared/data
    .venv/bin/python -m benchmarks.detection.streams --streams 4 --seconds 20

Seven cameras show real recordings (to and fro), the eighth a drawn square in which somebody walks over a line every
five seconds; 10 pictures a second each, served from here, encoded beforehand. 5 pictures a second of each are analysed.
Each has a zone through which people walk, so that something happens and films are made all the time; then once more
without zones, as in a quiet street. Glass to event is from the moment at which the first picture that shows somebody's
middle on the line, or past it, is sent until the detection can be read on the bus; it contains the wait for the next
analysed picture. CPU and memory are of s4's processes, counted by the kernel, less what one without cameras takes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import nats
import numpy as np
from numpy.typing import NDArray

from benchmarks.child import child, resident_mib
from benchmarks.detection.parts import CLIPS, FPS, SIZE, folder, pictures
from benchmarks.detection.spent import ANALYSED_FPS, counts_of, cpu_s, films_s, load, warm
from benchmarks.figure import Figure, percentile
from s4.exercise.mjpeg import MjpegServer, Picture

NAME = "video-streams"
STREAMS: Final = 8
SECONDS: Final = 60.0
CLIP_S: Final = 20.0
WALK_FPS: Final = 10
WALK_S: Final = 5.1  # an odd number of pictures: now the one that shows it is analysed, now the one after it
LATEST_S: Final = 2.0
LINE: Final = 0.5
GLASS: Final = "glass"
Image = NDArray[np.uint8]


class Walk(NamedTuple):
    """The drawn film, and the picture in which somebody has first got over the line."""

    jpegs: list[bytes]
    crossed: int


def walk() -> Walk:
    """Somebody 120 px high walks from left to right."""
    width, height = SIZE
    slabs = np.random.default_rng(7).uniform(110, 160, (height // 16, width // 16))
    ground = np.repeat(np.kron(slabs, np.ones((16, 16)))[..., np.newaxis], 3, axis=2)
    jpegs, crossed, count = [], 0, round(WALK_S * WALK_FPS)
    for number in range(count):
        x = round(-40 + (width + 80) * number / count)
        picture = ground.astype(np.uint8)
        cv2.rectangle(picture, (x - 18, 260), (x + 18, 380), (60, 40, 40), -1)
        cv2.circle(picture, (x, 250), 12, (120, 150, 190), -1)
        jpegs.append(_jpeg(picture))
        crossed = crossed or (number if x >= LINE * width else 0)
    return Walk(jpegs, crossed)


def _jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def recordings(count: int) -> list[list[bytes]]:
    """The films of the other cameras, encoded; where there are more cameras than recordings, some are mirrored."""
    found: list[list[bytes]] = []
    for number in range(count):
        name, fps = CLIPS[number % len(CLIPS)]
        images = pictures(folder() / name, fps, CLIP_S)
        mirrored = number >= len(CLIPS)
        there = [_jpeg(np.ascontiguousarray(image[:, ::-1]) if mirrored else image) for image in images]
        found.append(there + there[-2:0:-1])
    return found


@asynccontextmanager
async def cameras(films: list[list[bytes]], crossing: Walk, sent: list[float]) -> AsyncIterator[int]:
    """Serve the films until the end of the block; gives the port. When somebody crosses goes into `sent`."""
    names = [GLASS, *(f"cam-{number}" for number in range(len(films)))]
    async with MjpegServer(names, 0) as server:

        async def play(name: str, jpegs: list[bytes], fps: float, crossed: int = -1) -> None:
            began, number = time.monotonic(), 0
            while True:
                await asyncio.sleep(max(began + number / fps - time.monotonic(), 0.0))
                if number % len(jpegs) == crossed:
                    sent.append(time.monotonic())
                server.show(name, Picture(time.time_ns(), jpegs[number % len(jpegs)]))
                number += 1

        plays = [asyncio.create_task(play(GLASS, crossing.jpegs, WALK_FPS, crossing.crossed))]
        plays += [asyncio.create_task(play(f"cam-{n}", film, FPS)) for n, film in enumerate(films)]
        try:
            yield server.port
        finally:
            for one in plays:
                one.cancel()


def doors(names: list[str], port: int, *, quiet: bool = False) -> str:
    """The cameras in the city's description, each with a zone, the drawn one with a line; `quiet`: none."""
    text = ""
    for name in names:
        text += f'[[source]]\nid = "{name}"\nsite = "square"\ndoor = "camera"\n'
        text += f'options = {{ url = "http://127.0.0.1:{port}/{name}" }}\n'
        if quiet:
            continue
        text += f'[[zone]]\nid = "z-{name}"\nsource = "{name}"\nname = "Z"\n'
        text += (
            "outline = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.9], [0.3, 0.9]]\n"
            if name != GLASS
            else (f'kind = "line_crossing"\noutline = [[{LINE}, 0.0], [{LINE}, 1.0]]\n')
        )
    return text


class Seen(NamedTuple):
    """What a run showed. `delays`: ms from crossing to event; `cpu_s`: of all its processes; `resident`: MiB;
    `analysed`, `dropped`: pictures; `started`: happenings; `films_s`: CPU of the threads that make films.
    """

    seconds: float
    delays: list[float]
    crossings: int
    cpu_s: float
    resident: float
    analysed: int
    dropped: int
    started: int
    films_s: float


async def watch(films: list[list[bytes]], seconds: float, *, quiet: bool = False) -> Seen:
    """Start s4 on the films and look at it for so long, after it has warmed up."""
    sent: list[float] = []
    heard: list[float] = []
    started: list[float] = []
    names = [GLASS, *(f"cam-{number}" for number in range(len(films)))] if films else []
    async with cameras(films, walk(), sent) as port:
        with tempfile.TemporaryDirectory(prefix="s4-bench-") as place:
            enter = child(
                Path(place), devices=[], rooms=["sensing", "detection"], doors=doors(names, port, quiet=quiet)
            )
            s4 = await asyncio.to_thread(enter.__enter__)
            try:
                bus = await nats.connect(s4.bus, user="s4-runner", password=s4.bus_password)
                await bus.subscribe("s4.bench.*.detection.>", cb=_hear(heard, started))
                await warm(s4, len(names))
                counts, before, began = await asyncio.to_thread(counts_of, s4), cpu_s(s4), time.monotonic()
                filming = films_s(s4)
                await asyncio.sleep(seconds)
                spent, lasted = cpu_s(s4) - before, time.monotonic() - began
                filming = films_s(s4) - filming
                resident = resident_mib(s4.process.pid)
                counted = await asyncio.to_thread(counts_of, s4)
                await bus.close()
            finally:
                await asyncio.to_thread(enter.__exit__, None, None, None)
    known = [one for one in sent if began <= one <= began + seconds - LATEST_S]
    more = {name: value - counts.get(name, 0.0) for name, value in counted.items()}
    taken = [value for name, value in more.items() if "dropped" not in name]
    return Seen(
        lasted,
        _delays(known, heard),
        len(known),
        spent,
        resident,
        round(sum(min(value, lasted * ANALYSED_FPS) for value in taken)),
        round(sum(more.values()) - sum(taken)),
        sum(one >= began for one in started),
        filming,
    )


def _hear(heard: list[float], started: list[float]) -> Any:
    async def on_detection(message: Any) -> None:
        now, detection = time.monotonic(), json.loads(message.data)
        if detection.get("phase", "start") == "start":
            started.append(now)
            if detection["kind"] == "line_crossing":
                heard.append(now)

    return on_detection


def _delays(sent: list[float], heard: list[float]) -> list[float]:
    """Milliseconds from each crossing to the first event within two seconds of it."""
    found = []
    for one in sent:
        after = [event - one for event in heard if -0.5 <= event - one <= LATEST_S]
        found += [min(after) * 1000] if after else []
    return found


def run(streams: int = STREAMS, seconds: float = SECONDS) -> list[Figure]:
    """Without cameras first, then with them. Empty, with a line, when the recordings are not there."""
    if not folder().is_dir():
        sys.stderr.write(f"{NAME}: no recordings at {folder()}; set S4_DATA to the folder that holds them\n")
        return []
    cv2.setNumThreads(1)
    films = recordings(streams - 1)
    idle = asyncio.run(watch([], min(seconds, 10.0)))
    calm = asyncio.run(watch(films, seconds / 2, quiet=True))
    seen = asyncio.run(watch(films, seconds))
    return [*_figures(streams, idle, seen), *load(NAME, "quiet street: ", streams, idle, calm, _happenings(calm))]


def _delay(seen: Seen, share: float) -> float:
    return percentile(seen.delays, share) if seen.delays else float("inf")


def _happenings(seen: Seen) -> str:
    return f", {seen.started} happenings"


def _figures(streams: int, idle: Seen, seen: Seen) -> list[Figure]:
    memory = (seen.resident - idle.resident) / streams
    told = f"{len(seen.delays)} of {seen.crossings} crossings told"
    passed = seen.dropped / seen.seconds / streams
    return [
        *load(NAME, "", streams, idle, seen, _happenings(seen)),
        Figure(NAME, "pictures of a camera that were passed over for want of time", passed, "/s"),
        Figure(NAME, "memory of a stream", memory, "MiB", 150.0, note=f"{seen.resident:.0f} MiB in all"),
        Figure(NAME, "glass to event, p50", _delay(seen, 0.5), "ms", note=told),
        Figure(NAME, "glass to event, p95", _delay(seen, 0.95), "ms", 400.0),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    for figure in run(given.streams, given.seconds):
        print(f"{figure.name:<64} {figure.value:8.2f} {figure.unit:<3} {figure.note}")
