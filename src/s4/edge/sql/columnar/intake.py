"""The first half of rules at work: filter and window. Rules that agree on it share one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from s4.edge.sql.columnar.frame import Column, Frame
from s4.edge.sql.columnar.panes import Aggregate, Closed, Panes
from s4.edge.sql.columnar.shape import EDGE, Front


class Intake:
    """Takes batches in and gives frames: the rows that pass, or, with a window, one row a group of each window that is
    over. `passed`, `faults`: rows that passed the filter, that it could not judge.
    """

    def __init__(self, front: Front) -> None:
        self.front = front
        self.passed = self.faults = 0
        self._slots: dict[Hashable, str] = {}
        self._panes = Panes(front.length_ms, front.hop_ms, front.keys) if front.length_ms else None

    def slot(self, said: Hashable, aggregate: Aggregate) -> str:
        """Where the value of an aggregate will stand in the frames. What several rules ask for is held once.
        To be called before anything has come in.
        """
        assert self._panes is not None  # noqa: S101 - aggregates come with windows
        if said not in self._slots:
            self._slots[said] = f"#{len(self._slots)}"
            self._panes.aggregates.append(aggregate)
        return self._slots[said]

    def feed(self, frame: Frame) -> Frame | None:
        """Take in a batch. Without a window, the rows that pass; with one, they wait for `close`."""
        passed = self._passed(frame)
        self.passed += len(passed)
        if self._panes is None:
            return passed if len(passed) else None
        self._panes.add(passed)
        return None

    def _passed(self, frame: Frame) -> Frame:
        if self.front.where is None:
            return frame
        held = self.front.where.run(frame)
        if held.fault is not None:
            self.faults += int(held.fault.sum())
        mask = held.true()
        return frame if mask.all() else frame.take(mask)

    def next_end(self) -> int | None:
        """When the next window is over, ms; None while none holds anything."""
        return None if self._panes is None else self._panes.next_end()

    def close(self, until: int) -> list[Frame]:
        """The windows that are over at `until` (ms), in order."""
        return [] if self._panes is None else [self._outcome(closed) for closed in self._panes.close(until)]

    def _outcome(self, closed: Closed) -> Frame:
        names = (*self.front.key_names, *self._slots.values())
        columns = dict(zip(names, (*closed.keys, *closed.values), strict=True))
        ends = np.full(closed.size, closed.end, np.int64)
        return Frame(ends, columns | {EDGE: Column(ends)})

    def snapshot(self) -> list[Any]:
        """The whole state, as plain values."""
        slots = [repr(said) for said in self._slots]
        return [self.passed, self.faults, slots, None if self._panes is None else self._panes.snapshot()]

    def restore(self, state: list[Any]) -> None:
        """Become what `snapshot` described, as far as the rules that live here now ask for it."""
        self.passed, self.faults, slots, panes = state
        if self._panes is not None:
            self._panes.restore(panes, [slots.index(repr(said)) for said in self._slots])
