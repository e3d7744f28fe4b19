"""A real `s4 run` as a child process, as a user would start it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

CITY = """
[city]
id = "bench"
name = "Bench"
place = {{lat = 43.26, lon = -2.93}}
rules = "rules.toml"
[city.stages]
{stages}
[[site]]
id = "square"
name = "Square"
place = {{lat = 43.26, lon = -2.93}}
"""
SOURCE = """
[[source]]
id = "{id}"
site = "square"
door = "device"
[source.options]
units = {{level = "1"}}
"""


class Child(NamedTuple):
    """A running s4. `ready_s`: from the command to the answer on /readyz."""

    process: subprocess.Popen[bytes]
    http: str
    mqtt_port: int
    bus: str
    bus_password: str
    secrets: dict[str, str]
    ready_s: float
    data: Path


def s4_command() -> list[str]:
    """The `s4` beside this Python."""
    return [str(Path(sys.executable).with_name("s4"))]


@contextlib.contextmanager
def child(
    folder: Path,
    *,
    devices: Sequence[str],
    rules: str = "",
    stages: str = "",
    rooms: Sequence[str] = (),
    doors: str = "",
) -> Iterator[Child]:
    """Start it in `folder` with these rooms (none: all), more doors (TOML), and a credential for each device; stop it
    at the end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = CITY.format(stages=stages) + "".join(SOURCE.format(id=device) for device in devices) + doors
    (folder / "city.toml").write_text(text)
    (folder / "rules.toml").write_text(rules)
    data = folder / "data"
    secrets = {device: _secret(data, device) for device in devices}
    started = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*s4_command(), "run", str(folder / "city.toml"), *rooms, "--data-dir", str(data),
             "--http-port", "0", "--mqtt-port", "0"],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        where = _wait(data / "running.json", process, folder / "log")
        ready = time.perf_counter() - started
        yield Child(
            process, where["http"], int(where["mqtt"].rsplit(":", 1)[1]), where["bus"],
            (data / "bus.secret").read_text(), secrets, ready, data,
        )  # fmt: skip
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _secret(data: Path, device: str) -> str:
    done = subprocess.run(
        [*s4_command(), "device", "add", device, "--data-dir", str(data)], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _wait(note: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if note.exists() and (text := note.read_text()):
            with contextlib.suppress(json.JSONDecodeError):
                return dict(json.loads(text))
        time.sleep(0.01)
    raise RuntimeError(f"s4 did not start: {log.read_text()[-2000:]}")


def resident_mib(pid: int) -> float:
    """Resident memory of a process and all below it, MiB: shared pages counted once for each (an upper bound)."""
    return sum(_rss(p) for p in tree_of(pid)) / 2**20


def tree_of(pid: int) -> list[int]:
    """A process and all below it."""
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        found.append(parent)
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            queue += [int(child) for child in task.read_text().split()]
    return found


def _rss(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
