"""The power goes while s4 acknowledges: on the disk is what an acknowledgement promises (docs/decisions)."""

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest

from s4.core.errors import ConflictError, ServiceError
from s4.core.model import Command
from s4.runtime.history.layout import pieces
from s4.runtime.history.reader import HistoryReader
from s4.runtime.sockets import free_port
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from s4.shield.audit import verify
from tests.runtime.facts import command
from tests.runtime.faults import in_history, plain, reading, settled, write_city
from tests.support.city import Town
from tests.support.disk import Disk, NoDiskError, formatted, mounted
from tests.support.mqtt import Publisher

pytestmark = pytest.mark.faults
MOST = 40_000
NAMES = ("careful", "poster")
PROMISED_S = {"1s": 3.0, "always": 0.0}
"""How long ago something may have been acknowledged and yet be lost: the sync interval, twice (a sync that has just
begun holds nothing of what comes after), and what a loaded machine adds.
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with ExitStack() as stack:
        try:
            found = stack.enter_context(formatted(tmp_path / "disk.img"))
        except NoDiskError as error:
            pytest.skip(f"needs root, loop devices and mkfs.ext4 ({error})")
        yield found


@dataclass
class Load:
    """Observations and decisions that keep coming; `acknowledged`: when each was, by device and index."""

    town: Town
    secrets: dict[str, str]
    start: int
    acknowledged: dict[str, dict[int, float]] = field(default_factory=lambda: {name: {} for name in NAMES})
    decided: list[str] = field(default_factory=list)
    gate: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False

    async def publish(self) -> None:
        def on_ack(index: int) -> None:
            self.acknowledged["careful"][index] = time.monotonic()

        publisher = Publisher(
            self.town.mqtt_port, "careful", self.secrets["careful"], window=64, pace_s=0.03, on_ack=on_ack
        )
        await publisher.send(plain("careful", MOST, self.start))

    async def post(self) -> None:
        headers = {"authorization": f"Bearer {self.secrets['poster']}", "content-type": "application/x-ndjson"}
        async with httpx.AsyncClient(timeout=30, headers=headers) as client:
            for first in range(0, MOST, 10):
                rows = [reading(i / 2, self.start + i, property="level") for i in range(first, first + 10)]
                body = "\n".join(map(json.dumps, rows)).encode()
                answer = await client.post(f"{self.town.http}/ingest/poster", content=body)
                assert answer.status_code == 202
                self.acknowledged["poster"].update(dict.fromkeys(range(first, first + 10), time.monotonic()))
                await asyncio.sleep(0.02)

    def decide(self) -> None:
        """Decisions, as fast as they are committed (this runs in a thread of its own)."""
        engine = open_engine(store_url("", self.town.data))
        archive, number = SqlArchive(engine), 0
        while not self.over:
            with self.gate:
                name = f"cmd-{number}"
                try:
                    archive.decide([command(name, state="done")], ("ana", "approve", name, "", ""), time.time_ns())
                    self.decided.append(name)
                    number += 1
                except (ConflictError, ServiceError):
                    continue  # not committed, and said so
            time.sleep(0.01)
        engine.dispose()


def cut(load: Load, disk: Disk, image: Path) -> tuple[dict[str, dict[int, float]], list[str], float]:
    """Hold everybody still, copy the disk, and say what had been acknowledged until then, and when that was."""
    assert load.town.process is not None
    with load.gate:
        bus = int((load.town.data / "nats.pid").read_text())
        for pid in (load.town.process.pid, bus):
            os.kill(pid, signal.SIGSTOP)
        now, acknowledged = time.monotonic(), {name: dict(times) for name, times in load.acknowledged.items()}
        decided = list(load.decided)
        disk.cut_power(image)
        load.over = True
        for pid in (bus, load.town.process.pid):
            os.kill(pid, signal.SIGKILL)
        load.town.process.wait(timeout=30)
    return acknowledged, decided, now


async def until_the_cut(
    town: Town, disk: Disk, image: Path, start: int
) -> tuple[dict[str, dict[int, float]], list[str], float]:
    load = Load(town, town.let_in(*NAMES, "careless", "doors"), start)
    os.sync()  # credentials and the city's description are older than the run
    town.start()
    try:
        await asyncio.to_thread(town.wait_ready)
        decider = threading.Thread(target=load.decide)
        decider.start()
        work = [asyncio.create_task(load.publish()), asyncio.create_task(load.post())]
        shelf = town.data / "history" / "readings"
        async with asyncio.timeout(120):
            while len(list(shelf.glob("hour=*/*.parquet"))) < 2:
                await asyncio.sleep(0.1)
        await asyncio.sleep(2.4)
        for task in work:
            assert not task.done()
        found = cut(load, disk, image)
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        decider.join(40)
        return found
    finally:
        load.over = True
        town.end()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("sync", ["1s", pytest.param("always", marks=pytest.mark.slow)])
async def test_what_a_power_cut_leaves(tmp_path: Path, disk: Disk, sync: str) -> None:
    write_city(disk.folder)
    town, start = (
        Town(disk.folder, free_port(), free_port(), options=["--sync", sync]),
        time.time_ns(),
    )
    acknowledged, decided, when = await until_the_cut(town, disk, tmp_path / "after.img", start)
    with mounted(tmp_path / "after.img") as left:
        after = Town(left.folder, town.http_port, town.mqtt_port, options=["--sync", sync])
        check_files(after)
        check_decisions(after, decided)
        after.start()
        try:
            await settled(after, 60)
            assert await asyncio.to_thread(after.stop) == 0
        finally:
            after.end()
        for name in NAMES:
            check_readings(after, name, acknowledged[name], start, when, PROMISED_S[sync])
    print(f"\n--sync {sync}: all {len(decided)} decisions there")


def check_files(town: Town) -> None:
    """Every file of the history that has its name is whole."""
    found = pieces(town.data / "history", "readings")
    for piece in found:
        assert pq.read_table(piece.path).num_rows > 0
    assert found
    assert HistoryReader(town.data / "history").count("readings") > 0


def check_decisions(town: Town, decided: list[str]) -> None:
    """Every decision that was committed is there, and the audit log is unbroken."""
    engine = open_engine(store_url("", town.data))
    archive = SqlArchive(engine)
    there = {one.id for one in archive.known(Command, limit=100_000)}
    entries = archive.audit(limit=100_000)
    engine.dispose()
    assert decided
    assert set(decided) <= there
    assert verify(entries) is None
    assert {entry.target for entry in entries} == there


def check_readings(
    town: Town, name: str, acknowledged: dict[int, float], start: int, when: float, promised_s: float
) -> None:
    """What was acknowledged longer ago than promised is there; nothing is there that was not sent."""
    found = in_history(town, name, MOST, start)
    missing = {index: when - at for index, at in acknowledged.items() if index not in found}
    oldest = max(missing.values(), default=0.0)
    print(f"\n{name}: {len(acknowledged)} acknowledged, {len(missing)} lost, the oldest {oldest:.2f} s before the cut")
    assert all(values == [i / 2] for i, values in found.items())
    assert oldest <= promised_s, f"{len(missing)} of {len(acknowledged)}"
