"""Time over one stream: what is late, and up to where time is over."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from s4.edge.sql.columnar.frame import Frame

NEVER: Final = -(1 << 62)


class Times(msgspec.Struct, frozen=True):
    """How a rule understands time. `event`: by the rows' own times, where time is over `late_ms` behind the newest
    row, or (unless `idle_ms` is None) when the clock is `idle_ms` past that; otherwise by the clock.
    """

    event: bool = False
    late_ms: int = 0
    idle_ms: int | None = None


class Timeline:
    """`watermark`: up to where time is over, ms; nothing older is taken any more. `late`: rows that were too old."""

    def __init__(self, times: Times) -> None:
        self.times = times
        self.watermark = NEVER
        self.late = 0

    def feed(self, frame: Frame) -> Frame:
        """The rows that are not late; time goes on to the newest of them."""
        if not len(frame):
            return frame
        if not self.times.event:
            return self._by_the_clock(frame)
        reached = np.maximum.accumulate(frame.time) - self.times.late_ms
        before = np.maximum(np.concatenate(([self.watermark], reached[:-1])), self.watermark)
        self.watermark = max(self.watermark, int(reached[-1]))
        late = frame.time < before
        if not late.any():
            return frame
        self.late += int(late.sum())
        return frame.take(~late)

    def _by_the_clock(self, frame: Frame) -> Frame:
        if int(frame.time.min()) < self.watermark:  # a clock that was set back holds still
            frame = Frame(np.maximum(frame.time, self.watermark), frame.columns)
        self.watermark = int(frame.time.max())
        return frame

    def advance(self, now_ms: int) -> None:
        """Tell the clock's time."""
        if not self.times.event:
            self.watermark = max(self.watermark, now_ms)
        elif self.times.idle_ms is not None and self.watermark != NEVER:
            self.watermark = max(self.watermark, now_ms - self.times.late_ms - self.times.idle_ms)
