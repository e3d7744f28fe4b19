"""CoAP against aiocoap's own server and client: observing, pushing, losses."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiocoap import CHANGED, GET, PUT, Context, Message
from aiocoap.resource import ObservableResource, Site

from s4.core.errors import ConfigError
from s4.runtime.sockets import free_port
from tests.sensing.services.stand import at_work, make_door, reasons

VALUES = {"temperature": {"at": "/t", "unit": "Cel"}}


class Probe(ObservableResource):  # type: ignore[misc] # the library is not typed
    """A sensor whose state is read, observed and set."""

    def __init__(self, max_age: int = 60) -> None:
        super().__init__()
        self.state, self.asked, self._max_age = b'{"t": 1}', 0, max_age

    async def render_get(self, request: Message) -> Message:
        self.asked += 1
        return Message(payload=self.state, content_format=50, max_age=self._max_age)

    def says(self, state: bytes) -> None:
        self.state = state
        self.updated_state()


@contextlib.asynccontextmanager
async def device(port: int, probe: Probe) -> AsyncIterator[None]:
    site = Site()
    site.add_resource(["env"], probe)
    server = await Context.create_server_context(site, bind=("127.0.0.1", port))
    try:
        yield
    finally:
        await server.shutdown()


def observing(port: int, **more: Any) -> dict[str, Any]:
    url = f"coap://127.0.0.1:{port}/env"
    return {"observe": [{"url": url, "device": "probe-7", "values": VALUES}], "timeout_s": 3.0, **more}


async def test_a_resource_is_observed() -> None:
    port, probe = free_port(kind=socket.SOCK_DGRAM), Probe()
    door = make_door("coap", observing(port))
    async with device(port, probe), at_work(door) as record:
        await record.until(lambda: record.values("probe-7", "temperature") == [1.0])
        for number, state in enumerate((b'{"t": 2.5}', b"{broken", b'{"t": "warm"}', b'{"t": 4}')):
            probe.says(state)
            await asyncio.sleep(0.05 * (number + 1))
        await record.until(lambda: record.values("probe-7", "temperature") == [1.0, 2.5, 4.0])
        assert record.unit("probe-7", "temperature") == "Cel"
    malformed, not_a_number = reasons(door)
    assert malformed.startswith(f"coap://127.0.0.1:{port}/env: JSON is malformed")
    assert not_a_number == f"coap://127.0.0.1:{port}/env, temperature: expected a number, got text"


async def test_what_has_expired_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.sensing.services.coap.SLACK_S", 0.2)
    port, probe = free_port(kind=socket.SOCK_DGRAM), Probe(max_age=1)
    async with device(port, probe), at_work(make_door("coap", observing(port))) as record:
        await record.until(lambda: probe.asked >= 3)
        assert len(record.values("probe-7", "temperature")) >= 2


async def test_a_device_goes_and_comes_back_and_hinders_no_other() -> None:
    port, other = free_port(kind=socket.SOCK_DGRAM), free_port(kind=socket.SOCK_DGRAM)
    gone = {"url": f"coap://127.0.0.1:{other}/env", "device": "gone"}
    options = observing(port)
    options["observe"].append(gone)
    door = make_door("coap", options)
    async with at_work(door) as record:
        await record.until(lambda: record.links)
        async with device(port, Probe()):
            await record.until(lambda: record.values("probe-7", "temperature"), 30)
        async with device(other, Probe()):
            await record.until(lambda: record.values("gone", "t"), 30)
    assert record.links[0].startswith("down: coap://127.0.0.1:")
    assert any(f"{other}/env: cannot be observed" in one for one in reasons(door))


@contextlib.asynccontextmanager
async def client() -> AsyncIterator[Context]:
    one = await Context.create_client_context()
    try:
        yield one
    finally:
        await one.shutdown()


async def test_devices_push() -> None:
    port = free_port(kind=socket.SOCK_DGRAM)
    push = [{"path": "/air", "device": "/id", "values": VALUES}, {"path": "/plain/all", "device": "at-{1}"}]
    door = make_door("coap", {"push": push, "port": port})
    uri = f"coap://127.0.0.1:{port}"
    async with at_work(door) as record, client() as sensor:
        await record.up()

        async def put(path: str, body: Any) -> str:
            message = Message(code=PUT, uri=uri + path, payload=json.dumps(body).encode())
            return str((await sensor.request(message).response).code)

        assert await put("/air", {"id": "A 1", "t": 21.5}) == str(CHANGED)
        assert record.values("a-1", "temperature") == [21.5]  # it was recorded before it was answered
        assert (await put("/air", {"t": 21.5})).startswith("4.00")
        assert (await put("/nowhere", {})).startswith("4.04")
        assert await put("/plain/all", {"deep": {"co2": 412, "text": "x" * 3_000}}) == str(CHANGED)  # in blocks
        assert (await sensor.request(Message(code=GET, uri=uri + "/air")).response).code.dotted == "4.05"
    assert record.values("at-127-0-0-1", "deep.co2") == [412.0]
    assert reasons(door) == ["127.0.0.1 /air, /id: is missing"]


async def test_only_networks_that_are_allowed() -> None:
    port = free_port(kind=socket.SOCK_DGRAM)
    door = make_door("coap", {"push": [{"path": "/air"}], "port": port, "allow": ["10.0.0.0/8"]})
    async with at_work(door) as record, client() as sensor:
        await record.up()
        message = Message(code=PUT, uri=f"coap://127.0.0.1:{port}/air", payload=b"1")
        assert (await sensor.request(message).response).code.dotted == "4.03"
        assert record.readings == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "name what is taken in"),
        ({"observe": [{"url": "http://x"}]}, r"observe\[0\]\.url"),
        ({"push": [{"path": "air"}]}, r"push\[0\]\.path"),
        ({"push": [{"path": "/air", "time": "x"}]}, r"push\[0\]\.time: 'x' is not a JSON pointer"),
        ({"push": [{"path": "/air"}], "allow": ["x"]}, "allow"),
    ],
)
def test_bad_settings_are_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("coap", options)
