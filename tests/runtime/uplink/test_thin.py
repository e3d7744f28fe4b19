"""Thinning: every reading goes up once, in order within its series, and the aggregates say what brute force says."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.model import ObservationBatch, Reading, Series
from s4.core.uplink import UplinkPolicy
from s4.runtime.uplink import thin
from s4.runtime.uplink.chunk import READINGS, Draft, unpack
from s4.runtime.uplink.ranks import Rank
from s4.runtime.wire import decode_batch

POLICY = UplinkPolicy(high=("door-*/*",), low=("cam-*/*",), one_in_normal=3, one_in_low=5)
SERIES = [
    Series("door-1", "state", "1"), Series("co2-1", "co2", "[ppm]"), Series("co2-2", "co2", "[ppm]"),
    Series("cam-1", "frame_rate", "Hz"), Series("uplink-square", "loss", "1"),
]  # fmt: skip
RANKS = {"door-1": Rank.HIGH, "co2-1": Rank.NORMAL, "co2-2": Rank.NORMAL, "cam-1": Rank.LOW, "uplink-square": Rank.HIGH}
readings = st.lists(
    st.builds(Reading, st.sampled_from(SERIES), st.integers(0, 10**6), st.floats(-1e6, 1e6)), min_size=1, max_size=80
)


def taken(found: list[Reading], cuts: int = 3) -> thin.Taken:
    size = max(len(found) // cuts, 1)
    batches = [ObservationBatch.of("square", i, found[i : i + size]) for i in range(0, len(found), size)]
    (one,) = thin.together(batches)
    return one


def opened(drafts: list[Draft]) -> dict[Rank, list[Reading]]:
    found: dict[Rank, list[Reading]] = defaultdict(list)
    for draft in drafts:
        ((word, data),) = unpack(draft.body, draft.size)
        batch = decode_batch(data)
        assert (word, batch.site, len(batch)) == (READINGS, "square", draft.count)
        found[draft.rank] += list(batch)
    return found


def of(series: Series, found: list[Reading]) -> list[Reading]:
    return [one for one in found if one.series == series]


@given(found=readings)
def test_whole_is_everything_by_priority(found: list[Reading]) -> None:
    ranks = opened(thin.whole(taken(found), POLICY))
    for rank in Rank:
        assert ranks[rank] == [one for one in found if RANKS[one.series.source] is rank]


@settings(max_examples=200)
@given(found=readings)
def test_thinned_and_the_rest_are_everything_once(found: list[Reading]) -> None:
    ranks = opened(thin.thinned(taken(found), POLICY))
    one_in = {Rank.HIGH: 1, Rank.NORMAL: 3, Rank.LOW: 5}
    for series in SERIES:
        own, rank = of(series, found), RANKS[series.source]
        kept, rest = of(series, ranks[rank]), of(series, ranks[Rank.REST])
        assert kept == own[:: one_in[rank]]
        assert rest == [one for i, one in enumerate(own) if i % one_in[rank]]


@given(found=readings)
def test_aggregates_are_what_they_say(found: list[Reading]) -> None:
    aggregates = {one.series: one for one in opened(thin.thinned(taken(found), POLICY))[Rank.AGGREGATE]}
    wanted = [series for series in SERIES if of(series, found) and series.source != "uplink-square"]
    assert len(aggregates) == 4 * len(wanted)
    for source, property, unit in wanted:
        own = of(Series(source, property, unit), found)
        values, latest = [one.value for one in own], max(one.time for one in own)
        figures = {"count": float(len(own)), "mean": sum(values) / len(own), "min": min(values), "max": max(values)}
        for name, value in figures.items():
            found_one = aggregates[Series(source, f"{property}.{name}", "{count}" if name == "count" else unit)]
            assert found_one.time == latest
            assert found_one.value == pytest.approx(value, rel=1e-9, abs=1e-6)


def test_sites_are_kept_apart_and_large_batches_are_cut() -> None:
    many = [Reading(SERIES[1], i, float(i)) for i in range(40_000)]
    batches = [ObservationBatch.of("square", 1, many), ObservationBatch.of("stadium", 2, many[:5])]
    one, other = thin.together(batches)
    drafts = thin.whole(one, POLICY)
    assert [draft.count for draft in drafts] == [16_384, 16_384, 7_232]
    assert opened(drafts)[Rank.NORMAL] == many
    assert (other.site, other.received, len(other.columns.code)) == ("stadium", 2, 5)
