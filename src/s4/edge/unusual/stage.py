"""The stage that looks at every series of the city, unasked, and says what is unusual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

import msgspec
import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.ids import derive_id
from s4.core.model import Detection, ObservationBatch, Series, Word
from s4.core.ports import Card, Context, Room, Stage
from s4.core.snapshot import pack, unpack
from s4.edge.columns import NEVER
from s4.edge.unusual.blend import to_score, to_surprise
from s4.edge.unusual.grown import Int
from s4.edge.unusual.happenings import Happenings
from s4.edge.unusual.intake import Gathered, Round, by_series, named, rounds, thinned, usable
from s4.edge.unusual.kinds import ODDITIES
from s4.edge.unusual.settings import read_settings
from s4.edge.unusual.watch import Watch

DETECTOR: Final = "unusual/1"
_TOGETHER: Final = 16_384


class _State(msgspec.Struct, frozen=True):
    series: tuple[tuple[str, str, str], ...]
    newest: bytes
    watch: dict[str, dict[str, bytes]]
    happenings: dict[str, bytes]
    waiting: tuple[bytes, bytes, bytes]
    counts: dict[str, int]


class _Stated(NamedTuple):
    """What a detection says of one reading. `order`: its place among the readings judged together."""

    order: int
    row: int
    time: int
    value: float
    surprise: float
    usual: float
    label: str
    since: int
    ended: bool


class Unusual(Stage):
    """States `series_anomaly` and its kin when a series does what it does not usually do, and when that is over.

    Readings are gathered for up to a second (`period_s`) and judged together; what comes out depends only on the
    readings of each series in their order. Options: `settings.Settings`. What was not judged, and why, is counted in
    `counts`. Cost: `docs/rooms/edge.md`.
    """

    card = Card(
        name="unusual",
        version="1",
        title="Usual or unusual",
        purpose="Notice that a series departs from its own past: spikes, shifts, drifts, stuck or replayed values.",
        legal_basis="No personal data: numeric readings only.",
        limits="Learns from 500 readings of a series before it speaks; what is unusual need not be dangerous.",
    )
    room: ClassVar[Room] = "edge"
    consumes = (ObservationBatch,)
    produces = (Detection,)
    snapshot_s: ClassVar[float] = 20.0

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings = read_settings(dict(context.options))
        self._empty()

    def _empty(self) -> None:
        self.known: dict[Series, int] = {}
        self.series: list[Series] = []
        self.newest: Int = np.empty(0, np.int64)
        self.watch = Watch()
        self.happenings = Happenings(to_surprise(self.settings.score), self.settings.rest_s)
        self.gathered = Gathered(_TOGETHER)
        self.counts: Counter[str] = Counter()

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        """Gather readings; judge them when there are many, or at the end of the period."""
        stated: list[Detection] = []
        for fact in facts:
            if isinstance(fact, ObservationBatch):
                self._gather(fact, now)
                if self.gathered.full:
                    stated += self._judge()
        return stated if facts else [*self._judge(), *self._silent(now)]

    def _gather(self, batch: ObservationBatch, now: int) -> None:
        good, odd, ahead = usable(batch, now + int(self.settings.ahead_s * NS_PER_S))
        self.counts["not_finite"] += odd
        self.counts["ahead"] += ahead
        row = self._numbers(batch.series)[batch.code]
        good &= row >= 0
        self.gathered.add(row[good], batch.time[good], batch.value[good])

    def _numbers(self, series: Sequence[Series]) -> Int:
        """The numbers of these series; -1 for those that are not judged."""
        new = [one for one in dict.fromkeys(series) if one not in self.known]
        for one in new:
            if named(self.settings.skip, one.property):
                continue
            if len(self.series) < self.settings.most_series:
                self.known[one] = len(self.series)
                self.series.append(one)
            else:
                self.counts["too_many_series"] += 1
        if len(self.newest) < len(self.series):
            room = np.full(len(self.series), NEVER, np.int64)
            room[: len(self.newest)] = self.newest
            self.newest = room
        return np.array([self.known.get(one, -1) for one in series], np.int64)

    def _judge(self) -> list[Detection]:
        if not self.gathered.waiting:
            return []
        samples = by_series(*self.gathered.columns())
        self.gathered.clear()
        kept, disordered, surplus = thinned(samples, self.newest, int(self.settings.fastest_s * NS_PER_S))
        self.counts["out_of_order"] += disordered
        self.counts["thinned"] += surplus
        if len(samples.start):
            latest = np.maximum.reduceat(samples.time, samples.start)
            self.newest[samples.series] = np.maximum(self.newest[samples.series], latest)
        self.happenings.grow(len(self.series))
        stated = [one for each in rounds(kept) for one in self._round(each)]
        return [self._say(one) for one in sorted(stated)]

    def _round(self, each: Round) -> Iterator[_Stated]:
        verdict = self.watch.take(each.row, each.time, each.value)
        learnt = self.watch.ladder.count[each.row] > self.settings.learn
        surprise = np.where(learnt, verdict.surprise, 0.0)
        starts, ends = self.happenings.take(each.row, each.time, surprise, verdict.label)
        for place, ended in [*((i, False) for i in starts.tolist()), *((i, True) for i in ends.tolist())]:
            row = int(each.row[place])
            yield _Stated(
                int(each.order[place]), row, int(each.time[place]), float(each.value[place]),
                float(verdict.surprise[place]), float(verdict.usual[place]), *self._which(row), ended,
            )  # fmt: skip

    def _which(self, row: int) -> tuple[str, int]:
        return self.watch.labels[int(self.happenings.label[row])], int(self.happenings.since[row])

    def _silent(self, now: int) -> list[Detection]:
        gone = self.happenings.silent(now, min(len(self.series), self.happenings.size))
        last = {row: float(self.watch.ladder.last[row]) for row in gone.tolist()}
        return [self._say(_Stated(0, row, now, at, 0.0, at, *self._which(row), True)) for row, at in last.items()]

    def _say(self, one: _Stated) -> Detection:
        series, phase = self.series[one.row], "end" if one.ended else "start"
        happening = derive_id("hap", DETECTOR, *series, one.since)
        source, score = self.context.city.source_named(series.source), float(to_score(np.array(one.surprise)))
        reading = () if one.ended else (derive_id("obs", "sensing", *series, one.time, one.value),)
        return Detection(
            id=derive_id("det", DETECTOR, happening, phase), kind=ODDITIES[one.label].kind, time=one.time,
            site=source.site if source else self.context.city.site[0].id, source=series.source, detector=DETECTOR,
            happening=happening, confidence=min(score, 0.99) if not one.ended else 0.9,
            phase="end" if one.ended else "start", place=source.place if source else None,
            text=_words(series, source.name if source else "", one), inputs=reading,
            attributes=_attributes(series, one, score),
        )  # fmt: skip

    @property
    def gather_s(self) -> float:
        """Nobody waits for its answer to the millisecond."""
        return 0.25

    def snapshot(self) -> bytes:
        """What is known of every series, the happenings that go on, and the readings that wait."""
        row, time, value = self.gathered.columns()
        count = len(self.series)
        self.happenings.grow(count)
        state = _State(
            tuple(self.series), self.newest.tobytes(), self.watch.dump(), self.happenings.dump(count),
            (row.tobytes(), time.tobytes(), value.tobytes()), dict(self.counts),
        )  # fmt: skip
        return pack(state, "unusual", 1)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood."""
        read = unpack(state, _State, "unusual", 1)
        self._empty()
        self.series = [Series(*one) for one in read.series]
        self.known = {one: number for number, one in enumerate(self.series)}
        self.newest = np.frombuffer(read.newest, np.int64).copy()
        if len(self.newest) != len(self.series):
            raise InputError("the state's columns differ in length")
        self.watch.load(read.watch)
        self.happenings.load(read.happenings, len(self.series))
        row, time, value = read.waiting
        self.gathered.add(np.frombuffer(row, np.int64), np.frombuffer(time, np.int64), np.frombuffer(value, np.float64))
        self.counts.update(read.counts)


def _words(series: Series, name: str, one: _Stated) -> str:
    unit = "" if series.unit in {"", "1"} else f" {series.unit}"
    who, value = f"{series.property} of {name or series.source}", f"{one.value:.5g}{unit}"
    if one.ended:
        return f"{who} {ODDITIES[one.label].over}: {value}"
    usual = one.usual if abs(one.usual) > 1e-9 * abs(one.value) else 0.0
    return f"{who} {ODDITIES[one.label].words}: {value} (lately about {usual:.5g}{unit})"


def _attributes(series: Series, one: _Stated, score: float) -> Mapping[str, float | str]:
    said: dict[str, float | str] = {"property": series.property, "unit": series.unit, "oddity": one.label}
    said["value"] = one.value
    return said if one.ended else {**said, "lately": one.usual, "score": round(score, 4)}
