"""What rules state of readings and events."""

from pathlib import Path

import numpy as np
import pytest

from s4.core.model import Detection, Observation, ObservationBatch, Reading, Series, Severity
from tests.edge.cities import PLAZA, S, rules_stage

PM = Series("air-1", "pm2_5", "ug/m3")
OVER = """
[[rule]]
id = "dust"
property = "pm2_5"
sources = ["air-*"]
kind = "threshold_exceeded"
text = "Fine dust is high"
unit = "ug/m3"
over = 50
clear = 40
hold_s = 10
update_s = 20
severity = "Moderate"
"""


def batch(series: Series, *readings: tuple[float, float]) -> ObservationBatch:
    return ObservationBatch.of("plaza", 0, [Reading(series, int(t * S), v) for t, v in readings])


def said(produced: list[Detection]) -> list[tuple[str, float]]:
    return [(d.phase, d.time / S) for d in produced]


def test_a_threshold_holds_fires_repeats_and_ends_with_hysteresis(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, OVER, "air-1")
    values = [(0, 30), (5, 60), (10, 45), (15, 60), (20, 60), (35, 55), (40, 45), (45, 39), (50, 45)]
    out = list(stage.step([batch(PM, *values)], 60 * S))
    assert said(out) == [("start", 15), ("update", 35), ("end", 45)]
    assert len({d.happening for d in out}) == 1
    assert len({d.id for d in out}) == 3
    first = out[0]
    assert first.text == "Fine dust is high: 60 ug/m3 (limit 50 ug/m3)"
    assert first.attributes["severity"] == Severity.MODERATE
    assert (first.place, first.site, first.source) == (PLAZA, "plaza", "air-1")


def test_the_input_is_the_reading_that_made_it_fire(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, OVER.replace("hold_s = 10", ""), "air-1")
    readings = batch(PM, (0, 30), (5, 60))
    (start,) = stage.step([readings], 60 * S)
    assert start.inputs == (readings.observation_id(1),)


def test_a_short_peak_does_not_fire(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, OVER, "air-1")
    assert stage.step([batch(PM, (0, 60), (5, 60), (9, 39), (12, 60), (20, 60))], 60 * S) == []


def test_levels_are_converted_to_the_unit_of_the_series(tmp_path: Path) -> None:
    rule = """
    [[rule]]
    id = "frost"
    property = "temperature"
    kind = "threshold_exceeded"
    text = "Frost"
    unit = "Cel"
    under = "273.15 K"
    """
    stage = rules_stage(tmp_path, rule, "t-1", "t-2", "t-3")
    kelvin, fahrenheit = Series("t-1", "temperature", "K"), Series("t-2", "temperature", "[degF]")
    out = stage.step([batch(kelvin, (0, 274.0), (1, 273.0)), batch(fahrenheit, (0, 33.0), (1, 31.0))], 10 * S)
    assert [(d.source, d.time // S) for d in out] == [("t-1", 1), ("t-2", 1)]
    assert stage.step([batch(Series("t-3", "temperature", "Pa"), (0, -5.0))], 10 * S) == []
    assert stage.judges.counts["wrong_unit:frost:t-3"] == 1


def window_rule(aggregate: str, level: str, unit: str = "ug/m3") -> str:
    return f"""
    [[rule]]
    id = "w"
    property = "pm2_5"
    kind = "threshold_exceeded"
    text = "W"
    unit = "{unit}"
    window_s = 10
    late_s = 2
    aggregate = "{aggregate}"
    {level}
    """


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [("mean", 20.0), ("max", 40.0), ("min", 5.0), ("count", 3.0), ("sum", 60.0), ("rate", (40.0 - 5.0) / 8.0)],
)
def test_the_aggregates_of_a_tumbling_window(tmp_path: Path, aggregate: str, value: float) -> None:
    unit = "" if aggregate == "count" else "ug/m3"
    stage = rules_stage(tmp_path, window_rule(aggregate, "over = -1000", unit), "air-1")
    (start,) = stage.step([batch(PM, (0, 5), (4, 15), (8, 40), (12, 1))], 60 * S)
    assert start.attributes["value"] == pytest.approx(value)
    assert start.time == 10 * S


def test_readings_within_the_lateness_count_and_later_ones_are_counted_late(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, window_rule("count", "over = 0", ""), "air-1")
    assert stage.step([batch(PM, (9, 1), (11, 1), (8, 1))], 60 * S) == []
    (start,) = stage.step([batch(PM, (12, 1), (9.5, 1))], 60 * S)
    assert (start.attributes["value"], stage.judges.counts["late"]) == (2.0, 1)


def test_the_clock_closes_the_window_of_a_series_that_fell_silent(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, window_rule("max", "over = 50"), "air-1")
    assert stage.step([batch(PM, (3, 80))], 4 * S) == []
    assert stage.step([], 15 * S) == []
    assert said(stage.step([], 16 * S)) == [("start", 10)]
    assert stage.step([batch(PM, (9, 99))], 17 * S) == []
    assert stage.judges.counts["late"] == 1


def test_bad_readings_are_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, OVER.replace("hold_s = 10", ""), "air-1")
    values = [(1, np.nan), (2, np.inf), (3, 60), (3, 61), (2.5, 62), (5000, 63), (4, 30)]
    assert said(stage.step([batch(PM, *values)], 10 * S)) == [("start", 3), ("end", 4)]
    assert stage.judges.counts == {"not_finite": 2, "ahead": 1, "out_of_order": 2}


DOOR = """
[[rule]]
id = "forced"
property = "door.state"
sources = ["door-1"]
kind = "door_forced"
text = "Door 1 forced"
match = {event = "forced", "lock.closed" = true}
end_match = {event = "closed"}
confidence = 0.95
"""


def seen(time: float, **body: object) -> Observation:
    return Observation(f"obs-{time}", "door-1", "door.state", int(time * S), "plaza", 0, body)


def test_events_start_go_on_and_end(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, DOOR, "door-1")
    forced = {"event": "forced", "lock": {"closed": True}}
    out = stage.step([seen(0, event="closed"), seen(1, **forced), seen(2, event="forced"), seen(3, **forced)], 5 * S)
    out = [*out, *stage.step([seen(4, event="closed"), seen(5, event="closed"), seen(6, **forced)], 7 * S)]
    assert said(out) == [("start", 1), ("update", 3), ("end", 4), ("start", 6)]
    assert out[0].happening == out[2].happening != out[3].happening
    assert out[0].confidence == 0.95


def test_no_file_means_no_rules(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, "", "air-1")
    assert stage.step([batch(PM, (0, 1e9))], 10 * S) == []
