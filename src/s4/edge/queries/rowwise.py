"""A rule that runs row by row, on the readings that it can be about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from s4.core.rules import SqlRule
from s4.edge.queries.sheet import STREAMS, rows_of
from s4.edge.queries.spec import select_of, times_of
from s4.edge.sql.columnar.frame import Bool, Frame
from s4.edge.sql.columnar.routing import Route, routed
from s4.edge.sql.query import Emission, Options, Query

Row = tuple[int, dict[str, Any]]
"""When (ms), and what is put out."""


class Rowwise:
    """One rule. Cost: some 5 µs a row that it can be about, 10 ns any other."""

    def __init__(self, spec: SqlRule) -> None:
        times = times_of(spec)
        self._event, self._idle = times.event, times.idle_ms
        options = Options(event_time=times.event, late_ms=times.late_ms, name=spec.id)
        self.query = Query(select_of(spec.sql), STREAMS, options=options)
        self.reads = frozenset(one.name for one in self.query.plan.inputs)
        self._route = self._routed(spec)
        self._newest = 0

    def _routed(self, spec: SqlRule) -> Route | None:
        """Rows that WHERE would drop before anything remembers them need not come at all."""
        plan = self.query.plan
        if plan.early is None or plan.analytic or len(plan.inputs) > 1:
            return None
        return routed(select_of(spec.sql), plan.inputs[0].stream).route

    def feed(self, stream: str, frame: Frame) -> Iterator[Row]:
        """Readings come in. The clock goes with them, so that it does not matter how they are cut into batches."""
        if self._route is not None:
            frame = frame.take(_where(frame, self._route))
        for at, row in zip(frame.time.tolist(), rows_of(frame), strict=True):
            yield from self.take(stream, row, at)

    def take(self, stream: str, row: dict[str, Any], at: int) -> Iterator[Row]:
        """One row comes in, at `at` (ms)."""
        self._newest = max(self._newest, at)
        yield from _put_out(self.query.feed(stream, [row], self._newest))

    def advance(self, now: int) -> Iterator[Row]:
        """Tell the time, ms."""
        if not self._event:
            yield from _put_out(self.query.advance(now))
        elif self._idle is not None:
            yield from _put_out(self.query.expect_none_before(now - self._idle))

    def counts(self) -> dict[str, int]:
        """What became of the rows, as of a rule that runs over columns."""
        steps = self.query.counters
        return {
            "rows": steps["source"].rows_in, "passed": steps["where"].rows_out, "late": steps["watermark"].late,
            "faults": sum(step.errors for step in steps.values()), "emitted": steps["select"].rows_out,
        }  # fmt: skip

    def reason(self) -> str:
        """Why a row could last not be used; "" when none was refused."""
        return next((step.reason for step in self.query.counters.values() if step.reason), "")


def _where(frame: Frame, route: Route) -> Bool:
    column = frame.columns[route.column]
    place = -1 if column.words is None else column.words.places.get(route.text, -1)
    held: Bool = np.equal(column.values, place)
    return held


def _put_out(emissions: list[Emission]) -> Iterator[Row]:
    for emission in emissions:
        for row in emission.rows:
            yield emission.at, row
