"""From what a camera still sees of its place to what was done to it."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.sight import Grey, Look, Sight

How = Literal["signal_lost", "blinded", "covered", "defocused", "moved", "sprayed", "frozen", "looped"]

KNOWN_S: Final = 1.0  # a place is known after this long
ENOUGH: Final = 0.15  # share of blocks with edges: else the place is too plain to be judged by them
FLAT: Final = 0.5  # grey levels: no lens and no sensor gives less, a recorder without a signal does
DARK: Final = 20  # grey levels: what a lens under a hand gives, once a codec has smoothed it
SNOW: Final = 8.0  # times the usual sharpness: noise instead of a picture
RAIN: Final = 0.12  # correlation with the place, seen coarsely: behind streaks it is still there, behind snow it is not
GLARE, DAZZLED = 0.25, 0.4  # share of the picture blind with light, of the blocks lost in it
GONE, BARE, ALL = 0.55, 0.65, 0.8  # share of blocks whose edges are elsewhere, or gone, by whichever
PAINTED: Final = 0.3  # of the lost edges: so many are gone, not elsewhere
BLURRED: Final = 0.65
STEADY: Final = 0.5  # share of blocks: a crowd too hides a place, but moves
USUAL: Final = 0.6  # a camera in the hand loses its edges always, and cannot be moved
MORE: Final = 0.3  # of the blocks are lost than usually: else it is the crowd, or the hand
DOUBT_S: Final = 3.0  # for so long what hides most of the place is not taken for usual
SPOT, SPOT_BARE, SPOT_S = 0.25, 0.12, 1.5  # share of blocks lost and bare, without a break: what drives by moves on
MOST_VIEWS: Final = 4
CALM_S: Final = 0.4  # while nothing is wrong it is looked no more often, unless this share of all blocks is hidden:
STIR: Final = 0.2
CALM_AFTER_S: Final = 4.0  # of learning

ACCEPT_S: Final[dict[How, float]] = {"moved": 60.0, "sprayed": 600.0, "defocused": 600.0}
"""After this long the picture is taken as the place from now on. Who covers a camera gets no such mercy."""


def verdict(look: Look, usually_lost: float = 0.0) -> How | None:
    """What was done to the whole view of a camera that sees this; None when nothing was."""
    if look.known < ENOUGH:
        return None
    if look.spread < FLAT or (look.lost > GONE and look.fine > SNOW and look.alike < RAIN):
        return "covered" if look.level < DARK else "signal_lost"
    return _blind(look) or _elsewhere(look, usually_lost)


def _blind(look: Look) -> How | None:
    if look.glare >= GLARE and max(look.lost, look.bare) >= DAZZLED:
        return "blinded"
    if look.bare >= BARE and (look.lost >= GONE or look.bare >= ALL):
        return "covered"
    return "defocused" if look.fine <= BLURRED and look.lost < ALL else None


def _elsewhere(look: Look, usually_lost: float) -> How | None:
    if look.lost >= max(GONE, usually_lost + MORE) and look.steady >= STEADY and usually_lost <= USUAL:
        return "sprayed" if look.bare >= PAINTED * look.lost else "moved"
    return None


class Spot:
    """Parts of the view that are lost without a break. `where`: bool[6, 8], the blocks that are."""

    def __init__(self) -> None:
        self.where: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._lost_s: NDArray[np.float64] = np.zeros(0)
        self._bare_s: NDArray[np.float64] = np.zeros(0)

    def see(self, look: Look, dt_s: float) -> bool:
        """Whether enough of the view has been lost for long enough."""
        if not len(self._lost_s):
            self._lost_s, self._bare_s = np.zeros(look.blocks.shape), np.zeros(look.blocks.shape)
        self._lost_s = np.where(look.blocks, self._lost_s + dt_s, 0.0)
        self._bare_s = np.where(look.bare_blocks, self._bare_s + dt_s, 0.0)
        self.where = self._lost_s >= SPOT_S
        return float(self.where.mean()) >= SPOT and float((self._bare_s >= SPOT_S).mean()) >= SPOT_BARE


class Views:
    """The views a camera is known to have: by day and by night, here and there. Learns while nothing is wrong."""

    def __init__(self) -> None:
        self._sights = [Sight()]
        self.spot = Spot()
        self._known_s = 0.0
        self._usually_lost = 0.0
        self._gone_s = 0.0
        self._waited_s = 0.0
        self._is_calm = False

    def look(self, grey: Grey, dt_s: float) -> How | None:
        """What was done to the camera; None when it shows one of the views it is known to have, or while it is calm."""
        self._waited_s += dt_s
        if self._is_calm and self._waited_s < CALM_S - dt_s / 2:
            return None
        dt_s, self._waited_s = self._waited_s, 0.0
        look = self._sights[0].look(grey, dt_s)
        how = self._judge(look, grey, dt_s)
        self._is_calm = how is None and self._known_s >= CALM_AFTER_S and float(look.blocks.mean()) < STIR
        return how

    def _judge(self, look: Look, grey: Grey, dt_s: float) -> How | None:
        is_spot = self.spot.see(look, dt_s)
        if self._known_s < KNOWN_S:
            self._learn(look, dt_s)
            return None
        how = verdict(look, self._usually_lost) or ("sprayed" if is_spot else None)
        if how is not None and self._is_another(grey, dt_s):
            return None
        if how is None:
            self._learn(look, dt_s)
        return how

    def _is_another(self, grey: Grey, dt_s: float) -> bool:
        """Whether this is a view known from before; it is the one expected from now on."""
        for number, other in enumerate(self._sights[1:], start=1):
            look = other.look(grey, dt_s)
            if verdict(look) is None and look.lost <= USUAL:
                self._sights.insert(0, self._sights.pop(number))
                return True
        return False

    def accept(self) -> None:
        """What is seen now is the place from now on; what was known is remembered."""
        self._sights = [Sight(), *self._sights][:MOST_VIEWS]
        self._known_s = self._usually_lost = 0.0

    def _learn(self, look: Look, dt_s: float) -> None:
        self._known_s += dt_s
        self._gone_s = self._gone_s + dt_s if look.lost >= GONE else 0.0
        if 0.0 < self._gone_s < DOUBT_S and self._known_s > KNOWN_S:
            return
        self._usually_lost += min(dt_s / min(self._known_s, 20.0), 1.0) * (look.lost - self._usually_lost)
        self._sights[0].learn(dt_s)
