"""What a function is: its name, how it is called, what it refuses, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import msgspec

from s4.edge.sql.tree import Expr, Role

Value = Any
"""What a column may hold: None, bool, int, float, str, bytes, list of values, dict of str to value."""


class FunctionError(ValueError):
    """A call that cannot be answered for these values. The row is counted and explained; the rest goes on."""


class Row(Protocol):
    """What functions that look beyond their arguments may ask of the place they are called from."""

    def window(self) -> tuple[int, int] | None:
        """The window's start and end, ms since the epoch."""

    def trigger(self) -> int | None:
        """When the window was triggered, ms."""

    def event_time(self) -> int:
        """The row's (or window's) time, ms."""

    def now(self) -> int:
        """The rule's clock, ms."""

    def rule(self) -> str:
        """The rule's name."""

    def started(self) -> int:
        """When the rule started, ms."""

    def number(self) -> int:
        """The row's place among those that are put out together, from 1."""

    def meta(self, key: str, stream: str) -> Value:
        """Metadata of the row: its topic, its message id."""

    def hits(self) -> tuple[int, int, int, int]:
        """(rows that passed, ms of the last of them, emissions so far, ms of the last of them)."""


Check = Callable[[Sequence[Expr]], str | None]
"""Look at the arguments as written and say what is wrong with them, or None."""

Memory = dict[Hashable, Any]
"""What one analytic call remembers, in plain values that can be kept in a snapshot."""


class Function(msgspec.Struct, frozen=True):
    """One function.

    `role` says what `call` gets:
    scalar: `call(*values)` → value; aggregate: `call(*columns)` with a list of values a column → value;
    analytic: `call(memory, passed, *values)` → value, where `memory` is this call's own dict for the row's partition
    (changed in place) and `passed` says whether OVER (WHEN …) held; window: `call(row, *values)` → value, with `row`
    as in `Row`; rows: `call(value)` → list, one row each; columns: `call(*values, names)` → dict of new columns, where
    `names` is a list with the name of each value (analytic ones among them take `memory, passed` first and set
    `remembers`).

    `least`, `most`: number of arguments (`most` None: any). `check` refuses arguments as written. `nothing_for_null`:
    the answer is null as soon as one argument is, without a call; `null_answer` is that answer, where it is not null.
    `vector`, where there is one, does the same over NumPy arrays (numbers only, NaN for null) and must give the same
    results: one array an argument → an array (scalar), or one column → one value (aggregate). It raises
    `FunctionError` for arrays whose type it does not serve; such calls run row by row.

    `takes_name`: the argument is a name, not a value, as in `meta(topic)`, `meta(demo.topic)`, `meta(a->b)`; `call`
    gets `(row, key, stream, *members)`, all strings, `stream` "" when it is not said. `takes_rows`: `call` gets the
    whole rows (dicts) as a first column, before those of its arguments. `selected_only`: it may stand in the SELECT
    list only.
    """

    name: str
    family: str
    role: Role
    call: Callable[..., Value]
    text: str
    least: int = 1
    most: int | None = 1
    check: Check | None = None
    nothing_for_null: bool = True
    null_answer: Value = None
    remembers: bool = False
    takes_name: bool = False
    takes_rows: bool = False
    selected_only: bool = False
    vector: Callable[..., Any] | None = None
