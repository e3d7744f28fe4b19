"""A rule that runs row by row, on the readings that it can be about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from s4.core.rules import SqlRule
from s4.edge.queries.sheet import STREAMS, rows_of
from s4.edge.queries.spec import select_of, times_of
from s4.edge.sql.columnar.frame import Frame
from s4.edge.sql.columnar.routing import Route, routed
from s4.edge.sql.query import Emission, Options, Query
from s4.edge.sql.tree import Call, Field

Row = tuple[int, dict[str, Any]]
"""When (ms), and what is put out."""


class Rowwise:
    """One rule. `route`: the only rows that it can be about (None: all). Cost: 7 to 20 µs a row of these."""

    def __init__(self, spec: SqlRule) -> None:
        times = times_of(spec)
        self.by_event, self._idle = times.event, times.idle_ms
        options = Options(event_time=times.event, late_ms=times.late_ms, name=spec.id)
        self.query = Query(select_of(spec.sql), STREAMS, options=options)
        self.reads = frozenset(one.name for one in self.query.plan.inputs)
        self.route = self._routed(spec)
        self._newest = 0

    def _routed(self, spec: SqlRule) -> Route | None:
        """Rows that would be dropped before anything remembers them need not come at all: by WHERE where it stands
        first, or by the FILTER of a window. What analytic calls remember must be apart by the same column.
        """
        plan, select = self.query.plan, select_of(spec.sql)
        first = plan.early if plan.early is not None else plan.window.where if plan.window is not None else None
        if first is None or len(plan.inputs) > 1:
            return None
        route = routed(structs.replace(select, where=first), plan.inputs[0].stream).route
        return route if route is not None and all(_apart(call, route.column) for call in plan.analytic) else None

    def feed(self, stream: str, frame: Frame) -> Iterator[Row]:
        """Readings come in. The clock goes with them, so that it does not matter how they are cut into batches."""
        for at, row in zip(frame.time.tolist(), rows_of(frame), strict=True):
            yield from self.take(stream, row, at)

    def take(self, stream: str, row: dict[str, Any], at: int) -> Iterator[Row]:
        """One row comes in, at `at` (ms)."""
        self._newest = max(self._newest, at)
        yield from _put_out(self.query.feed(stream, [row], self._newest))

    def advance(self, now: int) -> Iterator[Row]:
        """Tell the time, ms."""
        if not self.by_event:
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


def _apart(call: Call, column: str) -> bool:
    return call.over is not None and any(isinstance(key, Field) and key.name == column for key in call.over.partition)


def _put_out(emissions: list[Emission]) -> Iterator[Row]:
    for emission in emissions:
        for row in emission.rows:
            yield emission.at, row
