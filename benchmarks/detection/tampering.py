"""How soon a camera that is tampered with is told: each clip of $S4_DATA/video with each thing that can be done to it.

    .venv/bin/python -m benchmarks.detection.tampering [--every N] [--first K] [--codec mpeg4|libx264] [--only NAME]

The first half of a clip (at most 20 s, at least 1.6 s) is left as it is; then for 6 s it goes on, forwards and
backwards where it is too short, with something done to it. All is encoded anew, so a frozen picture is only as much the
same as a codec leaves it; a replayed one was taken a tenth of a second off. Found: told within 5 s. False: told in the
clips as they are. The random seeds are fixed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.detection.video.behaviours.camera_tampered import CameraTampered
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Image, View
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.exercise.training.tamper import TAMPERS
from s4.sensing.recording import Recording

FPS, WIDTH = 5.0, 320  # as wide as they are looked at
KNOWN_S, TAMPERED_S, IN_TIME_S = 20.0, 6.0, 5.0
TRUE_FPS = {"vtest.avi": 7.0, "pets2006_3.mp4": 12.5, "video03.avi": 30.0}
Pictures = list[Image]
RNG = np.random.default_rng(4)


def pictures(clip: Path, shift_s: float = 0.0) -> Pictures:
    """The clip at 5 pictures a second, 320 px wide."""
    kept: Pictures = []
    recording = Recording([clip], fps=TRUE_FPS.get(clip.name, 0.0), trouble=_raise)
    for frame in recording.frames():
        if frame.time / NS_PER_S >= len(kept) / FPS + shift_s - 1e-6:
            height, width = frame.image.shape[:2]
            wide = min(WIDTH, width) // 2 * 2
            kept.append(np.asarray(cv2.resize(frame.image, (wide, height * wide // width // 2 * 2)), np.uint8))
    return kept


def _raise(error: InputError) -> None:
    raise error


def variants(clip: Path) -> Iterator[tuple[str, Pictures, Pictures]]:
    """What is done, the pictures before, the pictures from then on."""
    whole = pictures(clip)
    cut = min(max(len(whole) // 2, min(8, len(whole))), round(KNOWN_S * FPS))
    before, rest, steps = whole[:cut], whole[cut:] or whole[cut - 1 :], round(TAMPERED_S * FPS)
    there = [*rest, *rest[::-1]]
    after = [there[number % len(there)] for number in range(steps)]
    for name, tamper in TAMPERS.items():
        yield name, before, [np.clip(tamper(image, RNG), 0, 255).astype(np.uint8) for image in after]
    yield "frozen", before, [before[-1]] * steps
    old = pictures(clip, 0.1)[max(cut - steps, 0) : cut]
    yield "looped", before, [old[number % len(old)] for number in range(steps)]


def encoded(images: Pictures, codec: str, file: Path) -> Pictures:
    """The pictures as a codec leaves them."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=int(FPS))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 400_000
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")))
        container.mux(stream.encode())
    return [frame.image for frame in Recording([file], trouble=_raise).frames()]


def said(images: Pictures) -> list[Statement]:
    """What is told of some pictures."""
    behaviour, found = CameraTampered(Settings(), ()), []
    height, width = images[0].shape[:2]
    view, nothing = View(width, height, width, height), np.zeros((height, width), np.bool_)
    for number, image in enumerate(images):
        time = round(number / FPS * NS_PER_S)
        scene = Scene(time, 1 / FPS, view, image, nothing, [], PersonSize(Settings(), height), settled=True, raw=image)
        found += behaviour.see(scene)
    return [one for one in found if one.phase == "start"]


def main() -> None:
    """Run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every Nth clip")
    parser.add_argument("--first", type=int, default=0, help="of those, from this one on, counted from 0")
    parser.add_argument("--codec", default="mpeg4")
    parser.add_argument("--only", default="", help="only clips whose path holds this")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    folder = Path(os.environ.get("S4_DATA", "../shared/data")) / "video"
    clips = sorted(clip for clip in folder.rglob("*") if clip.suffix in {".avi", ".mp4"} and options.only in str(clip))
    tried, found, right, hours, false = Counter[str](), Counter[str](), Counter[str](), 0.0, 0
    with tempfile.TemporaryDirectory() as temporary:
        for clip in clips[options.first :: options.every]:
            print(clip.relative_to(folder), file=sys.stderr)
            untouched = pictures(clip)
            hours += len(untouched) / FPS / 3600
            false += len(said(untouched))
            for name, before, after in variants(clip):
                starts = said(encoded([*before, *after], options.codec, Path(temporary) / "clip.avi"))
                began = round(len(before) / FPS * NS_PER_S)
                hits = [one for one in starts if 0 <= one.time - began <= IN_TIME_S * NS_PER_S]
                tried[name] += 1
                found[name] += bool(hits)
                right[name] += any(one.attributes["how"] == _word(name) for one in hits)
                if not hits:
                    print(f"  missed: {name} ({len(before) / FPS:.1f} s known)", file=sys.stderr)
    for name, count in tried.items():
        print(f"{name:20} told within 5 s: {found[name]}/{count}, rightly named: {right[name]}/{count}")
    print(f"all: {found.total()}/{tried.total()}; false: {false} in {hours:.2f} h")


def _word(name: str) -> str:
    return name.split(",", maxsplit=1)[0].replace(" ", "_")


if __name__ == "__main__":
    main()
