"""Rules on events: an observation whose body has the stated fields starts a happening, another one ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from s4.core.city import City
from s4.core.ids import derive_id
from s4.core.model import Detection, Observation
from s4.core.model.detection import Phase
from s4.edge.rule import Matcher, Rule
from s4.edge.statement import DETECTOR, About, of_event

_MISSING: Final = object()


def fits(body: Mapping[str, Any], wanted: Matcher) -> bool:
    """Whether every wanted field is there with that value; a dot goes into a nested table.

    >>> fits({"alert": {"severity": 1}}, {"alert.severity": 1})
    True
    >>> fits({"open": 1}, {"open": True})
    False
    """
    return all(_equal(_dig(body, path), value) for path, value in wanted.items())


def _dig(body: Any, path: str) -> Any:
    if isinstance(body, Mapping) and path in body:
        return body[path]
    head, dot, rest = path.partition(".")
    if not dot or not isinstance(body, Mapping) or head not in body:
        return _MISSING
    return _dig(body[head], rest)


def _equal(found: Any, value: str | float | bool) -> bool:
    return bool(found == value) and isinstance(found, bool) == isinstance(value, bool)


class Matches:
    """The event rules and the happenings that have started and not ended.

    `active`: (rule id, source) → key of the happening. A rule without `end_match` states each event by itself.
    """

    def __init__(self, rules: Sequence[Rule], city: City) -> None:
        self.rules = [rule for rule in rules if rule.match is not None]
        self.city = city
        self.active: dict[tuple[str, str], str] = {}

    def take(self, seen: Observation) -> list[Detection]:
        """What follows from one observation."""
        rules = [rule for rule in self.rules if rule.looks_at(seen.source, seen.property)]
        return [stated for rule in rules if (stated := self._apply(rule, seen)) is not None]

    def _apply(self, rule: Rule, seen: Observation) -> Detection | None:
        key = (rule.id, seen.source)
        if rule.match is not None and fits(seen.body, rule.match):
            started = key in self.active
            happening = self.active.get(key) or derive_id("hap", DETECTOR, rule.id, seen.source, seen.time, seen.id)
            if rule.end_match is not None:
                self.active[key] = happening
            return self._state(rule, seen, "update" if started else "start", happening)
        if rule.end_match is not None and key in self.active and fits(seen.body, rule.end_match):
            return self._state(rule, seen, "end", self.active.pop(key))
        return None

    def _state(self, rule: Rule, seen: Observation, phase: Phase, happening: str) -> Detection:
        source = self.city.source_named(seen.source)
        about = About(rule, seen.site, seen.source, seen.place or (source.place if source else None))
        return of_event(about, phase, seen.time, happening, seen.id)
