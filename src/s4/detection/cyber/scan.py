"""Scans seen from flows: one source that tries many hosts, or many ports of one host, mostly in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from s4.core.model import Detection, Observation, Word
from s4.core.ports import Card, Context, Room, Stage
from s4.detection.cyber.flow import Flow, Outcome, outcome_of, read_flow
from s4.detection.cyber.happening import Happening, Happenings
from s4.detection.cyber.recent import oldest, touch
from s4.detection.cyber.state import read_options, read_state
from s4.detection.cyber.walk import Hypotheses, Walk, posterior, threshold

PROPERTY: Final = "flow"
NAME: Final = "scan"
VERSION: Final = "1"

Rate = Annotated[float, Meta(gt=0.0, lt=1.0)]


class ScanOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`theta0`, `theta1`: how often a benign source's and a scanner's TCP attempts are answered; `udp_theta0`: the same
    for UDP, where silence is common; `detection_rate`, `false_rate`: of the test; `prior`: of a source being a scanner
    before anything is seen; `window_s`: attempts are forgotten after it; `quiet_s`: a scan ends when no new target was
    tried for so long; `most_walks`, `most_targets`: bounds of memory (the least recent are forgotten).
    """

    theta0: Rate = 0.8
    theta1: Rate = 0.2
    udp_theta0: Rate = 0.4
    detection_rate: Rate = 0.99
    false_rate: Rate = 0.01
    prior: Rate = 0.1
    window_s: Annotated[float, Meta(gt=0, le=86_400)] = 600.0
    quiet_s: Annotated[float, Meta(gt=0, le=86_400)] = 300.0
    update_every_s: Annotated[float, Meta(gt=0, le=86_400)] = 30.0
    most_walks: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000
    most_targets: Annotated[int, Meta(ge=8, le=65_536)] = 64

    def __post_init__(self) -> None:
        if not self.theta1 < min(self.theta0, self.udp_theta0):
            raise ValueError("theta1 must be less than theta0 and udp_theta0")


class ScanState(msgspec.Struct):
    """What a snapshot holds: the walks, the least recent first, and the scans that go on."""

    happenings: Happenings
    walks: dict[str, Walk] = {}


class ScanWatch(Stage):
    """Observations `flow` → `network_scan`, by a threshold random walk for each source (horizontal, over hosts) and
    each pair of hosts (vertical, over ports). Settings: `ScanOptions`. Cost: about 10 µs a flow.
    """

    card: ClassVar[Card] = Card(
        name=NAME,
        version=VERSION,
        title="Network scans, from flows",
        purpose="Notice somebody looking for weak devices on the city's network before they are attacked",
        legal_basis="GDPR Art. 6(1)(f) and recital 49: network security; IP addresses only",
        limits="Not seen: under four new targets in `window_s`, many sources together, or mixed with answered tries",
    )
    room: ClassVar[Room] = "detection"
    consumes: ClassVar[tuple[type, ...]] = (Observation,)
    produces: ClassVar[tuple[type, ...]] = (Detection,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = self._options = read_options(context.options, ScanOptions, NAME)
        self._tcp = Hypotheses(options.theta0, options.theta1)
        self._udp = Hypotheses(options.udp_theta0, options.theta1)
        self._declare = threshold(options.detection_rate, options.false_rate)
        self._state = ScanState(Happenings(f"{NAME}/{VERSION}", options.quiet_s, options.update_every_s))

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        """Walk on with every flow; other observations are not for this stage."""
        mine = [fact for fact in facts if isinstance(fact, Observation) and fact.property == PROPERTY]
        flows = [(observation, read_flow(observation)) for observation in mine]  # all, before anything changes
        found: list[Detection] = []
        for observation, flow in flows:
            found += self._state.happenings.expire(observation.source, observation.time)
            found += self._take(observation, flow, now)
        return [*found, *self._state.happenings.expire_unheard(now)]

    def _take(self, observation: Observation, flow: Flow, now: int) -> Iterator[Detection]:
        outcome = outcome_of(flow)
        if outcome is Outcome.UNKNOWN:
            return
        port = f"{flow.proto.lower()}/{flow.dest_port}"
        for direction, key, target in (
            ("horizontal", f"h {observation.source} {flow.src_ip}", flow.dest_ip),
            ("vertical", f"v {observation.source} {flow.src_ip} {flow.dest_ip}", port),
        ):
            walk = self._walk(key)
            walk.forget(observation.time, self._options.window_s, self._options.most_targets - 1)
            hypotheses = self._udp if flow.proto.lower() == "udp" else self._tcp
            answered = outcome is Outcome.ANSWERED
            is_new = walk.take(target, observation.time, answered=answered, hypotheses=hypotheses)
            if is_new and walk.log_ratio() >= self._declare:
                happening = self._go_on(key, walk, observation, now)
                _describe(happening, direction, walk, flow)
                yield from self._state.happenings.state(happening, observation.time)

    def _walk(self, key: str) -> Walk:
        walks = self._state.walks
        walk = touch(walks, key, walks.get(key) or Walk())
        if len(walks) > self._options.most_walks:
            del walks[oldest(walks)[0]]
        return walk

    def _go_on(self, key: str, walk: Walk, observation: Observation, now: int) -> Happening:
        """The scan's happening, whose count is that of the targets tried."""
        happening = self._state.happenings.of("network_scan", key, observation, now)
        if happening.ordinal == 0:
            happening.count = len(walk.attempts)
        happening.confidence = max(happening.confidence, posterior(walk.log_ratio(), self._options.prior))
        happening.place = observation.place or self.context.city.place_of(observation.source)
        return happening

    def snapshot(self) -> bytes:
        """Every walk and every open scan."""
        return msgspec.msgpack.encode((VERSION, self._state))

    def restore(self, state: bytes) -> None:
        """Walk on from there."""
        self._state = read_state(state, VERSION, ScanState, NAME)


def _describe(happening: Happening, direction: str, walk: Walk, flow: Flow) -> None:
    what = f"hosts on port {flow.dest_port}" if direction == "horizontal" else f"ports of {flow.dest_ip}"
    happening.text = f"{flow.src_ip} tries {happening.count} {what}"
    happening.attributes = {
        "src_ip": flow.src_ip,
        "dest_ip": flow.dest_ip,
        "dest_port": flow.dest_port,
        "proto": flow.proto,
        "direction": direction,
        "failed": walk.failed(),
    }
