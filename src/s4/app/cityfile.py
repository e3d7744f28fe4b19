"""Reads `city.toml`: every complaint names the file, the line and the field."""

from __future__ import annotations

import contextlib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from s4.app.cityprofiles import with_profiles
from s4.core.city import City
from s4.core.errors import ConfigError, InputError
from s4.core.toml_lines import line_of, read_toml

_LARGEST: Final = 16 << 20
_VARIABLE: Final = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}")
_PATH: Final = re.compile(r"`\$\.?(.*)`$")


def load_city(path: Path) -> City:
    """The city that `path` describes. `${NAME}` and `${NAME:-default}` in texts are taken from the environment.

    Raises `ConfigError`.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"is larger than {_LARGEST >> 20} MiB", file=str(path))
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read ({getattr(error, 'strerror', None) or error})", file=str(path)) from error
    return parse_city(text, file=str(path), folder=path.parent)


@contextlib.contextmanager
def placing(path: Path) -> Iterator[None]:
    """What a part of a city says of its own settings inside the block is given the file and the line."""
    try:
        yield
    except ConfigError as error:
        if error.file is not None or not error.field:
            raise
        text = path.read_text(encoding="utf-8")
        raise error.at(file=str(path), line=_line(text, _by_number(error.field, text))) from error


def _by_number(field: str, text: str) -> str:
    """`source[co2-1].options` → `source[0].options`: parts know their id, not their place in the file."""
    found = re.fullmatch(r"(\w+)\[([^\]]+)\](.*)", field)
    rows = tomllib.loads(text).get(found[1], []) if found else []
    if not found or not isinstance(rows, list):
        return field
    number = next((i for i, row in enumerate(rows) if row.get("id") == found[2]), found[2])
    return f"{found[1]}[{number}]{found[3]}"


def parse_city(text: str, *, file: str = "city.toml", folder: Path = Path()) -> City:
    """The city that a text describes; the files that it names are looked for under `folder`.

    Raises `ConfigError` that names file, line and field.
    """
    tables = read_toml(text, file=file)
    try:
        city = with_profiles(msgspec.convert(_expanded(tables), City), tables, folder)
        city.check()
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        found = _PATH.search(where)
        field = found[1] if found else ""
        raise ConfigError(_plain(reason), file=file, line=_line(text, field), field=field or None) from error
    except InputError as error:
        if error.file is not None:  # of a profile's own file
            raise
        raise ConfigError(error.reason, file=file, line=_line(text, error.field or ""), field=error.field) from error
    return city


def _expanded(value: Any, field: str = "") -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match, field), value)
    if isinstance(value, list):
        return [_expanded(item, f"{field}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: _expanded(item, f"{field}.{key}".lstrip(".")) for key, item in value.items()}
    return value


def _variable(match: re.Match[str], field: str) -> str:
    found = os.environ.get(match[1], match[2])
    if found is None:
        raise ConfigError(f"the environment variable {match[1]} is not set", field=field)
    return found


def _plain(reason: str) -> str:
    """Msgspec's words → ours: say what a person has to change.

    >>> _plain("Object contains unknown field `plaice`")
    'there is no setting `plaice` here'
    """
    if unknown := re.fullmatch(r"Object contains unknown field (`.*`)", reason):
        return f"there is no setting {unknown[1]} here"
    if missing := re.fullmatch(r"Object missing required field (`.*`)", reason):
        return f"the setting {missing[1]} is missing"
    return reason


def _line(text: str, field: str) -> int | None:
    """The line of a dotted path such as `source[2].place.lat`."""
    if not (found := re.fullmatch(r"(\w+)(?:\[(\d+)\])?\.?(.*)", field)):
        return None
    if found[2] is not None:
        return line_of(text, found[1], int(found[2]), found[3])
    header = re.compile(rf"^([ \t]*)\[[ \t]*{found[1]}[ \t]*\]", re.MULTILINE)
    single = header.sub(rf"\1[[{found[1]}]]", text, count=1)  # a table is found like the only one of an array
    return line_of(single, found[1], 0, found[3]) if single != text else None
