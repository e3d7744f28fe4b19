"""Measures a line from end to end: heartbeats that the hub echoes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

DEAD_AFTER_S: Final = 5.0
"""No echo for so long, and the line counts as dead, whatever the bus says."""
_LATE_S: Final = 3.0
"""An echo later than this counts as lost when the loss is reckoned; its round trip counts all the same."""
_REMEMBERED: Final = 20
_FORGET_S: Final = 120.0
_SMOOTHING: Final = 0.3


class Sample(msgspec.Struct):
    """One heartbeat: when it went, and whether its echo came."""

    sent_s: float
    answered: bool = False


class LineMeter:
    """Round trip, loss and life of one line. All times are seconds of any one steady clock."""

    def __init__(self) -> None:
        self._samples: OrderedDict[int, Sample] = OrderedDict()
        self._number = 0
        self._heard_s = float("-inf")
        self._least: list[tuple[float, float]] = []
        self.round_trip_s = 0.0

    def send(self, now_s: float) -> int:
        """A heartbeat goes out now; returns its number."""
        self._number += 1
        self._samples[self._number] = Sample(now_s)
        while len(self._samples) > _REMEMBERED:
            self._samples.popitem(last=False)
        return self._number

    def echo(self, number: int, now_s: float) -> float | None:
        """The echo of a heartbeat came back; returns its round trip, None when it is a repeat or long forgotten."""
        sample = self._samples.get(number)
        if sample is None or sample.answered:
            return None
        sample.answered, took = True, now_s - sample.sent_s
        fresh = not self.alive(now_s)
        if fresh:  # that the line was away is not loss
            self._samples = OrderedDict((n, one) for n, one in self._samples.items() if n >= number)
        self._heard_s = now_s
        self.round_trip_s = took if fresh else self.round_trip_s + _SMOOTHING * (took - self.round_trip_s)
        self._least = [(at, one) for at, one in self._least if at > now_s - _FORGET_S and one < took] + [(now_s, took)]
        return took

    @property
    def least_s(self) -> float:
        """The shortest round trip of the last two minutes: what the line takes when nothing waits on it."""
        return self._least[0][1] if self._least else 0.0

    def alive(self, now_s: float) -> bool:
        """Whether an echo came back lately."""
        return now_s - self._heard_s < DEAD_AFTER_S

    def silent_s(self, now_s: float) -> float:
        """How long no echo has come; infinite when none ever has."""
        return now_s - self._heard_s

    def loss(self, now_s: float) -> float:
        """The part, 0-1, of the latest heartbeats whose echo should be here and is not."""
        due = [one for one in self._samples.values() if one.answered or now_s - one.sent_s > _LATE_S]
        return sum(not one.answered for one in due) / len(due) if due else 0.0
