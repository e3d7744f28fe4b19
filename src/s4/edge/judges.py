"""The columnar heart of the rules: every series known so far, bound to the rules that look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import ObservationBatch, Series
from s4.edge.columns import NEVER, Int, Samples, arrange, before
from s4.edge.hysteresis import Change, Pairs
from s4.edge.levels import Levels, levels_in
from s4.edge.panes import Panes, Windows
from s4.edge.rule import Rule

MOST_SERIES: Final = 200_000
LARGEST: Final = 1e100
"""A reading beyond this is as good as infinite: sums and differences of such would not stay finite."""
Stream = tuple[int, int, str]
"""What a rule judges: (window width ns, lateness ns, aggregate); width 0 means single readings."""


class Fired(NamedTuple):
    """One statement to make: the rule and series (by number), when, the phase, since when, what was measured.

    `row` of the batch after which it could be known, -1 when the clock made it known; `reading`: whether `value` is
    a single reading's.
    """

    row: int
    rule: int
    time: int
    series: int
    phase: int
    since: int
    value: float
    limit: float
    reading: bool


class Judges:
    """All rules over all series. `counts` tells of readings that were not judged, and why."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.counts: Counter[str] = Counter()
        self.known: dict[Series, int] = {}
        self.newest: Int = np.empty(0, np.int64)
        self.heard: Int = np.empty(0, np.int64)
        self.by_property: dict[str, list[tuple[int, Rule]]] = {}
        for number, rule in enumerate(self.rules):
            if rule.match is None:
                self.by_property.setdefault(rule.property, []).append((number, rule))
        self.levels: dict[tuple[int, str], Levels] = {}
        self.stream_of = [_stream(rule) for rule in self.rules]
        self.streams = tuple(sorted({_stream(r) for r in rules if r.match is None}))
        self.pairs = {stream: Pairs() for stream in self.streams}
        self.windows = {span: Windows(*span) for span in sorted({s[:2] for s in self.streams if s[0]})}

    def take(self, batch: ObservationBatch, now: int, ahead: int) -> list[Fired]:
        """Judge a batch; readings not finite, or more than `ahead` ns after `now`, are counted and left."""
        if not len(batch) or not self.streams:
            return []
        numbers = self._numbers(batch.series)
        finite = np.abs(batch.value) <= LARGEST
        timely = (batch.time <= now + ahead) & (batch.time > NEVER // 2)
        self.counts["not_finite"] += int(len(finite) - finite.sum())
        self.counts["ahead"] += int(len(timely) - timely.sum())
        samples = arrange(batch, numbers, finite & timely)
        if not len(samples.start):
            return []
        seen = before(samples, self.newest)
        fired = [*self._readings(samples, seen), *self._closings(samples, seen)]
        newest = np.maximum.reduceat(np.maximum(seen, samples.time), samples.start)
        self.newest[samples.series], self.heard[samples.series] = newest, now
        return sorted(fired)

    def tick(self, now: int) -> list[Fired]:
        """Let the clock close the windows of series that have fallen silent."""
        fired: list[Fired] = []
        for (width, late), windows in self.windows.items():
            if len(windows.open.series):
                panes = windows.close_silent(now - self.heard >= width + late)
                fired.extend(self._panes(panes, (width, late)))
        return sorted(fired)

    def number(self, series: Series) -> int:
        """The number of a series, which is bound to its rules when it is first seen."""
        return int(self._numbers((series,))[0])

    def _numbers(self, series: Sequence[Series]) -> Int:
        new = list(dict.fromkeys(one for one in series if one not in self.known))
        if new:
            self._bind(new)
        return np.array([self.known[one] for one in series], np.int64)

    def _bind(self, series: list[Series]) -> None:
        if len(self.known) + len(series) > MOST_SERIES:
            raise InputError(f"more than {MOST_SERIES} series; the rules take no new ones")
        bound = [list(self._rules_of(one)) for one in series]
        for stream, pairs in self.pairs.items():
            pairs.add([[row for row in rows if self.stream_of[row[0]] == stream] for rows in bound])
        for span, windows in self.windows.items():
            windows.add([any(self.stream_of[number][:2] == span for number, _, _ in rows) for rows in bound])
        self.newest = np.append(self.newest, np.full(len(series), NEVER, np.int64))
        self.heard = np.append(self.heard, np.full(len(series), NEVER, np.int64))
        self.known.update(zip(series, count(len(self.known)), strict=False))

    def _rules_of(self, series: Series) -> Iterator[tuple[int, Rule, Levels]]:
        for number, rule in self.by_property.get(series.property, ()):
            if rule.looks_at(series.source, series.property):
                try:
                    yield number, rule, self._levels(number, series.unit)
                except InputError:
                    self.counts[f"wrong_unit:{rule.id}:{series.source}"] += 1

    def _levels(self, number: int, unit: str) -> Levels:
        if (number, unit) not in self.levels:
            self.levels[number, unit] = levels_in(self.rules[number], unit)
        return self.levels[number, unit]

    def _readings(self, samples: Samples, seen: Int) -> Iterator[Fired]:
        for stream in self.streams:
            if stream[0] == 0:
                newer = samples.time > seen
                self.counts["out_of_order"] += int(len(newer) - newer.sum())
                kept = samples.keep(newer)
                yield from self._fired(stream, self.pairs[stream].judge(kept), kept, kept.row)

    def _closings(self, samples: Samples, seen: Int) -> Iterator[Fired]:
        for (width, late), windows in self.windows.items():
            late_before = windows.late_readings
            panes = windows.take(samples, seen)
            self.counts["late"] += windows.late_readings - late_before
            for fired in self._panes(panes, (width, late)):
                yield fired._replace(row=_row_that_closed(fired, samples, seen, late))

    def _panes(self, panes: Panes, span: tuple[int, int]) -> Iterator[Fired]:
        if not len(panes.series):
            return
        start = np.flatnonzero(np.diff(panes.series, prepend=-1))
        ends = (panes.window + 1) * span[0]
        nowhere = np.full(len(ends), -1)
        for stream in self.streams:
            if stream[:2] == span:
                samples = Samples(panes.series[start], start, ends, panes.aggregate(stream[2]), nowhere)
                yield from self._fired(stream, self.pairs[stream].judge(samples), samples, nowhere)

    def _fired(self, stream: Stream, changes: list[Change], samples: Samples, row: Int) -> Iterator[Fired]:
        pairs = self.pairs[stream]
        for pair, sample, phase, since in changes:
            yield Fired(
                int(row[sample]), int(pairs.rule[pair]), int(samples.time[sample]), int(pairs.series[pair]), phase,
                since, float(samples.value[sample]), float(pairs.sign[pair] * pairs.enter[pair]), stream[0] == 0,
            )  # fmt: skip


def _stream(rule: Rule) -> Stream:
    if rule.window_s is None:
        return 0, 0, ""
    return int(rule.window_s * NS_PER_S), int(rule.late_s * NS_PER_S), str(rule.aggregate)


def _row_that_closed(fired: Fired, samples: Samples, seen: Int, late: int) -> int:
    """The row whose time moved the watermark to the window's end."""
    segment = int(np.flatnonzero(samples.series == fired.series)[0])
    a = int(samples.start[segment])
    b = a + int(samples.length[segment])
    newest = np.maximum(seen[a:b], samples.time[a:b])
    return int(samples.row[a + int(np.searchsorted(newest, fired.time + late))])
