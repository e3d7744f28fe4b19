"""How an export is doing: for `s4 status`, `/readyz` and the metrics."""

from __future__ import annotations

from typing import Literal

import msgspec

from s4.core.clock import NS_PER_S, Clock
from s4.runtime import metrics
from s4.runtime.export.backlog import Backlog

EXPORTS_SUBJECT = "s4.admin.exports"
"""Where a process answers how its exports are doing; behind it stand its process id and its start."""


class ExportState(msgspec.Struct):
    """`state`: `up` (the last was taken, or nothing was sent yet), `retrying` (the target does not take it now), `full`
    (no more is taken from the bus until something is sent); `sent`, `dead`, `dropped`: rows since the export began;
    `memory_rows`, `disk_rows`, `disk_bytes`: what waits; `oldest_s`: for how long the oldest has; `last_sent`: clock ns
    (0 = never); `last_error`: the last complaint, "" when there is none; `missed`: places of the bus' streams that it
    no longer held when they were to be read, at most so many of them rows of this export.
    """

    id: str
    target: str
    state: Literal["up", "retrying", "full"] = "up"
    sent: int = 0
    dead: int = 0
    dropped: int = 0
    memory_rows: int = 0
    disk_rows: int = 0
    disk_bytes: int = 0
    oldest_s: float = 0.0
    last_sent: int = 0
    last_error: str = ""
    missed: int = 0

    def begin(self, counts: dict[str, int]) -> None:
        """Continue with what was counted in earlier lives."""
        self.sent, self.dead, self.dropped = (counts.get(name, 0) for name in ("sent", "dead", "dropped"))

    def count(self, result: Literal["sent", "dead", "dropped"], rows: int) -> None:
        """So many rows more were sent, died, or were given up."""
        setattr(self, result, getattr(self, result) + rows)
        metrics.EXPORT_ROWS.labels(self.id, result).inc(rows)

    def look(self, backlog: Backlog, clock: Clock) -> None:
        """Note what waits now."""
        self.memory_rows, self.disk_rows = backlog.memory_rows, backlog.spilled.rows
        self.disk_bytes, oldest = backlog.spilled.bytes, backlog.oldest()
        self.oldest_s = max(0.0, (clock.now() - oldest) / NS_PER_S) if oldest else 0.0
        metrics.EXPORT_WAITING.labels(self.id, "memory").set(self.memory_rows)
        metrics.EXPORT_WAITING.labels(self.id, "disk").set(self.disk_rows)
        metrics.EXPORT_OLDEST.labels(self.id).set(self.oldest_s)
        metrics.EXPORT_UP.labels(self.id).set(float(self.state == "up"))
