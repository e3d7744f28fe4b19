"""What a running s4 with cameras takes of the machine: CPU counted by the kernel, pictures by s4's own metrics."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import urllib.request
from pathlib import Path
from typing import Final, Protocol

from benchmarks.child import Child, tree_of
from benchmarks.figure import Figure
from s4.detection.video.evidence.film import NICENESS

ANALYSED_FPS: Final = 5.0
WARM_PICTURES: Final = 100
LONGEST_WARM_S: Final = 120.0


class Spent(Protocol):
    """What was spent in `seconds`. `cpu_s`: by all its processes; `films_s`: of that, by the threads that make films;
    `analysed`: pictures handed to detection, at most five a second of each camera: an upper bound of those analysed.
    """

    @property
    def seconds(self) -> float: ...
    @property
    def cpu_s(self) -> float: ...
    @property
    def films_s(self) -> float: ...
    @property
    def analysed(self) -> int: ...


async def warm(s4: Child, count: int) -> None:
    """Until every camera has been looked at for some seconds."""
    deadline = time.monotonic() + LONGEST_WARM_S
    while time.monotonic() < deadline:
        counts = await asyncio.to_thread(counts_of, s4)
        if sum(value >= WARM_PICTURES for name, value in counts.items() if "dropped" not in name) >= count:
            return
        await asyncio.sleep(1.0)


def cpu_s(s4: Child) -> float:
    ticks = 0
    for pid in tree_of(s4.process.pid):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def films_s(s4: Child) -> float:
    """CPU time of its threads of the least priority: those that make films."""
    ticks = 0
    for task in Path(f"/proc/{s4.process.pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread that has just ended: never one of these
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[16]) == NICENESS else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def counts_of(s4: Child) -> dict[str, float]:
    """The pictures of each camera that were taken and dropped, since the start: from its metrics."""
    with urllib.request.urlopen(f"{s4.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    rows = [line.rpartition(" ") for line in lines if line.startswith("s4_camera_frames") and "_created" not in line]
    return {name: float(value) for name, _, value in rows}


def load(name: str, where: str, streams: int, idle: Spent, seen: Spent, what: str = "") -> list[Figure]:
    """What the cameras took of the machine, less what s4 takes without them."""
    cores, unloaded = seen.cpu_s / seen.seconds, idle.cpu_s / idle.seconds
    each = (cores - unloaded) * seen.seconds / max(seen.analysed, 1)
    filming = seen.films_s / max(seen.analysed, 1)
    share = seen.analysed / (streams * ANALYSED_FPS * seen.seconds)
    note = f"{streams} streams for {seen.seconds:.0f} s, {seen.analysed} pictures{what}; {cores:.2f} cores in all"
    return [
        Figure(name, f"{where}CPU for an analysed picture, all in all", each * 1000, "ms", 50.0, note=note),
        Figure(name, f"{where}of that, films", filming * 1000, "ms"),
        Figure(name, f"{where}streams that two cores carry, by that", 2.0 / each / ANALYSED_FPS, "", 8.0, "more"),
        Figure(name, f"{where}handed to detection, of 5 pictures a second of each", share * 100, "%", 99.0, "more"),
    ]
