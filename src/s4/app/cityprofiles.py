"""The device profiles of a city: reads the files that its sources name, and the folder from which one is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from s4.core.city import City, Outlet, Source, outlet_by_profile
from s4.core.errors import ConfigError
from s4.core.profile import DeviceProfile
from s4.core.profile_file import load_profile

_SUFFIXES: Final = (".yaml", ".yml")
_MOST_FILES: Final = 1_000


def with_profiles(city: City, tables: dict[str, Any], folder: Path) -> City:
    """`city` with the profiles that it names, from files under `folder`.

    A source whose `profile` is a file is then of the profile's name, is silent after so many periods as the profile
    says unless its own `fresh_s` is written in `tables`, and has an outlet for the commands of its profile unless one
    of its id is described. Raises `ConfigError`.
    """
    known = {one.name: one for one in city.profile}
    files = _read_all(city, folder)
    for i, (where, profile) in enumerate(files.items()):
        if known.setdefault(profile.name, profile) != profile:
            raise ConfigError(f"another profile is called {profile.name!r} as well", file=str(where), field="name")
        if i >= _MOST_FILES:
            raise ConfigError(f"there are more than {_MOST_FILES} profiles", field="city.profiles")
    written = tables.get("source", [])
    sources = tuple(
        _profiled(row, known, files, folder, fresh="fresh_s" in written[i]) for i, row in enumerate(city.source)
    )
    described = {row.id for row in city.outlet}
    outlets = [_outlet(row, known) for row in sources if row.id not in described]
    return msgspec.structs.replace(
        city, profile=tuple(known.values()), source=sources,
        outlet=(*city.outlet, *(one for one in outlets if one is not None)),
    )  # fmt: skip


def _read_all(city: City, folder: Path) -> dict[Path, DeviceProfile]:
    files: dict[Path, DeviceProfile] = {}
    for i, row in enumerate(city.source):
        if row.profile.endswith(_SUFFIXES) and folder / row.profile not in files:
            if not (folder / row.profile).is_file():
                raise ConfigError(f"there is no file {row.profile!r}", field=f"source[{i}].profile")
            files[folder / row.profile] = load_profile(folder / row.profile)
    if city.city.profiles:
        shelf = folder / city.city.profiles
        if not shelf.is_dir():
            raise ConfigError(f"there is no folder {city.city.profiles!r}", field="city.profiles")
        for path in sorted(one for one in shelf.iterdir() if one.suffix in _SUFFIXES)[: _MOST_FILES + 1]:
            if path not in files:
                files[path] = load_profile(path)
    return files


def _profiled(
    row: Source, known: dict[str, DeviceProfile], files: dict[Path, DeviceProfile], folder: Path, *, fresh: bool
) -> Source:
    if not row.profile:
        return row
    found = files.get(folder / row.profile) or known.get(row.profile)
    if found is None:
        return row  # `City.check` says that there is none
    return msgspec.structs.replace(row, profile=found.name, fresh_s=row.fresh_s if fresh else found.fresh_s)


def _outlet(row: Source, known: dict[str, DeviceProfile]) -> Outlet | None:
    if row.via or row.door != "device":
        return None
    return outlet_by_profile(row.id, row.site, known.get(row.profile), row.name, row.place)
