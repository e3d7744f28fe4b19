"""Each kind of oddity is found where it is, named, and found once."""

import numpy as np
import pytest

from s4.core.model import KINDS
from s4.edge.unusual.kinds import ODDITIES
from s4.edge.unusual.period import find_period
from s4.edge.unusual.watch import Watch
from tests.edge.unusual.series import DAY, MINUTE, S, calm, numbers, scores


class Seen:
    """Per reading: the surprise, and what it would be called however small."""

    def __init__(self) -> None:
        self.surprise: list[float] = []
        self.named: list[str] = []


def seen(values: np.ndarray, time: np.ndarray | None = None) -> Seen:
    watch, row, found = Watch(), np.array([0]), Seen()
    times = np.arange(len(values)) * MINUTE if time is None else time
    for i in range(len(values)):
        verdict = watch.take(row, times[i : i + 1], values[i : i + 1])
        found.surprise.append(float(verdict.surprise[0]))
        found.named.append(watch.labels[int(verdict.label[0])])
    return found


def first_odd(values: np.ndarray, **how: object) -> tuple[int, str]:
    """Where the first label stands, and what it is."""
    found = scores(values, **how)  # type: ignore[arg-type]
    return next(((i, one.label) for i, one in enumerate(found) if one.label), (-1, ""))


def test_a_spike() -> None:
    values = calm(1500)
    values[1200] += 15.0
    assert first_odd(values) == (1200, "spike")


def test_a_change_of_level_is_found_though_no_reading_stands_out() -> None:
    values = calm(2500)
    values[2000:] += 2.5
    found = scores(values)
    assert max(numbers(found)[2000:2040]) > max(numbers(found)[600:2000])
    watch = seen(values[:2060])
    assert "level" in {watch.named[i] for i in range(2000, 2060)}


def test_stuck() -> None:
    values = calm(2000)
    values[1500:1560] = values[1500]
    place, label = first_odd(values)
    assert (1503 <= place < 1530, label) == (True, "stuck")


def test_a_constant_series_and_a_slow_switch_are_not_stuck() -> None:
    assert first_odd(np.full(2000, 7.0)) == (-1, "")
    switch = np.repeat(np.arange(40) % 2, 50).astype(float)
    assert [one for one in scores(switch) if one.label == "stuck"] == []


def test_a_gap() -> None:
    time = np.arange(1000) * MINUTE
    time[800:] += 6 * 60 * MINUTE
    found = seen(calm(1000), time)
    assert [i for i in range(1000) if found.named[i] == "gap" and found.surprise[i] > 1.5] == [800]


def test_the_same_minute_twice_is_a_replay() -> None:
    values = calm(3000)
    values[2500:2600] = values[2300:2400]
    place, label = first_odd(values, step=S)
    assert (2516 <= place < 2560, label) == (True, "replay")


def test_a_series_that_repeats_itself_by_nature_is_no_replay_for_long() -> None:
    values = np.tile(calm(100), 30)
    late = [one.label for one in scores(values, step=S)[1500:]]
    assert late.count("replay") == 0


def test_drift_of_a_slow_kind() -> None:
    values = calm(5000)
    values[3000:] += np.linspace(0, 6.0, 2000)
    found = seen(values)
    drifting = [i for i in range(1000, 5000) if found.named[i] == "drift" and found.surprise[i] > 0.7]
    assert len(drifting) > 100
    assert sum(i >= 3000 for i in drifting) > 0.9 * len(drifting)


def test_more_still_than_ever() -> None:
    values = calm(2500)
    values[2300:2360] = 20 + 0.01 * calm(60)  # each reading usual, the stillness not
    assert "activity" in seen(values).named[2300:2360]


def test_the_hour_matters() -> None:
    """A value that is usual by day is unusual by night."""
    minute = np.arange(10 * 288) * 5
    rng = np.random.default_rng(3)
    day = 20 + 5 * np.sin(2 * np.pi * minute / 1440) + rng.normal(0, 0.3, len(minute))
    day[2700:2706] = 40 - day[2700:2706]  # mirrored about the mean: the range is that of every day
    found = scores(day, step=5 * MINUTE, odd_from=0.8)
    assert {one.label for one in found[2700:2706]} & {"seasonal", "spike", "level"}
    assert int(np.argmax(numbers(found)[600:])) + 600 in range(2700, 2712)


@pytest.mark.parametrize("period", [7.3, 12.0, 25.5, 40.0])
def test_periods_are_found(period: float) -> None:
    steps = np.arange(127.0)
    rng = np.random.default_rng(4)
    assert find_period(np.sin(2 * np.pi * steps / period) + rng.normal(0, 0.3, 127)) == pytest.approx(period, rel=0.03)


def test_noise_and_trends_have_no_period() -> None:
    found = [find_period(np.random.default_rng(seed).normal(size=127)) for seed in range(50)]
    assert sum(one > 0 for one in found) <= 1
    assert find_period(np.arange(127.0)) == 0.0
    assert find_period(np.full(127, 3.0)) == 0.0
    assert find_period(np.full(127, np.nan)) == 0.0


def test_a_period_of_its_own_is_learnt_whatever_the_rate() -> None:
    """A machine's cycle of 100 s, ten readings a second: the watch finds it and holds the profile."""
    watch, row = Watch(), np.array([0])
    rng = np.random.default_rng(5)
    for i in range(8000):
        value = 5 * np.sin(2 * np.pi * i / 1000) + rng.normal(0, 0.2)
        watch.take(row, np.array([i * S // 10]), np.array([value]))
    (cycle,) = (one for one in watch.detectors if type(one).__name__ == "Cycle")
    assert cycle.period[0] / S == pytest.approx(100, rel=0.02)  # type: ignore[attr-defined]


def test_every_oddity_has_a_kind_and_every_detector_a_word() -> None:
    assert {one.kind for one in ODDITIES.values()} <= set(KINDS)
    assert set(Watch().labels) - {""} == set(ODDITIES)


def test_what_keeps_happening_becomes_usual() -> None:
    values = calm(5000)
    values[500::250] += 12.0
    found = numbers(scores(values))
    assert found[500] > 0.75
    assert found[4000:].max() < found[500] - 0.1


def test_one_day_is_no_proof_but_many_are() -> None:
    """The first morning of a series may surprise; the tenth may not."""
    minute = np.arange(10 * 1440 // 5) * 5
    light = np.where((minute % 1440 > 420) & (minute % 1440 < 1140), 400.0, 0.0)
    found = numbers(scores(light + np.random.default_rng(6).normal(0, 1, len(light)), step=5 * MINUTE))
    assert found[5 * DAY // (5 * MINUTE) :].max() < 0.7
