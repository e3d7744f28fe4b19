"""Outlets: what reaches the device or the other system, and what its answer makes of the command."""

import asyncio
import datetime as dt
import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from s4.adapters.mqtt_command import MqttOutlet
from s4.adapters.webhook import Answer, WebhookOutlet, read_answer, sign
from s4.core.city import City, Info, Outlet, Site
from s4.core.clock import ManualClock
from s4.core.errors import ConfigError, ServiceError
from s4.core.model import Command, Place
from s4.core.ports import Context

NOW = 1_777_658_400_000_000_000
SECRET = b"sixteen bytes or more"
HERE = Place(43.26, -2.93)
COMMAND = Command(
    "cmd-1", 3, NOW - 5, "square", "device.set", "sign-1", "approved", "op-1", reason="shown",
    parameters={"text": "Leave by the north gate", "level": 2.0, "on": True}, expires=NOW + 60, attempts=1,
)  # fmt: skip


def context(folder: Path | str = ".") -> Context:
    city = City(city=Info("bilbao", "Bilbao", HERE), site=(Site("square", "Square", HERE),))
    return Context(city, ManualClock(NOW), {}, str(folder))


async def no_mqtt(topic: str, payload: bytes) -> None:
    raise AssertionError(f"a webhook does not speak MQTT: {topic} {payload!r}")


# MQTT


async def test_a_device_is_told_what_to_do_and_until_when() -> None:
    sent: list[tuple[str, Any]] = []

    async def send(topic: str, payload: bytes) -> None:
        sent.append((topic, msgspec.json.decode(payload)))

    outlet = MqttOutlet(context(), Outlet("sign-1", "square", "mqtt", ("device.set",)))
    after = await outlet.deliver(COMMAND, send)
    parameters = {"text": "Leave by the north gate", "level": 2.0, "on": True}
    assert sent == [
        ("s4/out/sign-1/device_set",
         {"command": "cmd-1", "action": "device.set", "parameters": parameters, "expires": NOW + 60}),
    ]  # fmt: skip
    assert (after.state, after.revision, after.time, after.attempts) == ("sent", 4, NOW, 2)
    assert (after.id, after.parameters, after.approved_by) == (COMMAND.id, COMMAND.parameters, "op-1")


async def test_a_bus_that_is_away_is_passed_on() -> None:
    async def away(topic: str, payload: bytes) -> None:
        raise ServiceError("the bus is away")

    outlet = MqttOutlet(context(), Outlet("sign-1", "square", "mqtt", (), options={"device": "gate-2"}))
    assert outlet.device == "gate-2"
    with pytest.raises(ServiceError, match="the bus is away"):
        await outlet.deliver(COMMAND, away)


@pytest.mark.parametrize("options", [{"device": "no/such"}, {"device": 5}, {"topic": "x"}])
def test_bad_mqtt_settings_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"outlet\[sign-1\]\.options"):
        MqttOutlet(context(), Outlet("sign-1", "square", "mqtt", (), options=options))


# Webhook


class Target(ThreadingHTTPServer):
    """Another system. `answer` says what it does with a request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TargetHandler)
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[TargetHandler], None] = lambda handler: handler.say(204)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class TargetHandler(BaseHTTPRequestHandler):
    server: Target

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), body))
        try:
            self.server.answer(self)
        except OSError:
            return

    def do_GET(self) -> None:
        self.server.heard.append((self.path, dict(self.headers), b""))
        self.say(200)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def target() -> Iterator[Target]:
    server = Target()
    yield from serve(server)


def serve(server: Target) -> Iterator[Target]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def make(tmp_path: Path, target: Target) -> Callable[..., WebhookOutlet]:
    (tmp_path / "secret").write_bytes(SECRET + b"\n")

    def outlet(**options: Any) -> WebhookOutlet:
        options = {"url": f"http://127.0.0.1:{target.port}/s4?q=1", "secret_file": "secret", **options}
        options = {name: value for name, value in options.items() if value is not None}
        return WebhookOutlet(context(tmp_path), Outlet("vms", "square", "webhook", ("device.set",), options=options))

    return outlet


async def test_what_is_posted_is_signed(make: Callable[..., WebhookOutlet], target: Target) -> None:
    after = await make().deliver(COMMAND, no_mqtt)
    assert (after.state, after.revision, after.attempts, after.detail) == ("done", 4, 2, "answered 204")
    ((path, headers, body),) = target.heard
    assert path == "/s4?q=1"
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "cmd-1"
    assert headers["X-S4-Signature"] == "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    assert msgspec.json.decode(body) == {
        "command": "cmd-1", "action": "device.set", "expires": NOW + 60,
        "parameters": {"text": "Leave by the north gate", "level": 2.0, "on": True},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "state", "detail"),
    [
        (200, b"", "done", "answered 200"),
        (202, b"", "acknowledged", "answered 202"),
        (200, b"thank you", "done", "answered 200"),
        (200, b'{"state": "acknowledged", "detail": "queued"}', "acknowledged", "queued"),
        (200, b'{"state": "failed", "detail": "no such sign"}', "failed", "no such sign"),
        (200, b'{"state": "approved"}', "done", "answered 200"),
        (200, b'{"state": "' + b"x" * 200_000, "done", "answered 200"),
        (404, b"", "failed", "answered 404"),
        (401, b"", "failed", "answered 401"),
    ],
)
async def test_answers(
    make: Callable[..., WebhookOutlet], target: Target, status: int, body: bytes, state: str, detail: str
) -> None:
    target.answer = lambda handler: handler.say(status, body)
    after = await make().deliver(COMMAND, no_mqtt)
    assert (after.state, after.detail) == (state, detail)


async def test_redirects_are_not_followed(make: Callable[..., WebhookOutlet], target: Target) -> None:
    target.answer = lambda handler: handler.say(307, Location=f"http://127.0.0.1:{target.port}/elsewhere")
    after = await make().deliver(COMMAND, no_mqtt)
    assert (after.state, after.detail) == ("failed", "answered 307 (redirects are not followed)")
    assert len(target.heard) == 1


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_what_may_pass_is_tried_again(make: Callable[..., WebhookOutlet], target: Target, status: int) -> None:
    target.answer = lambda handler: handler.say(status)
    with pytest.raises(ServiceError, match=rf"127\.0\.0\.1 answered {status}"):
        await make().deliver(COMMAND, no_mqtt)


def sleep(handler: TargetHandler) -> None:
    time.sleep(1.5)
    handler.say(200)


def drip_body(handler: TargetHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(30):
        handler.wfile.write(b"x")
        time.sleep(0.1)


def drip_head(handler: TargetHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    for n in range(30):
        handler.wfile.write(b"X-%d: y\r\n" % n)
        time.sleep(0.1)


def nonsense(handler: TargetHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")


@pytest.mark.parametrize("answer", [sleep, drip_body, drip_head, nonsense])
async def test_a_server_that_does_not_answer_properly(
    make: Callable[..., WebhookOutlet], target: Target, answer: Callable[[TargetHandler], None]
) -> None:
    target.answer = answer
    began, threads = time.monotonic(), threading.active_count()
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1 does not answer"):
        await make(timeout_s=0.5).deliver(COMMAND, no_mqtt)
    assert time.monotonic() - began < 1.2
    await asyncio.sleep(0)
    assert threading.active_count() <= threads + 4


async def test_nobody_there(make: Callable[..., WebhookOutlet]) -> None:
    with pytest.raises(ServiceError, match="does not answer"):
        await make(url="http://127.0.0.1:9/").deliver(COMMAND, no_mqtt)


def certificate(folder: Path) -> Path:
    """A fresh certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "tls.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


async def test_https_checks_who_answers(make: Callable[..., WebhookOutlet], target: Target, tmp_path: Path) -> None:
    path = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    target.socket = tls.wrap_socket(target.socket, server_side=True)
    url = f"https://127.0.0.1:{target.port}/"
    assert (await make(url=url, ca_file="tls.pem").deliver(COMMAND, no_mqtt)).state == "done"
    with pytest.raises(ServiceError, match="SSLCertVerificationError"):
        await make(url=url).deliver(COMMAND, no_mqtt)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"url": None}, r"options"),
        ({"url": "http://example.org/"}, r"options\.url: is plain http to another machine"),
        ({"url": "ftp://example.org/"}, r"options\.url: must start with https"),
        ({"url": "https:///x"}, r"options\.url: must start with https:// and name a host"),
        ({"url": "https://u:p@example.org/"}, r"options\.url: must not hold a user or password"),
        ({"url": "https://example.org:99999/"}, r"options\.url: is no address"),
        ({"secret_file": None}, "needs either secret_file or secret_env"),
        ({"secret_env": "X"}, "needs either secret_file or secret_env"),
        ({"secret_file": None, "secret_env": "S4_TEST_NOT_SET"}, r"options\.secret_env: holds a secret of 0 bytes"),
        ({"secret_file": "missing"}, r"missing, outlet\[vms\]\.options\.secret_file: cannot be read"),
        ({"url": "https://127.0.0.1/", "ca_file": "missing"}, r"options\.ca_file: holds no certificates"),
        ({"timeout_s": 0}, r"options"),
    ],
)
def test_bad_webhook_settings_are_named(
    make: Callable[..., WebhookOutlet], options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make(**options)


def test_plain_http_in_a_trusted_network_must_be_asked_for(make: Callable[..., WebhookOutlet]) -> None:
    make(url="http://10.0.0.5/", allow_http=True)


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=200))
def test_a_signature_is_that_of_rfc_2104(secret: bytes, body: bytes) -> None:
    block = secret if len(secret) <= 64 else hashlib.sha256(secret).digest()
    inner = bytes(b ^ 0x36 for b in block.ljust(64, b"\0"))
    outer = bytes(b ^ 0x5C for b in block.ljust(64, b"\0"))
    digest = hashlib.sha256(outer + hashlib.sha256(inner + body).digest()).hexdigest()
    assert sign(secret, body) == f"sha256={digest}"


@given(st.integers(200, 499), st.binary(max_size=60) | st.just(b"[" * 50_000))
def test_any_answer_is_understood(status: int, body: bytes) -> None:
    state, detail = read_answer(Answer(status, body))
    assert state in ({"done", "acknowledged", "failed"} if status < 300 else {"failed"})
    assert isinstance(detail, str)
