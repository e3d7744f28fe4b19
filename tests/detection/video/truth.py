"""Who was in a zone of vtest and when, by the boxes people drew; and how well detections say so.

The truth is in pixels of 768 × 576 (PETS 2009 S2.L1, view 1); the same pictures are stored as 480 × 360.
"""

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from s4.core.model import Detection
from s4.detection.video.zone import inside

TRUTH_SIZE = 768, 576
FPS = 7.0
Outline = tuple[tuple[float, float], ...]


class Feet(NamedTuple):
    """A foot point and the height of the person, as fractions of the picture's width and height."""

    x: float
    y: float
    h: float


class Visit(NamedTuple):
    """One person inside from one frame to another, both included."""

    person: str
    first: int
    last: int


class Score(NamedTuple):
    """`visits` of the truth and how many were `found`; `alarms` and how many of them were `right`; median of start
    against the frame at which the dwell time was over, s; share of the occupied time that was alarmed, and of the
    alarmed time that was occupied.
    """

    visits: int
    found: int
    alarms: int
    right: int
    late_s: float
    time_recall: float
    time_precision: float


def read_feet(path: Path) -> dict[int, dict[str, Feet]]:
    """Frame → person → feet."""
    width, height = TRUTH_SIZE
    frames: dict[int, dict[str, Feet]] = defaultdict(dict)
    for frame in ET.parse(path).getroot():
        for item in frame.iter("object"):
            box = item.find("box")
            assert box is not None
            xc, yc, h = (float(box.attrib[key]) for key in ("xc", "yc", "h"))
            frames[int(frame.attrib["number"])][item.attrib["id"]] = Feet(xc / width, (yc + h / 2) / height, h / height)
    return frames


def visits_of(frames: dict[int, dict[str, Feet]], outline: Outline, dwell_s: float) -> list[Visit]:
    """Every stay in the zone of at least the dwell time; outside for up to a second does not end it."""
    stays: dict[str, list[list[int]]] = defaultdict(list)
    for number in sorted(frames):
        for person, feet in frames[number].items():
            if not inside(outline, feet.x, feet.y):
                continue
            mine = stays[person]
            if mine and number - mine[-1][1] <= FPS:
                mine[-1][1] = number
            else:
                mine.append([number, number])
    return [
        Visit(person, first, last)
        for person, mine in stays.items()
        for first, last in mine
        if last - first >= dwell_s * FPS
    ]


def score(
    frames: dict[int, dict[str, Feet]],
    visits: Sequence[Visit],
    found: Sequence[tuple[int, Detection]],
    size: tuple[int, int],
) -> Score:
    """Compare. `found`: (frame, detection); `size`: the file's width and height.

    A visit is found when an alarm overlaps it in time and an alarm's box stands at the person's feet, to half of the
    person's height, at some statement within. An alarm is right when it stands so at somebody in the zone.
    """
    at: dict[tuple[str, str], int] = {}
    spans: dict[str, list[int]] = {}
    right: set[str] = set()
    for number, detection in found:
        name = detection.happening
        spans.setdefault(name, [number, number])[1] = number
        if detection.phase == "end":
            continue
        for visit in visits:
            if visit.first <= number <= visit.last and _stands_at(detection, frames[number].get(visit.person), size):
                at.setdefault((visit.person, name), number)
                right.add(name)
    starts = {detection.happening: number for number, detection in found if detection.phase == "start"}
    hits, late = 0, []
    for visit in visits:
        names = [
            name for person, name in at if person == visit.person and visit.first <= starts[name] <= visit.last + FPS
        ]
        hits += bool(names)
        if names:
            late.append((min(starts[name] for name in names) - visit.first) / FPS)
    truth = {number for visit in visits for number in range(visit.first, visit.last + 1)}
    alarmed = {number for first, last in spans.values() for number in range(first, last + 1)}
    both = len(truth & alarmed)
    return Score(
        len(visits), hits, len(spans), len(right), median(late) if late else float("nan"),
        both / max(len(truth), 1), both / max(len(alarmed), 1),
    )  # fmt: skip


def _stands_at(detection: Detection, feet: Feet | None, size: tuple[int, int]) -> bool:
    if feet is None:
        return False
    box = detection.attributes["bbox_px"]
    assert isinstance(box, tuple)
    x, y = (box[0] + box[2] / 2) / size[0], (box[1] + box[3]) / size[1]
    far = ((x - feet.x) * size[0] / size[1]) ** 2 + (y - feet.y) ** 2
    return far <= (feet.h / 2) ** 2
