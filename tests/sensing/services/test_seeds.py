"""Every parser of the services, on seeds in `seeds/<parser>/` and on what becomes of them when bytes are changed.

A parser may give what it found or raise `InputError` with one line; anything else is a fault. Add a file to a folder
to make it a seed.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.sensing.services import soap
from s4.sensing.services.ais import Ais
from s4.sensing.services.lorawan import read_chirpstack, read_things_stack
from s4.sensing.services.nmea_sentence import checksum, read_instrument, read_sentence
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.sparkplug import Sparkplug
from s4.sensing.services.syslog_message import parse_syslog
from s4.sensing.services.zigbee import Zigbee2Mqtt
from tests.sensing.city import NOW
from tests.sensing.services.stand import read_or_reason
from tests.sensing.services.test_sparkplug import BIRTH, DEVICE_BIRTH

SEEDS = Path(__file__).parent / "seeds"


def zigbee(data: bytes) -> Parsed:
    reader = Zigbee2Mqtt("z")
    topic = "z/bridge/devices" if data.startswith(b"[") else "z/door"
    return reader.read(topic, data, NOW, retained=False)


def sparkplug(data: bytes) -> Parsed:
    """As the birth of a node, of a device, and as data of either, after sound births."""
    parsed = Parsed()
    for kind, device in (("NBIRTH", ""), ("DBIRTH", "/pit"), ("NDATA", ""), ("DDATA", "/pit"), ("NDEATH", "")):
        reader = Sparkplug()
        reader.read("spBv1.0/g/NBIRTH/e", BIRTH, NOW, retained=False)
        reader.read("spBv1.0/g/DBIRTH/e/pit", DEVICE_BIRTH, NOW, retained=False)
        parsed = reader.read(f"spBv1.0/g/{kind}/e{device}", data, NOW, retained=False)
        assert len(reader.asks()) <= 1
    return parsed


def chirpstack(data: bytes) -> Parsed:
    event = "status" if b"margin" in data else "location" if b"location" in data and b"rxInfo" not in data else "up"
    return read_chirpstack(event, data)


def syslog(data: bytes) -> Parsed:
    parsed, said = Parsed(), parse_syslog(data)
    parsed.event(said.host, "syslog", said.body, said.time)
    return parsed


def nmea(data: bytes) -> Parsed:
    """With the checksum made right again, so that what is behind it is reached."""
    parsed, ais = Parsed(), Ais()
    for line in data.splitlines():
        body = line[1:].rpartition(b"*")[0]
        text = line[:1] + body + b"*%02X" % checksum(body.decode("latin-1")) if body.isascii() else line
        sentence = read_sentence(text)
        parsed = ais.read(sentence, NOW) if sentence.kind in {"VDM", "VDO"} else read_instrument(sentence)
    return parsed


def onvif(data: bytes) -> Parsed:
    parsed = Parsed()
    for found in soap.notifications(soap.parse(data)):
        if isinstance(found, InputError):
            parsed.wrong.append(found)
        else:
            parsed.event("", found.topic, {"data": found.data}, found.time)
    return parsed


PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    "zigbee": zigbee, "sparkplug": sparkplug, "chirpstack": chirpstack, "things-stack": read_things_stack,
    "syslog": syslog, "nmea": nmea, "onvif": onvif,
}  # fmt: skip
FILES = sorted(path for path in SEEDS.glob("*/*") if path.is_file())


def test_every_parser_has_seeds() -> None:
    assert {path.parent.name for path in FILES} == PARSERS.keys()


@pytest.mark.parametrize("seed", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_seeds(seed: Path) -> None:
    read_or_reason(lambda: PARSERS[seed.parent.name](seed.read_bytes()))


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
        data[start:end] = draw(
            st.sampled_from(
                [b"", b"\x00", b"\xff", b'"', b"{", b"[", b"-", b"9" * 30, b"1e999", b"NaN", b"\n", b"<", b","]
            )
            | st.just(bytes(data[start:end]) * 2)
            | st.just(other[at : at + 12])
            | st.binary(max_size=4)
        )
    return seed.parent.name, bytes(data)


@given(mutants())
def test_mutants_of_seeds(mutant: tuple[str, bytes]) -> None:
    name, data = mutant
    read_or_reason(lambda: PARSERS[name](data))
