"""What a device may write: readings and events as JSON, the same over MQTT and HTTP.

    21.5                                              a reading, true when it arrived
    {"value": 21.5, "unit": "Cel", "time": …}         a reading; time as RFC 3339 text or ns since 1970 (UTC)
    [21.5, {"value": 21.7}]                           several readings
    {"event": "opened", "by": "key 4"}                anything else: an event, kept as it is

`unit` is a UCUM code. Over HTTP each object also names its `property`; over MQTT the topic does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from s4.core.clock import parse_time
from s4.core.errors import InputError
from s4.core.model import Observation, Place
from s4.core.profile import DeviceProfile, Resource, fault
from s4.core.subjects import ACK
from s4.sensing.channels import check_property, resource_of, skew
from s4.sensing.device import Profile
from s4.sensing.options import complaint

LARGEST_EVENT: Final = 65_536
DEEPEST_EVENT: Final = 16
_MOST_DIGITS: Final = 2**63


class SentReading(msgspec.Struct, forbid_unknown_fields=True):
    """One reading as written by a device: `time` ns UTC, RFC 3339 text, or None for "when it arrived"."""

    value: float
    unit: str | None = None
    time: int | str | None = None


class NamedReading(msgspec.Struct, forbid_unknown_fields=True):
    """A reading that names its property, as over HTTP."""

    property: str
    value: float
    unit: str | None = None
    time: int | str | None = None


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    value: bool | str | float
    time: int | str | None = None


class _NamedPlain(msgspec.Struct, forbid_unknown_fields=True):
    property: str
    value: bool | str | float
    time: int | str | None = None


Event = dict[str, Any]
NUMBERS: Final = msgspec.json.Decoder(list[float])
NAMED: Final = msgspec.json.Decoder(list[NamedReading])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_NUMBER: Final = msgspec.json.Decoder(float)
_READING: Final = msgspec.json.Decoder(SentReading)
ONE_NAMED: Final = msgspec.json.Decoder(NamedReading)
_EVENT: Final = msgspec.json.Decoder(dict[str, Any])
_PLAIN: Final = msgspec.json.Decoder(_Plain | bool | str | float | None)
_NAMED_PLAIN: Final = msgspec.json.Decoder(_NamedPlain)
_PLACE_FIELDS: Final = frozenset({"lat", "lon"})
_READING_FIELDS: Final = frozenset({"value", "unit", "time", "property"})
WRONG: Final = (ValueError, RecursionError)
"""What a decoder may raise; msgspec's own errors are `ValueError`s."""


def parse_item(text: bytes) -> SentReading | Event:
    """One number or object → a reading or an event. Raises `InputError`.

    >>> parse_item(b"21.5")
    SentReading(value=21.5, unit=None, time=None)
    >>> parse_item(b'{"event": "opened"}')
    {'event': 'opened'}
    >>> parse_item(b'{"value": "warm"}')
    Traceback (most recent call last):
    s4.core.errors.InputError: value: expected a number, got text
    """
    if not text.lstrip().startswith(b"{"):
        try:
            return SentReading(_NUMBER.decode(text))
        except WRONG as error:
            raise complaint(error) from error
    try:
        return _READING.decode(text)
    except WRONG as error:
        return _event(text, error)


def parse_named(text: bytes) -> NamedReading | tuple[str, Event]:
    """One object with a `property` → a reading, or that property and the event's other fields.

    >>> parse_named(b'{"property": "door", "state": "open"}')
    ('door', {'state': 'open'})
    """
    try:
        return ONE_NAMED.decode(text)
    except WRONG as error:
        event = _event(text, error)
    name = event.pop("property", None)
    if not isinstance(name, str):
        raise InputError("is missing or no text", field="property")
    return name, event


def parse_typed_named(spec: DeviceProfile, text: bytes) -> NamedReading | tuple[str, Event] | None:
    """One object that names a `bool` or a `string` of a profile and its `value`; None when it is none. Raises
    `InputError` for a value that the profile does not allow.
    """
    try:
        found = _NAMED_PLAIN.decode(text)
    except WRONG:
        return None
    resource = spec.resource(found.property)
    if resource is None or resource.type not in ("bool", "string"):
        return None
    item = parse_typed(resource, msgspec.json.encode(_Plain(found.value, found.time)))
    if isinstance(item, SentReading):
        return NamedReading(found.property, item.value, None, item.time)
    return found.property, item


def parse_items(text: bytes) -> list[bytes]:
    """A JSON list → its items, each still JSON. Raises `InputError` when the list itself is broken."""
    try:
        return [bytes(item) for item in _ITEMS.decode(text)]
    except WRONG as error:
        raise complaint(error) from error


def _event(text: bytes, why_no_reading: Exception) -> Event:
    if len(text) > LARGEST_EVENT:
        raise InputError(f"an event has at most {LARGEST_EVENT} bytes, not {len(text)}")
    try:
        event = _EVENT.decode(text)
    except WRONG as error:
        raise complaint(error) from error
    if "value" in event and event.keys() <= _READING_FIELDS:
        raise complaint(why_no_reading) from why_no_reading
    return event


def instant(time: int | str | None, received: int) -> int:
    """When something was true, ns UTC: as the device says, else when it arrived. Raises `InputError`."""
    if time is None:
        return received
    when = parse_time(time, field="time") if isinstance(time, str) else time
    if not -(2**63) <= when < 2**63:
        raise InputError("is further away than clocks can count", field="time")
    return when


def observe(profile: Profile, name: str, body: Event, text: bytes, received: int) -> Observation:
    """An event → an `Observation`. Its `time` field, if any, says when; `place` with `lat` and `lon` says where.

    Raises `InputError` for a bad time or place, a number beyond 64 bits, nesting over 16 levels, or something of which
    the device's profile does not know.
    """
    name = check_property(name)
    check_depth(body)
    if profile.spec is not None and name != ACK:
        check_event(profile.spec, name, body)
    time = happened(profile, instant(_time_field(body), received), received)
    key = Observation.derive_id(profile.device, name, time, text)
    return Observation(key, profile.device, name, time, profile.site, received, body, _place(body))


def check_event(spec: DeviceProfile, name: str, body: Mapping[str, Any]) -> None:
    """Raise `InputError` unless the profile has such an event: an object, or `value` of the type that it says."""
    found = resource_of(spec, name)
    if found.type == "event":
        return
    if found.type in ("float", "int"):
        raise InputError(f"is an object and no number, as the profile {spec.name} says", field="value")
    if reason := fault(found, body.get("value")):
        raise InputError(reason, field="value")


def happened(profile: Profile, time: int, received: int) -> int:
    """When an event happened: as it says, or as its profile wants it when that cannot be. Raises `InputError`."""
    wrong = skew(time, received, profile.ahead_ns, profile.age_ns)
    if wrong is None:
        return time
    if profile.spec is None or profile.spec.clock.beyond != "arrival":
        raise wrong
    return received


def parse_typed(resource: Resource, text: bytes) -> SentReading | Event:
    """What a device sent of a `bool` (a reading of 0 or 1) or of a `string` (an event with that `value`).

    >>> parse_typed(Resource("open", type="bool"), b"true").value
    1.0
    >>> parse_typed(Resource("mode", type="string", choices=("day", "night")), b'"dusk"')
    Traceback (most recent call last):
    s4.core.errors.InputError: value: 'dusk' is not one of day, night
    """
    try:
        found = _PLAIN.decode(text)
    except WRONG as error:
        raise complaint(error) from error
    value, time = (found.value, found.time) if isinstance(found, _Plain) else (found, None)
    if resource.type == "bool" and isinstance(value, float) and value in (0.0, 1.0):
        value = bool(value)
    if reason := fault(resource, value):
        raise InputError(reason, field="value")
    if isinstance(value, bool):
        return SentReading(float(value), None, time)
    return {"value": value} if time is None else {"value": value, "time": time}


def _time_field(body: Mapping[str, Any]) -> int | str | None:
    time = body.get("time")
    if time is None or isinstance(time, str) or (isinstance(time, int) and not isinstance(time, bool)):
        return time
    raise InputError("is neither RFC 3339 text nor nanoseconds", field="time")


def _place(body: Mapping[str, Any]) -> Place | None:
    place = body.get("place")
    if not isinstance(place, dict) or not place.keys() >= _PLACE_FIELDS:
        return None
    try:
        return msgspec.convert(place, Place)
    except msgspec.ValidationError as error:
        found = complaint(error)
        raise found.at(field=f"place.{found.field}" if found.field else "place") from error


def check_depth(value: object, deepest: int = DEEPEST_EVENT) -> None:
    """Raise `InputError` when lists and objects nest deeper than that, or a whole number needs over 64 bits.

    >>> check_depth({"a": [1, {"b": 2}]})
    """
    if isinstance(value, dict | list):
        if deepest == 0:
            raise InputError(f"nests deeper than {DEEPEST_EVENT} levels")
        for item in value.values() if isinstance(value, dict) else value:
            check_depth(item, deepest - 1)
    elif isinstance(value, int) and not -_MOST_DIGITS <= value < _MOST_DIGITS:
        raise InputError("holds a whole number of more than 64 bits")
