"""The kinds of devices that the city has described, to choose from when one is let in."""

from __future__ import annotations

from s4.core.profile import DeviceProfile
from s4.picture.operation import Call, Nothing, operation
from s4.shield.roles import Permission


@operation("GET", "/api/profiles", needs=Permission.SEE_PICTURE)
async def list_profiles(call: Call[Nothing, Nothing]) -> list[DeviceProfile]:
    """Every device profile of the city, by name: what such a device measures, and what it can be told."""
    return sorted(call.services.city.profile, key=lambda one: one.name)
