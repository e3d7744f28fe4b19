"""A rule's levels as plain numbers: where it fires and where it ends, in its own unit and in a series' unit."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from s4.core.errors import ConfigError, InputError
from s4.core.units import convert, parse_unit
from s4.edge.rule import Level, Rule

_QUANTITY: Final = re.compile(r"\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(\S+)\s*")


class Levels(NamedTuple):
    """Fires when `sign` × value > `enter`, ends when `sign` × value ≤ `leave`; `leave` ≤ `enter`.

    `sign` is +1 for `over` and −1 for `under`, so that one comparison serves both.
    """

    sign: float
    enter: float
    leave: float


def levels_of(rule: Rule) -> Levels | None:
    """The levels in the rule's own unit, None for a rule that matches events. Raises `ConfigError`."""
    if rule.match is not None:
        return None
    sign, field = (1.0, "over") if rule.over is not None else (-1.0, "under")
    enter = sign * _number(rule, field)
    leave = enter if rule.clear is None else sign * _number(rule, "clear")
    if leave > enter:
        where = "above" if sign > 0 else "below"
        raise ConfigError(f"must not lie {where} {field}: it is where the happening ends", field="clear")
    if rule.aggregate == "sum" and rule.unit and parse_unit(rule.unit).offset:
        raise ConfigError(f"readings in {rule.unit!r} cannot be added up: its zero is not nothing", field="aggregate")
    return Levels(sign, enter, leave)


def levels_in(rule: Rule, unit: str) -> Levels:
    """The levels for a series that speaks in `unit`. Raises `InputError` when it measures something else."""
    levels = levels_of(rule)
    if levels is None:
        raise InputError("the rule has no levels")
    if rule.aggregate == "count" or not rule.unit:
        return levels
    if rule.aggregate in ("rate", "sum"):
        convert(1.0, rule.unit, unit)
        factor = parse_unit(rule.unit).factor / parse_unit(unit).factor
        return Levels(levels.sign, levels.enter * factor, levels.leave * factor)
    enter, leave = (levels.sign * convert(levels.sign * x, rule.unit, unit) for x in (levels.enter, levels.leave))
    return Levels(levels.sign, enter, leave)


def _number(rule: Rule, field: str) -> float:
    level: Level = getattr(rule, field)
    number = _quantity(level, rule, field) if isinstance(level, str) else float(level)
    if not math.isfinite(number):
        raise ConfigError("is not a finite number", field=field)
    return number


def _quantity(text: str, rule: Rule, field: str) -> float:
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text[:40]!r} is not a number with a unit", field=field)
    if not rule.unit or rule.aggregate in ("count", "rate", "sum"):
        raise ConfigError("must be a plain number here (a text needs a rule with a unit, on a level)", field=field)
    try:
        return convert(float(found[1]), found[2], rule.unit)
    except InputError as error:
        raise error.at(field=field) from error
