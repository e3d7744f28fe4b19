"""Names and units as gateways write them → ids, properties and UCUM codes as s4 has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from s4.core.errors import InputError
from s4.core.units import parse_unit

_NOT_IN_ID: Final = re.compile(r"[^a-z0-9_-]+")
_NOT_IN_PROPERTY: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST: Final = 64

_UCUM: Final[Mapping[str, str]] = {
    "°C": "Cel", "℃": "Cel", "C": "Cel", "degC": "Cel", "celsius": "Cel", "°F": "[degF]", "degF": "[degF]",
    "ppm": "[ppm]", "ppb": "[ppb]", "µg/m³": "ug/m3", "μg/m³": "ug/m3", "mg/m³": "mg/m3", "m³": "m3",
    "m³/h": "m3/h", "lux": "lx", "Lux": "lx", "°": "deg", "Ω": "Ohm", "ohm": "Ohm", "µSv/h": "uSv/h", "μSv/h": "uSv/h",
    "kWh": "kW.h", "Wh": "W.h", "VA": "V.A", "kVA": "kV.A", "kt": "[kn_i]", "knot": "[kn_i]", "knots": "[kn_i]",
    "m/s²": "m/s2", "minutes": "min", "seconds": "s", "sec": "s", "hours": "h", "days": "d", "dBm": "[dBm]",
    "mbar": "mbar", "RPM": "/min", "rpm": "/min", "lqi": "1", "#": "1", "count": "{count}",
}  # fmt: skip


def device_id(name: str) -> str:
    """The id of a device that its gateway calls `name`: lower case, and a hyphen for what an id cannot hold.

    Raises `InputError` when nothing is left.

    >>> device_id("A84041000181C061"), device_id("Kitchen/Sensor 1")
    ('a84041000181c061', 'kitchen-sensor-1')
    """
    found = _NOT_IN_ID.sub("-", name[: 4 * _LONGEST].lower()).strip("-_")[:_LONGEST].strip("-_")
    if not found:
        raise InputError(f"{name[:70]!r} cannot be made an id", field="device")
    return found


def property_name(name: str) -> str:
    """The property that a gateway calls `name`: levels are joined by dots, the rest that does not fit becomes `_`.

    >>> property_name("Node Control/Rebirth"), property_name("/pm2.5/")
    ('Node_Control.Rebirth', 'pm2.5')
    """
    dotted = name[: 4 * _LONGEST].replace("/", ".")
    found = _NOT_IN_PROPERTY.sub("_", dotted).strip("._-")[:_LONGEST]
    if not found:
        raise InputError(f"{name[:70]!r} cannot be made a property", field="property")
    return found


def ucum(text: str) -> str | None:
    """The UCUM code of a unit as people write it; None for one that is not known, so that it is not guessed.

    >>> ucum("°C"), ucum("hPa"), ucum("furlong")
    ('Cel', 'hPa', None)
    """
    code = _UCUM.get(text.strip(), text.strip())
    try:
        parse_unit(code)
    except InputError:
        return None
    return code
