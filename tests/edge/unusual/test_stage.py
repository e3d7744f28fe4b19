"""The stage: calm, one happening one event, whatever the cuts, and nothing lost over a snapshot."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.errors import ConfigError, InputError
from s4.core.model import KINDS, Detection, ObservationBatch, Series
from tests.edge.unusual.series import CO2, MINUTE, PLAZA, S, batch, calm, judged, stage


def with_spike(count: int = 1300, at: int = 1000) -> np.ndarray:
    values = calm(count)
    values[at : at + 3] += 60.0
    return values


def brief(stated: Iterable[Detection]) -> list[tuple[str, str, int]]:
    return [(one.kind, one.phase, one.time // MINUTE) for one in stated]


def test_one_happening_is_one_start_and_one_end() -> None:
    start, end = judged(stage(), batch(with_spike()))
    assert brief([start]) == [("series_anomaly", "start", 1000)]
    assert (end.phase, end.happening, end.kind) == ("end", start.happening, start.kind)
    assert end.time > start.time + 32 * MINUTE
    assert start.kind in KINDS
    assert (start.source, start.site, start.place) == ("co2-1", "plaza", PLAZA)
    assert start.text.startswith("co2 of CO2 at the stage is unusual")
    assert "[ppm]" in start.text
    assert start.attributes["value"] == pytest.approx(80, abs=6)
    assert start.attributes["lately"] == pytest.approx(20, abs=1)
    assert 0.9 <= start.confidence < 1.0
    assert start.inputs == (batch(with_spike()).observation_id(1000),)


def test_a_calm_series_says_nothing() -> None:
    assert judged(stage(), batch(calm(2000))) == []


def test_the_first_readings_are_only_learnt_from() -> None:
    values = calm(600)
    values[450] += 1e6
    assert judged(stage(), batch(values)) == []
    assert len(judged(stage(learn=300), batch(values))) >= 1


@given(cuts=st.lists(st.integers(1, 1299), max_size=6), quiet=st.booleans())
@settings(max_examples=5)
def test_cuts_change_nothing(cuts: list[int], quiet: bool) -> None:
    values, one = with_spike(), stage()
    whole = judged(stage(), batch(values))
    edges = [0, *sorted(set(cuts)), len(values)]
    found: list[Detection] = []
    for a, b in pairwise(edges):
        found += one.step([batch(values[a:b], start=a * MINUTE)], b * MINUTE)
        found += one.step([], b * MINUTE) if quiet else []
    assert [*found, *one.step([], 1300 * MINUTE)] == whole


@pytest.mark.parametrize("cut", [1, 700, 1001, 1015])
def test_a_snapshot_anywhere_changes_nothing(cut: int) -> None:
    values, first, second = with_spike(), stage(), stage()
    found = first.step([batch(values[:cut])], cut * MINUTE)
    second.restore(first.snapshot())
    found += second.step([batch(values[cut:], start=cut * MINUTE)], 1300 * MINUTE)
    assert [*found, *second.step([], 1300 * MINUTE)] == judged(stage(), batch(values))


def test_a_state_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError):
        stage().restore(b"\x93\xa4rest\x01\x80")


def test_a_happening_ends_when_the_series_falls_silent() -> None:
    one, values = stage(), with_spike(1003)
    (start,) = judged(one, batch(values))
    assert one.step([], 1003 * MINUTE) == []
    (end,) = one.step([], 1003 * MINUTE + 6000 * S)
    assert (end.phase, end.happening) == ("end", start.happening)
    assert one.step([], 1300 * MINUTE) == []


def test_what_cannot_be_judged_is_counted_and_left() -> None:
    one, values = stage(), calm(300)
    good = batch(values)
    time, value = good.time.copy(), values.copy()
    value[10], value[20] = np.nan, np.inf
    time[30] = 10**6 * MINUTE
    time[40] = time[39]
    time[50] -= 30 * MINUTE
    odd = ObservationBatch("plaza", 0, (CO2,), good.code, time, value)
    assert [*one.step([odd], 300 * MINUTE), *one.step([], 300 * MINUTE)] == []
    assert dict(one.counts) == {"not_finite": 2, "ahead": 1, "out_of_order": 2, "thinned": 0}


def test_a_flood_from_one_device_is_thinned() -> None:
    one = stage()
    judged(one, batch(calm(10_000), step=S // 10_000))
    assert one.counts["thinned"] == 9990
    whole = stage(fastest_s=0)
    judged(whole, batch(calm(200), step=S // 10_000))
    assert whole.counts["thinned"] == 0


def test_series_beyond_the_bound_are_counted_and_left() -> None:
    one = stage(most_series=2)
    for number in range(5):
        judged(one, batch([1.0], series=Series(f"d{number}", "p", "")))
    assert (len(one.series), one.counts["too_many_series"]) == (2, 3)


def test_properties_can_be_left_out() -> None:
    one = stage(skip=["gps_*"])
    judged(one, batch(calm(20), series=Series("car", "gps_lat", "deg")))
    assert one.series == []


@pytest.mark.parametrize("options", [{"score": 1.0}, {"rest_s": -1}, {"scor": 0.9}, {"skip": "x"}])
def test_bad_options_are_refused_with_their_name(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"city\.stages\.unusual"):
        stage(**options)


def test_each_kind_of_oddity_becomes_its_kind_of_detection() -> None:
    stuck, replay = calm(2000), calm(2000)
    stuck[1500:1560] = stuck[1500]
    replay[1900:] = replay[1700:1800]
    names = [Series("a", "stuck", ""), Series("b", "replay", "")]
    readings = [batch(values, series=name) for values, name in zip([stuck, replay], names, strict=True)]
    one = stage()
    one.step(readings, 2000 * MINUTE)
    started = {(d.source, d.kind) for d in one.step([], 2000 * MINUTE) if d.phase == "start"}
    assert started == {("a", "sensor_stuck"), ("b", "replayed_readings")}
