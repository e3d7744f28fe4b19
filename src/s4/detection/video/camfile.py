"""The description of one camera for work off line (`s4 detect video --config CAM.toml`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from s4.core.city import Zone
from s4.core.errors import ConfigError
from s4.core.model import Place
from s4.core.toml_lines import line_of, read_toml
from s4.detection.video.settings import Settings

_LARGEST_FILE: Final = 1 << 20
T = TypeVar("T")


class CameraFile(NamedTuple):
    """How a recording is to be watched. `fps`: true pictures a second (0: the container's own times)."""

    settings: Settings = Settings()
    zones: tuple[Zone, ...] = ()
    place: Place | None = None
    fps: float = 0.0


class _Rest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zone: tuple[dict[str, Any], ...] = ()
    place: Place | None = None
    fps: Annotated[float, Meta(ge=0.0, le=1000.0)] = 0.0


def read_camera(path: Path) -> CameraFile:
    """Read a camera's file: the fields of `Settings`, `fps`, `place` and `[[zone]]` tables.

    Raises `ConfigError` naming file, line, field and reason.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ConfigError(f"a camera's file holds at most {_LARGEST_FILE} bytes", file=str(path))
        return parse_camera(path.read_text(encoding="utf-8"), file=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from error


def parse_camera(text: str, *, file: str = "camera") -> CameraFile:
    r"""See `read_camera`.

    >>> parse_camera("fps = 7\nunattended_after_s = 30").settings.unattended_after_s
    30.0
    >>> parse_camera("fps = 7\nwidth_px = 1")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: camera: Expected `int` >= 64 - at `$.width_px`
    """
    table = read_toml(text, file=file)
    rest = {name: table.pop(name) for name in _Rest.__struct_fields__ if name in table}
    settings, kept = _converted(table, Settings, file), _converted(rest, _Rest, file)
    zones = tuple(_zone(row, index, text, file) for index, row in enumerate(kept.zone))
    return CameraFile(settings, zones, kept.place, kept.fps)


def _converted(table: dict[str, Any], kind: type[T], file: str) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), file=file) from error


def _zone(row: dict[str, Any], index: int, text: str, file: str) -> Zone:
    try:
        return msgspec.convert({"source": "", "name": row.get("id", ""), **row}, Zone)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), file=file, line=line_of(text, "zone", index), field=f"zone[{index}]") from error
