"""What goes onto the bus comes off it the same; anything else is refused with a reason and nothing more."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.core.model import FACTS, Observation, ObservationBatch, Reading, Series
from s4.runtime.wire import decode_batch, decode_fact, encode_batch, encode_fact, merge, split
from tests.runtime.facts import command, detection, incident

names = st.text(st.characters(codec="utf-8"), max_size=12)
instants = st.integers(-(2**63), 2**63 - 1)
numbers = st.floats(allow_nan=False)
finite = st.floats(allow_nan=False, allow_infinity=False)  # JSON knows no others
series = st.builds(Series, names, names, names)
readings = st.lists(st.builds(Reading, series, instants, numbers), max_size=40)
bodies = st.dictionaries(names, st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | finite | names)


@given(site=names, received=instants, readings=readings)
def test_readings_come_back_the_same(site: str, received: int, readings: list[Reading]) -> None:
    back = decode_batch(encode_batch(ObservationBatch.of(site, received, readings)))
    assert (back.site, back.received, list(back)) == (site, received, readings)
    assert not any(column.flags.writeable for column in (back.code, back.time, back.value))


def test_a_number_that_is_none_travels_too() -> None:
    batch = ObservationBatch.of("s", 0, [Reading(Series("a", "b", "1"), 0, float("nan"))])
    assert np.isnan(decode_batch(encode_batch(batch)).value[0])


@given(id=names, source=names, property=names, time=instants, body=bodies)
def test_an_event_comes_back_the_same(id: str, source: str, property: str, time: int, body: dict[str, object]) -> None:
    event = Observation(id, source, property, time, "square", time, body)
    assert decode_fact("observation", encode_fact(event)) == event


@pytest.mark.parametrize("fact", [detection(), incident(detections=("det-1",)), command(expires=5)])
def test_facts_come_back_the_same(fact) -> None:
    assert decode_fact(type(fact).__name__.lower(), encode_fact(fact)) == fact


@given(data=st.binary(max_size=400))
def test_bytes_that_are_no_readings_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode_batch(data)


GOOD = encode_batch(
    ObservationBatch.of("square", 7, [Reading(Series(f"s{i % 3}", "p", "1"), i, i / 2) for i in range(9)])
)


@given(at=st.integers(0, len(GOOD) - 1), flip=st.integers(1, 255), cut=st.integers(0, len(GOOD)))
def test_damaged_readings_are_refused_or_read_but_never_crash(at: int, flip: int, cut: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] ^= flip
    for data in (bytes(damaged), GOOD[:cut]):
        try:
            batch = decode_batch(data)
        except InputError:
            continue
        assert [batch.series[code] for code in batch.code.tolist()] == [reading.series for reading in batch]


@given(word=st.sampled_from([*FACTS, "", "nothing", "observations"]), data=st.binary(max_size=200))
def test_bytes_that_are_no_fact_are_refused(word: str, data: bytes) -> None:
    with pytest.raises(InputError):
        decode_fact(word, data)


@given(data=st.recursive(st.none() | st.integers() | names, lambda inner: st.lists(inner) | bodies, max_leaves=8))
def test_json_that_is_no_fact_is_refused(data: object) -> None:
    import msgspec

    for word in FACTS:
        with pytest.raises(InputError):
            decode_fact(word, msgspec.json.encode(data))


@given(batches=st.lists(readings.map(lambda rows: ObservationBatch.of("s", 0, rows)), min_size=1, max_size=5))
def test_merging_keeps_every_reading_in_order(batches: list[ObservationBatch]) -> None:
    merged = merge(batches)
    rows = zip(merged.code.tolist(), merged.time.tolist(), merged.value.tolist(), strict=True)
    assert [Reading(merged.series[c], t, v) for c, t, v in rows] == [r for batch in batches for r in batch]
    assert len(set(merged.series)) == len(merged.series)


@given(rows=readings, most=st.integers(1, 7))
def test_splitting_keeps_every_reading_in_order(rows: list[Reading], most: int) -> None:
    parts = split(ObservationBatch.of("s", 3, rows), most)
    assert [reading for part in parts for reading in part] == rows
    assert all(len(part) <= most or not rows for part in parts)
