"""What comes of the rows that rules put out: detections by happening, series, and commands that a policy allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from s4.core.city import City
from s4.core.clock import NS_PER_MS, NS_PER_S
from s4.core.ids import derive_id
from s4.core.model import Command, Detection, ObservationBatch, Reading, Series
from s4.core.model.detection import Phase
from s4.core.ports import Produced
from s4.core.rules import Derives, Orders, Says, SqlRule
from s4.edge.queries.book import PutOut

DETECTOR: Final = "edge.queries/1"
_MOST_ATTRIBUTES: Final = 16
_LONGEST: Final = 200


class Happening(msgspec.Struct):
    """Something that goes on: since when, when it was last said to, and when people were last told, ns."""

    rule: str
    source: str
    since: int
    last: int
    told: int
    row: dict[str, Any]


class Sayings:
    """Rows of the same rule about the same source (the rule itself, when its rows name none) within `hold_s` are one
    happening: told when it begins, every `update_s`, and when it is over.
    """

    def __init__(self, city: City) -> None:
        self._city = city
        self.going_on: dict[tuple[str, str], Happening] = {}

    def say(self, spec: SqlRule, made: PutOut) -> Iterator[Produced]:
        """What follows from one row."""
        time, source = made.time * NS_PER_MS, _source(spec, made.row)
        begins = self._begins(spec, source, time, made.row)
        if spec.series is not None:
            yield from self._series(spec.series, source, time, made.row)
        if spec.command is not None and begins:
            yield self._command(spec.id, spec.command, source, time)
        if spec.detection is not None and (phase := self._phase(spec, spec.detection, source, time, begins)):
            yield self._detection(spec.detection, self.going_on[spec.id, source], phase, time)

    def _begins(self, spec: SqlRule, source: str, time: int, row: dict[str, Any]) -> bool:
        known = self.going_on.get((spec.id, source))
        if known is not None and time - known.last <= _hold(spec):
            known.last, known.row = max(known.last, time), row
            return False
        self.going_on[spec.id, source] = Happening(spec.id, source, time, time, time, row)
        return True

    def _phase(self, spec: SqlRule, says: Says, source: str, time: int, begins: bool) -> Phase | None:
        known = self.going_on[spec.id, source]
        if begins:
            return "start"
        if time - known.told < says.update_s * NS_PER_S:
            return None
        known.told = time
        return "update"

    def pass_time(self, specs: Mapping[str, SqlRule], now: int) -> Iterator[Detection]:
        """Happenings of which nothing was heard for `hold_s` are over; so are those of rules that are gone."""
        for key, known in list(self.going_on.items()):
            spec = specs.get(known.rule)
            if spec is not None and now - known.last <= _hold(spec):
                continue
            del self.going_on[key]
            if spec is not None and spec.detection is not None:
                yield self._detection(spec.detection, known, "end", known.last + _hold(spec))

    def _detection(self, says: Says, known: Happening, phase: Phase, time: int) -> Detection:
        happening = derive_id("hap", DETECTOR, known.rule, known.source, known.since)
        text = _filled(says.text, known.row)
        source = self._city.source_named(known.source)
        severity = {} if says.severity is None else {"severity": says.severity.value}
        return Detection(
            id=derive_id("det", DETECTOR, happening, phase, time), kind=says.kind, time=time,
            site=source.site if source else self._city.site[0].id, source=known.source, detector=DETECTOR,
            happening=happening, confidence=says.confidence, phase=phase, place=self._city.place_of(known.source),
            text=f"{text}: over" if phase == "end" else text,
            attributes={**_attributes(known.row), **severity, "rule": known.rule},
        )  # fmt: skip

    def _series(self, derives: Derives, source: str, time: int, row: dict[str, Any]) -> Iterator[ObservationBatch]:
        value = row.get(derives.value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            site = self._site(source)
            reading = Reading(Series(source, derives.property, derives.unit), time, float(value))
            yield ObservationBatch.of(site, time, [reading])

    def _command(self, rule: str, orders: Orders, source: str, time: int) -> Command:
        return Command(
            id=derive_id("cmd", DETECTOR, rule, source, time), revision=1, time=time, site=self._site(source),
            action=orders.action, target=orders.target, state="approved", approved_by=f"policy: {orders.policy}",
            reason=f"rule {rule}", parameters=orders.parameters, expires=time + round(orders.expires_s * NS_PER_S),
        )  # fmt: skip

    def _site(self, source: str) -> str:
        known = self._city.source_named(source)
        return known.site if known else self._city.site[0].id


def _hold(spec: SqlRule) -> int:
    return round((spec.detection.hold_s if spec.detection else 60.0) * NS_PER_S)


def _source(spec: SqlRule, row: Mapping[str, Any]) -> str:
    source = row.get("source")
    return source if isinstance(source, str) and source else spec.id


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def _filled(template: str, row: Mapping[str, Any]) -> str:
    """The text with the row's columns in it; floats to four digits unless the text says otherwise."""
    plain = {name: _Short(value) if isinstance(value, float) else value for name, value in row.items()}
    try:
        return template.format_map(_Blank(plain))[:500]
    except (ValueError, TypeError):  # a format that this value does not have
        return template


class _Short(float):
    """A float that writes itself with four digits."""

    def __format__(self, wanted: str) -> str:
        return format(float(self), wanted or ".4g")


def _attributes(row: Mapping[str, Any]) -> dict[str, float | str | bool | tuple[float, ...]]:
    kept: dict[str, float | str | bool | tuple[float, ...]] = {}
    for name, value in row.items():
        if isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= _LONGEST):
            kept[name] = value
        if len(kept) == _MOST_ATTRIBUTES:
            break
    return kept
