"""How much of every person is blurred: vtest at its true 7 pictures a second, against the boxes that people drew.

    .venv/bin/python -m benchmarks.detection.anonymisation                    # $S4_DATA, default ../shared/data
    .venv/bin/python -m benchmarks.detection.anonymisation --frames OUT.jsonl # a line for each picture besides

A person counts from the fifth picture of the track on (they have to come in), and as covered when at least 90 % of the
box, as far as it lies in the picture, is blurred. The margins and times of the cover were chosen on the pictures
before 398; those after are the ones to look at. Covering everything would be no answer, so the share of the picture
that is blurred stands beside. Everything runs with the defaults of `s4 detect video`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.figure import Figure
from s4.core.errors import InputError
from s4.detection.video.camera import CameraWatch
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.policy import EvidencePolicy
from s4.detection.video.picture import Mask
from s4.detection.video.settings import Settings
from s4.sensing.recording import Recording

NAME = "anonymisation"
FPS = 7.0
TRUTH_SIZE = 768.0, 576.0
GRACE = 5
ENOUGH = 0.9
TUNED_BEFORE = 398
KEPT_S = 3600.0
STANDING = (("9", 24, 108), ("15", 67, 145), ("11", 168, 229), ("12", 168, 229), ("1", 534, 621))
"""Who stands still for 8 s and more in the truth: person, first and last picture. The recording begins there."""
SHORT_S = 4.0  # the people of this recording do not stand for as long as the default of 10 s


class Truth(NamedTuple):
    """Somebody in a picture. `box`: left, top, right, bottom, fractions; `age`: pictures since the track began."""

    person: str
    box: tuple[float, float, float, float]
    age: int


class Picture(NamedTuple):
    """`covered`: (person, share of the box that is blurred); `blurred`, `people`: shares of the picture."""

    number: int
    covered: list[tuple[str, float]]
    blurred: float
    people: float


def folder() -> Path:
    return Path(os.environ.get("S4_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "video"


def read_truth(path: Path) -> dict[int, list[Truth]]:
    """Picture → everybody in it."""
    width, height = TRUTH_SIZE
    first: dict[str, int] = {}
    found: dict[int, list[Truth]] = defaultdict(list)
    for frame in ET.parse(path).getroot():
        number = int(frame.attrib["number"])
        for item in frame.iter("object"):
            box, person = item.find("box"), item.attrib["id"]
            assert box is not None
            xc, yc, w, h = (float(box.attrib[key]) for key in ("xc", "yc", "w", "h"))
            began = first.setdefault(person, number)
            corners = (xc - w / 2) / width, (yc - h / 2) / height, (xc + w / 2) / width, (yc + h / 2) / height
            found[number].append(Truth(person, corners, number - began))
    return found


def cover_of(
    path: Path, still_s: float, first: int = 0, last: int = 1 << 30
) -> tuple[Cover, list[int], tuple[int, int], float]:
    """What is covered in the pictures from `first` to `last` of a recording that begins there, the time of each
    picture, the pictures' size, CPU ms for each analysed one.
    """
    watch: CameraWatch | None = None
    cover, times, spent, seen, size = Cover(KEPT_S, still_s), list[int](), 0.0, 0, (0, 0)
    for frame in Recording([path], fps=FPS, trouble=_refuse).frames():
        if not first <= frame.number <= last:
            continue
        watch = watch or CameraWatch(frame.source, frame.site, Settings(), (), None)
        watch.look(frame)
        times.append(frame.time)
        size = frame.image.shape[1], frame.image.shape[0]
        if watch.scene is not None and watch.scene.time == frame.time:
            began = time.process_time()
            cover.see(watch.scene)
            spent += time.process_time() - began
            seen += 1
    return cover, times, size, spent / max(seen, 1) * 1000


def _refuse(error: InputError) -> None:
    raise error


def judged(path: Path, truth: dict[int, list[Truth]]) -> tuple[list[Picture], float]:
    """Every picture, and CPU ms for each analysed one."""
    cover, times, size, spent = cover_of(path, EvidencePolicy().still_s)
    return [_picture(number, cover.at(at), truth.get(number, []), size) for number, at in enumerate(times)], spent


def standing(path: Path, truth: dict[int, list[Truth]], still_s: float) -> list[float]:
    """The share that is blurred of each box of somebody who stands there from the first picture on, from the time on
    at which the rest of the place is known.
    """
    found = []
    for person, first, last in STANDING:
        cover, times, size, _ = cover_of(path, still_s, first, last)
        for number, at in enumerate(times, first):
            if at - times[0] > (SHORT_S + 1.0) * 1e9:
                boxes = [one._replace(age=GRACE) for one in truth.get(number, []) if one.person == person]
                found += [share for _, share in _picture(number, cover.at(at), boxes, size).covered]
    return found


def _picture(number: int, mask: Mask, truth: list[Truth], size: tuple[int, int]) -> Picture:
    blurred = cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    people = np.zeros_like(blurred)
    covered = []
    for one in truth:
        left, top, right, bottom = (
            round(min(max(value, 0.0), 1.0) * side) for value, side in zip(one.box, size * 2, strict=True)
        )
        people[top:bottom, left:right] = 1
        part = blurred[top:bottom, left:right]
        if one.age >= GRACE and part.size:
            covered.append((one.person, float(part.mean())))
    return Picture(number, covered, float(blurred.mean()), float(people.mean()))


def run(out: Path | None = None) -> list[Figure]:
    """Both halves. Empty, with a line, when the recording is not there."""
    root = folder()
    if not root.is_dir():
        sys.stderr.write(f"{NAME}: no recordings at {root}; set S4_DATA to the folder that holds them\n")
        return []
    path, truth = root / "vtest" / "vtest.avi", read_truth(root / "opentraj" / "pets2009" / "PETS2009-S2L1.xml")
    pictures, spent = judged(path, truth)
    if out is not None:
        out.write_text("".join(f"{json.dumps(one._asdict())}\n" for one in pictures))
    return [
        *_figures(pictures),
        Figure(NAME, "cover of an analysed picture, CPU", spent, "ms"),
        *(_standing_figure(standing(path, truth, still_s), still_s) for still_s in (0.0, SHORT_S)),
    ]


def _standing_figure(shares: list[float], still_s: float) -> Figure:
    missed = sum(share < ENOUGH for share in shares)
    name = f"boxes less than 90 % blurred, of {len(shares)}, there from the first picture, still_s {still_s:.0f}"
    return Figure(NAME, name, missed, "", note=f"{len(STANDING)} people, on average {np.mean(shares) * 100:.0f} %")


def _figures(pictures: list[Picture]) -> Iterator[Figure]:
    for title, part in (("first half", pictures[:TUNED_BEFORE]), ("second half", pictures[TUNED_BEFORE:])):
        boxes = [(one.number, person, share) for one in part for person, share in one.covered]
        missed = [row for row in boxes if row[2] < ENOUGH]
        note = "; ".join(f"picture {number} person {person} {share:.2f}" for number, person, share in missed)
        name = f"boxes less than 90 % blurred, of {len(boxes):,}, {title}"
        yield Figure(NAME, name, len(missed), "", 0.0, "less", note)
        yield Figure(NAME, f"least blurred box, {title}", min(share for *_, share in boxes) * 100, "%")
        people = float(np.mean([one.people for one in part])) * 100
        share = float(np.mean([one.blurred for one in part])) * 100
        yield Figure(NAME, f"of the picture blurred, {title}", share, "%", note=f"people's boxes are {people:.1f} %")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=Path)
    for figure in run(parser.parse_args().frames):
        print(f"{figure.name:<64} {figure.value:8.2f} {figure.unit:<3} {figure.note}")
