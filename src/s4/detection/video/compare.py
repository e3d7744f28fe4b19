"""Two ways to watch the same pictures, side by side: which alarms both raise, and which only one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.model import Detection, Frame, kind_of
from s4.core.replays import Raised, ReplayAlarm
from s4.detection.video.camera import CameraWatch

NO_ALARM: Final = frozenset({"person", "person_count", "vehicle"})
SAME_S: Final = 5.0
"""Alarms of a kind that began no further apart than this, or overlap, are the same."""


class Comparison:
    """Shows each picture to both, in order; `alarms` says what came of it. `now`, `changed`: fresh, of one camera."""

    def __init__(self, now: CameraWatch, changed: CameraWatch) -> None:
        self._watches = now, changed
        self._said: tuple[list[Detection], list[Detection]] = ([], [])
        self._first: int | None = None

    def see(self, frame: Frame) -> None:
        """The next picture."""
        self._first = frame.time if self._first is None else self._first
        for watch, said in zip(self._watches, self._said, strict=True):
            said.extend(watch.look(frame))

    def alarms(self) -> list[ReplayAlarm]:
        """The recording is over: what was raised, and by whom."""
        for watch, said in zip(self._watches, self._said, strict=True):
            said.extend(watch.close())
        now, changed = (_gathered(said, self._first or 0) for said in self._said)
        return matched(now, changed)


def _gathered(said: Iterable[Detection], first: int) -> list[ReplayAlarm]:
    found: dict[str, list[Detection]] = {}
    for one in said:
        if one.kind not in NO_ALARM:
            found.setdefault(one.happening, []).append(one)
    return [
        ReplayAlarm(
            some[0].kind, kind_of(some[0].kind).title, _seconds(some[0], first), _seconds(some[-1], first),
            max(one.confidence for one in some), some[-1].text, "now",
        )
        for some in found.values()
    ]  # fmt: skip


def _seconds(said: Detection, first: int) -> float:
    return round((said.time - first) / NS_PER_S, 2)


def matched(now: list[ReplayAlarm], changed: list[ReplayAlarm]) -> list[ReplayAlarm]:
    """The alarms of both, those that are the same told once, as `changed` says them.

    >>> one = ReplayAlarm("loitering", "Loitering", 4.0, 9.0, 0.5, "", "now")
    >>> [alarm.raised for alarm in matched([one], [])], [alarm.raised for alarm in matched([one], [one])]
    (['now'], ['both'])
    """
    pairs = sorted(
        (abs(one.began - other.began), i, j)
        for i, one in enumerate(now)
        for j, other in enumerate(changed)
        if _same(one, other)
    )
    left, right = set(range(len(now))), set(range(len(changed)))
    both: set[int] = set()
    for _, i, j in pairs:
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            both.add(j)
    found = [_by(now[i], "now") for i in left]
    found += [_by(one, "both" if j in both else "changed") for j, one in enumerate(changed)]
    return sorted(found, key=lambda one: (one.began, one.kind, one.raised))


def _same(one: ReplayAlarm, other: ReplayAlarm) -> bool:
    near = abs(one.began - other.began) <= SAME_S
    return one.kind == other.kind and (near or (one.began < other.ended and other.began < one.ended))


def _by(one: ReplayAlarm, raised: Raised) -> ReplayAlarm:
    return ReplayAlarm(one.kind, one.title, one.began, one.ended, one.confidence, one.text, raised)
