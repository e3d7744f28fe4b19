"""The HTTP door, on a real server: what is taken, what is refused and how, and the bounds."""

import asyncio
import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from s4.core.clock import ManualClock
from s4.core.errors import CapacityError
from s4.core.model import Observation, ObservationBatch, Reading, Series
from s4.core.ports import Produced
from s4.sensing.http import create_routes
from s4.sensing.intake import ARROW, JSON, NDJSON
from s4.sensing.limits import Limits, TokenBucket, gunzip
from tests.sensing.arrow_streams import stream
from tests.sensing.city import NOW, make_city

SECRET = "a secret of thermo-1"


class Server:
    """The door on a free port, and what it recorded."""

    def __init__(self, limits: Limits) -> None:
        self.recorded: list[Produced] = []
        self.refused: list[tuple[str, int, str]] = []
        self.verified = 0
        self.fail: Exception | None = None
        self.hold = threading.Event()
        self.hold.set()
        routes = create_routes(
            self.record, self.verify, make_city(), ManualClock(NOW), limits,
            lambda device, count, reason: self.refused.append((device, count, reason)),
        )  # fmt: skip
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=routes), log_level="error", ws="none", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> "Server":
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        return self

    def __exit__(self, *exc: object) -> None:
        self.hold.set()
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    async def record(self, facts: Sequence[Produced]) -> None:
        while not self.hold.is_set():
            await asyncio.sleep(0.01)
        if self.fail is not None:
            raise self.fail
        self.recorded.extend(facts)

    def verify(self, device: str, secret: str) -> bool:
        self.verified += 1
        return (device, secret) in {("thermo-1", SECRET), ("gate-1", "other"), ("unlisted", "other")}

    def post(self, body: bytes | str, kind: str = JSON, device: str = "thermo-1", **headers: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": kind, **headers}
        return httpx.post(f"http://127.0.0.1:{self.port}/ingest/{device}", content=body, headers=headers, timeout=20)

    def readings(self) -> list[Reading]:
        return [r for batch in self.recorded if isinstance(batch, ObservationBatch) for r in batch]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Limits(sent_bytes=200_000, plain_bytes=1_000_000, body_s=1.0)) as running:
        yield running


@pytest.fixture
def running() -> Iterator[Callable[[Limits], Server]]:
    started: list[Server] = []

    def start(limits: Limits) -> Server:
        started.append(Server(limits).__enter__())
        return started[-1]

    yield start
    for one in started:
        one.__exit__()


def reading(value: float, prop: str = "temperature", unit: str = "Cel", time: int = NOW) -> Reading:
    return Reading(Series("thermo-1", prop, unit), time, value)


ALL_TAKEN = {"rejected": [], "rejected_total": 0}
TWO = [
    {"property": "temperature", "value": 20.5},
    {"property": "co2", "value": 400, "unit": "[ppm]", "time": NOW - 1},
]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON, json.dumps(TWO)),
        (NDJSON, "\n".join(map(json.dumps, TWO))),
        (NDJSON, "\r\n\n".join(map(json.dumps, TWO)) + "\n\n"),
        (JSON + "; charset=utf-8", json.dumps(TWO)),
        (ARROW, stream(["temperature", "co2"], [NOW, NOW - 1], [20.5, 400.0], [None, "[ppm]"])),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_readings_are_recorded_before_the_answer(server: Server, kind: str, body: str | bytes, zipped: bool) -> None:
    content = body.encode() if isinstance(body, str) else body
    extra = {"Content-Encoding": "gzip"} if zipped else {}
    answer = server.post(gzip.compress(content) if zipped else content, kind, **extra)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, **ALL_TAKEN})
    assert server.readings() == [reading(20.5), reading(400.0, "co2", "[ppm]", NOW - 1)]
    assert server.refused == []


def test_a_single_object_and_events(server: Server) -> None:
    assert server.post(json.dumps(TWO[0])).json()["accepted"] == 1
    answer = server.post('[{"property": "door", "state": "open"}, {"property": "temperature", "value": 1}]')
    assert answer.json() == {"accepted": 2, **ALL_TAKEN}
    (event,) = [one for one in server.recorded if isinstance(one, Observation)]
    assert (event.property, event.body, event.time) == ("door", {"state": "open"}, NOW)


LINES = [
    '{"property": "temperature", "value": 20}',
    '{"property": "temperature", "value": 99}',
    "",
    '{"property": "temperature", "value": NaN}',
    '{"property": "temperature"',
    '{"value": 3}',
    '{"property": "temperature", "value": 1, "unit": "parsec"}',
    '{"property": "temperature", "value": 1, "time": "2027-01-01T00:00:00Z"}',
    '{"property": "not a name", "value": 1}',
    '{"property": "door", "state": "open"}',
    '{"property": "temperature", "value": 21}',
]


def test_bad_lines_are_named_and_the_rest_goes_on(server: Server) -> None:
    answer = server.post("\n".join(LINES), NDJSON)
    assert answer.status_code == 202
    found = answer.json()
    assert (found["accepted"], found["rejected_total"]) == (3, 7)
    wrong = {one["line"]: (one["field"], one["reason"]) for one in found["rejected"]}
    assert wrong.keys() == {2, 4, 5, 6, 7, 8, 9}
    assert wrong[2] == ("value", "99 Cel is outside -40 to 60 Cel")
    assert wrong[6] == ("property", "is missing")
    assert wrong[7] == ("unit", "'parsec' is not a UCUM unit that s4 knows")
    assert wrong[8][0] == "time"
    assert wrong[9][0] == "property"
    assert [r.value for r in server.readings()] == [20.0, 21.0]
    assert server.refused[0][:2] == ("thermo-1", 7)


def test_bad_rows_of_arrow_are_named(server: Server) -> None:
    body = stream(
        ["temperature", None, "temperature", "bad name", "temperature", "temperature", "temperature"],
        [NOW, NOW, NOW, NOW, NOW - 10**18, None, NOW],
        [20.0, 1.0, 99.0, 1.0, 1.0, 21.0, None],
    )
    found = server.post(body, ARROW).json()
    assert found["accepted"] == 2
    assert {(one["line"], one["field"]) for one in found["rejected"]} == {
        (2, "property"), (3, "value"), (4, "property"), (5, "time"), (7, "value"),
    }  # fmt: skip
    assert server.readings() == [reading(20.0), reading(21.0)]


def test_when_nothing_could_be_taken_the_status_says_so(server: Server) -> None:
    answer = server.post('{"property": "temperature", "value": 99}')
    assert answer.status_code == 400
    assert answer.json()["error"] == {"reason": "99 Cel is outside -40 to 60 Cel", "field": "value", "status": 400}
    assert answer.json()["rejected_total"] == 1


def test_at_most_a_hundred_reasons_but_all_are_counted(server: Server) -> None:
    found = server.post(json.dumps([{"property": "temperature", "value": 99}] * 250 + TWO)).json()
    assert (found["accepted"], len(found["rejected"]), found["rejected_total"]) == (2, 100, 250)


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"", JSON, "truncated"),
        (b"not json", JSON, "malformed"),
        (b"[1, 2", JSON, "truncated"),
        (b"[" * 100_000, JSON, "nested too deeply"),
        (b"\xff\xfe", JSON, ""),
        (b"", ARROW, "not a sound Arrow stream"),
        (b"ARROW1\0\0" + b"x" * 100, ARROW, "not a sound Arrow stream"),
        (stream(["t"], [NOW], [1.0])[:-60], ARROW, "not a sound Arrow stream"),
        (stream(["t"], [NOW], [1.0], compression="lz4"), ARROW, "compressed buffers"),
        (stream(["t"], [NOW], ["1"]), ARROW, "cannot be of type string"),
        (stream(["t"], ["now"], [1.0]), ARROW, "cannot be of type string"),
        (stream([1], [NOW], [1.0]), ARROW, "cannot be of type int64"),
        (stream(["t"], [NOW], [1.0], extra=["x"]), ARROW, "is not one of property, time, unit, value"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_as_a_whole(server: Server, body: bytes, kind: str, reason: str) -> None:
    answer = server.post(body, kind)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]["reason"]
    assert server.recorded == []
    assert server.post(json.dumps(TWO)).status_code == 202


def test_who_may_speak(server: Server) -> None:
    body = json.dumps(TWO)
    for header in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {SECRET}"},
                   {"Authorization": "Bearer " + "x" * 600}):  # fmt: skip
        answer = server.post(body, **header)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert SECRET not in answer.text
    assert server.post(body, device="gate-1").status_code == 401  # another device's secret
    stranger = server.post(body, device="nobody")
    assert (stranger.status_code, stranger.json()) == (401, server.post(body, device="gate-1").json())
    assert server.post(body, device="unlisted", Authorization="Bearer other").status_code == 400
    assert server.recorded == []


def test_a_right_secret_is_not_checked_at_every_request(server: Server) -> None:
    for _ in range(10):
        assert server.post(json.dumps(TWO)).status_code == 202
    assert server.verified < 10
    assert server.post(json.dumps(TWO), Authorization="Bearer wrong").status_code == 401


@pytest.mark.parametrize(
    ("headers", "field"),
    [({"Content-Type": "text/csv"}, "Content-Type"), ({"Content-Encoding": "br"}, "Content-Encoding")],
)
def test_other_formats_are_refused(server: Server, headers: dict[str, str], field: str) -> None:
    kind = headers.pop("Content-Type", JSON)
    answer = server.post(b"x", kind, **headers)
    assert (answer.status_code, answer.json()["error"]["field"]) == (415, field)


def test_sizes_are_bounded(server: Server) -> None:
    assert server.post(b" " * 200_001).status_code == 413

    def parts() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    url, headers = f"http://127.0.0.1:{server.port}/ingest/thermo-1", {
        "Authorization": f"Bearer {SECRET}", "Content-Type": JSON,
    }  # fmt: skip
    with contextlib.suppress(httpx.WriteError):  # the server may answer and close before all is sent
        assert httpx.post(url, content=parts(), headers=headers).status_code == 413
    bomb = server.post(gzip.compress(b" " * 1_000_001), **{"Content-Encoding": "gzip"})
    assert bomb.status_code == 413
    assert "after decompression" in bomb.json()["error"]["reason"]
    damaged = server.post(gzip.compress(b"[]" * 1000)[:-9], **{"Content-Encoding": "gzip"})
    assert (damaged.status_code, damaged.json()["error"]["reason"]) == (400, "is gzip that was cut short")


def test_a_body_that_never_ends_is_given_up(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:
        slow.sendall(
            f"POST /ingest/thermo-1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n"
            f"Content-Type: {JSON}\r\nContent-Length: 100\r\n\r\n[".encode()
        )
        assert b"408" in slow.recv(1000).split(b"\r\n")[0]
    assert server.post(json.dumps(TWO)).status_code == 202


def test_a_runner_that_is_behind_is_passed_on(server: Server) -> None:
    server.fail = CapacityError("the bus is full")
    answer = server.post(json.dumps(TWO))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "the bus is full" in answer.json()["error"]["reason"]


def test_rates_are_bounded_by_device(running: Callable[[Limits], Server]) -> None:
    server = running(Limits(rate_per_s=1.0, burst=10.0))
    many = json.dumps([TWO[0]] * 15)
    assert server.post(many).status_code == 202
    refused = server.post(many)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 6
    for _ in range(2):  # has a rate of its own in the city
        other = server.post(many, device="gate-1", Authorization="Bearer other")
        assert other.status_code == 202


def test_requests_at_once_are_bounded_by_device(running: Callable[[Limits], Server]) -> None:
    server = running(Limits(at_once=1))
    server.hold.clear()
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(server.post(json.dumps(TWO))))
    first.start()
    time.sleep(0.5)
    assert server.post(json.dumps(TWO)).status_code == 429
    assert answers == []  # not answered before it is recorded
    server.hold.set()
    first.join(10)
    assert answers[0].status_code == 202
    assert server.post(json.dumps(TWO)).status_code == 202


def test_large_bodies_are_read_beside_small_ones(running: Callable[[Limits], Server]) -> None:
    server = running(Limits())
    body = json.dumps([{"property": "temperature", "value": 20 + n % 7} for n in range(100_000)])
    assert server.post(body).json() == {"accepted": 100_000, **ALL_TAKEN}
    assert len(server.readings()) == 100_000
    too_many = json.dumps([{}] * 300_000)
    assert server.post(too_many).status_code == 413


def test_gunzip_and_bucket() -> None:
    twice = gzip.compress(b"ab") + gzip.compress(b"cd")
    assert gunzip(twice, 4) == b"abcd"
    with pytest.raises(CapacityError):
        gunzip(twice, 3)
    bucket = TokenBucket(rate=100.0, burst=5.0)
    bucket.spend(5.0)
    assert bucket.wait_s() == 0
    bucket.spend(10.0)
    assert 0.05 < bucket.wait_s() <= 0.1
    time.sleep(0.15)
    assert bucket.wait_s() == 0


def test_the_answer_is_json_for_every_status(server: Server) -> None:
    answers: list[httpx.Response] = [server.post(b""), server.post(b"[]"), server.post(b"x", "text/csv")]
    kinds: list[Any] = [(a.status_code, a.headers["content-type"], sorted(a.json())) for a in answers]
    assert kinds == [
        (400, JSON, ["accepted", "error", "rejected", "rejected_total"]),
        (202, JSON, ["accepted", "rejected", "rejected_total"]),
        (415, JSON, ["error"]),
    ]
