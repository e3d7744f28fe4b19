"""From the window of a plan to the one that holds rows."""

from __future__ import annotations

from collections.abc import Callable

from s4.edge.sql.evaluate import Compiler
from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.grouping import holds
from s4.edge.sql.place import Hits, Place, Reader, Setting
from s4.edge.sql.plan import Plan
from s4.edge.sql.rows import Record
from s4.edge.sql.tree import Window
from s4.edge.sql.values import as_text
from s4.edge.sql.windows.batch import WindowKeeper
from s4.edge.sql.windows.count import Count
from s4.edge.sql.windows.hopping import Hopping
from s4.edge.sql.windows.session import Session
from s4.edge.sql.windows.sliding import Sliding
from s4.edge.sql.windows.state import State
from s4.edge.sql.windows.tumbling import Tumbling


def open_window(plan: Plan, compiler: Compiler, setting: Setting, hits: Hits) -> WindowKeeper | None:
    """The window of the plan, empty, by the clock from `setting.started` on unless the plan is by event time."""
    window, most = plan.window, plan.limits.rows
    if window is None:
        return None
    started = None if plan.event_time else setting.started
    keepers: dict[str, Callable[[], WindowKeeper]] = {
        "tumbling": lambda: Tumbling(window.length_ms, started, most),
        "hopping": lambda: Hopping(window.length_ms, window.interval_ms, started, most),
        "session": lambda: Session(window.length_ms, window.interval_ms, started, most),
        "count": lambda: Count(window.length, window.interval),
        "sliding": lambda: _sliding(window, plan, _test(compiler.optional(window.when), setting, hits)),
        "state": lambda: _state(window, plan, compiler, setting, hits),
    }
    return keepers[window.kind]()


def _sliding(window: Window, plan: Plan, picks: Callable[[Record], bool]) -> Sliding:
    by_clock, most = not plan.event_time, plan.limits.rows
    return Sliding(window.length_ms, window.delay_ms, picks, by_clock=by_clock, most_rows=most)


def _state(window: Window, plan: Plan, compiler: Compiler, setting: Setting, hits: Hits) -> State:
    begins = _test(compiler.optional(window.begin), setting, hits)
    ends = _test(compiler.optional(window.end), setting, hits)
    keys = [compiler.reader(key) for key in window.partition]
    return State(begins, ends, _partition(keys, setting), plan.limits.rows, plan.limits.partitions)


def _test(condition: Reader | None, setting: Setting, hits: Hits) -> Callable[[Record], bool]:
    """Whether a row meets the condition; one that cannot be computed for it is not met."""
    if condition is None:
        return lambda record: True

    def test(record: Record) -> bool:
        place = Place(record, setting, None)
        place.hits_of = hits
        try:
            met = holds(condition, place, "window")
        except FunctionError:
            return False
        if met:
            hits.rows, hits.row_at = hits.rows + 1, record.at
        return met

    return test


def _partition(keys: list[Reader], setting: Setting) -> Callable[[Record], str]:
    return lambda record: "\x1f".join([as_text(key(Place(record, setting, None))) for key in keys])
