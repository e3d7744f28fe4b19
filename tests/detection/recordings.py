"""Real clips as frames, with times counted at their true rate."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.model import Frame

START = 1_777_658_400 * NS_PER_S  # 2026-05-01T18:00:00Z


def frames_of(path: Path, *, fps: float, source: str = "cam-1", most: int = 10**9) -> Iterator[Frame]:
    """Every frame of a clip, in order. `fps`: the true rate, which the file may not say."""
    capture = cv2.VideoCapture(str(path))
    try:
        for number in range(most):
            ok, image = capture.read()
            if not ok:
                return
            yield Frame(source, "square", number, START + round(number * NS_PER_S / fps), np.asarray(image, np.uint8))
    finally:
        capture.release()
