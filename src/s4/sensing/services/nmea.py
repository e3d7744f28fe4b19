"""NMEA 0183 and AIS: a receiver, mast or multiplexer by TCP or at a serial port."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.sensing.services.ais import KINDS, Ais
from s4.sensing.services.extras import load, need
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.inbox import Inbox
from s4.sensing.services.nmea_sentence import LONGEST, read_instrument, read_sentence
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.service import Service

MOST_WAITING: Final = 256
LOOK_S: Final = 0.5


class NmeaOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of an NMEA 0183 sender in `city.toml`.

    `host` and `port`: by TCP; or `serial` (`/dev/ttyUSB0`) with its `baud`. `checksum`: whether sentences without one
    are refused. `silent_s`: a TCP sender that says nothing for so long is lost.
    """

    host: Annotated[str, Meta(max_length=255)] = ""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    serial: Annotated[str, Meta(max_length=255)] = ""
    baud: Annotated[int, Meta(ge=300, le=4_000_000)] = 38_400
    checksum: bool = True
    silent_s: Annotated[float, Meta(ge=1, le=86_400)] = 300.0

    def check(self, owner: str) -> None:
        """Raise `ConfigError` unless it is one of TCP and serial."""
        super().check(owner)
        if bool(self.host) == bool(self.serial):
            raise ConfigError("name either host and port, or serial", field=f"{owner}.options.host")
        if self.host and not self.port:
            raise ConfigError("is missing", field=f"{owner}.options.port")


class Nmea(Service):
    """A listener to sentences. Cost: about 20 µs an instrument's sentence, 150 µs a ship's."""

    card: ClassVar = Card(
        name="nmea",
        version="1",
        title="NMEA 0183 and AIS",
        purpose="Takes in positions and particulars of ships, and what navigation and weather instruments say.",
        legal_basis="GDPR Art. 6(1)(e): safety of ports and waterways (AIS is broadcast; small craft may be private)",
        limits="RMC, GGA, VTG, HDT, MWV, MTW, DPT, XDR; all AIS messages; 1 KiB a sentence.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        self.options = self.configure(NmeaOptions)
        need("nmea", "pyais", *(["serial"] if self.options.serial else []), owner=self.owner)
        self._ais = Ais()

    async def session(self) -> None:
        """Read until the sender is lost. Raises `ServiceError`."""
        await load("pyais")
        await (self._serial() if self.options.serial else self._tcp())

    async def _tcp(self) -> None:
        options = self.options
        place = f"{options.host}:{options.port}"
        try:
            reader, writer = await asyncio.open_connection(options.host, options.port, limit=65_536)
        except OSError as error:
            raise ServiceError(f"{place} cannot be reached ({error.strerror or error})") from error
        lines = Lines()
        try:
            await self.up()
            while True:
                async with asyncio.timeout(options.silent_s):
                    data = await reader.read(16_384)
                if not data:
                    raise ServiceError(f"{place} ended the connection")
                await self._heard(lines, data, place)
        except TimeoutError as error:
            raise ServiceError(f"{place} has said nothing for {options.silent_s:g} s") from error
        except OSError as error:
            raise ServiceError(f"{place} is lost ({error})") from error
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serial(self) -> None:
        import serial

        options, lines = self.options, Lines()
        try:
            port = serial.Serial(options.serial, options.baud, timeout=LOOK_S, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise ServiceError(f"{options.serial} cannot be opened ({error})"[:300]) from error
        inbox: Inbox[bytes] = Inbox(MOST_WAITING, asyncio.get_running_loop())
        reading = asyncio.create_task(asyncio.to_thread(_read_serial, port, inbox))
        try:
            await self.up()
            while True:
                for data in await inbox.take(MOST_WAITING):
                    await self._heard(lines, data, options.serial)
        finally:
            inbox.close("closed")
            await reading
            port.close()

    async def _heard(self, lines: Lines, data: bytes, place: str) -> None:
        for line in lines.feed(data):
            self._line(line, place)
            if self.full:
                await self.flush()
        await self.flush()

    def _line(self, line: bytes, place: str) -> None:
        parsed = Parsed()
        try:
            sentence = read_sentence(line, strict=self.options.checksum)
            if sentence.kind in KINDS:
                parsed = self._ais.read(sentence, self.context.clock.now())
            else:
                parsed = read_instrument(sentence)
        except InputError as error:
            self.gather.refuse(line, error, place)
        self.take(parsed, line, place)


class Lines:
    r"""Cuts bytes into lines; one that is too long is handed over cut off, once, and its rest is skipped.

    >>> Lines().feed(b"a\r\n\nb\nc")
    [b'a', b'b']
    """

    def __init__(self) -> None:
        self._held = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that have become whole with these bytes."""
        *whole, rest = (self._held + data).split(b"\n")
        if self._skipping and whole:
            whole, self._skipping = whole[1:], False
        if self._skipping:
            rest = b""
        elif len(rest) > LONGEST:
            whole, rest, self._skipping = [*whole, rest[: LONGEST + 1]], b"", True
        self._held = rest
        return [line for line in map(bytes.strip, whole) if line]


def _read_serial(port: Any, inbox: Inbox[bytes]) -> None:
    """In a thread: what comes at a serial port, until it is lost or the box is closed."""
    import serial

    try:
        while not inbox.closed:
            if data := port.read(max(1, port.in_waiting)):
                inbox.put(data)
    except (serial.SerialException, OSError, TypeError) as error:  # TypeError: the port was closed under the library
        inbox.close(f"the serial port is lost ({error})"[:300])
