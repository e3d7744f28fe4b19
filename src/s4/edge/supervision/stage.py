"""The stage that watches over the devices themselves: last seen, health, battery, clock, floods, maintenance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import msgspec
import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.devices import DeviceNotice, DeviceState, read, told
from s4.core.errors import ConfigError
from s4.core.ids import derive_id
from s4.core.model import Command, Detection, Observation, ObservationBatch, Word
from s4.core.model.detection import Phase
from s4.core.ports import Card, Context, Produced, Room, Stage
from s4.core.register import Register
from s4.core.snapshot import pack, unpack
from s4.core.subjects import SYSTEM
from s4.edge.supervision.health import SILENT, UNKNOWN, judge, quiet_s
from s4.edge.supervision.line import NEVER, Line

DETECTOR: Final = "edge.supervision/1"
MOST_STRANGERS: Final = 1_000
_TELL_NS: Final = 10 * NS_PER_S
_TELL_EACH_NS: Final = NS_PER_S // 100
_AGAIN: Final = 6
"""What has not changed is told again after six times as long, so that whoever comes later knows it too."""


class _State(msgspec.Struct, frozen=True):
    lines: dict[str, Line]
    decisions: list[Command]
    begun: int | None


class Supervision(Stage):
    """Says how every device is doing (`s4.device`, at once when its health changes, else every 10 s or so), and states
    what people have to know: `source_silent`, `device_faulty`, `device_flood`, `battery_low`, `unknown_device`.

    A device is silent when it was not heard for 3 × its `fresh_s` by the clock, whatever times its readings carry.
    While somebody works on it nothing is stated of it. Cameras speak through detections, which come later on the
    street: name their doors in the option `skip_doors` (["camera"]). Cost: about 5 ns a reading, 4 µs a series of a
    batch.
    """

    card = Card(
        name="supervision",
        version="1",
        title="Supervision of devices",
        purpose="Say so when a device has stopped, is not believable, floods, runs low, or is not known.",
        legal_basis="No personal data: only when and how much each device spoke.",
        limits="A device that lies within its range and period is not noticed here.",
    )
    room: ClassVar[Room] = "edge"
    consumes = (ObservationBatch, Observation, Command)
    produces = (Detection, Observation)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = dict(context.options)
        skipped = options.pop("skip_doors", ["camera"])
        if options or not isinstance(skipped, list):
            raise ConfigError("takes only the option skip_doors, a list", field="city.stages.supervision")
        self.skipped = {row.id for row in context.city.source if row.door in skipped}
        self.register = Register(context.city, self._decided())
        self.lines: dict[str, Line] = {}
        self.begun: int | None = None

    def _begun(self, now: int) -> int:
        return now if self.begun is None else self.begun

    def _decided(self) -> list[Command]:
        return self.context.register.decisions() if self.context.register is not None else []

    def step(self, facts: Sequence[Word], now: int) -> list[Produced]:
        """Who was heard (which ends a silence at once); without facts, how everybody is doing at `now`."""
        self.begun = now if self.begun is None else self.begun
        stated: list[Produced] = []
        for fact in facts:
            if isinstance(fact, ObservationBatch):
                stated += self._batch(fact, now)
            elif isinstance(fact, Observation):
                stated += self._observed(fact, now)
            elif isinstance(fact, Command):
                self.register.take([fact])
        return stated if facts else list(self._look(now))

    def _batch(self, batch: ObservationBatch, now: int) -> Iterator[Detection]:
        counts = np.bincount(batch.code, minlength=len(batch.series))
        newest = np.full(len(batch.series), np.iinfo(np.int64).min)
        np.maximum.at(newest, batch.code, batch.time)
        heard: dict[str, tuple[int, int]] = {}
        for i, count in enumerate(counts.tolist()):
            series, time = batch.series[i], int(newest[i])
            if count:
                before, latest = heard.get(series.source, (0, time))
                heard[series.source] = (before + count, max(latest, time))
                self._battery(batch, i)
        for source, (count, time) in heard.items():
            yield from self._hear(source, count, time - batch.received, now)

    def _battery(self, batch: ObservationBatch, index: int) -> None:
        series = batch.series[index]
        device = self.register.of(series.source)
        battery = device.profile.battery if device is not None and device.profile is not None else None
        if battery is not None and battery.resource == series.property:
            self._line(series.source).battery = float(batch.value[np.flatnonzero(batch.code == index)[-1]])

    def _observed(self, seen: Observation, now: int) -> Iterator[Detection]:
        if seen.source != SYSTEM:
            yield from self._hear(seen.source, 1, seen.time - seen.received, now)
        elif (notice := read(seen, DeviceNotice)) is not None and self._has_room(notice):
            self._line(notice.device).note(notice, now)

    def _hear(self, source: str, count: int, ahead_ns: int, now: int) -> Iterator[Detection]:
        if source in self.skipped or not self.register.may_speak(source):
            return
        line = self._line(source)
        device = self.register.of(source)
        quiet = quiet_s(device, line, self._begun(now), now) if device is not None else 0.0
        line.hear(count, ahead_ns, now)
        if SILENT in line.open:
            words = f"{self._name(source)} is heard again after {quiet:.0f} s"
            yield self._state(source, line, SILENT, "end", now, words)

    def _line(self, device: str) -> Line:
        line = self.lines.get(device)
        if line is None:
            line = self.lines[device] = Line()
        return line

    def _has_room(self, notice: DeviceNotice) -> bool:
        """Whoever makes up ids does not fill our memory."""
        name = notice.device
        if name in self.lines or self.register.may_speak(name):
            return True
        if not notice.held and self.register.standing(name) != "rejected":
            return False
        return sum(not self.register.may_speak(known) for known in self.lines) < MOST_STRANGERS

    def _look(self, now: int) -> Iterator[Produced]:
        for device in self.register.devices():
            if device.id not in self.skipped:
                self._line(device.id)
        for name, line in self.lines.items():
            yield from self._judged(name, line, now)

    def _judged(self, name: str, line: Line, now: int) -> Iterator[Produced]:
        health, detail, happening = judge(name, line, self.register, self._begun(now), now)
        for kind, text in happening.items():
            if kind not in line.open:
                yield self._state(name, line, kind, "start", now, text)
        for kind in [kind for kind in line.open if kind not in happening]:
            yield self._state(name, line, kind, "end", now, f"{self._name(name)}: {_over(kind, detail)}")
        turned = health != line.health or line.since == NEVER
        if turned:
            line.health, line.since = health, now
        due = line.told + _TELL_NS + len(self.lines) * _TELL_EACH_NS
        again = line.told + _AGAIN * (due - line.told)
        if turned or detail != line.detail or (line.changed and now >= due) or now >= again:
            line.detail, line.told, line.changed = detail, now, False
            yield told(self._standing(name, line, now), self._site(name, line), now)

    def _standing(self, name: str, line: Line, now: int) -> DeviceState:
        decided = self.register.last_decision(name)
        by = decided.get("work" if line.health == "maintenance" else "admission")
        return DeviceState(
            name, self._site(name, line), line.health, line.since, line.detail, line.via, max(line.heard, 0),
            line.accepted, line.refused, line.reason, line.repeated, line.moved, line.left_out, line.held, line.battery,
            line.ahead_ms(), round(line.per_s(now), 3), line.said, by.approved_by if by else "",
        )  # fmt: skip

    def _state(self, name: str, line: Line, kind: str, phase: Phase, now: int, text: str) -> Detection:
        begun = line.open.pop(kind) if phase == "end" else line.open.setdefault(kind, now)
        happening = derive_id("hap", DETECTOR, kind, name, begun)
        device = self.register.of(name)
        return Detection(
            id=derive_id("det", DETECTOR, happening, phase), kind=kind, time=now, site=self._site(name, line),
            source=name if kind != UNKNOWN else line.via or name, detector=DETECTOR, happening=happening,
            confidence=0.99, phase=phase, place=device.place if device else None, text=text[:400],
            attributes=self._attributes(name, line, kind, now),
        )  # fmt: skip

    def _attributes(
        self, name: str, line: Line, kind: str, now: int
    ) -> dict[str, float | str | bool | tuple[float, ...]]:
        device = self.register.of(name)
        if kind == SILENT and device is not None:
            return {"silent_s": quiet_s(device, line, self._begun(now), now), "fresh_s": device.fresh_s}
        if kind == UNKNOWN:
            return {"device": name, "held": line.held}
        return {"refused": line.refused, "left_out": line.left_out}

    def _name(self, name: str) -> str:
        device = self.register.of(name)
        return device.name if device is not None else name

    def _site(self, name: str, line: Line) -> str:
        device = self.register.of(name) or self.register.of(line.via)
        return device.site if device is not None else self.context.city.site[0].id

    @property
    def gather_s(self) -> float:
        """Nobody waits for its answer to the millisecond."""
        return 0.1

    def snapshot(self) -> bytes:
        """What is remembered of each device, and what was decided about them."""
        return pack(_State(self.lines, self.register.decisions(), self.begun), "supervision", 1)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood; devices that are in the city no longer are forgotten."""
        read_back = unpack(state, _State, "supervision", 1)
        self.register = Register(self.context.city, [*read_back.decisions, *self._decided()])
        self.lines = {
            name: line for name, line in read_back.lines.items()
            if self.register.may_speak(name) or line.held or self.register.standing(name) == "rejected"
        }  # fmt: skip
        self.begun = read_back.begun


def _over(kind: str, detail: str) -> str:
    if kind == UNKNOWN:
        return "a person has decided"
    return detail or {"battery_low": "the battery is full enough again", SILENT: "heard again"}.get(kind, "all is well")
