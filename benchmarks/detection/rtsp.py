"""Eight network cameras on two cores, as streets have them: H.264 by RTSP, 640 × 480, 25 pictures a second.

    .venv/bin/python -m benchmarks.detection.rtsp            # $S4_DATA, default ../shared/data

The same recordings as in `streams`, encoded beforehand and served by GStreamer's RTSP server, one process a camera.
5 pictures a second of each are analysed by a real `s4 run sensing detection`, all behaviours on; of H.264 every picture
has to be decoded, and 10 a second are held for evidence. With zones through which people walk, so that films are made
all the time, and without. CPU is of s4's processes alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.child import child, resident_mib
from benchmarks.detection.parts import CLIPS, SIZE, folder, pictures
from benchmarks.detection.spent import ANALYSED_FPS, counts_of, cpu_s, films_s, load, warm
from benchmarks.figure import Figure
from tests.support.rtsp import find_rtsp_python, rtsp_server

NAME = "video-rtsp"
CAMERAS: Final = 8
SECONDS: Final = 40.0
FPS: Final = 25
CLIP_S: Final = 12.0
FILM_S: Final = 120.0
"""A film is longer than the run: at its end the camera would have to be asked anew."""
ZONE: Final = "outline = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.9], [0.3, 0.9]]"


class Run(NamedTuple):
    """What a run took; see `spent.Spent`. `dropped`: pictures passed over; `resident`: MiB."""

    seconds: float
    cpu_s: float
    films_s: float
    analysed: int
    dropped: int
    resident: float


def encode(path: Path, images: list[NDArray[np.uint8]]) -> None:
    """Write the pictures to and fro until the film is `FILM_S` long, a key frame every two seconds."""
    there_and_back = images + images[-2:0:-1]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(
            "h264", rate=FPS, options={"preset": "veryfast", "tune": "zerolatency", "g": str(2 * FPS)}
        )
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(round(FILM_S * FPS)):
            image = there_and_back[number % len(there_and_back)]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(stream.encode(None))


def films(place: Path) -> list[Path]:
    """One for each recording."""
    made = []
    for number, (name, fps) in enumerate(CLIPS):
        path = place / f"{number}.mp4"
        encode(path, [np.ascontiguousarray(one) for one in pictures(folder() / name, fps, CLIP_S)])
        made.append(path)
    return made


def doors(urls: list[str], *, quiet: bool) -> str:
    """The cameras in the city's description, each with a zone; `quiet`: with none."""
    text = ""
    for number, url in enumerate(urls):
        text += f'[[source]]\nid = "cam-{number}"\nsite = "square"\ndoor = "camera"\noptions = {{ url = "{url}" }}\n'
        if not quiet:
            text += f'[[zone]]\nid = "z-{number}"\nsource = "cam-{number}"\nname = "Z"\n{ZONE}\n'
    return text


async def watch(urls: list[str], seconds: float, *, quiet: bool) -> Run:
    """Start s4 on the cameras and look at it for so long, after it has warmed up."""
    with tempfile.TemporaryDirectory(prefix="s4-bench-") as place, contextlib.ExitStack() as stack:
        enter = child(Path(place), devices=[], rooms=["sensing", "detection"], doors=doors(urls, quiet=quiet))
        s4 = await asyncio.to_thread(stack.enter_context, enter)
        await warm(s4, len(urls))
        counts, before, filming, began = counts_of(s4), cpu_s(s4), films_s(s4), time.monotonic()
        await asyncio.sleep(seconds)
        spent, filming, lasted = cpu_s(s4) - before, films_s(s4) - filming, time.monotonic() - began
        more = {name: value - counts.get(name, 0.0) for name, value in counts_of(s4).items()}
        taken = [value for name, value in more.items() if "dropped" not in name]
        analysed = round(sum(min(value, lasted * ANALYSED_FPS) for value in taken))
        dropped = round(sum(more.values()) - sum(taken))
        return Run(lasted, spent, filming, analysed, dropped, resident_mib(s4.process.pid))


def run(cameras: int = CAMERAS, seconds: float = SECONDS) -> list[Figure]:
    """Empty, with a line, where there are no recordings or there is no RTSP server."""
    python = find_rtsp_python()
    if python is None or not folder().is_dir():
        lacks = "GStreamer's RTSP server (scripts/system-packages)" if python is None else f"recordings at {folder()}"
        sys.stderr.write(f"{NAME}: no {lacks}\n")
        return []
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="s4-films-") as place, contextlib.ExitStack() as stack:
        made = films(Path(place))
        servers = [stack.enter_context(rtsp_server(python, made[n % len(made)])) for n in range(cameras)]
        urls = [server.url for server in servers]
        idle = asyncio.run(watch([], min(seconds, 10.0), quiet=True))
        calm = asyncio.run(watch(urls, seconds, quiet=True))
        busy = asyncio.run(watch(urls, seconds, quiet=False))
    passed = busy.dropped / busy.seconds / cameras
    return [
        *load(NAME, "", cameras, idle, busy),
        Figure(NAME, "pictures of a camera that were passed over for want of time", passed, "/s"),
        Figure(NAME, "memory of a stream", (busy.resident - idle.resident) / cameras, "MiB", 150.0),
        *load(NAME, "quiet street: ", cameras, idle, calm),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    for figure in run(given.cameras, given.seconds):
        print(f"{figure.name:<64} {figure.value:8.2f} {figure.unit:<4} {figure.note}")
