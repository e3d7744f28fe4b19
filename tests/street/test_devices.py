"""Devices in one real s4: one lies, one falls silent, one floods, one is new, somebody works on one."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from s4.app.ask import Asker
from s4.core.errors import ConfigError
from s4.core.model import Detection
from s4.runtime.history.reader import HistoryReader
from s4.runtime.sockets import free_port
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from tests.support.city import CITY, Town
from tests.support.mosquitto import SECRET, USER, Mosquitto, send
from tests.support.mqtt import MqttClient, publish_packet
from tests.support.programs import find_mosquitto

MOST_PER_S = 1000
PROFILE = """
name: air
resources:
  - {{ name: co2, type: int, unit: "[ppm]", range: [0, 5000], period_s: {period} }}
  - {{ name: temperature, unit: Cel, scale: 0.01, range: [-40, 85] }}
  - {{ name: open, type: bool }}
  - {{ name: battery, unit: "%", range: [0, 100] }}
battery: {{ resource: battery, low: 20 }}
most_per_s: {most_per_s}
"""
GATE = """
name: gate
resources: [{ name: position, unit: "%", range: [0, 100] }]
commands:
  - name: gate.close
    ack_s: 0.5
    retries: 20
    parameters: [{ name: speed, unit: m/s, range: [0.05, 0.5] }]
  - { name: bell.ring, idempotent: false, ack_s: 0.5 }
"""
DEVICES = ("steady", "liar", "quiet", "flooder", "gate-1", "stranger")
SLOW = ("liar", "flooder")


def described(port: int) -> str:
    rows = [CITY.replace('name = "Town"', 'name = "Town"\nprofiles = "profiles"')]
    for name in ("steady", "quiet", "liar", "flooder"):
        profile = "profiles/slow.yaml" if name in SLOW else "profiles/air.yaml"
        rows.append(f'[[source]]\nid = "{name}"\nsite = "square"\nprofile = "{profile}"\n')
    rows.append('[[source]]\nid = "gate-1"\nsite = "square"\nprofile = "profiles/gate.yaml"\n')
    rows.append(f"""
[[source]]
id = "zigbee"
site = "square"
door = "mqtt"
fresh_s = 0
[source.options]
host = "127.0.0.1"
port = {port}
user = "{USER}"
password = "{SECRET}"
take = [{{ format = "zigbee2mqtt" }}]
""")
    return "\n".join(rows)


class Place:
    """A running city, its devices' secrets, and a person who may do everything."""

    def __init__(self, town: Town, secrets: dict[str, str]) -> None:
        self.town, self.secrets = town, secrets
        self.sign_in()
        self.archive = SqlArchive(open_engine(store_url("", town.data)))

    def sign_in(self) -> None:
        """Again after a restart: sessions end with the process."""
        self.admin, self.operator = Asker(self.town.data, "admin", "ada"), Asker(self.town.data, "operator", "ola")

    def device(self, name: str) -> dict[str, Any]:
        return next((one for one in self.admin.ask("GET", "/api/devices") if one["id"] == name), {})

    def until(self, done: Callable[[], Any], patience_s: float = 60.0) -> Any:
        deadline = time.monotonic() + patience_s
        while not (found := done()):
            assert time.monotonic() < deadline, json.dumps(self.admin.ask("GET", "/api/devices"), indent=1)
            time.sleep(0.1)
        return found

    def stated(self, kind: str, phase: str = "start") -> list[Detection]:
        found = self.archive.known(Detection, kind=kind, limit=1000)
        return [one for one in found if one.phase == phase]

    async def client(self, name: str) -> MqttClient:
        return await MqttClient.connect(self.town.mqtt_port, name, self.secrets[name])

    def say(self, name: str, *messages: tuple[str, str]) -> None:
        async def speak() -> None:
            client = await self.client(name)
            for topic, payload in messages:
                await client.publish(f"s4/in/{name}/{topic}", payload.encode())
            await client.close()

        asyncio.run(speak())

    def series(self, source: str) -> set[tuple[str, str, str]]:
        return {one for one in HistoryReader(self.town.data / "history").series() if one[0] == source}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    program = find_mosquitto()
    if program is None:
        pytest.skip("no Mosquitto on this machine; scripts/system-packages installs it where possible")
    one = Mosquitto(program, tmp_path_factory.mktemp("broker"))
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def place(broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("devices")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "air.yaml").write_text(PROFILE.format(most_per_s=MOST_PER_S, period=1))
    slow = PROFILE.format(most_per_s=MOST_PER_S, period=600).replace("name: air\n", "name: slow\n", 1)
    (folder / "profiles" / "slow.yaml").write_text(slow)
    (folder / "profiles" / "gate.yaml").write_text(GATE)
    (folder / "city.toml").write_text(described(broker.port))
    town = Town(folder, free_port(), free_port())
    secrets = town.let_in(*DEVICES)
    town.start()
    try:
        town.wait_ready()
        yield Place(town, secrets)
    finally:
        town.end()


def test_what_a_device_truly_measures_is_in_its_own_unit(place: Place) -> None:
    place.say("steady", ("co2", "420"), ("temperature", "2150"), ("open", "true"), ("battery", "80"))
    place.until(lambda: place.device("steady").get("battery") == 80)
    assert place.device("steady")["profile"] == "air"
    wanted = {("steady", "co2", "[ppm]"), ("steady", "temperature", "Cel"), ("steady", "open", "1")}
    place.until(lambda: wanted <= place.series("steady"))
    now = time.time_ns()
    reader = HistoryReader(place.town.data / "history")
    (point,) = reader.window("steady", "temperature", now - 600 * 10**9, now + 10**9, 1)
    assert point[1] == 21.5


def test_a_device_that_lies_is_refused_counted_and_called_faulty(place: Place) -> None:
    lies = [("co2", "9999999"), ("co2", "4.5"), ("smell", "1"), ("co2", '{"value": 1, "unit": "m"}'), ("open", "7")]
    place.say("liar", ("co2", "400"), *lies, *lies)
    place.until(lambda: place.device("liar").get("health") == "faulty")
    found = place.until(lambda: (one := place.device("liar"))["refused"] == 10 and one)
    assert found["accepted"] == 1
    assert any(why in found["reason"] for why in ("not a whole number", "not true or false", "no resource", "outside"))
    (stated,) = [one for one in place.stated("device_faulty") if one.source == "liar"]
    assert "says what cannot be" in stated.text
    assert place.series("liar") <= {("liar", "co2", "[ppm]")}


def test_a_silent_device_is_stated_once_and_so_is_its_return(place: Place) -> None:
    place.say("quiet", ("co2", "400"))
    place.until(lambda: place.device("quiet").get("health") == "silent")
    silences = len([one for one in place.stated("source_silent") if one.source == "quiet"])
    place.say("quiet", ("co2", "400"))
    place.until(lambda: place.device("quiet").get("health") == "ok")
    assert len([one for one in place.stated("source_silent", "end") if one.source == "quiet"]) == silences


def test_one_device_floods_and_another_still_comes_through(place: Place) -> None:
    """10,000 messages a second from one, for three seconds; what the other one says is in history, all of it."""
    before = place.device("steady").get("accepted", 0)

    async def flood() -> int:
        client, sent = await place.client("flooder"), 0
        packet = publish_packet("s4/in/flooder/co2", b"1", 0)
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < 3.0:
            count = int(10_000 * passed) - sent
            client.writer.write(packet * count)
            sent += count
            await client.writer.drain()
            await asyncio.sleep(0.005)
        await client.close()
        return sent

    async def steady() -> list[float]:
        client, delays = await place.client("steady"), []
        for number in range(30):
            asked = time.monotonic()
            await client.publish("s4/in/steady/co2", str(500 + number).encode())
            delays.append(time.monotonic() - asked)
            await asyncio.sleep(0.1)
        await client.close()
        return delays

    async def both() -> tuple[int, list[float]]:
        return tuple(await asyncio.gather(flood(), steady()))  # type: ignore[return-value]

    begun = time.monotonic()
    sent, delays = asyncio.run(both())
    assert sent >= 25_000
    assert max(delays) < 5.0
    place.until(lambda: place.device("steady").get("accepted", 0) >= before + 30)
    flooder = place.until(lambda: (one := place.device("flooder")).get("left_out", 0) > 10_000 and one)
    took = time.monotonic() - begun  # a busy machine takes longer to look at them all
    assert flooder["accepted"] <= MOST_PER_S * (took + 1)
    assert flooder["accepted"] + flooder["refused"] <= sent
    (stated,) = [one for one in place.stated("device_flood") if one.source == "flooder"]
    assert "messages a second" in stated.text
    place.until(lambda: [one for one in place.stated("device_flood", "end") if one.source == "flooder"])
    history = HistoryReader(place.town.data / "history")
    now = time.time_ns()
    seen = place.until(
        lambda: (w := history.window("steady", "co2", now - 60 * 10**9, now, 5000)) and w[-1][3] == 529 and w
    )
    assert len(seen) >= 30


def test_a_first_seen_device_behind_a_gateway_waits_for_a_person(place: Place, broker: Mosquitto) -> None:
    with broker.client() as client:
        send(client, "zigbee2mqtt/Back Door", '{"open": true, "battery": 90}')
        held = place.until(lambda: (one := place.device("back-door")).get("held", 0) >= 2 and one)
        assert (held["health"], held["via"]) == ("held", "zigbee")
        assert set(held["said"]) == {"open", "battery"}
        (asked,) = [one for one in place.stated("unknown_device") if one.attributes["device"] == "back-door"]
        assert asked.source == "zigbee"
        assert place.series("back-door") == set()

        with pytest.raises(ConfigError, match="may not manage devices"):
            place.operator.ask("POST", "/api/devices/back-door/approve", {"profile": "slow"})
        with pytest.raises(ConfigError, match="there is no profile 'lamp'"):
            place.admin.ask("POST", "/api/devices/back-door/approve", {"profile": "lamp"})
        order = {"profile": "slow", "name": "Back door", "reason": "Mounted today"}
        place.admin.ask("POST", "/api/devices/back-door/approve", order)
        place.until(lambda: place.device("back-door").get("health") == "ok")
        send(client, "zigbee2mqtt/Back Door", '{"open": false, "battery": 89, "smell": 3}')
        place.until(lambda: ("back-door", "battery", "%") in place.series("back-door"))
        place.until(lambda: "no resource 'smell'" in place.device("back-door")["reason"])

        place.town.stop()
        place.town.start()
        place.town.wait_ready()
        place.sign_in()
        assert place.until(lambda: place.device("back-door"))["name"] == "Back door"
        taken = place.until(lambda: place.device("back-door").get("accepted", 0))
        send(client, "zigbee2mqtt/Back Door", '{"open": true, "battery": 88}')
        place.until(lambda: place.device("back-door").get("accepted", 0) > taken)
        page = place.admin.ask("GET", "/api/devices/back-door")
        assert ("ada", "device.approve", "Mounted today") in {
            (one["actor"], one["action"], one["reason"]) for one in page["audit"]
        }
        place.admin.ask("POST", "/api/devices/back-door/reject", {"reason": "It is the neighbour's"})
        place.until(lambda: place.device("back-door").get("health") == "rejected")


def test_a_stranger_with_a_credential_of_its_own_waits_as_well(place: Place) -> None:
    place.say("stranger", ("co2", "1"))
    held = place.until(lambda: (one := place.device("stranger")).get("held") and one)
    assert held["said"] == {"co2": "1"}
    place.admin.ask("POST", "/api/devices/stranger/approve", {"profile": "slow", "site": "square"})
    place.until(lambda: place.device("stranger").get("by") == "ada")
    place.say("stranger", ("co2", "2"))
    place.until(lambda: place.device("stranger").get("accepted"))


def test_maintenance_keeps_a_device_quiet(place: Place) -> None:
    place.say("quiet", ("co2", "400"))
    place.admin.ask("POST", "/api/devices/quiet/maintain", {"reason": "New battery"})
    found = place.until(lambda: (one := place.device("quiet")).get("health") == "maintenance" and one)
    assert (found["by"], "New battery" in found["detail"]) == ("ada", True)
    before = len([one for one in place.stated("source_silent") if one.source == "quiet"])
    time.sleep(6.0)
    place.say("quiet", ("battery", "5"))
    time.sleep(2.0)
    assert len([one for one in place.stated("source_silent") if one.source == "quiet"]) == before
    assert not [one for one in place.stated("battery_low") if one.source == "quiet"]
    with pytest.raises(ConfigError, match="somebody works on it already"):
        place.admin.ask("POST", "/api/devices/quiet/maintain", {})
    place.admin.ask("POST", "/api/devices/quiet/resume", {})
    place.until(lambda: [one for one in place.stated("battery_low") if one.source == "quiet"])


def test_a_device_is_told_within_what_its_profile_allows(place: Place) -> None:
    async def obey() -> dict[str, Any]:
        client = await place.client("gate-1")
        await client.subscribe("s4/out/gate-1/#", 0)
        order = {"action": "gate.close", "parameters": {"speed": 0.2}, "reason": "Closing time", "key": "1"}
        await asyncio.to_thread(place.operator.ask, "POST", "/api/devices/gate-1/command", order)
        await client.hear()
        _, body = await client.hear()  # it is asked again while it does not answer
        told: dict[str, Any] = json.loads(body)
        answer = {"command": told["command"], "state": "done", "detail": "shut"}
        await client.publish("s4/in/gate-1/ack", json.dumps(answer).encode())
        await client.close()
        return told

    told = asyncio.run(obey())
    assert told["parameters"] == {"speed": 0.2}
    done = place.until(lambda: [c for c in page(place) if c["id"] == told["command"] and c["state"] == "done"])
    assert done[0]["detail"] == "shut"
    for body, reason in (
        ({"action": "gate.close", "parameters": {"speed": 9.0}}, "9 is outside 0.05 to 0.5"),
        ({"action": "gate.close"}, "gate.close needs it"),
        ({"action": "gate.fly"}, "cannot be told 'gate.fly'"),
        ({"action": "gate.close", "parameters": {"speed": 0.2}, "key": "1"}, "somebody else decided"),
    ):
        with pytest.raises(ConfigError, match=reason):
            place.operator.ask("POST", "/api/devices/gate-1/command", body)


def page(place: Place) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.admin.ask("GET", "/api/devices/gate-1")["commands"]
    return found


def test_what_must_not_happen_twice_is_sent_once(place: Place) -> None:
    place.operator.ask("POST", "/api/devices/gate-1/command", {"action": "bell.ring"})
    failed = place.until(lambda: [c for c in page(place) if c["action"] == "bell.ring" and c["state"] == "failed"])
    assert failed[0]["attempts"] == 1
    assert "not sent again" in failed[0]["detail"]
