"""How a camera's pictures are to be looked at: their true proportions, and the size they are worked on."""

from __future__ import annotations

from typing import Final

from s4.core.errors import InputError
from s4.core.model import Frame
from s4.detection.video.picture import Image, View
from s4.detection.video.settings import Settings

_TELEVISION: Final = {
    **{(width, 1152): 2.0 for width in (704, 720)},
    **{(width, height): 0.5 for width in (704, 720, 768) for height in (240, 288)},
    **{(352, height): 2.0 for height in (480, 576)},
}
_STRAIGHT: Final = 0.1  # a declared aspect this near to 1 says nothing: television's own 12/11 is among them


def view_of(frame: Frame, settings: Settings) -> View:
    """How this frame becomes the working picture. Declared by the settings, else by the file, else guessed."""
    height, width = frame.shape[:2]
    file_width, file_height = frame.size if frame.size != (0, 0) else (width, height)
    aspect = settings.pixel_aspect or _declared(frame) or guessed_aspect(file_width, file_height)
    widest = min(settings.width_px, width)
    return View.of(file_width, file_height, widest=widest, pixel_aspect=aspect, turned=frame.turned)


def image_of(frame: Frame) -> Image | None:
    """The frame's image; None when the camera sent it damaged, which is as if it had not come."""
    try:
        return frame.image
    except InputError:
        return None


def guessed_aspect(width: int, height: int) -> float:
    """Width ÷ height of a pixel in a picture `width` × `height`, px: 1 but where the size is one that recorders of
    television pictures make by leaving out, or repeating, every second line or column.

    720 × 1152 is 720 × 576 with each line twice, 704 × 288 has every second line only, 352 × 576 every second column.
    Sizes that upright pictures have too (720 × 960, 768 × 1152) are taken as they are.

    >>> guessed_aspect(720, 1152), guessed_aspect(704, 288), guessed_aspect(352, 576), guessed_aspect(640, 480)
    (2.0, 0.5, 2.0, 1.0)
    """
    return _TELEVISION.get((width, height), 1.0)


def _declared(frame: Frame) -> float:
    """What the file says of its pixels, when it is more than a nothing; else 0."""
    aspect = frame.pixel_aspect
    return aspect if 0.25 <= aspect <= 4.0 and abs(aspect - 1.0) > _STRAIGHT else 0.0
