"""Modbus TCP against pymodbus' own server: types, word orders, bits, exceptions, losses."""

import contextlib
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from s4.core.errors import ConfigError
from s4.runtime.sockets import free_port
from s4.sensing.services.modbus import Register, blocks, decode
from tests.sensing.services.stand import at_work, make_door, reasons


def words(form: str, value: float) -> list[int]:
    data = struct.pack(">" + form, value)
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


HOLDING = {
    0: words("h", -215), 1: words("f", 61.5), 3: words("i", -70_000)[::-1], 5: [0b1010], 6: words("d", 1e-3),
    10: words("f", float("nan")), 12: words("Q", 2**40), 16: [0x7FFF],
}  # fmt: skip
REGISTERS: list[dict[str, Any]] = [
    {"property": "temperature", "address": 0, "scale": 0.1, "unit": "Cel"},
    {"property": "level", "address": 1, "type": "float32", "unit": "dB[SPL]"},
    {"property": "flow", "address": 3, "type": "int32", "word_order": "little", "unit": "L/min"},
    {"property": "alarm", "address": 5, "type": "uint16", "bit": 3},
    {"property": "calm", "address": 5, "type": "uint16", "bit": 2},
    {"property": "dose", "address": 6, "type": "float64", "unit": "mSv/h"},
    {"property": "broken", "address": 10, "type": "float32"},
    {"property": "energy", "address": 12, "type": "uint64", "unit": "W.h", "device": "Meter 3"},
    {"property": "absent", "address": 16, "missing": [32767]},
    {"property": "count", "address": 0, "kind": "input", "type": "uint16"},
    {"property": "pump", "address": 2, "kind": "coil"},
    {"property": "door", "address": 1, "kind": "discrete"},
    {"property": "nowhere", "address": 500},
]


@contextlib.asynccontextmanager
async def plc(port: int) -> AsyncIterator[ModbusTcpServer]:
    holding = [SimData(at, values=values, datatype=DataType.REGISTERS) for at, values in HOLDING.items()]
    inputs = [SimData(0, values=[40_000], datatype=DataType.REGISTERS)]
    coils = [SimData(0, values=[True, False, True] + [False] * 13, datatype=DataType.BITS)]
    contacts = [SimData(0, values=[False, True] + [False] * 14, datatype=DataType.BITS)]
    server = ModbusTcpServer(SimDevice(7, (coils, contacts, holding, inputs)), address=("127.0.0.1", port))
    await server.listen()
    try:
        yield server
    finally:
        await server.shutdown()


def options(port: int, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "unit_id": 7, "period_s": 0.1, "registers": REGISTERS, **more}


async def test_every_kind_of_register() -> None:
    port = free_port()
    door = make_door("modbus", options(port))
    async with plc(port), at_work(door) as record:
        await record.until(lambda: len(record.values("gateway-1", "door")) >= 3)
    first = {(one.series.source, one.series.property, one.series.unit): one.value for one in reversed(record.readings)}
    assert first == {
        ("gateway-1", "temperature", "Cel"): -21.5, ("gateway-1", "level", "dB[SPL]"): 61.5,
        ("gateway-1", "flow", "L/min"): -70_000.0, ("gateway-1", "alarm", "1"): 1.0, ("gateway-1", "calm", "1"): 0.0,
        ("gateway-1", "dose", "mSv/h"): 1e-3, ("meter-3", "energy", "W.h"): float(2**40),
        ("gateway-1", "count", "1"): 40_000.0, ("gateway-1", "pump", "1"): 1.0, ("gateway-1", "door", "1"): 1.0,
    }  # fmt: skip
    assert sorted(reasons(door)) == [  # each once, though it was asked more often
        "unit 7 holding 0+17, broken: is not a finite number",
        "unit 7 holding 500: the device answers with exception 2",
    ]


async def test_the_controller_goes_and_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    async with at_work(make_door("modbus", options(port, timeout_s=0.5))) as record:
        await record.until(lambda: record.links)
        async with plc(port):
            await record.up()
            await record.until(lambda: record.readings)
        await record.until(lambda: len(record.links) == 3)
        async with plc(port):
            await record.up(2)
    assert record.links[0] == f"down: 127.0.0.1:{port} does not take the connection"
    assert record.links[2].startswith(f"down: 127.0.0.1:{port} does not answer")
    assert caplog.text == ""  # the library would log every attempt


NUMBERS = {
    "int16": ("h", st.integers(-(2**15), 2**15 - 1)), "uint16": ("H", st.integers(0, 2**16 - 1)),
    "int32": ("i", st.integers(-(2**31), 2**31 - 1)), "uint64": ("Q", st.integers(0, 2**64 - 1)),
    "float32": ("f", st.floats(width=32, allow_nan=False, allow_infinity=False)),
    "float64": ("d", st.floats(allow_nan=False, allow_infinity=False)),
}  # fmt: skip


@given(st.sampled_from(sorted(NUMBERS)), st.booleans(), st.booleans(), st.data())
def test_any_number_in_any_order(kind: Any, swap_words: bool, swap_bytes: bool, data: st.DataObject) -> None:
    form, values = NUMBERS[kind]
    value = data.draw(values)
    sent = words(form, value)
    if swap_words:
        sent.reverse()
    if swap_bytes:
        sent = [int.from_bytes(word.to_bytes(2, "big"), "little") for word in sent]
    order = {True: "little", False: "big"}
    register = Register("x", 0, type=kind, word_order=order[swap_words], byte_order=order[swap_bytes])  # type: ignore[arg-type]
    assert decode(register, sent) == float(value)


@given(
    st.lists(
        st.builds(
            Register, st.just("x"), st.integers(0, 400), st.sampled_from(["holding", "coil"]),
            st.sampled_from(["int16", "int32", "float64"]), unit_id=st.none() | st.integers(0, 2),
        ),
        min_size=1, max_size=80,
    )
)  # fmt: skip
def test_blocks_hold_every_register_once_and_no_address_that_nobody_named(registers: list[Register]) -> None:
    found = list(blocks(registers, 1))
    assert sorted(id(one) for block in found for one in block.registers) == sorted(map(id, registers))
    for block in found:
        assert block.size <= (2_000 if block.kind == "coil" else 125)
        named = {one.address + i - block.address for one in block.registers for i in range(one.width)}
        assert named == set(range(block.size))
        assert {(1 if one.unit_id is None else one.unit_id, one.kind) for one in block.registers} == {block[:2]}


@pytest.mark.parametrize(
    ("register", "complaint"),
    [
        ({"property": "a"}, r"registers\[0\]\.address: is missing"),
        ({"property": "a", "address": 70_000}, r"registers\[0\]\.address"),
        ({"property": "a", "address": 65_535, "type": "int32"}, r"address: the value would end behind 65535"),
        ({"property": "a", "address": 0, "unit": "blob"}, r"registers\[0\]\.unit: 'blob'"),
        ({"property": "a", "address": 0, "bit": 16}, r"bit: a value of int16 in holding has no bit 16"),
        ({"property": "a", "address": 0, "type": "int24"}, r"registers\[0\]\.type"),
    ],
)
def test_bad_settings_are_named(register: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("modbus", options(502, registers=[register]))
