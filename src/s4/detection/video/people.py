"""How tall a person is in the picture: a range, or from the row of the feet, by perspective given or learnt."""

from __future__ import annotations

from typing import Final

from s4.detection.video.calibrate import PERSON_M
from s4.detection.video.picture import Box
from s4.detection.video.pose import Pose
from s4.detection.video.settings import Settings

TALLEST: Final = 1.5  # against the expected height: a raised arm, a hat, feet a little off
SHORTEST: Final = 0.55  # a child, a bent person, legs hidden
SLENDEREST: Final = 0.16  # width ÷ height
STOUTEST: Final = 1.0
SHOULDERS: Final = 0.42  # width ÷ height of a walking person, from the side or the front


class PersonSize:
    """What sizes a standing person may have in a picture `height` pixels high."""

    def __init__(self, settings: Settings, height: int) -> None:
        self._range = settings.person_height[0] * height, settings.person_height[1] * height
        self._height = height
        self._pose: Pose | None = None
        self._line: tuple[float, float] | None = None
        if settings.perspective:
            (row1, tall1), (row2, tall2) = settings.perspective
            slope = (tall2 - tall1) / (row2 - row1)
            self._line = slope, (tall1 - slope * row1) * height

    def learn(self, pose: Pose | None) -> None:
        """How the camera stands, as people's heights have said so far."""
        self._pose = pose

    def expected(self, row: float) -> float | None:
        """The height in pixels of a person whose feet are on `row`; None when the settings say no perspective."""
        if self._line is None:
            return None
        return max(self._line[0] * row + self._line[1], 4.0)

    def tall(self, row: float) -> float | None:
        """The same, by what was learnt where the settings do not say it; None while it is not known."""
        if self._line is not None or self._pose is None:
            return self.expected(row)
        share = self._pose.tall(row / self._height - 0.5, PERSON_M)
        return max(share * self._height, 4.0) if share else None

    def bounds(self, row: float) -> tuple[float, float]:
        """Least and greatest height in pixels of a person whose feet are on `row`."""
        expected = self.expected(row)
        return self._range if expected is None else (SHORTEST * expected, TALLEST * expected)

    def fits(self, box: Box) -> bool:
        """Whether the box has the height and the slenderness of a standing person."""
        least, greatest = self.bounds(box.y + box.h)
        return least <= box.h <= greatest and SLENDEREST <= box.w / box.h <= STOUTEST

    def abreast(self, box: Box) -> int:
        """How many people stand side by side in a box that is too wide for one; 1 when it is not."""
        tall = self.expected(box.y + box.h) or box.h
        if box.w < 1.6 * SHOULDERS * tall:
            return 1
        return max(round(box.w / (1.15 * SHOULDERS * tall)), 1)
