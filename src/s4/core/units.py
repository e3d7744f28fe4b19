"""Units of measure as UCUM codes (`m`, `ug/m3`, `Cel`, `dB[SPL]`), and exact conversion between them.

The subset that sensors use: metric prefixes, `.` and `/`, integer exponents, and the special scale `Cel`.
Source: The Unified Code for Units of Measure, case-sensitive codes, https://ucum.org.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from s4.core.errors import InputError

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class UnitOfMeasure:
    """A parsed code: value in base units = value × `factor` + `offset`; `dimension` as base-unit powers."""

    code: str
    factor: float
    offset: float
    dimension: Dimension


_PREFIX: Final[Mapping[str, float]] = {
    "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "c": 1e-2, "d": 1e-1,
    "h": 1e2, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
}  # fmt: skip

# code: (factor to base units, base-unit powers, may take a metric prefix)
_ATOM: Final[Mapping[str, tuple[float, Mapping[str, int], bool]]] = {
    "1": (1.0, {}, False), "%": (1e-2, {}, False), "[ppm]": (1e-6, {}, False), "[ppb]": (1e-9, {}, False),
    "m": (1.0, {"m": 1}, True), "g": (1e-3, {"kg": 1}, True), "s": (1.0, {"s": 1}, True),
    "min": (60.0, {"s": 1}, False), "h": (3600.0, {"s": 1}, False), "d": (86400.0, {"s": 1}, False),
    "K": (1.0, {"K": 1}, True), "A": (1.0, {"A": 1}, True), "cd": (1.0, {"cd": 1}, True),
    "mol": (1.0, {"mol": 1}, True), "rad": (1.0, {"rad": 1}, True), "deg": (0.017453292519943295, {"rad": 1}, False),
    "Hz": (1.0, {"s": -1}, True), "N": (1.0, {"kg": 1, "m": 1, "s": -2}, True),
    "Pa": (1.0, {"kg": 1, "m": -1, "s": -2}, True), "bar": (1e5, {"kg": 1, "m": -1, "s": -2}, True),
    "J": (1.0, {"kg": 1, "m": 2, "s": -2}, True), "W": (1.0, {"kg": 1, "m": 2, "s": -3}, True),
    "V": (1.0, {"kg": 1, "m": 2, "s": -3, "A": -1}, True), "Ohm": (1.0, {"kg": 1, "m": 2, "s": -3, "A": -2}, True),
    "L": (1e-3, {"m": 3}, True), "l": (1e-3, {"m": 3}, True), "t": (1e3, {"kg": 1}, True),
    "lm": (1.0, {"cd": 1}, True), "lx": (1.0, {"cd": 1, "m": -2}, True), "T": (1.0, {"kg": 1, "s": -2, "A": -1}, True),
    "Gy": (1.0, {"m": 2, "s": -2}, True), "Sv": (1.0, {"m": 2, "s": -2}, True), "Bq": (1.0, {"s": -1}, True),
    "dB": (1.0, {"dB": 1}, False), "dB[SPL]": (1.0, {"dB": 1}, False), "[dBm]": (1.0, {"dBm": 1}, False),
    "By": (1.0, {"By": 1}, True), "bit": (0.125, {"By": 1}, True), "{count}": (1.0, {}, False),
    "[mi_i]": (1609.344, {"m": 1}, False), "[ft_i]": (0.3048, {"m": 1}, False),
    "[lb_av]": (0.45359237, {"kg": 1}, False),
    "[kn_i]": (1852.0 / 3600.0, {"m": 1, "s": -1}, False),
}  # fmt: skip

_SPECIAL: Final[Mapping[str, tuple[float, float, Mapping[str, int]]]] = {
    "Cel": (1.0, 273.15, {"K": 1}),
    "[degF]": (5 / 9, 459.67 * 5 / 9, {"K": 1}),
}
_TERM: Final = re.compile(r"([./]?)(dB\[SPL\]|\[[A-Za-z_]+\]|\{[A-Za-z]+\}|[A-Za-z%]+|1)(-?\d{1,2})?")
_LONGEST: Final = 40


@lru_cache(maxsize=512)
def parse_unit(code: str) -> UnitOfMeasure:
    """A UCUM code → what it means. Raises `InputError` naming the code when it is not one we know.

    >>> parse_unit("km/h").factor
    0.2777777777777778
    >>> parse_unit("furlong")
    Traceback (most recent call last):
    s4.core.errors.InputError: 'furlong' is not a UCUM unit that s4 knows
    """
    if code in _SPECIAL:
        factor, offset, powers = _SPECIAL[code]
        return UnitOfMeasure(code, factor, offset, tuple(powers.items()))
    factor, total, end = 1.0, dict[str, int](), 0
    for match in _TERM.finditer(code[:_LONGEST]):
        if match.start() != end or (end == 0) != (match[1] == ""):
            break
        sign, exponent = (-1 if match[1] == "/" else 1), int(match[3] or 1)
        atom, powers = _atom(match[2], code)
        factor *= atom ** (sign * exponent)
        for base, power in powers.items():
            total[base] = total.get(base, 0) + sign * exponent * power
        end = match.end()
    if not code or end != len(code):
        raise InputError(f"{code[:_LONGEST]!r} is not a UCUM unit that s4 knows")
    return UnitOfMeasure(code, factor, 0.0, tuple(sorted((b, p) for b, p in total.items() if p)))


def _atom(symbol: str, code: str) -> tuple[float, Mapping[str, int]]:
    if symbol in _ATOM:
        factor, powers, _ = _ATOM[symbol]
        return factor, powers
    prefix, rest = symbol[:1], symbol[1:]
    if prefix in _PREFIX and rest in _ATOM and _ATOM[rest][2]:
        factor, powers, _ = _ATOM[rest]
        return _PREFIX[prefix] * factor, powers
    raise InputError(f"{code[:_LONGEST]!r} is not a UCUM unit that s4 knows")


def convert(value: float, unit: str, to: str) -> float:
    """`value` in `unit` → the same quantity in `to`. Raises `InputError` when the dimensions differ.

    >>> convert(36.0, "km/h", "m/s")
    10.0
    >>> convert(25.0, "Cel", "K")
    298.15
    """
    source, target = parse_unit(unit), parse_unit(to)
    if source.dimension != target.dimension:
        raise InputError(f"{unit!r} cannot be converted to {to!r}: they measure different things")
    return (value * source.factor + source.offset - target.offset) / target.factor
