"""Clips of falls and of daily life, each shown in many ways: later, faster, darker, smaller, cut, backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.detection.video.picture import Image
from s4.sensing.recording import Recording

TRUE_FPS = {"vtest.avi": 7.0, "pets2006_3.mp4": 12.5, "video03.avi": 30.0}
OTHERS = ("umn", "vtest", "misc", "aboda", "pets2006", "intel", "bgs", "fight/fight", "fight/noFight")
Timed = list[tuple[float, Image]]
Way = Callable[[Timed], Timed]
RNG = np.random.default_rng(4)


def clips(root: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    """All recordings of some folders."""
    for folder in folders:
        yield from sorted([*root.glob(f"{folder}/*.mp4"), *root.glob(f"{folder}/*.avi")])


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


def backwards(pictures: Timed) -> Timed:
    """The last one first: who fell gets up."""
    last = pictures[-1][0]
    return sampled([(last - time, image) for time, image in reversed(pictures)])


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
    "cut above": changed(lambda image: image[len(image) // 8 :]),
    "cut below": changed(lambda image: image[: len(image) - len(image) // 10]),
}
"""What happens stays the same."""
CALM: dict[str, Way] = {"speed 0.35": partial(sampled, speed=0.35), "backwards": backwards}
"""What was a fall is none any more: somebody lies down, in three seconds, or gets up."""
