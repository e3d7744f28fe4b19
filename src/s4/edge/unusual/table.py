"""One series out of a text file with columns: rows of time and value, as they come."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import isfinite, nan
from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError

_TIMES: Final = ("timestamp", "time", "ts", "date", "datetime", "date_time")
_MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "inf", "-inf", "+inf", "infinity"})
_EPOCHS: Final = ((1e17, 1), (1e14, 1_000), (1e11, 1_000_000))
"""A number of at least this size counts units of so many ns since 1970; smaller ones count seconds."""
_LATEST: Final = 2**62
_LARGEST_LINE: Final = 1 << 20


class Row(NamedTuple):
    """`ts`: the time as it stands in the file; `time`: ns UTC; `value`: NaN when there is none."""

    ts: str
    time: int
    value: float


def read_series(lines: Iterable[str], *, file: str, time: str = "", value: str = "") -> Iterator[Row]:
    """Yield the rows of a CSV text with a header line, one by one as they come.

    `time`, `value`: names of columns, or numbers counted from 1; without them the time is the column named so (or the
    first), and the value the one named `value` (or the first other one that holds a number). Times are ISO 8601, in
    UTC when they name no zone, or numbers: s, ms, µs or ns since 1970 by their size, or seconds from any start.

    >>> rows = read_series(["time,co2", "2026-05-01T10:00:00Z,420", "2026-05-01T10:01:00Z,"], file="a.csv")
    >>> [(row.ts, row.value) for row in rows]
    [('2026-05-01T10:00:00Z', 420.0), ('2026-05-01T10:01:00Z', nan)]

    Raises `InputError` with file, line and field.
    """
    reader = csv.reader(_bounded(lines, file))
    header = [name.strip().lstrip("\ufeff") for name in _next(reader, file) or []]
    if not header:
        raise InputError("is empty", file=file)
    places: tuple[int, int] | None = None
    while (cells := _next(reader, file)) is not None:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) == len(header) + 1:  # R writes row names without a name for their column
            cells = cells[1:]
        places = places or _places(header, cells, time, value, file)
        yield _row(header, cells, places, file, reader.line_num)


def _bounded(lines: Iterable[str], file: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > _LARGEST_LINE:
            raise InputError(f"is longer than {_LARGEST_LINE} characters", file=file, line=number)
        yield line


def _next(reader: Iterator[Sequence[str]], file: str) -> Sequence[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", file=file) from error


def _places(header: Sequence[str], cells: Sequence[str], time: str, value: str, file: str) -> tuple[int, int]:
    at = _place(header, time, file) if time else next((i for i, n in enumerate(header) if n.lower() in _TIMES), 0)
    if value:
        return at, _place(header, value, file)
    named = [i for i, name in enumerate(header) if name.lower() == "value" and i != at]
    numeric = [i for i, cell in enumerate(cells) if i != at and i < len(header) and _is_number(cell)]
    if not named and not numeric:
        raise InputError(f"has no column of numbers beside {header[at]!r}", file=file, line=2)
    return at, (named or numeric)[0]


def _place(header: Sequence[str], column: str, file: str) -> int:
    if column in header:
        return header.index(column)
    if column.isdecimal() and 1 <= int(column) <= len(header):
        return int(column) - 1
    raise InputError(f"there is no column {column!r} (there are: {', '.join(header)[:200]})", file=file, line=1)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _row(header: Sequence[str], cells: Sequence[str], places: tuple[int, int], file: str, line: int) -> Row:
    if len(cells) <= max(places):
        raise InputError(f"has {len(cells)} cells, not {len(header)}", file=file, line=line)
    time, value = (cells[place].strip() for place in places)
    try:
        return Row(time, _time(time), _value(value))
    except _TimeError as error:
        raise InputError(str(error), file=file, line=line, field=header[places[0]]) from error
    except ValueError as error:
        raise InputError(f"{value[:40]!r} is not a number", file=file, line=line, field=header[places[1]]) from error


def _value(text: str) -> float:
    if text.lower() in _MISSING:
        return nan
    number = float(text)
    return number if isfinite(number) else nan


class _TimeError(Exception):
    """A cell that is no time."""


def _time(text: str) -> int:
    if _is_number(text):
        return _from_number(float(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _TimeError(f"{text[:40]!r} is no time (ISO 8601, or a number)") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.replace(microsecond=0).timestamp()) * NS_PER_S + moment.microsecond * 1000


def _from_number(number: float) -> int:
    unit = next((ns for least, ns in _EPOCHS if abs(number) >= least), NS_PER_S)
    if not abs(number) * unit < _LATEST:
        raise _TimeError(f"{number!r} is no time")
    return round(number * unit)
