"""What a rule that fires says: a `Detection` with derived ids, so that a replay says the same thing again."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from s4.core.ids import derive_id
from s4.core.model import Detection, Place, Series
from s4.core.model.detection import Phase
from s4.edge.rule import Rule

DETECTOR: Final = "edge.rules/1"


class About(NamedTuple):
    """What a statement is about: the rule, where it is, whose words it rests on."""

    rule: Rule
    site: str
    source: str
    place: Place | None


class Measured(NamedTuple):
    """The number that made the rule fire: its series, value and limit in the series' unit, the input's id if one."""

    series: Series
    value: float
    limit: float
    input: str = ""


def apart(value: float, limit: float) -> tuple[str, str]:
    """Both numbers with as few digits, from four on, as show that they differ.

    >>> apart(1524.49878, 1524.55), apart(103.27, 100.0)
    (('1524.5', '1524.55'), ('103.3', '100'))
    """
    digits = 4
    if 0 < abs(value - limit) < abs(limit):
        digits = min(max(math.ceil(math.log10(abs(limit) / abs(value - limit))) + 1, 4), 12)
    return f"{value:.{digits}g}", f"{limit:.{digits}g}"


def of_level(about: About, measured: Measured, phase: Phase, time: int, since: int) -> Detection:
    """A level passed since `since` (ns), stated at `time`."""
    unit = "" if measured.series.unit == "1" else f" {measured.series.unit}"
    value, limit = apart(measured.value, measured.limit)
    words = f"{about.rule.text}: {value}{unit} (limit {limit}{unit})"
    if phase == "end":
        words = f"{about.rule.text} is over: {value}{unit}"
    happening = derive_id("hap", DETECTOR, about.rule.id, *measured.series, since)
    attributes: dict[str, float | str | bool | tuple[float, ...]] = {
        "value": measured.value, "limit": measured.limit,
        "unit": measured.series.unit, "property": measured.series.property,
        "for_s": (time - since) / 1e9,
    }  # fmt: skip
    return _state(about, happening, phase, time, words, attributes, measured.input)


def of_event(about: About, phase: Phase, time: int, happening: str, observation: str) -> Detection:
    """An event that matched, as told by one observation."""
    words = f"{about.rule.text} is over" if phase == "end" else about.rule.text
    return _state(about, happening, phase, time, words, {"property": about.rule.property}, observation)


def _state(
    about: About, happening: str, phase: Phase, time: int, text: str,
    attributes: dict[str, float | str | bool | tuple[float, ...]], observation: str,
) -> Detection:  # fmt: skip
    rule = about.rule
    if rule.severity is not None:
        attributes["severity"] = rule.severity.value
    attributes["rule"] = rule.id
    return Detection(
        id=derive_id("det", DETECTOR, happening, phase, time, observation), kind=rule.kind, time=time, site=about.site,
        source=about.source, detector=DETECTOR, happening=happening, confidence=rule.confidence, phase=phase,
        place=about.place, text=text, attributes=attributes, inputs=(observation,) if observation else (),
    )  # fmt: skip
