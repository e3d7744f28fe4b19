"""Channels: one property of one device, as it sends it, and what that channel may say.

All checks that every reading needs (finite, in range, clock) are done here on whole columns at once, for MQTT,
JSON and Arrow alike; a reason in words is only made for the few that fail.
"""

from __future__ import annotations

import sys
from threading import Lock
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S, format_time
from s4.core.errors import InputError
from s4.core.model import ObservationBatch, Series
from s4.core.model.batch import LARGEST_BATCH
from s4.core.profile import PROPERTY, RESERVED, DeviceProfile, Resource
from s4.core.units import parse_unit
from s4.sensing.device import Profile

MOST_CHANNELS: Final = 1_000
_LARGEST: Final = sys.float_info.max


class Channel(NamedTuple):
    """Numbers sent as `unit` become `series` by value × `scale` + `offset`; then `low` ≤ value ≤ `high` must hold, and
    `whole` ones must be whole. `arrival`: what claims a time that cannot be is taken as true when it arrived.
    """

    series: Series
    site: str
    scale: float
    offset: float
    low: float
    high: float
    ahead: int
    age: int
    whole: bool = False
    arrival: bool = False
    profiled: bool = False


class Columns(NamedTuple):
    """Readings as columns: `code` int32[n] of their channel, `time` int64[n] ns, `value` float64[n] as sent."""

    code: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_] | slice) -> Columns:
        """The rows chosen by a mask or a slice."""
        return Columns(self.code[rows], self.time[rows], self.value[rows])


class _Table(NamedTuple):
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    ahead: NDArray[np.int64]
    age: NDArray[np.int64]
    site: NDArray[np.int32]
    whole: NDArray[np.bool_]
    arrival: NDArray[np.bool_]
    profiled: NDArray[np.bool_]


def check_property(name: str) -> str:
    """A property's name: 1–64 of letters, digits, `_`, `.`, `-`; levels of a topic are joined by dots.

    >>> check_property("air/temperature")
    'air.temperature'
    """
    name = name.replace("/", ".")
    if not PROPERTY.fullmatch(name):
        raise InputError(f"{name[:70]!r} is not a property (1 to 64 of A-Z, a-z, 0-9, _, . and -)", field="property")
    if name.startswith(RESERVED):
        raise InputError(f"properties that begin with {RESERVED!r} are what s4 says itself", field="property")
    return name


class Channels:
    """The table of channels seen so far. Grows as devices speak, `MOST_CHANNELS` each at most; safe from threads."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, int, str, str | None], int] = {}
        self._rows: list[Channel] = []
        self._sites: list[str] = []
        self._count: dict[str, int] = {}
        self._arrays = _columns([], [])
        self._lock = Lock()

    def __getitem__(self, code: int) -> Channel:
        return self._rows[code]

    def code(self, profile: Profile, name: str, unit: str | None) -> int:
        """The channel of a device's property sent in `unit` (None: it did not say).

        Raises `InputError` for a bad name, an unknown unit, or one that does not fit the declared one.
        """
        code = self._code.get((profile.device, profile.version, name, unit))
        return self._add(profile, name, unit) if code is None else code

    def _add(self, profile: Profile, name: str, unit: str | None) -> int:
        channel = _channel(profile, check_property(name), unit)
        with self._lock:
            count = self._count.get(profile.device, 0) + 1
            if count > MOST_CHANNELS:
                raise InputError(f"{profile.device} has sent {MOST_CHANNELS} properties and units, which is the most")
            self._count[profile.device] = count
            self._rows.append(channel)
            if channel.site not in self._sites:
                self._sites.append(channel.site)
            return self._code.setdefault((profile.device, profile.version, name, unit), len(self._rows) - 1)

    def _table(self) -> _Table:
        if len(self._arrays.scale) != len(self._rows):
            with self._lock:
                self._arrays = _columns(self._rows, self._sites)
        return self._arrays

    def judge(self, sent: Columns, received: NDArray[np.int64] | int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values in the unit of their series, and which rows are refused. Cost: about 50 ns a row in large batches."""
        table, code = self._table(), sent.code
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            value = sent.value * table.scale[code] + table.offset[code]
        good = (value >= table.low[code]) & (value <= table.high[code])  # not-a-number fails both
        good &= (sent.time <= received + table.ahead[code]) & (sent.time >= received - table.age[code])
        if table.whole.any():
            good &= ~table.whole[code] | (value == np.floor(value))
        return value, ~good

    def impossible(self, sent: Columns, received: NDArray[np.int64] | int) -> NDArray[np.bool_] | None:
        """Which rows claim a time that cannot be and are to be taken as true when they arrived; None: no row is."""
        table, code = self._table(), sent.code
        if not table.arrival.any():
            return None
        apart = (sent.time > received + table.ahead[code]) | (sent.time < received - table.age[code])
        found: NDArray[np.bool_] = apart & table.arrival[code]
        return found if found.any() else None

    def profiled(self, code: NDArray[np.int32]) -> NDArray[np.bool_] | None:
        """Which rows are of devices whose profile is known; None: no row is."""
        table = self._table()
        return table.profiled[code] if table.profiled.any() else None

    def reason(self, code: int, time: int, value: float, received: int) -> InputError:
        """Why `judge` refused a row; `value` as converted."""
        channel = self._rows[code]
        if not abs(value) <= _LARGEST:
            return InputError("is not a finite number", field="value")
        if not channel.low <= value <= channel.high:
            unit = channel.series.unit
            return InputError(f"{value:g} {unit} is outside {channel.low:g} to {channel.high:g} {unit}", field="value")
        if channel.whole and value != int(value):
            return InputError(f"{value:g} is not a whole number", field="value")
        return skew(time, received, channel.ahead, channel.age) or InputError("is refused")

    def batches(self, kept: Columns, received: int) -> list[ObservationBatch]:
        """Rows that passed (values already converted) → batches, one a site, at most `LARGEST_BATCH` rows each."""
        if not len(kept.code):
            return []
        if len(self._sites) == 1:
            return self._split(self._sites[0], kept, received)
        site = self._table().site[kept.code]
        each = [(s, kept.take(site == s)) for s in np.unique(site).tolist()]
        return [batch for s, rows in each for batch in self._split(self._sites[s], rows, received)]

    def _split(self, site: str, rows: Columns, received: int) -> list[ObservationBatch]:
        parts = range(0, len(rows.code), LARGEST_BATCH)
        return [self._batch(site, rows.take(slice(i, i + LARGEST_BATCH)), received) for i in parts]

    def _batch(self, site: str, rows: Columns, received: int) -> ObservationBatch:
        count = np.bincount(rows.code)
        place = np.zeros(len(count), np.int32)
        intern: dict[Series, int] = {}
        for c in np.flatnonzero(count).tolist():
            place[c] = intern.setdefault(self._rows[c].series, len(intern))
        code = place[rows.code]
        return ObservationBatch(site, received, tuple(intern), code, rows.time, rows.value)


def skew(time: int, received: int, ahead: int, age: int) -> InputError | None:
    """The complaint about a clock that is too far ahead, or a reading that is too old; None when neither (all ns)."""
    if time > received + ahead:
        text = f"{_when(time)} is more than {ahead / NS_PER_S:g} s ahead of our clock"
        return InputError(text, field="time")
    if time < received - age:
        text = f"{_when(time)} is more than {age / NS_PER_S:g} s ago (a number counts nanoseconds since 1970)"
        return InputError(text, field="time")
    return None


def _when(time: int) -> str:
    return format_time(time) if 0 <= time <= 9_000_000_000 * NS_PER_S else f"{time} ns"


def resource_of(spec: DeviceProfile, name: str) -> Resource:
    """The resource `name` of a profile. Raises `InputError` when it has none of that name."""
    found = spec.resource(name)
    if found is None:
        there = ", ".join(one.name for one in spec.resources)[:120]
        raise InputError(f"the profile {spec.name} has no resource {name!r} (it has: {there})", field="property")
    return found


def _profiled(profile: Profile, spec: DeviceProfile, name: str, unit: str | None) -> Channel:
    """The channel of a device whose profile is known: nothing is guessed."""
    found = resource_of(spec, name)
    if found.type in ("string", "event"):
        raise InputError(f"is of type {found.type} and no number, as the profile {spec.name} says", field="value")
    scale, offset = (found.scale, found.offset) if unit is None else _conversion(unit, found.unit)
    low, high = (0.0, 1.0) if found.type == "bool" else found.range or (-_LARGEST, _LARGEST)
    return Channel(
        Series(profile.device, name, found.unit), profile.site, scale, offset, low, high, profile.ahead_ns,
        profile.age_ns, whole=found.type != "float", arrival=spec.clock.beyond == "arrival", profiled=True,
    )  # fmt: skip


def _channel(profile: Profile, name: str, unit: str | None) -> Channel:
    if profile.spec is not None:
        return _profiled(profile, profile.spec, name, unit)
    declared = profile.options.units.get(name)
    scale, offset = _conversion(unit, declared) if unit is not None and declared is not None else (1.0, 0.0)
    if unit is not None:
        _known(unit)
    low, high = profile.options.ranges.get(name, (-_LARGEST, _LARGEST))
    series = Series(profile.device, name, declared or unit or "1")
    return Channel(series, profile.site, scale, offset, low, high, profile.ahead_ns, profile.age_ns)


def _known(unit: str) -> None:
    try:
        parse_unit(unit)
    except InputError as error:
        raise error.at(field="unit") from error


def _conversion(unit: str, declared: str) -> tuple[float, float]:
    """(scale, offset) that turn a number in `unit` into `declared`."""
    if unit == declared:
        return 1.0, 0.0
    _known(unit)
    sent, kept = parse_unit(unit), parse_unit(declared)
    if sent.dimension != kept.dimension:
        raise InputError(f"{unit!r} cannot be converted to {declared!r}, in which it is measured", field="unit")
    return sent.factor / kept.factor, (sent.offset - kept.offset) / kept.factor


def _columns(rows: list[Channel], sites: list[str]) -> _Table:
    return _Table(
        np.array([r.scale for r in rows], np.float64), np.array([r.offset for r in rows], np.float64),
        np.array([r.low for r in rows], np.float64), np.array([r.high for r in rows], np.float64),
        np.array([r.ahead for r in rows], np.int64), np.array([r.age for r in rows], np.int64),
        np.array([sites.index(r.site) for r in rows], np.int32),
        np.array([r.whole for r in rows], np.bool_), np.array([r.arrival for r in rows], np.bool_),
        np.array([r.profiled for r in rows], np.bool_),
    )  # fmt: skip
