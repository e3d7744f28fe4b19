"""Unit: people or vehicles that can be sent."""

from __future__ import annotations

from typing import Literal

import msgspec

from s4.core.model.place import Place

UnitState = Literal["free", "busy", "off"]


class Unit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A patrol, ambulance, fire engine or drone. `heading_deg` clockwise from north; `speed_m_s` when moving."""

    id: str
    revision: int
    time: int
    site: str
    name: str
    role: str
    state: UnitState
    place: Place | None = None
    heading_deg: float | None = None
    speed_m_s: float | None = None
