"""Looking at a camera now: the words for it, and the board on which who looks and who shows find each other.

A picture is blurred and encoded only while somebody looks. It is never stored, and lives in memory and on its way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Annotated, Final, Literal, Protocol

import msgspec
from msgspec import Meta

ASKED_FOR_S: Final = 5.0
"""How long a wish holds, real seconds; whoever goes on looking repeats it."""
MOST_PER_S: Final = 5.0
Width = Annotated[int, Meta(ge=64, le=1280)]
Pace = Annotated[float, Meta(ge=0.1, le=MOST_PER_S)]


class LookMark(msgspec.Struct, frozen=True):
    """A box over the picture: somebody who is followed (`text`: a number that means nothing outside the camera), or
    something that happens. `box`: x, y, width, height, fractions of the picture as it stands upright.
    """

    key: str
    box: tuple[float, float, float, float]
    text: str
    alarm: bool


class Look(msgspec.Struct, frozen=True):
    """One picture of a camera, everybody in it blurred.

    `time`: ns UTC at which it was taken; `jpeg`: the picture, `width` × `height` px, nothing drawn in; `marks`: what to
    draw over it; `grid`: lines on the ground (x, y, x, y), fractions of the picture, `grid_m` metres apart; none while
    the ground is not known.
    """

    camera: str
    time: int
    width: int
    height: int
    jpeg: bytes
    marks: tuple[LookMark, ...] = ()
    grid: tuple[tuple[float, float, float, float], ...] = ()
    grid_m: float = 0.0


class Wish(msgspec.Struct, frozen=True):
    """How somebody wants to see a camera: at most so wide (px), at most so many pictures a second."""

    width: Width = 640
    per_s: Pace = MOST_PER_S


class CameraState(msgspec.Struct, frozen=True):
    """How a camera is doing, as the process that watches it says every few seconds.

    `state`: `live`; `lost` (no connection) and `failed` (`detail` says why); `ended` (the recording is over);
    `starting`. `time`: ns UTC when this was said; `last_frame`: of the newest picture (0: none yet); `per_s`,
    `dropped_per_s`: pictures looked at and left out because detection was late; `dropped`, `reconnects`: since the
    start; `delay_ms`: from the picture to what followed from it, of the newest; `people`: followed in the newest
    picture (None: not known); `shows`: whether pictures of it may be looked at, else `why_not`.
    """

    camera: str
    state: Literal["starting", "live", "lost", "ended", "failed"] = "starting"
    time: int = 0
    last_frame: int = 0
    per_s: float = 0.0
    dropped_per_s: float = 0.0
    dropped: int = 0
    reconnects: int = 0
    delay_ms: float = 0.0
    people: int | None = None
    shows: bool = False
    why_not: str = ""
    detail: str = ""


class Live(Protocol):
    """What the picture may ask: how the cameras are doing, and pictures of them."""

    def states(self) -> Mapping[str, CameraState]:
        """Every camera that was heard of, by id, as it was last said."""

    def looks(self, cameras: Sequence[str], wish: Wish) -> AsyncGenerator[Look]:
        """Pictures of these cameras as they come, until the generator is closed. Of one that comes too fast for who
        takes them, only the newest is kept.
        """


class LiveBoard:
    """In one process: who wants to see which camera, what is shown, and how each is doing. Safe across threads.

    `on_look` is called, in the thread of the camera, with each picture.

    >>> board = LiveBoard()
    >>> board.wanted("cam-1") is None
    True
    >>> board.ask("cam-1", Wish(320, 2.0))
    >>> board.wanted("cam-1")
    Wish(width=320, per_s=2.0)
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._lock = now, threading.Lock()
        self._wishes: dict[str, list[tuple[float, Wish]]] = {}
        self._states: dict[str, CameraState] = {}
        self.on_look: Callable[[Look], None] | None = None

    def ask(self, camera: str, wish: Wish) -> None:
        """Somebody looks at the camera, for the next `ASKED_FOR_S` seconds."""
        until = self._now() + ASKED_FOR_S
        with self._lock:
            kept = [one for one in self._wishes.get(camera, ()) if one[0] > self._now() and one[1] != wish]
            self._wishes[camera] = [*kept, (until, wish)]

    def wanted(self, camera: str) -> Wish | None:
        """The widest and quickest that anybody wishes now; None when nobody looks. Cost: a microsecond."""
        if camera not in self._wishes:
            return None
        with self._lock:
            held = [wish for until, wish in self._wishes.get(camera, ()) if until > self._now()]
            if not held:
                self._wishes.pop(camera, None)
                return None
        return Wish(max(wish.width for wish in held), max(wish.per_s for wish in held))

    def show(self, look: Look) -> None:
        """A picture that was wanted."""
        if self.on_look is not None:
            self.on_look(look)

    def tell(self, camera: str, **changes: object) -> None:
        """What is new about how the camera is doing: fields of `CameraState`."""
        with self._lock:
            before = self._states.get(camera) or CameraState(camera)
            self._states[camera] = msgspec.structs.replace(before, **changes)

    def states(self) -> list[CameraState]:
        """How every camera of this process is doing."""
        with self._lock:
            return list(self._states.values())
