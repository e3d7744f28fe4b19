"""A measure of the catalogue, and the catalogue's file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError, InputError
from s4.core.model import Incident, Severity, kind_of
from s4.core.model.detection import Probability
from s4.core.subjects import check_name
from s4.core.toml_lines import read_toml

MOST_MEASURES: Final = 500
_SEVERITIES: Final = (Severity.UNKNOWN, Severity.MINOR, Severity.MODERATE, Severity.SEVERE, Severity.EXTREME)
_NATURES: Final = frozenset({"physical", "cyber", "environment", "system"})


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that can be done.

    `title`: a plain verb; `title_with`: the same where a device or unit is named (`{target}`); `by`: a `unit` of
    `role`, a `device`, or a `call`; `action`: what an outlet must be able to do; `effect`: fraction of the risk
    removed, by kind or by "nature:…"; `cost`: effort and disturbance, 0–1; `reach_m`: a device farther from the
    incident is no use; `min_…`: proposed only from there on.
    """

    code: str
    title: str
    by: Literal["unit", "device", "call"]
    action: str
    cost: Probability
    effect: Mapping[str, Probability]
    source: str
    title_with: str = ""
    role: str = ""
    reversible: bool = True
    parameters: Mapping[str, float | str | bool] = {}
    reach_m: Annotated[float, Meta(gt=0)] = 300.0
    min_probability: Probability = 0.0
    min_severity: Severity = Severity.UNKNOWN
    min_people: Annotated[float, Meta(ge=0)] = 0.0

    def effect_on(self, incident: Incident) -> float:
        """The fraction of the risk that it removes; a kind's own row goes before its nature's."""
        return self.effect.get(incident.kind, self.effect.get(f"nature:{incident.nature}", 0.0))

    def allowed(self, incident: Incident, people: float) -> bool:
        """Whether its conditions are met."""
        severe = _SEVERITIES.index(incident.severity) >= _SEVERITIES.index(self.min_severity)
        return severe and incident.probability >= self.min_probability and people >= self.min_people


def load_catalogue(path: Path | None = None) -> tuple[Measure, ...]:
    """The measures of a file, by default of the one that comes with s4. Raises `ConfigError` naming file and field.

    >>> len(load_catalogue()) >= 15
    True
    """
    try:
        source = path or files("s4.response").joinpath("catalogue.toml")
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from error
    return parse_catalogue(text, str(path or "catalogue.toml"))


def parse_catalogue(text: str, file: str) -> tuple[Measure, ...]:
    """The measures of a TOML text."""
    rows = read_toml(text, file=file).get("measure", [])
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_MEASURES:
        raise ConfigError(f"must hold 1 to {MOST_MEASURES} [[measure]] tables", file=file)
    measures: dict[str, Measure] = {}
    for index, row in enumerate(rows):
        try:
            measure = _convert(row)
            if measure.code in measures:
                raise ConfigError(f"{measure.code!r} is used twice", field="code")
        except InputError as error:
            field = f"measure[{index}]" + (f".{error.field}" if error.field else "")
            raise ConfigError(error.reason, file=file, field=field) from error
        measures[measure.code] = measure
    return tuple(measures.values())


def _convert(row: object) -> Measure:
    try:
        measure = msgspec.convert(row, Measure)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        raise ConfigError(reason, field=path.rstrip("`") or None) from error
    check_name(measure.code, field="code")
    for kind in measure.effect:
        nature = kind.removeprefix("nature:")
        if nature == kind:
            kind_of(kind)
        elif nature not in _NATURES:
            raise ConfigError(f"{nature!r} is not a nature", field=f"effect.{kind}")
    if (measure.by == "unit") != bool(measure.role):
        raise ConfigError("a unit needs a role, and only a unit has one", field="role")
    if not measure.source.strip():
        raise ConfigError("must say where the effects come from", field="source")
    return measure
