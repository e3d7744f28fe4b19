"""The listener with real clients: readings, refusals, back-pressure, goodbye."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import paho.mqtt.client as paho
import pytest
import uvloop
from paho.mqtt.enums import CallbackAPIVersion

from s4.core.city import City, Info, Site, Source
from s4.core.clock import RealClock
from s4.core.errors import CapacityError, ConfigError
from s4.core.model import Observation, ObservationBatch, Place
from s4.core.ports import Context, Produced
from s4.exercise import mqtt
from s4.sensing.mqtt.listener import MqttListener

PLACE = Place(43.26, -2.93)
SECRET = "sesam-open-you"
MANY = 200_000


class Bench:
    """A listener at work. `wait`: recording waits for it; `fail`: so many recordings fail before one works."""

    def __init__(self, **options: Any) -> None:
        rows = (Source("front", "plaza", "mqtt-listener"), Source("air-1", "plaza"), Source("air-2", "plaza"))
        city = City(Info("bilbao", "Bilbao", PLACE), (Site("plaza", "Plaza", PLACE),), source=rows)
        source = Source("front", "plaza", "mqtt-listener", options={"port": 0} | options)
        context = Context(city, RealClock(), verify=lambda device, secret: secret == SECRET and device != "stranger")
        self.door = MqttListener(context, source)
        self.recorded: list[Produced] = []
        self.wait = asyncio.Event()
        self.wait.set()
        self.fail = 0
        self.clients: list[Client] = []

    async def open(self) -> Client:
        """Somebody calls."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.door.port))
        self.clients.append(client)
        return client

    async def connect(self, device: str = "air-1", secret: str = SECRET, keep_alive: int = 0) -> Client:
        """A device calls and says who it is."""
        client = await self.open()
        client.writer.write(mqtt.connect("c", device, secret, keep_alive))
        return client

    async def record(self, produced: Sequence[Produced]) -> None:
        if self.fail:
            self.fail -= 1
            raise CapacityError("behind")
        await self.wait.wait()
        self.recorded += produced

    def values(self) -> list[tuple[str, str, float]]:
        batches = [one for one in self.recorded if isinstance(one, ObservationBatch)]
        return [(row.series.source, row.series.property, row.value) for batch in batches for row in batch]

    def count(self) -> int:
        return sum(len(batch) for batch in self.recorded if isinstance(batch, ObservationBatch))

    def events(self) -> list[Observation]:
        return [one for one in self.recorded if isinstance(one, Observation) and one.source != "s4"]

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def bench(**options: Any) -> AsyncIterator[Bench]:
    one = Bench(**options)
    running = asyncio.create_task(one.door.run(one.record))
    await one.until(lambda: one.door.port)
    try:
        yield one
    finally:
        for client in one.clients:
            client.writer.close()
        running.cancel()
        await asyncio.gather(running, *(client.writer.wait_closed() for client in one.clients), return_exceptions=True)


class Client:
    """A device, by bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def read(self, size: int) -> bytes:
        async with asyncio.timeout(30):
            return await self.reader.readexactly(size)

    async def ended(self) -> bool:
        async with asyncio.timeout(30):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(1000):
                    pass
        return True


def plain(topic: str, payload: bytes) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic.encode() + payload
    return bytes([0x30, len(body)]) + body


async def test_readings_and_events_of_several_devices_are_recorded_and_acknowledged() -> None:
    async with bench() as one:
        first, second = await one.connect(), await one.connect("air-2")
        assert await first.read(4) == b"\x20\x02\x00\x00"
        first.writer.write(plain("s4/in/air-1/co2", b"420") + mqtt.publish("s4/in/air-1/co2", b'{"value":430}', 7))
        second.writer.write(mqtt.publish("s4/in/air-2/door", b'{"state":"open"}', 300))
        assert await first.read(4) == b"\x40\x02\x00\x07"
        assert await second.read(8) == b"\x20\x02\x00\x00\x40\x02\x01\x2c"
        assert sorted(one.values()) == [("air-1", "co2", 420.0), ("air-1", "co2", 430.0)]
        assert [(event.source, event.property, event.body) for event in one.events()] == [
            ("air-2", "door", {"state": "open"})
        ]


async def test_equal_readings_that_come_in_one_piece_are_as_many_readings() -> None:
    """History tells readings apart by series, time and value: those of one piece need times of their own, in order."""
    async with bench() as one:
        client = await one.connect()
        assert await client.read(4) == b"\x20\x02\x00\x00"
        for _ in range(3):
            client.writer.write(plain("s4/in/air-1/co2", b"420") * 1_000)
        await one.until(lambda: one.count() == 3_000)
        times = [row.time for batch in one.recorded if isinstance(batch, ObservationBatch) for row in batch]
        assert times == sorted(set(times))


async def test_a_real_client_publishes() -> None:
    async with bench() as one:
        client = paho.Client(CallbackAPIVersion.VERSION2, "paho")
        client.username_pw_set("air-1", SECRET)
        client.connect("127.0.0.1", one.door.port)
        client.loop_start()
        told = [client.publish("s4/in/air-1/co2", str(n), qos=n % 2) for n in range(100)]
        await asyncio.to_thread(told[99].wait_for_publish, 10)
        client.disconnect()
        client.loop_stop()
        await one.until(lambda: one.count() == 100)
        assert sorted(value for _, _, value in one.values()) == [float(n) for n in range(100)]


def test_it_works_on_the_loop_that_s4_runs_on() -> None:
    async def publish() -> None:
        async with bench() as one:
            client = await one.connect()
            client.writer.write(mqtt.publish("s4/in/air-1/co2", b"420", 7))
            assert (await client.read(8))[4:] == b"\x40\x02\x00\x07"
            assert one.count() == 1

    uvloop.run(publish())


async def test_no_acknowledgement_before_it_is_recorded() -> None:
    async with bench() as one:
        client = await one.connect()
        await client.read(4)
        one.wait.clear()
        client.writer.write(mqtt.publish("s4/in/air-1/co2", b"1", 1))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.readexactly(1), 0.3)
        one.wait.set()
        assert await client.read(4) == b"\x40\x02\x00\x01"


async def test_when_recording_fails_it_tries_again_and_nothing_is_lost() -> None:
    async with bench() as one:
        one.fail = 3
        client = await one.connect()
        client.writer.write(mqtt.publish("s4/in/air-1/co2", b"1", 1))
        assert (await client.read(8))[4:] == b"\x40\x02\x00\x01"
        assert len(one.values()) == 1


async def test_a_flood_is_held_back_not_kept() -> None:
    async with bench() as one:
        client = await one.connect()
        await client.read(4)
        one.wait.clear()
        message = mqtt.publish("s4/in/air-1/co2", b'{"value":1}' + b" " * 1000, 1)
        sent = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                while sent < MANY:
                    client.writer.write(message * 100)
                    sent += 100
                    await client.writer.drain()
        (session,) = one.door._sessions
        assert sent < MANY, "the sender was never held back"
        assert len(session.waiting) < MANY // 4
        one.wait.set()
        assert await client.read(4 * sent) == b"\x40\x02\x00\x01" * sent
        assert one.count() == sent


async def test_what_was_sent_before_goodbye_is_taken() -> None:
    async with bench() as one:
        client = await one.connect()
        client.writer.write(plain("s4/in/air-1/co2", b"5") + mqtt.GOODBYE)
        assert await client.ended()
        await one.until(lambda: one.values() == [("air-1", "co2", 5.0)])


@pytest.mark.parametrize(("device", "secret"), [("air-1", "wrong"), ("stranger", SECRET), ("", SECRET), ("air-1", "")])
async def test_a_stranger_is_turned_away(device: str, secret: str) -> None:
    async with bench() as one:
        client = await one.connect(device, secret)
        client.writer.write(plain("s4/in/air-1/co2", b"5"))
        assert await client.read(4) == b"\x20\x02\x00\x04"
        assert await client.ended()
        assert not one.values()
        assert "not known" in str(one.door.rejects()[0][1])


async def test_a_device_speaks_for_itself_only() -> None:
    async with bench() as one:
        client = await one.connect()
        client.writer.write(mqtt.publish("s4/in/air-2/co2", b"5", 1) + mqtt.publish("s4/in/air-1/co2", b"6", 2))
        await client.read(12)
        client.writer.write(mqtt.GOODBYE)
        await client.ended()
        assert one.values() == [("air-1", "co2", 6.0)]
        await one.until(lambda: not one.door._sessions)
        assert any("topics that are not its own" in str(error) for _, error in one.door.rejects())


@pytest.mark.parametrize(
    "wrong",
    [mqtt.PING, plain("s4/in/air-1/co2", b"1"), b"\xf0\x00", mqtt.connect("c", "a", "b", 0)[:-3] + b"\xff\xff\xff"],
    ids=["ping first", "publish first", "nonsense", "broken connect"],
)
async def test_who_does_not_begin_with_connect_is_hung_up_on(wrong: bytes) -> None:
    async with bench() as one:
        client = await one.open()
        client.writer.write(wrong)
        assert await client.ended()
        assert not one.values()


async def test_subscriptions_are_refused_pings_are_answered() -> None:
    async with bench() as one:
        client = await one.connect()
        client.writer.write(mqtt.subscribe(3, "s4/out/air-1/#") + mqtt.PING)
        assert await client.read(11) == b"\x20\x02\x00\x00" + b"\x90\x03\x00\x03\x80" + b"\xd0\x00"


async def test_who_is_silent_too_long_is_hung_up_on() -> None:
    async with bench() as one:
        client = await one.connect(keep_alive=1)
        assert await client.ended()
        assert "silent" in str(one.door.rejects()[0][1])


async def test_another_version_is_told_so() -> None:
    async with bench() as one:
        client = await one.open()
        client.writer.write(b"\x10\x0a\x00\x04MQTT\x05\xc2\x00\x3c")
        assert await client.read(4) == b"\x20\x02\x00\x01"
        assert await client.ended()


async def test_there_is_a_bound_on_connections() -> None:
    async with bench(most_connections=1) as one:
        first = await one.connect()
        await first.read(4)
        second = await one.connect("air-2")
        assert await second.ended()


async def test_bad_readings_are_refused_with_a_reason_and_the_rest_goes_on() -> None:
    async with bench() as one:
        client = await one.connect()
        client.writer.write(plain("s4/in/air-1/co2", b"warm") + plain("s4/in/air-1/co2", b"NaN"))
        client.writer.write(mqtt.publish("s4/in/air-1/co2", b"7", 9))
        await client.read(8)
        assert one.values() == [("air-1", "co2", 7.0)]
        assert len(one.door.rejects()) == 2


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"source\[front\].options"):
        Bench(port=99_999)
    with pytest.raises(ConfigError, match="cert_file"):
        Bench(cert_file="nowhere.pem", key_file="nowhere.key")
