"""Many different rules of a city, the readings that they read, and the live stage that holds them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from s4.core.city import City, Info, Site
from s4.core.clock import NS_PER_S, ManualClock
from s4.core.model import Command, ObservationBatch, Place, Series
from s4.core.model.command import RULE_PUT
from s4.core.ports import Context
from s4.core.rules import Says, SqlRule
from s4.edge.queries.stage import Queries

DEVICES, PROPERTIES = 1_000, 10
PER_SECOND = 100_000
BATCH = 5_000
START_NS = 1_760_000_000 * NS_PER_S
SEED = 7
_PLACE = Place(43.26, -2.93)
_THRESHOLD = 'SELECT source, value FROM readings WHERE property = "{property}" AND value > {limit}'
_OWN = 'SELECT source, value FROM readings WHERE source = "{device}" AND property = "{property}" AND value > {limit}'
_MEAN = (
    'SELECT source, avg(value) AS mean FROM readings WHERE property = "{property}" AND value > {low} '
    "GROUP BY source, TUMBLINGWINDOW(ss, {seconds}) HAVING avg(value) > {limit}"
)
_SESSION = (
    'SELECT source, max(value) - min(value) AS range FROM readings WHERE source = "{device}" AND '
    'property = "{property}" GROUP BY SESSIONWINDOW(ss, {seconds}, 1) HAVING max(value) - min(value) > {range}'
)
ANALYTIC = (
    'SELECT source, value - lag(value) OVER (PARTITION BY source) AS jump FROM readings WHERE source = "{device}" '
    'AND property = "{property}" AND value - lag(value) OVER (PARTITION BY source) > {range}'
)
"""By event time, and not in the mix: what looks at rows before WHERE has to see every reading there is."""
MIX = (_THRESHOLD, _OWN, _MEAN, _THRESHOLD, _OWN, _MEAN, _THRESHOLD, _OWN, _MEAN, _SESSION)
SAYS = Says("threshold_exceeded", "{source}")


def rules(count: int, mix: tuple[str, ...] = MIX) -> Iterator[SqlRule]:
    """So many rules, no two alike: 3 of 10 a limit on a property, 3 a limit on one device, 3 means of every device
    over 5 to 60 s, 1 a session of one device, by arrival, which runs row by row.
    """
    for n in range(count):
        sql = mix[n % len(mix)].format(
            property=f"p{n // len(mix) % PROPERTIES}", device=f"d{n % DEVICES}", limit=round(98 + n / 1000, 3),
            low=round(-60 - n / 1000, 3), seconds=(5, 10, 20, 60)[n // 7 % 4], range=round(60 + n / 1000, 3),
        )  # fmt: skip
        yield SqlRule(f"r{n}", sql, time="arrival" if "SESSION" in sql else "event", detection=SAYS)


def stage() -> Queries:
    """The live stage, without any rule."""
    city = City(Info("bench", "Bench", _PLACE), (Site("square", "Square", _PLACE),))
    return Queries(Context(city, ManualClock(START_NS), {}, "."))


def command(rule: SqlRule) -> Command:
    """A person's decision to add the rule, as it comes over the bus."""
    definition = msgspec.json.encode(rule).decode()
    return Command(
        f"cmd-{rule.id}", 0, START_NS, "square", RULE_PUT, rule.id, "approved", "bench",
        parameters={"definition": definition},
    )  # fmt: skip


def batches(seconds: float) -> Iterator[ObservationBatch]:
    """What 1,000 devices with 10 properties each say in so many seconds: 100,000 readings a second, 50 ms a batch.
    A few go over a limit.
    """
    rng = np.random.default_rng(SEED)
    series = tuple(Series(f"d{n // PROPERTIES}", f"p{n % PROPERTIES}", "1") for n in range(DEVICES * PROPERTIES))
    level = rng.uniform(40.0, 60.0, len(series))
    for number in range(int(seconds * PER_SECOND / BATCH)):
        row = np.arange(number * BATCH, (number + 1) * BATCH, dtype=np.int64)
        code = rng.integers(0, len(series), BATCH, dtype=np.int32)
        time = START_NS + row * (NS_PER_S // PER_SECOND)
        value = level[code] + rng.normal(0.0, 10.0, BATCH)
        there, code = np.unique(code, return_inverse=True)  # a batch names the series that it holds, and no others
        named = tuple(series[place] for place in there.tolist())
        yield ObservationBatch("square", int(time[-1]), named, code.astype(np.int32), time, value)
