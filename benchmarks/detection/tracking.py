"""How well people are followed: our tracker beside supervision's ByteTrack, on the same boxes of the same pictures.

    .venv/bin/python -m benchmarks.edge.peers.install supervision     # once, into .peers/
    .venv/bin/python -m benchmarks.detection.tracking                 # $S4_DATA, default ../shared/data

vtest (PETS 2009 S2.L1, view 1) at its true 7 pictures a second, of which 5 are analysed; only those are scored, against
the boxes that people drew (`mot`). The boxes come once from PicoDet-S and once from the foreground. ByteTrack gets
every box with its score, and is run once told that there are 5 pictures a second, and once with its defaults (30).
Ours gets the pictures, too, as it does in a camera, and once the boxes alone. CPU is that of the tracker: the median of
`ROUNDS`, in which everybody is run in turn; and how many times ours ByteTrack takes is the median of the ratios of the
rounds, which a busy machine moves less than either time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.detection.anonymisation import FPS, TUNED_BEFORE, folder, read_truth
from benchmarks.detection.mot import Boxes, Tally, tally
from benchmarks.edge.peers import install
from benchmarks.figure import Figure
from s4.core.errors import InputError
from s4.detection.video.blobs import Blob
from s4.detection.video.camera import CameraWatch
from s4.detection.video.finder import BlobFinder, Findings, PeopleFinder, Shown
from s4.detection.video.models.finder import finder_of
from s4.detection.video.picture import Image, Mask
from s4.detection.video.settings import Settings
from s4.detection.video.tracker import Tracker
from s4.sensing.recording import Recording

NAME = "tracking"
PEER = "supervision"
PEER_FILE = Path(__file__).parent / "peers" / "byte_track.py"
MODEL = "picodet_s_416_coco.onnx"
MOST_S = 300
ROUNDS = 5
OURS = "s4"


class Step(NamedTuple):
    """One analysed picture and what was found in it."""

    number: int
    time: int
    dt_s: float
    blobs: list[Blob]
    image: Image
    foreground: Mask


class Followed(NamedTuple):
    """Picture → boxes with names; `cpu_ms` for each picture."""

    found: dict[int, Boxes]
    cpu_ms: float


class _Listening:
    """A finder whose answers are kept."""

    def __init__(self, finder: PeopleFinder) -> None:
        self._finder = finder
        self.people: list[Blob] = []

    def find(self, shown: Shown) -> Findings:
        found = self._finder.find(shown)
        self.people = found.people
        return found

    def forget(self) -> None:
        self._finder.forget()


def steps_of(path: Path, model: Path | None) -> list[Step]:
    """Everything that a tracker is given, by the defaults of `s4 detect video`."""
    settings = Settings(models=(str(model),)) if model else Settings()
    finder = _Listening(finder_of(settings, Path("/")) if model else BlobFinder())
    watch = CameraWatch("vtest", "", Settings(behaviours=("zone_intrusion",)), (), None, finder)
    steps = []
    for frame in Recording([path], fps=FPS, trouble=_refuse).frames():
        finder.people = []
        watch.look(frame)
        scene = watch.scene
        if scene is not None and scene.time == frame.time:
            steps.append(Step(frame.number, frame.time, scene.dt_s, finder.people, scene.image, scene.foreground))
    return steps


def _refuse(error: InputError) -> None:
    raise error


def ours(steps: list[Step], *, boxes_only: bool = False) -> Followed:
    """Our tracker, with or without the pictures."""
    tracker, seen, spent = Tracker(Settings().gap_s), {}, 0.0
    for step in steps:
        more = () if boxes_only else (step.image, step.foreground)
        began = time.process_time()
        tracks = tracker.follow(step.blobs, step.time, step.dt_s, *more)
        spent += time.process_time() - began
        here = [track for track in tracks if track.unseen_s == 0.0]
        seen[step.number] = tuple(str(track.number) for track in here), _table([tuple(track.box) for track in here])
    return Followed(seen, spent / len(steps) * 1000)


def theirs(steps: list[Step], frame_rate: int) -> Followed:
    """ByteTrack, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "boxes", Path(name) / "tracks"
        source.write_text("".join(f"{json.dumps([[*blob.box, blob.fill] for blob in step.blobs])}\n" for step in steps))
        command = [str(install.runner(PEER)), str(PEER_FILE), str(source), str(target), str(frame_rate)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=MOST_S)
        lines = [json.loads(line) for line in target.read_text().splitlines()]
    found = {
        step.number: (tuple(str(row[4]) for row in rows), _table([tuple(row[:4]) for row in rows]))
        for step, rows in zip(steps, lines, strict=True)
    }
    return Followed(found, json.loads(done.stdout)["cpu_s"] / len(steps) * 1000)


def _table(rows: list[tuple[float, ...]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(rows, np.float64).reshape(-1, 4)


def truth_of(path: Path, steps: list[Step]) -> dict[int, Boxes]:
    """Everybody in the analysed pictures, working pixels."""
    height, width = steps[0].image.shape[:2]
    scale = np.array([width, height, width, height], np.float64)
    truth = read_truth(path)
    found: dict[int, Boxes] = {}
    for step in steps:
        corners = np.array([one.box for one in truth.get(step.number, [])], np.float64).reshape(-1, 4) * scale
        sizes = corners[:, 2:] - corners[:, :2]
        names = tuple(one.person for one in truth.get(step.number, []))
        found[step.number] = names, np.column_stack((corners[:, :2], sizes))
    return found


def run() -> list[Figure]:
    """Everybody on both kinds of boxes. Empty, with a line, when the recording is not there."""
    root = folder()
    if not root.is_dir():
        sys.stderr.write(f"{NAME}: no recordings at {root}; set S4_DATA to the folder that holds them\n")
        return []
    model = root.parent / "models" / MODEL
    figures: list[Figure] = []
    for title, weights in (("PicoDet-S", model), ("foreground", None)):
        if weights is None or weights.is_file():
            steps = steps_of(root / "vtest" / "vtest.avi", weights)
            truth = truth_of(root / "opentraj" / "pets2009" / "PETS2009-S2L1.xml", steps)
            figures += _figures(title, steps, truth)
    return figures


def _figures(title: str, steps: list[Step], truth: dict[int, Boxes]) -> Iterator[Figure]:
    contenders: dict[str, Callable[[], Followed]] = {
        OURS: lambda: ours(steps),
        f"{OURS}, boxes alone": lambda: ours(steps, boxes_only=True),
    }
    if install.is_there(PEER):
        contenders |= {"ByteTrack, 5 fps": lambda: theirs(steps, 5), "ByteTrack, 30 fps": lambda: theirs(steps, 30)}
    else:
        sys.stderr.write(f"{NAME}: {PEER} is not installed (python -m benchmarks.edge.peers.install {PEER})\n")
    rounds = [{name: contender() for name, contender in contenders.items()} for _ in range(ROUNDS)]
    for name, followed in rounds[0].items():
        for part, numbers in (("all", range(10**9)), ("unseen half", range(TUNED_BEFORE, 10**9))):
            one = tally(*({n: boxes for n, boxes in side.items() if n in numbers} for side in (truth, followed.found)))
            yield from _of(f"{title}, {name}, {part}", one)
        yield Figure(NAME, f"{title}, {name}, CPU of a picture", median(one[name].cpu_ms for one in rounds), "ms")
    yield from _ratios(title, [{name: followed.cpu_ms for name, followed in one.items()} for one in rounds])


def _ratios(title: str, rounds: list[dict[str, float]]) -> Iterator[Figure]:
    """How many times the CPU of each of ours every other one takes."""
    names = list(rounds[0])
    for other in (name for name in names if not name.startswith(OURS)):
        for own in (name for name in names if name.startswith(OURS)):
            times = median(one[other] / one[own] for one in rounds)
            yield Figure(NAME, f"{title}, CPU, {other} to {own}", times, "x")


def _of(name: str, one: Tally) -> Iterator[Figure]:
    note = (
        f"{one.tracks} tracks of {one.people} people, {one.switches} switches, DetA {one.deta:.3f} AssA {one.assa:.3f}"
    )
    for label, value in (("F1", one.f1), ("MOTA", one.mota), ("IDF1", one.idf1), ("HOTA", one.hota)):
        yield Figure(NAME, f"{name}, {label}", value, "", note=note if label == "HOTA" else "")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    for figure in run():
        print(f"{figure.name:<52} {figure.value:8.3f} {figure.unit:<3} {figure.note}")
