"""The stage that applies the city's edge rules to readings and events as they come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from s4.core.city import City
from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError
from s4.core.ids import derive_id
from s4.core.model import Detection, Observation, ObservationBatch, Word
from s4.core.model.detection import Phase
from s4.core.ports import Card, Context, Room, Stage
from s4.edge import memory
from s4.edge.judges import Fired, Judges
from s4.edge.matches import Matches
from s4.edge.rulefile import load_rules
from s4.edge.statement import About, Measured, of_level

_PHASES: Final[tuple[Phase, Phase, Phase]] = ("start", "update", "end")


class Rules(Stage):
    """Threshold, tumbling-window and event rules from a file (`city.rules`, or the option `rules`).

    Options: `rules`: path of the file, from the city's folder; `ahead_s` (60): readings that claim to be further in
    the future than this are counted and left. What was not judged, and why, is counted in `judges.counts`.
    Cost: about 0.1 µs a reading in batches of 65,536; measured in `docs/rooms/edge.md`.
    """

    card = Card(
        name="rules",
        version="1",
        title="Edge rules",
        purpose="Raise a detection when a sensor passes a stated level or reports a stated event.",
        legal_basis="No personal data: readings and device events only.",
        limits="One series at a time; a window without any reading states nothing (supervision does).",
    )
    room: ClassVar[Room] = "edge"
    consumes = (ObservationBatch, Observation)
    produces = (Detection,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.city: City = context.city
        options = dict(context.options)
        name = options.pop("rules", "") or context.city.city.rules
        self.ahead = int(_seconds(options.pop("ahead_s", 60.0), "ahead_s") * NS_PER_S)
        if options:
            raise ConfigError(f"unknown option {min(options)!r}", field=f"city.stages.rules.{min(options)}")
        self.rules = load_rules(Path(context.folder) / str(name), self.city) if name else ()
        self.judges = Judges(self.rules)
        self.matches = Matches(self.rules, self.city)
        self._series = list(self.judges.known)

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        """What the rules state of these readings and events; without any, what the passing of time makes known."""
        stated: list[Detection] = []
        for fact in facts:
            if isinstance(fact, ObservationBatch):
                fired = self.judges.take(fact, now, self.ahead)
                stated += self._say(fired)
            elif isinstance(fact, Observation):
                stated += self.matches.take(fact)
        return stated if facts else self._say(self.judges.tick(now))

    def _say(self, fired: Sequence[Fired]) -> list[Detection]:
        if fired and len(self._series) != len(self.judges.known):
            self._series = list(self.judges.known)
        return [self._level(one) for one in fired]

    def _level(self, fired: Fired) -> Detection:
        series = self._series[fired.series]
        source = self.city.source_named(series.source)
        about = About(
            self.rules[fired.rule],
            source.site if source else self.city.site[0].id,
            series.source,
            source.place if source else None,
        )
        reading = derive_id("obs", "sensing", *series, fired.time, fired.value) if fired.reading else ""
        measured = Measured(series, fired.value, fired.limit, reading)
        return of_level(about, measured, _PHASES[fired.phase], fired.time, fired.since)

    def snapshot(self) -> bytes:
        """Every series that is not idle, the open windows and the happenings that go on."""
        return memory.write(self.judges, self.matches)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood; what belonged to rules that have changed since is forgotten."""
        self.judges, self.matches = Judges(self.rules), Matches(self.rules, self.city)
        memory.read(state, self.judges, self.matches)
        self._series = list(self.judges.known)


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400 * 366:
        raise ConfigError("must be a number of seconds", field=f"city.stages.rules.{name}")
    return float(value)
