"""What holds for every series: nothing from the future, no unit, no neighbour, no crash, bounded memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.edge.unusual import tails
from s4.edge.unusual.scores import score_rows
from s4.edge.unusual.table import Row
from s4.edge.unusual.watch import Watch
from tests.edge.unusual.series import MINUTE, S, calm, numbers, scores

ANY = st.floats(allow_nan=True, allow_infinity=False, width=64)
WILD = st.lists(
    st.tuples(st.integers(0, 10_000), st.one_of(ANY, st.sampled_from([0.0, 1.0, 1e300, -1e300]))), max_size=80
)


def table(pairs: list[tuple[int, float]]) -> list[Row]:
    return [Row(str(time), time * S, value) for time, value in pairs]


@given(pairs=WILD, cut=st.integers(0, 80))
@settings(max_examples=40)
def test_a_score_rests_on_nothing_later(pairs: list[tuple[int, float]], cut: int) -> None:
    whole = list(score_rows(table(pairs)))
    assert list(score_rows(table(pairs[:cut]))) == whole[:cut]


def test_a_score_rests_on_nothing_later_in_a_long_series() -> None:
    values = calm(1500)
    values[700:] += 4.0
    whole = scores(values)
    for cut in (1, 257, 701, 1100):
        assert scores(values[:cut]) == whole[:cut]


@given(pairs=WILD)
@settings(max_examples=40)
def test_every_row_gets_a_score_between_0_and_1(pairs: list[tuple[int, float]]) -> None:
    found = list(score_rows(table(pairs)))
    assert len(found) == len(pairs)
    assert all(0.0 <= one.score <= 1.0 for one in found)
    assert [one.label == "missing" for one in found] == [not np.isfinite(value) for _, value in pairs]


@pytest.mark.parametrize(("factor", "shift"), [(1e-6, 0.0), (1e9, 0.0), (-3.0, 0.0), (1.8, 32.0)])
def test_units_do_not_matter(factor: float, shift: float) -> None:
    values = calm(900)
    values[700] += 9.0
    there, here = numbers(scores(values * factor + shift)), numbers(scores(values))
    assert np.abs(there - here).max() < 0.05
    assert there.argmax() == here.argmax()


def test_series_do_not_know_each_other() -> None:
    values = np.stack([calm(600, seed=1), 1e6 * calm(600, seed=2), np.full(600, 3.0)])
    values[0, 500] += 20.0
    watch, rows = Watch(), np.arange(3)
    together = np.array([watch.take(rows, np.full(3, i * MINUTE), values[:, i]).score for i in range(600)]).T
    for i in range(3):
        assert np.abs(together[i] - numbers(scores(values[i]))).max() < 1e-6


def test_series_that_come_and_go_are_judged_as_if_alone() -> None:
    values, watch = calm(400), Watch()
    alone = numbers(scores(values))
    found = []
    for i in range(400):
        if i % 3 == 0:
            others = np.array([i % 50 + 1, i % 50 + 60])
            watch.take(others, np.full(2, i * MINUTE), np.array([1.0, 2.0]))
        found.append(float(watch.take(np.array([0]), np.array([i * MINUTE]), values[i : i + 1]).score[0]))
    assert np.abs(np.array(found) - alone).max() < 1e-6


def test_memory_is_bounded_and_small() -> None:
    def size(watch: Watch) -> int:
        return sum(len(data) for part in watch.dump().values() for data in part.values())

    watch, rows = Watch(), np.arange(10)
    rng = np.random.default_rng(1)
    watch.take(rows, np.zeros(10, np.int64), rng.normal(size=10))
    before = size(watch)
    for i in range(1, 3000):
        watch.take(rows, np.full(10, i * S), rng.normal(size=10) * 10.0 ** (i % 40))
    assert size(watch) == before
    assert before / 10 < 8_000


def test_a_freak_does_not_blind_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some absurd values the series is judged by its own scale again, once enough has been forgotten."""
    monkeypatch.setattr(tails, "_FULL", 1024)
    values = calm(4000)
    values[300:309] = 1e30
    values[3900] += 15.0
    found = numbers(scores(values, step=S))
    assert found[3900] > 0.7
    assert found[3900] == found[3000:].max()


def test_no_data_one_reading_and_only_gaps() -> None:
    assert scores([]) == []
    assert [one.score for one in scores([5.0])] == [0.0]
    assert {one.label for one in scores([float("nan")] * 50)} == {"missing"}


def test_times_that_repeat_or_run_back_are_judged_like_any() -> None:
    rows = [Row("", time * S, 1.0 + i % 3) for i, time in enumerate([5, 5, 4, 9, -7, 9, 10**9, 0] * 50)]
    assert len(list(score_rows(rows))) == 400


def test_the_state_can_be_written_down_and_taken_up() -> None:
    values, first, second = calm(600), Watch(), Watch()
    row = np.array([0])
    for i in range(300):
        first.take(row, np.array([i * MINUTE]), values[i : i + 1])
    second.load(first.dump())
    for i in range(300, 600):
        one, other = (watch.take(row, np.array([i * MINUTE]), values[i : i + 1]) for watch in (first, second))
        assert one.score[0] == other.score[0]
