"""Series: real and made-up tables, by their own times."""

import asyncio
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S, Clock, ManualClock, ScaledClock, parse_time
from s4.core.errors import ConfigError, InputError
from s4.core.model import ObservationBatch, Reading
from s4.core.ports import Produced
from s4.sensing.series import SeriesDoor
from tests.sensing.city import NOW, make_context, make_source

CLIMATE = {"temperature": {"column": "T", "unit": "Cel"}, "humidity": {"column": "RH", "unit": "%"}}


class Recorder:
    def __init__(self) -> None:
        self.batches: list[ObservationBatch] = []

    async def __call__(self, facts: Sequence[Produced]) -> None:
        for fact in facts:
            assert isinstance(fact, ObservationBatch)
            self.batches.append(fact)

    def readings(self) -> list[Reading]:
        return [reading for batch in self.batches for reading in batch]


def door(clock: Clock | None = None, **options: Any) -> SeriesDoor:
    source = make_source("series", **{"realtime": False, **options})
    return SeriesDoor(make_context(source, clock=clock or ManualClock(NOW)), source)


async def replayed(one: SeriesDoor) -> tuple[list[tuple[str, int, float]], list[str]]:
    record = Recorder()
    await one.run(record)
    rows = [(r.series.property, r.time, r.value) for r in record.readings()]
    return rows, [str(error) for _, error in one.rejects()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "climate.csv"


T0 = parse_time("2026-01-01T00:00:00Z")


async def test_a_table_becomes_readings_with_units(path: Path) -> None:
    path.write_text('time,T,RH\n2026-01-01T00:00:00Z,20.5,40\n"2026-01-01T00:00:01Z",21,NA\n')
    record = Recorder()
    await door(path=str(path), columns=CLIMATE).run(record)
    assert [(r.series.source, r.series.property, r.series.unit, r.time, r.value) for r in record.readings()] == [
        ("series-1", "temperature", "Cel", T0, 20.5),
        ("series-1", "humidity", "%", T0, 40.0),
        ("series-1", "temperature", "Cel", T0 + NS_PER_S, 21.0),
    ]
    assert {batch.site for batch in record.batches} == {"square"}


@pytest.mark.parametrize(
    ("text", "options", "first"),
    [
        ("1767225600 1 2", {"time_format": "s", "header": False, "delimiter": ""}, T0),
        ("1767225600.25 1 2", {"time_format": "s", "header": False, "delimiter": ""}, T0 + NS_PER_S // 4),
        ("1767225600250 1 2", {"time_format": "ms", "header": False, "delimiter": ""}, T0 + NS_PER_S // 4),
        ("0.1;1;2", {"time_format": "elapsed", "header": False, "delimiter": ";"}, NOW + NS_PER_S // 10),
        ("0.1;1;2", {"time_format": "elapsed", "header": False, "delimiter": ";", "start": "2026-01-01T00:00:00Z"},
         T0 + NS_PER_S // 10),
        ("01.01.2026 01:00;1;2", {"time_format": "%d.%m.%Y %H:%M", "utc_offset": "+01:00", "header": False,
                                  "delimiter": ";"}, T0),
        ("2026-01-01 00:00:00,1,2", {"utc_offset": "Z", "header": False}, T0),
        ("2026-01-01 00:00:00,1,2", {"utc_offset": "Z", "header": False, "start": "now"}, NOW),
    ],
)  # fmt: skip
async def test_times(path: Path, text: str, options: dict[str, Any], first: int) -> None:
    path.write_text(text + "\n")
    columns = {"a": {"column": 2}, "b": {"column": 3}}
    rows, wrong = await replayed(door(path=str(path), columns=columns, time=1, **options))
    assert (rows, wrong) == ([("a", first, 1.0), ("b", first, 2.0)], [])


async def test_bad_cells_and_lines_are_named_and_the_rest_goes_on(path: Path) -> None:
    path.write_bytes(
        b"# made by hand\ntime,T,RH\n2026-01-01T00:00:00Z,warm,40\nyesterday,1,2\n2026-01-01T00:00:00,1,2\n\n"
        b"2026-01-01T00:00:01Z,21\n2026-01-01T00:00:02Z,inf,1_0\n\xff\n" + b'"' * 3 + b"\n2026-01-01T00:00:03Z,23,41\n"
    )
    rows, wrong = await replayed(door(path=str(path), columns=CLIMATE, skip=1))
    assert rows == [
        ("humidity", T0, 40.0), ("temperature", T0 + NS_PER_S, 21.0),
        ("temperature", T0 + 3 * NS_PER_S, 23.0), ("humidity", T0 + 3 * NS_PER_S, 41.0),
    ]  # fmt: skip
    assert [reason.removeprefix(str(path)) for reason in wrong] == [
        ", line 3, temperature: 'warm' is not a finite number",
        ", line 4, time: 'yesterday' is not an ISO 8601 time",
        ", line 5, time: '2026-01-01T00:00:00' names no time zone (end it with Z)",
        ", line 7, RH: the row ends before it (2 columns)",
        ", line 8, temperature: 'inf' is not a finite number",
        ", line 8, humidity: '1_0' is not a finite number",
        ", line 9: is not UTF-8 text",
        ", line 10: is not a sound row (unexpected end of data)",
    ]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"columns": {"x": {"column": "T", "unit": "furlong"}}}, r"options\.columns\.x: 'furlong' is not a UCUM unit"),
        ({"columns": {"a b": {"column": "T"}}}, r"options\.columns\.a b: 'a b' is not a property"),
        ({"columns": {}}, r"options\.columns"),
        ({"columns": CLIMATE, "time_format": "unix"}, r"options\.time_format: is neither iso, elapsed"),
        ({"columns": CLIMATE, "utc_offset": "CET"}, r"options\.utc_offset"),
        ({"columns": CLIMATE, "delimiter": "--"}, r"options\.delimiter"),
    ],
)
def test_bad_settings_are_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        door(path="x.csv", **options)


async def test_a_column_that_is_not_there_is_named_with_those_that_are(path: Path) -> None:
    path.write_text("time,T\n2026-01-01T00:00:00Z,1\n")
    with pytest.raises(ConfigError, match=r"climate\.csv: there is no column 'RH' \(there are: time, T\)"):
        await replayed(door(path=str(path), columns=CLIMATE))
    path.write_text("")
    with pytest.raises(InputError, match=r"climate\.csv: is empty"):
        await replayed(door(path=str(path), columns=CLIMATE))


async def test_a_replay_follows_the_clock(path: Path) -> None:
    path.write_text("time,T,RH\n" + "".join(f"2026-01-01T00:00:{n:02},20,{n}\n" for n in range(0, 60, 2)))
    clock = ScaledClock(start=NOW, speed=100.0)
    record = Recorder()
    one = door(clock, path=str(path), columns=CLIMATE, utc_offset="Z", start="now", realtime=True)
    begin = clock.now()
    await one.run(record)
    assert clock.now() - begin >= 57 * NS_PER_S
    assert len(record.readings()) == 60
    assert len(record.batches) > 5
    assert all(batch.received >= int(batch.time.max()) for batch in record.batches)


async def test_it_can_be_cancelled_while_it_waits(path: Path) -> None:
    path.write_text("time,T,RH\n2026-01-01T00:00:00Z,1,2\n2027-01-01T00:00:00Z,1,2\n")
    record = Recorder()
    task = asyncio.create_task(door(ScaledClock(start=NOW), path=str(path), columns=CLIMATE, realtime=True).run(record))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(record.readings()) == 2


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12) | st.sampled_from(
    ["1e999", "1E9999999999", "-5", "2026-01-01T00:00:00Z", "0.1", '"', "99999999999999999999"]
)


@given(
    rows=st.lists(st.lists(CELL, max_size=4), max_size=6),
    form=st.sampled_from(["iso", "s", "ns", "elapsed", "%Y-%m-%d"]),
    start=st.sampled_from(["", "now"]),
    delimiter=st.sampled_from([",", ";", ""]),
)
def test_any_table_gives_readings_or_reasons(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], form: str, start: str, delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_text("\n".join((delimiter or " ").join(row) for row in [["time", "T", "RH"], *rows]))
    one = door(path=str(path), columns=CLIMATE, time_format=form, start=start, delimiter=delimiter, utc_offset="Z")
    try:
        found, wrong = asyncio.run(replayed(one))
    except ConfigError as error:
        found, wrong = [], [str(error)]
    assert all(math.isfinite(value) and -(2**63) <= time < 2**63 for _, time, value in found)
    assert all("\n" not in reason for reason in wrong)


async def test_the_occupied_office(data_dir: Path) -> None:
    columns = {
        "temperature": {"column": "Temperature", "unit": "Cel"}, "co2": {"column": "CO2", "unit": "[ppm]"},
        "light": {"column": "Light", "unit": "lx"}, "occupied": {"column": "Occupancy", "unit": "1"},
    }  # fmt: skip
    path = str(data_dir / "iaq" / "occupancy" / "datatest.txt")
    rows, wrong = await replayed(door(path=path, columns=columns, time="date", utc_offset="+01:00"))
    assert wrong == []
    assert len(rows) == 2665 * 4
    assert rows[:2] == [
        ("temperature", parse_time("2015-02-02T14:19:00+01:00"), 23.7),
        ("co2", parse_time("2015-02-02T14:19:00+01:00"), 749.2),
    ]


@pytest.mark.parametrize(("name", "first"), [("STRAIN_CSV.csv", 1524.60998), ("TEMP_CSV.csv", 1523.66538)])
async def test_the_fibre_gratings(data_dir: Path, name: str, first: float) -> None:
    columns = {"wavelength": {"column": "Wavelength", "unit": "nm"}}
    path = str(data_dir / "fbg" / "shreyank" / name)
    rows, wrong = await replayed(door(path=path, columns=columns, time="Time (sec)", time_format="elapsed"))
    assert wrong == []
    assert len(rows) > 2000
    assert rows[0][0] == "wavelength"
    assert rows[0][1] == pytest.approx(NOW + 0.2 * NS_PER_S, abs=10**4)
    assert rows[0][2] == first
    assert all(sooner[1] < later[1] for sooner, later in pairwise(rows))
