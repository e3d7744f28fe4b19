"""OPC UA against asyncua's own server: a subscription, what the server does not have, losses, users."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncua
import pytest
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager
from cryptography.x509.oid import ExtendedKeyUsageOID

from s4.core.errors import ConfigError
from s4.runtime.sockets import free_port
from tests.sensing.services.stand import at_work, make_door, reasons
from tests.support.relay import Relay

ua: Any = asyncua.ua
logging.getLogger("asyncua").setLevel(logging.CRITICAL)
NODES = [
    {"node": "ns=2;s=flow", "property": "flow", "unit": "L/min", "scale": 60.0},
    {"node": "ns=2;s=alarm", "property": "alarm"},
    {"node": "ns=2;s=mode", "property": "mode", "words": {"auto": 1, "manual": 0}, "device": "Pump 3"},
    {"node": "ns=2;s=list", "property": "list"},
    {"node": "ns=2;s=nothing", "property": "nothing"},
    {"node": "nonsense", "property": "nonsense"},
]


class OnlyUs(UserManager):
    def get_user(
        self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None
    ) -> User | None:
        return User(role=UserRole.User) if (username, password) == ("s4", "hunter2") else None


@contextlib.asynccontextmanager
async def plant(
    port: int, users: UserManager | None = None, secure: tuple[Path, Path] | None = None
) -> AsyncIterator[dict[str, Any]]:
    server = Server(user_manager=users)
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/plant")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    if secure is not None:
        policies = [ua.SecurityPolicyType.NoSecurity, ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt]
        server.set_security_policy(policies)
        await server.load_certificate(secure[0])
        await server.load_private_key(secure[1])
    index = await server.register_namespace("urn:plant")
    assert index == 2
    values = {"flow": 1.5, "alarm": False, "mode": "auto", "list": [1, 2]}
    nodes = {name: await server.nodes.objects.add_variable(f"ns=2;s={name}", name, at) for name, at in values.items()}
    async with server:
        yield nodes


def options(port: int, **more: Any) -> dict[str, Any]:
    return {"url": f"opc.tcp://127.0.0.1:{port}/plant", "nodes": NODES, "period_s": 0.05, "timeout_s": 2.0, **more}


async def test_changes_arrive_with_their_own_time() -> None:
    port = free_port()
    door = make_door("opcua", options(port))
    async with plant(port) as nodes, at_work(door) as record:
        await record.until(lambda: record.values("pump-3", "mode"))
        when = datetime.now(UTC).replace(microsecond=123_000)
        value = ua.DataValue(ua.Variant(2.0, ua.VariantType.Double), SourceTimestamp=when)
        await nodes["flow"].write_value(value)
        await nodes["alarm"].write_value(True)
        await nodes["mode"].write_value("maintenance")
        await record.until(lambda: record.bodies("pump-3", "mode") and len(record.values("gateway-1", "alarm")) == 2)
        await nodes["flow"].write_value(ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadSensorFailure)))
        await asyncio.sleep(0.3)
    assert record.values("gateway-1", "flow") == [90.0, 120.0]
    assert record.unit("gateway-1", "flow") == "L/min"
    assert [one.time for one in record.readings if one.value == 120.0] == [int(when.timestamp() * 1000) * 1_000_000]
    assert record.values("gateway-1", "alarm") == [0.0, 1.0]
    assert record.values("pump-3", "mode") == [1.0]
    assert record.bodies("pump-3", "mode") == [{"value": "maintenance"}]
    said = reasons(door)
    assert "nonsense: is no node id such as ns=2;s=Pump.Flow" in said
    assert "ns=2;s=nothing: the server does not give it (BadNodeIdUnknown)" in said
    assert "ns=2;s=list, list: expected a number, got a list" in said
    assert "ns=2;s=flow: the server says that it is BadSensorFailure" in said
    assert len(said) == 4


async def test_the_line_is_cut_and_mended() -> None:
    port = free_port()
    async with plant(port):
        relay = Relay(port)
        relay.cut()
        async with at_work(make_door("opcua", options(relay.port))) as record:
            await record.until(lambda: record.links)
            relay.mend()
            await record.until(lambda: record.values("gateway-1", "flow"), 30)
            relay.cut()
            await record.until(lambda: len(record.links) == 3, 30)
            relay.mend()
            await record.up(2)
            await record.until(lambda: len(record.values("gateway-1", "flow")) == 2)
        relay.close()
    assert "cannot be reached" in record.links[0]


async def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of its own for an application, and its key."""
    cert, key = folder / f"{name}.der", folder / f"{name}.pem"
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    await setup_self_signed_certificate(key, cert, f"urn:{name}", "127.0.0.1", uses, {"commonName": name})
    return cert, key


async def test_users_and_encryption(tmp_path: Path) -> None:
    server, other = await certificate(tmp_path, "plant"), await certificate(tmp_path, "other")
    await certificate(tmp_path, "s4")
    port = free_port()
    us = {"user": "s4", "password": "hunter2"}
    secure = {"security": "sign-encrypt", "cert_file": "s4.der", "key_file": "s4.pem", "server_cert_file": "plant.der"}
    async with plant(port, OnlyUs(), server):
        for good in (us, {**us, **secure}):
            async with at_work(make_door("opcua", options(port, **good), folder=tmp_path)) as record:
                await record.until(lambda record=record: record.values("gateway-1", "flow"))  # type: ignore[misc]
        for bad in ({**us, "password": "wrong-one"}, {**us, **secure, "server_cert_file": other[0].name}):
            async with at_work(make_door("opcua", options(port, **bad), folder=tmp_path)) as record:
                await record.until(lambda record=record: record.links)  # type: ignore[misc]
            assert record.links[0].startswith("down: ")
            assert "wrong-one" not in record.links[0]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"url": "http://x"}, r"options\.url"),
        ({"nodes": []}, r"options\.nodes"),
        ({"nodes": [{"node": "i=1", "property": "a", "unit": "blob"}]}, r"nodes\[0\]\.unit: 'blob'"),
        ({"security": "sign"}, "needs cert_file and key_file"),
        ({"url": "opc.tcp://10.0.0.1:4840", "password": "x"}, "would go to 10.0.0.1 unencrypted"),
    ],
)
def test_bad_settings_are_named(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("opcua", {**options(4840), **given})
