"""What all services do with what they hear: whose it is, how it is judged, and what is bounded."""

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec
import pytest

from s4.core.city import Source
from s4.core.clock import NS_PER_S, ManualClock, RealClock
from s4.core.errors import ServiceError
from s4.core.model import Command, Observation, ObservationBatch
from s4.core.model.command import DEVICE_APPROVE
from s4.core.ports import Card, Context, Produced
from s4.core.profile import ClockPolicy, DeviceProfile, Resource
from s4.core.register import Register
from s4.sensing.checkpoint import Checkpoint
from s4.sensing.replay import RejectBox
from s4.sensing.services.gather import GatewayOptions, Gather
from s4.sensing.services.inbox import Inbox
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.service import Service
from tests.sensing.city import NOW, make_city
from tests.sensing.services.stand import at_work

GATEWAY = Source("gateway-1", "square", "mqtt")
OLD = NOW - 30 * 86_400 * NS_PER_S


def gather(*others: Source, register: bool = False, **options: object) -> tuple[Gather, RejectBox, Context]:
    air = DeviceProfile("air", (Resource("t", unit="Cel"),), clock=ClockPolicy(age_s=60 * 86_400))
    city = msgspec.structs.replace(make_city(), source=(GATEWAY, *others), profile=(air,))
    city.check()
    context = Context(city, ManualClock(NOW), {}, ".", Register(city) if register else None)
    refused = RejectBox("gateway-1", "test", context.clock)
    return Gather(context, GATEWAY, msgspec.convert(options, GatewayOptions), refused), refused, context


def one(device: str, value: float = 1.0, time: int | None = None, unit: str | None = None) -> Parsed:
    parsed = Parsed()
    parsed.reading(device, "t", value, unit, time)
    return parsed


def rows(found: list[object]) -> list[tuple[str, str, float, str, str]]:
    batches = [item for item in found if isinstance(item, ObservationBatch)]
    return [(r.series.source, r.series.property, r.value, r.series.unit, b.site) for b in batches for r in b]


def test_whose_it_is_and_where() -> None:
    known = Source("a-1", "stadium", "device", options={"units": {"t": "K"}})
    g, refused, _ = gather(known, names={"Old Name": "a-1"}, units={"t": "Cel"}, ranges={"t": (-50, 400)})
    for device in ("", "A 1", "Old Name", "New!"):
        g.take(one(device, 20.0, unit="Cel"), b"x", "where")
    assert rows(list(g.drain())) == [
        ("gateway-1", "t", 20.0, "Cel", "square"), ("new", "t", 20.0, "Cel", "square"),
        ("a-1", "t", 293.15, "K", "stadium"), ("a-1", "t", 293.15, "K", "stadium"),
    ]  # fmt: skip
    g.take(one("a-1", 500.0, unit="K"), b"x", "where")
    g.take(one("a-1", 1.0, OLD), b"x", "where")
    g.take(one("!!!"), b"x", "where")
    assert rows(list(g.drain())) == []
    said = [str(error) for _, error in refused.drain()]
    assert said[0].startswith("where, t.device: '!!!' cannot be made an id")
    assert said[1] == "where, t: 500 K is outside -50 to 400 K"
    assert said[2].startswith("where, t.time: 2026-04-01")


def test_a_device_with_a_profile_is_left_to_the_checkpoint() -> None:
    g, refused, _ = gather(Source("a-1", "square", "device", profile="air", via="gateway-1"))
    g.take(one("a-1", 20.0, OLD), b"x", "where")
    assert len(rows(list(g.drain()))) == 1
    assert refused.drain() == []


def test_a_device_that_is_let_in_later() -> None:
    """Unknown at first, it is passed on and held; approved by a person with a profile, it is taken by that."""
    g, _, context = gather(register=True)
    checkpoint = Checkpoint(context, "gateway-1")

    def through() -> list[tuple[str, str, float, str, str]]:
        g.take(one("new-1", 20.0), b"x", "where")
        return rows(list(checkpoint.take(g.drain())))

    assert through() == []
    assert context.register is not None
    parameters = {"profile": "air", "via": "gateway-1"}
    decision = Command(
        "cmd-1", 1, NOW, "stadium", DEVICE_APPROVE, "new-1", "approved", "operator", parameters=parameters
    )
    assert context.register.take([decision]) == ["new-1"]
    assert through() == [("new-1", "t", 20.0, "Cel", "stadium")]


def test_no_more_devices_than_are_allowed() -> None:
    g, refused, _ = gather(most_devices=2)
    for device in ("a", "b", "c", "a"):
        g.take(one(device), b"x", "where")
    assert [row[0] for row in rows(list(g.drain()))] == ["a", "b", "a"]
    assert [str(error) for _, error in refused.drain()] == ["where, t.device: more than 2 devices (most_devices)"]


def test_an_event_is_bounded() -> None:
    g, refused, _ = gather()
    parsed = Parsed()
    parsed.event("a", "big", {"x": "y" * 70_000})
    parsed.event("a", "s4.state", {"x": 1})
    parsed.event("a", "small", {"x": "y"})
    g.take(parsed, b"y" * 70_000, "where")
    (found,) = g.drain()
    assert isinstance(found, Observation)
    assert found.property == "small"
    assert len(refused.drain()) == 2


class Failing(Service):
    """A service whose session fails at once, with what it is told."""

    card = Card("failing", "1", "Failing", "Shows what a service does when it fails.")

    async def session(self) -> None:
        raise ServiceError("no answer")


async def test_a_loss_is_said_once_however_often_it_is_tried() -> None:
    context = Context(make_city(GATEWAY), ManualClock(NOW))
    door = Failing(context, GATEWAY)
    door.configure(GatewayOptions)
    door.first_backoff_s = 0.01  # type: ignore[misc] # tests do not wait for half a second each time
    async with at_work(door) as record:
        await asyncio.sleep(0.3)
    assert record.links == ["down: no answer"]


class Steady(Service):
    """A service whose connection stands and brings two messages, then none."""

    card = Card("steady", "1", "Steady", "Shows what a service says of itself.")

    async def session(self) -> None:
        await self.up()
        self.take(one("a"), b"1", "here")
        self.take(one("a"), b"2", "here")
        await self.flush()
        await asyncio.Event().wait()


async def test_a_link_that_stands_says_so_even_when_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.sensing.services.service.BEAT_S", 0.1)
    door = Steady(Context(make_city(GATEWAY), RealClock()), GATEWAY)
    door.configure(GatewayOptions)
    said = list[tuple[str, str, float, str, str]]()

    async def record(facts: Sequence[Produced]) -> None:
        said.extend(row for row in rows(list(facts)) if row[1] == "message_rate")

    task = asyncio.create_task(door.run(record))
    await asyncio.sleep(0.5)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert [row[0] for row in said[:3]] == ["gateway-1"] * 3
    assert 10 < said[0][2] <= 20.5  # two messages in a tenth of a second
    assert [row[2] for row in said[1:]] == [0.0] * (len(said) - 1)


async def test_a_full_inbox_makes_the_thread_wait() -> None:
    inbox: Inbox[int] = Inbox(10, asyncio.get_running_loop())

    def fill() -> None:
        for number in range(100):
            inbox.put(number)

    putting = asyncio.create_task(asyncio.to_thread(fill))
    await asyncio.sleep(0.1)
    assert not putting.done()
    got = list[int]()
    while len(got) < 100:
        got += await inbox.take(7)
    assert got == list(range(100))
    await putting
    inbox.close("over")
    with pytest.raises(ServiceError, match="over"):
        await inbox.take(1)
    inbox.put(1)  # what comes after the end is dropped
