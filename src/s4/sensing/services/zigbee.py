"""Zigbee2MQTT: what it publishes under its base topic. Source: zigbee2mqtt.io, "MQTT Topics and Messages"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from s4.core.errors import InputError
from s4.sensing.formats import read_object, time_of
from s4.sensing.options import complaint
from s4.sensing.payload import WRONG
from s4.sensing.services.jsonmap import ANY
from s4.sensing.services.names import ucum
from s4.sensing.services.parsed import SELF, Parsed
from s4.sensing.services.pointer import plain_values
from s4.sensing.services.topics import Command

_USUAL: Final[Mapping[str, str]] = {
    "battery": "%", "temperature": "Cel", "device_temperature": "Cel", "humidity": "%", "pressure": "hPa",
    "illuminance": "lx", "co2": "[ppm]", "power": "W", "current": "A", "energy": "kW.h",
}  # fmt: skip
_COMMANDS: Final = ("set", "get")
_EVENTS: Final = frozenset({"device_joined", "device_announce", "device_interview", "device_leave"})
_NOT_SAID: Final = frozenset({"last_seen", "elapsed", "update", "update_available"})
MOST_DEVICES: Final = 10_000
DEEPEST_EXPOSE: Final = 4


class Zigbee2Mqtt:
    """Readings of Zigbee devices, each under its friendly name, in the units that the bridge says they have.

    Numbers and truth values are readings, words (`action`) events, ON and OFF 1 and 0 where the device says so. A
    retained state is not taken, since nobody knows when it was true, unless it says when it was last seen.
    """

    def __init__(self, base: str = "zigbee2mqtt") -> None:
        self._base = base.rstrip("/")
        self._units: dict[tuple[str, str], str | None] = {}
        self._words: dict[tuple[str, str], dict[str, float]] = {}

    def read(self, topic: str, payload: bytes, received: int, *, retained: bool) -> Parsed:
        """One message. Raises `InputError` when it is not what Zigbee2MQTT sends."""
        parsed = Parsed()
        base, name = self._base + "/", topic.removeprefix(self._base + "/")
        if not topic.startswith(base) or name.split("/")[-1] in _COMMANDS or not payload:
            return parsed
        if name.startswith("bridge/"):
            self._bridge(parsed, name.removeprefix("bridge/"), payload)
        elif name.endswith("/availability"):
            parsed.event(name.removesuffix("/availability"), "availability", {"state": _state(payload)})
        else:
            self._device(parsed, name, read_object(payload), received, retained=retained)
        return parsed

    def asks(self) -> Sequence[Command]:
        """Nothing: the bridge speaks by itself."""
        return ()

    def _device(self, parsed: Parsed, name: str, fields: dict[str, Any], received: int, *, retained: bool) -> None:
        seen = fields.get("last_seen")
        if retained and seen is None:
            return
        time = None if seen is None else time_of(seen, "ms", received, field="last_seen")
        said = {key: value for key, value in fields.items() if key not in _NOT_SAID}
        for key, value in plain_values(said):
            word = self._words.get((name, key), {}).get(value) if isinstance(value, str) else None
            if word is not None or not isinstance(value, str):
                unit = self._units.get((name, key), _USUAL.get(key))
                parsed.reading(name, key, value if word is None else word, unit, time)
            elif value:
                parsed.event(name, key, {"value": value}, time)

    def _bridge(self, parsed: Parsed, what: str, payload: bytes) -> None:
        if what == "state":
            parsed.event(SELF, "bridge.state", {"state": _state(payload)})
        elif what == "devices":
            self._learn(payload)
        elif what == "event":
            event = read_object(payload)
            data, kind = event.get("data"), event.get("type")
            if kind in _EVENTS and isinstance(data, dict) and isinstance(data.get("friendly_name"), str):
                parsed.event(data["friendly_name"], f"zigbee.{kind}", data)

    def _learn(self, payload: bytes) -> None:
        """The bridge's list of its devices: the unit of each property, and which words mean on and off."""
        try:
            devices = ANY.decode(payload)
        except WRONG as error:
            raise complaint(error) from error
        if not isinstance(devices, list) or len(devices) > MOST_DEVICES:
            raise InputError(f"is no list of at most {MOST_DEVICES} devices")
        self._units, self._words = {}, {}
        for device in devices:
            name = device.get("friendly_name") if isinstance(device, dict) else None
            definition = device.get("definition") if isinstance(name, str) else None
            if isinstance(name, str) and isinstance(definition, dict):
                for expose in _exposes(definition.get("exposes"), DEEPEST_EXPOSE):
                    self._expose(name, expose)

    def _expose(self, name: str, expose: dict[str, Any]) -> None:
        key, unit = expose.get("property"), expose.get("unit")
        if not isinstance(key, str):
            return
        if isinstance(unit, str):
            self._units[name, key] = ucum(unit)
        words = [expose.get("value_off"), expose.get("value_on")]
        if expose.get("type") == "binary" and all(isinstance(word, str) for word in words):
            self._words[name, key] = {str(word): float(value) for value, word in enumerate(words)}


def _exposes(found: Any, deepest: int) -> Iterator[dict[str, Any]]:
    """Every feature that a device exposes; lights, switches and covers hold theirs inside."""
    if not isinstance(found, list) or deepest == 0:
        return
    for one in found:
        if isinstance(one, dict):
            yield one
            yield from _exposes(one.get("features"), deepest - 1)


def _state(payload: bytes) -> str:
    """`online` or `offline`, in either of the two forms in which it is said."""
    try:
        found = ANY.decode(payload) if payload.startswith(b"{") else payload.decode()
    except WRONG as error:
        raise complaint(error) from error
    state = found.get("state") if isinstance(found, dict) else found
    if state not in {"online", "offline"}:
        raise InputError("is neither online nor offline", field="state")
    return str(state)
