"""Start and rest: `s4 --help`, the time until ready, and the memory of an idle system, all processes."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.child import child, resident_mib, s4_command
from benchmarks.figure import Figure

NAME = "startup"
ROUNDS = 5
SETTLE_S = 10.0


def run() -> list[Figure]:
    """Medians of five starts; memory after ten idle seconds."""
    helps, readies, memory = [], [], 0.0
    for round_ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run([*s4_command(), "--help"], check=True, capture_output=True)
        helps.append((time.perf_counter() - started) * 1000)
        with tempfile.TemporaryDirectory(prefix="s4-bench-") as folder, child(Path(folder), devices=["d1"]) as s4:
            readies.append(s4.ready_s)
            if round_ == 0:
                time.sleep(SETTLE_S)
                memory = resident_mib(s4.process.pid)
    return [
        Figure(NAME, "s4 --help, median", statistics.median(helps), "ms", 300.0),
        Figure(NAME, "ready after the command, median", statistics.median(readies), "s", 3.0),
        Figure(NAME, "idle, resident, all processes", memory, "MiB", 350.0),
    ]
