"""One `[[query]]` of a rules file: a statement in SQL, and what becomes of the rows that it puts out."""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError, InputError
from s4.core.model import Severity, kind_of
from s4.core.subjects import check_name
from s4.core.units import parse_unit
from s4.edge.queries.sheet import STREAMS
from s4.edge.rulefile import read_tables, rules_text
from s4.edge.sql.check import check
from s4.edge.sql.columnar.timeline import Times
from s4.edge.sql.grammar import parse_select
from s4.edge.sql.tokens import StatementError
from s4.edge.sql.tree import Select

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
LARGEST_STATEMENT: Final = 20_000


class Says(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A detection for each row. `kind`: from the vocabulary; `text`: one sentence, with `{column}` of the row in it;
    rows about the same source within `hold_s` of one another are one happening, told again every `update_s`.
    """

    kind: str
    text: str
    severity: Severity | None = None
    confidence: Annotated[float, Meta(gt=0, lt=1)] = 0.9
    hold_s: Seconds = 60.0
    update_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0


class Derives(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A series made of column `value` of the rows: one of `property`, in `unit` (UCUM), of the source in the row."""

    property: str
    value: str
    unit: str = "1"


class Orders(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A command at the beginning of each happening, without asking anybody: `policy` is the written decision that
    allows it (who, when, what), and stands in the command as its approval. Only for rules of the city's own file.
    """

    action: str
    target: str
    policy: Annotated[str, Meta(min_length=10, max_length=500)]
    parameters: dict[str, float | str | bool] = {}
    expires_s: Seconds = 60.0


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """A rule in SQL. `time`: windows by the readings' own times (`event`), up to `late_s` late, and closed by the clock
    when no newer reading has come for `idle_s`; or by when they `arrive`. At least one of `detection`, `series` and
    `command` says what becomes of its rows.
    """

    id: str
    sql: str
    text: str = ""
    time: Literal["event", "arrival"] = "event"
    late_s: Seconds = 2.0
    idle_s: Seconds = 5.0
    detection: Says | None = None
    series: Derives | None = None
    command: Orders | None = None

    @cached_property
    def select(self) -> Select:
        """The statement, checked. Raises `StatementError`, which knows line and column in `sql`."""
        select = parse_select(self.sql)
        check(select, STREAMS)
        return select

    @property
    def times(self) -> Times:
        """How it understands time."""
        if self.time == "arrival":
            return Times()
        return Times(event=True, late_ms=round(self.late_s * 1000), idle_ms=round(self.idle_s * 1000))

    def fingerprint(self) -> str:
        """Text that changes whenever the rule does, so that an old state is not applied to a new rule."""
        return msgspec.json.encode(self, order="deterministic").decode()


def load_queries(path: Path) -> tuple[Query, ...]:
    """The `[[query]]` tables of a rules file. Raises `ConfigError` naming file, line, field and reason."""
    return parse_queries(rules_text(path), file=str(path))


def parse_queries(text: str, *, file: str = "rules") -> tuple[Query, ...]:
    r"""The `[[query]]` tables of a TOML text.

    >>> parse_queries('[[query]]\nid = "a"\nsql = "SELECT * FROM nowhere"\nseries = {property = "p", value = "v"}')
    Traceback (most recent call last):
    s4.core.errors.ConfigError: rules, line 3, query[0].sql: ...
    """
    return read_tables(text, "query", Query, check_query, file)


def check_query(query: Query) -> None:
    """Raise `ConfigError`, naming the field, for what could not mean what its writer thinks."""
    check_name(query.id, field="id")
    if len(query.sql) > LARGEST_STATEMENT:
        raise ConfigError(f"a statement has at most {LARGEST_STATEMENT} characters", field="sql")
    try:
        columns = _columns(query.select)
    except StatementError as error:
        place = f"line {error.line}, column {error.column} of the statement: " if error.line else ""
        raise ConfigError(f"{place}{error.reason}", field="sql") from error
    if query.detection is None and query.series is None and query.command is None:
        raise ConfigError("says nothing of what becomes of its rows: it needs detection, series or command")
    if query.detection is not None:
        _check_detection(query.detection, columns)
    if query.series is not None:
        _check_series(query.series, columns)
    if query.command is not None and query.command.action.startswith(("incident.", "recommendation.", "rule.")):
        raise ConfigError("a rule may not decide about facts or rules", field="command.action")


def _columns(select: Select) -> frozenset[str] | None:
    """The names of what a statement puts out; None when that shows only at work."""
    names = {column.alias or getattr(column.expr, "name", "") for column in select.columns if not column.invisible}
    return None if "" in names else frozenset(names)


def _check_detection(says: Says, columns: frozenset[str] | None) -> None:
    try:
        kind_of(says.kind)
    except InputError as error:
        raise error.at(field="detection.kind") from error
    if not says.text.strip():
        raise ConfigError("must not be empty", field="detection.text")
    for name in _named(says.text):
        if columns is not None and name not in columns:
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


def _check_series(derives: Derives, columns: frozenset[str] | None) -> None:
    if not derives.property.strip():
        raise ConfigError("must not be empty", field="series.property")
    if columns is not None and derives.value not in columns:
        raise ConfigError(f"{derives.value!r} is no column of the rule's rows", field="series.value")
    try:
        parse_unit(derives.unit)
    except InputError as error:
        raise error.at(field="series.unit") from error
