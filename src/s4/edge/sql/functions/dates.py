"""Dates and times. Where a function asks for the time now, it is the rule's clock, not the machine's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import both, must_be, takes
from s4.edge.sql.functions.function import Check, Function, FunctionError, Row, Value
from s4.edge.sql.functions.timestamps import DAYS, EPOCH, MONTHS, duration, instant, milliseconds, written, zone

FAMILY: Final = "date"
_DATE: Final = "yyyy-MM-dd"
_TIME: Final = "HH:mm:ss"
_BOTH: Final = f"{_DATE} {_TIME}"
_MOST_DIGITS: Final = 6


def _moved(time: datetime, by: timedelta) -> datetime:
    try:
        return time + by
    except OverflowError:
        raise FunctionError("the time lies outside the years 1 to 9999") from None


def _span(**parts: int) -> timedelta:
    try:
        return timedelta(**parts)
    except OverflowError:
        raise FunctionError("the time lies outside the years 1 to 9999") from None


def _now(layout: str) -> Callable[..., str]:
    def call(row: Row, digits: Value = 0) -> str:
        places = coerce.whole(digits)
        fraction = "S" * places if 0 < places <= _MOST_DIGITS else ""
        return written(instant(row.now()), layout + fraction)

    return call


def _today(row: Row) -> str:
    return written(instant(row.now()), _DATE)


def _format_time(value: Value, layout: Value) -> str:
    return written(instant(value), coerce.text(layout))


def _date_calc(value: Value, span: Value) -> str:
    microseconds = duration(coerce.text(span)) // 1000
    return written(_moved(instant(value), _span(microseconds=microseconds)), _BOTH)


def _date_diff(one: Value, other: Value) -> int:
    return (instant(other) - instant(one)) // timedelta(microseconds=1) * 1000


def _convert_tz(value: Value, name: Value) -> str:
    try:
        moved = instant(value).astimezone(zone(coerce.text(name)))
    except OverflowError:
        raise FunctionError("the time lies outside the years 1 to 9999") from None
    fraction = f"{moved.microsecond:06d}".rstrip("0")
    return written(moved, "yyyy-MM-dd\\THH:mm:ss") + (f".{fraction}" if fraction else "") + _suffix(moved)


def _suffix(time: datetime) -> str:
    return written(time, 3 * "X") if time.utcoffset() else "Z"


def _from_days(days: Value) -> str | None:
    count = coerce.whole(days)
    return written(_moved(EPOCH, _span(days=count - 1)), _DATE) if count else None


def _from_unix_time(seconds: Value) -> str | None:
    count = coerce.whole(seconds)
    return written(_moved(EPOCH, _span(seconds=count)), _BOTH) if count else None


def _last_day(value: Value) -> str:
    time = instant(value)
    month = _moved(time.replace(day=28), timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return written(month, _DATE)


def _part(name: str, of: Callable[[datetime], int | str], text: str) -> Function:
    return Function(
        name, FAMILY, "scalar", lambda value: of(instant(value)), text, check=takes("time"), nothing_for_null=False
    )


def _make(name: str, call: Callable[..., Value], text: str, check: Check, count: int, *, null: bool = True) -> Function:
    return Function(name, FAMILY, "scalar", call, text, count, count, check=check, nothing_for_null=null)


def _clock(name: str, layout: str, text: str) -> Function:
    return Function(
        name,
        FAMILY,
        "window",
        _now(layout),
        text,
        0,
        1,
        check=must_be(0, "int", "a whole number"),
        nothing_for_null=True,
    )


_NOW: Final = "The rule's time as `yyyy-MM-dd HH:mm:ss`, with up to 6 digits of the second when asked for."
_HOUR: Final = "The rule's time of day as `HH:mm:ss`, with up to 6 digits of the second when asked for."
_DAY: Final = "The rule's date as `yyyy-MM-dd`."

FUNCTIONS: Final[Sequence[Function]] = (
    *(_clock(name, _BOTH, _NOW) for name in ("now", "current_timestamp", "local_time", "local_timestamp")),
    *(_clock(name, _TIME, _HOUR) for name in ("cur_time", "current_time")),
    *(Function(name, FAMILY, "window", _today, _DAY, 0, 0) for name in ("cur_date", "current_date")),
    _make(
        "convert_tz", _convert_tz, "The time in that time zone, as an ISO 8601 text with its offset.",
        takes("time", "string"), 2,
    ),
    _make(
        "date_calc", _date_calc, "The time moved by a duration such as `-1h30m`, as `yyyy-MM-dd HH:mm:ss`.",
        both(takes("time", "any"), must_be(1, "string", "a string")), 2, null=False,
    ),
    _make("date_diff", _date_diff, "From the first time to the second, in ns.", takes("time"), 2, null=False),
    _part("day", lambda t: t.day, "The day of the month, from 1."),
    _part("day_name", lambda t: DAYS[t.weekday()], "The day of the week in English."),
    _part("day_of_month", lambda t: t.day, "The day of the month, from 1."),
    _part("day_of_week", lambda t: t.isoweekday() % 7, "The day of the week, Sunday being 0."),
    _part("day_of_year", lambda t: t.timetuple().tm_yday, "The day of the year, from 1."),
    _make(
        "format_time", _format_time, "The time by a layout such as `yyyy-MM-dd HH:mm:ss`.", takes("time", "string"), 2
    ),
    _make("from_days", _from_days, "The date of that day, 1970-01-01 being day 1; null for 0.", takes("time"), 1),
    _make(
        "from_unix_time", _from_unix_time, "Seconds since 1970 as `yyyy-MM-dd HH:mm:ss`; null for 0.", takes("time"), 1
    ),
    _part("hour", lambda t: t.hour, "The hour, 0 to 23."),
    _make("last_day", _last_day, "The last day of the time's month, as `yyyy-MM-dd`.", takes("time"), 1, null=False),
    _part("microsecond", lambda t: t.microsecond, "The microseconds within the second."),
    _part("minute", lambda t: t.minute, "The minute, 0 to 59."),
    _part("month", lambda t: t.month, "The month, 1 to 12."),
    _part("month_name", lambda t: MONTHS[t.month - 1], "The month in English."),
    _part("second", lambda t: t.second, "The second, 0 to 59."),
    Function("to_seconds", FAMILY, "scalar", lambda value: milliseconds(instant(value)) // 1000, "Seconds since 1970."),
)  # fmt: skip
