"""Arrow streams: every sound one gives its rows, every damaged one a reason."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.core.model import ObservationBatch
from s4.sensing.arrow import Rows, read_stream
from s4.sensing.intake import ARROW, JSON, NDJSON, Intake, Taken
from tests.sensing.arrow_streams import stream
from tests.sensing.city import NOW, make_city

Row = tuple[str, str | None, int, float]


def rows_of(body: bytes) -> list[Row]:
    def unpack(table: Rows) -> list[Row]:
        pairs = [table.channels[i] for i in table.channel.tolist()]
        return [(*pair, t, v) for pair, t, v in zip(pairs, table.time.tolist(), table.value.tolist(), strict=True)]

    return [row for table in read_stream(body, NOW) for row in unpack(table)]


ROWS = st.lists(
    st.tuples(
        st.text("abc.", max_size=3),
        st.none() | st.sampled_from(["Cel", "m", ""]),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
    ),
    max_size=20,
)


@given(ROWS, st.booleans(), st.integers(1, 3))
def test_rows_come_out_as_they_went_in(rows: list[Row], dictionary: bool, parts: int) -> None:
    prop, unit, time, value = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    names = pa.array(prop, pa.string())
    units = pa.array(unit, pa.string())
    if dictionary:
        names, units = names.dictionary_encode(), units.dictionary_encode()
    body = stream(names, pa.array(time, pa.int64()), pa.array(value, pa.float64()), units, parts=parts)
    assert rows_of(body) == rows * parts


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (pa.array([NOW, None], pa.int64()), [NOW, NOW]),
        (pa.array([NOW // 10**9, None], pa.timestamp("s", "UTC")), [NOW, NOW]),
        (pa.array([NOW // 10**6 + 1], pa.timestamp("ms")), [NOW + 10**6]),
        (pa.array([NOW // 10**3], pa.timestamp("us")), [NOW]),
        (pa.array([NOW], pa.timestamp("ns", "Europe/Madrid")), [NOW]),
        (pa.array([2**62], pa.timestamp("s")), [-(2**63)]),
    ],
)
def test_times_of_every_resolution(time: pa.Array, expected: list[int]) -> None:
    found = rows_of(stream(["t"] * len(time), time, [1.0] * len(time)))
    assert [row[2] for row in found] == expected


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.float16(), pa.float32()])
def test_values_of_every_width(kind: pa.DataType) -> None:
    values = pa.array(np.array([1, 2], kind.to_pandas_dtype()), kind)
    assert [row[3] for row in rows_of(stream(["t", "t"], [NOW, NOW], values))] == [1.0, 2.0]
    missing = pa.array([1, None], kind) if kind != pa.float16() else values
    assert len(rows_of(stream(["t", "t"], [NOW, NOW], missing))) == 2


def attempt(kind: str, body: bytes) -> tuple[Taken | None, InputError | None]:
    intake = Intake(make_city())
    try:
        return intake.take(intake.profiles.of("thermo-1"), kind, body, NOW), None
    except InputError as error:
        return None, error


SOUND = stream(["t", "u", "t"], [NOW] * 3, [1.0, 2.0, 3.0], ["Cel", None, "m"])
CODED = stream(pa.array(["t", "u", "t"]).dictionary_encode(), [NOW] * 3, [1.0, 2.0, 3.0], parts=2)


@given(st.sampled_from([SOUND, CODED]), st.data())
def test_a_damaged_stream_gives_rows_or_a_reason(sound: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    for body in (bytes(damaged), bytes(damaged[:cut]), sound[:cut]):
        taken, error = attempt(ARROW, body)
        assert taken is None or taken.accepted + taken.refused <= 10_000
        assert "\n" not in str(error)


@given(st.binary(max_size=200), st.sampled_from([JSON, NDJSON, ARROW]))
def test_any_body_gives_records_or_reasons(body: bytes, kind: str) -> None:
    taken, error = attempt(kind, body)
    assert "\n" not in str(error)
    if taken is not None:
        assert taken.accepted == sum(len(p) if isinstance(p, ObservationBatch) else 1 for p in taken.produced)
        assert len(taken.refusals) == min(taken.refused, 100)
