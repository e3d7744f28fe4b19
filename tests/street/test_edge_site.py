"""A hub and an edge site as a city would run them: decisions reach devices; cut off, a site obeys its own rules."""

import asyncio
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from s4.app.ask import Asker
from s4.core.clock import RealClock
from s4.core.model import Command
from s4.runtime.history.reader import HistoryReader
from s4.runtime.sockets import free_port
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from s4.shield.credentials import Credentials
from tests.runtime.uplink.pair import until
from tests.support.city import CITY, Town
from tests.support.mqtt import MqttClient

GATE = """
name: gate
resources: [{ name: position, unit: "%", range: [0, 100] }]
commands: [{ name: gate.close, ack_s: 0.5, retries: 20 }]
"""
NAMED = CITY.replace('name = "Town"', 'name = "Town"\nrules = "rules.toml"')
DESCRIBED = NAMED + '\n[[source]]\nid = "gate-1"\nsite = "square"\nprofile = "gate.yaml"\n'
RULE = """
[[query]]
id = "open-gate"
sql = "SELECT source, value FROM readings WHERE property = 'position' AND value > 50"
idle_s = 1

[query.command]
action = "gate.close"
target = "gate-1"
policy = "Order 4/2026 of the chief of police: shut while it rains"
"""


def described(folder: Path) -> None:
    (folder / "gate.yaml").write_text(GATE)
    (folder / "rules.toml").write_text(RULE)
    (folder / "city.toml").write_text(DESCRIBED)


def leaf_of(secret: Path, port: int, text: str) -> tuple[str, ...]:
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(text)
    return ("--leaf", f"nats://127.0.0.1:{port}", "--leaf-secret", str(secret))


@contextlib.contextmanager
def started(*towns: Town) -> Iterator[None]:
    try:
        for town in towns:
            town.start()
        for town in towns:
            town.wait_ready()
        yield
    finally:
        for town in reversed(towns):
            town.end()


def hub_and_edge(folder: Path) -> tuple[Town, Town]:
    """A hub and the site `square`, joined by a line, on the city in the folder; not started."""
    line = free_port()
    above = ("fusion", "risk", "response", "picture")
    hub = Town(folder, free_port(), free_port(), above, ("--accept-sites", str(line)), "hub")
    hub.data.mkdir()
    site = Credentials(hub.data / "credentials.json", RealClock()).add_site("square")
    leaf = leaf_of(folder / "square.secret", line, site)
    return hub, Town(folder, free_port(), free_port(), (), leaf, "edge")


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Town, str]]:
    """Hub, edge, and the gate's secret at the edge."""
    folder = tmp_path_factory.mktemp("towns")
    described(folder)
    hub, edge = hub_and_edge(folder)
    gate = edge.let_in("gate-1")["gate-1"]
    with started(hub, edge):
        yield hub, edge, gate


async def test_a_site_that_is_cut_off_obeys_its_own_rule(tmp_path: Path) -> None:
    described(tmp_path)
    site = Credentials(tmp_path / "elsewhere.json", RealClock()).add_site("square")
    leaf = leaf_of(tmp_path / "square.secret", free_port(), site)  # nobody listens there
    edge = Town(tmp_path, free_port(), free_port(), ("sensing", "edge", "detection", "response"), leaf, "edge")
    secret = edge.let_in("gate-1")["gate-1"]
    with started(edge):
        gate = await MqttClient.connect(edge.mqtt_port, "gate-1", secret)
        await gate.subscribe("s4/out/gate-1/#", 0)
        await gate.publish("s4/in/gate-1/position", b"80")
        topic, body = await gate.hear(30)
        told: dict[str, Any] = json.loads(body)
        assert (topic, told["action"]) == ("s4/out/gate-1/gate_close", "gate.close")
        answer = {"command": told["command"], "state": "done", "detail": "shut"}
        await gate.publish("s4/in/gate-1/ack", json.dumps(answer).encode())
        archive = SqlArchive(open_engine(store_url("", edge.data)))
        done = await until(lambda: (one := archive.one(Command, told["command"])) and one.state == "done" and one)
        assert done.approved_by.endswith("chief of police: shut while it rains")
        await gate.close()


async def test_an_order_given_at_the_hub_is_obeyed_at_the_site(towns: tuple[Town, Town, str]) -> None:
    hub, edge, secret = towns
    operator = await asyncio.to_thread(Asker, hub.data, "operator", "ola")
    gate = await MqttClient.connect(edge.mqtt_port, "gate-1", secret)
    await gate.subscribe("s4/out/gate-1/#", 0)
    order = {"action": "gate.close", "reason": "Closing time"}
    given = await asyncio.to_thread(operator.ask, "POST", "/api/devices/gate-1/command", order)
    topic, body = await gate.hear()
    told: dict[str, Any] = json.loads(body)
    assert (topic, told["command"], told["action"]) == ("s4/out/gate-1/gate_close", given["id"], "gate.close")
    answer = {"command": given["id"], "state": "done", "detail": "shut"}
    await gate.publish("s4/in/gate-1/ack", json.dumps(answer).encode())
    archive = SqlArchive(open_engine(store_url("", hub.data)))
    await until(lambda: (one := archive.one(Command, given["id"])) and one.state == "done")
    found = archive.one(Command, given["id"])
    assert found is not None
    assert found.detail == "shut"
    await gate.close()


async def test_a_decision_about_a_device_comes_down(towns: tuple[Town, Town, str]) -> None:
    hub, edge, _ = towns
    admin = await asyncio.to_thread(Asker, hub.data, "admin", "ada")
    await asyncio.to_thread(admin.ask, "POST", "/api/devices/gate-1/maintain", {"reason": "New motor"})
    store = SqlArchive(open_engine(store_url("", edge.data)))
    (found,) = await until(lambda: store.known(Command, kind="device.maintain"))
    assert (found.target, found.approved_by, found.reason) == ("gate-1", "ada", "New motor")


async def test_a_site_that_dies_is_said_to_be_silent_until_it_is_back(towns: tuple[Town, Town, str]) -> None:
    hub, edge, _ = towns

    def said() -> list[tuple[str, bool]]:
        words = [json.loads(line) for line in hub.log().splitlines() if line.startswith("{")]
        known = {"a site is silent": True, "a site is heard again": False}
        return [(word["site"], known[word["event"]]) for word in words if word.get("event") in known]

    edge.kill()
    await until(lambda: said() == [("square", True)], 60)
    edge.start()
    await asyncio.to_thread(edge.wait_ready)
    await until(lambda: said() == [("square", True), ("square", False)], 60)
    history = HistoryReader(hub.data / "history")

    def kept() -> list[object]:
        parts = history.events(0, RealClock().now())
        return [one.body["silent"] for part in parts for one in part if one.property == "uplink.silent"]

    await until(lambda: sorted(kept(), key=bool) == [False, True], 60)
