"""What can be set of the stage, under `[city.stages.unusual]`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`score`: from which on a reading starts a happening (0–1; each halving of the distance from 1 is one step of
    surprise). `rest_s`: seconds of event time without anything odd after which a happening is over. `ahead_s`: readings
    further in the future are counted and left. `fastest_s`: of a series that comes faster, only one reading in each
    such span is judged; 0 judges all. `most_series`: series beyond are counted and left. `learn`: readings of a
    series before a happening may start. `skip`: properties that are not judged, with `*`.
    """

    score: Annotated[float, Meta(gt=0, lt=1)] = 0.9
    rest_s: Annotated[float, Meta(ge=0, le=86_400)] = 600.0
    ahead_s: Annotated[float, Meta(ge=0, le=86_400 * 366)] = 60.0
    fastest_s: Annotated[float, Meta(ge=0, le=3600)] = 0.1
    most_series: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    learn: Annotated[int, Meta(ge=0, le=1_000_000)] = 500
    skip: tuple[str, ...] = ()


def read_settings(options: dict[str, Any]) -> Settings:
    """The settings that a city gives.

    >>> read_settings({"score": 0.95}).score
    0.95

    Raises `ConfigError`.
    """
    try:
        return msgspec.convert(options, Settings)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        name = where.strip("`").removeprefix("$").lstrip(".")
        raise ConfigError(reason, field=f"city.stages.unusual{'.' + name if name else ''}") from error
