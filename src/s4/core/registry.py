"""The one door for plug-ins: entry points, ours and a stranger's alike.

A plug-in is a class named in its package's metadata under the group of its contract (`s4.stages`,
`s4.doors`, `s4.outlets` …). Nothing is imported until somebody asks for it by name.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from s4.core.errors import ConfigError

GROUPS = ("s4.doors", "s4.stages", "s4.outlets", "s4.targets", "s4.scenarios", "s4.benchmarks")


@cache
def _points(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def names(group: str) -> tuple[str, ...]:
    """The names of every plug-in installed under `group`, sorted.

    >>> "camera" in names("s4.doors")
    True
    """
    return tuple(sorted(_points(group)))


def load(group: str, name: str) -> Any:
    """Import and return the plug-in `name` of `group`.

    Raises `ConfigError` that lists what there is when the name is unknown.
    """
    point = _points(group).get(name)
    if point is None:
        known = ", ".join(names(group)) or "none installed"
        raise ConfigError(f"there is no {group.removeprefix('s4.').rstrip('s')} named {name!r} (there are: {known})")
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"the plug-in {name!r} ({point.value}) cannot be loaded: {error}") from error
