"""NMEA 0183: one sentence → what a navigation or weather instrument says. AIS sentences go on to `ais`.

Source: the public description of the sentences in gpsd.io, "NMEA Revealed". Fields that an instrument leaves empty are
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Final, NamedTuple

import msgspec

from s4.core.clock import parse_time
from s4.core.errors import InputError
from s4.core.model import Place
from s4.sensing.services.names import ucum
from s4.sensing.services.parsed import SELF, Parsed

LONGEST: Final = 1_024
MOST_TRANSDUCERS: Final = 50
_SENTENCE: Final = re.compile(r"[$!]([A-Z0-9]{3,10}),([\x20-\x7e]*?)(?:\*([0-9A-Fa-f]{2}))?")
_TAG_BLOCK: Final = re.compile(r"\\[^\\]{0,200}\\")
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{0,12})?")
_CLOCK: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]{1,9})?")
_DATE: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")
_SPEED: Final = {"K": "km/h", "M": "m/s", "N": "[kn_i]", "S": "[mi_i]/h"}


class Sentence(NamedTuple):
    """`talker` and `kind`: `GP` and `RMC`; `fields`: what stands between the commas; `text`: without a tag block."""

    talker: str
    kind: str
    fields: list[str]
    text: str


def read_sentence(line: bytes, *, strict: bool = True) -> Sentence:
    """A line → its sentence. Raises `InputError` for a checksum that is wrong or, when `strict`, missing.

    >>> read_sentence(b"$HEHDT,123.4,T*2B").fields
    ['123.4', 'T']
    """
    try:
        text = _TAG_BLOCK.sub("", line.decode("ascii").strip(), count=1)
    except UnicodeDecodeError as error:
        raise InputError("is not ASCII text") from error
    found = _SENTENCE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise InputError("is no NMEA sentence")
    if found[3] is None:
        if strict:
            raise InputError("has no checksum")
    elif int(found[3], 16) != checksum(text[1 : text.rindex("*")]):
        raise InputError(f"has the checksum {found[3]}, not {checksum(text[1 : text.rindex('*')]):02X}")
    name = found[1]
    return Sentence(name[:-3], name[-3:], found[2].split(","), text)


def checksum(text: str) -> int:
    """All characters between `$` and `*`, exclusive-or.

    >>> f"{checksum('HEHDT,123.4,T'):02X}"
    '2B'
    """
    total = 0
    for character in text.encode():
        total ^= character
    return total


def _field(sentence: Sentence, place: int) -> str:
    return sentence.fields[place] if place < len(sentence.fields) else ""


def _number(sentence: Sentence, place: int) -> float | None:
    text = _field(sentence, place)
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
        raise InputError(f"{text[:30]!r} is no number", field=f"{sentence.kind} field {place + 1}")
    return float(text)


def _angle(sentence: Sentence, place: int, positive: str, negative: str) -> float | None:
    """Degrees and minutes in one number (`4315.78`), and the hemisphere behind it."""
    number, side = _number(sentence, place), _field(sentence, place + 1)
    if number is None:
        return None
    degrees = number // 100 + number % 100 / 60
    if side not in {positive, negative} or number % 100 >= 60:
        raise InputError("is no angle", field=f"{sentence.kind} field {place + 1}")
    return degrees if side == positive else -degrees


def _position(parsed: Parsed, sentence: Sentence, first: int, time: int | None, **more: float | str | None) -> None:
    lat, lon = _angle(sentence, first, "N", "S"), _angle(sentence, first + 2, "E", "W")
    if lat is None or lon is None:
        return
    alt = more.get("alt_m")
    try:
        place = msgspec.convert({"lat": lat, "lon": lon, "alt_m": alt}, Place)
    except msgspec.ValidationError as error:
        raise InputError("is no place on Earth", field=f"{sentence.kind} position") from error
    body = {"lat": lat, "lon": lon, **{name: value for name, value in more.items() if value is not None}}
    parsed.event(SELF, "position", body, time, place)


def _reading(parsed: Parsed, name: str, value: float | None, unit: str, time: int | None = None) -> None:
    if value is not None:
        parsed.reading(SELF, name, value, unit, time)


def _rmc(parsed: Parsed, sentence: Sentence) -> None:
    """Position, speed and course, with date and time of day."""
    if _field(sentence, 1) != "A":  # V: the receiver itself does not trust it
        return
    clock, date = _CLOCK.fullmatch(_field(sentence, 0)), _DATE.fullmatch(_field(sentence, 8))
    time = None
    if clock is not None and date is not None:
        century = 19 if int(date[3]) >= 80 else 20  # GPS began in 1980
        day = f"{century}{date[3]}-{date[2]}-{date[1]}"
        time = parse_time(f"{day}T{clock[1]}:{clock[2]}:{clock[3]}{clock[4] or ''}+00:00", field="RMC time")
    _position(parsed, sentence, 2, time)
    _reading(parsed, "speed", _number(sentence, 6), "[kn_i]", time)
    _reading(parsed, "course", _number(sentence, 7), "deg", time)


def _gga(parsed: Parsed, sentence: Sentence) -> None:
    """Position with quality; quality 0 is no fix."""
    quality = _number(sentence, 5)
    if not quality:
        return
    _position(parsed, sentence, 1, None, quality=quality, alt_m=_number(sentence, 8))
    _reading(parsed, "satellites", _number(sentence, 6), "{count}")
    _reading(parsed, "hdop", _number(sentence, 7), "1")


def _hdt(parsed: Parsed, sentence: Sentence) -> None:
    _reading(parsed, "heading", _number(sentence, 0), "deg")


def _mwv(parsed: Parsed, sentence: Sentence) -> None:
    """Wind, relative to the mast or true."""
    unit = _SPEED.get(_field(sentence, 3))
    if _field(sentence, 4) != "A":
        return
    if unit is None:
        raise InputError("is no unit of speed", field="MWV field 4")
    kind = "true_wind" if _field(sentence, 1) == "T" else "wind"
    _reading(parsed, f"{kind}_angle", _number(sentence, 0), "deg")
    _reading(parsed, f"{kind}_speed", _number(sentence, 2), unit)


def _mtw(parsed: Parsed, sentence: Sentence) -> None:
    _reading(parsed, "water_temperature", _number(sentence, 0), "Cel")


def _dpt(parsed: Parsed, sentence: Sentence) -> None:
    _reading(parsed, "depth", _number(sentence, 0), "m")


def _vtg(parsed: Parsed, sentence: Sentence) -> None:
    _reading(parsed, "course", _number(sentence, 0), "deg")
    _reading(parsed, "speed", _number(sentence, 4), "[kn_i]")


def _xdr(parsed: Parsed, sentence: Sentence) -> None:
    """Transducers of any kind: type, value, unit, name, again and again."""
    for first in range(0, min(len(sentence.fields), 4 * MOST_TRANSDUCERS), 4):
        unit, name = _field(sentence, first + 2), _field(sentence, first + 3)
        value = _number(sentence, first + 1)
        if value is not None and name:
            code = {"C": "Cel", "B": "bar", "P": "%", "D": "deg", "": "1"}.get(unit) or ucum(unit) or "1"
            parsed.reading(SELF, name, value, code)


_KINDS: Final[Mapping[str, Callable[[Parsed, Sentence], None]]] = {
    "RMC": _rmc, "GGA": _gga, "HDT": _hdt, "MWV": _mwv, "MTW": _mtw, "DPT": _dpt, "VTG": _vtg, "XDR": _xdr,
}  # fmt: skip


def read_instrument(sentence: Sentence) -> Parsed:
    """What an instrument's sentence says; nothing for a kind that is not taken in. Raises `InputError`."""
    parsed = Parsed()
    kind = _KINDS.get(sentence.kind)
    if kind is not None:
        kind(parsed, sentence)
    return parsed
