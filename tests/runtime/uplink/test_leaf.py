"""The leaf link between real servers: a site can do what its credential allows on the hub's bus, and nothing else."""

import asyncio
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from s4.app.sites import hang_up_on
from s4.runtime.bus import Bus
from s4.runtime.leaf_control import ServerWatch
from s4.runtime.nats_config import RUNNER, render
from s4.runtime.nats_leaf import LeafListen, LeafRemote
from s4.runtime.sockets import free_port
from s4.runtime.streams import FACTS
from s4.shield.secret import bcrypt_of
from tests.runtime.conftest import CITY, server_plan
from tests.runtime.uplink.pair import End, edge, end, hub, plain, until


async def linked(below: End) -> None:
    watch = ServerWatch(below.server)

    async def up() -> bool:
        word = await watch.look()
        return word is not None and word.up

    try:
        await until(up, 20)
    finally:
        await watch.close()


async def heard(at: Bus, subjects: Sequence[str], speak: Bus, words: Sequence[str]) -> list[str]:
    """Which of `words`, published on `speak`, are heard under `subjects` on `at`."""
    found = list[str]()

    async def on_message(message: object) -> None:
        found.append(message.subject)  # type: ignore[attr-defined]

    subscriptions = [await at.client.subscribe(subject, cb=on_message) for subject in subjects]
    await at.settle()
    await asyncio.sleep(0.5)  # until the other server knows of the interest
    for word in words:
        await speak.client.publish(word, b"x")
    await speak.settle()
    await asyncio.sleep(0.7)
    for subscription in subscriptions:
        await subscription.unsubscribe()
    return sorted(found)


SAID = (
    "s4.up.square.data", "s4.up.other.data", "s4.up.square.observation.readings", f"s4.{CITY}.square.detection.gas",
    "s4.admin.login", "s4.in.co2-1.co2", "s4.out.gate-1.set", "$JS.API.STREAM.LIST", "s4.down.square.receipt",
    "s4.down.other.receipt", "anything.else",
)  # fmt: skip
HEARD = ("s4.>", "anything.>")


async def test_a_site_speaks_and_hears_only_for_itself(tmp_path: Path) -> None:
    async with hub(tmp_path / "hub") as above:
        assert above.server.plan.listen
        async with edge(tmp_path / "edge", above.server.plan.listen.port) as below:
            await linked(below)
            assert await heard(above.bus, HEARD, below.bus, SAID) == ["s4.up.square.data"]
            assert await heard(below.bus, HEARD, above.bus, SAID) == ["s4.down.square.receipt"]


async def test_a_site_lets_nothing_private_out_even_to_a_careless_hub(tmp_path: Path) -> None:
    """A hub that would allow everything: the site's own configuration still keeps its facts and devices at home."""
    plan = LeafListen("127.0.0.1", free_port(), {"square": bcrypt_of("s")})
    async with end(tmp_path / "hub", {"listen": plan}) as above:
        careless = render(above.server.plan).replace('"s4.up.square.*"', '">"').replace('"s4.down.square.*"', '">"')
        (above.folder / "nats.conf").write_text(careless)
        assert above.server._process
        above.server._process.send_signal(1)
        async with edge(tmp_path / "edge", plan.port, secret="s") as below:
            await linked(below)
            let_out = await heard(above.bus, HEARD, below.bus, SAID)
            let_in = await heard(below.bus, HEARD, above.bus, SAID)
            for private in SAID[3:8]:
                assert private not in let_out
                assert private not in let_in
            assert "s4.up.square.data" in let_out


async def test_the_streams_are_kept_apart(tmp_path: Path) -> None:
    async with hub(tmp_path / "hub") as above:
        assert above.server.plan.listen
        async with edge(tmp_path / "edge", above.server.plan.listen.port) as below:
            await linked(below)
            await below.state(plain(1))
            await above.state(plain(2), plain(3))
            assert len(await below.stored(FACTS)) == 1
            assert len(await above.stored(FACTS)) == 2


async def test_a_wrong_secret_and_a_revoked_site_stay_outside(tmp_path: Path) -> None:
    async with hub(tmp_path / "hub") as above:
        listen = above.server.plan.listen
        assert listen
        async with edge(tmp_path / "wrong", listen.port, secret="wrong") as below:
            watch = ServerWatch(below.server)
            await asyncio.sleep(2.5)
            assert (word := await watch.look()) is not None
            assert not word.up
            assert await watch.reachable()
            await watch.close()
        async with edge(tmp_path / "edge", listen.port) as below:
            await linked(below)
            before = above.server.plan
            await above.server.apply(
                msgspec.structs.replace(above.server.plan, listen=msgspec.structs.replace(listen, sites={}))
            )
            await hang_up_on(above.server, before)
            watch = ServerWatch(below.server)

            async def down() -> bool:
                word = await watch.look()
                return word is not None and not word.up

            await until(down, 15)
            await asyncio.sleep(2.5)
            assert await down(), "nor does it come back"
            await watch.close()


async def test_the_link_is_started_again_without_a_restart(tmp_path: Path) -> None:
    async with hub(tmp_path / "hub") as above:
        assert above.server.plan.listen
        async with edge(tmp_path / "edge", above.server.plan.listen.port) as below:
            await linked(below)
            was, watch = below.server.pid, ServerWatch(below.server)
            await watch.control.reconnect()
            await linked(below)
            assert below.server.pid == was
            await watch.control.restart()
            await until(lambda: below.server.pid not in (was, None), 20)
            await linked(below)
            await until(lambda: below.bus.connected, 20)  # closed amid connecting, the client leaves its socket behind
            await watch.close()


async def test_encrypted_and_the_hub_proves_who_it_is(tmp_path: Path) -> None:
    key, cert = tmp_path / "hub.key", tmp_path / "hub.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert),
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    ssl.create_default_context(cafile=str(cert))
    sites = {"square": bcrypt_of("s")}
    listen = LeafListen("127.0.0.1", free_port(), sites, str(cert), str(key))
    async with end(tmp_path / "hub", {"listen": listen}) as above:
        good = LeafRemote("square", "s", "127.0.0.1", listen.port, True, str(cert))
        async with end(tmp_path / "good", {"remote": good}) as below:
            await linked(below)
            assert await heard(above.bus, HEARD, below.bus, SAID) == ["s4.up.square.data"]
        async with end(tmp_path / "bad", {"remote": msgspec.structs.replace(good, ca="")}) as below:
            await asyncio.sleep(2.5)
            watch = ServerWatch(below.server)
            assert (word := await watch.look()) is not None
            assert not word.up, "nobody vouches for the hub"
            await watch.close()


def test_the_configuration_without_sites_is_as_it_was(tmp_path: Path) -> None:
    text = render(server_plan(tmp_path))
    assert "leafnodes" not in text
    assert "$SYS" not in text
    assert RUNNER in text
