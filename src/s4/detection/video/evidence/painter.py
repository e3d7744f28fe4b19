"""Painter: boxes, the ways that were walked and the time, drawn into pictures in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from s4.core.clock import NS_PER_S
from s4.detection.video.evidence.layers import Layer, Way
from s4.detection.video.evidence.overlay import Mark
from s4.detection.video.picture import Box

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

    def paint(self, layers: Sequence[Layer], marks: tuple[Mark, ...], time: int, stamp: str) -> None:
        """Draw the marks, the ways to them and a line of text (printable ASCII shows) into the layers of a picture, at
        `time` (ns).
        """
        self.follow(marks, time)
        lines = _Lines(), _Lines()
        for mark in marks:
            lines[mark.alarm].ways.append(np.array([point[1:] for point in self._ways[mark.key]]))
            lines[mark.alarm].boxes.append(_corners(mark.box))
        for layer in layers:
            for alarm, colour in enumerate((PERSON, ALARM)):
                layer.lines(lines[alarm].ways, colour, _thick(layer))
                layer.lines(lines[alarm].boxes, colour, _thick(layer) + alarm, closed=True)
            _letter(layer, marks, stamp)

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


class _Lines:
    """What is drawn in one colour."""

    def __init__(self) -> None:
        self.ways: list[Way] = []
        self.boxes: list[Way] = []


def _corners(box: Box) -> Way:
    x, y, w, h = box
    return np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])


def _thick(layer: Layer) -> int:
    return max(round(layer.width / 480), 1)


def _letter(layer: Layer, marks: Sequence[Mark], stamp: str) -> None:
    """Letters have no colour of their own."""
    if layer.colour in {"u", "v"}:
        return
    height, width = layer.image.shape[:2]
    for mark in marks:
        _write(layer, mark.text, round(mark.box.x * width), max(round(mark.box.y * height) - 3, 12))
    _write(layer, stamp, 4, height - 4)


def _write(layer: Layer, text: str, x: int, y: int) -> None:
    """White letters with a dark edge; what is not ASCII shows as a question mark."""
    import cv2

    shown = text.encode("ascii", "replace").decode()
    scale = max(layer.width / 40, 10.0) / FONT_PX
    for colour, thickness, line in (((0, 0, 0), 3, cv2.LINE_8), (INK, 1, cv2.LINE_AA)):  # smooth lines cost five times
        place, thick = (max(x, 0), y), thickness * _thick(layer)
        cv2.putText(layer.image, shown, place, cv2.FONT_HERSHEY_SIMPLEX, scale, layer.value(colour), thick, line)
