"""SNMP: polling Net-SNMP's own agent, v2c and v3; traps and informs from its own tools."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import ConfigError, InputError
from s4.runtime.sockets import free_port
from s4.sensing.services.snmp_trap import trap_event
from s4.sensing.services.snmp_users import check_engine, check_oid
from tests.sensing.services.stand import at_work, make_door, reasons
from tests.support.programs import find_in_sbin

COMMUNITY, AUTH, PRIV = "city-read-7", "auth-key-of-s4", "priv-key-of-s4"
V2 = {"version": "2c", "community": COMMUNITY}
V3 = {"version": "3", "user": "s4", "auth": "sha256", "auth_key": AUTH, "priv": "aes", "priv_key": PRIV}
OBJECTS = [
    {"oid": "1.3.6.1.2.1.1.3.0", "property": "uptime", "unit": "s", "scale": 0.01},
    {"oid": ".1.3.6.1.2.1.1.7.0", "property": "services"},
    {"oid": "1.3.6.1.2.1.1.5.0", "property": "name", "device": "Cabinet 7"},
    {"oid": "1.3.6.1.2.1.1.6.0", "property": "door", "words": {"open": 1, "shut": 0}},
    {"oid": "1.3.6.1.2.1.99.99.0", "property": "nothing"},
]


class Agent:
    """A snmpd in `folder` on a free port."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port(kind=socket.SOCK_DGRAM)
        self._program, self._folder = program, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self._folder / "state").mkdir(exist_ok=True)
        lines = [f"agentaddress udp:127.0.0.1:{self.port}", f"rocommunity {COMMUNITY} 127.0.0.1", "rouser s4 priv",
                 "sysName cabinet-7", "sysServices 72", "sysLocation open",
                 f'createUser s4 SHA-256 "{AUTH}" AES "{PRIV}"']  # fmt: skip
        (self._folder / "snmpd.conf").write_text("\n".join(lines) + "\n")
        env = {"SNMP_PERSISTENT_DIR": str(self._folder / "state"), "MIBS": "", "PATH": "/usr/bin:/bin"}
        command = [self._program, "-f", "-Lf", str(self._folder / "log"), "-C", "-c", str(self._folder / "snmpd.conf")]
        self._process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)  # fmt: skip

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    program = find_in_sbin("snmpd")
    if program is None:
        pytest.skip("no snmpd on this machine; scripts/system-packages installs it where possible")
    one = Agent(program, tmp_path)
    one.start()
    yield one
    one.stop()


def options(agent: Agent, **more: Any) -> dict[str, Any]:
    fixed = {"host": "127.0.0.1", "port": agent.port, "objects": OBJECTS, "period_s": 0.2, "timeout_s": 1.0}
    return {**fixed, **more}


@pytest.mark.parametrize("who", [V2, V3], ids=["v2c", "v3"])
async def test_an_agent_is_asked(agent: Agent, who: dict[str, Any]) -> None:
    door = make_door("snmp", options(agent, **who))
    async with at_work(door) as record:
        await record.until(lambda: len(record.values("gateway-1", "services")) >= 3)
    uptime = record.values("gateway-1", "uptime")
    assert 0 <= uptime[0] <= uptime[-1] < 60
    assert record.unit("gateway-1", "uptime") == "s"
    assert set(record.values("gateway-1", "services")) == {72.0}
    assert set(record.values("gateway-1", "door")) == {1.0}
    assert record.bodies("cabinet-7", "name")[0] == {"value": "cabinet-7"}
    assert reasons(door) == ["1.3.6.1.2.1.99.99.0: the agent does not have it"]


async def test_the_agent_goes_and_comes_back(agent: Agent) -> None:
    async with at_work(make_door("snmp", options(agent, **V2))) as record:
        await record.up()
        agent.stop()
        await record.until(lambda: len(record.links) == 2)
        agent.start()
        await record.up(2)
    assert "does not answer" in record.links[1]


async def test_who_is_not_known_gets_no_answer(agent: Agent) -> None:
    for who in ({**V2, "community": "guessed"}, {**V3, "auth_key": "not-the-right-one"}):
        async with at_work(make_door("snmp", options(agent, **who, timeout_s=0.5))) as record:
            await record.until(lambda record=record: record.links)  # type: ignore[misc]
        assert record.links[0].startswith("down: ")
        assert "guessed" not in record.links[0]
        assert "not-the-right-one" not in record.links[0]


@contextmanager
def tool(name: str) -> Iterator[str]:
    program = find_in_sbin(name)
    if program is None:
        pytest.skip(f"no {name} on this machine; scripts/system-packages installs it where possible")
    yield program


LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
ENGINE = "80001f8880e9630000d61ff449"


async def run(*command: str) -> None:
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=20, env={"MIBS": "", "PATH": "/usr/bin:/bin"})


async def test_traps_and_informs_by_community() -> None:
    with tool("snmptrap") as program:
        port = free_port(kind=socket.SOCK_DGRAM)
        door = make_door("snmp-trap", {**V2, "port": port, "traps": {LINK_DOWN: "link_down"}})
        to = f"127.0.0.1:{port}"
        async with at_work(door) as record:
            await record.up()
            variables = ["1.3.6.1.2.1.2.2.1.1.3", "i", "3", "1.3.6.1.2.1.2.2.1.2.3", "s", "eth 0/3"]
            await run(program, "-v", "2c", "-c", "stranger", to, "", LINK_DOWN)
            await run(program, "-v", "2c", "-c", COMMUNITY, to, "12345", LINK_DOWN, *variables)
            await run(program, "-Ci", "-v", "2c", "-c", COMMUNITY, to, "", "1.3.6.1.4.1.9.9.1")
            await record.until(lambda: len(record.events) == 2)
        assert record.bodies("127-0-0-1", "link_down") == [{
            "trap": LINK_DOWN, "uptime_s": 123.45,
            "variables": {"1.3.6.1.2.1.2.2.1.1.3": 3.0, "1.3.6.1.2.1.2.2.1.2.3": "eth 0/3"},
        }]  # fmt: skip
        assert record.events[1].property == "trap.1.3.6.1.4.1.9.9.1"


async def test_traps_of_a_user() -> None:
    with tool("snmptrap") as program:
        port = free_port(kind=socket.SOCK_DGRAM)
        door = make_door("snmp-trap", {**V3, "port": port, "engines": [ENGINE]})
        keys = ["-v", "3", "-e", "0x" + ENGINE, "-u", "s4", "-l", "authPriv", "-a", "SHA-256", "-x", "AES", "-X", PRIV]
        async with at_work(door) as record:
            await record.up()
            await run(program, *keys, "-A", "not-the-right-one", f"127.0.0.1:{port}", "", LINK_DOWN)
            await run(program, *keys, "-A", AUTH, f"127.0.0.1:{port}", "", LINK_DOWN)
            await record.until(lambda: record.events)
            await asyncio.sleep(0.3)
        assert [one.body["trap"] for one in record.events] == [LINK_DOWN]


async def test_nonsense_by_udp_does_no_harm() -> None:
    port = free_port(kind=socket.SOCK_DGRAM)
    async with at_work(make_door("snmp-trap", {**V2, "port": port})) as record:
        await record.up()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            for data in (b"", b"\x30", b"\x30\x82\xff\xff", b"x" * 1_000):
                one.sendto(data, ("127.0.0.1", port))
        await asyncio.sleep(0.3)
        with tool("snmptrap") as program:
            await run(program, "-v", "2c", "-c", COMMUNITY, f"127.0.0.1:{port}", "", LINK_DOWN)
            await record.until(lambda: record.events)


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        async with at_work(make_door("snmp-trap", {**V2, "port": port})) as record:
            await record.until(lambda: record.links)
            began = time.monotonic()
    assert f"cannot listen on 127.0.0.1:{port}" in record.links[0]
    assert time.monotonic() - began < 5


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
def test_identifiers(levels: list[int]) -> None:
    text = ".".join(map(str, [1, *levels]))
    assert check_oid("." + text) == check_oid(text) == text


@pytest.mark.parametrize("text", ["", "1", "3.1", "1.03", "1..3", "1.x", "1.3." * 100])
def test_what_is_no_identifier(text: str) -> None:
    with pytest.raises(InputError):
        check_oid(text)


def test_what_is_no_engine() -> None:
    with pytest.raises(InputError):
        check_engine("0x12")
    assert check_engine("0x" + ENGINE) == bytes.fromhex(ENGINE)


@given(st.lists(st.tuples(st.text(max_size=20), st.none() | st.text() | st.binary() | st.floats(allow_nan=False))))
def test_any_variables(bindings: list[tuple[str, Any]]) -> None:
    name, body = trap_event(bindings, {})
    assert len(name) <= 64
    assert "trap" in body


@pytest.mark.parametrize(
    ("door", "given", "complaint"),
    [
        ("snmp", {"version": "2c"}, "community: is missing"),
        ("snmp", {"version": "3"}, "user: is missing"),
        ("snmp", {**V3, "auth_key": "short"}, "auth_key: is missing or shorter than 8"),
        ("snmp", {**V3, "auth": "none", "auth_key": ""}, "no encryption without authentication"),
        ("snmp", {**V2, "objects": [{"oid": "1", "property": "x"}]}, r"objects\[0\]\.oid: '1' is no object identifier"),
        ("snmp-trap", {**V3, "engines": ["xyz"]}, r"engines\[0\]: 'xyz' is no engine id"),
        ("snmp-trap", {**V2, "community_file": "nothing"}, "one of the two"),
    ],
)
def test_bad_settings_are_named(door: str, given: dict[str, Any], complaint: str) -> None:
    fixed: dict[str, Any] = {"host": "127.0.0.1", "objects": OBJECTS} if door == "snmp" else {}
    with pytest.raises(ConfigError, match=complaint):
        make_door(door, {**fixed, **given})
