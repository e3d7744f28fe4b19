"""The bus' MQTT listener: who may come in, what a device may do, what a PUBACK promises."""

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import bcrypt
import msgspec
import pytest

from s4.runtime.bus import Bus
from s4.runtime.nats_server import NatsServer
from s4.runtime.pull import Message, PullPlan
from s4.runtime.streams import MQTT, MQTT_FILTER, plans
from tests.runtime.conftest import CITY, connect, server_plan
from tests.runtime.test_bus import read
from tests.support.mqtt import MqttClient, RefusedError

CLIENTS = itertools.count()
SECRET = "a secret of one device"
HASH = bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(server_plan(tmp_path, devices={"d1": HASH, "d2": HASH}), tmp_path) as running:
        yield running


@pytest.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    connected = await connect(server)
    await connected.ensure(plans(CITY), mqtt=True)
    yield connected
    await connected.close()


async def device(server: NatsServer, name: str = "d1", secret: str = SECRET) -> MqttClient:
    return await MqttClient.connect(server.plan.mqtt_port, name, secret, client=f"{name}-{next(CLIENTS)}")


async def inbox(bus: Bus):
    return await bus.pull(PullPlan(MQTT, "s4-decode", (MQTT_FILTER,), False, 1.0), asyncio.Event(), start=None)


def told(found: list[Message]) -> set[tuple[str, bytes]]:
    return {(message.subject.removeprefix("$MQTT.msgs."), message.data) for message in found}


@pytest.mark.parametrize(
    ("name", "secret"), [("d1", "guess"), ("d9", SECRET), ("s4-runner", "secret"), ("d1", ""), ("", "")]
)
async def test_only_a_known_secret_comes_in(server: NatsServer, bus: Bus, name: str, secret: str) -> None:
    with pytest.raises(RefusedError):
        await device(server, name, secret)
    await (await device(server)).close()


async def test_a_device_speaks_for_itself_only(server: NatsServer, bus: Bus) -> None:
    pull, one = await inbox(bus), await device(server)
    await one.publish("s4/in/d1/co2", b"1")
    for topic in ("s4/in/d2/co2", "s4/out/d2/set", "s4/town/square/detection/gas", "$JS/API/INFO"):
        client = await device(server)
        await client.publish(topic, b"2", qos=0)
        with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError, OSError):
            await client.publish(topic, b"2", patience_s=0.5)
        await client.close()
    await one.publish("s4/in/d1/co2", b"3")
    found = await read(pull, lambda m: len(m) >= 2)
    await asyncio.sleep(0.2)
    assert told(found + pull.take(10)) == {("s4.in.d1.co2", b"1"), ("s4.in.d1.co2", b"3")}
    await one.close()


async def test_a_device_hears_itself_only(server: NatsServer, bus: Bus) -> None:
    one, two = await device(server), await device(server, "d2")
    assert await one.subscribe("s4/out/d1/#") <= 1
    for topic in ("s4/out/d2/#", "s4/out/+/set", "s4/#", "#", "s4/in/d2/#", "$MQTT/sub/#", "$JS/#", "s4/town/#"):
        assert await two.subscribe(topic) == 0x80 or topic == "s4/out/d2/#"
    await bus.send_mqtt("s4/out/d1/set", b"open")
    assert await one.hear() == ("s4/out/d1/set", b"open")
    with pytest.raises(TimeoutError):
        await two.hear(0.5)
    for client in (one, two):
        await client.close()


async def test_qos_0_passes_by_and_is_not_kept(server: NatsServer, bus: Bus) -> None:
    pull, one, passed = await inbox(bus), await device(server), asyncio.Queue[bytes]()

    async def on_message(message) -> None:
        assert message.headers["Nmqtt-Pub"].startswith("0")
        passed.put_nowait(message.data)

    await bus.listen("s4.in.>", on_message)
    await one.publish("s4/in/d1/co2", b"7", qos=0)
    assert await asyncio.wait_for(passed.get(), 10) == b"7"
    await pull.ask()
    await asyncio.sleep(0.3)
    assert pull.take(9) == []
    await one.close()


@pytest.mark.faults
async def test_a_puback_means_that_it_is_kept(server: NatsServer, bus: Bus) -> None:
    pull, one = await inbox(bus), await device(server)
    for i in range(50):
        await one.publish("s4/in/d1/pm2.5", str(i).encode())
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)  # the moment the last PUBACK is in
    await one.close()
    found = await read(pull, lambda m: len(told(m)) >= 50)
    assert told(found) == {("s4.in.d1.pm2//5", str(i).encode()) for i in range(50)}
    await pull.ack(found)


async def test_what_was_not_dealt_with_comes_again_and_what_was_does_not(server: NatsServer, bus: Bus) -> None:
    pull, one = await inbox(bus), await device(server)
    for i in range(4):
        await one.publish("s4/in/d1/co2", str(i).encode())
    found = await read(pull, lambda m: len(m) >= 4)
    await pull.ack(found[:2])
    await bus.drop(pull)
    await one.publish("s4/in/d1/co2", b"4")
    again = await read(await inbox(bus), lambda m: len(m) >= 3, 20)
    assert [message.data for message in again] == [b"2", b"3", b"4"], "in order, and at once"
    await one.close()


async def test_a_revoked_device_is_thrown_out(server: NatsServer, bus: Bus) -> None:
    one, two = await device(server), await device(server, "d2")
    await server.apply(msgspec.structs.replace(server.plan, devices={"d2": HASH}))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await one.until(99, 10)
    with pytest.raises(RefusedError):
        await device(server)
    await two.publish("s4/in/d2/co2", b"still here")
    assert bus.connected
    await two.close()
    await one.close()
