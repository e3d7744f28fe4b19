"""The stage that notices when a source that ought to speak does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from s4.core.city import Source
from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError
from s4.core.ids import derive_id
from s4.core.model import Detection, Observation, ObservationBatch, Word
from s4.core.model.detection import Phase
from s4.core.ports import Card, Context, Room, Stage
from s4.core.snapshot import pack, unpack

DETECTOR: Final = "edge.silence/1"
FACTOR: Final = 3
"""A source is silent when nothing was heard for this many times its `fresh_s`."""


class _State(msgspec.Struct, frozen=True):
    heard: dict[str, int]
    silent: dict[str, int]
    begun: int | None


class Silence(Stage):
    """`source_silent` starts when a source was not heard for 3 × its `fresh_s`, and ends when it is heard again.

    Only sources with `fresh_s` > 0 are watched, from this stage's first step on. It counts from when s4 heard (`now`),
    not from the times in the readings, so a source with a wrong clock is not called silent. Cameras speak through
    detections, which come later on the street: name their doors in the option `skip_doors` (["camera"]).
    """

    card = Card(
        name="silence",
        version="1",
        title="Silent sources",
        purpose="Say so when a source of observations has stopped, by fault or on purpose.",
        legal_basis="No personal data: only when each source was last heard.",
        limits="Knows only sources written in the city's configuration.",
    )
    room: ClassVar[Room] = "edge"
    consumes = (ObservationBatch, Observation)
    produces = (Detection,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = dict(context.options)
        skipped = options.pop("skip_doors", ["camera"])
        if options or not isinstance(skipped, list):
            raise ConfigError("takes only the option skip_doors, a list", field="city.stages.silence")
        sources = context.city.source
        self.watched: dict[str, Source] = {s.id: s for s in sources if s.fresh_s > 0 and s.door not in skipped}
        self.heard: dict[str, int] = {}
        self.silent: dict[str, int] = {}
        self.begun: int | None = None

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        """Who was heard (which may end a silence); without facts, who has fallen silent by `now`."""
        self.begun = now if self.begun is None else self.begun
        stated: list[Detection] = []
        for fact in facts:
            for source in _speakers(fact):
                if source in self.watched:
                    stated += self._hear(source, now)
        return stated if facts else self._fallen_silent(now)

    def _hear(self, source: str, now: int) -> list[Detection]:
        self.heard[source] = max(now, self.heard.get(source, now))
        since = self.silent.pop(source, None)
        return [] if since is None else [self._state(self.watched[source], "end", now, since)]

    def _fallen_silent(self, now: int) -> list[Detection]:
        stated = []
        for name, source in self.watched.items():
            last = self.heard.get(name, self.begun if self.begun is not None else now)
            if name not in self.silent and now - last > FACTOR * source.fresh_s * NS_PER_S:
                self.silent[name] = last
                stated.append(self._state(source, "start", now, last))
        return stated

    def _state(self, source: Source, phase: Phase, now: int, since: int) -> Detection:
        happening = derive_id("hap", DETECTOR, source.id, since)
        name, seconds = source.name or source.id, (now - since) / NS_PER_S
        words = (
            f"{name} is heard again after {seconds:.0f} s" if phase == "end" else f"{name} silent for {seconds:.0f} s"
        )
        return Detection(
            id=derive_id("det", DETECTOR, happening, phase), kind="source_silent", time=now, site=source.site,
            source=source.id, detector=DETECTOR, happening=happening, confidence=0.99, phase=phase, place=source.place,
            text=words, attributes={"silent_s": seconds, "fresh_s": source.fresh_s},
        )  # fmt: skip

    def snapshot(self) -> bytes:
        """When each source was heard, and who is silent since when."""
        return pack(_State(self.heard, self.silent, self.begun), "silence", 1)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood."""
        read = unpack(state, _State, "silence", 1)
        self.heard, self.silent, self.begun = dict(read.heard), dict(read.silent), read.begun


def _speakers(fact: Word) -> Sequence[str]:
    """Who speaks in a fact; each once, in the order of first appearance."""
    if isinstance(fact, Observation):
        return (fact.source,)
    if isinstance(fact, ObservationBatch):
        return tuple(dict.fromkeys(fact.series[code].source for code in dict.fromkeys(fact.code.tolist())))
    return ()
