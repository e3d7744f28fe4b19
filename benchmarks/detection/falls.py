"""How many falls are told, and what is taken for one: the clips of $S4_DATA/video/fall, each in 18 ways.

    .venv/bin/python -m benchmarks.detection.falls

As it is at five phases of the 5 pictures a second; mirrored; at 0.7 to 1.4 times its speed; at 4, 6 and 10 pictures a
second; with more noise; with half of the light; and reduced to a half, a third and a fifth of its size, in an empty
picture with a sensor's noise. Then everything else there is, as it is: each alarm there is a false one. Only the
behaviour runs, nothing looks for people. The random seeds are fixed.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.detection.video.behaviours.fall import Fall
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Image, View
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.sensing.recording import Recording

TRUE_FPS = {"vtest.avi": 7.0, "pets2006_3.mp4": 12.5, "video03.avi": 30.0}
OTHERS = ("umn", "vtest", "misc", "aboda", "pets2006", "intel", "bgs", "fight/fight", "fight/noFight")
Timed = list[tuple[float, Image]]
Way = Callable[[Timed], Timed]
RNG = np.random.default_rng(4)


def read(path: Path) -> Timed:
    """Every picture, at most 640 px wide, with its time in seconds."""
    frames = Recording([path], fps=TRUE_FPS.get(path.name, 0.0), width=640, trouble=_raise).frames()
    return [(frame.time / NS_PER_S, np.asarray(frame.image, np.uint8)) for frame in frames]


def _raise(error: InputError) -> None:
    raise error


def sampled(pictures: Timed, *, fps: float = 5.0, phase: float = 0.0, speed: float = 1.0) -> Timed:
    """Some of the pictures, with the times at which they are shown."""
    found: Timed = []
    for time, image in pictures:
        if time / speed + 1e-6 >= phase / fps + len(found) / fps:
            found.append((len(found) / fps, image))
    return found


def changed(change: Callable[[Image], np.ndarray]) -> Way:
    """The same pictures with something done to each."""

    def way(pictures: Timed) -> Timed:
        return [(time, np.clip(change(image), 0, 255).astype(np.uint8)) for time, image in sampled(pictures)]

    return way


def noisy(image: Image) -> np.ndarray:
    """With a worse sensor."""
    return image + RNG.normal(0, 6, image.shape)


def reduced(share: float) -> Callable[[Image], np.ndarray]:
    """Farther away: within a grey picture of the same size."""

    def change(image: Image) -> np.ndarray:
        height, width = image.shape[:2]
        small = cv2.resize(image, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
        whole = np.full(image.shape, 118.0)
        top, left = (height - len(small)) // 2, width // 5
        whole[top : top + small.shape[0], left : left + small.shape[1]] = small
        return whole + RNG.normal(0, 2, image.shape)

    return change


WAYS: dict[str, Way] = {
    **{f"phase {p:.1f}": partial(sampled, phase=p) for p in (0.0, 0.2, 0.4, 0.6, 0.8)},
    "mirrored": changed(lambda image: image[:, ::-1]),
    **{f"speed {s}": partial(sampled, speed=s) for s in (0.7, 0.8, 1.25, 1.4)},
    **{f"{f} a second": partial(sampled, fps=f) for f in (4, 6, 10)},
    "noise": changed(noisy),
    "half the light": changed(lambda image: image * 0.5),
    **{f"size {share}": changed(reduced(share)) for share in (0.5, 0.33, 0.2)},
}


def alarms(pictures: Timed) -> int:
    """How many falls are told."""
    behaviour, said = Fall(Settings(), ()), list[Statement]()
    height, width = pictures[0][1].shape[:2]
    view, empty = View(width, height, width, height), np.zeros((height, width), np.bool_)
    time = 0
    for second, image in pictures:
        time = round(second * NS_PER_S)
        size = PersonSize(Settings(), height)
        said += behaviour.see(Scene(time, 0.2, view, image, empty, [], size, settled=True, raw=image))
    return sum(one.phase == "start" for one in [*said, *behaviour.close(time)])


def clips(root: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    """All recordings of some folders."""
    for folder in folders:
        yield from sorted([*root.glob(f"{folder}/*.mp4"), *root.glob(f"{folder}/*.avi")])


def main() -> None:
    """Run all, print what was told."""
    root = Path(os.environ.get("S4_DATA", "../shared/data")) / "video"
    told: dict[str, list[bool]] = defaultdict(list)
    false, seconds = 0, 0.0
    for path in clips(root, ("fall",)):
        pictures, is_fall = read(path), "Fall" in path.name
        counts = {name: alarms(way(pictures)) for name, way in WAYS.items()}
        missed = [name for name, count in counts.items() if (count > 0) != is_fall]
        print(f"{path.stem}: {len(WAYS) - len(missed)} of {len(WAYS)} right; wrong: {', '.join(missed) or '-'}")
        told[f"{path.stem[:2]} {'falls' if is_fall else 'daily life'}"] += [count > 0 for count in counts.values()]
    for name, each in sorted(told.items()):
        print(f"{name}: {sum(each)} of {len(each)} told as falls")
    for path in clips(root, OTHERS):
        pictures = sampled(read(path))
        count = alarms(pictures)
        false, seconds = false + count, seconds + pictures[-1][0]
        if count:
            print(f"{path.parent.name}/{path.name}: {count} told")
    print(f"elsewhere: {false} told in {seconds / 60:.1f} minutes")


if __name__ == "__main__":
    main()
