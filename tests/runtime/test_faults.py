"""s4 and its bus are killed again and again while observations come in: nothing acknowledged is lost or doubled."""

import asyncio
import time
from pathlib import Path

import pytest

from s4.runtime.sockets import free_port
from tests.runtime.faults import DEVICES, SPIKES, Killer, Outcome, Traffic, check_history, outcome, settled, write_city
from tests.support.city import Town

pytestmark = pytest.mark.faults
COUNTS = {"careful": 60_000, "careless": 10_000, "poster": 30_000, "pause_ms": 1000}
CALM = {"careful": 200, "careless": 100, "poster": 100}


def new_town(folder: Path, store: str) -> Town:
    folder.mkdir()
    write_city(folder)
    options = ["--store", store] if store else []
    return Town(folder, free_port(), free_port(), options=options)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def address(request: pytest.FixtureRequest) -> str:
    """The store: a file in the data folder, or a database."""
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else ""


async def undisturbed(folder: Path, start: int) -> Outcome:
    """The same doors are forced in a city where nothing is killed."""
    town = new_town(folder, "")
    secrets = town.let_in(*DEVICES)
    town.start()
    try:
        await asyncio.to_thread(town.wait_ready)
        traffic = Traffic(town, secrets, start, CALM)
        await traffic.send()
        await settled(town)
        assert await asyncio.to_thread(town.stop) == 0
        check_history(traffic)
        return outcome(town)
    finally:
        town.end()


async def disturbed(town: Town, start: int, counts: dict[str, int], kills: int, bus_kills: int) -> Traffic:
    """Send while killing, let it settle, stop it."""
    secrets = town.let_in(*DEVICES)
    killer = Killer.seeded(town, counts["careful"] + counts["poster"], kills, bus_kills, seed=kills)
    traffic = Traffic(town, secrets, start, counts)

    def on_ack(number: int) -> None:
        killer.count(number if number == 100 else 1)

    traffic.on_ack = on_ack
    town.start()
    try:
        await asyncio.to_thread(town.wait_ready)
        sending = asyncio.create_task(traffic.send())
        try:
            await killer.run(over=sending.done)
            await sending
        finally:
            sending.cancel()
        await settled(town)
        assert await asyncio.to_thread(town.stop) == 0, town.log()[-3000:]
    finally:
        town.end()
    assert (killer.done.count("s4"), killer.done.count("bus")) == (kills, bus_kills)
    return traffic


async def survive(tmp_path: Path, address: str, counts: dict[str, int], kills: int, bus_kills: int) -> None:
    start, began = time.time_ns(), time.monotonic()
    wanted = await undisturbed(tmp_path / "calm", start)
    town = new_town(tmp_path / "killed", address)
    traffic = await disturbed(town, start, counts, kills, bus_kills)
    took = time.monotonic() - began
    books = traffic.books.values()
    unacknowledged = sum(len(book.given_up) for book in books)
    stored = check_history(traffic)
    found = outcome(town, address)
    assert len(found.incidents) == SPIKES
    assert found.incidents == wanted.incidents, "the same incidents as without any kill, each once"
    assert found.detections == wanted.detections == dict.fromkeys(found.incidents, 1)
    assert found.risks == wanted.risks
    print(
        f"\n{sum(len(book.acknowledged) for book in books):,} acknowledged, {unacknowledged:,} not (of these"
        f" {stored:,} stored), {sum(book.repeated for book in books):,} sent again; s4 killed {kills} times,"
        f" the bus {bus_kills} times; {took:.0f} s"
    )


@pytest.mark.timeout(1200)
async def test_a_hundred_thousand_observations_and_fifteen_kills(tmp_path: Path, address: str) -> None:
    """About a minute on two cores."""
    await survive(tmp_path, address, COUNTS, kills=10, bus_kills=5)
