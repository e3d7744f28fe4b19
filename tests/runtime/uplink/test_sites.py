"""A hub and an edge site as a city would run them: real processes, killed while they work."""

import asyncio
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from s4.core.clock import RealClock
from s4.core.model import Detection
from s4.runtime.bus import Bus
from s4.runtime.nats_config import RUNNER
from s4.runtime.nats_server import runner_password
from s4.runtime.recorder import Recorder
from s4.runtime.sockets import free_port
from s4.runtime.sources import SourceBook
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from s4.runtime.wire import decode_batch
from s4.shield.credentials import Credentials
from tests.runtime.faults import SPIKES, in_history, plain, spikes, write_city
from tests.runtime.hosts import TOWN
from tests.runtime.uplink.pair import End
from tests.runtime.uplink.proxy import BadLine
from tests.support.city import Town
from tests.support.mqtt import Publisher

COUNT = 20_000
BELOW, ABOVE = ("sensing", "edge", "detection"), ("fusion", "risk", "response", "picture")


class City:
    """The hub, the edge site, and the line between them. Each is started as a user would start it."""

    def __init__(self, folder: Path) -> None:
        write_city(folder)
        port = free_port()
        self.line = BadLine(port)
        self.hub = Town(folder, free_port(), free_port(), ABOVE, ("--accept-sites", str(port)), "hub")
        self.edge = Town(
            folder, free_port(), free_port(), BELOW,
            ("--leaf", f"nats://127.0.0.1:{self.line.port}", "--leaf-secret", str(folder / "square.secret")), "edge",
        )  # fmt: skip
        self.hub.data.mkdir()
        secret = Credentials(self.hub.data / "credentials.json", RealClock()).add_site("square")
        path = folder / "square.secret"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secret)
        self.secrets = self.edge.let_in("careful", "doors")

    async def start(self) -> None:
        for town in (self.hub, self.edge):
            town.start()
        for town in (self.hub, self.edge):
            await asyncio.to_thread(town.wait_ready)

    def end(self) -> None:
        for town in (self.edge, self.hub):
            town.end()
        self.line.close()


async def send(city: City, device: str, messages: list[tuple[str, bytes]], pause_s: float = 0.0) -> Publisher:
    publisher = Publisher(city.edge.mqtt_port, device, city.secrets[device])
    if not pause_s:
        publisher.pace_s = 0.1
        await publisher.send(messages)
        return publisher
    for message in messages:
        await Publisher(city.edge.mqtt_port, device, city.secrets[device]).send([message])
        await asyncio.sleep(pause_s)
    return publisher


async def in_stream(town: Town) -> Counter[tuple[str, int, float]]:
    """How often each reading of the devices is in the stream of a town's bus."""
    where = await asyncio.to_thread(town.wait_ready)
    bus = await Bus.connect(where["bus"], user=RUNNER, password=runner_password(town.data))
    engine, clock = open_engine(store_url("", town.data)), RealClock()
    archive = SqlArchive(engine)
    try:
        recorder = Recorder("town", bus, archive, clock, SourceBook(TOWN, clock))
        end = End(town.data, None, bus, archive, recorder)  # type: ignore[arg-type]
        stored = await end.stored("S4_OBSERVATIONS")
    finally:
        await bus.close()
        engine.dispose()
    found: Counter[tuple[str, int, float]] = Counter()
    for subject, data, _ in stored:
        if subject.endswith(".readings"):
            found.update(
                (one.series.property, one.time, one.value)
                for one in decode_batch(data)
                if one.series.source in ("careful", "doors") and "." not in one.series.property
            )
    return found


async def known(town: Town, word: type) -> list[Detection]:
    engine = open_engine(store_url("", town.data))
    try:
        return await asyncio.to_thread(SqlArchive(engine).known, word, limit=10_000)
    finally:
        engine.dispose()


async def arrived(city: City, patience_s: float = 120.0) -> None:
    """Wait until the hub has every reading and every detection that the edge has, and the edge has all."""
    below: Counter[tuple[str, int, float]] = Counter()
    above = below
    async with asyncio.timeout(patience_s):
        while len(set(below)) < COUNT + SPIKES or above != below or len(await known(city.hub, Detection)) < SPIKES:
            await asyncio.sleep(1.0)
            above, below = await in_stream(city.hub), await in_stream(city.edge)


async def check(city: City, start: int) -> None:
    """The same at both ends, each once, and in history at both ends."""
    above, below = await in_stream(city.hub), await in_stream(city.edge)
    assert above == below, "what the edge recorded is at the hub exactly as often"
    assert set(above) >= {("level", start + i, i / 2) for i in range(COUNT)}
    ids = [{one.id: one.time for one in await known(town, Detection)} for town in (city.hub, city.edge)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == SPIKES
    for town in (city.edge, city.hub):
        assert await asyncio.to_thread(town.stop) == 0, town.log()[-3000:]
        found = await asyncio.to_thread(in_history, town, "careful", COUNT, start)
        assert found == {i: [i / 2] for i in range(COUNT)}


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [1])
async def test_killed_again_and_again_at_both_ends(tmp_path: Path, seed: int) -> None:
    """kill -9 of the edge, the hub and both buses while readings and alarms go up; about a minute and a half."""
    city, chance, start = City(tmp_path), random.Random(seed), time.time_ns()
    kills = ["edge", "hub", "edge bus", "hub bus", "edge", "hub", "line"]
    chance.shuffle(kills)
    try:
        await city.start()
        sending = asyncio.gather(
            send(city, "careful", plain("careful", COUNT, start)), send(city, "doors", spikes(start), 1.0)
        )
        try:
            for what in kills:
                await asyncio.sleep(2.0 + 2 * chance.random())
                await disturb(city, what)
            await sending
        finally:
            sending.cancel()
        await arrived(city)
        await check(city, start)
    finally:
        city.end()


async def disturb(city: City, what: str) -> None:
    town = city.edge if what.startswith("edge") else city.hub
    if what == "line":
        city.line.cut()
        await asyncio.sleep(3.0)
        city.line.mend()
    elif what.endswith("bus"):
        town.kill_bus()
    else:
        await asyncio.to_thread(town.kill)
        town.start()


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_the_hub_is_away_while_the_edge_goes_on(tmp_path: Path) -> None:
    """No hub at all: rules, history and alarms go on; when it comes, it gets everything."""
    city, start = City(tmp_path), time.time_ns()
    try:
        city.edge.start()
        await asyncio.to_thread(city.edge.wait_ready)
        await asyncio.gather(
            send(city, "careful", plain("careful", COUNT, start)), send(city, "doors", spikes(start), 0.1)
        )
        async with asyncio.timeout(60):
            while len(await known(city.edge, Detection)) < SPIKES:
                await asyncio.sleep(0.5)  # rules go on
        assert await asyncio.to_thread(city.edge.stop) == 0, "and it stops, with everything kept"
        city.edge.start()
        city.hub.start()
        await arrived(city)
        await check(city, start)
    finally:
        city.end()
