"""A hub and an edge site as a city would run them: a decision at the hub reaches a device at the site."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from s4.app.ask import Asker
from s4.core.clock import RealClock
from s4.core.model import Command
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
DESCRIBED = CITY + '\n[[source]]\nid = "gate-1"\nsite = "square"\nprofile = "gate.yaml"\n'


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[tuple[Town, Town, str]]:
    """Hub, edge, and the gate's secret at the edge."""
    (tmp_path / "gate.yaml").write_text(GATE)
    (tmp_path / "city.toml").write_text(DESCRIBED)
    line, secret = free_port(), tmp_path / "square.secret"
    above = ("fusion", "risk", "response", "picture")
    hub = Town(
        tmp_path, free_port(), free_port(), above, ("--accept-sites", str(line)), "hub"
    )  # fmt: skip
    hub.data.mkdir()
    site = Credentials(hub.data / "credentials.json", RealClock()).add_site("square")
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(site)
    leaf = ("--leaf", f"nats://127.0.0.1:{line}", "--leaf-secret", str(secret))
    below = ("sensing", "edge", "detection")
    edge = Town(tmp_path, free_port(), free_port(), below, leaf, "edge")
    gate = edge.let_in("gate-1")["gate-1"]
    try:
        for town in (hub, edge):
            town.start()
        for town in (hub, edge):
            town.wait_ready()
        yield hub, edge, gate
    finally:
        for town in (edge, hub):
            town.end()


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
