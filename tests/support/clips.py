"""Small recordings made in a test, and what goes wrong with real ones: cut off, damaged, turned, of an uneven rate."""

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

KINDS = {"libx264": ("yuv420p", {"preset": "ultrafast", "g": "5", "bf": "0"}), "mjpeg": ("yuvj420p", {})}


def write_clip(
    path: Path,
    pictures: Iterable[Picture],
    *,
    rate: int = 10,
    codec: str = "libx264",
    times_ms: Sequence[int] | None = None,
    aspect: Fraction | None = None,
) -> Path:
    """Encode pictures (BGR, all of one size). `times_ms`: when each is shown, instead of by `rate`."""
    pixels, options = KINDS[codec]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        assert isinstance(stream, av.VideoStream)
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = pixels
                if times_ms:
                    stream.codec_context.time_base = Fraction(1, 1000)
                if aspect:
                    stream.codec_context.sample_aspect_ratio = aspect
            frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format=pixels)
            frame.pts = times_ms[number] if times_ms else number
            frame.time_base = Fraction(1, 1000) if times_ms else Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def flat(level: int, width: int = 64, height: int = 48) -> Picture:
    """A picture of one grey level."""
    return np.full((height, width, 3), level, np.uint8)


TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def turn(path: Path, degrees: int) -> Path:
    """Write into an MP4 that its pictures have to be turned clockwise to stand upright, as telephones do."""
    data = bytearray(path.read_bytes())
    at = (
        data.index(b"tkhd") + 4 + 40
    )  # version, flags, times, track, length, layer, volume: then the matrix (ISO 14496-12)
    a, b, c, d = (value << 16 for value in TURNS[degrees])
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def cut(path: Path, share: float) -> Path:
    """Leave only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def scribble(path: Path, first: float, last: float) -> Path:
    """Overwrite a part of a file, given as shares of its length, with noise."""
    data = bytearray(path.read_bytes())
    start, stop = int(first * len(data)), int(last * len(data))
    data[start:stop] = np.random.default_rng(3).integers(0, 256, stop - start, np.uint8).tobytes()
    path.write_bytes(data)
    return path
