"""The city's base map, as GeoJSON."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.responses import Response

from s4.core.errors import ConfigError
from s4.picture.files import LARGEST_FILE, answer_bytes, stamp
from s4.picture.operation import Call, Nothing, operation
from s4.shield.roles import Permission

MEDIA: Final = "application/geo+json"
EMPTY: Final = b'{"type":"FeatureCollection","features":[]}'


class MapFeature(msgspec.Struct, frozen=True):
    """A GeoJSON feature. Its `properties` have a `layer` (`water`, `green`, `square`, `road`, `rail`, `building`,
    `zone`, `label`), and where they apply `height_m` and `name`.
    """

    type: Literal["Feature"]
    geometry: dict[str, Any] | None
    properties: dict[str, Any] | None


class MapView(msgspec.Struct, frozen=True):
    """A GeoJSON FeatureCollection in WGS 84 (RFC 7946)."""

    type: Literal["FeatureCollection"]
    features: list[MapFeature]


@operation("GET", "/api/map", needs=Permission.SEE_PICTURE, media=MEDIA)
async def show_map(call: Call[Nothing, Nothing]) -> Annotated[Response, MapView]:
    """The city's base map as GeoJSON in WGS 84; empty when the city has none."""
    path = call.services.map_file
    data = EMPTY if path is None else await asyncio.to_thread(read_map, path)
    return await answer_bytes(call.request, data, MEDIA, "private, no-cache")


def read_map(path: Path) -> bytes:
    """The file's bytes, once it is clear that they are a FeatureCollection. Raises `ConfigError`. Blocks."""
    try:
        mark = stamp(path)
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", file=path.name) from error
    return _read(path, mark)


@lru_cache(maxsize=2)
def _read(path: Path, mark: tuple[int, int, int]) -> bytes:
    if mark[2] > LARGEST_FILE:
        raise ConfigError(f"is larger than {LARGEST_FILE} bytes", file=path.name)
    data = path.read_bytes()
    try:
        msgspec.json.decode(data, type=MapView)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not a GeoJSON FeatureCollection ({error})", file=path.name) from error
    return data
