"""ONVIF events against a small SOAP server of our own that behaves as the specification says; no camera was at hand."""

import base64
import queue
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import RealClock, format_time, parse_time
from s4.core.errors import ConfigError, InputError
from s4.sensing.services import soap
from tests.sensing.services.stand import at_work, make_door, reasons

SOAP, WSA = "http://www.w3.org/2003/05/soap-envelope", "http://www.w3.org/2005/08/addressing"
WSNT, TT = "http://docs.oasis-open.org/wsn/b-2", "http://www.onvif.org/ver10/schema"
USER, PASSWORD = "s4", "hunter2"


def whole(body: str) -> bytes:
    return f'<?xml version="1.0"?><e:Envelope xmlns:e="{SOAP}"><e:Body>{body}</e:Body></e:Envelope>'.encode()


def message(topic: str, when: str, data: dict[str, str]) -> str:
    items = "".join(f"<tt:SimpleItem Name={quoteattr(k)} Value={quoteattr(v)}/>" for k, v in data.items())
    return (
        f'<n:NotificationMessage xmlns:n="{WSNT}" xmlns:tt="{TT}"><n:Topic Dialect="x">{topic}</n:Topic><n:Message>'
        f'<tt:Message UtcTime="{when}" PropertyOperation="Changed">'
        '<tt:Source><tt:SimpleItem Name="VideoSource" Value="1"/>'
        f"</tt:Source><tt:Data>{items}</tt:Data></tt:Message></n:Message></n:NotificationMessage>"
    )


class Device(ThreadingHTTPServer):
    """Its pull point gives what is put into `happened`. `refuse`: a fault with these words."""

    daemon_threads = True

    def __init__(self) -> None:
        self.happened: queue.Queue[str] = queue.Queue()
        self.seen: list[str] = []
        self.refuse = ""
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/onvif/event_service"


class Handler(BaseHTTPRequestHandler):
    server: Device
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        root = ET.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        body = root.find(f"{{{SOAP}}}Body")
        assert body is not None
        name = body[0].tag.partition("}")[2]
        self.server.seen.append(f"{self.path} {name}")
        if self.server.refuse or not self.known(root):
            words = self.server.refuse or "Sender not authorized"
            self.answer(400, f'<e:Fault xmlns:e="{SOAP}"><e:Reason><e:Text>{words}</e:Text></e:Reason></e:Fault>')
        elif name == "CreatePullPointSubscription":
            address = f'<a:Address xmlns:a="{WSA}">http://10.9.9.9:1/onvif/subscription?id=7</a:Address>'
            inner = f'<r:SubscriptionReference xmlns:r="{soap.EVENTS}">{address}</r:SubscriptionReference>'
            self.answer(200, f'<r:CreatePullPointSubscriptionResponse xmlns:r="{soap.EVENTS}">{inner}'
                             "</r:CreatePullPointSubscriptionResponse>")  # fmt: skip
        else:
            self.answer(200, f'<r:{name}Response xmlns:r="{soap.EVENTS}">{self.pulled(name)}</r:{name}Response>')

    def known(self, root: ET.Element) -> bool:
        """Whether the digest is of the right password, and fresh."""
        found = {one.tag.partition("}")[2]: one.text or "" for one in root.iter()}
        nonce = base64.b64decode(found.get("Nonce", ""))
        fresh = abs(parse_time(found.get("Created", "1970-01-01T00:00:00Z")) - RealClock().now()) < 5e9
        return fresh and found.get("Password") == soap.digest(nonce, found["Created"], PASSWORD)

    def pulled(self, name: str) -> str:
        if name != "PullMessages":
            return ""
        try:
            first = self.server.happened.get(timeout=0.3)
        except queue.Empty:
            return ""
        return first + "".join(self.server.happened.get() for _ in range(self.server.happened.qsize()))

    def answer(self, status: int, body: str) -> None:
        data = whole(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def device() -> Iterator[Device]:
    server = Device()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def options(device: Device, **more: Any) -> dict[str, Any]:
    return {"url": device.url, "user": USER, "password": PASSWORD, "wait_s": 1, "timeout_s": 2.0, **more}


async def test_events_are_pulled_from_the_host_that_was_configured(device: Device) -> None:
    door = make_door("onvif", options(device))
    when = format_time(door.context.clock.now())
    async with at_work(door) as record:
        await record.up()
        device.happened.put(message("tns1:VideoSource/MotionAlarm", when, {"State": "true"}))
        device.happened.put(message("", when, {}))
        device.happened.put(message("tns1:Device/tnsx:Trigger", when.removesuffix("Z"), {"a<b": "&"}))
        await record.until(lambda: len(record.events) == 2)
    first, second = record.events
    assert (first.source, first.property, first.time) == (
        "gateway-1",
        "onvif.VideoSource.MotionAlarm",
        parse_time(when),
    )
    assert first.body == {
        "topic": "VideoSource/MotionAlarm", "operation": "Changed", "source": {"VideoSource": "1"},
        "data": {"State": "true"},
    }  # fmt: skip
    assert (second.property, second.body["data"], second.time) == (
        "onvif.Device.Trigger",
        {"a<b": "&"},
        parse_time(when),
    )
    assert reasons(door) == ["pull point: is a notification without topic or message"]
    assert "/onvif/subscription?id=7 PullMessages" in device.seen
    assert device.seen[-1] == "/onvif/subscription?id=7 Unsubscribe"


async def test_it_is_renewed_and_lost_and_made_again(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.sensing.services.onvif.LIFETIME_S", 1)
    async with at_work(make_door("onvif", options(device))) as record:
        await record.until(lambda: any("Renew" in one for one in device.seen))
        device.refuse = "The subscription is\nunknown"
        await record.until(lambda: len(record.links) == 2)
        device.refuse = ""
        await record.up(2)
    assert record.links[1].endswith("the device answers: The subscription is unknown")


async def test_only_the_topics_that_are_wanted(device: Device) -> None:
    door = make_door("onvif", options(device, topics=["VideoSource/"]))
    when = format_time(door.context.clock.now())
    async with at_work(door) as record:
        await record.up()
        device.happened.put(message("tns1:Device/Trigger", when, {}))
        device.happened.put(message("tns1:VideoSource/GlobalSceneChange", when, {}))
        await record.until(lambda: record.events)
    assert [one.property for one in record.events] == ["onvif.VideoSource.GlobalSceneChange"]


async def test_a_wrong_password_is_said_and_not_shown(device: Device) -> None:
    async with at_work(make_door("onvif", options(device, password="wrong-one"))) as record:
        await record.until(lambda: record.links)
    assert record.links[0].endswith("the device answers: Sender not authorized")
    assert "wrong-one" not in record.links[0]


BOMB = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><e:Envelope xmlns:e="x">&b;</e:Envelope>'


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "no sound XML"), (b"<a>", "no sound XML"), (b"<a/>", "no SOAP envelope"), (BOMB, "document type"),
        (BOMB.decode().encode("utf-16"), "document type"), (b" " * 2_000_000, "longer than"),
        (b"<a>" * 200_000, "nests deeper than 32"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(data: bytes, complaint: str) -> None:
    began = time.perf_counter()
    with pytest.raises(InputError, match=complaint):
        soap.parse(data)
    assert time.perf_counter() - began < 2


XML = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.dictionaries(XML, XML, max_size=4))
def test_items_are_read_back(data: dict[str, str]) -> None:
    body = soap.parse(whole(message("a/b", "2026-05-01T18:00:00Z", data)))
    (found,) = soap.notifications(body)
    assert isinstance(found, soap.Notification)
    assert found.data == data


@given(st.integers(0, 400), st.integers(0, 10), st.text(max_size=5))
def test_broken_answers(place: int, out: int, piece: str) -> None:
    text = whole(message("tns1:a/b", "2026-05-01T18:00:00Z", {"State": "true"})).decode()
    try:
        body = soap.parse((text[:place] + piece + text[place + out :]).encode("utf-8", "replace"))
    except InputError as error:
        reason = str(error)
    else:
        reason = " ".join(str(one) for one in soap.notifications(body) if isinstance(one, InputError))
    assert "\n" not in reason


@pytest.mark.parametrize(
    ("given_options", "complaint"),
    [({"url": "rtsp://x"}, "url"), ({"url": "http://x", "user": "a"}, "user and password go together"),
     ({"url": "http://x", "wait_s": 100}, "wait_s")],
)  # fmt: skip
def test_bad_settings_are_named(given_options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("onvif", given_options)
