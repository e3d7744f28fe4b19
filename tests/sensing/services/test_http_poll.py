"""HTTP poll against a real web server: mappings over lists, errors in between, ETags, floods, tokens."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import ConfigError
from s4.sensing.services.jsonmap import JsonMap, Mapping, Value
from s4.sensing.services.pointer import Pointer, plain_values, pointer_to
from tests.sensing.city import NOW
from tests.sensing.services.stand import at_work, make_door, read_or_reason, reasons
from tests.sensing.services.test_zigbee import JSON


class Web(ThreadingHTTPServer):
    """Answers `answers[path]`: a status and a body."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        status, body = self.server.answers.get(self.path.partition("?")[0], (404, b""))
        tag = f'"{hash(body)}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("ETag", tag)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        if body == b"slowly":
            time.sleep(5)
        for start in range(0, len(body), 65_536):
            try:
                self.wfile.write(body[start : start + 65_536])
            except OSError:
                return

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


STATIONS = {
    "each": "/stations", "device": "/id", "time": "/at",
    "values": {"pm10": {"at": "/air/pm10", "unit": "ug/m3"}, "status": {"at": "/status", "event": True}},
}  # fmt: skip


def options(web: Web, *paths: str, mapping: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    ask = [{"url": web.url + path, **(STATIONS if mapping is None else mapping)} for path in paths]
    return {"ask": ask, "period_s": 0.1, "timeout_s": 1.0, **more}


async def test_a_list_of_stations(web: Web) -> None:
    door = make_door("http-poll", options(web, "/all?key=hunter2"))
    now = door.context.clock.now() // 1_000_000_000
    rows: list[dict[str, Any]] = [
        {"id": "North", "at": now, "air": {"pm10": 12}, "status": "ok"}, {"id": 7, "at": now, "air": {"pm10": 17.5}},
        {"at": now, "air": {"pm10": 1}}, {"id": "x", "at": "never", "air": {}}, {"id": "y", "at": now},
    ]  # fmt: skip
    web.answers["/all"] = 200, json.dumps({"stations": rows}).encode()
    async with at_work(door) as record:
        await record.until(lambda: len(web.seen) >= 3)
        assert record.values("north", "pm10") == [12.0]  # what has not changed is not taken again
        rows[0]["air"]["pm10"] = 13
        web.answers["/all"] = 200, json.dumps({"stations": rows}).encode()
        await record.until(lambda: record.values("north", "pm10") == [12.0, 13.0])
    assert record.values("7", "pm10")[0] == 17.5
    assert record.bodies("north", "status")[0] == {"value": "ok"}
    said = reasons(door)
    assert said[:3] == [
        f"{web.url}/all, /stations/2/id: is missing", f"{web.url}/all, /stations/3/at: 'never' is not an ISO 8601 time",
        f"{web.url}/all, /stations/4: holds none of the values that are mapped",
    ]  # fmt: skip
    assert "hunter2" not in " ".join(said)


async def test_one_that_fails_hinders_no_other(web: Web) -> None:
    web.answers |= {"/good": (200, b'{"t": 1}'), "/bad": (500, b""), "/moved": (302, b""), "/text": (200, b"<html>"),
                    "/much": (200, b" " * 100_000), "/slow": (200, b"slowly")}  # fmt: skip
    paths = ("/bad", "/moved", "/text", "/much", "/slow", "/good")
    door = make_door("http-poll", options(web, *paths, mapping={"device": "d"}, largest=50_000))
    async with at_work(door) as record:
        await record.until(lambda: len([path for path, _ in web.seen if path == "/good"]) >= 2)
        assert record.values("d", "t") == [1.0]
        assert record.links == ["up"]
    said = reasons(door)
    assert said[0] == f"{web.url}/bad: the answer is 500 Internal Server Error"
    assert said[1] == f"{web.url}/moved: the answer is 302 Found"
    assert "malformed" in said[2]
    assert said[3] == f"{web.url}/much: the answer is longer than 50000 bytes"
    assert "/slow" in said[4]
    assert len(said) == 5  # each once, though it was asked more often
    assert "/elsewhere" not in {path for path, _ in web.seen}


async def test_nobody_there_and_then_somebody(web: Web) -> None:
    gone = Web()
    gone.server_close()
    async with at_work(make_door("http-poll", options(gone, "/x"))) as record:
        await record.until(lambda: record.links)
    assert record.links[0].startswith("down: http://127.0.0.1")


async def test_a_token_is_sent(web: Web) -> None:
    web.answers["/x"] = 200, b"1"
    async with at_work(
        make_door("http-poll", options(web, "/x", mapping={}, token="abc", headers={"X-Key": "k"}))
    ) as record:
        await record.until(lambda: record.values("gateway-1", "value"))
    assert web.seen[0][1]["Authorization"] == "Bearer abc"
    assert web.seen[0][1]["X-Key"] == "k"


@pytest.mark.parametrize(
    ("text", "number"),
    [("21.5", 21.5), ("-7", -7.0), ("1e3", 1000.0), ("ON", 1.0), ("1_0", None), ("nan", None), ("", None)],
)
def test_numbers_that_are_written_as_text(text: str, number: float | None) -> None:
    mapping = Mapping(values={"t": Value("/t", parse=True, words={"ON": 1.0})})
    parsed = JsonMap(mapping).read(json.dumps({"t": text}).encode(), NOW)
    assert [one.value for one in parsed.items] == ([] if number is None else [number])
    assert len(parsed.wrong) == (number is None)
    strict = JsonMap(Mapping(values={"t": Value("/t")})).read(json.dumps({"t": text}).encode(), NOW)
    assert len(strict.wrong) == 1


PATH = st.lists(st.text(max_size=6) | st.integers(0, 5), max_size=6)


@given(PATH, JSON)
def test_a_pointer_finds_what_it_leads_to(path: list[Any], leaf: object) -> None:
    document: Any = leaf
    for level in reversed(path):
        document = {level: document} if isinstance(level, str) else [None] * level + [document]
    assert Pointer(pointer_to(path)).find(document) is leaf


@given(JSON)
def test_plain_values_are_those_that_a_pointer_finds(document: Any) -> None:
    found = [value for _, value in plain_values(document)]
    assert all(isinstance(value, bool | int | float | str) for value in found)
    assert len(found) == sum(c != "null" for c in [json.dumps(value) for value in found])


VALUES = st.builds(Value, st.sampled_from(["", "/a", "/a/b"]), event=st.booleans())


@given(
    JSON,
    st.sampled_from(["", "/a", "/0", "/a/0"]),
    st.sampled_from(["", "/id", "d-{1}", "{9}"]),
    st.dictionaries(st.sampled_from("abc"), VALUES),
)
def test_any_document_by_any_mapping(document: Any, each: str, device: str, values: dict[str, Value]) -> None:
    reader = JsonMap(Mapping(each=each, device=device, time="", values=values))
    for wrapped in (document, {"a": document, "id": 7}, [document]):
        read_or_reason(lambda wrapped=wrapped: reader.read(json.dumps(wrapped).encode(), NOW, ("w",)))  # type: ignore[misc]


@given(st.binary(max_size=100))
def test_any_bytes(data: bytes) -> None:
    read_or_reason(lambda: JsonMap(Mapping()).read(data, NOW))


@pytest.mark.parametrize(
    ("given_options", "complaint"),
    [
        ({"ask": []}, "ask"),
        ({"ask": [{"url": "ftp://x"}]}, r"ask\[0\]\.url"),
        ({"ask": [{"url": "http://user:pass@x/"}]}, r"ask\[0\]\.url"),
        ({"ask": [{"url": "http://x", "each": "x"}]}, r"ask\[0\]\.each: 'x' is not a JSON pointer"),
        ({"ask": [{"url": "http://10.0.0.1/"}], "token": "x"}, "would go to 10.0.0.1 unencrypted"),
        ({"ask": [{"url": "http://x"}], "ca_file": "nothing"}, "ca_file: the certificates cannot be used"),
    ],
)
def test_bad_settings_are_named(given_options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("http-poll", given_options)
