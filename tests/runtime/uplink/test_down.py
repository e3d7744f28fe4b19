"""What comes down to an edge site: commands for its devices, and decisions. Over real buses and a line that breaks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.city import City
from s4.core.city import Outlet as OutletRow
from s4.core.clock import RealClock
from s4.core.model import Command
from s4.core.ports import Context, Outlet, SendMqtt
from s4.core.profile import CommandSpec, DeviceProfile
from s4.runtime import runner_dispatch
from s4.runtime.runner_commands import CommandHost
from s4.runtime.runner_dispatch import Dispatch
from s4.runtime.streams import FACTS
from s4.runtime.uplink import decisions, orders
from s4.runtime.uplink.decisions import AskHost, TellHost, Told, concerns
from s4.runtime.uplink.orders import Order, OrderHost, Outcome, SiteOrders
from s4.runtime.uplink.remembered import Remembered
from s4.runtime.wire import encode_fact
from tests.runtime.conftest import CITY
from tests.runtime.facts import command
from tests.runtime.hosts import CARD, TOWN
from tests.runtime.uplink.pair import SITE, Pair, edge, hub, pair, receiver, until

CLOCK = RealClock()
PROFILE = DeviceProfile(
    "gate", (),
    commands=(CommandSpec("gate.close", ack_s=0.3, retries=9), CommandSpec("bell.ring", ack_s=0.3, retries=9,
                                                                          idempotent=False)),
)  # fmt: skip
ROW = OutletRow("gate-1", SITE, "test", ("gate.close", "bell.ring"))


class Gate(Outlet):
    """Writes down what it is told; near, as MQTT's outlet is."""

    card, near = CARD, True

    def __init__(self, city: City = TOWN) -> None:
        source = msgspec.structs.replace(city.source[0], id="gate-1", profile="gate")
        known = msgspec.structs.replace(city, profile=(PROFILE,), source=(*city.source, source), outlet=(ROW,))
        super().__init__(Context(known, CLOCK), ROW)
        self.told = list[str]()

    async def deliver(self, command: Command, send_mqtt: SendMqtt) -> Command:
        await send_mqtt("s4/out/gate-1/x", b"")
        self.told.append(command.id)
        return msgspec.structs.replace(command, state="sent", detail="published")


class Down:
    """Both ends with what goes down between them; `there` and `here` are the gates of site and hub."""

    def __init__(self, both: Pair) -> None:
        self.both, self.there, self.here = both, Gate(), Gate()
        self.remembered = Remembered(both.edge.folder / "downlink.sqlite")

    async def start(self) -> None:
        above, below = self.both.hub, self.both.edge
        sites = SiteOrders(above.bus, lambda: {SITE})
        dispatch = Dispatch((self.here,), above.bus, CLOCK, sites=sites)
        host = CommandHost(dispatch, CITY, above.bus, above.recorder, above.archive, CLOCK)
        await above.start([host, TellHost(above.bus, above.archive)])
        await below.start(self.below())

    def below(self) -> list[Any]:
        at = self.both.edge
        dispatch = Dispatch((self.there,), at.bus, CLOCK)
        return [
            OrderHost(SITE, at.bus, dispatch, self.remembered),
            AskHost(SITE, at.bus, at.recorder, self.remembered),
        ]

    def state(self, name: str) -> str:
        found = self.both.hub.archive.one(Command, name)
        return found.state if found else ""

    async def approve(self, *commands: Command) -> None:
        await self.both.hub.recorder.out(commands)


@pytest.fixture
async def down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Down]:
    monkeypatch.setattr(runner_dispatch, "_AGAIN_S", 0.3)
    monkeypatch.setattr(orders, "ANSWER_S", 1.0)
    monkeypatch.setattr(decisions, "ASK_S", 0.2)
    async with pair(tmp_path) as both:
        found = Down(both)
        await found.start()
        yield found


def new(name: str, action: str = "gate.close", **more: Any) -> Command:
    return command(name, time=CLOCK.now(), action=action, **more)


def decided(name: str, action: str, site: str = SITE, revision: int = 0) -> Command:
    return command(name, revision, action=action, site=site, target="cam-1", parameters={"definition": "{}"})


async def test_the_site_carries_it_out_and_the_hub_writes_it_down(down: Down) -> None:
    await down.approve(new("a"))
    await until(lambda: down.state("a") == "sent")
    assert (down.there.told[0], down.here.told) == ("a", [])
    found = down.both.hub.archive.one(Command, "a")
    assert found is not None
    assert found.detail == "published"
    assert 1 <= len(down.there.told) <= found.attempts  # on a slow machine an answer may come too late for the first
    assert down.both.edge.archive.one(Command, "a") is None, "how far it is, only the hub says"


async def test_while_the_line_is_cut_nothing_is_sent_and_then_it_is(down: Down) -> None:
    down.both.line.cut()
    await down.approve(new("a", "bell.ring"))
    row = await until(lambda: down.both.hub.archive.revisions("a")[1:])
    assert (row[0].fact.state, row[0].fact.detail) == ("approved", "attempt 1: the site square does not answer")
    down.both.line.mend()
    await until(lambda: down.state("a") in ("sent", "failed"))
    assert down.there.told == ["a"]


async def test_what_must_not_be_done_twice_is_not_when_the_answer_is_lost(
    down: Down, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = down.both.edge.bus.client.publish, list[bytes]()

    async def losing(subject: str, payload: bytes = b"", **more: Any) -> None:
        if subject.endswith(".outcome") and not lost:
            lost.append(payload)
            return
        await real(subject, payload, **more)

    monkeypatch.setattr(down.both.edge.bus.client, "publish", losing)
    await down.approve(new("a", "bell.ring"))
    await until(lambda: any(row.fact.state == "sent" for row in down.both.hub.archive.revisions("a")))  # type: ignore[union-attr]
    assert (len(lost), down.there.told) == (1, ["a"])


async def test_a_site_that_does_not_answer_keeps_no_other_waiting(down: Down) -> None:
    down.both.line.cut()
    away = [new(f"away-{n}") for n in range(5)]
    here = new("here", action="sign.set", target="sign-1")
    sign = Gate()
    sign.outlet = OutletRow("sign-1", "hall", "test", ("sign.set",))
    host = next(one for one in down.both.hub.tasks if isinstance(one, CommandHost))
    host._dispatch._outlets = (down.here, sign)
    await down.approve(*away, here)
    async with asyncio.timeout(4.0):  # one after the other, five sites that do not answer would take five seconds
        await until(lambda: down.state("here") == "sent", every_s=0.02)
    assert sign.told == ["here"]


async def test_decisions_come_down_and_only_the_sites_own(down: Down) -> None:
    await down.approve(
        decided("own", "device.approve"), decided("other", "device.approve", "hall"),
        decided("rule", "rule.put", "hall"), decided("zone", "zone.put"), decided("judged", "detection.judge"),
        new("gate"),
    )  # fmt: skip
    store = down.both.edge.archive
    await until(lambda: store.one(Command, "zone"))
    await asyncio.sleep(0.5)
    assert {one.id for one in store.known(Command)} == {"own", "rule", "zone"}
    subjects = [subject for subject, _, _ in await down.both.edge.stored(FACTS)]
    assert sum(".command." in one for one in subjects) == 3, "the site's stages hear of them"


async def test_what_was_decided_during_a_cut_comes_down_once_and_in_order(down: Down) -> None:
    down.both.line.cut()
    await down.approve(*(decided(f"d-{n:03}", "zone.put") for n in range(250)))
    down.both.line.mend()
    store = down.both.edge.archive
    await until(lambda: len(store.known(Command)) == 250)
    assert [row.fact.id for row in store.after(0)] == [f"d-{n:03}" for n in range(250)]


async def test_a_site_started_again_goes_on_where_it_was(down: Down) -> None:
    await down.approve(decided("one", "zone.put"))
    await until(lambda: down.remembered.place() > 0)
    await down.both.edge.kill()
    await down.approve(decided("two", "zone.put"))
    await down.both.edge.start(down.below())
    store = down.both.edge.archive
    await until(lambda: store.one(Command, "two"))
    assert [row.fact.id for row in store.after(0)] == ["one", "two"]


async def test_a_hub_whose_store_was_put_back_tells_all_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "ASK_S", 0.2)
    async with hub(tmp_path / "hub") as above:
        assert above.server.plan.listen is not None
        async with edge(tmp_path / "edge", above.server.plan.listen.port) as below:
            remembered = Remembered(below.folder / "downlink.sqlite")
            remembered.reach(1_000_000)
            await above.recorder.out([decided("one", "zone.put")])
            await above.start([receiver(above), TellHost(above.bus, above.archive)])
            await below.start([AskHost(SITE, below.bus, below.recorder, remembered)])
            await until(lambda: below.archive.one(Command, "one"))
            await until(lambda: remembered.place() == above.archive.newest())


async def test_rubbish_on_the_line_is_left_out_and_the_rest_goes_on(down: Down) -> None:
    above, below = down.both.hub.bus.client, down.both.edge.bus.client
    fact = encode_fact(decided("not-ours", "zone.put", "hall"))
    structs = (Order("1", b"\x00"), Told(0, 0, [b"\xff", fact]), ["x" * 99, "sent"])
    for data in (b"", b"\xff", b"\xc1" * 9, *map(msgspec.msgpack.encode, structs)):
        for what in ("order", "told"):
            await above.publish(f"s4.down.{SITE}.{what}", data)
        for what in ("outcome", "ask"):
            await below.publish(f"s4.up.{SITE}.{what}", data)
    await below.publish(f"s4.up.{SITE}.ask", b"-1")
    await down.approve(new("a"), decided("b", "zone.put"))
    await until(lambda: down.state("a") == "sent" and down.both.edge.archive.one(Command, "b"))
    assert down.both.edge.archive.one(Command, "not-ours") is None


async def test_an_outcome_counts_only_from_the_site_that_was_asked(down: Down, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    sites = SiteOrders(down.both.hub.bus, lambda: {SITE})
    real = down.both.hub.bus.client.publish

    async def telling_a_stranger(subject: str, payload: bytes = b"", **more: Any) -> None:
        order = msgspec.msgpack.decode(payload, type=Order)
        asked.append(order.number)
        answer = msgspec.msgpack.encode(Outcome(order.number, "done", "by somebody else"))
        await real("s4.up.other.outcome", answer, **more)

    await sites.open()
    monkeypatch.setattr(down.both.hub.bus.client, "publish", telling_a_stranger)
    with pytest.raises(runner_dispatch.NotSentError):
        await sites.carry_out(new("a"), SITE)
    assert len(asked) == 1


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["sent", "done", "failed", "approved"])), max_size=12)
)
def test_what_is_begun_is_begun_once_until_it_certainly_was_not_sent(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("down") / "downlink.sqlite"
    ended: dict[str, str] = {}
    for name, state in steps:
        file = Remembered(path)  # a new life each time
        known = file.begin(name)
        assert (known is None) == (name not in ended)
        if known is not None:
            assert known[0] == ended[name]
        else:
            file.end(name, state, "x")
            if state != "approved":
                ended[name] = state
        file.close()


def test_what_was_begun_before_a_kill_is_not_done_again(tmp_path: Path) -> None:
    with contextlib.closing(Remembered(tmp_path / "d.sqlite")) as file:
        assert file.begin("a") is None
    with contextlib.closing(Remembered(tmp_path / "d.sqlite")) as file:
        state, detail = file.begin("a") or ("", "")
    assert state == "sent"
    assert "not done twice" in detail


@pytest.mark.parametrize(("action", "site", "wanted"), [
    ("device.approve", SITE, True), ("device.approve", "hall", False), ("rule.put", "hall", True),
    ("zone.remove", SITE, True), ("incident.close", SITE, False), ("gate.close", SITE, False),
])  # fmt: skip
def test_whose_business_a_decision_is(action: str, site: str, wanted: bool) -> None:
    assert concerns(decided("d", action, site), SITE) is wanted
