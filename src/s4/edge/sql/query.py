"""A rule at work: rows in, emissions out, on a clock that its caller moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from s4.core.errors import InputError
from s4.edge.sql.analytic import analytic_calls
from s4.edge.sql.casting import Cast
from s4.edge.sql.counters import Counter, Counters
from s4.edge.sql.evaluate import Compiler
from s4.edge.sql.execute import Execution, StepError
from s4.edge.sql.functions.function import Function, FunctionError
from s4.edge.sql.grouping import holds
from s4.edge.sql.opening import open_window
from s4.edge.sql.place import Hits, Place, Reader, Setting
from s4.edge.sql.plan import Limits, Plan, make_plan
from s4.edge.sql.rows import Record
from s4.edge.sql.scope import Scope
from s4.edge.sql.tree import Select, Stream
from s4.edge.sql.watermark import Watermark
from s4.edge.sql.windows.batch import Batch

Value = Any
Row = Mapping[str, Value]
VERSION: Final = 1
_STEPS: Final = ("source", "watermark", "analytic", "where", "window", "join", "group", "having", "order", "select")


class Emission(msgspec.Struct, frozen=True):
    """What a rule puts out at once: the rows of a window, or of one row that came. `at`: the clock, ms.

    With an `error` there are no rows: these rows could not be computed, for this reason.
    """

    at: int
    rows: list[dict[str, Value]] = []
    error: str = ""


class Options(msgspec.Struct, frozen=True):
    """How a rule is run. Without `event_time` a row's time is when it arrives (`at`); with it, its own (`event_at`, or
    the column of the stream's TIMESTAMP), and rows wait `late_ms` for those before them. The clock begins at `start`.
    """

    event_time: bool = False
    late_ms: int = 0
    start: int = 0
    name: str = "rule"
    limits: Limits = Limits()


DEFAULT_OPTIONS: Final = Options()


class Query:
    """One rule, made ready once. All times are ms since the epoch; there is no clock inside.

    `streams` are those that may be read, by name; `tables` hold their rows from the start.
    Raises `PlanError` for a statement that cannot be run. Cost: 7 to 20 µs a row, more where windows overlap.

    >>> from s4.edge.sql.grammar import parse_select, parse_stream
    >>> stream = parse_stream('CREATE STREAM s () WITH (FORMAT="json")')
    >>> query = Query(parse_select("SELECT t * 2 AS twice FROM s WHERE t > 1"), {"s": stream}, functions={})
    >>> [emission.rows for emission in query.feed("s", [{"t": 1}, {"t": 2}], at=0)]
    [[{'twice': 4}]]
    """

    def __init__(
        self,
        select: Select,
        streams: Mapping[str, Stream],
        *,
        tables: Mapping[str, Sequence[Row]] | None = None,
        options: Options = DEFAULT_OPTIONS,
        functions: Mapping[str, Function] | None = None,
    ) -> None:
        known = _registry() if functions is None else functions
        event_time, late_ms = options.event_time, options.late_ms
        self.plan: Plan = make_plan(
            select, streams, known, event_time=event_time, late_ms=late_ms, limits=options.limits
        )
        self._setting = Setting(options.name, options.start, options.start)
        self._counters = Counters(_STEPS)
        compiler = Compiler(Scope(select, streams, known), self.plan.limits.partitions)
        self._casts = {one.name: Cast(one.stream) for one in self.plan.inputs}
        self._stamps = {one.name: one.stream.options.get("TIMESTAMP", "") for one in self.plan.inputs}
        self._analytic = analytic_calls(compiler, self.plan.limits.partitions)
        self._early = compiler.optional(self.plan.early)
        self._early_hits, self._window_hits = Hits(), Hits()
        self._window = open_window(self.plan, compiler, self._setting, self._window_hits)
        self._filter = compiler.optional(self.plan.window.where if self.plan.window else None)
        self._execution = Execution(self.plan, compiler, self._setting, self._counters)
        self._remembering = [*self._analytic, *compiler.selected]
        read = [one.known for one in self.plan.inputs if not one.table]
        self._mark = Watermark(read, late_ms, self.plan.limits.rows) if event_time else None
        self._tables: dict[str, list[Record]] = {one.known: [] for one in self.plan.inputs if one.table}
        for table, rows in (tables or {}).items():
            self._fill(table, rows)

    def feed(
        self,
        stream: str,
        rows: Sequence[Row],
        at: int | Sequence[int],
        event_at: Sequence[int | None] | None = None,
        meta: Row | None = None,
    ) -> list[Emission]:
        """Rows of a stream or table come in, in the order of `at`; one time for all of them, or one each.

        Moves the clock on to `at`. A row that cannot be used is counted with the reason, and the rest goes on.
        """
        inputs = [one for one in self.plan.inputs if one.name == stream]
        moves = self._window is not None and self._mark is None
        if not inputs:
            raise InputError(f"the rule does not read {stream}", field="stream")
        out: list[Emission] = []
        for index, row in enumerate(rows):
            arrived = at if isinstance(at, int) else at[index]
            if moves:
                out += self.advance(arrived)
            elif arrived > self._setting.now:
                self._setting.now = arrived
            own = event_at[index] if event_at is not None else None
            for one in inputs:
                try:
                    record = self._record(one.name, one.known, row, own, meta)
                except FunctionError as error:
                    out.append(self._failed("source", f"error in preprocessor: {error}"))
                    continue
                if one.table:
                    self._keep(one.known, record, one.retain)
                else:
                    out += self._take(record)
        return out

    def advance(self, now: int) -> list[Emission]:
        """Move the clock on; windows that end by it are put out. A time before the clock's changes nothing."""
        out: list[Emission] = []
        if self._window is not None and self._mark is None:
            while (due := self._window.due()) is not None and due <= now:
                self._setting.now = max(self._setting.now, due)
                out += self._batches(self._window.fire(due))
        self._setting.now = max(self._setting.now, now)
        return out

    def _record(self, name: str, known: str, row: Row, own: int | None, meta: Row | None) -> Record:
        counter = self._counters["source"]
        counter.rows_in += 1
        values = self._casts[name].row(row)
        counter.rows_out += 1
        timeless = not self.plan.event_time or known in self._tables
        return Record(known, values, self._setting.now if timeless else self._time_of(name, values, own), meta)

    def _time_of(self, name: str, values: Row, own: int | None) -> int:
        if own is not None:
            return own
        stamp = self._stamps[name]
        value = values.get(stamp)
        if type(value) is int or (type(value) is float and value.is_integer()):
            return int(value)
        raise FunctionError(f"the row has no time in ms in its column {stamp or '(no TIMESTAMP is declared)'}")

    def _fill(self, table: str, rows: Sequence[Row]) -> None:
        for one in self.plan.inputs:
            if one.name == table and one.table:
                for row in rows[-self.plan.limits.table_rows :]:
                    try:
                        record = Record(one.known, self._casts[table].row(row), self._setting.now)
                    except FunctionError as error:
                        self._counters["source"].fail(f"table {table}: {error}")
                        continue
                    self._tables[one.known].append(record)

    def _keep(self, known: str, record: Record, most: int) -> None:
        rows = self._tables[known]
        rows.append(record)
        del rows[:-most]

    def _failed(self, step: str, reason: str) -> Emission:
        self._counters[step].fail(reason)
        return Emission(self._setting.now, error=reason)

    def _take(self, record: Record) -> list[Emission]:
        if self._mark is None:
            return self._arrived(record)
        self._counters["watermark"].rows_in += 1
        return self._due(self._mark, *self._mark.take(record))

    def expect_none_before(self, until: int) -> list[Emission]:
        """By the rows' own time: nothing older than `until` (ms) is to come, less what may be late. What waited for it
        goes on.
        """
        if self._mark is None or self._mark.fresh:
            return []
        self._setting.now = max(self._setting.now, until)
        return self._due(self._mark, *self._mark.expect_none_before(until))

    def _due(self, known: Watermark, due: list[Record], mark: int | None) -> list[Emission]:
        counter = self._counters["watermark"]
        counter.rows_out += len(due)
        counter.late, counter.dropped = known.late_rows, known.dropped
        out = [emission for one in due for emission in self._arrived(one)]
        if mark is not None and self._window is not None:
            out += self._batches(self._window.pass_mark(mark))
        return out

    def _arrived(self, record: Record) -> list[Emission]:
        """The row is in its place in time: analytic calls, WHERE where it comes first, then the window."""
        place = Place(record, self._setting, None)
        try:
            for call in self._analytic:
                call.compute(place, record.stream)
        except FunctionError as error:
            return [self._failed("analytic", f"run analytic funcs error: {error}")]
        try:
            if self._early is not None and not self._lets_pass(self._early, place):
                return []
        except FunctionError as error:
            return [self._failed("where", f"run Where error: {error}")]
        if self._window is None:
            return self._run([record], None, place)
        return self._enter(record)

    def _lets_pass(self, where: Reader, place: Place) -> bool:
        place.hits_of = hits = self._early_hits
        counter = self._counters["where"]
        counter.rows_in += 1
        if not holds(where, place, "where"):
            return False
        counter.rows_out += 1
        hits.rows, hits.row_at = hits.rows + 1, place.event_time()
        return True

    def _enter(self, record: Record) -> list[Emission]:
        assert self._window is not None  # noqa: S101 - asked before
        counter = self._counters["window"]
        counter.rows_in += 1
        try:
            if self._filter is not None and not holds(self._filter, Place(record, self._setting, None), "filter"):
                return []
            batches = self._window.add(record)
        except FunctionError as error:
            return [self._failed("window", f"run Window error: {error}")]
        finally:
            counter.dropped = self._window.dropped
            if counter.dropped:
                counter.reason = f"a window holds at most {self.plan.limits.rows} rows"
        return self._batches(batches)

    def _batches(self, batches: list[Batch]) -> list[Emission]:
        self._counters["window"].rows_out += len(batches)
        return [emission for batch in batches for emission in self._run(batch.rows, batch)]

    def _run(self, rows: list[Record], batch: Batch | None, place: Place | None = None) -> list[Emission]:
        execution = self._execution
        try:
            if place is not None and execution.plain:
                out = execution.select(place)
            else:
                tables = [record for kept in self._tables.values() for record in kept]
                out = execution.run(rows, tables, batch.span if batch is not None else None)
        except StepError as error:
            return [self._failed(error.step, str(error))]
        if batch is not None:
            return [Emission(self._setting.now, out)] if out else []
        if self.plan.joins:
            return [Emission(self._setting.now, out)] if out and out != [{}] else []
        return [Emission(self._setting.now, [row]) for row in out if row]

    @property
    def counters(self) -> dict[str, Counter]:
        """What happened at each step."""
        forgotten = sum(call.forgotten for call in self._remembering)
        if forgotten:
            self._counters["analytic"].dropped = forgotten
        return self._counters.steps

    def explain(self) -> str:
        """The steps, the last one first."""
        return self.plan.explain()

    def snapshot(self) -> bytes:
        """Everything the rule remembers. Cost: linear in the rows held."""
        hits = self._execution.hits
        return msgspec.msgpack.encode(
            (
                "s4 rule",
                VERSION,
                self._setting.now,
                self._setting.started,
                None if self._mark is None else self._mark.state(),
                None if self._window is None else self._window.state(),
                {known: [record.state() for record in rows] for known, rows in self._tables.items()},
                [[call.forgotten, list(call.memories.items())] for call in self._remembering],
                [self._early_hits, self._window_hits, hits["where"], hits["having"], hits["select"]],
                self._counters.steps,
            )
        )

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot of the same rule. Raises `InputError` when it is not one."""
        from s4.edge.sql.restoring import read_snapshot

        found = read_snapshot(data, len(self._remembering))
        self._setting.now, self._setting.started = found.now, found.started
        if self._mark is not None:
            self._mark.load(found.mark)
        if self._window is not None:
            self._window.load(found.window)
        self._tables = {known: [Record.of(row) for row in rows] for known, rows in found.tables.items()}
        for call, (forgotten, memories) in zip(self._remembering, found.analytic, strict=True):
            call.forgotten = forgotten
            call.memories.clear()
            call.memories.update((tuple(key), memory) for key, memory in memories)
        _copy_hits(found.hits, [self._early_hits, self._window_hits, *self._execution.hits.values()])
        self._counters.steps.update(found.counters)


def _copy_hits(source: Sequence[Hits], target: Sequence[Hits]) -> None:
    for one, other in zip(source, target, strict=True):
        other.rows, other.row_at, other.groups, other.group_at = one.rows, one.row_at, one.groups, one.group_at


def _registry() -> Mapping[str, Function]:
    from s4.edge.sql.functions.registry import FUNCTIONS

    return FUNCTIONS
