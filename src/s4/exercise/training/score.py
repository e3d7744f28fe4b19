"""What a detector said against the truth: found, missed, false; by kind and condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any, Final

import msgspec

from s4.exercise.training.truth import ActTruth, Box, Present, Truth

EARLY_S: Final = 1.0
LATEST_S: Final[dict[str, float]] = {
    "unattended_object": 20.0, "removed_object": 30.0, "panic_dispersal": 1.0, "camera_tampered": 5.0, "fall": 10.0,
    "loitering": 190.0,
}  # fmt: skip
"""Seconds after its start by which an act must be told; others until `AFTER_S` after their end."""
AFTER_S: Final = 3.0
ABOUT_PX: Final = 20.0
ALIKE: Final = 0.5
PLAINLY: Final = 0.5
"""Who is seen by less than this share need not be found."""
EVERY: Final = 5
_NO_ALARM: Final = frozenset({"person", "person_count"})

Line = Mapping[str, Any]


class Tally(msgspec.Struct):
    """Counts over some clips. `delays_s`: from an act's start to its first alarm; `false`: alarms about no act."""

    acts: int = 0
    found: int = 0
    false: int = 0
    seconds: float = 0.0
    delays_s: list[float] = []

    @property
    def missed(self) -> int:
        """Acts that nobody told."""
        return self.acts - self.found

    @property
    def false_per_hour(self) -> float:
        """False alarms for each hour of video."""
        return self.false / self.seconds * 3600 if self.seconds else 0.0

    @property
    def delay_s(self) -> float | None:
        """The median delay, None without any."""
        return median(self.delays_s) if self.delays_s else None

    def add(self, other: Tally) -> None:
        """Sum up."""
        self.acts, self.found = self.acts + other.acts, self.found + other.found
        self.false, self.seconds = self.false + other.false, self.seconds + other.seconds
        self.delays_s = self.delays_s + other.delays_s


class People(msgspec.Struct):
    """Boxes of people: rightly found, missed, and where nobody was."""

    right: int = 0
    missed: int = 0
    wrong: int = 0

    def add(self, other: People) -> None:
        """Sum up."""
        self.right, self.missed = self.right + other.right, self.missed + other.missed
        self.wrong += other.wrong

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0–1."""
        whole = 2 * self.right + self.missed + self.wrong
        return 2 * self.right / whole if whole else 0.0


def tally(truth: Truth, lines: Iterable[Line]) -> tuple[dict[str, Tally], People]:
    """One clip: a tally for each kind that happened or was told, and the people. `lines`: of `s4 detect video`."""
    people, alarms = People(), list[Line]()
    boxes: dict[int, list[Box]] = {}
    for line in lines:
        if line["kind"] == "person":
            boxes.setdefault(line["frame"], []).append(line["bbox"])
        elif line["phase"] == "start" and line["kind"] not in _NO_ALARM:
            alarms.append(line)
    for picture in truth.pictures[::EVERY]:
        people.add(_people(picture.people, boxes.get(picture.frame, [])))
    kinds = {act.kind for act in truth.acts} | {line["kind"] for line in alarms}
    return {kind: _of_kind(kind, truth, alarms) for kind in sorted(kinds)}, people


def _of_kind(kind: str, truth: Truth, alarms: list[Line]) -> Tally:
    acts = [act for act in truth.acts if act.kind == kind]
    result = Tally(acts=len(acts), seconds=truth.seconds)
    told: dict[int, float] = {}
    for alarm in (one for one in alarms if one["kind"] == kind):
        about = [k for k, act in enumerate(acts) if _in_time(act, alarm["t"]) and _is_about(truth, act, alarm)]
        if not about:
            result.false += 1
        for k in about:
            told.setdefault(k, alarm["t"] - acts[k].start_s)
    result.found, result.delays_s = len(told), [round(delay, 2) for delay in told.values()]
    return result


def _in_time(act: ActTruth, t: float) -> bool:
    latest = act.start_s + LATEST_S[act.kind] if act.kind in LATEST_S else act.end_s + AFTER_S
    return act.start_s - EARLY_S <= t <= latest


def _is_about(truth: Truth, act: ActTruth, alarm: Line) -> bool:
    """Whether the alarm's box touches the thing, or one of those who take part, where they are then."""
    if act.bbox is None:
        return True
    boxes = [act.bbox]
    if not act.things:
        frame = min(alarm["frame"], len(truth.pictures) - 1)
        boxes += [one.bbox for one in truth.pictures[frame].people if one.id in act.people]
    return any(_touch(box, tuple(alarm["bbox"])) for box in boxes)


def _touch(a: Box, b: Box) -> bool:
    dx = max(a[0] - b[0] - b[2], b[0] - a[0] - a[2])
    dy = max(a[1] - b[1] - b[3], b[1] - a[1] - a[3])
    return max(dx, dy) <= ABOUT_PX


def _people(truth: tuple[Present, ...], found: list[Box]) -> People:
    """Each found box with the truth it is most like; who is hardly seen counts neither way."""
    result, free = People(), list(truth)
    for box in found:
        best = max(free, key=lambda one: _iou(one.bbox, box), default=None)
        if best is None or _iou(best.bbox, box) < ALIKE:
            result.wrong += 1
            continue
        free.remove(best)
        result.right += best.seen >= PLAINLY
    result.missed = sum(one.seen >= PLAINLY for one in free)
    return result


def _iou(a: Box, b: Box) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared + 1e-9)


def summed(
    clips: Iterable[tuple[Truth, dict[str, Tally], People]],
) -> tuple[dict[tuple[str, str], Tally], dict[str, People]]:
    """By (kind, condition), and people's boxes by condition. A kind's hours are those of all clips in its condition."""
    kinds: dict[tuple[str, str], Tally] = {}
    people: dict[str, People] = {}
    seconds: dict[str, float] = {}
    for truth, tallies, boxes in clips:
        condition = truth.scene.condition
        seconds[condition] = seconds.get(condition, 0.0) + truth.seconds
        people.setdefault(condition, People()).add(boxes)
        for kind, one in tallies.items():
            kinds.setdefault((kind, condition), Tally()).add(one)
    for (_, condition), one in kinds.items():
        one.seconds = seconds[condition]
    return kinds, people
