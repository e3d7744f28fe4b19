"""LoRaWAN network servers: the JSON of ChirpStack v4 and of The Things Stack v3, the same by MQTT and by HTTP.

Sources: chirpstack.io, "Integrations", "Events"; thethingsindustries.com, "Data Formats". A device is its DevEUI. What
its decoder found are its properties; `lorawan.…` is what the network knows of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from s4.core.clock import parse_time
from s4.core.errors import InputError
from s4.core.model import Place
from s4.sensing.formats import read_object
from s4.sensing.options import complaint
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.pointer import plain_values
from s4.sensing.services.topics import Command

_EUI: Final = re.compile(r"[0-9A-Fa-f]{16}")
Fields = dict[str, Any]
Reader = Callable[[Parsed, str, int | None, Fields], None]


def _part(fields: Fields, name: str) -> Fields:
    part = fields.get(name)
    return part if isinstance(part, dict) else {}


def _eui(value: object, field: str) -> str:
    if not isinstance(value, str) or not _EUI.fullmatch(value):
        raise InputError("is missing or no DevEUI of 16 hexadecimal digits", field=field)
    return value.lower()


def _time(value: object, field: str) -> int | None:
    """RFC 3339 text with up to nanoseconds; None where there is none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError("is no text", field=field)
    return parse_time(value, field=field)


def _radio(parsed: Parsed, device: str, time: int | None, heard: object) -> None:
    """How well the best gateway heard it, and how many did."""
    gateways = [one for one in heard if isinstance(one, dict)] if isinstance(heard, list) else []
    for name, key, unit in (("lorawan.rssi", "rssi", "[dBm]"), ("lorawan.snr", "snr", "dB")):
        found = [one[key] for one in gateways if type(one.get(key)) in {int, float}]
        if found:
            parsed.reading(device, name, max(found), unit, time)
    if gateways:
        parsed.reading(device, "lorawan.gateways", len(gateways), "{count}", time)


def _decoded(parsed: Parsed, device: str, time: int | None, found: object, otherwise: Fields) -> None:
    """What the network's decoder found in the payload, or the payload when nobody decoded it."""
    if isinstance(found, dict) and found:
        for name, value in plain_values(found):
            parsed.said(device, name, value, time)
    elif any(value is not None for value in otherwise.values()):
        parsed.event(device, "lorawan.payload", otherwise, time)


def _place(found: Fields, lat: str, lon: str, alt: str) -> Place | None:
    try:
        return msgspec.convert({"lat": found.get(lat), "lon": found.get(lon), "alt_m": found.get(alt)}, Place)
    except msgspec.ValidationError as error:
        raise complaint(error).at(field="location") from error


# ChirpStack


def _chirp_up(parsed: Parsed, device: str, time: int | None, fields: Fields) -> None:
    _decoded(parsed, device, time, fields.get("object"), {"f_port": fields.get("fPort"), "data": fields.get("data")})
    _radio(parsed, device, time, fields.get("rxInfo"))
    parsed.reading(device, "lorawan.frame", fields.get("fCnt", 0), "{count}", time)


def _chirp_status(parsed: Parsed, device: str, time: int | None, fields: Fields) -> None:
    parsed.reading(device, "lorawan.margin", fields.get("margin", 0), "dB", time)
    external = fields.get("externalPowerSource", False)
    parsed.reading(device, "lorawan.external_power", external, "1", time)
    if not external and not fields.get("batteryLevelUnavailable", False):
        parsed.reading(device, "battery", fields.get("batteryLevel", 0), "%", time)


def _chirp_location(parsed: Parsed, device: str, time: int | None, fields: Fields) -> None:
    found = _part(fields, "location")
    parsed.event(device, "lorawan.location", found, time, _place(found, "latitude", "longitude", "altitude"))


def _chirp_event(name: str, *keys: str) -> Reader:
    def read(parsed: Parsed, device: str, time: int | None, fields: Fields) -> None:
        parsed.event(device, name, {key: fields[key] for key in keys if key in fields}, time)

    return read


_CHIRP: Final[Mapping[str, Reader]] = {
    "up": _chirp_up,
    "status": _chirp_status,
    "location": _chirp_location,
    "join": _chirp_event("lorawan.join", "devAddr"),
    "ack": _chirp_event("lorawan.ack", "acknowledged", "fCntDown"),
    "log": _chirp_event("lorawan.log", "level", "code", "description"),
}
_CHIRP_QUIET: Final = frozenset({"txack", "integration"})


def read_chirpstack(event: str, payload: bytes) -> Parsed:
    """One event of ChirpStack (`up`, `status`, `join`, `log`, `location`, `ack`). Raises `InputError`."""
    parsed = Parsed()
    if event in _CHIRP_QUIET:
        return parsed
    if event not in _CHIRP:
        raise InputError(f"{event[:40]!r} is no event of ChirpStack")
    fields = read_object(payload)
    device = _eui(_part(fields, "deviceInfo").get("devEui"), "deviceInfo.devEui")
    _CHIRP[event](parsed, device, _time(fields.get("time"), "time"), fields)
    return parsed


# The Things Stack


def _things_up(parsed: Parsed, device: str, time: int | None, fields: Fields) -> None:
    payload = {"f_port": fields.get("f_port"), "data": fields.get("frm_payload")}
    _decoded(parsed, device, time, fields.get("decoded_payload"), payload)
    _radio(parsed, device, time, fields.get("rx_metadata"))
    parsed.reading(device, "lorawan.frame", fields.get("f_cnt", 0), "{count}", time)
    battery = _part(fields, "last_battery_percentage")
    if "value" in battery:
        heard = _time(battery.get("received_at"), "last_battery_percentage.received_at")
        parsed.reading(device, "battery", battery["value"], "%", heard or time)


def _things_location(parsed: Parsed, device: str, time: int | None, fields: Fields) -> None:
    found = _part(fields, "location")
    parsed.event(device, "lorawan.location", found, time, _place(found, "latitude", "longitude", "altitude"))


def _things_join(parsed: Parsed, device: str, time: int | None, fields: Fields) -> None:
    del fields
    parsed.event(device, "lorawan.join", {}, time)


_THINGS: Final[Mapping[str, Reader]] = {
    "uplink_message": _things_up,
    "location_solved": _things_location,
    "join_accept": _things_join,
}


def read_things_stack(payload: bytes) -> Parsed:
    """One message of The Things Stack; what it says of downlinks is left out. Raises `InputError`."""
    parsed, fields = Parsed(), read_object(payload)
    ids = _part(fields, "end_device_ids")
    kind = next((name for name in _THINGS if isinstance(fields.get(name), dict)), None)
    if kind is None:
        if any(name.startswith(("downlink_", "service_data", "uplink_normalized")) for name in fields):
            return parsed
        raise InputError(f"is none of {', '.join(_THINGS)}")
    device = _eui(ids.get("dev_eui"), "end_device_ids.dev_eui")
    # The network server's own time is nearer to the radio than the application server's.
    field = f"{kind}.received_at" if "received_at" in fields[kind] else "received_at"
    time = _time(fields[kind].get("received_at", fields.get("received_at")), field)
    _THINGS[kind](parsed, device, time, fields[kind])
    return parsed


class ChirpStack:
    """Its MQTT topics: `application/<id>/device/<DevEUI>/event/<event>`."""

    def read(self, topic: str, payload: bytes, received: int, *, retained: bool) -> Parsed:
        """One message; the event is the last level of its topic."""
        del received, retained  # each says its own time
        return read_chirpstack(topic.rpartition("/")[2], payload)

    def asks(self) -> Sequence[Command]:
        """Nothing."""
        return ()


class ThingsStack:
    """Its MQTT topics: `v3/<application>@<tenant>/devices/<device>/up` and the like."""

    def read(self, topic: str, payload: bytes, received: int, *, retained: bool) -> Parsed:
        """One message; it says itself of what kind it is."""
        del topic, received, retained
        return read_things_stack(payload)

    def asks(self) -> Sequence[Command]:
        """Nothing."""
        return ()
