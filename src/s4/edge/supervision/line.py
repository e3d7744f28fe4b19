"""What supervision remembers of one device."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

from s4.core.clock import NS_PER_MS, NS_PER_S
from s4.core.devices import DeviceNotice, Health

NEVER: Final = -1
SAMPLES: Final = 15
"""Clock samples of which the median is taken: a few late messages do not move it."""
MEMORY: Final = 0.8
"""How much one message leaves of the opinion before it, so that the last five or so decide."""
BUCKET_NS: Final = 10 * NS_PER_S
BUCKETS: Final = 6


class Line(msgspec.Struct, array_like=True):
    """`heard`: ns when last heard; `bad`: 0–1, how much of what it sent lately was refused; `ahead`: the
    last clock samples, ms; `buckets`: (number of the 10 s, messages); `open`: start of each happening that goes on, by
    kind of detection; `flood_at`, `flood_per_s`: the last time it sent without measure; `changed`: whether there is
    something new to tell; the other fields as in `DeviceState`.
    """

    health: Health = "ok"
    since: int = NEVER
    detail: str = ""
    via: str = ""
    heard: int = NEVER
    accepted: int = 0
    refused: int = 0
    reason: str = ""
    repeated: int = 0
    moved: int = 0
    left_out: int = 0
    held: int = 0
    battery: float | None = None
    bad: float = 0.0
    ahead: list[float] = []
    buckets: list[tuple[int, int]] = []
    open: dict[str, int] = {}
    flood_at: int = NEVER
    flood_per_s: float = 0.0
    said: dict[str, str] = {}
    told: int = NEVER
    changed: bool = True

    def hear(self, count: int, ahead_ns: int | None, now: int) -> None:
        """So many readings came; the newest spoke of a time that much ahead of when it arrived (None: it has none)."""
        self.heard = max(self.heard, now)
        self.accepted += count
        self.bad *= float(MEMORY ** min(count, 64))
        if ahead_ns is not None:
            self.ahead = [*self.ahead[1 - SAMPLES :], ahead_ns / NS_PER_MS]
        self._count(count, now)
        self.changed = True

    def note(self, notice: DeviceNotice, now: int) -> None:
        """Take account of what sensing noticed."""
        self.refused += notice.refused
        self.repeated += notice.repeated
        self.moved += notice.moved
        self.left_out += notice.left_out
        self.held += notice.held
        self.reason, self.via = notice.reason or self.reason, notice.via or self.via
        self.said = {**self.said, **notice.said}
        if notice.refused or notice.repeated:  # it speaks, though nothing that counts
            self.heard = max(self.heard, now)
        wrong = notice.refused - notice.left_out
        if wrong > 0:
            self.bad = 1.0 - (1.0 - self.bad) * float(MEMORY ** min(wrong, 64))
        if notice.moved:
            self.ahead = [*self.ahead[1 - SAMPLES :], notice.ahead_ms]
        if notice.flood_per_s:
            self.flood_at, self.flood_per_s = now, notice.flood_per_s
        self._count(notice.refused + notice.held, now)
        self.changed = True

    def _count(self, count: int, now: int) -> None:
        number = now // BUCKET_NS
        if self.buckets and self.buckets[-1][0] == number:
            self.buckets[-1] = (number, self.buckets[-1][1] + count)
        else:
            self.buckets = [*self.buckets[1 - BUCKETS :], (number, count)]

    def per_s(self, now: int) -> float:
        """Messages or readings a second, over the last minute or so."""
        oldest = now // BUCKET_NS - BUCKETS + 1
        recent = [(number, count) for number, count in self.buckets if number >= oldest]
        if not recent:
            return 0.0
        span_ns = max(now - max(recent[0][0], oldest) * BUCKET_NS, NS_PER_S)
        return sum(count for _, count in recent) * NS_PER_S / span_ns

    def ahead_ms(self) -> float | None:
        """By how much its clock is ahead of ours, ms: the median of the last samples."""
        return median_ms(self.ahead)


def median_ms(samples: Sequence[float]) -> float | None:
    """The median, to a tenth of a millisecond; None of nothing.

    >>> median_ms([1.0, 2.0, 900.0]), median_ms([])
    (2.0, None)
    """
    return round(median(samples), 1) if samples else None
