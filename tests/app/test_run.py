"""`s4 run` as a user starts it: what it serves, how it stops, how it shares the work."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from s4.core.model import Incident
from s4.runtime.history.reader import HistoryReader
from s4.runtime.nats_config import RUNNER
from s4.runtime.nats_server import runner_password
from s4.runtime.sockets import free_port
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from tests.support.city import CITY, S4, Town, device
from tests.support.mqtt import MqttClient, RefusedError

pytestmark = pytest.mark.timeout(300)
RULES = '[[rule]]\nid = "force"\nproperty = "force"\nkind = "door_forced"\ntext = "Door forced"\nover = 100\n'


def make_city(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "city.toml").write_text(CITY.replace('"Town"', '"Town"\nrules = "rules.toml"') + device("door-1"))
    (folder / "rules.toml").write_text(RULES)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    make_city(tmp_path)
    made = Town(tmp_path, free_port(), free_port())
    yield made
    made.end()


def test_it_starts_serves_and_stops(town: Town) -> None:
    town.let_in("door-1")
    town.start()
    where = town.wait_ready()
    assert where["http"] == town.http
    assert where["mqtt"] == f"mqtt://127.0.0.1:{town.mqtt_port}"
    assert town.get("/healthz")[0] == 200
    assert town.get("/readyz") == (200, '{"ready":true,"bus":"up"}')
    status, text = town.get("/metrics")
    assert (status, "s4_bus_up 1.0" in text) == (200, True)
    shown = subprocess.run(
        [S4, "status", "--json", "--data-dir", town.data], capture_output=True, text=True, timeout=60, check=True
    )  # fmt: skip
    assert {stream["name"] for stream in json.loads(shown.stdout)["streams"]} >= {"S4_OBSERVATIONS", "S4_FACTS"}
    for line in (where["http"], where["mqtt"], where["bus"], "s4 login", "/#token="):
        assert line in town.log()
    began = time.monotonic()
    assert town.stop() == 0
    assert time.monotonic() - began < 5.0
    assert not (town.data / "running.json").exists()
    assert not (town.data / "nats.pid").exists()
    assert "Traceback" not in town.log()


def test_a_second_one_on_the_same_folder_is_refused(town: Town) -> None:
    town.start()
    town.wait_ready()
    second = Town(town.folder, free_port(), free_port())
    command = [S4, "run", "city.toml", "--data-dir", str(town.data), "--http-port", str(second.http_port)]
    result = subprocess.run(command, cwd=town.folder, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert result.stderr.strip() == (f"s4: another s4 runs on {town.data} already (give this one its own --data-dir)")
    assert town.get("/readyz")[0] == 200, "the first one is not disturbed"


def test_after_a_kill_it_has_the_same_addresses(town: Town) -> None:
    town.start()
    before = town.wait_ready()
    town.kill()
    town.start()
    after = town.wait_ready()
    assert (after["http"], after["mqtt"]) == (before["http"], before["mqtt"])
    assert town.stop() == 0


async def forced(town: Town, secret: str) -> None:
    """One reading over the limit, by MQTT."""
    for _ in range(100):  # the bus takes a new device within a second or so
        try:
            client = await MqttClient.connect(town.mqtt_port, "door-1", secret)
            break
        except RefusedError:
            await asyncio.sleep(0.2)
    await client.publish("s4/in/door-1/force", b'{"value": 500.0}')
    await client.close()


def incidents(store: str, data: Path) -> list[Incident]:
    engine = open_engine(store_url(store, data))
    found = SqlArchive(engine).known(Incident)
    engine.dispose()
    return found


async def until_an_incident(store: str, data: Path) -> Incident:
    async with asyncio.timeout(60):
        while not (found := await asyncio.to_thread(incidents, store, data)):
            await asyncio.sleep(0.2)
    return found[0]


async def test_a_device_let_in_while_it_runs_makes_an_incident(town: Town) -> None:
    town.start()
    await asyncio.to_thread(town.wait_ready)
    await forced(town, town.let_in("door-1")["door-1"])
    found = await until_an_incident("", town.data)
    assert (found.kind, found.site, found.sources) == ("door_forced", "square", ("door-1",))


async def test_what_http_takes_is_in_history_after_a_stop(town: Town) -> None:
    secret = town.let_in("door-1")["door-1"]
    town.start()
    await asyncio.to_thread(town.wait_ready)
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(headers=headers, timeout=20) as client:
        answer = await client.post(f"{town.http}/ingest/door-1", json={"property": "force", "value": 3.5})
        refused = await client.post(
            f"{town.http}/ingest/door-1", json={"value": 1}, headers={"authorization": "Bearer x"}
        )
    assert (answer.status_code, refused.status_code) == (202, 401)
    assert await asyncio.to_thread(town.stop) == 0
    assert HistoryReader(town.data / "history").count("readings") == 1


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_rooms_in_two_processes(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """Sensing and edge here, the rest there; they share nothing but the bus and the store."""
    make_city(tmp_path)
    store = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    if kind == "postgres":
        store = str(request.getfixturevalue("postgres_url"))
    near = Town(
        tmp_path, free_port(), free_port(), ["sensing", "edge"], ["--store", store], "near"
    )  # fmt: skip
    secret = near.let_in("door-1")["door-1"]
    near.start()
    far = None
    try:
        where = await asyncio.to_thread(near.wait_ready)
        bus = where["bus"].replace("://", f"://{RUNNER}:{runner_password(near.data)}@")
        rooms = ["detection", "fusion", "risk", "response", "picture"]
        far = Town(tmp_path, free_port(), 0, rooms, ["--store", store, "--bus", bus], "far")
        far.start()
        await asyncio.to_thread(far.wait_ready)
        await forced(near, secret)
        found = await until_an_incident(store, near.data)
        assert found.kind == "door_forced"
        assert await asyncio.to_thread(far.stop) == 0
        assert HistoryReader(far.data / "history").count("readings") == 1
        assert runner_password(near.data) not in far.log()
        assert await asyncio.to_thread(near.stop) == 0
    finally:
        for town in (far, near):
            if town is not None:
                town.end()
