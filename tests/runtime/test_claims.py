"""A stage runs once on a bus: who comes second is told who has it, and a killed one holds nothing."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from s4.core.errors import ConfigError
from s4.runtime.bus import Bus
from s4.runtime.claims import claimed
from s4.runtime.nats_server import NatsServer
from s4.runtime.sockets import free_port
from tests.runtime.conftest import CITY, connect
from tests.support.city import CITY as TOWN
from tests.support.city import Town


async def test_the_second_is_told_who_has_it(server: NatsServer, bus: Bus) -> None:
    other = await connect(server)
    async with claimed(bus, CITY, ["associate", "rules"]):
        with pytest.raises(
            ConfigError, match=r"rules of this city runs on this bus already: process \d+ on \S+, since"
        ):
            async with claimed(other, CITY, ["rules", "video"]):
                pytest.fail("it came in")
        async with claimed(other, CITY, ["video"]), claimed(other, "elsewhere", ["rules"]):
            pass
    async with claimed(other, CITY, ["rules"]):
        pass
    await other.close()


async def test_a_killed_process_holds_nothing(server: NatsServer, bus: Bus) -> None:
    other = await connect(server)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(claimed(other, CITY, ["rules"]))
        await other.client._close(2, do_cbs=False)  # the connection is gone, nobody has said goodbye
        async with claimed(bus, CITY, ["rules"]):
            pass


@pytest.mark.parametrize("count", [2, 5])
async def test_of_those_that_start_together_one_goes_on(server: NatsServer, count: int) -> None:
    buses = [await connect(server) for _ in range(count)]
    over = asyncio.Event()

    async def start(bus: Bus) -> bool:
        try:
            async with claimed(bus, CITY, ["rules"]):
                await over.wait()
        except ConfigError:
            return False
        return True

    tasks = [asyncio.create_task(start(bus)) for bus in buses]
    await asyncio.sleep(1.5)
    over.set()
    assert sum(await asyncio.gather(*tasks)) == 1
    for bus in buses:
        await bus.close()


async def test_nonsense_is_not_answered(bus: Bus) -> None:
    async with claimed(bus, CITY, ["rules"]):
        for data in (b"", b"{}", b"\xff" * 100):
            await bus.client.publish(f"s4.claim.{CITY}", data, reply="somewhere")
        await bus.settle()
        with pytest.raises(ConfigError):
            async with claimed(bus, CITY, ["rules"]):
                pytest.fail("it came in")


async def test_s4_run_says_it(tmp_path: Path) -> None:
    """As a user would see it: one line, exit code 1; and the first goes on."""
    (tmp_path / "city.toml").write_text(TOWN)
    first = Town(tmp_path, free_port(), free_port())
    first.data.mkdir()
    first.start()
    try:
        where = await asyncio.to_thread(first.wait_ready)
        password = (first.data / "bus.secret").read_text()
        address = where["bus"].replace("nats://", f"nats://s4-runner:{password}@")
        options = ("--bus", address, "--store", f"sqlite:///{tmp_path / 'other.sqlite'}")
        second = Town(tmp_path, free_port(), free_port(), ("fusion",), options, "second")
        second.data.mkdir()
        second.start()
        assert second.process is not None
        assert await asyncio.to_thread(second.process.wait, 60) == 1
        (line,) = second.log().strip().splitlines()
        assert line.startswith("s4: associate of this city runs on this bus already: process ")
        assert str(where["pid"]) in line
        assert password not in line
        assert first.process is not None
        assert first.process.poll() is None
    finally:
        first.end()
