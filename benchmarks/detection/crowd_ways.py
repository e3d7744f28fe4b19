"""A recording seen in other ways: a moment later, mirrored, smaller, larger, darker, coarser, faster, slower."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import cv2
import numpy as np

from s4.core.model import Frame
from s4.detection.video.picture import Image

Change = Callable[[Image], np.ndarray]
RNG = np.random.default_rng(1)


class Way(NamedTuple):
    """`later`: pictures left out at the start; `speed`: of what happens; `fps`: pictures analysed a second; `change`:
    done to each picture.
    """

    later: int = 0
    speed: float = 1.0
    fps: float = 5.0
    change: Change | None = None

    def shown(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames, numbered as they were."""
        for frame in frames:
            if frame.number >= self.later:
                image = np.asarray(frame.image, np.uint8)
                image = image if self.change is None else np.clip(self.change(image), 0, 255).astype(np.uint8)
                yield Frame(frame.source, frame.site, frame.number, round(frame.time / self.speed), image)


def _sized(share: float) -> Change:
    how = cv2.INTER_AREA if share < 1.0 else cv2.INTER_LINEAR
    return lambda image: np.asarray(cv2.resize(image, None, fx=share, fy=share, interpolation=how))


def _coarse(image: Image) -> np.ndarray:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _between_bars(image: Image) -> np.ndarray:
    bar = np.zeros_like(image[: len(image) // 8])
    return np.vstack([bar, image, bar])


WAYS: Final[dict[str, Way]] = {
    "as it is": Way(),
    "a third of a period later": Way(later=2),
    "two thirds later": Way(later=4),
    "mirrored": Way(change=lambda image: np.ascontiguousarray(image[:, ::-1])),
    **{f"size {share}": Way(change=_sized(share)) for share in (0.5, 0.75, 1.25, 2.0)},
    "brighter (gamma 0.6)": Way(change=lambda image: 255 * (image / 255) ** 0.6),
    "darker (gamma 1.6)": Way(change=lambda image: 255 * (image / 255) ** 1.6),
    "JPEG of quality 20": Way(change=_coarse),
    "noise": Way(change=lambda image: image + RNG.normal(0, 6, image.shape[:2])[..., None]),
    "black bars": Way(change=_between_bars),
    **{f"speed {speed}": Way(speed=speed) for speed in (0.85, 1.15)},
    **{f"{fps} a second": Way(fps=fps) for fps in (4, 6)},
    "half the light": Way(change=lambda image: image * 0.5),
    "half the contrast": Way(change=lambda image: image * 0.5 + 60),
}
