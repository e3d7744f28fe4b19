"""A stage at work: stopped, killed, poisoned, failing; in the end the same facts as if nothing had happened."""

import asyncio
import random
from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import Engine

from s4.core.clock import NS_PER_S, ManualClock
from s4.core.errors import InputError, ServiceError
from s4.core.model import Detection, Word
from s4.core.ports import Produced
from s4.runtime import deadletters
from s4.runtime.bus import Bus, Outgoing
from s4.runtime.runner import _keep
from s4.runtime.streams import DEAD
from tests.runtime.conftest import CITY
from tests.runtime.facts import START
from tests.runtime.hosts import CARD, Counter, Desk, at_work, event, killed


@pytest.fixture
def desk(bus: Bus, engine: Engine) -> Desk:
    return Desk(bus, engine)


@pytest.mark.faults
@pytest.mark.parametrize("seed", [1, 2])
async def test_stopped_and_killed_anywhere_it_states_the_same(desk: Desk, seed: int) -> None:
    """Ids hold the count, so one fact lost, doubled or out of order would change all that follow."""
    chance, sent = random.Random(seed), 0
    for life in range(6):
        host = desk.host()
        async with at_work(host) as task:
            for _ in range(3):
                await desk.send(*(event(i) for i in range(sent, sent + 40)))
                sent += 40
                await asyncio.sleep(chance.random() * 0.4)
            if life % 2:
                await killed(task, host)
    async with at_work(desk.host()):
        await desk.until(lambda: len(desk.counted()) >= sent)
        await asyncio.sleep(0.3)
    assert desk.counted() == list(range(1, sent + 1))


async def test_poison_is_buried_and_the_rest_goes_on(desk: Desk) -> None:
    async with at_work(desk.host()):
        await desk.send(event(1), event(2, poison="input"), event(3), event(4, poison="fault"), event(5))
        await desk.bus.publish([Outgoing(f"s4.{CITY}.square.observation.event.state", b"no JSON")])
        await desk.send(event(6))
        await desk.until(lambda: len(desk.counted()) >= 4)
        await asyncio.sleep(0.2)
    assert desk.counted() == [1, 2, 3, 4]
    letters = [letter async for letter in deadletters.read(desk.bus)]
    assert {(letter.stage, letter.reason[:25]) for letter in letters} == {
        ("counter", "body: is poison"),
        ("counter", "ZeroDivisionError: a faul"),
        ("counter", "observation: JSON is malf"),
    }


async def test_a_dead_letter_can_be_sent_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_work(desk.host()):
        await desk.send(event(1, poison="input"), event(2))
        await desk.until(lambda: len(desk.counted()) >= 1)
        (letter,) = [letter async for letter in deadletters.read(desk.bus)]
        assert b"poison" in letter.payload()
        monkeypatch.setattr(desk.stages[-1], "step", lambda facts, now: Counter.step(desk.stages[-1], facts[:0], now))
        await deadletters.replay(desk.bus, letter)
        await asyncio.sleep(0.3)
    assert [letter async for letter in deadletters.read(desk.bus)] == []


async def test_the_same_letter_is_kept_once_and_a_huge_one_is_cut(desk: Desk) -> None:
    huge = deadletters.letter("decode", "too long", "s4.in.d1.x", START, b"x" * 1_000_000)
    for _ in range(2):
        await asyncio.wait_for(desk.bus.publish([deadletters.outgoing(CITY, huge)]), 10)
    (letter,) = [letter async for letter in deadletters.read(desk.bus)]
    assert (letter.size, len(letter.payload())) == (1_000_000, 256 << 10)
    with pytest.raises(InputError, match="only the beginning of 1000000 bytes"):
        await deadletters.replay(desk.bus, letter)


async def test_the_newest_letters(desk: Desk) -> None:
    for i in range(5):
        await desk.bus.publish([deadletters.outgoing(CITY, deadletters.letter("s", str(i), "a.b.c.d.e", i, b""))])
    assert [letter.reason async for letter in deadletters.read(desk.bus, 2)] == ["3", "4"]
    await desk.bus.client.jetstream().delete_stream(DEAD)
    with pytest.raises(ServiceError, match="no dead-letter stream"):
        [letter async for letter in deadletters.read(desk.bus)]


async def test_a_failing_stage_begins_again_from_its_snapshot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record fails half-way, twice: the stage has counted, but nobody knows. Nothing may be counted twice."""
    real, fails = desk.recorder.out_soon, [False, True, True]

    async def out_soon(produced: list[Produced]) -> asyncio.Task[None] | None:
        if produced and fails and fails.pop(0):
            await real(produced[: len(produced) // 2])
            raise ServiceError("the store does not answer")
        return await real(produced)

    monkeypatch.setattr(desk.recorder, "out_soon", out_soon)
    async with at_work(desk.host(), _keep):
        await desk.send(*(event(i) for i in range(10)))
        await desk.until(lambda: len(desk.counted()) >= 10)
        await desk.send(*(event(i) for i in range(10, 50)))
        await desk.until(lambda: len(desk.counted()) >= 50)
    assert not fails
    assert len(desk.stages) == 3
    assert desk.counted() == list(range(1, 51))


async def test_a_repeat_beyond_the_bus_own_window_is_dropped(desk: Desk) -> None:
    async with at_work(desk.host()):
        await desk.send(event(1))
        message = Outgoing(f"s4.{CITY}.square.observation.event.state", msgspec.json.encode(event(1)))
        await desk.bus.publish([message])
        await desk.send(event(2))
        await desk.until(lambda: len(desk.counted()) >= 2)
    assert desk.counted() == [1, 2]


async def test_the_bus_is_told_how_far_a_stage_has_come(desk: Desk) -> None:
    async with at_work(desk.host()):
        await desk.send(*(event(i) for i in range(30)))
        await desk.until(lambda: len(desk.counted()) >= 30)
    async with asyncio.timeout(20):
        while True:  # it is told without an answer: a moment may pass
            (info,) = await desk.bus.client.jetstream().consumers_info("S4_OBSERVATIONS")
            if (info.num_ack_pending, info.num_pending) == (0, 0):
                return
            await asyncio.sleep(0.05)


async def test_another_version_starts_with_no_memory_where_the_old_one_stood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(desk.host()):
        await desk.send(event(1), event(2))
        await desk.until(lambda: len(desk.counted()) >= 2)
    monkeypatch.setattr(Counter, "card", msgspec.structs.replace(CARD, version="2"))
    async with at_work(desk.host()):
        await desk.send(event(3))
        await desk.until(lambda: len(desk.counted()) >= 3)
    assert desk.counted() == [1, 2, 1]


async def test_time_passes_in_whole_periods(desk: Desk) -> None:
    async with at_work(desk.host()):
        await desk.until(lambda: desk.stages[-1].state.ticks >= 5)
        assert desk.archive.known(Detection) == []


@pytest.mark.parametrize(("quiet_s", "ticks"), [(10, 20), (59, 118), (100_000, 121)])
async def test_a_quiet_time_is_told_period_by_period_then_at_once(
    desk: Desk, quiet_s: int, ticks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.clock = ManualClock(START)
    host, told = desk.host(), list[int]()

    def step(_facts: Sequence[Word], now: int) -> list[Detection]:
        told.append(now)
        return []

    monkeypatch.setattr(host.stage, "step", step)
    host._now = START
    host._catch_up(START + quiet_s * NS_PER_S)
    assert len(told) == ticks
    assert told[-1] == START + quiet_s * NS_PER_S
    assert all(instant % (NS_PER_S // 2) == 0 for instant in told)
    assert told == sorted(set(told))
