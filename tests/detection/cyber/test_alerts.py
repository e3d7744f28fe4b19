"""Alerts of an IDS: the kinds, the folding of repeats, what is refused, and what must not depend on chance."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import ConfigError, InputError
from s4.core.model import KINDS, Detection, Observation
from s4.detection.cyber.alerts import Alerts
from s4.detection.cyber.categories import kind_of_alert
from tests.detection.city import PLACE, context_of

NS = 1_000_000_000


def alert_at(
    second: float, *, sid: int = 1, src: str = "10.0.0.9", source: str = "ids", **alert: object
) -> Observation:
    time = int(second * NS)
    body = {
        "timestamp": "2026-05-01T18:00:00.000000+0000", "event_type": "alert", "flow_id": 7,
        "src_ip": src, "src_port": 40000, "dest_ip": "10.0.0.2", "dest_port": 502, "proto": "TCP",
        "alert": {
            "action": "allowed", "gid": 1, "signature_id": sid, "rev": 2, "signature": f"ET SCAN number {sid}",
            "category": "Detection of a Network Scan", "severity": 3, **alert,
        },
    }  # fmt: skip
    name = Observation.derive_id(source, "eve.alert", time, msgspec.json.encode(body))
    return Observation(name, source, "eve.alert", time, "network", time, body)


def run(stage: Alerts, observations: list[Observation], cuts: list[int] | None = None) -> list[Detection]:
    """Feed the observations in batches cut at these places; then let everything end."""
    edges = sorted({0, len(observations), *(cut % (len(observations) + 1) for cut in cuts or [])})
    found: list[Detection] = []
    for left, right in itertools.pairwise(edges):
        found += stage.step(observations[left:right], observations[right - 1].time)
    return found + stage.step([], 10**6 * NS)


def test_repeats_are_one_happening_with_a_count() -> None:
    found = run(Alerts(context_of("ids")), [alert_at(second) for second in range(0, 130, 10)])
    assert [one.phase for one in found] == ["start", "update", "update", "end"]
    assert [one.attributes["count"] for one in found] == [1, 7, 13, 13]
    assert len({one.happening for one in found}) == 1
    assert len({one.id for one in found}) == 4
    assert {one.kind for one in found} == {"network_scan"}
    assert found[0].place == PLACE
    assert found[-1].time == 120 * NS
    assert found[1].text == "ET SCAN number 1: 10.0.0.9 → 10.0.0.2, 7 times"


def test_after_a_silence_it_is_a_new_happening() -> None:
    found = run(Alerts(context_of("ids")), [alert_at(0), alert_at(299), alert_at(700)])
    assert [(one.phase, one.time // NS) for one in found] == [
        ("start", 0), ("update", 299), ("end", 299), ("start", 700), ("end", 700),
    ]  # fmt: skip
    assert len({one.happening for one in found}) == 2


def test_other_signatures_and_addresses_are_other_happenings() -> None:
    found = Alerts(context_of("ids")).step([alert_at(0), alert_at(0, sid=2), alert_at(0, src="10.0.0.8")], 0)
    assert len({one.happening for one in found}) == 3


@pytest.mark.parametrize(
    ("severity", "action", "confidence"),
    [(1, "allowed", 0.75), (1, "blocked", 0.8182), (2, "allowed", 0.5), (3, "allowed", 0.25), (4, "allowed", 0.1)],
)
def test_confidence_follows_priority_and_action(severity: int, action: str, confidence: float) -> None:
    (one,) = Alerts(context_of("ids")).step([alert_at(0, severity=severity, action=action)], 0)
    assert one.confidence == confidence


@pytest.mark.parametrize(
    ("category", "signature", "app_proto", "kind"),
    [
        ("Detection of a Network Scan", "ET SCAN NMAP -sS", "", "network_scan"),
        ("attempted-recon", "GPL ICMP_INFO PING", "", "network_scan"),
        ("A Network Trojan was detected", "ET MALWARE Mirai", "", "malware_traffic"),
        ("Malware Command and Control Activity Detected", "ET MALWARE beacon", "tls", "malware_traffic"),
        ("Attempt to login by a default username and password", "ET EXPLOIT default", "", "brute_force"),
        ("Attempted Information Leak", "ET SCAN SSH Brute-Force login", "ssh", "brute_force"),
        ("Generic Protocol Command Decode", "SURICATA Modbus invalid Length", "modbus", "protocol_violation"),
        ("", "SURICATA DNP3 Malformed transport", "", "protocol_violation"),
        ("Potentially Bad Traffic", "anything", "enip", "protocol_violation"),
        ("Generic Protocol Command Decode", "SURICATA STREAM bad", "", "ids_alert"),
        ("Attempted Administrator Privilege Gain", "ET EXPLOIT", "", "ids_alert"),
        ("a category of our own", "x", "", "ids_alert"),
    ],
)
def test_categories_become_kinds(category: str, signature: str, app_proto: str, kind: str) -> None:
    assert kind_of_alert(category, signature, app_proto) == kind
    assert KINDS[kind].nature == "cyber"


def test_a_bad_record_is_refused_before_anything_changes() -> None:
    stage, clean = Alerts(context_of("ids")), Alerts(context_of("ids"))
    bad = msgspec.structs.replace(alert_at(1), body={"src_ip": "10.0.0.9", "dest_ip": "10.0.0.2", "alert": {}})
    with pytest.raises(InputError, match=r"ids\.eve\.alert: .*signature"):
        stage.step([alert_at(0), bad], NS)
    assert stage.step([alert_at(0)], NS) == clean.step([alert_at(0)], NS)


def test_other_observations_are_left_alone() -> None:
    other = msgspec.structs.replace(alert_at(0), property="door.state", body={"open": True})
    assert Alerts(context_of("ids")).step([other], 0) == []


def test_wrong_options_and_snapshots_are_named() -> None:
    with pytest.raises(ConfigError, match="quiet_s"):
        Alerts(context_of("ids", quiet_s=-1))
    for state in (b"rubbish", b"", msgspec.msgpack.encode(("0", {}))):
        with pytest.raises(InputError, match="alerts snapshot"):
            Alerts(context_of("ids")).restore(state)


def test_memory_is_bounded() -> None:
    stage = Alerts(context_of("ids", most=10))
    found = [one for n in range(500) for one in stage.step([alert_at(n / 1000, src=f"10.1.{n // 256}.{n % 256}")], NS)]
    assert sum(one.phase == "start" for one in found) == 500
    assert sum(one.phase == "end" for one in found) == 489  # ten, and the one just begun


steps = st.lists(
    st.tuples(st.floats(0, 400), st.integers(1, 3), st.sampled_from(["a", "b"]), st.sampled_from(["ids", "ids-2"])),
    min_size=1,
    max_size=40,
)


def alerts_of(rows: list[tuple[float, int, str, str]]) -> list[Observation]:
    second, found = 0.0, []
    for wait, sid, src, source in rows:
        second += wait
        found.append(alert_at(second, sid=sid, src=src, source=source))
    return found


def sent(found: list[Detection]) -> list[bytes]:
    return sorted(msgspec.json.encode(one) for one in found)


@given(steps, st.lists(st.integers(0, 40)))
def test_cutting_the_batches_elsewhere_changes_nothing(
    rows: list[tuple[float, int, str, str]], cuts: list[int]
) -> None:
    observations = alerts_of(rows)
    whole = run(Alerts(context_of("ids", "ids-2")), observations, list(range(len(observations))))
    assert sent(whole) == sent(run(Alerts(context_of("ids", "ids-2")), observations, cuts))
    assert len({one.id for one in whole}) == len(whole)
    assert sum(one.phase == "start" for one in whole) == sum(one.phase == "end" for one in whole)


@given(steps, st.integers(0, 40))
def test_a_snapshot_is_the_whole_state(rows: list[tuple[float, int, str, str]], cut: int) -> None:
    observations = alerts_of(rows)
    half = cut % len(observations)
    stage, again = Alerts(context_of("ids", "ids-2")), Alerts(context_of("ids", "ids-2"))
    first = stage.step(observations[:half], observations[half].time)
    again.restore(stage.snapshot())
    assert run(stage, observations[half:]) == run(again, observations[half:])
    assert first == Alerts(context_of("ids", "ids-2")).step(observations[:half], observations[half].time)
