"""Calls: that the function exists, takes what it is given, and may stand where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from s4.edge.sql.complain import complain
from s4.edge.sql.functions.function import Function
from s4.edge.sql.grammar_window import WINDOWS
from s4.edge.sql.near import meant
from s4.edge.sql.tree import Call, Const, Field, Over

DEDUP_TRIGGER: Final = "dedup_trigger"
"""Not a function but an operator over the whole result, written like one."""

_INSTEAD: Final = {"WHERE": "; use HAVING", "GROUP BY": ""}


class Calls:
    """Checks calls against the functions there are."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions

    def check(self, call: Call, clause: str) -> None:
        """Raise `StatementError` when the call cannot be, or not in that clause (`SELECT`, `WHERE`, …)."""
        function = self._functions.get(call.name)
        if function is None:
            if call.name != DEDUP_TRIGGER:
                self._unknown(call)
            _dedup_trigger(call, clause)
            return
        _count(call, function)
        reason = function.check(call.args) if function.check is not None else None
        if reason:
            complain(f"{call.name}: {reason}", call)
        _place(call, function, clause)
        if call.over is not None:
            _over(call, call.over, function)
        if call.where is not None and function.role != "aggregate":
            complain(f"FILTER follows an aggregate, and {call.name} is none", call)

    def _unknown(self, call: Call) -> None:
        if call.name in WINDOWS:
            complain(f"{call.name} is a window and stands alone in GROUP BY", call)
        near = meant(call.name, [*self._functions, *WINDOWS])
        complain(f"there is no function {call.name[:60]}{near}", call)


def _count(call: Call, function: Function) -> None:
    least, most, given = function.least, function.most, len(call.args)
    if given >= least and (most is None or given <= most):
        return
    exact = str(least) if least == most else f"{least} to {most}"
    wanted = exact if most is not None else f"at least {least}"
    complain(f"{call.name} takes {wanted} argument{'' if wanted in ('1', 'at least 1') else 's'}, not {given}", call)


def _place(call: Call, function: Function, clause: str) -> None:
    if function.role == "aggregate" and clause in _INSTEAD:
        complain(f"{call.name} is an aggregate and cannot stand in {clause}{_INSTEAD[clause]}", call)
    if clause != "SELECT" and (function.selected_only or function.role in ("rows", "columns")):
        complain(f"{call.name} stands only among the columns after SELECT, not in {clause}", call)


def _over(call: Call, over: Over, function: Function) -> None:
    if function.role == "analytic":
        if over.order:
            complain(f"{call.name} goes by the order of arrival; ORDER BY cannot stand in its OVER", over)
    elif function.role == "window" and function.selected_only:
        if over.when is not None:
            complain(f"{call.name} has no memory; WHEN cannot stand in its OVER", over)
    else:
        complain(f"OVER follows an analytic function, and {call.name} is none", over)


def _dedup_trigger(call: Call, clause: str) -> None:
    if clause != "SELECT":
        complain(f"{call.name} stands only among the columns after SELECT, not in {clause}", call)
    if len(call.args) != 4:
        complain(f"{call.name} takes 4 arguments, not {len(call.args)}", call)
    for arg in call.args[:3]:
        if not isinstance(arg, Field):
            complain(f"{call.name} takes columns as its first three arguments: start, end and now", arg)
    last = call.args[3]
    if not (isinstance(last, Const) and type(last.value) is int):
        complain(f"{call.name} takes a whole number as its last argument", last)
    if call.over is not None or call.where is not None:
        complain(f"{call.name} takes no OVER and no FILTER", call)
