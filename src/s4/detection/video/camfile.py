"""The description of one camera for work off line (`s4 detect video --config CAM.toml`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from s4.core.city import Zone, check_kind
from s4.core.errors import ConfigError
from s4.core.model import Place
from s4.core.text_file import read_text
from s4.core.toml_lines import line_of, line_of_key, read_toml
from s4.detection.video.camera import CameraWatch
from s4.detection.video.settings import Settings

_LARGEST_FILE: Final = 1 << 20
_AT: Final = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_OF_ZONE: Final = re.compile(r"zone (.*?)\.(\w+)", re.DOTALL)
_IN_ZONE: Final = re.compile(r"zone\[(\d+)\]\.?(.*)", re.DOTALL)
T = TypeVar("T", bound=msgspec.Struct)


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
    return parse_camera(read_text(path, _LARGEST_FILE), file=str(path))


def parse_camera(text: str, *, file: str = "camera") -> CameraFile:
    r"""See `read_camera`. The parts that will watch are made once, so that they complain now, not at the first picture.

    >>> parse_camera("fps = 7\nunattended_after_s = 30").settings.unattended_after_s
    30.0
    >>> parse_camera("fps = 7\nwidth_px = 1")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: camera, line 2, width_px: Expected `int` >= 64
    """
    table = read_toml(text, file=file)
    try:
        camera = _camera(table)
        CameraWatch(file, "", camera.settings, camera.zones, camera.place)
    except ConfigError as error:
        field = _by_number(error.field or "", table)
        raise ConfigError(error.reason, file=file, line=_line(text, field), field=field or None) from error
    return camera


def _camera(table: dict[str, Any]) -> CameraFile:
    own = {name: value for name, value in table.items() if name not in _Rest.__struct_fields__}
    settings = _converted(own, Settings)
    rest = _converted({name: value for name, value in table.items() if name not in own}, _Rest)
    zones = tuple(_zone(row, index) for index, row in enumerate(rest.zone))
    return CameraFile(settings, zones, rest.place, rest.fps)


def _zone(row: dict[str, Any], index: int) -> Zone:
    zone = _converted({"source": "", "name": row.get("id", ""), **row}, Zone, f"zone[{index}]")
    check_kind(zone, f"zone[{index}]")
    return zone


def _converted(table: dict[str, Any], kind: type[T], owner: str = "") -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        place, reason = _AT.search(str(error)), _AT.sub("", str(error))
        field = [part for part in (owner, place[1] if place else "") if part]
        if found := _UNKNOWN.fullmatch(reason) or _MISSING.fullmatch(reason):
            reason = "is not known here" if "unknown" in reason else "is missing"
            field.append(found[1])
        elif not field and (word := reason.partition(" ")[0]) in kind.__struct_fields__:  # of a check of our own
            field, reason = [word], reason.removeprefix(f"{word} ")
        raise ConfigError(_one_line(reason, 300), field=_one_line(".".join(field), 200) or None) from error


def _one_line(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


def _by_number(field: str, table: dict[str, Any]) -> str:
    """`zone gate.hours` → `zone[0].hours`: parts know a zone's id, not its place in the file."""
    if not (found := _OF_ZONE.fullmatch(field)):
        return field
    number = next((i for i, row in enumerate(table["zone"]) if row.get("id") == found[1]), 0)
    return f"zone[{number}].{found[2]}"


def _line(text: str, field: str) -> int | None:
    if found := _IN_ZONE.fullmatch(field):
        return line_of(text, "zone", int(found[1]), found[2])
    return line_of_key(text, re.split(r"[.\[]", field, maxsplit=1)[0]) if field else None
