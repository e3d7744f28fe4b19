"""Gathers what the devices behind a gateway say → observations, judged as those of any other device."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError
from s4.core.model import Observation, Place
from s4.core.ports import Context, Produced
from s4.core.register import Register
from s4.core.subjects import NAME
from s4.sensing.channels import Channels, Columns, check_property, skew
from s4.sensing.device import YEAR_S, DeviceOptions, Profile, Profiles
from s4.sensing.payload import LARGEST_EVENT, check_depth, instant
from s4.sensing.replay import RejectBox
from s4.sensing.services.names import device_id, property_name
from s4.sensing.services.parsed import SELF, Body, Item, Parsed

_ANYTHING: Final = DeviceOptions(max_ahead_s=100 * YEAR_S, max_age_s=100 * YEAR_S)
Row = tuple[int, int, float, int, bytes, str]
"""Code of the channel, time, value, received, the text it came from, and where that stood."""


class GatewayOptions(DeviceOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of every device service in `city.toml`, besides what `DeviceOptions` has.

    `units`, `ranges`, `max_ahead_s`, `max_age_s` hold for all its devices; a device that the city knows adds its own.
    `names`: our id by the gateway's name of a device. `rate_per_s`: messages a second that are taken in; 0 is 20,000.
    `most_devices`: how many different devices may come in by it.
    """

    names: dict[str, str] = msgspec.field(default_factory=dict)
    most_devices: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a bad unit, range or id."""
        super().check(owner)
        for name, ours in self.names.items():
            if not NAME.fullmatch(ours):
                reason = f"{ours[:70]!r} is not a name (1 to 64 of a-z, 0-9, - and _)"
                raise ConfigError(reason, field=f"{owner}.options.names.{name}")


class Gather:
    """Takes in `Parsed` messages and gives observations. What is refused goes to `refused` with where it stood."""

    def __init__(self, context: Context, source: Source, options: GatewayOptions, refused: RejectBox) -> None:
        self._source, self._options, self._refused, self._clock = source, options, refused, context.clock
        self._known = Profiles(context.city, context.register or Register(context.city))
        self._generation = 0
        self._profiles: dict[str, Profile] = {}
        self._channels = Channels()
        self._rows: list[Row] = []
        self._events: list[Observation] = []

    def __len__(self) -> int:
        return len(self._rows) + len(self._events)

    def take(self, parsed: Parsed, text: bytes, where: str) -> None:
        """Add what one message `text` said; `where` (topic, address, register) names it in complaints."""
        received = self._clock.now()
        for error in parsed.wrong:
            self._refused.add(text, error.at(file=where))
        for item in parsed.items:
            try:
                self._add(item, received, text, where)
            except InputError as error:
                field = f"{item.property[:64]}.{error.field}" if error.field else item.property[:64]
                self._refused.add(text, InputError(error.reason, file=where, field=field))

    def refuse(self, text: bytes, error: InputError, where: str) -> None:
        """A whole message cannot be used."""
        self._refused.add(text, error.at(file=where))

    def drain(self) -> list[Produced]:
        """All that was added since the last call. Cost: about 5 µs a reading in small numbers."""
        rows, self._rows = self._rows, []
        events, self._events = self._events, []
        if not rows:
            return list(events)
        codes, times, values, receiveds, _, _ = zip(*rows, strict=True)
        sent = Columns(np.array(codes, np.int32), np.array(times, np.int64), np.array(values, np.float64))
        received = np.array(receiveds, np.int64)
        value, bad = self._channels.judge(sent, received)
        for i in np.flatnonzero(bad).tolist():
            self._explain(rows[i], float(value[i]))
        kept = Columns(sent.code, sent.time, value).take(~bad)
        return [*self._channels.batches(kept, int(received.max())), *events]

    def _explain(self, row: Row, value: float) -> None:
        code, time, _, received, text, where = row
        error = self._channels.reason(code, time, value, received)
        field = self._channels[code].series.property + (".time" if error.field == "time" else "")
        self._refused.add(text, InputError(error.reason, file=where, field=field))

    def _add(self, item: Item, received: int, text: bytes, where: str) -> None:
        profile, name = self._profile(item.device), check_property(property_name(item.property))
        time = instant(item.time, received)
        if isinstance(item.value, dict):
            self._events.append(_observe(profile, name, item.value, time, received, text, item.place))
            return
        code = self._channels.code(profile, name, item.unit)
        self._rows.append((code, time, item.value, received, text, where))

    def _profile(self, name: str) -> Profile:
        if self._generation != self._known.generation:
            self._generation, self._profiles = self._known.generation, {}
        found = self._profiles.get(name)
        if found is None:
            if len(self._profiles) >= self._options.most_devices:
                raise InputError(f"more than {self._options.most_devices} devices (most_devices)", field="device")
            found = self._profiles[name] = self._make(name)
        return found

    def _make(self, name: str) -> Profile:
        options, source = self._options, self._source
        device = source.id if name == SELF else options.names.get(name) or device_id(name)
        try:
            known = self._known.of(device)
        except InputError:  # nobody has let it in: it is passed on as it is, and held at the checkpoint
            return Profile(device, source.site, options, None, self._generation)
        if known.spec is not None:  # the checkpoint judges it by its profile, which knows better
            return Profile(device, known.site, _ANYTHING, None, self._generation)
        if device == source.id:
            return Profile(device, source.site, options, None, self._generation)
        units, ranges = {**options.units, **known.options.units}, {**options.ranges, **known.options.ranges}
        own = msgspec.structs.replace(known.options, units=units, ranges=ranges)
        return Profile(device, known.site, own, None, self._generation)


def _observe(
    profile: Profile, name: str, body: Body, time: int, received: int, text: bytes, place: Place | None
) -> Observation:  # fmt: skip
    check_depth(body)
    if 6 * len(text) > LARGEST_EVENT and len(msgspec.json.encode(body)) > LARGEST_EVENT:
        raise InputError(f"an event has at most {LARGEST_EVENT} bytes")
    if wrong := skew(time, received, profile.ahead_ns, profile.age_ns):
        raise wrong
    key = Observation.derive_id(profile.device, name, time, text)
    return Observation(key, profile.device, name, time, profile.site, received, body, place)


MOST_WAITING: Final = 8_192
"""Readings after which what was gathered is handed over, whatever else has come."""
