"""The second half of a rule: what is done with the rows of a window, or with one row where there is no window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s4.edge.sql.counters import Counters
from s4.edge.sql.evaluate import Compiler
from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.grouping import group_rows, holds, in_order
from s4.edge.sql.joins import Joins
from s4.edge.sql.place import Hits, Place, Reader, Setting, Span
from s4.edge.sql.plan import Plan
from s4.edge.sql.project import Projection, RowsError
from s4.edge.sql.rows import Line, Record
from s4.edge.sql.tree import Call, Order
from s4.edge.sql.values import as_text
from s4.edge.sql.walk import walk

Value = Any


class StepError(Exception):
    """A step could not be done for the whole of a window."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(reason)
        self.step = step


class Execution:
    """Joins, WHERE, groups, HAVING, ORDER BY, LIMIT and SELECT, made ready."""

    def __init__(self, plan: Plan, compiler: Compiler, setting: Setting, counters: Counters) -> None:
        self._plan, self._setting, self._counters = plan, setting, counters
        self._joins = Joins(compiler, plan.limits.rows) if plan.joins else None
        self._where = compiler.optional(plan.late)
        self._keys = [compiler.reader(key) for key in plan.keys]
        self._having = compiler.optional(plan.having)
        self._order = [(compiler.reader(key.expr), key.descending) for key in plan.order]
        self._numbering = _numberings(compiler)
        self._projection = Projection(compiler)
        self.hits = {"where": Hits(), "having": Hits(), "select": Hits()}
        after_select = plan.joins or plan.late is not None or plan.keys or plan.having is not None or plan.order
        self.plain = not after_select and plan.limit is None and not self._numbering
        """A row goes straight to the SELECT list, when there is no window."""

    def run(self, rows: Sequence[Record], tables: Sequence[Record], span: Span | None) -> list[dict[str, Value]]:
        """The rows that are put out; none for nothing. Raises `StepError`."""
        lines: Sequence[Line] = rows
        if self._joins is not None:
            lines = self._joined([*rows, *tables], span)
        if self._where is not None:
            lines = self._filtered(lines, self._where, span)
        if not lines:
            return []
        places = self._ordered(self._numbered(self._picked(lines, span)))
        if self._plan.limit is not None and not self._projection.gives_rows:
            places = places[: self._plan.limit]
        return self._selected(places)

    def select(self, place: Place) -> list[dict[str, Value]]:
        """The SELECT list for one row, when the rule is `plain`. Raises `StepError`."""
        return self._selected([place])

    def _place(self, row: Line, span: Span | None, clause: str = "where") -> Place:
        place = Place(row, self._setting, span)
        place.hits_of = self.hits[clause]
        return place

    def _joined(self, rows: Sequence[Record], span: Span | None) -> Sequence[Line]:
        counter = self._counters["join"]
        counter.rows_in += len(rows)
        assert self._joins is not None  # noqa: S101 - asked before
        try:
            joined = self._joins.run(rows, lambda row: self._place(row, span))
        except FunctionError as error:
            raise StepError("join", f"run Join error: {error}") from None
        counter.rows_out += len(joined)
        return joined

    def _filtered(self, lines: Sequence[Line], where: Reader, span: Span | None) -> Sequence[Line]:
        counter, hits, passed = self._counters["where"], self.hits["where"], []
        counter.rows_in += len(lines)
        for line in lines:
            try:
                held = holds(where, self._place(line, span), "where")
            except FunctionError as error:
                counter.fail(f"run Where error: {error}")
                continue
            if held:
                passed.append(line)
                hits.rows, hits.row_at = hits.rows + 1, line.at
        counter.rows_out += len(passed)
        return passed

    def _picked(self, lines: Sequence[Line], span: Span | None) -> list[Place]:
        """A place for each group, or each row, that HAVING lets pass."""
        plan = self._plan
        if not self._keys:
            whole = self._passes([self._grouped(list(lines), span)])
            return whole if plan.aggregated or not whole else [self._place(row, span) for row in lines]
        try:
            groups = group_rows(lines, self._keys, lambda row: self._place(row, span))
        except FunctionError as error:
            raise StepError("group", f"run Group By error: {error}") from None
        self._counters["group"].rows_in += len(lines)
        self._counters["group"].rows_out += len(groups)
        return self._passes([self._grouped(group, span) for group in groups])

    def _grouped(self, group: list[Line], span: Span | None) -> Place:
        return Place(group[0], self._setting, span, group)

    def _passes(self, groups: list[Place]) -> list[Place]:
        if self._having is None:
            return groups
        counter, hits, passed = self._counters["having"], self.hits["having"], []
        counter.rows_in += len(groups)
        for place in groups:
            place.hits_of = hits
            try:
                held = holds(self._having, place, "having")
            except FunctionError as error:
                raise StepError("having", f"run Having error: {error}") from None
            if held:
                passed.append(place)
                hits.rows, hits.row_at = hits.rows + 1, place.event_time()
                hits.groups, hits.group_at = hits.groups + 1, place.event_time()
        counter.rows_out += len(passed)
        return passed

    def _numbered(self, places: list[Place]) -> list[Place]:
        for index, place in enumerate(places, 1):
            place.index = index
        try:
            for numbering in self._numbering:
                places = numbering.number(places)
        except FunctionError as error:
            raise StepError("select", f"run partition By error: {error}") from None
        return places

    def _ordered(self, places: list[Place]) -> list[Place]:
        if not self._order:
            return places
        try:
            return in_order(places, self._order)
        except FunctionError as error:
            raise StepError("order", f"run Order By error: {error}") from None

    def _selected(self, places: list[Place]) -> list[dict[str, Value]]:
        counter, hits = self._counters["select"], self.hits["select"]
        out: list[dict[str, Value]] = []
        counter.rows_in += len(places)
        for place in places:
            place.hits_of = hits
            try:
                out += self._projection.rows(place)
            except RowsError as error:
                raise StepError("select", str(error)) from None
            except FunctionError as error:
                counter.fail(f"run Select error: {error}")
                continue
            hits.rows, hits.row_at = hits.rows + 1, place.event_time()
            hits.groups, hits.group_at = hits.groups + 1, place.event_time()
        if self._plan.limit is not None:
            out = out[: self._plan.limit]
        counter.rows_out += len(out)
        return out


class _Numbering:
    """Counts rows by partition, in an order, for one window function with OVER. The rows are put into that order."""

    def __init__(self, compiler: Compiler, call: Call) -> None:
        assert call.over is not None  # noqa: S101 - asked before
        order: tuple[Order, ...] = call.over.order
        self._number = call.number
        self._partition = [compiler.reader(key) for key in call.over.partition]
        self._order = [(compiler.reader(key.expr), key.descending) for key in order]

    def number(self, places: list[Place]) -> list[Place]:
        """The places with their numbers, partition by partition and in the order of each."""
        keyed = [(tuple([as_text(part(place)) for part in self._partition]), place) for place in places]
        out: list[Place] = []
        for name in sorted({key for key, _ in keyed}):
            members = [place for key, place in keyed if key == name]
            out += in_order(members, self._order) if self._order else members
            for number, place in enumerate(out[-len(members) :], 1):
                place.numbers = {**place.numbers, self._number: number}
        return out


def _numberings(compiler: Compiler) -> list[_Numbering]:
    calls = [node for item in compiler.scope.select.columns for node in walk(item.expr) if isinstance(node, Call)]
    wanted = [call for call in calls if call.over is not None and compiler.scope.function(call).role == "window"]
    return [_Numbering(compiler, call) for call in wanted]
