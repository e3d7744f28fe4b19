"""Devices that speak for themselves, over MQTT or HTTP with a credential of their own."""

from __future__ import annotations

import asyncio
from typing import Annotated, ClassVar, Final, NamedTuple

import msgspec
from msgspec import Meta

from s4.core.city import City, Source
from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError, InputError
from s4.core.model import Observation, ObservationBatch
from s4.core.ports import Card, Context, Door, Record
from s4.core.profile import DeviceProfile
from s4.core.register import Register
from s4.core.units import parse_unit
from s4.sensing.options import read_options

YEAR_S: Final = 31_557_600.0
_SAID_BY_PROFILE: Final = ("units", "ranges", "max_ahead_s", "max_age_s")
Skew = Annotated[float, Meta(ge=0, le=100 * YEAR_S)]


class DeviceOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of a device in `city.toml`.

    `units`: UCUM code by property, for payloads that name none; a payload in another unit of the same kind is
    converted to it. `ranges`: (lowest, highest) by property, in that unit; what lies outside is refused.
    `max_ahead_s`, `max_age_s`: how far the device's clock may be ahead of ours, and how old a reading may be.
    `rate_per_s`: records a second that it may send by HTTP (0 = the door's own bound).
    """

    units: dict[str, str] = {}
    ranges: dict[str, tuple[float, float]] = {}
    max_ahead_s: Skew = 300.0
    max_age_s: Skew = 7 * 86_400.0
    rate_per_s: Annotated[float, Meta(ge=0)] = 0.0

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a unit that is none, or a range that is empty."""
        for name, unit in self.units.items():
            try:
                parse_unit(unit)
            except InputError as error:
                raise ConfigError(error.reason, field=f"{owner}.options.units.{name}") from error
        for name, (low, high) in self.ranges.items():
            if not low < high:
                field = f"{owner}.options.ranges.{name}"
                raise ConfigError(f"the lowest value {low} is not below the highest {high}", field=field)


class UnknownDeviceError(InputError):
    """Nobody has described the device, and nobody has let it in."""


class Profile(NamedTuple):
    """What is known of one device: its id, the site where it stands, its options, and what kind of device it is, where
    somebody has said so. `version` differs when that has changed.
    """

    device: str
    site: str
    options: DeviceOptions
    spec: DeviceProfile | None = None
    version: int = 0

    @property
    def ahead_ns(self) -> int:
        """How far its clock may be ahead of ours, ns."""
        return int((self.spec.clock.ahead_s if self.spec else self.options.max_ahead_s) * NS_PER_S)

    @property
    def age_ns(self) -> int:
        """How old what it says may be, ns."""
        return int((self.spec.clock.age_s if self.spec else self.options.max_age_s) * NS_PER_S)


def device_options(source: Source) -> DeviceOptions:
    """The checked options of a source that is a device. Raises `ConfigError`."""
    owner = f"source[{source.id}]"
    options = read_options(DeviceOptions, source.options, owner)
    options.check(owner)
    for name in _SAID_BY_PROFILE if source.profile else ():
        if name in source.options:
            raise ConfigError("its profile says that; leave one of them out", field=f"{owner}.options.{name}")
    return options


class Profiles:
    """The devices of a city by id. Outlets, and the devices that their option `device` names, count too, since they
    answer commands; so do sources that have a door of their own (a camera may also report by MQTT), with the default
    options. With a `register`, what kind of device each is counts as well, and devices that a person has let in.
    """

    def __init__(self, city: City, register: Register | None = None) -> None:
        self._register = register
        answering = [(name, row.site) for row in city.outlet for name in (row.id, row.options.get("device")) if name]
        self._of = {str(name): Profile(str(name), site, DeviceOptions()) for name, site in answering}
        for source in city.source:
            options = device_options(source) if source.door == "device" else DeviceOptions()
            spec = city.profile_of(source.id) if register is not None else None
            self._of[source.id] = Profile(source.id, source.site, options, spec)

    @property
    def generation(self) -> int:
        """Changes when a decision of a person has changed which devices there are."""
        return self._register.generation if self._register is not None else 0

    def of(self, device: str) -> Profile:
        """The profile of `device`. Raises `UnknownDeviceError` when the city does not know it."""
        profile = self._of.get(device)
        if profile is not None:
            return profile
        let_in = self._register.of(device) if self._register is not None else None
        if let_in is None:
            raise UnknownDeviceError(f"there is no device {device[:70]!r} in the city", field="device")
        return Profile(device, let_in.site, DeviceOptions(), let_in.profile, self.generation)


class Device(Door):
    """A passive door: the device connects to us, over MQTT or `POST /ingest/<device>`, so there is nothing to run."""

    card: ClassVar = Card(
        name="device",
        version="1",
        title="Device that speaks MQTT or HTTP",
        purpose="Takes in what a sensor with its own credential measures or reports.",
        limits="1 MiB a message, 64 KiB an event; a clock at most 5 min ahead unless set otherwise.",
    )
    produces: ClassVar = (ObservationBatch, Observation)

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        self.options = device_options(source)

    async def run(self, record: Record) -> None:
        """Wait until cancelled: MQTT and HTTP deliver by themselves."""
        del record
        await asyncio.Event().wait()
