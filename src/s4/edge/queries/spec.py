"""The `[[query]]` tables of a rules file, and what may not stand in a rule."""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from s4.core.errors import ConfigError, InputError
from s4.core.model import kind_of
from s4.core.rules import Derives, Says, SqlRule
from s4.core.subjects import check_name
from s4.core.units import parse_unit
from s4.edge.queries.sheet import STREAMS
from s4.edge.rulefile import read_tables, rules_text
from s4.edge.sql.check import check
from s4.edge.sql.columnar.timeline import Times
from s4.edge.sql.grammar import parse_select
from s4.edge.sql.tokens import StatementError
from s4.edge.sql.tree import Select


@lru_cache(maxsize=256)
def select_of(sql: str) -> Select:
    """The statement, checked. Raises `StatementError`, which knows line and column."""
    select = parse_select(sql)
    check(select, STREAMS)
    return select


def times_of(rule: SqlRule) -> Times:
    """How a rule understands time."""
    if rule.time == "arrival":
        return Times()
    return Times(event=True, late_ms=round(rule.late_s * 1000), idle_ms=round(rule.idle_s * 1000))


def load_queries(path: Path) -> tuple[SqlRule, ...]:
    """The `[[query]]` tables of a rules file. Raises `ConfigError` naming file, line, field and reason."""
    return parse_queries(rules_text(path), file=str(path))


def parse_queries(text: str, *, file: str = "rules") -> tuple[SqlRule, ...]:
    r"""The `[[query]]` tables of a TOML text.

    >>> parse_queries('[[query]]\nid = "a"\nsql = "SELECT * FROM nowhere"\nseries = {property = "p", value = "v"}')
    Traceback (most recent call last):
    s4.core.errors.ConfigError: rules, line 3, query[0].sql: ...
    """
    return read_tables(text, "query", SqlRule, check_rule, file)


def check_rule(rule: SqlRule) -> None:
    """Raise `ConfigError`, naming the field, for what could not mean what its writer thinks."""
    check_name(rule.id, field="id")
    try:
        columns = columns_of(select_of(rule.sql))
    except StatementError as error:
        place = f"line {error.line}, column {error.column} of the statement: " if error.line else ""
        raise ConfigError(f"{place}{error.reason}", field="sql") from error
    if rule.detection is None and rule.series is None and rule.command is None:
        raise ConfigError("says nothing of what becomes of its rows: it needs detection, series or command")
    if rule.detection is not None:
        _check_detection(rule.detection, columns)
    if rule.series is not None:
        _check_series(rule.series, columns)
    if rule.command is not None and rule.command.action.startswith(("incident.", "recommendation.", "rule.")):
        raise ConfigError("a rule may not decide about facts or rules", field="command.action")


def check_added(rule: SqlRule) -> None:
    """Raise `ConfigError` for what only a rule of the city's own file may do."""
    if rule.command is not None:
        raise ConfigError("only a rule of the city's own file may give commands", field="command")


def columns_of(select: Select) -> tuple[str, ...]:
    """The names of what a statement puts out; none when they show only at work."""
    names = [column.alias or getattr(column.expr, "name", "") for column in select.columns if not column.invisible]
    return () if "" in names else tuple(names)


def _check_detection(says: Says, columns: tuple[str, ...]) -> None:
    try:
        kind_of(says.kind)
    except InputError as error:
        raise error.at(field="detection.kind") from error
    if not says.text.strip():
        raise ConfigError("must not be empty", field="detection.text")
    for name in _named(says.text):
        if columns and name not in columns:
            raise ConfigError(f"{{{name}}} is no column of the rule's rows", field="detection.text")


def _named(template: str) -> Iterator[str]:
    try:
        for _, name, _, _ in string.Formatter().parse(template):
            if name is not None:
                if not name.isidentifier():
                    raise ConfigError(f"{{{name}}} is not the name of a column", field="detection.text")
                yield name
    except ValueError as error:
        raise ConfigError(f"not a text with columns in braces: {error}", field="detection.text") from error


def _check_series(derives: Derives, columns: tuple[str, ...]) -> None:
    if not derives.property.strip():
        raise ConfigError("must not be empty", field="series.property")
    if columns and derives.value not in columns:
        raise ConfigError(f"{derives.value!r} is no column of the rule's rows", field="series.value")
    try:
        parse_unit(derives.unit)
    except InputError as error:
        raise error.at(field="series.unit") from error
