"""What judges the line: the meter, the window, the levels, the watchdog. All of it is arithmetic on given times."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.runtime.uplink.levels import BOUNDS, HOLD_S, SENT, Level, LevelKeeper, Measure
from s4.runtime.uplink.meter import DEAD_AFTER_S, LineMeter
from s4.runtime.uplink.pace import LEAST, MOST, Window
from s4.runtime.uplink.ranks import FIRST_TO_GO, Rank
from s4.runtime.uplink.watchdog import DOWN_PATIENCE_S, PATIENCE_S, Remedy, State, Watchdog

GOOD = Measure(True, 0.01, 0.0, 0.0)
SLOW = Measure(True, 1.0, 0.0, 0.0)
AWFUL = Measure(True, 5.0, 0.0, 0.0)
DEAD = Measure(False, 0.01, 0.0, 0.0)
measures = st.builds(
    Measure, st.booleans(), st.floats(0, 10), st.floats(0, 1), st.floats(0, 1e6)
)  # fmt: skip


def levels(measures: list[Measure], every_s: float = 1.0) -> list[Level]:
    keeper = LevelKeeper()
    found = []
    for i, measure in enumerate(measures):
        keeper.update(measure, i * every_s)
        found.append(keeper.level)
    return found


def test_a_good_line_is_used_at_once_when_it_starts() -> None:
    assert levels([GOOD] * 3) == [Level.THINNED, Level.ALL, Level.ALL]


def test_after_a_cut_it_goes_back_step_by_step() -> None:
    found = levels([GOOD, GOOD, DEAD, DEAD, *[GOOD] * 12])
    assert found[2:6] == [Level.URGENT, Level.URGENT, Level.THINNED, Level.THINNED]
    assert found.index(Level.ALL, 4) == 4 + 1 + HOLD_S


def test_a_slow_line_is_left_at_once_and_taken_up_again_after_a_while() -> None:
    found = levels([GOOD, GOOD, SLOW, GOOD, SLOW, *[GOOD] * 12])
    assert found[2:5] == [Level.THINNED] * 3
    assert found.index(Level.ALL, 5) == 5 + HOLD_S
    assert levels([GOOD, GOOD, AWFUL])[-1] is Level.URGENT


def test_an_old_queue_thins_but_never_stops_the_sending() -> None:
    assert levels([GOOD, GOOD, Measure(True, 0.01, 0.0, 1e9)])[-1] is Level.THINNED


@given(measures=st.lists(measures, max_size=80))
def test_it_never_flaps(measures: list[Measure]) -> None:
    """Up only one step at a time and, once it has started, only after a steady while; worse than its bound never."""
    found = levels([GOOD, GOOD, DEAD, *measures])
    raised = [i for i in range(4, len(found)) if found[i] < found[i - 1]]
    for i in raised:
        assert found[i] == found[i - 1] - 1
    for earlier, later in pairwise(raised):
        cut = any(not one.alive for one in [GOOD, GOOD, DEAD, *measures][earlier:later])
        assert later - earlier >= HOLD_S or cut
    for measure, level in zip([GOOD, GOOD, DEAD, *measures], found, strict=True):
        assert measure.alive or level is Level.URGENT
        assert level is Level.URGENT or not BOUNDS[level].complaint(measure)


def test_what_goes_first_goes_last() -> None:
    assert tuple(reversed(FIRST_TO_GO)) == tuple(Rank) == SENT[Level.ALL]
    assert SENT[Level.URGENT] == (Rank.URGENT,)
    assert set(Rank) - set(SENT[Level.THINNED]) == {Rank.REST}


def test_round_trip_loss_and_life() -> None:
    meter = LineMeter()
    assert (meter.alive(0.0), meter.loss(0.0)) == (False, 0.0)
    first = meter.send(0.0)
    assert meter.echo(first, 0.2) == pytest.approx(0.2)
    assert meter.echo(first, 0.3) is None, "a repeat"
    assert meter.echo(99, 0.3) is None, "never sent"
    for second in range(1, 10):
        number = meter.send(float(second))
        if second % 3:
            meter.echo(number, second + 0.1)
    assert meter.loss(13.0) == pytest.approx(3 / 10)
    assert 0.1 < meter.round_trip_s < 0.15
    assert meter.least_s == pytest.approx(0.1)
    assert not meter.alive(8.1 + DEAD_AFTER_S)


def test_that_the_line_was_away_is_not_loss() -> None:
    meter = LineMeter()
    for second in range(8):
        meter.send(float(second))
    meter.echo(meter.send(8.0), 8.1)
    assert meter.loss(20.0) == 0.0


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 20), st.booleans()), max_size=100))
def test_the_meter_stays_within_reason(beats: list[tuple[int, float, bool]]) -> None:
    meter, now, sent = LineMeter(), 0.0, list[int]()
    for apart, late, answered in beats:
        now += apart
        sent.append(meter.send(now))
        if answered:
            meter.echo(sent[-1], now + late)
            now += late
        assert 0.0 <= meter.loss(now) <= 1.0
        assert 0.0 <= meter.least_s <= max(20.0, meter.round_trip_s)


def test_the_window_follows_the_round_trip() -> None:
    window = Window()
    for _ in range(30):
        window.room(window.size)
        window.echo(0.01, 0.01)
    assert window.size == MOST
    for _ in range(30):
        window.room(window.size)
        window.echo(1.0, 0.01)
    assert window.size == LEAST
    window.echo(0.01, 0.01)
    assert window.size == LEAST, "it was not full: nothing is known"
    assert window.room(LEAST * 2) == 0


def watched(state: State, seconds: int, dog: Watchdog, start: float = 0.0) -> list[tuple[float, Remedy]]:
    found = []
    for second in range(seconds):
        if remedy := dog.decide(state, start + second):
            found.append((start + second, remedy))
    return found


def test_a_link_that_only_looks_alive_is_started_again_with_back_off() -> None:
    remedies = watched(State(False, 1e9, True, True), 1300, Watchdog(0.0))
    times = [at for at, _ in remedies]
    assert times[0] == PATIENCE_S
    assert [b - a for a, b in pairwise(times)][:6] == [10, 20, 40, 80, 160, 300]
    kinds = [remedy for _, remedy in remedies]
    assert kinds[:4] == [Remedy.RECONNECT] * 3 + [Remedy.RESTART]
    assert kinds.count(Remedy.RESTART) == 2


def test_a_hub_that_is_away_is_left_alone() -> None:
    assert watched(State(False, 1e9, False, False), 5000, Watchdog(0.0)) == []
    assert watched(State(False, 1e9, True, False), 5000, Watchdog(0.0)) == []


def test_a_link_that_is_not_solicited_is_helped_later() -> None:
    assert watched(State(False, 1e9, False, True), 200, Watchdog(0.0))[0] == (DOWN_PATIENCE_S, Remedy.RECONNECT)


def test_a_living_line_calms_the_watchdog() -> None:
    dog = Watchdog(0.0)
    assert len(watched(State(False, 1e9, True, True), 100, dog)) == 4
    dog.decide(State(True, 0.0, True, True), 100.0)
    assert watched(State(False, 1e9, True, True), 30, dog, 101.0)[0][0] == pytest.approx(100 + PATIENCE_S)
