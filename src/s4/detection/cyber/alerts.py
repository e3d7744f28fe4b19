"""The alerts of an intrusion detection system → detections; repeats are counted, not said again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from s4.core.model import Detection, Observation, Word
from s4.core.ports import Card, Context, Room, Stage
from s4.detection.cyber.categories import kind_of_alert
from s4.detection.cyber.eve import Alert, EveAlert, read_alert
from s4.detection.cyber.happening import Happening, Happenings
from s4.detection.cyber.state import read_options, read_state

PROPERTY: Final = "eve.alert"
NAME: Final = "alerts"
VERSION: Final = "1"

_BY_SEVERITY: Final = {1: 0.75, 2: 0.50, 3: 0.25}
_LOWEST: Final = 0.10
_TRUSTED: Final = 1.5  # odds of a rule that the operator trusts so far as to let it block


class AlertOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`quiet_s`: a happening ends when it was not repeated for so long; `update_every_s`: repeats are stated no
    sooner; `most`: happenings open at once for one sensor.
    """

    quiet_s: Annotated[float, Meta(gt=0, le=86_400)] = 300.0
    update_every_s: Annotated[float, Meta(gt=0, le=86_400)] = 60.0
    most: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000


class Alerts(Stage):
    """Observations `eve.alert` → `ids_alert`, `network_scan`, `malware_traffic`, `brute_force`, `protocol_violation`.

    One happening for each signature from each address. Settings: `AlertOptions`.
    """

    card: ClassVar[Card] = Card(
        name=NAME,
        version=VERSION,
        title="Alerts of an intrusion detection system",
        purpose="Notice attacks on the city's own network and on the devices that watch over people",
        legal_basis="GDPR Art. 6(1)(f) and recital 49: network security; IP addresses only",
        limits="As good as the rules of the sensor; encrypted traffic hides much",
    )
    room: ClassVar[Room] = "detection"
    consumes: ClassVar[tuple[type, ...]] = (Observation,)
    produces: ClassVar[tuple[type, ...]] = (Detection,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = read_options(context.options, AlertOptions, NAME)
        self._happenings = Happenings(f"{NAME}/{VERSION}", options.quiet_s, options.update_every_s, options.most)

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        """Fold the alerts in; other observations are not for this stage."""
        mine = [fact for fact in facts if isinstance(fact, Observation) and fact.property == PROPERTY]
        records = [(observation, read_alert(observation)) for observation in mine]  # all, before anything changes
        found: list[Detection] = []
        for observation, record in records:
            found += self._happenings.expire(observation.source, observation.time)
            found += self._take(observation, record, now)
        return [*found, *self._happenings.expire_unheard(now)]

    def _take(self, observation: Observation, record: EveAlert, now: int) -> list[Detection]:
        alert = record.alert
        kind = kind_of_alert(alert.category, alert.signature, record.app_proto)
        happening = self._happenings.of(kind, f"{alert.signature_id}/{record.src_ip}", observation, now)
        happening.confidence = max(happening.confidence, alert_confidence(alert))
        happening.place = observation.place or self.context.city.place_of(observation.source)
        _describe(happening, record)
        return list(self._happenings.state(happening, observation.time))

    def snapshot(self) -> bytes:
        """Every open happening."""
        return msgspec.msgpack.encode((VERSION, self._happenings))

    def restore(self, state: bytes) -> None:
        """Take the open happenings up again."""
        self._happenings = read_state(state, VERSION, Happenings, NAME)


def alert_confidence(alert: Alert) -> float:
    """How probable it is that the alert is about an attack: 0.75, 0.50 or 0.25 for priorities 1, 2, 3 and 0.10 below;
    odds × 1.5 when the rule was trusted to block. A starting point, to be learnt on site: rules differ. Repeats do
    not raise it, since a rule that errs, errs again.

    >>> (
    ...     alert_confidence(Alert("x", 1, severity=1)),
    ...     round(alert_confidence(Alert("x", 1, severity=1, action="blocked")), 3),
    ... )
    (0.75, 0.818)
    """
    chance = _BY_SEVERITY.get(alert.severity, _LOWEST)
    if alert.action != "blocked":
        return chance
    odds = _TRUSTED * chance / (1 - chance)
    return odds / (1 + odds)


def _describe(happening: Happening, record: EveAlert) -> None:
    alert = record.alert
    times = f", {happening.count} times" if happening.count > 1 else ""
    blocked = ", blocked" if alert.action == "blocked" else ""
    happening.text = f"{alert.signature or 'Alert'}: {record.src_ip} → {record.dest_ip}{times}{blocked}"
    happening.attributes = {
        "src_ip": record.src_ip,
        "dest_ip": record.dest_ip,
        "dest_port": record.dest_port,
        "signature": alert.signature,
        "signature_id": alert.signature_id,
        "category": alert.category,
        "severity": alert.severity,
        "blocked": alert.action == "blocked",
    }
