"""How much may be on its way at once: as much as the line takes without its round trip growing."""

from __future__ import annotations

from typing import Final

LEAST: Final = 128 << 10
MOST: Final = 8 << 20
_GROW: Final = 1.5
_SHRINK: Final = 0.6
_SLACK_S: Final = 0.1
"""A round trip of twice the shortest and so much more is still taken as an idle line's."""


class Window:
    """Bytes that may be on their way without a receipt. A heartbeat travels behind them, so its round trip says how
    long they wait: the window is made smaller when that is long, larger when it is short and the window was full.
    """

    def __init__(self) -> None:
        self.size = LEAST
        self._full = False

    def room(self, on_their_way: int) -> int:
        """Bytes that may still go out now."""
        left = self.size - on_their_way
        self._full |= left <= 0
        return max(left, 0)

    def echo(self, round_trip_s: float, least_s: float) -> None:
        """Take account of a round trip."""
        if round_trip_s > 2 * least_s + _SLACK_S:
            self.size = max(int(self.size * _SHRINK), LEAST)
        elif self._full:
            self.size = min(int(self.size * _GROW), MOST)
        self._full = False

    def lost(self) -> None:
        """What was on its way did not arrive."""
        self.size = max(self.size // 4, LEAST)
