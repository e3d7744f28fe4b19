"""Was the light switched? From one moment to the next, much of the picture is new, and no crowd comes so fast."""

from __future__ import annotations

from collections import deque
from typing import Final

WITHIN_S: Final = 1.2  # a lamp takes a moment, and so does the camera's exposure
JUMP: Final = 0.25  # of the picture
SETTLES_S: Final = 2.0


class Switch:
    """Of one camera."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, float]] = deque()
        self._left_s = 0.0

    def see(self, share: float, dt_s: float) -> bool:
        """Whether the light is just changing; `share`: how much of the picture, `dt_s` after the last, is new, 0–1.

        >>> switch = Switch()
        >>> [switch.see(share, 0.5) for share in (0.02, 0.05, 0.5, 0.1, 0.02, 0.02, 0.02, 0.02)]
        [False, False, True, True, True, True, True, False]
        """
        if self._left_s > 0.0:
            self._left_s -= dt_s
            self._past.clear()
            return self._left_s > 0.0
        self._past = deque((ago + dt_s, old) for ago, old in self._past if ago + dt_s <= WITHIN_S)
        least = min((old for _, old in self._past), default=share)
        self._past.append((0.0, share))
        if share - least < JUMP:
            return False
        self._left_s = SETTLES_S + dt_s
        return True
