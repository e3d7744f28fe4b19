"""Crowds on real recordings in $S4_DATA/video: flights in time, nothing else anywhere, paths in metres, people counted.

    .venv/bin/python -m benchmarks.detection.crowds [panic|ways|quiet|paths|count ...]

panic: the nine UMN recordings with the defaults, and with the threshold chosen on two of the three scenes for the
third. ways: the same of those recordings mirrored, smaller, darker and so on. quiet: every other clip, what is told of
crowds there. paths: ETH, Hotel, Zara, Students as tracks. count: the people of vtest, second by second, against boxes
drawn by people.
"""

from __future__ import annotations

import json
import os
import sys
import time
import xml.etree.ElementTree as ET  # our own test data
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.detection.crowd_ways import WAYS, Way
from benchmarks.detection.trajectories import FRAMES_A_SECOND, read_paths, scenes_of, shown
from s4.core.errors import InputError
from s4.core.model import Frame
from s4.detection.video.behaviours import ALL, panic_dispersal
from s4.detection.video.camera import CameraWatch
from s4.detection.video.report import report
from s4.detection.video.scene import Scene
from s4.detection.video.settings import Settings
from s4.sensing.recording import Recording

KINDS: Final = ("panic_dispersal", "running", "gathering", "crowd_density", "counter_flow", "unusual_path")
TRUE_FPS: Final = {"vtest.avi": 7.0, "pets2006_3.mp4": 12.5, "video03.avi": 30.0}
SHIPPED: Final = panic_dispersal.SURPLUS
THRESHOLDS: Final = tuple(np.arange(0.8, 4.1, 0.4).round(1).tolist())


def main() -> None:
    """What is asked for, or all."""
    cv2.setNumThreads(1)
    folder = Path(os.environ.get("S4_DATA", "../shared/data")) / "video"
    parts: dict[str, Callable[[Path], None]] = {
        "panic": panic,
        "ways": ways,
        "quiet": quiet,
        "paths": paths,
        "count": count,
    }
    for name in sys.argv[1:] or parts:
        parts[name](folder)


def recording(files: Iterable[Path]) -> Recording:
    """As the command line reads them."""
    files = list(files)
    return Recording(files, fps=TRUE_FPS.get(files[0].name, 0.0), width=640, trouble=_say)


def _say(trouble: InputError) -> None:
    sys.stderr.write(f"{trouble}\n")


def scenes(frames: Iterable[Frame], fps: float = 5.0) -> Iterator[tuple[int, Scene]]:
    """(frame, scene) of each analysed picture."""
    watch = CameraWatch("clip", "", Settings(behaviours=("line_crossing",), analysed_fps=fps), [], None)
    for frame in frames:
        watch.look(frame)
        if watch.scene is not None and watch.scene.time == frame.time:
            yield frame.number, watch.scene


def panic(folder: Path) -> None:
    """Onsets, and the threshold chosen elsewhere."""
    _flights(folder, {"as it is": WAYS["as it is"]})


def ways(folder: Path) -> None:
    """The same, seen in all ways."""
    _flights(folder, WAYS)


def _flights(folder: Path, ways: dict[str, Way]) -> None:
    right: dict[str, dict[float, list[bool]]] = defaultdict(lambda: defaultdict(list))
    thresholds = THRESHOLDS if len(ways) == 1 else (SHIPPED,)
    for name, way in ways.items():
        told = 0
        for clip in json.loads((folder / "ground_truth.json").read_text())["umn_panic"]:
            found = _flight(folder, clip, way, thresholds)
            for threshold, (good, _) in found.items():
                right[clip["panic_part"][:10]][threshold].append(good)
            good, late = found[SHIPPED]
            told += good
            if not good or len(ways) == 1:
                print(f"{name}, {clip['panic_part']}: {late}, {'right' if good else 'WRONG'}")
        print(f"{name}: {told} right", flush=True)
    if len(thresholds) > 1:
        _chosen_elsewhere(right)


def _flight(
    folder: Path, clip: dict[str, Any], way: Way, thresholds: tuple[float, ...]
) -> dict[float, tuple[bool, str]]:
    """Threshold → whether the first word of it comes in time, and when that is."""
    frames = recording([folder / clip["normal_part"], folder / clip["panic_part"]]).frames()
    onsets = _onsets(scenes(way.shown(frames), way.fps), thresholds)
    (first, last), found = clip["accept_alarm_frames"], {}
    for threshold in thresholds:
        onset = onsets.get(threshold)
        late = "nothing" if onset is None else f"{(onset - clip['cut_frame']) / 30:+.1f} s from the cut"
        found[threshold] = (onset is not None and first <= onset <= last, late)
    return found


def _chosen_elsewhere(right: dict[str, dict[float, list[bool]]]) -> None:
    """By place: of the thresholds with which most is right on the others, the middle one."""
    for held, own in right.items():
        others = {t: sum(sum(one[t]) for place, one in right.items() if place != held) for t in THRESHOLDS}
        fit = [t for t in THRESHOLDS if others[t] == max(others.values())]
        chosen = fit[len(fit) // 2]
        print(f"{held}: others prefer {fit[0]} to {fit[-1]}, {chosen} chosen: {sum(own[chosen])} of {len(own[chosen])}")


def _onsets(seen: Iterable[tuple[int, Scene]], thresholds: tuple[float, ...]) -> dict[float, int]:
    """By threshold, each scene looked at as it comes: it knows how tall people are only until then."""
    behaviours = {t: panic_dispersal.PanicDispersal(Settings(), []) for t in thresholds}
    onsets: dict[float, int] = {}
    for number, scene in seen:
        for threshold, behaviour in behaviours.items():
            setattr(panic_dispersal, "SURPLUS", threshold)  # noqa: B010 - the constant is final for everybody else
            if any(one.phase == "start" for one in behaviour.see(scene)):
                onsets.setdefault(threshold, number)
    return onsets


def quiet(folder: Path) -> None:
    """What is told of crowds where there is nothing to tell."""
    told: Counter[str] = Counter()
    hours = 0.0
    clips = [path for path in folder.rglob("*") if path.suffix in {".avi", ".mp4"} and "umn" not in path.parts]
    for clip in sorted(clips):
        began, end = time.process_time(), 0.0
        starts = []
        for line in report(recording([clip]).frames(), Settings(behaviours=KINDS)):
            end = line["t"]
            if line["kind"] in KINDS and line["phase"] == "start":
                starts.append(f"{line['kind']} at {line['t']:.0f} s")
                told[line["kind"]] += 1
        hours += end / 3600
        spent = time.process_time() - began
        print(f"{clip.relative_to(folder)}: {', '.join(starts) or 'nothing'} ({spent:.0f} s of CPU)")
    print(f"in {60 * hours:.1f} minutes: {dict(told)}")


def paths(folder: Path) -> None:
    """Behaviours that look at tracks, per hour of real people's paths."""
    for name in FRAMES_A_SECOND:
        people = read_paths(folder / "opentraj", name)
        for kind in KINDS[1:]:
            said, hours = shown(ALL[kind](Settings(), []), scenes_of(people))
            starts = [one.text for one in said if one.phase == "start"]
            print(f"{name} ({60 * hours:.1f} min, {len(people)} people) {kind}: {len(starts)} {starts[:3]}")
        _unusual(name, folder)


def _unusual(name: str, folder: Path) -> None:
    """Paths learnt twice over; told the third time, and of people who go the same ways the other way up."""
    people = read_paths(folder / "opentraj", name)
    behaviour: Any = ALL["unusual_path"](Settings(), [])
    for seed in (1, 2):
        shown(behaviour, scenes_of(people, seed=seed))
    usual, _ = shown(behaviour, scenes_of(people[::2], seed=3))
    turned = [path._replace(metres=path.metres[:, ::-1] @ np.diag([1.0, -1.0])) for path in people[::2]]
    other, _ = shown(behaviour, scenes_of(turned, seed=3))
    told = [len({one.key for one in said if one.phase == "start"}) for said in (usual, other)]
    print(f"{name}: unusual of {len(people[::2])} who go as always {told[0]}; turned by a quarter {told[1]}")


def count(folder: Path) -> None:
    """People of vtest."""
    root = ET.parse(folder / "opentraj" / "pets2009" / "PETS2009-S2L1.xml").getroot()
    truth: dict[int, list[int]] = defaultdict(list)
    for frame in root:
        truth[int(frame.get("number", "0")) // 7].append(len(list(frame.iter("object"))))
    lines = report(recording([folder / "vtest" / "vtest.avi"]).frames(), Settings(behaviours=("line_crossing",)))
    told = {round(line["t"]) - 1: line["count"] for line in lines if line["kind"] == "person_count"}
    pairs = np.array([(np.median(truth[second]), people) for second, people in told.items() if second in truth])
    off = pairs[:, 1] - pairs[:, 0]
    print(
        f"vtest: {len(pairs)} s, {pairs[:, 0].mean():.1f} people, off by {np.abs(off).mean():.2f} ({off.mean():+.2f})"
    )
    print(f"off by at most one in {np.mean(np.abs(off) <= 1):.0%} of the seconds")


if __name__ == "__main__":
    main()
