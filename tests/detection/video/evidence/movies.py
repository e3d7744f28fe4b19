"""Reads back what was written: every picture of an MP4 and its second."""

from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray


class Shown(NamedTuple):
    second: float
    image: NDArray[np.uint8]


def read(path: Path) -> list[Shown]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        return [
            Shown(float(one.time or 0.0), np.asarray(one.to_ndarray(format="bgr24"), np.uint8))
            for one in container.decode(stream)
        ]
