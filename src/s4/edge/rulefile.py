"""Read a rules file and refuse, with file, line and field, whatever in it could not mean what its writer thinks."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec

from s4.core.city import City
from s4.core.errors import ConfigError, InputError
from s4.core.model import kind_of
from s4.core.subjects import check_name
from s4.core.text_file import read_text
from s4.core.toml_lines import line_of, read_toml
from s4.core.units import parse_unit
from s4.edge.levels import Levels, levels_of
from s4.edge.rule import Rule

MOST_RULES: Final = 10_000
LARGEST_FILE: Final = 4 * 1024 * 1024
MOST_PANES: Final = 64
_TABLES: Final = frozenset(("rule", "query"))


def load_rules(path: Path, city: City | None = None) -> tuple[Rule, ...]:
    """The rules of a file; with `city`, source patterns that fit none of its sources are refused as well.

    Raises `ConfigError` naming file, line, field and reason.
    """
    return parse_rules(rules_text(path), file=str(path), city=city)


def rules_text(path: Path) -> str:
    """What a rules file says. Raises `ConfigError`."""
    return read_text(path, LARGEST_FILE)


def parse_rules(text: str, *, file: str = "rules", city: City | None = None) -> tuple[Rule, ...]:
    r"""The rules of a TOML text.

    >>> parse_rules('[[rule]]\nid = "a"\nproperty = "co2"\nkind = "gas"\ntext = "x"\nover = "9 m"\nunit = "K"')
    Traceback (most recent call last):
    s4.core.errors.ConfigError: rules, line 6, rule[0].over: 'm' cannot be converted to 'K': they measure ...
    """
    return read_tables(text, "rule", Rule, lambda rule: _check(rule, city), file)


class Named(Protocol):
    """What has an id."""

    @property
    def id(self) -> str:
        """Its name, once in a file."""


T = TypeVar("T", bound=Named)


def read_tables(text: str, table: str, kind: type[T], check: Callable[[T], object], file: str) -> tuple[T, ...]:
    """The tables of one kind, each checked. Raises `ConfigError` naming file, line, field and reason."""
    read: dict[str, T] = {}
    for index, row in enumerate(_tables(text, table, file)):
        try:
            one = convert(row, kind)
            check(one)
            if one.id in read:
                raise ConfigError(f"{one.id!r} is used twice", field="id")
        except InputError as error:
            line = line_of(text, table, index, error.field or "")
            field = f"{table}[{index}]" + (f".{error.field}" if error.field else "")
            raise ConfigError(error.reason, file=file, line=line, field=field) from error
        read[one.id] = one
    return tuple(read.values())


def _tables(text: str, table: str, file: str) -> list[Any]:
    document = read_toml(text, file=file)
    rows = document.get(table, [])
    if set(document) - _TABLES or not isinstance(rows, list):
        raise ConfigError("a rules file holds [[rule]] and [[query]] tables and nothing else", file=file, line=1)
    if len(rows) > MOST_RULES:
        raise ConfigError(f"at most {MOST_RULES} of [[{table}]], not {len(rows)}", file=file)
    return rows


def convert(row: Any, kind: type[T]) -> T:
    """Plain values → a checked struct. Raises `ConfigError` naming the field."""
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        unknown = re.search(r"unknown field `(.+)`$", reason)
        raise ConfigError(reason, field=unknown[1] if unknown else path.rstrip("`") or None) from error


def _check(rule: Rule, city: City | None) -> None:
    checks: tuple[Callable[[Rule], object], ...] = (_check_words, _check_shape, _check_window, levels_of)
    for check in checks:
        check(rule)
    if city is not None and not any(fnmatchcase(s.id, p) for s in city.source for p in rule.sources):
        known = ", ".join(s.id for s in city.source[:20]) or "none"
        raise ConfigError(f"no source of the city fits {list(rule.sources)} (there are: {known})", field="sources")


def _check_words(rule: Rule) -> None:
    check_name(rule.id, field="id")
    try:
        kind_of(rule.kind)
    except InputError as error:
        raise error.at(field="kind") from error
    if rule.unit:
        try:
            parse_unit(rule.unit)
        except InputError as error:
            raise error.at(field="unit") from error
    for name in ("text", "property"):
        if not getattr(rule, name).strip():
            raise ConfigError("must not be empty", field=name)
    if not rule.sources:
        raise ConfigError("names no source", field="sources")


def _check_shape(rule: Rule) -> None:
    levelled = rule.over is not None or rule.under is not None
    if levelled == (rule.match is not None):
        raise ConfigError("needs either over/under or match, one of the two", field="match" if levelled else None)
    if rule.over is not None and rule.under is not None:
        raise ConfigError("needs either over or under, not both; write two rules", field="under")
    if rule.match is None and rule.end_match is not None:
        raise ConfigError("means nothing without match", field="end_match")
    if rule.match is not None:
        for name in ("window_s", "aggregate", "clear"):
            if getattr(rule, name) is not None:
                raise ConfigError("means nothing with match", field=name)
        if not rule.match:
            raise ConfigError("names no field of the body", field="match")


def _check_window(rule: Rule) -> None:
    if (rule.window_s is None) != (rule.aggregate is None):
        raise ConfigError("window_s and aggregate need each other", field="aggregate" if rule.aggregate else "window_s")
    if rule.window_s is not None and rule.late_s > rule.window_s * (MOST_PANES - 2):
        raise ConfigError(f"may be at most {MOST_PANES - 2} windows", field="late_s")


__all__ = ["Levels", "load_rules", "parse_rules"]
