"""The live stream: what comes over it, how it resumes, and what happens to a client that does not keep up."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import pytest

from s4.core.model import ObservationBatch, Reading, Series, Severity
from tests.picture.facts import at, detection, incident
from tests.picture.stand import Stand


class Event(NamedTuple):
    name: str
    id: str
    data: Any


def events(lines: Iterator[str]) -> Iterator[Event]:
    """The events of a stream, as the standard has a browser read them."""
    name, number, data = "message", "", list[str]()
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "id":
            number = value
        elif field == "data":
            data.append(value)
        elif not line and data:
            yield Event(name, number, json.loads("\n".join(data)))
            name, data = "message", []


@contextmanager
def listening(client: httpx.Client, headers: dict[str, str] | None = None, **query: int) -> Iterator[Iterator[Event]]:
    with client.stream("GET", "/api/stream", params=query, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response.iter_lines())


def take(stream: Iterator[Event], name: str, count: int) -> list[Event]:
    found = []
    for one in stream:
        if one.name == name:
            found.append(one)
        if len(found) == count:
            return found
    raise AssertionError(f"the stream ended after {found}")


def until(true: Callable[[], bool], seconds: float = 45) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_fact_comes_as_soon_as_it_is_recorded(stand: Stand, operator: httpx.Client) -> None:
    with listening(operator) as stream:
        take(stream, "clock", 1)
        stand.record(incident(), seconds=10)
        (one,) = take(stream, "fact", 1)
    assert one.id == str(one.data["cursor"]) == "1"
    assert (one.data["word"], one.data["recorded"]) == ("incident", at(10))
    assert one.data["fact"]["title"] == "Left bag, Plaza Nueva"


def test_who_has_the_answer_misses_nothing_from_then_on(
    stand: Stand, operator: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = stand.archive.newest

    def slowly() -> int:
        time.sleep(0.3)
        return reading()

    monkeypatch.setattr(stand.archive, "newest", slowly)
    with listening(operator) as stream:
        stand.record(incident())
        assert take(stream, "fact", 1)[0].data["fact"]["id"] == incident().id


def test_nothing_is_missed_between_the_picture_and_the_stream(stand: Stand, operator: httpx.Client) -> None:
    stand.record(incident("inc-0"))
    cursor = operator.get("/api/picture").json()["cursor"]
    stand.record(*(incident(f"inc-{number}") for number in range(1, 1200)))
    with listening(operator, after=cursor) as stream:
        got = take(stream, "fact", 1199)
    assert [one.data["fact"]["id"] for one in got] == [f"inc-{number}" for number in range(1, 1200)]


def test_a_browser_resumes_after_the_last_event_it_got(stand: Stand, operator: httpx.Client) -> None:
    stand.record(*(incident(f"inc-{number}") for number in range(5)))
    with listening(operator, {"Last-Event-ID": "3"}, after=0) as stream:
        assert [one.id for one in take(stream, "fact", 2)] == ["4", "5"]


def test_a_cursor_of_another_store_asks_for_the_picture_anew(stand: Stand, operator: httpx.Client) -> None:
    stand.record(incident())
    with listening(operator, after=7) as stream:
        take(stream, "reset", 1)
        stand.record(detection())
        assert take(stream, "fact", 1)[0].data["word"] == "detection"


def test_the_sources_come_when_they_change_and_the_clock_always(stand: Stand, operator: httpx.Client) -> None:
    with listening(operator) as stream:
        (first,) = take(stream, "sources", 1)
        assert {one["id"]: one["state"] for one in first.data} == {
            "co2-1": "silent", "cam-1": "silent", "door-1": "event", "lock-1": "event",
        }  # fmt: skip
        stand.clock.advance_to(at(5))
        batch = ObservationBatch.of("square", at(5), [Reading(Series("co2-1", "co2", "[ppm]"), at(5), 420.0)])
        stand.sources.heard([batch])
        (second,) = take(stream, "sources", 1)
        assert next(one for one in second.data if one["id"] == "co2-1")["state"] == "fresh"
        assert [one.data for one in take(stream, "clock", 2)] == [{"now": at(5), "speed": 1.0, "threat": "normal"}] * 2


def test_the_sources_carry_the_names_that_the_picture_gives_them(operator: httpx.Client) -> None:
    with listening(operator) as stream:
        (event,) = take(stream, "sources", 1)
    rows = {one["id"]: one for one in operator.get("/api/picture").json()["sources"]}
    assert event.data
    for update in event.data:
        assert update.items() <= rows[update["id"]].items()


def test_the_threat_comes_with_the_clock_soon_after_what_changes_it(stand: Stand, operator: httpx.Client) -> None:
    with listening(operator) as stream:
        assert take(stream, "clock", 1)[0].data["threat"] == "normal"
        stand.record(incident(severity=Severity.SEVERE, probability=0.9))
        while (said := take(stream, "clock", 1)[0].data["threat"]) == "normal":
            pass
    assert said == operator.get("/api/picture").json()["threat"] == "severe"


def test_signing_out_ends_the_stream(stand: Stand, operator: httpx.Client) -> None:
    with listening(operator) as stream:
        take(stream, "clock", 1)
        cookie = {"Cookie": f"s4_session={operator.cookies['s4_session']}"}
        assert stand.client(None).delete("/api/session", headers=cookie).status_code == 204
        (end,) = take(stream, "end", 1)
    assert end.data == {"reason": "the session has ended; sign in again"}
    assert operator.get("/api/stream").status_code == 401


def test_an_open_stream_keeps_its_session_from_going_idle(stand: Stand, operator: httpx.Client) -> None:
    with listening(operator) as stream:
        for minutes in range(20, 200, 20):
            stand.machine.advance_to(at(minutes * 60))
            take(stream, "clock", 2)
    assert operator.get("/api/me").status_code == 200


def test_there_are_only_so_many_streams_and_a_closed_one_makes_room(stand: Stand) -> None:
    clients = [stand.client("operator", f"op-{number}") for number in range(5)]
    opened = [client.send(client.build_request("GET", "/api/stream"), stream=True) for client in clients]
    assert sorted(response.status_code for response in opened) == [200, 200, 200, 200, 503]
    refused = next(response for response in opened if response.status_code == 503)
    refused.read()
    assert refused.json()["error"]["reason"] == "4 live streams are open already"
    assert refused.headers["retry-after"] == "5"
    for response in opened:
        response.close()
    until(lambda: len(stand.services.streams) == 0)
    with listening(clients[0]) as stream:
        take(stream, "clock", 1)


def raw_stream(stand: Stand, client: httpx.Client, headers: str = "") -> socket.socket:
    """A client that asks for the stream and then reads only when the test says so."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(20)
    raw.connect(("127.0.0.1", stand.port))
    cookie = client.cookies["s4_session"]
    raw.sendall(
        f"GET /api/stream?after=0 HTTP/1.1\r\nHost: 127.0.0.1:{stand.port}\r\nCookie: s4_session={cookie}\r\n"
        f"{headers}\r\n".encode()
    )
    return raw


def test_a_client_that_takes_nothing_is_let_go_and_others_do_not_wait(stand: Stand, operator: httpx.Client) -> None:
    stuck = raw_stream(stand, operator)
    until(lambda: len(stand.services.streams) == 1)
    large = [incident(f"inc-{number}", reason="x" * 100_000) for number in range(120)]
    with listening(operator) as stream:
        take(stream, "clock", 1)
        started = time.monotonic()
        stand.record(*large)
        assert len(take(stream, "fact", 120)) == 120
        assert time.monotonic() - started < 10
    until(lambda: len(stand.services.streams) == 0)
    got = b""
    with pytest.raises((ConnectionError, AssertionError)):  # noqa: PT012 - the connection may end in either way
        while chunk := stuck.recv(65536):
            got += chunk
        raise AssertionError("the server closed the connection")
    stuck.close()
    last = max(int(line[4:]) for line in got.decode(errors="replace").splitlines() if line[:4] == "id: " and line[4:])
    assert 0 < last < 120
    with listening(operator, {"Last-Event-ID": str(last)}) as stream:
        resumed = take(stream, "fact", 120 - last)
    assert [one.data["cursor"] for one in resumed] == list(range(last + 1, 121))


def test_a_stopping_server_says_so_and_is_not_held_up(stand: Stand, operator: httpx.Client) -> None:
    with listening(operator) as stream:
        take(stream, "clock", 1)
        loop = stand.services.feed._loop  # type: ignore[attr-defined]
        loop.call_soon_threadsafe(stand.services.streams.stop)
        (end,) = take(stream, "end", 1)
    assert end.data == {"reason": "the server is stopping"}


def test_many_browsers_get_the_same(stand: Stand) -> None:
    got: dict[int, list[str]] = {}

    def listen(number: int) -> None:
        with listening(stand.client("viewer", f"viewer-{number}"), after=0) as stream:
            got[number] = [one.data["fact"]["id"] for one in take(stream, "fact", 50)]

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for number in range(50):
        stand.record(incident(f"inc-{number:02}"))
    for thread in threads:
        thread.join(30)
    assert [got[number] for number in range(4)] == [[f"inc-{number:02}" for number in range(50)]] * 4


@pytest.mark.parametrize("last", ["x", "-1", "1e3", "9" * 30, "１"])
def test_a_bad_cursor_is_refused(operator: httpx.Client, last: str) -> None:
    response = operator.get("/api/stream", headers=[(b"Last-Event-ID", last.encode())])
    assert response.status_code == 400
    assert response.json()["error"]["field"] == "Last-Event-ID"
