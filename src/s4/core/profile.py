"""Device profiles: what a kind of device measures, in which units and ranges, how often, and what it can be told.

A profile is written once, as YAML, for every device of a make; `sensing` checks each reading against it, `edge` knows
from it when a device is late, and a command is checked against it before it is sent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError, InputError
from s4.core.units import parse_unit

ResourceType = Literal["float", "int", "bool", "string", "event"]
Value = float | str | bool
Name = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=200)]
PROPERTY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
RESERVED: Final = "s4."
"""How the names begin of what s4 itself says of a device; no device may use them."""
MOST_RESOURCES: Final = 512
_DAY_S: Final = 86_400.0
_NUMBERS: Final = ("float", "int")


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a device speaks of.

    `type`: `event` is an object that is kept as it is; `unit`: UCUM code of the value that is kept; a number that
    names no unit becomes number × `scale` + `offset`, one that does is converted; `range`: lowest and highest value
    that the sensor can truly measure, in `unit`; `choices`: the texts that a `string` may be; `period_s`: how often it
    is sent by itself, 0 when only something happens; `raw`: whether every reading goes to the hub also when the link is
    poor (`keep`) or aggregates do (`thin`); `label`: what people call it.
    """

    name: Name
    type: ResourceType = "float"
    unit: Name = "1"
    scale: float = 1.0
    offset: float = 0.0
    range: tuple[float, float] | None = None
    choices: tuple[Text, ...] = ()
    period_s: Annotated[float, Meta(ge=0, le=31 * _DAY_S)] = 0.0
    raw: Literal["keep", "thin"] = "thin"
    label: Text = ""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One parameter of a command; `range` in `unit`, which the device expects."""

    name: Name
    type: Literal["float", "int", "bool", "string"] = "float"
    unit: Name = "1"
    range: tuple[float, float] | None = None
    choices: tuple[Text, ...] = ()
    required: bool = True
    label: Text = ""


class CommandSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One command that a device obeys.

    `name`: the action, as a plain verb behind what it is about (`gate.close`); `ack_s`: seconds in which the device
    answers; `retries`: how often it is asked again; `idempotent`: whether doing it twice is the same as doing it once;
    where it is not, a command that may have reached the device is never sent a second time.
    """

    name: Name
    label: Text = ""
    parameters: tuple[Parameter, ...] = ()
    ack_s: Annotated[float, Meta(ge=0.1, le=3600)] = 5.0
    retries: Annotated[int, Meta(ge=0, le=20)] = 4
    idempotent: bool = True


class Battery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which resource says how full the battery is, and at or below which value (in its unit) it is low."""

    resource: Name
    low: float


class ClockPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How far a device's own clock is trusted: `ahead_s` ahead of ours, `age_s` behind it. What claims to be further
    away is refused (`refuse`), or taken as true when it arrived (`arrival`), and counted either way.
    """

    ahead_s: Annotated[float, Meta(ge=0, le=36_525 * _DAY_S)] = 300.0
    age_s: Annotated[float, Meta(ge=0, le=36_525 * _DAY_S)] = 7 * _DAY_S
    beyond: Literal["refuse", "arrival"] = "refuse"


class DeviceProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A kind of device. `silent_after`: missed periods after which it counts as silent; `most_per_s`: messages a
    second beyond which the rest is left out and it is said to flood.
    """

    name: Name
    resources: Annotated[tuple[Resource, ...], Meta(max_length=MOST_RESOURCES)]
    maker: Text = ""
    model: Text = ""
    label: Text = ""
    commands: Annotated[tuple[CommandSpec, ...], Meta(max_length=128)] = ()
    battery: Battery | None = None
    clock: ClockPolicy = ClockPolicy()
    silent_after: Annotated[float, Meta(ge=1, le=1000)] = 3.0
    most_per_s: Annotated[float, Meta(gt=0, le=1e6)] = 1000.0

    def resource(self, name: str) -> Resource | None:
        """The resource of that name, or None."""
        return next((one for one in self.resources if one.name == name), None)

    def command(self, name: str) -> CommandSpec | None:
        """The command of that name, or None."""
        return next((one for one in self.commands if one.name == name), None)

    @property
    def period_s(self) -> float:
        """How often the device speaks by itself: the shortest period of its resources; 0 when it only reports events.

        >>> DeviceProfile("air", (Resource("co2", period_s=60), Resource("battery", period_s=3600))).period_s
        60.0
        """
        return min((float(one.period_s) for one in self.resources if one.period_s), default=0.0)

    @property
    def fresh_s(self) -> float:
        """What `Source.fresh_s` is for such a device: it is silent after three times as long."""
        return self.period_s * self.silent_after / 3.0

    def check(self) -> None:
        """Raise `ConfigError` naming the field when the profile cannot be meant."""
        if not PROPERTY.fullmatch(self.name):
            raise ConfigError(f"{self.name!r} is not a name", field="name")
        if not self.resources and not self.commands:
            raise ConfigError("describes neither a resource nor a command", field="resources")
        _unlike([one.name for one in self.resources], "resources")
        _unlike([one.name for one in self.commands], "commands")
        for i, resource in enumerate(self.resources):
            _check_resource(resource, f"resources[{i}]")
        for i, command in enumerate(self.commands):
            _unlike([one.name for one in command.parameters], f"commands[{i}].parameters")
            for j, parameter in enumerate(command.parameters):
                _check_values(parameter, f"commands[{i}].parameters[{j}]")
        self._check_battery()

    def _check_battery(self) -> None:
        if self.battery is None:
            return
        found = self.resource(self.battery.resource)
        if found is None or found.type not in _NUMBERS:
            raise ConfigError(f"{self.battery.resource!r} is no resource that is a number", field="battery.resource")
        if not math.isfinite(self.battery.low):
            raise ConfigError("must be a finite number", field="battery.low")


def check_parameters(spec: CommandSpec, given: Mapping[str, Value]) -> None:
    """Raise `InputError` naming the first of `given` that the command cannot take, or one that is missing.

    >>> spec = CommandSpec("barrier.raise", parameters=(Parameter("height_m", range=(0, 2)),))
    >>> check_parameters(spec, {"height_m": 3.0})
    Traceback (most recent call last):
    s4.core.errors.InputError: parameters.height_m: 3 is outside 0 to 2
    """
    known = {one.name: one for one in spec.parameters}
    for name, value in given.items():
        if name not in known:
            raise InputError(f"{spec.name} takes no such parameter", field=f"parameters.{name[:64]}")
        if reason := fault(known[name], value):
            raise InputError(reason, field=f"parameters.{name}")
    for name, one in known.items():
        if one.required and name not in given:
            raise InputError(f"{spec.name} needs it", field=f"parameters.{name}")


def fault(what: Resource | Parameter, value: object) -> str:
    """Why `value` is not one of `what`; "" when it is.

    >>> fault(Resource("people", type="int"), 2.5), fault(Resource("open", type="bool"), True)
    ('2.5 is not a whole number', '')
    """
    if what.type == "event":
        return "" if isinstance(value, Mapping) else "is not an object"
    if what.type == "bool":
        return "" if isinstance(value, bool) else f"{_brief(value)} is not true or false"
    return _text_fault(what, value) if what.type == "string" else _number_fault(what, value)


def _number_fault(what: Resource | Parameter, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"{_brief(value)} is not a finite number"
    if what.type == "int" and value != int(value):
        return f"{_brief(value)} is not a whole number"
    if what.range is not None and not what.range[0] <= value <= what.range[1]:
        return f"{value:g} is outside {what.range[0]:g} to {what.range[1]:g}"
    return ""


def _text_fault(what: Resource | Parameter, value: object) -> str:
    if not isinstance(value, str):
        return f"{_brief(value)} is not text"
    if what.choices and value not in what.choices:
        return f"{_brief(value)} is not one of {', '.join(what.choices)[:120]}"
    return ""


def _brief(value: object) -> str:
    return repr(value)[:60]


def _check_resource(resource: Resource, field: str) -> None:
    if resource.name.startswith(RESERVED):
        raise ConfigError(f"names that begin with {RESERVED!r} are s4's own", field=f"{field}.name")
    for name in ("scale", "offset"):
        if not math.isfinite(getattr(resource, name)):
            raise ConfigError("must be a finite number", field=f"{field}.{name}")
    if resource.scale == 0:
        raise ConfigError("must not be 0: every reading would be the same", field=f"{field}.scale")
    if resource.type not in _NUMBERS and (resource.scale, resource.offset) != (1.0, 0.0):
        raise ConfigError("only numbers can be scaled", field=f"{field}.scale")
    _check_values(resource, field)


def _check_values(what: Resource | Parameter, field: str) -> None:
    if not PROPERTY.fullmatch(what.name):
        reason = f"{what.name!r} is not a name (1 to 64 of A-Z, a-z, 0-9, _, . and -)"
        raise ConfigError(reason, field=f"{field}.name")
    try:
        parse_unit(what.unit)
    except InputError as error:
        raise ConfigError(error.reason, field=f"{field}.unit") from error
    if what.unit != "1" and what.type not in _NUMBERS:
        raise ConfigError("only numbers have a unit", field=f"{field}.unit")
    if what.choices and what.type != "string":
        raise ConfigError("only a string has choices", field=f"{field}.choices")
    if what.range is None:
        return
    if what.type not in _NUMBERS:
        raise ConfigError("only numbers have a range", field=f"{field}.range")
    low, high = what.range
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigError(f"the lowest value {low:g} is not below the highest {high:g}", field=f"{field}.range")


def _unlike(names: Sequence[str], field: str) -> None:
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            raise ConfigError(f"{name!r} is there twice", field=f"{field}[{i}].name")
        seen.add(name)
