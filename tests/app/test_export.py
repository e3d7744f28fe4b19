"""A whole s4 with exports: killed again and again, everything arrives; what it says of itself; what it refuses."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from s4.app import sites
from s4.app.cityfile import parse_city
from s4.app.settings import Accept, Leaf, Settings
from s4.core.errors import ConfigError
from s4.runtime.sockets import free_port
from tests.support.city import CITY, S4, Town, device
from tests.support.mqtt import Message, Publisher
from tests.support.receiver import Receiver, receiving

EXPORT = """
[[export]]
id = "webhook"
target = "webhook"
words = ["observation"]
properties = ["count"]
batch = { rows = 40, seconds = 0.2 }
queue = { memory_rows = 500 }
retry = { first_s = 0.1, most_s = 0.5 }
options = { url = "URL" }

[[export]]
id = "lake"
target = "parquet"
words = ["observation", "detection"]
format = "parquet"
compress = "zstd"
batch = { rows = 5000, seconds = 1 }
options = { path = "lake" }
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def town(tmp_path: Path, receiver: Receiver) -> Iterator[Town]:
    (tmp_path / "city.toml").write_text(CITY + device("counter-1") + EXPORT.replace("URL", receiver.url))
    made = Town(tmp_path, free_port(), free_port(), ["sensing", "edge"])
    yield made
    made.end()


@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.slow
async def test_kill_9_again_and_again_loses_nothing(town: Town, receiver: Receiver) -> None:
    count = 6000
    secret = town.let_in("counter-1")["counter-1"]
    messages: list[Message] = [("s4/in/counter-1/count", str(n).encode()) for n in range(count)]
    town.start()
    town.wait_ready()
    publisher = Publisher(town.mqtt_port, "counter-1", secret, pace_s=0.15)
    sending = asyncio.create_task(publisher.send(messages))
    for life in range(3):
        await asyncio.sleep(1.2)
        receiver.answer = lambda _, life=life: 503 if life == 1 else 204  # type: ignore[misc]
        town.kill()
        town.start()
        await asyncio.to_thread(town.wait_ready)
    receiver.answer = lambda _: 204
    await asyncio.wait_for(sending, 120)

    def rows() -> list[dict[str, float]]:
        return [json.loads(line) for one in list(receiver.heard) for line in one.body.splitlines()]

    deadline = time.monotonic() + 60
    while {row["value"] for row in rows()} != set(map(float, range(count))) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    found = rows()
    assert {row["value"] for row in found} == set(map(float, range(count))), "everything arrived"
    keys = {(row["id"], row["value"], row["time"]) for row in found}
    assert len({row["id"] for row in found}) == len(keys), "what came twice has one id"
    said = json.loads(
        subprocess.run(
            [S4, "status", "--json", "--data-dir", str(town.data)], capture_output=True, check=True, timeout=60
        ).stdout
    )
    states = {one["id"]: one for one in said["exports"]}
    assert states["webhook"]["state"] == "up"
    assert states["webhook"]["sent"] >= count
    assert states["webhook"]["memory_rows"] + states["webhook"]["disk_rows"] == 0
    assert json.loads(town.get("/readyz")[1])["exports"] == {"webhook": "up", "lake": "up"}
    assert 's4_export_rows_total{export="webhook",result="sent"}' in town.get("/metrics")[1]
    assert town.stop() == 0


@pytest.mark.parametrize(
    ("change", "line", "complaint"),
    [
        ('target = "mqtt"\nwords = []', 3, r"export\[0\]\.words: must name at least one word"),
        ('target = "mqtt"\nwords = ["frame"]', 3, r"export\[0\]\.words\[0\]: Invalid enum value 'frame'"),
        ('target = "mqtt"\nwords = ["unit"]\nbatch = { row = 5 }', 4, r"export\[0\]\.batch: there is no setting `row`"),
        ('target = "mqtt"\nwords = ["unit"]\nat = "moon"', 4, r"export\[0\]\.at: there is no site 'moon'"),
        ('words = ["unit"]', 0, r"export\[0\]: the setting `target` is missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_line(change: str, line: int, complaint: str) -> None:
    text = f'{CITY}\n[[export]]\nid = "out"\n{change}\n'
    with pytest.raises(ConfigError, match=complaint) as caught:
        parse_city(text)
    assert caught.value.line == text.splitlines().index("[[export]]") + 1 + line


def test_a_targets_own_settings_are_refused_with_their_line(tmp_path: Path) -> None:
    text = f'{CITY}\n[[export]]\nid = "out"\ntarget = "webhook"\nwords = ["unit"]\n[export.options]\nurl = "ftp://x"\n'
    (tmp_path / "city.toml").write_text(text)
    done = subprocess.run(
        [S4, "check", "city.toml"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    line = text.splitlines().index('url = "ftp://x"') + 1
    assert f"city.toml, line {line}, export[out].options.url: must start with https://" in done.stderr.replace(
        "[0]", "[out]"
    )
    (tmp_path / "city.toml").write_text(text.replace('"webhook"', '"pigeon"'))
    done = subprocess.run(
        [S4, "check", "city.toml"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "there is no target named 'pigeon' (there are: kafka, mqtt, parquet, webhook)" in done.stderr


def test_an_export_runs_at_one_place_only() -> None:
    """At the hub, or at the edge site that it names; a city without edge sites runs all of them."""
    row = '[[export]]\nid = "{}"\ntarget = "webhook"\nwords = ["unit"]\n{}\n'
    city = parse_city(CITY + row.format("by-hub", "") + row.format("by-square", 'at = "square"'))

    def here(**more: Leaf | Accept) -> list[str]:
        settings = Settings(city_file=Path("city.toml"), **more)  # type: ignore[arg-type]
        return [one.id for one in sites.own_part(city, settings).export]

    assert here() == ["by-hub", "by-square"]
    assert here(leaf=Leaf(url="nats://127.0.0.1")) == ["by-square"]
    assert here(accept=Accept(address="7422")) == ["by-hub"]
