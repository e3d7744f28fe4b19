"""What a contender says of itself: how long the work took it, without its start. Standard library only."""

from __future__ import annotations

import json
import os
import sys
import time


class Meter:
    """Times from `start` to `finish`: the clock on the wall, and the CPU of this process with all its threads."""

    def __init__(self) -> None:
        self._wall = self._cpu = 0.0

    def start(self) -> None:
        """Everything is imported and made ready; the input has not been touched."""
        self._wall, self._cpu = time.perf_counter(), _cpu_s()

    def finish(self, rows: int = 0, **more: object) -> None:
        """The last alert is written. `rows`: how many were taken in, when it was not all of them."""
        wall, cpu = time.perf_counter() - self._wall, _cpu_s() - self._cpu
        said = {"wall_s": wall, "cpu_s": cpu, "rows": rows, "python": sys.version.split()[0], **more}
        print(json.dumps(said), flush=True)


def _cpu_s() -> float:
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
