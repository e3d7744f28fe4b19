"""Observation: what a sensor said. One at a time as a struct, many at a time as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from s4.core.ids import derive_id
from s4.core.model.place import Place


class Observation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a source said: a log record, a report, a reading that is not a plain number.

    `source`: the device's id; `property`: what it speaks of (`eve.alert`, `door.state`); `time`: ns UTC at
    which it happened; `site`: where the source stands; `received`: ns UTC at which s4 took it;
    `body`: its fields as given, bounded by the door (≤ 64 KiB); `place` only where it differs from the source's own.
    """

    id: str
    source: str
    property: str
    time: int
    site: str
    received: int
    body: Mapping[str, Any]
    place: Place | None = None

    @staticmethod
    def derive_id(source: str, property: str, time: int, payload: bytes) -> str:
        """The same words from the same source about the same instant are the same observation."""
        return derive_id("obs", "sensing", source, property, time, payload)
