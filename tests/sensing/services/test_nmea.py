"""NMEA 0183 and AIS: sentences as they are, by TCP from a real server and at a real (pseudo) serial port."""

import asyncio
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import parse_time
from s4.core.errors import ConfigError, InputError
from s4.runtime.sockets import free_port
from s4.sensing.services.ais import Ais
from s4.sensing.services.nmea import Lines
from s4.sensing.services.nmea_sentence import LONGEST, checksum, read_instrument, read_sentence
from s4.sensing.services.parsed import Parsed
from tests.sensing.city import NOW
from tests.sensing.services.stand import at_work, make_door, read_or_reason, reasons

RMC = b"$GPRMC,123519.5,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*71"
GGA = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"
SHIP = b"!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5C"
FIRST = b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C"
SECOND = b"!AIVDM,2,2,1,A,88888888880,2*25"


def sentence(body: str, start: str = "$") -> bytes:
    return f"{start}{body}*{checksum(body):02X}".encode()


def read(line: bytes, ais: Ais | None = None) -> Parsed:
    found = read_sentence(line)
    return (ais or Ais()).read(found, NOW) if found.kind in {"VDM", "VDO"} else read_instrument(found)


def test_instruments() -> None:
    position, speed, course = read(RMC).items
    assert position.place is not None
    assert (round(position.place.lat, 5), round(position.place.lon, 5)) == (48.1173, 11.51667)
    assert position.time == parse_time("1994-03-23T12:35:19.5Z")
    assert (speed.property, speed.value, speed.unit) == ("speed", 22.4, "[kn_i]")
    assert (course.property, course.value, course.unit) == ("course", 84.4, "deg")
    fix = read(GGA).items[0]
    assert fix.place is not None
    assert (fix.place.alt_m, fix.time) == (545.4, None)
    said = [
        (one.property, one.value, one.unit)
        for text in (
            "WIMWV,214.8,R,0.1,K,A", "WIMWV,300,T,5,M,A", "YXMTW,17.75,C", "SDDPT,2.4,0.5", "HEHDT,123.4,T",
            "IIXDR,C,19.5,C,TempAir,P,1.02,B,Barometer", "GPVTG,054.7,T,034.4,M,005.5,N,010.2,K",
        )
        for one in read(sentence(text)).items
    ]  # fmt: skip
    assert said == [
        ("wind_angle", 214.8, "deg"), ("wind_speed", 0.1, "km/h"), ("true_wind_angle", 300.0, "deg"),
        ("true_wind_speed", 5.0, "m/s"), ("water_temperature", 17.75, "Cel"), ("depth", 2.4, "m"),
        ("heading", 123.4, "deg"), ("TempAir", 19.5, "Cel"), ("Barometer", 1.02, "bar"), ("course", 54.7, "deg"),
        ("speed", 5.5, "[kn_i]"),
    ]  # fmt: skip


def test_a_receiver_without_a_fix_says_nothing() -> None:
    assert read(sentence("GPRMC,123519,V,,,,,,,230394,,")).items == []
    assert read(sentence("GPGGA,123519,,,,,0,00,,,M,,M,,")).items == []
    assert read(sentence("GPGSV,3,1,11,03,03,111,00")).items == []


def test_ships() -> None:
    position, course = (one for one in read(SHIP).items if one.property != "speed")
    assert position.device == "mmsi-366053209"
    assert position.place is not None
    assert (position.place.lat, position.place.lon) == (37.802118, -122.341618)
    assert isinstance(position.value, dict)
    assert position.value["status"] == "RestrictedManoeuverability"
    assert course.value == 219.3
    ais = Ais()
    assert read(SECOND, ais).items == []
    (particulars,) = read(FIRST, ais).items
    assert isinstance(particulars.value, dict)
    assert (particulars.property, particulars.value["shipname"]) == ("ais.particulars", "EVER DIADEM")


def test_parts_that_lie_far_apart_are_of_two_messages() -> None:
    ais = Ais()
    assert ais.read(read_sentence(FIRST), NOW).items == []
    assert ais.read(read_sentence(SECOND), NOW + 31_000_000_000).items == []
    for number in range(1_000):
        ais.read(read_sentence(sentence(f"AIVDM,2,1,{number},A,55?MbV02,0", "!")), NOW)
    assert len(ais._open) <= 101


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (RMC[:-1] + b"5", "has the checksum 75, not 71"),
        (RMC[:-3], "has no checksum"),
        (b"hello", "no NMEA sentence"),
        (b"$GPRMC,\xff*00", "not ASCII"),
        (b"$GPRMC," + b"1" * 2_000, "no NMEA sentence"),
        (sentence("GPRMC,123519,A,9907.038,N,01131.000,E,,,230394,,"), "no place on Earth"),
        (sentence("GPRMC,123519,A,4867.038,N,01131.000,E,,,230394,,"), "is no angle"),
        (sentence("GPRMC,126019,A,4807.038,N,01131.000,E,,,230394,,"), "is not an ISO 8601 time"),
        (sentence("HEHDT,12x,T"), "'12x' is no number"),
        (sentence("AIVDM,1,1,,B,,0", "!"), "no AIS message"),
        (sentence("AIVDM,2,3,,B,x,0", "!"), "part 3 of 2"),
    ],
)
def test_what_is_wrong_is_said(line: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read(line)


@given(st.sampled_from([RMC, GGA, SHIP, FIRST, SECOND]), st.integers(0, 80), st.integers(1, 255))
def test_no_flipped_bit_passes_the_checksum(line: bytes, place: int, bits: int) -> None:
    place = 1 + place % (len(line) - 4)
    broken = line[:place] + bytes([line[place] ^ bits]) + line[place + 1 :]
    with pytest.raises(InputError):
        read_sentence(broken)


BODY = st.sampled_from([RMC, GGA, SHIP, FIRST]).map(lambda line: line[1:-3].decode()) | st.sampled_from(
    ["WIMWV,214.8,R,0.1,K,A", "IIXDR,C,19.5,C,TempAir", "YXMTW,17.75,C"]
)
PIECE = st.text("0123456789ABCNSEW.,-!`wv@", max_size=6)


@given(BODY, st.integers(0, 70), st.integers(0, 6), PIECE)
def test_sentences_whose_checksum_is_right_and_nothing_else(body: str, place: int, out: int, piece: str) -> None:
    changed = body[:place] + piece + body[place + out :]
    read_or_reason(lambda: read(sentence(changed, "!" if changed.startswith("AI") else "$")))


LINE = st.binary(min_size=1, max_size=20).filter(lambda one: b"\n" not in one and one.strip() == one)


@given(st.lists(LINE, max_size=6), st.integers(1, 7))
def test_lines_however_they_are_cut(lines: list[bytes], step: int) -> None:
    stream, cutter = b"\r\n".join([*lines, b""]), Lines()
    got = [line for at in range(0, len(stream), step) for line in cutter.feed(stream[at : at + step])]
    assert got == lines


def test_a_line_without_end_is_cut_off_once() -> None:
    cutter = Lines()
    got = [line for _ in range(100) for line in cutter.feed(b"x" * 500)]
    assert [len(line) for line in got] == [LONGEST + 1]
    assert cutter.feed(b"rest\nnext\n") == [b"next"]


class Receiver:
    """A multiplexer that sends to whoever connects."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.append(writer)
            await reader.read()

        self._server = await asyncio.start_server(serve, "127.0.0.1", self.port)

    async def send(self, *lines: bytes) -> None:
        for writer in self._writers:
            writer.write(b"".join(line + b"\r\n" for line in lines))
            await writer.drain()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()


async def test_by_tcp_with_a_break() -> None:
    receiver = Receiver()
    await receiver.start()
    door = make_door("nmea", {"host": "127.0.0.1", "port": receiver.port, "names": {"mmsi-351759000": "diadem"}})
    async with at_work(door) as record:
        await record.up()
        await receiver.send(
            SHIP, b"garbage", FIRST, RMC[:-1] + b"0", sentence("YXMTW,17.75,C"), b"\\s:r1,c:1*00\\" + SECOND
        )
        await record.until(lambda: record.bodies("diadem", "ais.particulars"))
        await receiver.stop()
        await record.until(lambda: len(record.links) == 2)
        await receiver.start()
        await record.up(2)
        await receiver.send(sentence("YXMTW,18,C"))
        await record.until(lambda: record.values("gateway-1", "water_temperature") == [17.75, 18.0])
        await receiver.stop()
    assert record.values("mmsi-366053209", "course") == [219.3]
    place = f"127.0.0.1:{receiver.port}"
    assert reasons(door) == [f"{place}: is no NMEA sentence", f"{place}: has the checksum 70, not 71"]


async def test_at_a_serial_port() -> None:
    ours, theirs = os.openpty()
    async with at_work(make_door("nmea", {"serial": os.ttyname(theirs), "baud": 4800})) as record:
        await record.up()
        os.write(ours, SHIP[:20])
        await asyncio.sleep(0.05)
        os.write(ours, SHIP[20:] + b"\r\n" + sentence("HEHDT,7.5,T") + b"\r\n")
        await record.until(lambda: record.values("gateway-1", "heading") == [7.5])
        assert record.values("mmsi-366053209", "course") == [219.3]
        os.close(theirs)
        os.close(ours)
        await record.until(lambda: len(record.links) == 2)
    assert "serial" in record.links[1] or "cannot be opened" in record.links[1]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "name either host and port, or serial"),
        ({"host": "x", "port": 1, "serial": "/dev/ttyUSB0"}, "name either host and port, or serial"),
        ({"host": "x"}, "port: is missing"),
        ({"serial": "/dev/ttyUSB0", "baud": 1}, "baud"),
    ],
)
def test_bad_settings_are_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("nmea", options)
