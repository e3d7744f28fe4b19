"""Commands are carried out, doors close and open, the feed tells each fact once, a start tells what was not told."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nats.errors import ConnectionClosedError
from sqlalchemy import Engine

from s4.core.archive import Recorded
from s4.core.city import Outlet as OutletRow
from s4.core.city import Source
from s4.core.clock import RealClock
from s4.core.errors import CapacityError, ServiceError
from s4.core.model import Command, Fact, Observation, ObservationBatch, Raw, Reading, Series, revision_of
from s4.core.ports import Context, Door, Outlet, Record, SendMqtt
from s4.core.profile import CommandSpec, DeviceProfile, Parameter
from s4.runtime import deadletters, runner_dispatch, runner_history
from s4.runtime.bus import Bus
from s4.runtime.feed import LiveFeed
from s4.runtime.history.reader import HistoryReader
from s4.runtime.history.writer import readings_writer
from s4.runtime.nats_config import RUNNER
from s4.runtime.nats_server import NatsServer
from s4.runtime.pull import PullPlan
from s4.runtime.runner import RunPlan, running
from s4.runtime.runner_commands import CommandHost
from s4.runtime.runner_dispatch import Dispatch
from s4.runtime.runner_door import DoorHost
from s4.runtime.runner_history import HistoryHost
from s4.runtime.streams import FACTS
from tests.runtime.conftest import CITY
from tests.runtime.facts import START, command, detection, incident
from tests.runtime.hosts import CARD, TOWN, Desk, at_work
from tests.runtime.test_bus import read


@pytest.fixture
def desk(bus: Bus, engine: Engine) -> Desk:
    return Desk(bus, engine)


class Gate(Outlet):
    """An outlet that does not answer the first `fails` times."""

    card = CARD

    def __init__(self, fails: int = 0, error: type[Exception] = ServiceError) -> None:
        super().__init__(Context(TOWN, RealClock()), TOWN.outlet[0])
        self.fails, self.error, self.told = fails, error, list[int]()

    async def deliver(self, command: Command, send_mqtt: SendMqtt) -> Command:
        self.told.append(command.attempts)
        if self.fails > 0:
            self.fails -= 1
            raise self.error("no answer")
        return msgspec.structs.replace(command, state="sent")


def new(name: str = "cmd-1", **more: Any) -> Command:
    return command(name, time=time.time_ns(), **more)


async def until(desk: Desk, name: str, *states: str) -> Command:
    def there() -> bool:
        one = desk.archive.one(Command, name)
        return one is not None and one.state in states

    await desk.until(there)
    found = desk.archive.one(Command, name)
    assert found is not None
    return found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again after 0.3 s instead of 5."""
    monkeypatch.setattr(runner_dispatch, "_AGAIN_S", 0.3)


def commands(desk: Desk, *outlets: Outlet) -> CommandHost:
    return CommandHost(Dispatch(outlets, desk.bus, desk.clock), CITY, desk.bus, desk.recorder, desk.archive, desk.clock)


async def answer(desk: Desk, name: str) -> None:
    """The device is done; said again if it crossed a revision of the host's on its way, as `follow` does."""
    while (one := desk.archive.one(Command, name)) is not None and one.state != "done":
        await desk.recorder.out([msgspec.structs.replace(one, revision=one.revision + 1, state="done")])


@pytest.mark.parametrize("error", [ServiceError, ZeroDivisionError])
async def test_an_outlet_that_fails_is_asked_again(desk: Desk, quick: None, error: type[Exception]) -> None:
    gate = Gate(2, error)
    async with at_work(commands(desk, gate)):
        await desk.recorder.out([new()])
        await desk.until(lambda: len(gate.told) >= 3)
        await answer(desk, "cmd-1")
        told = len(gate.told)
        await asyncio.sleep(1.0)
    assert gate.told == list(range(told)), "an answered command is not sent again"
    assert told >= 3


async def test_a_command_that_nobody_answers_fails(desk: Desk, quick: None) -> None:
    gate = Gate()
    async with at_work(commands(desk, gate)):
        await desk.recorder.out([new()])
        assert (await until(desk, "cmd-1", "failed")).detail == "no answer after 5 attempts"
    assert gate.told == [0, 1, 2, 3, 4]


PROFILE = DeviceProfile(
    "gate", (),
    commands=(
        CommandSpec("device.set", ack_s=0.3, retries=1, parameters=(Parameter("speed", range=(0, 1), required=False),)),
        CommandSpec("bell.ring", ack_s=0.3, retries=5, idempotent=False),
    ),
)  # fmt: skip
PROFILED = msgspec.structs.replace(
    TOWN, profile=(PROFILE,), source=(*TOWN.source, Source("gate-1", "square", profile="gate")),
    outlet=(OutletRow("gate-1", "square", "test", ("device.set", "bell.ring")),),
)  # fmt: skip


class Profiled(Gate):
    """A gate whose profile is known, which reaches its device through the runner's own sender."""

    def __init__(self) -> None:
        super().__init__()
        self.context, self.outlet = Context(PROFILED, RealClock()), PROFILED.outlet[0]

    async def deliver(self, command: Command, send_mqtt: SendMqtt) -> Command:
        await send_mqtt("s4/out/gate-1/x", b"")
        self.told.append(command.attempts)
        return msgspec.structs.replace(command, state="sent")


async def test_the_profile_says_how_long_and_how_often(desk: Desk) -> None:
    gate = Profiled()
    async with at_work(commands(desk, gate)):
        await desk.recorder.out([new("a"), new("b", action="bell.ring"), new("c", parameters={"speed": 7.0})])
        assert (await until(desk, "a", "failed")).detail == "no answer after 2 attempts"
        assert "not sent again" in (await until(desk, "b", "failed")).detail
        assert (await until(desk, "c", "failed")).detail == "parameters.speed: 7 is outside 0 to 1"
    assert sorted(gate.told) == [0, 0, 1]


async def test_what_certainly_was_not_sent_is_sent_again_whatever_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, fails = desk.bus.send_mqtt, [2]

    async def broken(topic: str, payload: bytes) -> None:
        if fails[0]:
            fails[0] -= 1
            raise ConnectionClosedError
        await real(topic, payload)

    monkeypatch.setattr(desk.bus, "send_mqtt", broken)
    gate = Profiled()
    async with at_work(commands(desk, gate)):
        await desk.recorder.out([new("b", action="bell.ring")])
        done = await until(desk, "b", "failed")
    assert (gate.told, done.attempts) == ([2], 3)
    assert [row.fact.state for row in desk.archive.revisions("b")][:3] == ["approved", "approved", "approved"]  # type: ignore[union-attr]


async def test_what_has_expired_is_never_carried_out(desk: Desk, quick: None) -> None:
    gate = Gate()
    async with at_work(commands(desk, gate)):
        await desk.recorder.out([new(expires=time.time_ns() - 1)])
        await until(desk, "cmd-1", "expired")
    assert gate.told == []


async def test_a_command_that_no_outlet_can_do_fails(desk: Desk) -> None:
    async with at_work(commands(desk, Gate())):
        await desk.recorder.out([new("a", action="device.reset"), new("b", target="gate-9")])
        await desk.recorder.out([new("c", action="incident.close", target="inc-1")])
        assert "no outlet can do 'device.reset'" in (await until(desk, "a", "failed")).detail
        assert "'gate-9'" in (await until(desk, "b", "failed")).detail
        assert (await until(desk, "c", "approved")).revision == 0, "that is for a stage"


async def test_a_device_that_was_approved_since_is_told_too(desk: Desk) -> None:
    late = Gate()
    late.outlet = OutletRow("gate-9", "square", "test", ("device.set",))
    dispatch = Dispatch((), desk.bus, desk.clock, newcomer=lambda name: late if name == "gate-9" else None)
    async with at_work(CommandHost(dispatch, CITY, desk.bus, desk.recorder, desk.archive, desk.clock)):
        await desk.recorder.out([new("a", target="gate-9"), new("b", target="gate-9", action="device.reset")])
        await until(desk, "a", "sent")
        assert "no outlet can do" in (await until(desk, "b", "failed")).detail
    assert late.told == [0]


async def test_what_was_approved_while_nobody_ran_is_carried_out(desk: Desk) -> None:
    desk.archive.record([new()], time.time_ns())  # committed, and killed before it was published
    gate = Gate()
    async with at_work(commands(desk, gate)):
        await until(desk, "cmd-1", "sent")
    assert gate.told == [0]


class Bell(Door):
    """A door that fails twice, then records one event, refuses one message, and ends."""

    card = CARD
    produces = (Observation,)
    tries = 0

    async def run(self, record: Record) -> None:
        self.tries += 1
        if self.tries == 1:
            raise ServiceError("the bell does not answer")
        if self.tries == 2:
            raise ZeroDivisionError
        await record([Observation("obs-1", "door-1", "bell", START, "square", START, {})])

    def rejects(self) -> list[tuple[Raw, CapacityError]]:  # type: ignore[override]
        return [(Raw("door-1", "bell", b"??", START), CapacityError("too loud"))] if self.tries == 3 else []


async def test_a_door_that_fails_is_opened_again_and_what_it_refused_is_kept(desk: Desk) -> None:
    door = Bell(Context(TOWN, desk.clock), TOWN.source[0])
    host = DoorHost(door, CITY, desk.bus, desk.recorder, desk.clock)
    await asyncio.wait_for(host.run(), 30)
    (state,) = desk.sources.states()
    assert (door.tries, state.accepted, state.detail) == (3, 1, "too loud")
    (letter,) = [letter async for letter in deadletters.read(desk.bus)]
    assert (letter.reason, letter.payload()) == ("too loud", b"??")


async def test_doors_close_while_history_is_behind_and_open_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_CLOSE_AT": 40, "_OPEN_AT": 10, "_LAG_EVERY_S": 0.05}.items():
        monkeypatch.setattr(runner_history, name, value)
    monkeypatch.setattr("s4.runtime.recorder._PATIENCE_S", 0.5)

    def one(number: int) -> list[ObservationBatch]:
        return [ObservationBatch.of("square", START, [Reading(Series("door-1", "force", "N"), START + number, 1.0)])]

    for number in range(60):
        await desk.recorder.take(one(number))
    host = HistoryHost(
        "readings", ObservationBatch, readings_writer(tmp_path), CITY, desk.bus, desk.clock, desk.recorder
    )  # fmt: skip
    await host.open()
    assert host._pull is not None
    await host._watch_lag(host._pull)
    with pytest.raises(CapacityError, match="nothing was taken"):
        await desk.recorder.take(one(60))
    task = asyncio.create_task(host.run())
    await asyncio.wait_for(desk.recorder._open.wait(), 20)
    await desk.recorder.take(one(61))
    await asyncio.sleep(0.5)
    host.stop()
    await asyncio.wait_for(task, 20)
    await desk.bus.drop(host._pull)
    assert HistoryReader(tmp_path).count("readings") == 61


async def collect(facts: AsyncIterator[Recorded], count: int) -> list[Recorded]:
    found: list[Recorded] = []
    async with asyncio.timeout(30):
        async for row in facts:
            found.append(row)
            if len(found) == count:
                break
    return found


async def test_the_feed_tells_each_fact_once_in_order_and_resumes(desk: Desk) -> None:
    feed = LiveFeed(desk.archive, desk.sources)
    desk.archive.on_record = feed.recorded
    await desk.recorder.out([incident("before")])
    live = asyncio.create_task(collect(feed.facts(desk.archive.newest()), 40))

    async def write(name: str) -> None:
        for number in range(20):
            await desk.recorder.out([incident(f"{name}-{number}"), incident("before")])

    await asyncio.gather(write("a"), write("b"))
    told = await live
    assert [row.cursor for row in told] == sorted({row.cursor for row in told})
    assert {row.fact.id for row in told} == {f"{name}-{i}" for name in "ab" for i in range(20)}
    assert await collect(feed.facts(told[9].cursor), 30) == told[10:]
    assert (await collect(feed.facts(0), 1))[0].fact.id == "before"


async def test_the_feed_hears_what_was_recorded_elsewhere(desk: Desk) -> None:
    feed = LiveFeed(desk.archive, desk.sources)
    await feed.listen(desk.bus, CITY)
    live = asyncio.create_task(collect(feed.facts(desk.archive.newest()), 1))
    await asyncio.sleep(0.3)
    began = time.monotonic()
    await desk.recorder.out([detection("elsewhere")])  # nobody told this feed but the bus
    assert (await live)[0].fact.id == "elsewhere"
    assert time.monotonic() - began < 10


async def told_on_the_bus(bus: Bus, count: int) -> list[str]:
    pull = await bus.pull(PullPlan(FACTS, "s4-listener", (f"s4.{CITY}.>",)), asyncio.Event(), start=0)
    found = await read(pull, lambda m: len(m) >= count)
    await asyncio.sleep(0.3)
    found += pull.take(99)
    await bus.drop(pull)
    return [msgspec.json.decode(message.data)["id"] for message in found]


async def test_a_start_tells_what_was_committed_and_not_published(desk: Desk, server: NatsServer, store: str) -> None:
    """As after a kill between the commit of a decision and its publication."""
    committed: Sequence[Fact] = [incident("known"), new("cmd-x", action="incident.close", target="known")]
    await desk.recorder.out(committed[:1])
    desk.archive.decide(committed[1:], ("ana", "close", "known", "", ""), time.time_ns())
    plan = RunPlan(TOWN, RealClock(), server.url, RUNNER, server.plan.runner_password, store, deliver=False)
    for _ in range(2):  # telling again is harmless
        async with running(plan) as parts:
            assert parts.archive.newest() == 2
            assert sorted(await told_on_the_bus(desk.bus, 2)) == ["cmd-x", "known"]
    assert [revision_of(row.fact) for row in desk.archive.revisions("cmd-x")] == [0]
