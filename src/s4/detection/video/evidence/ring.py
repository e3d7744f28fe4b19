"""Ring: the last seconds of one camera, encoded, in memory only."""

from __future__ import annotations

from collections import deque
from typing import Final

from s4.core.clock import NS_PER_S
from s4.detection.video.evidence.shot import Shot

MOST_BYTES: Final = 32 << 20


class Ring:
    """The shots of the last `seconds`, and never more than `most_bytes` of them: then the oldest go sooner."""

    def __init__(self, seconds: float, most_bytes: int = MOST_BYTES) -> None:
        self._span, self._most = round(seconds * NS_PER_S), most_bytes
        self._shots: deque[Shot] = deque()
        self.size = 0

    def add(self, shot: Shot) -> None:
        """Take in the newest one. A time that is not later than the last one's begins anew."""
        if self._shots and shot.time <= self._shots[-1].time:
            self.clear()
        self._shots.append(shot)
        self.size += len(shot.jpeg)
        while self._shots[0].time < shot.time - self._span or (self.size > self._most and len(self._shots) > 1):
            self.size -= len(self._shots.popleft().jpeg)

    def clear(self) -> None:
        """Forget all."""
        self._shots.clear()
        self.size = 0

    def shots(self) -> list[Shot]:
        """Those held, oldest first."""
        return list(self._shots)
