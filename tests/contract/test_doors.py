"""What every door must do, ours or a stranger's: say what it is, check its settings, wait, and stop when told to."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest

from s4.core.city import Source
from s4.core.clock import RealClock
from s4.core.errors import ConfigError, InputError
from s4.core.model import Observation, ObservationBatch
from s4.core.ports import Camera, Card, Door, Produced
from s4.core.registry import load, names
from tests.sensing.city import make_context

SECRET = "a-secret-of-some-length"
SNMP = {"version": "2c", "community": SECRET}
SOUND: dict[str, dict[str, Any]] = {
    "camera": {"url": "rtsp://127.0.0.1:9/stream"},
    "coap": {"push": [{"path": "/air"}]},
    "device": {},
    "http-poll": {"ask": [{"url": "http://127.0.0.1:9/"}]},
    "log": {"path": "door.log"},
    "lorawan-http": {"network": "chirpstack", "secret": SECRET},
    "modbus": {"host": "127.0.0.1", "port": 9, "registers": [{"property": "a", "address": 0}]},
    "mqtt": {"host": "127.0.0.1", "port": 9, "take": [{"topic": "a/#"}]},
    "mqtt-listener": {"port": 0},
    "nmea": {"host": "127.0.0.1", "port": 9},
    "onvif": {"url": "http://127.0.0.1:9/"},
    "opcua": {"url": "opc.tcp://127.0.0.1:9", "nodes": [{"node": "i=2258", "property": "time"}]},
    "series": {"path": "table.csv", "columns": {"t": {"column": "T"}}},
    "snmp": {**SNMP, "host": "127.0.0.1", "port": 9, "objects": [{"oid": "1.3.6.1.2.1.1.3.0", "property": "uptime"}]},
    "snmp-trap": SNMP,
    "syslog": {},
}
"""The least that each needs to be told. Nothing of what it is to connect to is there."""
LISTENING = {"coap": "port", "lorawan-http": "port", "snmp-trap": "port", "syslog": "udp"}
HEAVY = (
    "aiocoap",
    "asyncua",
    "cv2",
    "httpx",
    "numba",
    "paho",
    "pyais",
    "pymodbus",
    "pysnmp",
    "scipy",
    "serial",
    "uvicorn",
)
DOORS = names("s4.doors")


def sound(name: str) -> dict[str, Any]:
    options = dict(SOUND[name])
    if name in LISTENING:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            options[LISTENING[name]] = one.getsockname()[1]
    return options


def make(name: str, options: dict[str, Any], folder: Path) -> Door | Camera:
    source = Source("one-1", "square", name, options=options)
    door = load("s4.doors", name)(make_context(source, clock=RealClock(), folder=folder), source)
    assert isinstance(door, Door | Camera)
    return door


def test_every_door_is_examined() -> None:
    assert set(DOORS) <= set(SOUND), "say in SOUND what the new door needs"


@pytest.mark.parametrize("name", DOORS)
def test_it_says_what_it_is(name: str) -> None:
    kind = load("s4.doors", name)
    card = kind.card
    assert isinstance(card, Card)
    assert card.name == name
    assert card.title
    assert card.version
    assert card.purpose.endswith(".")
    assert card.limits.endswith(".")
    if not issubclass(kind, Camera):
        assert set(kind.produces) <= {Observation, ObservationBatch}
        assert kind.produces


@pytest.mark.parametrize("name", DOORS)
def test_it_names_a_setting_that_it_does_not_know_or_cannot_take(name: str, tmp_path: Path) -> None:
    make(name, sound(name), tmp_path)
    with pytest.raises(ConfigError, match=r"source\[one-1\]\.options\.nonsense: is not known here"):
        make(name, {**sound(name), "nonsense": 1}, tmp_path)
    for field in SOUND[name]:
        with pytest.raises(InputError, match=rf"source\[one-1\]\.options\.{field}"):
            make(name, {**sound(name), field: {"not": "this"}}, tmp_path)


@pytest.mark.parametrize("name", [name for name in DOORS if name not in {"camera", "series"}])
async def test_it_waits_for_what_is_not_there_and_stops_when_told_to(name: str, tmp_path: Path) -> None:
    door = make(name, sound(name), tmp_path)
    assert isinstance(door, Door)

    async def record(facts: Sequence[Produced]) -> None:
        assert facts
        assert all(isinstance(fact, Observation | ObservationBatch) for fact in facts)

    before = asyncio.all_tasks()
    task = asyncio.create_task(door.run(record))
    await asyncio.sleep(0.7)
    assert not task.done(), "it ended, or raised, because of what is not there"
    began = time.monotonic()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.1)
    assert time.monotonic() - began < 5
    assert asyncio.all_tasks() <= before, "it left tasks behind"
    assert all(raw.device and str(error) for raw, error in door.rejects())


EXTRAS = {
    "coap": ("aiocoap", "coap"),
    "http-poll": ("httpx", "http"),
    "modbus": ("pymodbus", "modbus"),
    "mqtt": ("paho", "mqtt"),
    "nmea": ("pyais", "nmea"),
    "onvif": ("httpx", "onvif"),
    "opcua": ("asyncua", "opcua"),
    "snmp": ("pysnmp", "snmp"),
    "snmp-trap": ("pysnmp", "snmp"),
}
"""The package that a door needs besides what s4 always brings, and the extra that installs it."""


@pytest.mark.parametrize("name", EXTRAS)
def test_a_package_that_is_not_installed_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, extra = EXTRAS[name]
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not there
    with pytest.raises(ConfigError, match=rf"source\[one-1\]\.door: .*pip install 's4allcities\[{extra}\]'"):
        make(name, sound(name), tmp_path)
    assert extra in (metadata("s4allcities").get_all("Provides-Extra") or [])


CONSTRUCT = """
from pathlib import Path
from tests.contract.test_doors import DOORS, HEAVY, make, sound
for name in DOORS:
    before = set(sys.modules)
    make(name, sound(name), Path("."))
    print(*(f"{name}: {one}" for one in HEAVY if one in set(sys.modules) - before))
"""


def test_checking_settings_loads_nothing_heavy(tmp_path: Path) -> None:
    """`s4 check` and the start of a city must not wait for libraries that nobody uses yet."""
    checkout = Path(__file__).parents[2]
    code = f"import sys; sys.path[:0] = [{str(checkout)!r}]{CONSTRUCT}"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=100)
    assert done.stdout.split() == []
