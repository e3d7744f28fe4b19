"""Decides when the leaf link is started again: when it is dead by our own measure though it should carry.

NATS keeps a leaf connection for minutes that no longer forwards anything, and has been seen not to solicit a lost one
again (nats-server issue 7615). So it is judged by our own heartbeats, and helped along, ever more seldom.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

PATIENCE_S: Final = 8.0
"""A link that is up by NATS' word and silent for so long is started again."""
DOWN_PATIENCE_S: Final = 60.0
"""A link that is down by NATS' word though the hub can be reached: NATS has so long to solicit it by itself."""
_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 300.0
_RECONNECTS: Final = 3
_RESTART_PAUSE_S: Final = 900.0
_LONGEST_RESTART_PAUSE_S: Final = 6 * 3600.0


class Remedy(Enum):
    """`RECONNECT`: the server drops the link and solicits it anew; `RESTART`: the server itself is replaced."""

    RECONNECT = "reconnect"
    RESTART = "restart"


class State(msgspec.Struct, frozen=True):
    """What is known now. `silent_s`: how long no echo has come; `up`: NATS' word; `reachable`: whether the hub's port
    takes a connection.
    """

    alive: bool
    silent_s: float
    up: bool
    reachable: bool


class Watchdog:
    """One decision after another, with back-off. Times are seconds of any steady clock."""

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        self._calm()
        self._next_restart_s = now_s
        self._restart_pause_s = _RESTART_PAUSE_S

    def _calm(self) -> None:
        self._tries, self._pause_s, self._next_s = 0, _PAUSE_S, 0.0

    def decide(self, state: State, now_s: float) -> Remedy | None:
        """What is to be done now; None: nothing."""
        if state.alive:
            self._calm()
            self._since_s = now_s
            return None
        patience = PATIENCE_S if state.up else DOWN_PATIENCE_S
        silent = min(state.silent_s, now_s - self._since_s)
        if not state.reachable or silent < patience or now_s < self._next_s:
            return None
        self._tries += 1
        self._next_s, self._pause_s = now_s + self._pause_s, min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if self._tries > _RECONNECTS and now_s >= self._next_restart_s:
            self._next_restart_s = now_s + self._restart_pause_s
            self._restart_pause_s = min(self._restart_pause_s * 2, _LONGEST_RESTART_PAUSE_S)
            return Remedy.RESTART
        return Remedy.RECONNECT
