"""Tables of numbers in text files: rows of cells → readings with their time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from s4.core.clock import parse_time
from s4.core.errors import ConfigError, InputError
from s4.core.model import Reading, Series
from s4.core.units import parse_unit
from s4.sensing.channels import check_property
from s4.sensing.files import Line
from s4.sensing.formats import TIME_UNITS
from s4.sensing.payload import instant

_LATEST: Final = 2**63
Row = tuple[int, list[Reading]]
"""The time of a row (ns UTC), and its readings."""


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a property stands (name in the header, or number counted from 1) and its UCUM unit."""

    column: str | int
    unit: str = "1"


class SeriesOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of a series file in `city.toml`.

    `path`: the file, may end in `.gz` or `.xz`. `columns`: by property. `time`: the column of the time.
    `time_format`: `iso`; `s`, `ms`, `us` or `ns` since 1970; `elapsed` (seconds since `start`); or a pattern with `%`
    as for Python's `strptime`. `utc_offset` (`Z`, `+01:00`) for times that name none. `delimiter`: one character, or
    empty for any white space. `header`: whether the first line names columns; `skip`: lines before it; `missing`:
    what stands for "no value". `start`: instant that the first row stands for ("now", RFC 3339, empty = its own
    time). `from_s`: begin so many seconds behind the first row, which then is what `start` stands for. `realtime`: by
    its own times, or else as fast as it is recorded.
    """

    path: Annotated[str, Meta(min_length=1)]
    columns: Annotated[dict[str, Column], Meta(min_length=1, max_length=256)]
    time: str | int = "time"
    time_format: str = "iso"
    utc_offset: Annotated[str, Meta(pattern=r"^(Z|[+-]\d\d:\d\d)?$")] = ""
    delimiter: Annotated[str, Meta(max_length=1)] = ","
    quote: Annotated[str, Meta(min_length=1, max_length=1)] = '"'
    header: bool = True
    skip: Annotated[int, Meta(ge=0, le=1000)] = 0
    missing: tuple[str, ...] = ("", "NA", "N/A", "nan", "NaN", "null", "None", "?")
    start: str = ""
    from_s: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    realtime: bool = True

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a property, unit or time format that is none."""
        for name, column in self.columns.items():
            try:
                check_property(name)
                parse_unit(column.unit)
            except InputError as error:
                raise ConfigError(error.reason, field=f"{owner}.options.columns.{name}") from error
        if self.time_format not in {"iso", "elapsed", *TIME_UNITS} and "%" not in self.time_format:
            raise ConfigError(
                "is neither iso, elapsed, s, ms, us, ns nor a pattern", field=f"{owner}.options.time_format"
            )


class Table:
    """Reads the rows of one file. `refuse` is told (text, error) of each line or cell that cannot be used.

    Raises `ConfigError` when a column that is asked for is not there.
    """

    def __init__(
        self, options: SeriesOptions, source: str, lines: Iterator[Line], file: str,
        refuse: Callable[[bytes, InputError], None],
    ) -> None:  # fmt: skip
        self._options, self._file, self._refuse = options, file, refuse
        self._names = self._header(lines) if options.header else []
        self._series = {name: Series(source, name, column.unit) for name, column in options.columns.items()}
        self._place: dict[str | int, int] = {}

    def _header(self, lines: Iterator[Line]) -> list[str]:
        first = next(lines, None)
        if first is None:
            raise InputError("is empty", file=self._file)
        return [name.strip() for name in self._cells(first)]

    def origin(self, first: int) -> int:
        """The time in the file that `start` stands for: its first row's, or 0 when times are elapsed seconds."""
        return 0 if self._options.time_format == "elapsed" else first

    def rows(self, lines: Sequence[Line]) -> Iterator[Row]:
        """Yield (time ns, readings) of each line that has any. A bad cell is left out, the rest of its row stays."""
        for line in lines:
            if not line.text.strip():
                continue
            try:
                cells = self._cells(line)
                if not self._place:
                    self._find(len(cells))
                time = self._time(self._cell(cells, self._options.time))
            except ConfigError:
                raise
            except InputError as error:
                self._refuse(line.text, error.at(file=self._file, line=line.number))
                continue
            readings = list(self._readings(line, cells, time))
            if readings:
                yield time, readings

    def _cells(self, line: Line) -> list[str]:
        if line.too_long:
            raise InputError("is longer than 1 MiB")
        try:
            text = line.text.decode("utf-8-sig" if line.number == 1 else "utf-8")
            if not self._options.delimiter:
                return text.split()
            reader = csv.reader([text], delimiter=self._options.delimiter, quotechar=self._options.quote, strict=True)
            return next(reader, [])
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text") from error
        except csv.Error as error:
            raise InputError(f"is not a sound row ({error})") from error

    def _find(self, width: int) -> None:
        """Where each column stands, once the first row shows how many there are.

        R writes row names under no header, so a header that is one short lacks its first name.
        """
        names = [""] * (len(self._names) == width - 1) + self._names
        wanted = [self._options.time, *(column.column for column in self._options.columns.values())]
        self._place = {column: self._number(column, names, width) for column in wanted}

    def _number(self, column: str | int, names: list[str], width: int) -> int:
        if isinstance(column, int) and 1 <= column <= width:
            return column - 1
        if isinstance(column, str) and column in names:
            return names.index(column)
        known = ", ".join(name for name in names if name) or f"1 to {width}"
        raise ConfigError(f"there is no column {column!r} (there are: {known[:200]})", file=self._file)

    def _cell(self, cells: list[str], column: str | int) -> str:
        place = self._place[column]
        if place >= len(cells):
            raise InputError(f"the row ends before it ({len(cells)} columns)", field=str(column))
        return cells[place].strip()

    def _time(self, text: str) -> int:
        options, field = self._options, str(self._options.time)
        try:
            if options.time_format == "iso":
                return instant(parse_time(text + options.utc_offset), 0)
            if "%" in options.time_format:
                when = datetime.strptime(text, options.time_format)  # noqa: DTZ007 - the zone is added right here
                return instant(parse_time(when.isoformat() + options.utc_offset), 0)
            return _decimal_time(text, TIME_UNITS[options.time_format.replace("elapsed", "s")])
        except InputError as error:
            raise InputError(error.reason, field=field) from error
        except ValueError as error:
            raise InputError(f"{text[:40]!r} is not a time like {options.time_format}", field=field) from error

    def _readings(self, line: Line, cells: list[str], time: int) -> Iterator[Reading]:
        for name, column in self._options.columns.items():
            try:
                text = self._cell(cells, column.column)
                if text in self._options.missing:
                    continue
                yield Reading(self._series[name], time, _number(text, name))
            except InputError as error:
                self._refuse(line.text, error.at(file=self._file, line=line.number))


def _number(text: str, name: str) -> float:
    try:
        value = float(text) if "_" not in text else float("nan")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{text[:40]!r} is not a finite number", field=name)
    return value


def _decimal_time(text: str, unit: int) -> int:
    """A number of `unit` ns, in decimal so that 0.1 s is exact."""
    try:
        count = Decimal(text)
        if not count.is_finite() or count.adjusted() > 20:
            raise InputError("is further away than clocks can count")
        time = int(count * unit)
    except InvalidOperation as error:
        raise InputError(f"{text[:40]!r} is not a number") from error
    if not -_LATEST <= time < _LATEST:
        raise InputError("is further away than clocks can count")
    return time
