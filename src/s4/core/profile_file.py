"""Reads a device profile from a YAML file: every complaint names file, line, field and reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from s4.core.errors import ConfigError
from s4.core.profile import DeviceProfile
from s4.core.text_file import read_text
from s4.core.yaml_lines import LARGEST_YAML, Yaml, read_yaml

_AT: Final = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_FIELD: Final = re.compile(r"Object (contains unknown|missing required) field `(.*)`$", re.DOTALL)


def load_profile(path: Path) -> DeviceProfile:
    """The profile in `path`. Raises `ConfigError`."""
    return parse_profile(read_text(path, LARGEST_YAML), file=str(path))


def parse_profile(text: str, *, file: str = "profile.yaml") -> DeviceProfile:
    r"""The profile that a text describes. Raises `ConfigError`.

    >>> parse_profile("name: air\nresources:\n  - name: co2\n    unit: ppms\n", file="air.yaml")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: air.yaml, line 4, resources[0].unit: 'ppms' is not a UCUM unit that s4 knows
    """
    found = read_yaml(text, file=file)
    if not isinstance(found.value, dict):
        raise ConfigError("is not a table of settings", file=file, line=1)
    try:
        profile = msgspec.convert(found.value, DeviceProfile)
        profile.check()
    except msgspec.ValidationError as error:
        raise _complaint(error, found, file) from error
    except ConfigError as error:
        raise ConfigError(error.reason, file=file, line=found.line_of(error.field or ""), field=error.field) from error
    return profile


def _complaint(error: msgspec.ValidationError, found: Yaml, file: str) -> ConfigError:
    text = str(error)
    place = _AT.search(text)
    reason, field = _AT.sub("", text), place[1] if place else ""
    if of_field := _FIELD.match(reason):
        unknown = of_field[1].startswith("contains")
        reason = f"there is no setting `{of_field[2][:80]}` here" if unknown else f"`{of_field[2]}` is missing"
        field = f"{field}.{of_field[2]}".lstrip(".") if unknown else field
    reason = reason[:1].lower() + reason[1:]
    return ConfigError(reason[:300], file=file, line=found.line_of(field), field=field[:200] or None)
