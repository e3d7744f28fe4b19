"""Publishing and reading through a bus that dies, forgets, and comes back."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from nats.errors import Error as NatsError

from s4.core.errors import CapacityError, ServiceError
from s4.core.model import ObservationBatch
from s4.runtime.bus import Bus, Outgoing
from s4.runtime.nats_server import NatsServer, stop_leftover
from s4.runtime.pull import Message, Pull, PullPlan
from s4.runtime.routes import readings_subject, source_of
from s4.runtime.sockets import free_port
from s4.runtime.streams import FACTS, OBSERVATIONS, plans
from tests.runtime.conftest import CITY, connect, server_plan

STREAM, FILTER = source_of(CITY, ObservationBatch)
WHERE = readings_subject(CITY, "square")


def messages(first: int, last: int, *, named: bool = True) -> list[Outgoing]:
    return [Outgoing(WHERE, str(i).encode(), f"m-{i}" if named else "") for i in range(first, last)]


async def open_pull(bus: Bus, start: int | None = 0, **more) -> Pull:
    return await bus.pull(PullPlan(STREAM, "s4-test", (FILTER,), **more), asyncio.Event(), start=start)


async def read(pull: Pull, enough: Callable[[list[Message]], bool], patience_s: float = 60.0) -> list[Message]:
    """What comes, as a host would read it, until there is enough."""
    found: list[Message] = []
    async with asyncio.timeout(patience_s):
        while not enough(found):
            pull.arrived.clear()
            try:
                await pull.ask()
            except (NatsError, TimeoutError, OSError):
                await asyncio.sleep(0.1)
            taken = pull.take(1000)
            found += taken
            if not taken:
                try:
                    await asyncio.wait_for(pull.arrived.wait(), 0.5)
                except TimeoutError:
                    continue
    return found


def numbers(found: list[Message]) -> list[int]:
    return [int(message.data) for message in found]


def kill(server: NatsServer) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)


async def test_what_is_published_is_read_in_order(bus: Bus) -> None:
    await bus.publish(messages(0, 500))
    pull = await open_pull(bus)
    found = await read(pull, lambda m: len(m) >= 500)
    assert numbers(found) == list(range(500))
    assert [message.seq for message in found] == list(range(1, 501))
    assert abs(found[-1].stored - time.time_ns()) < 60e9


async def test_the_same_id_counts_once(bus: Bus) -> None:
    await bus.publish(messages(0, 20) + messages(0, 20))
    await bus.publish(messages(10, 30))
    assert (await bus.client.jetstream().stream_info(STREAM)).state.messages == 30


@pytest.mark.faults
async def test_publishing_outlives_the_bus(bus: Bus, server: NatsServer) -> None:
    work = [asyncio.create_task(bus.publish(messages(i * 100, i * 100 + 100))) for i in range(20)]
    for _ in range(2):
        await asyncio.sleep(0.05)
        kill(server)
        await asyncio.sleep(1.0)
    await asyncio.wait_for(asyncio.gather(*work), 90)
    await bus.publish(messages(2000, 2001))
    pull = await open_pull(bus)
    found = await read(pull, lambda m: len(m) >= 2001)
    assert sorted(numbers(found)) == list(range(2001)), "each once, none lost"
    assert server.restarts == 2


@pytest.mark.faults
async def test_reading_outlives_the_bus_and_keeps_the_order(bus: Bus, server: NatsServer) -> None:
    pull = await open_pull(bus, window=64)
    await bus.publish(messages(0, 1000))
    found = await read(pull, lambda m: len(m) >= 100)
    kill(server)
    await bus.publish(messages(1000, 1100))
    found += await read(pull, lambda m: len(found) + len(m) >= 1100)
    assert numbers(found) == list(range(1100))


async def test_a_gap_is_noticed_and_read_again(bus: Bus) -> None:
    pull = await open_pull(bus, window=32)
    await bus.publish(messages(0, 300))
    found = await read(pull, lambda m: len(m) >= 10)
    pull._order -= 1  # as if a message had been lost on its way
    found += await read(pull, lambda m: len(found) + len(m) >= 300)
    assert numbers(found) == list(range(300))


async def test_a_slow_reader_holds_no_more_than_its_window(bus: Bus) -> None:
    pull = await open_pull(bus, window=50)
    await bus.publish(messages(0, 1000))
    for _ in range(20):
        await pull.ask()
        await asyncio.sleep(0.02)
        assert len(pull._buffer) <= 50
    assert numbers(await read(pull, lambda m: len(m) >= 1000)) == list(range(1000))


async def test_what_was_read_is_not_remembered_for_ever(bus: Bus) -> None:
    pull = await open_pull(bus)
    await bus.publish(messages(0, 500))
    found = await read(pull, lambda m: len(m) >= 500)
    await pull.ack(found[-1:])
    assert not pull._held


@pytest.mark.alone
async def test_a_single_message_comes_at_once(bus: Bus) -> None:
    pull, took = await open_pull(bus), []
    await read(pull, lambda _: pull._outstanding > 0)
    for i in range(50):
        await bus.settle()
        started = time.perf_counter()
        await bus.client.publish(WHERE, str(i).encode())
        await read(pull, lambda m: len(m) == 1)
        took.append(time.perf_counter() - started)
    assert sorted(took)[25] < 0.05, "half of them within 50 ms (about 1 ms when nothing else runs)"


async def test_it_continues_where_it_is_told_to(bus: Bus) -> None:
    await bus.publish(messages(0, 30))
    pull = await open_pull(bus, start=20)
    assert numbers(await read(pull, lambda m: len(m) >= 10)) == list(range(20, 30))


async def test_what_is_acknowledged_lets_a_long_reader_go_on(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.runtime.pull._MOST_UNACKNOWLEDGED", 40)
    pull = await open_pull(bus)
    await bus.publish(messages(0, 100))
    found = await read(pull, lambda m: len(m) >= 40)
    await pull.ack(found)
    found += await read(pull, lambda m: len(found) + len(m) >= 80)
    assert numbers(found) == list(range(80))


async def test_a_consumer_that_was_taken_away_is_made_again(bus: Bus) -> None:
    pull = await open_pull(bus)
    await bus.publish(messages(0, 10))
    found = await read(pull, lambda m: len(m) >= 10)
    await bus.client.jetstream().delete_consumer(STREAM, pull.consumer)
    await bus.publish(messages(10, 20))
    found += await read(pull, lambda m: len(found) + len(m) >= 20)
    assert numbers(found) == list(range(20))


async def test_places_that_a_power_cut_took_are_not_given_again(bus: Bus) -> None:
    await bus.publish(messages(0, 5))
    pull = await open_pull(bus, start=12)  # history reaches to 12, the bus only knows of 5
    await bus.publish(messages(5, 8))
    found = await read(pull, lambda m: len(m) >= 3)
    assert numbers(found) == [5, 6, 7]
    assert found[0].seq > 12


async def test_a_message_too_large_is_refused_not_repeated(bus: Bus) -> None:
    with pytest.raises(CapacityError, match="1200000 bytes"):
        await asyncio.wait_for(bus.publish([Outgoing(WHERE, b"x" * 1_200_000)]), 5)


async def test_when_a_stream_was_last_written(bus: Bus) -> None:
    assert await bus.newest(FACTS) == 0
    await bus.publish([Outgoing(f"s4.{CITY}.square.detection.gas", b"{}")])
    assert abs(await bus.newest(FACTS) - time.time_ns()) < 60e9


async def test_making_the_streams_again_changes_nothing(bus: Bus) -> None:
    await bus.publish(messages(0, 3))
    await bus.ensure(plans(CITY), mqtt=True)
    state = (await bus.client.jetstream().stream_info(OBSERVATIONS)).state
    assert (state.messages, state.last_seq) == (3, 3)


async def test_a_bus_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.runtime.bus._CONNECT_S", 1.0)
    with pytest.raises(ServiceError, match=r"nats://127\.0\.0\.1:1 does not answer"):
        await asyncio.wait_for(Bus.connect("nats://127.0.0.1:1"), 30)


async def test_a_wrong_password_is_refused(server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.runtime.bus._CONNECT_S", 1.0)
    with pytest.raises(ServiceError, match="does not answer"):
        await Bus.connect(server.url, user="s4-runner", password="guess")


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    plan = server_plan(tmp_path, sync_interval="often")
    with pytest.raises(ServiceError, match="the bus did not start"):
        async with NatsServer(plan, tmp_path):
            pass


async def test_the_server_of_a_killed_life_is_waited_for(tmp_path: Path) -> None:
    server = NatsServer(server_plan(tmp_path), tmp_path)
    await server._start()  # without anybody who would restart it
    port, pid = server.plan.mqtt_port, server.pid
    await stop_leftover(tmp_path)
    assert free_port("127.0.0.1", port) == port, "devices find it where it was"
    assert pid is not None
    assert server._process is not None
    await asyncio.wait_for(server._process.wait(), 5)
    await stop_leftover(tmp_path)  # nobody left: returns at once


async def test_a_leftover_note_about_somebody_else_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "nats.pid").write_text(str(os.getpid()))
    await stop_leftover(tmp_path)
    (tmp_path / "nats.pid").write_text("nonsense")
    await stop_leftover(tmp_path)


async def test_secrets_are_for_the_owner_alone(server: NatsServer, tmp_path: Path, bus: Bus) -> None:
    assert (tmp_path / "nats.conf").stat().st_mode & 0o077 == 0
    other = await connect(server)
    assert other.connected
    await other.close()


async def test_what_the_bus_remembers_of_an_older_consumer_does_not_count(bus: Bus) -> None:
    await bus.publish(messages(0, 10))
    first = await open_pull(bus)
    found = await read(first, lambda m: len(m) >= 10)  # handed out, never acknowledged
    await bus.drop(first)
    second = await open_pull(bus, start=4)
    assert numbers(await read(second, lambda m: len(m) >= 6, 5)) == list(range(4, 10))
    assert len(found) == 10
    assert len(await bus.client.jetstream().consumers_info(STREAM)) == 1


async def test_without_a_place_it_reads_from_now_on(bus: Bus) -> None:
    await bus.publish(messages(0, 10))
    pull = await open_pull(bus, start=None)
    await bus.publish(messages(10, 12))
    assert numbers(await read(pull, lambda m: len(m) >= 2)) == [10, 11]


@pytest.mark.faults
async def test_a_bus_killed_while_it_starts_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, ready, kills = NatsServer(server_plan(tmp_path), tmp_path), NatsServer._ready, [True, True]

    async def killed_first(self: NatsServer, port: int) -> None:
        if kills and kills.pop():
            kill(self)
        await ready(self, port)

    monkeypatch.setattr(NatsServer, "_ready", killed_first)
    async with server:
        connected = await connect(server)
        assert connected.connected
        await connected.close()


async def test_large_messages_are_asked_for_by_their_bytes(server: NatsServer, bus: Bus) -> None:
    """Four thousand messages of a third of a MiB at once would be more than the bus keeps for a connection."""
    large = b"x" * 340_000
    for first in range(0, 300, 50):
        await bus.publish([Outgoing(WHERE, large, f"m-{i}") for i in range(first, first + 50)])
    pull = await open_pull(bus, window=4096)
    for _ in range(5):  # ask and ask again without taking anything
        await pull.ask()
        await asyncio.sleep(0.2)
    held = sum(len(message.data) for message in pull.take(4096))
    assert len(large) <= held <= 4 << 20
    rest = await read(pull, lambda found: len(found) >= 300 - held // len(large))
    assert len(rest) + held // len(large) == 300
    assert "Slow Consumer" not in (server._log).read_text()
