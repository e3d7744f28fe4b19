"""The city as it is described to s4: sites, assets, zones, sources, devices, units, rules. Read from `city.toml`.

Every table is checked when it is read; a plug-in's own settings (`options`) are checked by the plug-in.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError
from s4.core.export import Export
from s4.core.model.asset import Asset
from s4.core.model.place import Place
from s4.core.model.unit import Unit
from s4.core.profile import DeviceProfile
from s4.core.subjects import check_name
from s4.core.uplink import UplinkPolicy


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the city that is watched over as one: a square, a stadium, a network."""

    id: str
    name: str
    place: Place


PRIVACY_MASK: Final = "privacy_mask"
"""The kind of zone at which nobody looks. It has no hours: what is nobody's business is so all day."""
AREAS: Final = frozenset({"zone_intrusion", "loitering", "vehicle_in_pedestrian_area", PRIVACY_MASK})
"""Kinds of zone whose outline is an area; `LINES` are the others."""
LINES: Final = frozenset({"line_crossing", "wrong_way", "tailgating"})
"""Kinds of zone whose outline is a line. Its way in goes from its left to its right, seen from point to point."""


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An area or a line with a rule. `outline`: corners (x, y) as fractions 0–1 of the picture of camera `source`;
    `kind` of detection that it raises, or `privacy_mask`; `hours`: "HH:MM-HH:MM" UTC when it applies, always when
    empty.
    """

    id: str
    source: str
    name: str
    outline: tuple[tuple[float, float], ...]
    kind: str = "zone_intrusion"
    hours: str = ""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that observes. `door`: the plug-in that takes it in; `options`: that plug-in's own settings;
    `fresh_s`: silent for longer than this, it counts as silent (0 = speaks only when something happens);
    `profile`: what kind of device it is: the name of a profile, or the YAML file that holds it; `via`: the source that
    brings it in (a gateway, a broker), when it does not connect by itself.
    """

    id: str
    site: str
    door: str = "device"
    name: str = ""
    place: Place | None = None
    fresh_s: Annotated[float, Meta(ge=0)] = 60.0
    options: dict[str, Any] = {}
    profile: str = ""
    via: str = ""


class Outlet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that carries commands out. `outlet`: the plug-in (`mqtt`, `webhook`); `actions` it can do."""

    id: str
    site: str
    outlet: str
    actions: tuple[str, ...]
    name: str = ""
    place: Place | None = None
    options: dict[str, Any] = {}


def outlet_by_profile(
    device: str, site: str, profile: DeviceProfile | None, name: str = "", place: Place | None = None
) -> Outlet | None:
    """What a device that connects by itself obeys; None when its profile says nothing of that."""
    if profile is None or not profile.commands:
        return None
    return Outlet(device, site, "mqtt", tuple(one.name for one in profile.commands), name, place)


class Info(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[city]` table. `map`: GeoJSON file drawn as the base map; `rules`: file of edge rules; `profiles`: folder
    of device profiles (`*.yaml`) from which one is chosen when a new device is approved; `stages`: settings by stage
    name.
    """

    id: str
    name: str
    place: Place
    map: str = ""
    rules: str = ""
    profiles: str = ""
    language: str = "en"
    stages: dict[str, dict[str, Any]] = {}


class City(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole `city.toml`. `profile`: the device profiles, mostly read from the files that the sources name."""

    city: Info
    site: tuple[Site, ...]
    asset: tuple[Asset, ...] = ()
    zone: tuple[Zone, ...] = ()
    source: tuple[Source, ...] = ()
    outlet: tuple[Outlet, ...] = ()
    unit: tuple[Unit, ...] = ()
    profile: tuple[DeviceProfile, ...] = ()
    uplink: UplinkPolicy = UplinkPolicy()
    export: tuple[Export, ...] = ()

    def check(self) -> None:
        """Raise `ConfigError` for a bad or repeated id, or a reference to something that is not there."""
        check_name(self.city.id, field="city.id")
        sites = self._ids("site")
        sources = self._ids("source")
        for table in ("asset", "source", "outlet", "unit"):
            self._ids(table)
            for i, row in enumerate(getattr(self, table)):
                _known(row.site, sites, f"{table}[{i}].site", "site")
        self.uplink.check()
        self._check_devices(sources)
        self._ids("export")
        for i, export in enumerate(self.export):
            export.check(f"export[{i}]")
            if export.at:
                _known(export.at, sites, f"export[{i}].at", "site")
        self._ids("zone")
        for i, zone in enumerate(self.zone):
            _known(zone.source, sources, f"zone[{i}].source", "source")
            check_kind(zone, f"zone[{i}]")

    def _check_devices(self, sources: set[str]) -> None:
        profiles: set[str] = set()
        for i, profile in enumerate(self.profile):
            try:
                profile.check()
            except ConfigError as error:
                raise error.at(field=f"profile[{i}].{error.field}") from error
            if profile.name in profiles:
                raise ConfigError(f"{profile.name!r} is used twice", field=f"profile[{i}].name")
            profiles.add(profile.name)
        for i, row in enumerate(self.source):
            if row.profile:
                _known(row.profile, profiles, f"source[{i}].profile", "profile")
            if row.via:
                _known(row.via, sources, f"source[{i}].via", "source")

    def _ids(self, table: str) -> set[str]:
        seen: set[str] = set()
        for i, row in enumerate(getattr(self, table)):
            check_name(row.id, field=f"{table}[{i}].id")
            if row.id in seen:
                raise ConfigError(f"{row.id!r} is used twice", field=f"{table}[{i}].id")
            seen.add(row.id)
        return seen

    def source_named(self, source: str) -> Source | None:
        """The source of that id, or None."""
        return next((s for s in self.source if s.id == source), None)

    def profile_named(self, name: str) -> DeviceProfile | None:
        """The profile of that name, or None."""
        return next((one for one in self.profile if one.name == name), None)

    def profile_of(self, source: str) -> DeviceProfile | None:
        """What kind of device a source is, or None when its description names no profile."""
        row = self.source_named(source)
        return self.profile_named(row.profile) if row is not None and row.profile else None

    def place_of(self, source: str) -> Place | None:
        """Where a source stands: its own place, else its site's."""
        row = self.source_named(source)
        if row is None:
            return None
        return row.place or next(s.place for s in self.site if s.id == row.site)


def check_kind(zone: Zone, field: str) -> None:
    """Raise `ConfigError`, naming the part of `field`, for a zone that would never say anything: of a kind that there
    is not, with too few points, a privacy mask with hours.
    """
    if zone.kind not in AREAS | LINES:
        there = ", ".join(sorted(AREAS | LINES))
        raise ConfigError(f"there is no kind of zone {zone.kind!r} (there are: {there})", field=f"{field}.kind")
    if zone.hours and zone.kind == PRIVACY_MASK:
        raise ConfigError("a privacy mask holds all day", field=f"{field}.hours")
    least = 2 if zone.kind in LINES else 3
    if len(zone.outline) < least:
        raise ConfigError(f"an outline of this kind needs at least {least} points", field=f"{field}.outline")


def _known(name: str, known: set[str], field: str, what: str) -> None:
    if name not in known:
        raise ConfigError(f"there is no {what} {name!r} (there are: {', '.join(sorted(known)) or 'none'})", field=field)
