"""What watching one camera costs, part by part: CPU for each analysed picture of 640 × 480, everything on.

    .venv/bin/python -m benchmarks.detection.parts                 # $S4_DATA, default ../shared/data
    .venv/bin/python -m benchmarks.detection.parts --seconds 20    # of each recording

Real recordings, brought to 640 × 480 beforehand, at 10 pictures a second of which 5 are analysed, through the stage as
`s4 run` has it, with the JPEG that a camera would send, one zone and one line drawn. It is counted in CPU time of the
one thread, so that what else the machine does matters less; the target, ≥ 40 analysed pictures a second on two cores,
leaves 50 ms for each. Something happens all the time in these recordings, so that films are made all the time; in a
quiet street there are none, which is told apart.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure
from s4.core.city import City
from s4.core.clock import NS_PER_S, RealClock
from s4.core.errors import InputError
from s4.core.model import Frame
from s4.core.ports import Context
from s4.detection.video import camera
from s4.detection.video.background import Background
from s4.detection.video.behaviours import ALL
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.film import Film
from s4.detection.video.evidence.shot import Shot
from s4.detection.video.finder import BlobFinder
from s4.detection.video.tracker import Tracker
from s4.detection.video.watch import VideoWatch
from s4.detection.video.whereabouts import Whereabouts
from s4.sensing.recording import Recording
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault

NAME = "video-parts"
SIZE: Final = (640, 480)
FPS: Final = 10.0
SECONDS: Final = 30.0
CLIPS: Final = (
    ("vtest/vtest.avi", 7.0), ("aboda/video4.avi", 0.0),
    ("pets2006/pets2006_3.mp4", 12.5), ("misc/korzo_short.mp4", 0.0),
)  # fmt: skip
FILM: Final = "evidence: film"
START: Final = 1_760_000_000 * NS_PER_S
Spent = dict[str, float]


def folder() -> Path:
    return Path(os.environ.get("S4_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "video"


def pictures(path: Path, fps: float, seconds: float) -> list[NDArray[np.uint8]]:
    """The first `seconds` of a recording, 10 pictures a second, 640 × 480."""
    found: list[NDArray[np.uint8]] = []
    start: int | None = None
    for frame in Recording([path], fps=fps, trouble=_refuse).frames():
        start = frame.time if start is None else start
        since = (frame.time - start) / NS_PER_S
        if since >= seconds:
            break
        while len(found) <= since * FPS:
            found.append(np.asarray(cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_AREA), np.uint8))
    return found


def _refuse(error: InputError) -> None:
    raise error


@contextlib.contextmanager
def timed(spent: Spent) -> Iterator[None]:
    """While inside, the CPU seconds of each part are added up in `spent`; a part within a part counts in both."""
    parts: list[tuple[Any, str, str]] = [
        (Background, "learn", "background"),
        (camera, "clean", "blobs"),
        (BlobFinder, "find", "blobs"),
        (Tracker, "follow", "tracker"),
        (Whereabouts, "learn", "whereabouts"),
        (Cover, "see", "evidence: cover"),
        (Shot, "of", "evidence: the last seconds"),
        (Film, "go_on", FILM),
        *((make, "see", f"behaviour: {name}") for name, make in ALL.items()),
    ]
    with contextlib.ExitStack() as stack:
        for owner, name, label in parts:
            before = owner.__dict__[name]
            setattr(owner, name, _wrapped(before, label, spent))
            stack.callback(setattr, owner, name, before)
        yield


def _wrapped(call: Any, label: str, spent: Spent) -> Any:
    plain: Callable[..., Any] = call.__func__ if isinstance(call, classmethod) else call

    def timing(*args: Any, **more: Any) -> Any:
        began = time.thread_time()
        try:
            return plain(*args, **more)
        finally:
            spent[label] += time.thread_time() - began

    return classmethod(timing) if isinstance(call, classmethod) else timing


def stage_of(place: Path) -> VideoWatch:
    """The stage with one camera, a zone and a line in its picture."""
    text = {
        "city": {"id": "bench", "name": "Bench", "place": {"lat": 43.26, "lon": -2.93}},
        "site": [{"id": "square", "name": "Square", "place": {"lat": 43.26, "lon": -2.93}}],
        "source": [{"id": "cam-1", "site": "square", "door": "camera", "options": {"url": "x"}}],
        "zone": [
            {"id": "z", "source": "cam-1", "name": "Z", "outline": [[0.3, 0.3], [0.7, 0.3], [0.7, 0.9], [0.3, 0.9]]},
            {"id": "l", "source": "cam-1", "name": "L", "kind": "line_crossing", "outline": [[0.5, 0.0], [0.5, 1.0]]},
        ],
    }
    city = msgspec.convert(text, City)
    vault = EvidenceVault(place / "evidence", SiteKey(place / "keys"), "bench")
    return VideoWatch(Context(city, RealClock(), vault=vault))


def watched(images: list[NDArray[np.uint8]], spent: Spent) -> int:
    """Adds up what it costs to watch these pictures, in all and by part; returns how many were analysed."""
    with tempfile.TemporaryDirectory(prefix="s4-bench-") as place, timed(spent):
        stage = stage_of(Path(place))
        for number, image in enumerate(images):
            when = START + round(number * NS_PER_S / FPS)
            jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
            began = time.thread_time()
            stage.step([Frame("cam-1", "", number, when, image, SIZE, jpeg=jpeg)], when)
            spent["all"] += time.thread_time() - began
    return max(round(len(images) / FPS * 5.0), 1)


def run(seconds: float = SECONDS) -> list[Figure]:
    """Every part, mean over the recordings. Empty, with a line, when they are not there."""
    root = folder()
    if not root.is_dir():
        sys.stderr.write(f"{NAME}: no recordings at {root}; set S4_DATA to the folder that holds them\n")
        return []
    cv2.setNumThreads(1)
    spent: Spent = defaultdict(float)
    analysed = 0
    for name, fps in CLIPS:
        analysed += watched(pictures(root / name, fps, seconds), spent)
    note = f"{analysed} analysed pictures of {len(CLIPS)} recordings"
    each = {label: seconds / analysed * 1000 for label, seconds in spent.items()}
    total = Figure(NAME, "everything, CPU for an analysed picture of 640 × 480", each.pop("all"), "ms", 50.0, note=note)
    quiet = total.value - each.get(FILM, 0.0)
    none = Figure(NAME, "everything but films, as in a quiet street", quiet, "ms", 50.0, note=note)
    return [total, none, *(Figure(NAME, label, value, "ms") for label, value in sorted(each.items()))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    for figure in run(parser.parse_args().seconds):
        print(f"{figure.name:<64} {figure.value:8.2f} {figure.unit:<3} {figure.note}")
