"""Happenings of one stage: repeats of the same thing are folded into a start, updates now and then, and an end.

Time is the sensor's own: a happening ends when its source speaks of a time `quiet_s` later, or has said nothing for
that long. So a log replayed in any pieces gives the same detections, however fast it is replayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from s4.core.clock import NS_PER_S
from s4.core.ids import derive_id
from s4.core.model import Detection, Observation, Place
from s4.core.model.detection import Phase
from s4.detection.cyber.recent import oldest, touch

MOST_INPUTS: Final = 32
Attributes = dict[str, float | str | bool | tuple[float, ...]]


class Happening(msgspec.Struct):
    """`name`: its derived id; `began`, `last`: ns UTC of its first and last observation; `heard`: ns UTC at which the
    stage last took one; `count`: observations since it began; `inputs`: ids of those not yet stated.
    """

    name: str
    kind: str
    source: str
    site: str
    began: int
    last: int
    heard: int
    said: int = 0
    ordinal: int = 0
    count: int = 0
    confidence: float = 0.0
    text: str = ""
    place: Place | None = None
    attributes: Attributes = {}
    inputs: list[str] = []


class Happenings(msgspec.Struct):
    """Those that are open, by key, the longest silent first. Above `most` from one source, the
    first is ended.

    `stage`: name and version of the detector, which goes into every id.
    """

    stage: str
    quiet_s: float
    update_every_s: float
    most: int = 10_000
    open: dict[str, dict[str, Happening]] = {}
    """By source, then by key."""

    def of(self, kind: str, key: str, observation: Observation, now: int) -> Happening:
        """The open happening of `key`, begun by this observation if there is none; notes the observation."""
        mine = self.open.setdefault(observation.source, {})
        happening = mine.get(key)
        if happening is None:
            name = derive_id("hap", self.stage, observation.source, kind, key, observation.time)
            happening = Happening(
                name, kind, observation.source, observation.site, observation.time, observation.time, now
            )
        touch(mine, key, happening)
        happening.last, happening.heard = max(happening.last, observation.time), now
        happening.count += 1
        happening.inputs = [*happening.inputs, observation.id][-MOST_INPUTS:]
        return happening

    def state(self, happening: Happening, time: int) -> Iterator[Detection]:
        """Its start, or an update when the last thing was said long enough ago."""
        if happening.ordinal == 0:
            yield self._say(happening, "start", time)
        elif time - happening.said >= self.update_every_s * NS_PER_S:
            yield self._say(happening, "update", time)

    def expire(self, source: str, time: int) -> Iterator[Detection]:
        """End what `source`, which now speaks of `time` (ns UTC), has not repeated; and what is too much."""
        mine = self.open.get(source, {})
        while mine:
            key, first = oldest(mine)
            if time - first.last <= self.quiet_s * NS_PER_S and len(mine) <= self.most:
                return
            yield self._end(source, key)

    def expire_unheard(self, now: int) -> Iterator[Detection]:
        """End what was not heard of for `quiet_s`, whatever its source. Only after everything that came is taken in:
        a batch may hold what keeps a happening going.
        """
        for source, mine in list(self.open.items()):
            for key, happening in list(mine.items()):
                if now - happening.heard <= self.quiet_s * NS_PER_S:
                    break
                yield self._end(source, key)

    def _end(self, source: str, key: str) -> Detection:
        happening = self.open[source].pop(key)
        if not self.open[source]:
            del self.open[source]
        return self._say(happening, "end", happening.last)

    def _say(self, happening: Happening, phase: Phase, time: int) -> Detection:
        ordinal, inputs = happening.ordinal, tuple(happening.inputs)
        happening.ordinal, happening.said, happening.inputs = ordinal + 1, time, []
        return Detection(
            id=derive_id("det", self.stage, happening.source, happening.name, ordinal),
            kind=happening.kind,
            time=time,
            site=happening.site,
            source=happening.source,
            detector=self.stage,
            happening=happening.name,
            confidence=round(happening.confidence, 4),
            phase=phase,
            place=happening.place,
            text=happening.text,
            attributes={"count": happening.count, **happening.attributes},
            inputs=inputs,
        )
