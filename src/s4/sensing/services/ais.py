"""AIS: sentences of ship transponders, some in several parts → positions and particulars, decoded by pyais."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum
from typing import Any, Final

import msgspec

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import Place
from s4.sensing.services.nmea_sentence import Sentence
from s4.sensing.services.parsed import Parsed

MOST_OPEN: Final = 100
"""Messages of several parts that may be incomplete at a time."""
PARTS_APART_NS: Final = 30 * NS_PER_S
KINDS: Final = frozenset({"VDM", "VDO"})
_POSITIONS: Final = frozenset({1, 2, 3, 4, 9, 11, 18, 19, 21, 27})
_PARTICULARS: Final = frozenset({5, 24})
_NOT_TAKEN: Final = frozenset({"spare", "spare_1", "spare_2", "spare_3", "radio", "repeat"})


class Ais:
    """Reads AIS sentences; a message in parts is read when its last part has come, in whatever order."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str, int], tuple[int, dict[int, bytes]]] = OrderedDict()

    def read(self, sentence: Sentence, received: int) -> Parsed:
        """What a sentence says, once its message is whole. Raises `InputError`."""
        whole = self._whole(sentence, received)
        return Parsed() if whole is None else _message(whole)

    def _whole(self, sentence: Sentence, received: int) -> list[bytes] | None:
        fields = sentence.fields
        if len(fields) < 6 or not (fields[0].isdecimal() and fields[1].isdecimal()):
            raise InputError("is no AIS sentence")
        total, number = int(fields[0]), int(fields[1])
        if not 1 <= number <= total <= 9:
            raise InputError(f"is part {number} of {total}")
        if total == 1:
            return [sentence.text.encode()]
        key = (fields[2], fields[3], total)
        began, parts = self._open.get(key, (received, {}))
        if received - began > PARTS_APART_NS:  # the number is used again, and the rest of the old one never came
            began, parts = received, {}
        parts[number] = sentence.text.encode()
        self._open[key] = began, parts
        self._open.move_to_end(key)
        if len(parts) == total:
            del self._open[key]
            return [parts[n] for n in range(1, total + 1)]
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return None


def _message(parts: list[bytes]) -> Parsed:
    from pyais import decode
    from pyais.exceptions import AISBaseException

    try:
        fields = decode(*parts).asdict()
    except (AISBaseException, ValueError, LookupError, TypeError, OverflowError) as error:
        raise InputError(f"is no AIS message ({type(error).__name__})") from error
    kind, mmsi = fields.get("msg_type"), fields.get("mmsi")
    if not isinstance(kind, int) or not isinstance(mmsi, int) or not 0 < mmsi < 1_000_000_000:
        raise InputError("names no ship (MMSI)")
    parsed, ship = Parsed(), f"mmsi-{mmsi:09d}"
    body = {name: _plain(value) for name, value in fields.items() if name not in _NOT_TAKEN and value is not None}
    name = "position" if kind in _POSITIONS else "particulars" if kind in _PARTICULARS else f"message_{kind}"
    parsed.event(ship, f"ais.{name}", body, None, _place(fields) if kind in _POSITIONS else None)
    if kind in _POSITIONS:
        _motion(parsed, ship, fields)
    return parsed


def _plain(value: Any) -> Any:
    """What JSON can hold: an enumeration by its name, bytes in hexadecimal."""
    if isinstance(value, Enum):
        return value.name
    return value.hex() if isinstance(value, bytes | bytearray) else value


def _place(fields: dict[str, Any]) -> Place | None:
    """The position; None when the ship says that it does not know it (91° N, 181° E)."""
    try:
        return msgspec.convert({"lat": fields.get("lat"), "lon": fields.get("lon")}, Place)
    except msgspec.ValidationError:
        return None


def _motion(parsed: Parsed, ship: str, fields: dict[str, Any]) -> None:
    for name, key, unit, most in (("speed", "speed", "[kn_i]", 102.2), ("course", "course", "deg", 359.9)):
        value = fields.get(key)
        if isinstance(value, int | float) and 0 <= value <= most:  # one step higher means "not available"
            parsed.reading(ship, name, value, unit)
