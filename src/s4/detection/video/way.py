"""The way that somebody may have gone unseen: from where a track was last seen to where it should be now."""

from __future__ import annotations

from math import hypot
from typing import Final, NamedTuple

from s4.detection.video.picture import Box
from s4.detection.video.track import Track

REACH: Final = 0.5  # heights
REACH_PER_S: Final = 0.6  # heights more for each second unseen


class Way(NamedTuple):
    """From (`x`, `y`), by (`across`, `down`); `reach`: how far beside it the track may be, `tall`: its height; px."""

    x: float
    y: float
    across: float
    down: float
    reach: float
    tall: float

    @classmethod
    def of(cls, track: Track) -> Way:
        """Of a track that was not seen in this picture yet."""
        x, y = track.last_foot
        reach = track.h * (REACH + REACH_PER_S * track.unseen_s)
        return cls(x, y, track.x.position - x, track.y.position - y, reach, track.h)

    @property
    def around(self) -> Box:
        """The box outside which nothing is within reach."""
        x, y, across, down, reach, _ = self
        wide, high = abs(across) + 2 * reach, abs(down) + 2 * reach
        return Box(min(x, x + across) - reach, min(y, y + down) - reach, wide, high)

    def off(self, x: float, y: float) -> float:
        """How far a point is from the way, px: who was hidden may have gone on or have stopped.

        >>> Way(0.0, 0.0, 10.0, 0.0, 5.0, 40.0).off(5.0, 3.0), Way(0.0, 0.0, 10.0, 0.0, 5.0, 40.0).off(14.0, 3.0)
        (3.0, 5.0)
        """
        dx, dy = x - self.x, y - self.y
        long = self.across * self.across + self.down * self.down
        share = min(max((dx * self.across + dy * self.down) / long, 0.0), 1.0) if long > 0.0 else 0.0
        return hypot(dx - share * self.across, dy - share * self.down)
