"""The whole exercise as a process of its own, against a real broker: what arrives is what the truth says."""

import asyncio
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from s4.core.clock import parse_time
from s4.exercise.fixtures import DEVICES, SENSORS
from s4.exercise.write import LOG, write_city
from s4.runtime.sockets import free_port

START = parse_time("2026-05-01T16:30:00Z")
NATS_SERVER = Path(sys.executable).with_name("nats-server")
IDS = sorted({s.id for s in SENSORS} | {d.id for d in DEVICES})


@dataclass
class Doors:
    """A broker with a credential for each device, and an HTTP listener that keeps what it is sent."""

    folder: Path
    secrets: dict[str, str]
    nats_port: int
    mqtt_port: int
    http_port: int
    listener: str
    posted: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    refused: int = 0

    def configuration(self) -> str:
        users: list[dict[str, object]] = [{"user": "listener", "password": self.listener}]
        for device, secret in self.secrets.items():
            allow = {
                "publish": {"allow": [f"s4.in.{device}.>"]},
                "subscribe": {"allow": [f"s4.out.{device}.>", "$MQTT.sub.>"]},
            }
            users.append({"user": device, "password": secret, "permissions": allow})
        return (
            f'server_name: t\nlisten: "127.0.0.1:{self.nats_port}"\njetstream {{ store_dir: "{self.folder}/js" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.mqtt_port}" }}\nauthorization {{ users = {json.dumps(users)} }}\n'
        )

    def handler(self) -> type[BaseHTTPRequestHandler]:
        doors = self

        class Ingest(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                device = self.path.removeprefix("/ingest/")
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Authorization"] != f"Bearer {doors.secrets[device]}":
                    doors.refused += 1
                    self.send_error(401)
                    return
                doors.posted += [(device, json.loads(line)) for line in body.splitlines()]
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        return Ingest


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    made = Doors(
        tmp_path,
        {i: secrets.token_urlsafe(12) for i in IDS},
        free_port(),
        free_port(),
        free_port(),
        secrets.token_hex(8),
    )
    (tmp_path / "nats.conf").write_text(made.configuration())
    http = ThreadingHTTPServer(("127.0.0.1", made.http_port), made.handler())
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield made
    http.shutdown()
    http.server_close()
    thread.join(5)


@pytest.fixture
def broker(doors: Doors) -> Iterator[subprocess.Popen[bytes]]:
    process = start_broker(doors)
    yield process
    stop(process)


def start_broker(doors: Doors) -> subprocess.Popen[bytes]:
    with (doors.folder / "nats.log").open("ab") as log:
        return subprocess.Popen([NATS_SERVER, "-c", doors.folder / "nats.conf"], stdout=log, stderr=log)


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(15)


def exercise(doors: Doors, *more: str) -> subprocess.Popen[bytes]:
    write_city(doors.folder / "city", 7, video_port=free_port())
    credentials = doors.folder / "credentials.json"
    credentials.touch(mode=0o600)
    credentials.write_text(json.dumps(doors.secrets))
    command: list[str | Path] = [
        sys.executable, "-m", "s4.exercise", doors.folder / "city", "--seed", "7", "--start", str(START),
        "--mqtt", f"mqtt://127.0.0.1:{doors.mqtt_port}", "--http", f"http://127.0.0.1:{doors.http_port}",
        "--credentials", credentials, "--truth", doors.folder / "truth.jsonl", "--video-port", str(free_port()),
        "--people", "30", *more,
    ]  # fmt: skip
    with (doors.folder / "exercise.log").open("ab") as log:
        return subprocess.Popen(command, stderr=log)


async def listen(doors: Doors) -> tuple[Client, list[tuple[str, dict[str, object]]]]:
    heard: list[tuple[str, dict[str, object]]] = []

    async def take(message: Msg) -> None:
        heard.append((message.subject, json.loads(message.data)))

    assert await wait_for(lambda: listens(doors.nats_port), 20)
    url = f"nats://listener:{doors.listener}@127.0.0.1:{doors.nats_port}"
    client = await nats.connect(url, allow_reconnect=False)
    await client.subscribe("s4.in.>", cb=take)
    return client, heard


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def wait_for(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        await asyncio.sleep(0.1)
    return False


def truth(doors: Doors) -> list[dict[str, object]]:
    path = doors.folder / "truth.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def logged(doors: Doors) -> list[dict[str, object]]:
    return [json.loads(line) for line in (doors.folder / "city" / LOG).read_text().splitlines()]


@pytest.mark.timeout(180)
async def test_what_arrives_is_what_happened(doors: Doors, broker: subprocess.Popen[bytes]) -> None:
    client, heard = await listen(doors)
    process = exercise(doors, "--speed", "20")
    try:
        command = {"command": "cmd-1", "action": "gate.close", "parameters": {}, "expires": 0}
        assert await wait_for(lambda: any(s.startswith("s4.in.gate-w") for s, _ in heard), 30)
        await client.publish("s4.out.gate-w.gate_close", json.dumps(command).encode())
        scan = lambda: [t for t in truth(doors) if t["kind"] == "network_scan"]  # noqa: E731
        assert await wait_for(lambda: scan() and str(logged(doors)[-1]["timestamp"]) > "2026-05-01T16:36:20", 100)
    finally:
        assert stop(process) == 0
        await client.close()
    happened = {t["kind"]: t for t in truth(doors)}
    (door,) = [body for subject, body in heard if subject == "s4.in.door-st-1.door"]
    assert parse_time(str(door["time"])) == happened["door_forced"]["start"]
    answers = [body for subject, body in heard if subject == "s4.in.gate-w.ack"]
    assert [(a["command"], a["state"]) for a in answers] == [("cmd-1", "done")]
    (report,) = [body for device, body in doors.posted if device == "citizens"]
    assert (report["property"], report["category"]) == ("citizen.report", "object")
    assert parse_time(str(report["time"])) == happened["citizen_report"]["start"]
    probes = [e for e in logged(doors) if e["src_ip"] == happened["network_scan"]["address"]]
    assert len(probes) > 100
    assert doors.refused == 0
    speaking = {subject.split(".")[2] for subject, _ in heard}
    assert speaking >= {s.id for s in SENSORS if s.via == "mqtt" and s.period_s}
    assert {device for device, _ in doors.posted} == {s.id for s in SENSORS if s.via == "http"}


async def keeper(doors: Doors) -> Client:
    """A client of a broker that is up."""
    assert await wait_for(lambda: listens(doors.nats_port), 20)
    url = f"nats://listener:{doors.listener}@127.0.0.1:{doors.nats_port}"
    return await nats.connect(url, allow_reconnect=False)


async def kept(client: Client) -> list[int]:
    """The times of every noise reading that the stream has kept, in the order in which they came."""
    stream = client.jetstream()
    state = (await stream.stream_info("KEPT")).state
    found = [await stream.get_msg("KEPT", seq) for seq in range(1, state.last_seq + 1)]
    return [parse_time(json.loads(m.data or b"")["time"]) for m in found]


@pytest.mark.timeout(120)
@pytest.mark.slow
async def test_a_broker_that_comes_late_or_goes_away_loses_nothing(doors: Doors) -> None:
    broker = start_broker(doors)
    client = await keeper(doors)
    await client.jetstream().add_stream(name="KEPT", subjects=["s4.in.noise-sq-1.>"])
    await client.close()
    stop(broker)
    process = exercise(doors, "--speed", "2")
    try:
        await asyncio.sleep(4)
        for times in (4, 10):
            broker = start_broker(doors)
            client = await keeper(doors)
            end = time.monotonic() + 40
            while len(await kept(client)) < times and time.monotonic() < end:
                await asyncio.sleep(0.3)
            came = await kept(client)
            await client.close()
            stop(broker)
            await asyncio.sleep(2)
    finally:
        assert stop(process) == 0
    assert len(came) >= 10
    assert came[0] == START + 2_000_000_000
    assert {b - a for a, b in pairwise(sorted(set(came)))} == {2_000_000_000}


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [("{}", 0o644, "read by others"), ("[1]", 0o600, "not a JSON object"), ("{}", 0o600, "no credential for")],
)
def test_bad_credentials_are_refused_in_one_line(doors: Doors, content: str, mode: int, reason: str) -> None:
    process_args = exercise_with(doors, content, mode)
    result = subprocess.run(process_args, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


def exercise_with(doors: Doors, content: str, mode: int) -> list[str]:
    path = doors.folder / "bad.json"
    path.write_text(content)
    path.chmod(mode)
    return [
        sys.executable, "-m", "s4.exercise", str(doors.folder), "--mqtt", "mqtt://127.0.0.1:1", "--http", "http://127.0.0.1:1",
        "--credentials", str(path), "--truth", str(doors.folder / "t"), "--video-port", "1", "--people", "12",
    ]  # fmt: skip


def test_it_ends_with_its_parent(doors: Doors, broker: subprocess.Popen[bytes]) -> None:
    write_city(doors.folder / "city", 7, video_port=1)
    path = doors.folder / "credentials.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(doors.secrets))
    arguments = exercise_with(doors, json.dumps(doors.secrets), 0o600)
    video = free_port()
    arguments[-3] = str(video)
    script = f"import subprocess; print(subprocess.Popen({[*arguments, '--follow-parent']!r}).pid, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline())
        end = time.monotonic() + 30
        while not listens(video) and time.monotonic() < end:
            time.sleep(0.1)
        assert listens(video)
        parent.kill()
    end = time.monotonic() + 15
    while listens(video) and time.monotonic() < end:
        time.sleep(0.1)
    assert not listens(video)
