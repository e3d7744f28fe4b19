"""How things left and taken are told on the training ground, by act and condition.

    .venv/bin/python -m benchmarks.detection.things [--seeds FIRST LAST] [--condition NAME …] [--act NAME …]

Every scene is filmed at 5 pictures a second and looked at as it comes from the sensor, with the defaults; only the two
behaviours run. Found: told of a box with an IoU of 0.25 and more, between the owner's walking off (2.5 m away; of
what is taken: its taking) and T + 5 s after it. Every other alarm is false, an earlier one too. A line for each clip.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any, Final

import cv2

from benchmarks.detection.thing_acts import MORE
from s4.core.clock import NS_PER_S
from s4.core.model import Frame
from s4.detection.video.picture import Box, iou
from s4.detection.video.report import report
from s4.detection.video.settings import Settings
from s4.exercise.training.acts import ACTS as KNOWN
from s4.exercise.training.clip import Clip
from s4.exercise.training.grid import CONDITIONS, scenes
from s4.exercise.training.score import Tally
from s4.exercise.training.truth import ActTruth

_BAGS: Final = ("bag_left", "bag_left_beside", "object_removed", "bag_kept", "bag_owner_returns", "bag_handed_over")
ACTS: Final = (*_BAGS, "walkers", *MORE)
KINDS: Final = ("unattended_object", "removed_object")
SETTINGS: Final = Settings(behaviours=KINDS)
IN_TIME_S: Final = {"unattended_object": SETTINGS.unattended_after_s + 5.0, "removed_object": 20.0}
EARLY_S: Final = 2.0  # an owner who walks has left the bag before being 2.5 m away from it
LEAST_IOU: Final = 0.25


def frames(clip: Clip) -> Iterator[Frame]:
    """The pictures of a clip."""
    for image, truth in clip.pictures():
        second = truth.frame / clip.scene.fps
        yield Frame("clip", "", truth.frame, round(second * NS_PER_S) + NS_PER_S, image)


def is_of(act: ActTruth, line: dict[str, Any]) -> bool:
    """Whether an alarm tells of what happened, in place and in time."""
    in_time = act.start_s - EARLY_S <= line["t"] <= act.start_s + IN_TIME_S[act.kind]
    return in_time and act.bbox is not None and iou(Box(*act.bbox), Box(*line["bbox"])) >= LEAST_IOU


def look(clip: Clip) -> Iterator[tuple[str, Tally, list[float]]]:
    """For each of the two kinds: what was found of it, and how well the boxes lie."""
    starts = [one for one in report(frames(clip), SETTINGS) if one["phase"] == "start" and one["kind"] in KINDS]
    truth = clip.truth()
    for kind in KINDS:
        acts = [act for act in truth.acts if act.kind == kind]
        tally, laps = Tally(acts=len(acts), seconds=truth.seconds), list[float]()
        for line in (one for one in starts if one["kind"] == kind):
            about = [act for act in acts if is_of(act, line)]
            tally.false += not about
            if about and about[0].bbox is not None:
                tally.found += 1
                tally.delays_s = [*tally.delays_s, round(line["t"] - about[0].start_s, 1)]
                laps.append(round(iou(Box(*about[0].bbox), Box(*line["bbox"])), 2))
        yield kind, tally, laps


def main() -> None:
    """Run, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs=2, default=(1, 1), metavar=("FIRST", "LAST"))
    parser.add_argument("--condition", action="append", choices=list(CONDITIONS))
    parser.add_argument("--act", action="append", choices=ACTS)
    parser.add_argument("--width", type=int, default=640, help="of the pictures, px")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    KNOWN.update(MORE)
    sums = {kind: Tally() for kind in KINDS}
    first, last = options.seeds
    wanted = scenes(
        options.act or ACTS, options.condition or list(CONDITIONS), last, given={"fps": 5.0, "width": options.width}
    )
    for scene in (one for one in wanted if one.seed >= first):
        began = time.process_time()
        told = list(look(Clip(scene)))
        said = "; ".join(
            f"{kind} {one.found}/{one.acts} after {one.delays_s} s, IoU {laps}, false {one.false}"
            for kind, one, laps in told
            if one.acts or one.false
        )
        spent = time.process_time() - began
        print(
            f"{scene.act:18} {scene.condition:9} {scene.seed:3}  {said or 'nothing told'}  ({spent:.0f} s CPU)",
            flush=True,
        )
        for kind, one, _ in told:
            sums[kind].add(one)
    for kind, one in sums.items():
        hours = one.seconds / 3600
        print(f"{kind}: {one.found} of {one.acts}, median {one.delay_s} s, false {one.false} in {hours:.2f} h")


if __name__ == "__main__":
    main()
