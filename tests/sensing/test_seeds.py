"""Every parser, on seeds in `seeds/<parser>/` and on what becomes of them when bytes are changed, lost or doubled.

A parser may give what it found or raise `InputError` with one line; anything else is a fault. Add a file to a folder
to make it a seed.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.core.model import Raw
from s4.core.ports import Produced
from s4.sensing.decode import Decode
from s4.sensing.eve import Eve
from s4.sensing.formats import JsonLines, LineFormat
from s4.sensing.intake import NDJSON, Intake
from s4.sensing.payload import parse_named
from s4.sensing.series import SeriesDoor
from s4.sensing.zeek import ZeekConn
from tests.sensing.city import NOW, make_city, make_context, make_source

SEEDS = Path(__file__).parent / "seeds"


def lines_with(form: Callable[[], LineFormat]) -> Callable[[bytes, Path], list[str]]:
    def parse(data: bytes, folder: Path) -> list[str]:
        del folder
        reader, reasons = form(), list[str]()
        for line in data.split(b"\n"):
            try:
                reader.read(line, NOW)
            except InputError as error:
                reasons.append(str(error))
        return reasons

    return parse


def payload(data: bytes, folder: Path) -> list[str]:
    del folder
    stage = Decode(make_context())
    produced = stage.step([Raw("thermo-1", topic, data, NOW) for topic in ("temperature", "ack")], NOW)
    assert len(produced) <= 4
    return [str(error) for _, error in stage.rejects()]


def named(data: bytes, folder: Path) -> list[str]:
    del folder
    try:
        parse_named(data)
    except InputError as error:
        return [str(error)]
    return []


def ndjson(data: bytes, folder: Path) -> list[str]:
    del folder
    intake = Intake(make_city())
    return [one.reason for one in intake.take(intake.profiles.of("thermo-1"), NDJSON, data, NOW).refusals]


def series(data: bytes, folder: Path) -> list[str]:
    path = folder / "table.csv"
    path.write_bytes(data)
    columns = {"t": {"column": "T"}, "h": {"column": "RH"}}
    source = make_source("series", path=str(path), columns=columns, realtime=False, start="now")
    door = SeriesDoor(make_context(source), source)

    async def record(facts: Sequence[Produced]) -> None:
        assert facts

    try:
        asyncio.run(door.run(record))
    except InputError as error:
        return [str(error)]
    return [str(error) for _, error in door.rejects()]


PARSERS: dict[str, Callable[[bytes, Path], list[str]]] = {
    "payload": payload,
    "named": named,
    "ndjson": ndjson,
    "series": series,
    "eve": lines_with(Eve),
    "zeek": lines_with(ZeekConn),
    "json": lines_with(
        lambda: JsonLines(property="log", property_field="kind", time_field="time", time_unit="s"),
    ),
}
FILES = sorted(path for path in SEEDS.glob("*/*") if path.is_file())


def test_every_parser_has_seeds() -> None:
    assert {path.parent.name for path in FILES} == PARSERS.keys()


def check(parser: str, data: bytes, folder: Path) -> None:
    for reason in PARSERS[parser](data, folder):
        assert reason
        assert "\n" not in reason
        assert len(reason) < 1000


@pytest.mark.parametrize("seed", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_seeds(seed: Path, tmp_path: Path) -> None:
    check(seed.parent.name, seed.read_bytes(), tmp_path)


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, bytes]:
    """A seed with a few of its parts changed, cut out, doubled, or swapped for pieces of other seeds."""
    seed = draw(st.sampled_from(FILES))
    data = bytearray(seed.read_bytes())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 12)))
        other = draw(st.sampled_from(FILES)).read_bytes()
        at = draw(st.integers(0, len(other)))
        piece = draw(
            st.sampled_from([b"", b"\x00", b"\xff", b'"', b"{", b"[", b"-", b"9" * 30, b"1e999", b"NaN", b"\n", b"\t"])
            | st.just(bytes(data[start:end]) * 2)
            | st.just(other[at : at + 12])
            | st.binary(max_size=4)
        )
        data[start:end] = piece
    return seed.parent.name, bytes(data)


@given(mutants())
def test_mutants_of_seeds(tmp_path_factory: pytest.TempPathFactory, mutant: tuple[str, bytes]) -> None:
    check(*mutant, tmp_path_factory.getbasetemp())
