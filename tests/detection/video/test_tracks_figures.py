"""The figures of tracks: right where the answer is known, and within their bounds everywhere."""

from itertools import permutations

import numpy as np
import pytest
from benchmarks.detection.assignment import best_pairs
from benchmarks.detection.mot import Boxes, tally
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

sides = st.integers(1, 5)
worths = st.tuples(sides, sides).flatmap(
    lambda shape: arrays.arrays(np.float64, shape, elements=st.integers(-9, 9).map(float))
)


@given(worths)
def test_no_other_pairs_are_worth_more(worth: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    table = worth if worth.shape[0] <= worth.shape[1] else worth.T
    best = max(
        sum(table[row, column] for row, column in enumerate(columns))
        for columns in permutations(range(table.shape[1]), table.shape[0])
    )
    pairs = best_pairs(worth)
    assert len(pairs) == min(worth.shape) == len({row for row, _ in pairs}) == len({column for _, column in pairs})
    assert sum(worth[pair] for pair in pairs) == pytest.approx(best)


def walk(*names: str, pictures: int = 20) -> dict[int, Boxes]:
    """People side by side, 30 px apart."""
    rows = [[30.0 * place, 0.0, 10.0, 20.0] for place in range(len(names))]
    return {number: (names, np.array(rows) + np.array([2.0 * number, 0, 0, 0])) for number in range(pictures)}


def test_who_is_followed_rightly_gets_everything() -> None:
    one = tally(walk("a", "b"), walk("x", "y"))
    assert (one.f1, one.mota, one.idf1, one.hota, one.switches) == pytest.approx((1.0, 1.0, 1.0, 1.0, 0))


def test_an_exchange_half_way_costs_identity_and_not_detection() -> None:
    found = walk("x", "y") | {number: boxes for number, boxes in walk("y", "x").items() if number >= 10}
    one = tally(walk("a", "b"), found)
    assert (one.f1, one.idf1, one.deta, one.switches) == pytest.approx((1.0, 0.5, 1.0, 2))
    assert one.mota == pytest.approx(1 - 2 / 40)
    assert one.assa == pytest.approx(1 / 3)  # of each pair: 10 together, 20 of either alone


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_all_figures_stay_within_their_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found: dict[int, Boxes] = {}
    for number, (_, boxes) in walk("a", "b", "c").items():
        kept = rng.random(3) < 0.8
        found[number] = tuple(str(name) for name in rng.permutation(5)[: kept.sum()]), boxes[kept] + rng.normal(0, 2, 4)
    one = tally(walk("a", "b", "c"), found)
    assert all(0.0 <= value <= 1.0 for value in (one.precision, one.recall, one.f1, one.idf1, one.hota, one.deta))
    assert one.mota <= one.recall
