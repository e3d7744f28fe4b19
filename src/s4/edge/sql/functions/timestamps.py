"""Times as the language writes and reads them. Everything is UTC unless a text says its own offset.

A time is a number of milliseconds since 1970, or a text such as `2019-09-19T00:55:15.000Z`; a text with an offset keeps
it, so that its hour is the hour there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.function import FunctionError, Value

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 100
_NUMERIC: Final = re.compile(
    r"(?P<year>\d{4})(?:([-/.])(?P<month>\d{1,2})(?:\2(?P<day>\d{1,2}))?)?"
    r"(?:[T ](?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r" ?(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?)?(?: [A-Z]{3,4})?)?"
)
_COMPACT: Final = re.compile(r"\d{8}")
_WORDY: Final = (
    "%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S UTC %Y", "%a %b %d %H:%M:%S %z %Y",
    "%d %b %y %H:%M UTC", "%d %b %y %H:%M %z", "%A, %d-%b-%y %H:%M:%S UTC", "%a, %d %b %Y %H:%M:%S UTC",
    "%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S %z", "%H:%M:%S %b %d, %Y UTC",
)  # fmt: skip


def instant(value: Value) -> datetime:
    """The time that a value means. Raises `FunctionError`.

    >>> instant(1568854515000).isoformat()
    '2019-09-19T00:55:15+00:00'
    """
    if isinstance(value, str):
        return parse(value)
    if not coerce.is_number(value):
        raise coerce.refuse("a time: milliseconds or a string", value)
    try:
        return EPOCH + timedelta(milliseconds=coerce.cut(value))
    except OverflowError:
        raise FunctionError("the time lies outside the years 1 to 9999") from None


def milliseconds(time: datetime) -> int:
    """The time in ms since 1970."""
    return (time - EPOCH) // timedelta(milliseconds=1)


def parse(text: str) -> datetime:
    """The time that a text says, in one of the usual forms: ISO 8601, `2006/01/02 15:04:05`, RFC 1123 … Raises
    `FunctionError`.
    """
    trimmed = text.strip()
    try:
        if len(trimmed) <= _LONGEST and trimmed.isascii():
            if _COMPACT.fullmatch(trimmed):
                return datetime(int(trimmed[:4]), int(trimmed[4:6]), int(trimmed[6:]), tzinfo=UTC)
            if found := _NUMERIC.fullmatch(trimmed):
                return _numeric(found)
            return _wordy(trimmed)
    except (ValueError, OverflowError):
        pass
    raise FunctionError("the string holds no time")


def _numeric(found: re.Match[str]) -> datetime:
    parts = (int(found[name] or least) for name, least in _PARTS)
    micro = int((found["fraction"] or "").ljust(6, "0")[:6])
    return datetime(*parts, micro, tzinfo=_offset(found["zone"]))  # type: ignore[misc,arg-type]


_PARTS: Final = (("year", 1), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))


def _offset(zone: str | None) -> tzinfo:
    if zone is None or zone in ("Z", "UTC"):
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]) if len(zone) > 3 else 0))


def _wordy(text: str) -> datetime:
    for form in _WORDY:
        try:
            time = datetime.strptime(text, form)  # noqa: DTZ007 - the next line gives it its zone
        except ValueError:
            continue
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    raise ValueError(text)


def zone(name: str) -> tzinfo:
    """The time zone of that name, such as `Europe/Athens`. Raises `FunctionError`."""
    try:
        return UTC if name in ("", "UTC") else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FunctionError("there is no time zone of that name") from None


def _two(value: int) -> str:
    return f"{value:02d}"


def _shift(time: datetime, colon: str = "", *, hours_only: bool = False) -> str:
    minutes = (time.utcoffset() or timedelta()) // timedelta(minutes=1)
    sign = "-" if minutes < 0 else "+"
    whole, rest = divmod(abs(minutes), 60)
    return f"{sign}{whole:02d}" + ("" if hours_only else f"{colon}{rest:02d}")


def _half(time: datetime) -> int:
    return (time.hour + 11) % 12 + 1


_SHORT: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

_FIELDS: Final[dict[str, Callable[[datetime], str]]] = {
    "YYYY": lambda t: f"{t.year:04d}", "yyyy": lambda t: f"{t.year:04d}", "YY": lambda t: _two(t.year % 100),
    "yy": lambda t: _two(t.year % 100), "G": lambda t: "AD", "M": lambda t: str(t.month), "MM": lambda t: _two(t.month),
    "MMM": lambda t: MONTHS[t.month - 1][:3], "MMMM": lambda t: MONTHS[t.month - 1], "d": lambda t: str(t.day),
    "dd": lambda t: _two(t.day), "EEE": lambda t: _SHORT[t.weekday()], "EEEE": lambda t: DAYS[t.weekday()],
    "HH": lambda t: _two(t.hour), "h": lambda t: str(_half(t)), "hh": lambda t: _two(_half(t)),
    "a": lambda t: "PM" if t.hour >= 12 else "AM", "m": lambda t: str(t.minute), "mm": lambda t: _two(t.minute),
    "s": lambda t: str(t.second), "ss": lambda t: _two(t.second), "z": lambda t: t.tzname() or "UTC",
    "Z": _shift, "X": lambda t: _shift(t, hours_only=True), "XX": _shift,
    3 * "X": lambda t: _shift(t, ":"),
}  # fmt: skip
_ALONE: Final = frozenset("Gaz")
_MOST: Final = {"M": 4, "d": 2, "h": 2, "m": 2, "s": 2, "X": 3, "Z": 1}
_RUN: Final = re.compile(r"\\(.)|''|'([^']*)'?|(S+)|([YyMdEHhmsX])\4*|([GaZz])|(.)", re.S)


def written(time: datetime, layout: str) -> str:
    """The time by a layout such as `yyyy-MM-dd HH:mm:ss`; `'…'` and a backslash take letters as they are. `S` writes a
    point and as many digits of the second. Raises `FunctionError`.

    >>> written(instant(1568854515001), "YYYY-MM-dd T HH:mm:ssSSS")
    '2019-09-19 T 00:55:15.001'
    """
    return "".join([part if isinstance(part, str) else part(time) for part in _parts(layout)])


Part = str | Callable[[datetime], str]
"""Letters as they are, or what writes a part of a time."""


@lru_cache(maxsize=256)
def _parts(layout: str) -> tuple[Part, ...]:
    """The layout, read. Raises `FunctionError`."""
    if len(layout) > _LONGEST * 10:
        raise FunctionError("the layout is too long")
    if layout.endswith("\\") and not layout.endswith("\\\\"):
        raise FunctionError("the layout ends in the middle of an escape")
    return tuple(part for found in _RUN.finditer(layout) for part in _run(found))


def _run(found: re.Match[str]) -> Iterator[Part]:
    escaped, quoted, fraction, letter, alone, other = found.groups()
    if fraction:
        yield _fraction(len(fraction))
    elif letter:
        yield from _fields(found.group())
    elif alone:
        yield _FIELDS[alone]
    else:
        yield "'" if found.group() == "''" else escaped or quoted or other or ""


def _fraction(digits: int) -> Callable[[datetime], str]:
    return lambda time: "." + f"{time.microsecond:06d}"[:digits].ljust(digits, "0")


def _fields(letters: str) -> Iterator[Part]:
    most = _MOST.get(letters[0], 4)
    while letters:
        head, letters = letters[:most], letters[most:]
        if head not in _FIELDS:
            raise FunctionError(f"the layout holds {head}, which means nothing")
        yield _FIELDS[head]


_DURATION: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_LONGEST_DURATION: Final = 2**63


def duration(text: str) -> int:
    """A span such as `-1h30m` or `1.5s`, in ns. Raises `FunctionError`.

    >>> duration("1h30m"), duration("-10ms")
    (5400000000000, -10000000)
    """
    body = text[1:] if text[:1] in ("-", "+") else text
    parts = _DURATION.findall(body) if len(body) <= _LONGEST else []
    if body != "0" and (not parts or "".join(f"{count}{unit}" for count, unit in parts) != body):
        raise FunctionError("the string holds no duration such as 1h30m")
    total = sum(int(float(count) * _UNITS[unit]) for count, unit in parts)
    if total >= _LONGEST_DURATION:
        raise FunctionError("the duration is too long")
    return -total if text.startswith("-") else total
