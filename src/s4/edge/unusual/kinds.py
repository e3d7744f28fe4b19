"""What each oddity is called: the label in a series' scores, the kind of detection, and words for an operator."""

from __future__ import annotations

from typing import Final, NamedTuple


class Oddity(NamedTuple):
    """`kind`: of `core.model.kinds`; `words`: goes on from "<property> of <source>"; `over`: the same at its end."""

    kind: str
    words: str
    over: str


ODDITIES: Final[dict[str, Oddity]] = {
    "spike": Oddity("series_anomaly", "is unusual", "is usual again"),
    "seasonal": Oddity("series_anomaly", "is unusual for this time", "is usual again"),
    "activity": Oddity("series_anomaly", "is unusually restless or still", "moves as usual again"),
    "level": Oddity("series_level_change", "has changed its level", "has settled"),
    "drift": Oddity("series_drift", "drifts", "no longer drifts"),
    "stuck": Oddity("sensor_stuck", "is stuck", "moves again"),
    "gap": Oddity("series_gap", "comes after a gap", "comes steadily again"),
    "replay": Oddity("replayed_readings", "repeats earlier readings", "no longer repeats itself"),
}
