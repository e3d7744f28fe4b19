"""What the cameras said lately, happening by happening, and what people said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from msgspec import Meta

from s4.core.archive import Archive
from s4.core.clock import NS_PER_S
from s4.core.model import Command, Detection, kind_of
from s4.core.model.command import JUDGE
from s4.core.model.detection import Phase
from s4.core.model.severity import Severity

DAY_NS: Final = 86_400 * NS_PER_S
MOST: Final = 3_000
"""Detections of the last day that are looked at, the newest."""
NO_ALARM: Final = frozenset({"person", "person_count", "vehicle"})
"""Kinds that say what is there, not that anything is the matter."""
TAMPERED: Final = "camera_tampered"
Verdict = Literal["false_alarm", "true_alarm", "withdrawn"]
Cause = Literal["", "shadow", "light", "animal", "weather", "standing_person", "thing_of_the_place", "other"]


class Judgement(msgspec.Struct, frozen=True):
    """What a person said of an alarm, and when (ns UTC)."""

    command: str
    verdict: Verdict
    cause: Cause
    by: str
    time: int
    reason: str


class Alarm(msgspec.Struct, frozen=True):
    """One happening: `began`, `last` said (ns UTC), the `phase` it is in, its greatest confidence. `bbox_px`: where it
    was last, pixels of the file; `evidence`: names of the blurred picture and clip, as they become known.
    """

    happening: str
    camera: str
    kind: str
    title: str
    severity: Severity
    began: int
    last: int
    phase: Phase
    confidence: float
    text: str
    bbox_px: tuple[float, ...]
    evidence: list[tuple[str, str]]
    judged: Judgement | None


class AlarmCount(msgspec.Struct, frozen=True):
    """How many alarms of a kind there were, and what people said of them. `false_share`: of those judged, None when
    nobody has judged any.
    """

    kind: str
    title: str
    alarms: int
    judged: int
    false: int
    false_share: Annotated[float, Meta(ge=0.0, le=1.0)] | None


def alarms_since(archive: Archive, since: int, cameras: frozenset[str]) -> list[Alarm]:
    """The alarms of `cameras` that began or went on since `since` (ns UTC), newest beginning first. Blocks.

    Cost: about 30 µs for each detection of the day when something is new, else a hundredth of that: several people ask
    every two seconds.
    """
    detections, judged = _read(cast("Any", archive), archive.newest())  # a protocol cannot promise a hash
    said = [one for one in detections if one.source in cameras and one.time >= since]
    return gathered(reversed(said), judged)


@lru_cache(maxsize=2)
def _read(archive: Any, _newest: int) -> tuple[tuple[Detection, ...], dict[str, Judgement]]:
    """The newest detections, and what was said of alarms; read once for each state of the store."""
    judged = judgements(archive.known(Command, kind=JUDGE, limit=MOST))
    return tuple(archive.known(Detection, limit=MOST)), judged


def judgements(commands: Iterable[Command]) -> dict[str, Judgement]:
    """Happening → the last thing that was said of it; nothing where that was withdrawn."""
    last: dict[str, Command] = {}
    for one in commands:
        known = last.get(one.target)
        if known is None or (one.time, one.id) > (known.time, known.id):
            last[one.target] = one
    found = {name: _judgement(one) for name, one in last.items()}
    return {name: one for name, one in found.items() if one is not None and one.verdict != "withdrawn"}


def _judgement(one: Command) -> Judgement | None:
    said = {"command": one.id, "by": one.approved_by, "time": one.time, "reason": one.reason}
    words = {name: one.parameters.get(name, "") for name in ("verdict", "cause")}
    try:
        return msgspec.convert({**said, **words}, Judgement)
    except msgspec.ValidationError:
        return None


def gathered(detections: Iterable[Detection], judged: Mapping[str, Judgement]) -> list[Alarm]:
    """Statements, oldest first → happenings, the newest beginning first."""
    found: dict[str, list[Detection]] = {}
    for one in detections:
        if one.kind not in NO_ALARM:
            found.setdefault(one.happening, []).append(one)
    alarms = [_alarm(said, judged.get(name)) for name, said in found.items()]
    return sorted(alarms, key=lambda one: (-one.began, one.happening))


def _alarm(said: list[Detection], judged: Judgement | None) -> Alarm:
    first, last, kind = said[0], max(said, key=lambda one: one.time), kind_of(said[0].kind)
    box = next((one.attributes["bbox_px"] for one in reversed(said) if "bbox_px" in one.attributes), ())
    files = {one.ref: one.media_type for detection in said for one in detection.evidence if one.anonymised}
    over = any(one.phase == "end" for one in said)
    return Alarm(
        happening=first.happening, camera=first.source, kind=first.kind, title=kind.title, severity=kind.severity,
        began=min(one.time for one in said), last=last.time, phase="end" if over else last.phase,
        confidence=max(one.confidence for one in said),
        text=next((one.text for one in reversed(said) if one.text), ""),
        bbox_px=box if isinstance(box, tuple) else (), evidence=sorted(files.items()), judged=judged,
    )  # fmt: skip


def counted(alarms: Iterable[Alarm]) -> list[AlarmCount]:
    """How many of each kind, most first; the last line, of kind "", is all together."""
    by_kind: dict[str, list[Alarm]] = {}
    for one in alarms:
        by_kind.setdefault(one.kind, []).append(one)
    rows = [_count(kind, some[0].title, some) for kind, some in by_kind.items()]
    rows.sort(key=lambda row: (-row.alarms, row.kind))
    return [*rows, _count("", "", [one for some in by_kind.values() for one in some])]


def _count(kind: str, title: str, alarms: list[Alarm]) -> AlarmCount:
    verdicts = [one.judged.verdict for one in alarms if one.judged]
    false = verdicts.count("false_alarm")
    share = round(false / len(verdicts), 4) if verdicts else None
    return AlarmCount(kind, title, len(alarms), len(verdicts), false, share)
