"""Modbus TCP: polls coils and registers of controllers and meters, by a map that a person writes down."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.core.units import parse_unit
from s4.sensing.services.extras import load, need
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.names import property_name
from s4.sensing.services.parsed import Parsed, number
from s4.sensing.services.service import Service

if TYPE_CHECKING:
    from pymodbus.client import AsyncModbusTcpClient
    from pymodbus.pdu import ModbusPDU

_FORMAT: Final = {
    "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "uint64": ">Q",
    "float32": ">f", "float64": ">d",
}  # fmt: skip
_MOST_WORDS: Final = 125
_MOST_BITS: Final = 2_000
_LAST: Final = 65_535

Order = Literal["big", "little"]


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"name": "property"}):
    """One value of a controller: `property` in `city.toml` is its `name`.

    `address`: as on the wire, from 0 (holding register 40001 is 0). `kind`: its table; `type`: of the number in
    registers; `word_order`, `byte_order`: which word, and which byte of a word, comes first. The value is number ×
    `scale` + `offset` in `unit`; `bit` (0 is the lowest) takes one bit of it instead. `missing`: numbers that stand for
    "no value". `unit_id`: the device behind a gateway; `device`: whose value it is, empty for the source itself.
    """

    name: str
    address: Annotated[int, Meta(ge=0, le=_LAST)]
    kind: Literal["holding", "input", "coil", "discrete"] = "holding"
    type: Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"] = "int16"
    word_order: Order = "big"
    byte_order: Order = "big"
    scale: float = 1.0
    offset: float = 0.0
    unit: str = "1"
    bit: Annotated[int, Meta(ge=0, le=63)] | None = None
    missing: tuple[float, ...] = ()
    unit_id: Annotated[int, Meta(ge=0, le=255)] | None = None
    device: str = ""

    @property
    def is_bit(self) -> bool:
        """Whether it stands in a table of bits."""
        return self.kind in {"coil", "discrete"}

    @property
    def width(self) -> int:
        """How many registers, or bits of a table of bits, it takes."""
        return 1 if self.is_bit else struct.calcsize(_FORMAT[self.type]) // 2

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a unit, property or address that is none."""
        for field, parse, text in (("unit", parse_unit, self.unit), ("property", property_name, self.name)):
            try:
                parse(text)
            except InputError as error:
                raise ConfigError(error.reason, field=f"{owner}.{field}") from error
        if self.address + self.width - 1 > _LAST:
            raise ConfigError(f"the value would end behind {_LAST}", field=f"{owner}.address")
        if self.bit is not None and (self.is_bit or self.bit >= 16 * self.width or self.type.startswith("float")):
            raise ConfigError(f"a value of {self.type} in {self.kind} has no bit {self.bit}", field=f"{owner}.bit")


class ModbusOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of a Modbus TCP server in `city.toml`.

    `host`, `port`; `unit_id`: the device, where a register names none; `period_s`: how often all are asked;
    `timeout_s`: how long an answer may take; `registers`: what is asked for.
    """

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    registers: Annotated[tuple[Register, ...], Meta(min_length=1, max_length=2_000)]
    port: Annotated[int, Meta(ge=1, le=_LAST)] = 502
    unit_id: Annotated[int, Meta(ge=0, le=255)] = 1
    period_s: Annotated[float, Meta(ge=0.05, le=86_400)] = 5.0
    timeout_s: Annotated[float, Meta(ge=0.05, le=60)] = 3.0

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a part of it that cannot be."""
        super().check(owner)
        for place, one in enumerate(self.registers):
            one.check(f"{owner}.options.registers[{place}]")


class Block(NamedTuple):
    """Registers that follow each other and are asked for at once."""

    unit_id: int
    kind: str
    address: int
    size: int
    registers: tuple[Register, ...]

    @property
    def name(self) -> str:
        """How it is called in complaints."""
        return f"unit {self.unit_id} {self.kind} {self.address}" + (f"+{self.size}" if self.size > 1 else "")


def blocks(registers: Sequence[Register], unit_id: int) -> Iterator[Block]:
    """Registers in as few requests as the protocol allows, without ever asking for an address that nobody named.

    >>> [one.name for one in blocks([Register("a", 1), Register("b", 2, type="int32"), Register("c", 9)], 1)]
    ['unit 1 holding 1+3', 'unit 1 holding 9']
    """

    def key(one: Register) -> tuple[int, str, int]:
        return (unit_id if one.unit_id is None else one.unit_id, one.kind, one.address)

    run: list[Register] = []
    end = 0
    for one in sorted(registers, key=key):
        most = _MOST_BITS if one.is_bit else _MOST_WORDS
        fits = run and key(one)[:2] == key(run[0])[:2] and one.address <= end
        if run and not (fits and max(end, one.address + one.width) - run[0].address <= most):
            yield Block(*key(run[0]), end - run[0].address, tuple(run))
            run, end = [], 0
        run.append(one)
        end = max(end, one.address + one.width)
    if run:
        yield Block(*key(run[0]), end - run[0].address, tuple(run))


def decode(register: Register, words: Sequence[int]) -> float | None:
    """The words of one register (one truth value for a table of bits) → its value; None for "no value".

    Raises `InputError` for a float that is not finite.

    >>> decode(Register("t", 0, type="int32", word_order="little", scale=0.1), [0xFFFE, 0xFFFF])
    -0.2
    """
    if register.is_bit:
        return float(words[0])
    ordered = words if register.word_order == "big" else words[::-1]
    data = b"".join(word.to_bytes(2, register.byte_order) for word in ordered)
    found = struct.unpack(_FORMAT[register.type], data)[0]
    if register.bit is not None:
        return float(found >> register.bit & 1)
    if found in register.missing:
        return None
    return number(found, field=register.name) * register.scale + register.offset


class ModbusTcp(Service):
    """A client of one Modbus TCP server, which only reads."""

    card: ClassVar = Card(
        name="modbus",
        version="1",
        title="Modbus TCP",
        purpose="Reads what controllers, meters and pumps measure and how they are switched.",
        limits="2000 values a server; it never writes. Modbus knows no passwords: keep it on its own network.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("modbus", "pymodbus", owner=self.owner)
        self.options = self.configure(ModbusOptions)
        self._blocks = list(blocks(self.options.registers, self.options.unit_id))
        self._told: dict[str, str] = {}

    async def session(self) -> None:
        """Connect and poll until the server is lost. Raises `ServiceError`."""
        await load("pymodbus.client")
        from pymodbus.client import AsyncModbusTcpClient
        from pymodbus.exceptions import ModbusException

        options = self.options
        place = f"{options.host}:{options.port}"
        client = AsyncModbusTcpClient(
            options.host, port=options.port, timeout=options.timeout_s, retries=1, reconnect_delay=0
        )
        try:
            if not await client.connect():
                raise ServiceError(f"{place} does not take the connection")
            await self.up()
            await self.every(options.period_s, lambda: self._poll(client))
        except (ModbusException, OSError, TimeoutError) as error:
            raise ServiceError(f"{place} does not answer ({error})") from error
        finally:
            client.close()

    async def _poll(self, client: AsyncModbusTcpClient) -> None:
        for block in self._blocks:
            answer = await self._ask(client, block)
            values = answer.bits if block.kind in {"coil", "discrete"} else answer.registers
            if answer.isError():
                self._refuse(block.name, f"the device answers with exception {getattr(answer, 'exception_code', '?')}")
            elif len(values) < block.size:
                self._refuse(block.name, f"the device answers with {len(values)} values")
            else:
                self._told.pop(block.name, None)
                self._said(block, values)

    def _ask(self, client: AsyncModbusTcpClient, block: Block) -> Awaitable[ModbusPDU]:
        reads = {
            "holding": client.read_holding_registers, "input": client.read_input_registers,
            "coil": client.read_coils, "discrete": client.read_discrete_inputs,
        }  # fmt: skip
        return reads[block.kind](block.address, count=block.size, device_id=block.unit_id)

    def _said(self, block: Block, values: Sequence[int | bool]) -> None:
        parsed, now = Parsed(), self.context.clock.now()
        for one in block.registers:
            start = one.address - block.address
            try:
                value = decode(one, values[start : start + one.width])
            except InputError as error:
                self._refuse(f"{block.name}, {one.name}", error.reason)
                continue
            self._told.pop(f"{block.name}, {one.name}", None)
            if value is not None:
                parsed.reading(one.device, one.name, value, one.unit, now)
        self.take(parsed, repr(list(values[: block.size])).encode(), block.name)

    def _refuse(self, name: str, reason: str) -> None:
        """Say it once, not at every poll."""
        if self._told.get(name) != reason:
            self._told[name] = reason
            self.gather.refuse(b"", InputError(reason), name)
