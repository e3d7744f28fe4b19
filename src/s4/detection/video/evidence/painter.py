"""Painter: boxes, the ways that were walked and the time, drawn into pictures in their order."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from s4.core.clock import NS_PER_S
from s4.detection.video.evidence.overlay import Mark
from s4.detection.video.picture import Image

TRAIL_S: Final = 10.0
FORGET_S: Final = 2.0
PERSON: Final = (235, 200, 80)  # blue, green, red
ALARM: Final = (60, 60, 240)
INK: Final = (255, 255, 255)
FONT_PX: Final = 22.0  # height of a line of OpenCV's Hershey letters at scale 1
_Way = deque[tuple[int, float, float]]


class Painter:
    """Draws into one camera's pictures, which must come in order; it remembers the way of each mark's foot."""

    def __init__(self) -> None:
        self._ways: dict[str, _Way] = {}

    def paint(self, image: Image, marks: tuple[Mark, ...], time: int, stamp: str) -> None:
        """Draw the marks, the ways to them and a line of text (printable ASCII shows) into `image`, at `time` (ns)."""
        self.follow(marks, time)
        for mark in marks:
            self._way(image, mark)
            _frame(image, mark)
        _write(image, stamp, 4, image.shape[0] - 4)

    def follow(self, marks: tuple[Mark, ...], time: int) -> None:
        """Remember where the marks were in a picture that is not drawn into."""
        for mark in marks:
            self._walk(mark, time)
        for key, way in list(self._ways.items()):
            if time - way[-1][0] > FORGET_S * NS_PER_S:
                del self._ways[key]

    def _walk(self, mark: Mark, time: int) -> None:
        way = self._ways.setdefault(mark.key, deque())
        way.append((time, *mark.box.foot))
        while time - way[0][0] > TRAIL_S * NS_PER_S:
            way.popleft()

    def _way(self, image: Image, mark: Mark) -> None:
        import cv2

        height, width = image.shape[:2]
        points = np.array([(x * width, y * height) for _, x, y in self._ways[mark.key]])
        line = np.round(points).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(image, [line], isClosed=False, color=_colour(mark), thickness=_thick(image), lineType=cv2.LINE_8)


def _colour(mark: Mark) -> tuple[int, int, int]:
    return ALARM if mark.alarm else PERSON


def _thick(image: Image) -> int:
    return max(round(int(image.shape[1]) / 480), 1)


def _frame(image: Image, mark: Mark) -> None:
    import cv2

    height, width = image.shape[:2]
    left, top = round(mark.box.x * width), round(mark.box.y * height)
    right, bottom = round((mark.box.x + mark.box.w) * width), round((mark.box.y + mark.box.h) * height)
    cv2.rectangle(image, (left, top), (right, bottom), _colour(mark), _thick(image) + mark.alarm)
    _write(image, mark.text, left, max(top - 3, 12))


def _write(image: Image, text: str, x: int, y: int) -> None:
    """White letters with a dark edge; what is not ASCII shows as a question mark."""
    import cv2

    shown = text.encode("ascii", "replace").decode()
    scale = max(image.shape[1] / 40, 10.0) / FONT_PX
    for colour, thickness, line in (((0, 0, 0), 3, cv2.LINE_8), (INK, 1, cv2.LINE_AA)):  # smooth lines cost five times
        thick = thickness * _thick(image)
        cv2.putText(image, shown, (max(x, 0), y), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thick, line)
