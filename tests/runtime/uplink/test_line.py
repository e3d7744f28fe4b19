"""A bad line between a real hub and a real edge site: in the end everything is there once, in order, urgent first."""

import asyncio
import random
from pathlib import Path

import pytest

from s4.core.model import Detection, ObservationBatch, Reading, Series
from s4.core.uplink import UplinkPolicy
from s4.runtime.streams import FACTS
from s4.runtime.uplink.ledger import Ledger, Way
from s4.runtime.uplink.levels import Level
from s4.runtime.uplink.ranks import Rank
from tests.runtime.uplink.pair import Pair, pair, plain, readings, receiver, until, urgent


async def all_there(two: Pair, batches: int, facts: int, patience_s: float = 60.0) -> None:
    """Everything is at the hub, each once; each kind of detection in its order."""
    wanted = {float(i) for i in range(batches * 20)}

    async def there() -> bool:
        values, ids = await two.hub.values(), await two.hub.detections()
        return len(values) >= len(wanted) and len(ids) >= 2 * facts

    await until(there, patience_s, 0.5)
    values = await two.hub.values()
    assert len(values) == len(wanted), "nothing twice"
    assert set(values) == wanted
    assert await two.hub.detections("gunshot") == [urgent(i).id for i in range(facts)]
    assert await two.hub.detections("loitering") == [plain(i).id for i in range(facts)]


async def steadily(two: Pair, first: int, last: int, pause_s: float = 0.05) -> None:
    for i in range(first, last):
        await two.edge.state(readings(i), plain(i), urgent(i))
        await asyncio.sleep(pause_s)


async def at(two: Pair, level: Level, patience_s: float = 40.0) -> None:
    line = two.edge.line
    assert line is not None
    await until(lambda: line.levels.level is level, patience_s)


async def test_over_a_good_line_everything_arrives_at_once(tmp_path: Path) -> None:
    async with pair(tmp_path) as two:
        await at(two, Level.ALL)
        await steadily(two, 0, 20)
        await all_there(two, 20, 20, 10)
        assert await two.hub.values() == [float(i) for i in range(400)], "readings in order, none thinned"
        stored = [(await end.stored(FACTS)) for end in (two.hub, two.edge)]
        above, below = ({(h["Nats-Msg-Id"], where, data) for where, data, h in found} for found in stored)
        assert above == below, "the same ids, the same bytes"
        known = await asyncio.to_thread(two.hub.archive.known, Detection, limit=100)
        assert {one.id: one.time for one in known} == {f(i).id: f(i).time for f in (plain, urgent) for i in range(20)}
        line = two.edge.line
        assert line is not None
        await until(lambda: not any(one.chunks for one in line.outbox.waiting().values()), 10)


async def test_its_state_reaches_the_hub_as_series_and_events(tmp_path: Path) -> None:
    async with pair(tmp_path) as two:
        await at(two, Level.ALL)
        names = ("round_trip", "loss", "queue", "queue_bytes", "queue_age", "level", "up")

        async def said() -> bool:
            return all([await two.hub.values(name) for name in names])

        await until(said, 30)
        assert 0 < (await two.hub.values("round_trip"))[-1] < 1
        events = await until(lambda: two.hub.events("uplink.level"), 20)
        assert (events[0].site, events[0].source, events[0].body["level"]) == ("square", "uplink-square", "thinned")


@pytest.mark.faults
async def test_a_cut_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.runtime.uplink.receiver.SILENT_AFTER_S", 4.0)
    async with pair(tmp_path) as two:
        await at(two, Level.ALL)
        await steadily(two, 0, 10)
        two.line.cut()
        await steadily(two, 10, 100)
        await at(two, Level.URGENT)
        await steadily(two, 100, 110)
        assert len(await two.edge.values()) == 110 * 20, "the edge goes on"
        two.line.mend()
        await all_there(two, 110, 110)
        arrived = await two.hub.detections()
        backlog = [i for i, name in enumerate(arrived) if int(name[-5:]) >= 20]
        kinds = ["urgent" in arrived[i] for i in backlog]
        assert kinds == sorted(kinds, reverse=True), "what is urgent comes before everything else that waited"
        said = await two.hub.events("uplink.silent")
        assert [(one.site, one.body) for one in said] == [("square", {"silent": True}), ("square", {"silent": False})]


@pytest.mark.faults
async def test_a_line_that_hangs_is_started_again(tmp_path: Path) -> None:
    """NATS holds the connection for good for minutes; our heartbeats do not."""
    async with pair(tmp_path) as two:
        await at(two, Level.ALL)
        await steadily(two, 0, 10)
        two.line.hang()
        await steadily(two, 10, 40)
        await at(two, Level.URGENT)
        two.line.mend()  # for new connections; the one that NATS holds stays dead
        taken = two.line.accepted
        await all_there(two, 40, 40, 60)
        assert two.line.accepted > taken
        assert (await two.edge.events("uplink.remedy"))[0].body["up"] is True, "NATS took it for alive"


@pytest.mark.slow
@pytest.mark.faults
async def test_a_slow_line_is_thinned_and_takes_everything_in_the_end(tmp_path: Path) -> None:
    async with pair(tmp_path) as two:
        await at(two, Level.ALL)
        two.line.delay_s = 1.0
        await at(two, Level.THINNED, 60)
        await steadily(two, 0, 30, 0.4)
        two.line.delay_s = 0.0
        await all_there(two, 30, 30, 90)
        aggregates = await two.hub.values("co2.count")
        assert 0 < sum(aggregates) <= 600, "of what came while it was slow"


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_line_that_breaks_at_random(tmp_path: Path, seed: int) -> None:
    async with pair(tmp_path) as two:
        two.line.breaks_s = 1.0
        two.line._chance.seed(seed)
        await steadily(two, 0, 200, 0.04)
        two.line.breaks_s = 0.0
        await all_there(two, 200, 200, 90)


def noise(number: int, chance: random.Random) -> ObservationBatch:
    """A thousand readings that cannot be compressed, 20 KB."""
    series = Series("co2-1", "noise", "[ppm]")
    found = [Reading(series, chance.getrandbits(60), chance.random()) for _ in range(1000)]
    return ObservationBatch.of("square", number, found)


@pytest.mark.slow
@pytest.mark.faults
async def test_what_is_given_up_on_a_full_disk_is_counted_and_told(tmp_path: Path) -> None:
    chance, batches = random.Random(1), 150
    async with pair(tmp_path, UplinkPolicy(max_mib=1)) as two:
        await at(two, Level.ALL)
        two.line.cut()
        await at(two, Level.URGENT)
        for i in range(batches):
            await two.edge.state(noise(i, chance), plain(i), urgent(i))
        await until(lambda: two.edge.line and two.edge.line.outbox.waiting()[Rank.URGENT].count >= batches, 30)
        await asyncio.sleep(11)  # readings are gathered for ten seconds
        two.line.mend()
        await until(lambda: two.hub.events("uplink.lost"), 40)

        async def there() -> bool:
            return len(await two.hub.detections()) >= 2 * batches

        await until(there, 40)
        assert two.edge.line is not None
        outbox = two.edge.line.outbox
        await until(lambda: not any(outbox.waiting()[rank].chunks for rank in (Rank.NORMAL, Rank.REST)), 40)
        assert await two.hub.detections("gunshot") == [urgent(i).id for i in range(batches)], "nothing urgent is lost"
        arrived = len(await two.hub.values("noise"))
        told = {one.body["rank"]: one.body["count"] for one in await two.hub.events("uplink.lost")}
        assert set(told) <= {"rest", "normal", "low", "high"}
        assert arrived + sum(count for rank, count in told.items() if rank in ("rest", "normal")) == 1000 * batches
        assert (tmp_path / "edge" / "outbox.sqlite").stat().st_size < 3 << 20


@pytest.mark.slow
@pytest.mark.faults
async def test_the_hub_may_forget_what_it_knew(tmp_path: Path) -> None:
    """A hub that was set up anew has no ledger: the site goes on with what it still has, nothing twice."""
    async with pair(tmp_path) as two:
        await at(two, Level.ALL)
        await steadily(two, 0, 20)
        await all_there(two, 20, 20)
        await two.hub.stop()
        for file in (tmp_path / "hub").glob("uplink.sqlite*"):
            file.unlink()
        await steadily(two, 20, 30)
        await two.hub.start([receiver(two.hub)])
        await all_there(two, 30, 30)


@pytest.mark.slow
@pytest.mark.faults
async def test_an_outbox_that_was_brought_back_from_a_copy(tmp_path: Path) -> None:
    """The hub knows numbers that the copy has never given: without another name all that is new would be dropped."""
    async with pair(tmp_path) as two:
        await at(two, Level.ALL)
        assert two.edge.line is not None
        was = two.edge.line.outbox.id
        await two.hub.stop()
        ledger = Ledger(tmp_path / "hub" / "uplink.sqlite")
        ledger.write({Way("square", was, rank): 1_000_000 for rank in Rank}, {})
        ledger.close()
        await two.hub.start([receiver(two.hub)])
        await steadily(two, 0, 20)
        await all_there(two, 20, 20)
        assert two.edge.line.outbox.id != was
