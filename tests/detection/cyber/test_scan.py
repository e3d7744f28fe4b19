"""The threshold random walk: what is a scan, what is not, and what must not depend on chance."""

import itertools
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import ConfigError, InputError
from s4.core.model import Detection, Observation
from s4.detection.cyber.flow import Flow, Outcome, outcome_of
from s4.detection.cyber.scan import ScanWatch
from tests.detection.city import context_of
from tests.detection.cyber.zeek import NS, flow_at


def attempt(
    second: float, dest: str, port: int, state: str, *, src: str = "10.0.0.9", proto: str = "tcp"
) -> Observation:
    body = {"src_ip": src, "src_port": 40000, "dest_ip": dest, "dest_port": port, "proto": proto, "state": state}
    return flow_at(int(second * NS), body)


def run(stage: ScanWatch, flows: Sequence[Observation], cuts: Sequence[int] = ()) -> list[Detection]:
    edges = sorted({0, len(flows), *(cut % (len(flows) + 1) for cut in cuts)})
    found: list[Detection] = []
    for left, right in itertools.pairwise(edges):
        found += stage.step(flows[left:right], flows[right - 1].time)
    return found + stage.step([], 10**7 * NS)


def test_four_hosts_in_vain_are_a_scan() -> None:
    flows = [attempt(second, f"10.0.1.{second}", 23, "S0") for second in range(1, 61)]
    found = run(ScanWatch(context_of("sensor")), flows)
    assert [(one.phase, one.time // NS) for one in found] == [("start", 4), ("update", 34), ("end", 60)]
    assert found[0].text == "10.0.0.9 tries 4 hosts on port 23"
    assert [one.attributes["count"] for one in found] == [4, 34, 60]
    assert found[0].confidence == pytest.approx(256 * 0.1 / (256 * 0.1 + 0.9), abs=1e-4)
    assert found[0].attributes["direction"] == "horizontal"


def test_four_closed_ports_of_one_host_are_a_scan() -> None:
    found = run(ScanWatch(context_of("sensor")), [attempt(port, "10.0.1.7", port, "REJ") for port in range(20, 30)])
    assert {one.attributes["direction"] for one in found} == {"vertical"}
    assert [one.phase for one in found] == ["start", "end"]
    assert found[0].time == 23 * NS


def test_the_same_target_again_and_again_is_none() -> None:
    assert run(ScanWatch(context_of("sensor")), [attempt(second, "10.0.1.7", 23, "S0") for second in range(500)]) == []


def test_who_is_mostly_answered_is_none() -> None:
    flows = [attempt(n, f"10.0.1.{n}", 443, "S0" if n % 3 == 0 else "SF") for n in range(1, 200)]
    assert run(ScanWatch(context_of("sensor")), flows) == []


def test_a_lost_packet_is_no_failure() -> None:
    """Each host is tried in vain once and then answers, as on a bad radio link."""
    flows = [
        attempt(n + half, f"10.0.1.{n}", 443, state) for n in range(1, 100) for half, state in ((0, "S0"), (0.5, "SF"))
    ]
    assert run(ScanWatch(context_of("sensor")), flows) == []


def test_what_is_older_than_the_window_is_forgotten() -> None:
    flows = [attempt(n * 201, f"10.0.1.{n}", 23, "S0") for n in range(1, 100)]
    assert run(ScanWatch(context_of("sensor")), flows) == []
    assert run(ScanWatch(context_of("sensor", window_s=1000.0)), flows)


def test_silence_weighs_less_for_udp() -> None:
    flows = [attempt(n, f"10.0.1.{n}", 161, "S0", proto="udp") for n in range(1, 40)]
    found = run(ScanWatch(context_of("sensor")), flows)
    assert found[0].time == 16 * NS  # ln 99 / ln (0.8 / 0.6) = 15.97


@pytest.mark.parametrize(
    ("dest", "proto", "state", "packets", "outcome"),
    [
        ("10.0.0.2", "tcp", "S0", 1, Outcome.FAILED),
        ("10.0.0.2", "tcp", "REJ", 2, Outcome.FAILED),
        ("10.0.0.2", "tcp", "RSTOS0", 2, Outcome.FAILED),
        ("10.0.0.2", "tcp", "SF", 9, Outcome.ANSWERED),
        ("10.0.0.2", "tcp", "RSTO", 4, Outcome.ANSWERED),
        ("10.0.0.2", "tcp", "OTH", 4, Outcome.UNKNOWN),
        ("10.0.0.2", "TCP", "new", 1, Outcome.FAILED),
        ("10.0.0.2", "TCP", "established", 9, Outcome.ANSWERED),
        ("10.0.0.2", "TCP", "closed", 2, Outcome.FAILED),
        ("10.0.0.2", "TCP", "closed", 12, Outcome.ANSWERED),
        ("239.255.255.250", "udp", "S0", 1, Outcome.UNKNOWN),
        ("10.0.0.255", "udp", "S0", 1, Outcome.UNKNOWN),
        ("ff02::fb", "udp", "S0", 1, Outcome.UNKNOWN),
    ],
)
def test_outcomes(dest: str, proto: str, state: str, packets: int, outcome: Outcome) -> None:
    assert outcome_of(Flow("10.0.0.1", dest, proto, state, packets=packets)) is outcome


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"src_ip": "nobody"}, "does not appear to be an IPv4 or IPv6 address"),
        ({"dest_port": 70_000}, "dest_port"),
        ({"state": None}, "state"),
        ({"packets": -1}, "packets"),
    ],
)
def test_a_bad_flow_is_refused_before_anything_changes(change: dict[str, object], complaint: str) -> None:
    stage = ScanWatch(context_of("sensor"))
    before = stage.snapshot()
    good = attempt(0, "10.0.1.1", 23, "S0")
    with pytest.raises(InputError, match=complaint):
        stage.step([good, msgspec.structs.replace(good, body={**good.body, **change})], 0)
    assert stage.snapshot() == before


def test_wrong_options_and_snapshots_are_named() -> None:
    with pytest.raises(ConfigError, match="theta1 must be less"):
        ScanWatch(context_of("sensor", theta1=0.9))
    with pytest.raises(InputError, match="scan snapshot"):
        ScanWatch(context_of("sensor")).restore(b"\x92\xa1")


def test_memory_is_bounded() -> None:
    stage = ScanWatch(context_of("sensor", most_walks=50, most_targets=16))
    for n in range(3000):
        dest = f"10.{n % 200}.{n % 7}.{n % 13}"
        stage.step([attempt(n / 100, dest, n % 1000, "S0", src=f"10.200.{n % 11}.{n % 90}")], 30 * NS)
    assert len(stage._state.walks) <= 50
    assert max(len(walk.attempts) for walk in stage._state.walks.values()) <= 16


rows = st.lists(
    st.tuples(st.floats(0, 200), st.integers(1, 12), st.integers(1, 6), st.sampled_from(["S0", "SF", "REJ", "OTH"])),
    min_size=1,
    max_size=60,
)


def flows_of(given_rows: list[tuple[float, int, int, str]]) -> list[Observation]:
    second, flows = 0.0, []
    for wait, host, port, state in given_rows:
        second += wait
        flows.append(attempt(second, f"10.0.1.{host}", port, state))
    return flows


def sent(found: list[Detection]) -> list[bytes]:
    return sorted(msgspec.json.encode(one) for one in found)


@given(rows, st.lists(st.integers(0, 60)))
def test_cutting_the_batches_elsewhere_changes_nothing(
    given_rows: list[tuple[float, int, int, str]], cuts: list[int]
) -> None:
    flows = flows_of(given_rows)
    whole = run(ScanWatch(context_of("sensor")), flows, range(len(flows)))
    assert sent(whole) == sent(run(ScanWatch(context_of("sensor")), flows, cuts))
    assert len({one.id for one in whole}) == len(whole)


@given(rows, st.integers(0, 60))
def test_a_snapshot_is_the_whole_state(given_rows: list[tuple[float, int, int, str]], cut: int) -> None:
    flows = flows_of(given_rows)
    half = cut % len(flows)
    stage, again = ScanWatch(context_of("sensor")), ScanWatch(context_of("sensor"))
    stage.step(flows[:half], flows[half].time)
    again.restore(stage.snapshot())
    assert run(stage, flows[half:]) == run(again, flows[half:])
