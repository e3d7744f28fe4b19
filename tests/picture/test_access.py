"""Who gets in, and what happens to requests that mean no good."""

import http.client
import socket

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s4.picture.operation import Operation
from s4.picture.routes import OPERATIONS
from s4.shield.sessions import Person
from tests.picture.facts import at, incident, measure
from tests.picture.stand import Stand

PROTECTED = [row for row in OPERATIONS if row.session]


def address(row: Operation) -> str:
    return row.path.replace("{id}", "inc-1").replace("{ref}", "a.png").replace("{source}/{property:path}", "a/b")


def test_a_login_link_opens_a_session_once(stand: Stand) -> None:
    token = stand.services.sessions.issue(Person("ana", "operator", "Ana"))
    client = stand.client(None)
    answer = client.post("/api/session", json={"token": token})
    assert answer.json() == {"actor": "ana", "role": "operator", "name": "Ana"}
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("s4_session=", "HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"))
    assert "Secure" not in cookie
    assert client.get("/api/me").json() == answer.json()
    again = stand.client(None).post("/api/session", json={"token": token})
    assert again.status_code == 401
    assert "set-cookie" not in again.headers
    assert [(one.actor, one.action) for one in stand.archive.audit()] == [("ana", "session.open")]


def test_over_https_the_cookie_stays_there(stand: Stand) -> None:
    token = stand.services.sessions.issue(Person("ana", "operator"))
    answer = stand.client(None).post("/api/session", json={"token": token}, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["set-cookie"]


def test_a_user_signs_in_with_a_secret_until_revoked(stand: Stand) -> None:
    secret = stand.services.credentials.add_user("bob", "supervisor", "Bob")
    client = stand.client(None)
    answer = client.post("/api/session", json={"user": "bob", "secret": secret})
    assert answer.json() == {"actor": "bob", "role": "supervisor", "name": "Bob"}
    assert client.get("/api/picture").status_code == 200
    stand.services.credentials.revoke("user", "bob")
    assert client.get("/api/picture").status_code == 401
    assert stand.client(None).post("/api/session", json={"user": "bob", "secret": secret}).status_code == 401


def test_signing_out_ends_the_session(stand: Stand, operator: httpx.Client) -> None:
    stolen = operator.cookies["s4_session"]
    answer = operator.delete("/api/session")
    assert answer.status_code == 204
    assert 's4_session=""' in answer.headers["set-cookie"]
    assert stand.client(None).get("/api/me", headers={"Cookie": f"s4_session={stolen}"}).status_code == 401


def test_an_idle_session_ends(stand: Stand, operator: httpx.Client) -> None:
    stand.machine.advance_to(at(1799))
    assert operator.get("/api/me").status_code == 200
    stand.machine.advance_to(at(1799 + 1801))
    assert operator.get("/api/me").json()["error"] == {"reason": "sign in first", "field": None, "status": 401}


def test_after_ten_failures_one_has_to_wait_even_with_the_right_token(stand: Stand) -> None:
    client = stand.client(None)
    for _ in range(10):
        assert client.post("/api/session", json={"token": "x" * 43}).status_code == 401
    token = stand.services.sessions.issue(Person("ana", "operator"))
    answer = client.post("/api/session", json={"token": token})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "61")
    stand.machine.advance_to(at(61))
    assert client.post("/api/session", json={"token": token}).status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "x" * 4000])
def test_nothing_is_shown_or_done_without_a_session(stand: Stand, cookie: str) -> None:
    stand.record(incident(), measure())
    client = stand.client(None)
    for row in PROTECTED:
        headers = {"Cookie": f"s4_session={cookie}"}
        answer = client.request(row.method, address(row), json={}, headers=headers)
        assert answer.status_code == 401, row.name
        assert answer.json()["error"]["reason"] == "sign in first"
    assert stand.archive.audit() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-S4": "0"},
        {"X-S4": "1", "Origin": "http://evil.example"},
        {"X-S4": "1", "Origin": "null"},
        {"X-S4": "1", "Origin": "http://127.0.0.1:1"},
        {"X-S4": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-S4": "1", "Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_another_sites_page_cannot_make_a_browser_decide(
    stand: Stand, operator: httpx.Client, headers: dict[str, str]
) -> None:
    stand.record(incident())
    del operator.headers["X-S4"]
    for row in (row for row in OPERATIONS if row.method != "GET"):
        body = {"revision": 0, "reason": "r"}
        answer = operator.request(row.method, address(row), json=body, headers=headers)
        assert answer.status_code == 403, row.name
    assert operator.get("/api/me").status_code == 200
    assert stand.archive.audit() == []


def test_our_own_page_may(stand: Stand, operator: httpx.Client) -> None:
    stand.record(incident())
    headers = {"Origin": stand.url, "Sec-Fetch-Site": "same-origin"}
    assert operator.post("/api/incidents/inc-1/acknowledge", json={}, headers=headers).status_code == 201


BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b'"x"', 400),
    (b"null", 400),
    (b'{"revision": "3", "reason": "r"}', 400),
    (b'{"revision": -1, "reason": "r"}', 400),
    (b'{"revision": 1e99, "reason": "r"}', 400),
    (b'{"revision": 0, "reason": null}', 400),
    (b'{"revision": 0, "reason": "a\\u0000b"}', 400),
    (b'{"revision": 0, "reason": "\\ud800"}', 400),
    (b'{"revision": 0, "reason": "\xff"}', 400),
    (b'{"revision": 0, "reason": "r", "state": "approved"}', 400),
    (b'{"revision": 0, "reason": "' + b"x" * 2001 + b'"}', 400),
    (b"[" * 16_000, 400),
    (b'{"reason":' * 1_600, 400),
    (b" " * 16_385, 413),
    (b'{"revision": 0, "reason": "' + b"x" * 1_000_000 + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: repr(value)[:40])
def test_a_bad_body_gets_one_clear_reason(stand: Stand, operator: httpx.Client, body: bytes, status: int) -> None:
    stand.record(incident(), measure())
    headers = {"Content-Type": "application/json"}
    answer = operator.post("/api/recommendations/rec-1/reject", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["reason"]
    assert stand.archive.audit() == []


def test_a_body_without_an_end_is_cut_off(stand: Stand, operator: httpx.Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stand.port, timeout=20)
    headers = {
        "X-S4": "1", "Content-Type": "application/json", "Cookie": f"s4_session={operator.cookies['s4_session']}",
    }  # fmt: skip
    endless = (b"x" * 1000 for _ in range(10_000))
    try:
        connection.request("POST", "/api/incidents/inc-1/note", endless, headers, encode_chunked=True)
        assert connection.getresponse().status == 413
    except ConnectionError:
        pass  # the server stopped listening before everything was sent
    finally:
        connection.close()
    assert operator.get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_taken(operator: httpx.Client, kind: str) -> None:
    answer = operator.post("/api/incidents/inc-1/note", content=b'{"reason":"r"}', headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "path",
    [
        "/api/incidents/%00",
        "/api/incidents/a%0Ab",
        f"/api/incidents/{'x' * 201}",
        "/api/series/a%00/b",
        "/api/evidence/%7F",
    ],
)
def test_a_bad_name_in_the_address_is_refused(stand: Stand, path: str) -> None:
    answer = stand.client("supervisor").get(path)
    assert answer.status_code == 400
    assert "printable" in answer.json()["error"]["reason"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("at=x", "at"), ("at=-1", "at"), ("at=1.5", "at"), ("at=", "at"), ("at=1&at=2", "at"), ("at=" + "9" * 40, "at"),
        ("at=%D9%A3", "at"), ("when=1", None), ("at=1&x=2", None),
    ],
)  # fmt: skip
def test_a_bad_question_names_the_field(operator: httpx.Client, query: str, field: str | None) -> None:
    answer = operator.get(f"/api/picture?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_changes_nothing(operator: httpx.Client, method: str) -> None:
    answer = operator.request(method, "/api/picture")
    assert answer.status_code == 405
    assert answer.json()["error"]["status"] == 405


def test_every_answer_keeps_the_browser_careful(stand: Stand, operator: httpx.Client) -> None:
    for path in ("/", "/api/me", "/api/nothing", "/api/incidents/none", "/healthz"):
        headers = operator.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"].split("script-src")[1].split(";")[0]


def test_a_damaged_credential_file_is_our_fault_and_stays_our_secret(stand: Stand) -> None:
    path = stand.folder / "credentials.json"
    path.write_text("{")
    path.chmod(0o600)
    answer = stand.client(None).post("/api/session", json={"user": "bob", "secret": "x"})
    assert answer.status_code == 500
    assert str(stand.folder) not in answer.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_no_line_of_bytes_brings_the_server_down(stand: Stand, junk: bytes) -> None:
    with socket.create_connection(("127.0.0.1", stand.port), timeout=10) as raw:
        raw.sendall(b"GET /api/picture?" + junk + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 4")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["recommendations/rec-1/approve", "incidents/inc-1/close", "commands/c/undo"]),
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.integers(-(2**70), 2**70),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ),
)
def test_no_json_decides_anything_by_accident(stand: Stand, path: str, value: object) -> None:
    client = stand.client("operator")
    stand.record(incident(), measure(revision=1))
    try:
        body = msgspec.json.encode(value)
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError):
        return
    answer = client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 404, 413)
    assert stand.archive.audit() == []
