"""Removed object: something that belonged to the place is gone, and somebody was beside it when it went.

Where something is taken away, the place looks new and stands still as where something is left; but the edges are in
the empty scene as it was remembered and not in the picture, and what is seen there now looks like the ground around
it. It looked as before for most of the time until then (else it was somebody who stood there), and somebody who walked
was beside it shortly before: what goes by itself, as a car, goes alone. Confidence is a product: the contrast of the
edges of the empty scene against those of the picture, e / (c + e); how much more like its surroundings the spot is
than before, b / (a + b) for the distances of colour before (b) and after (a); and the rate (n + 1) / (m + 2) of
pictures since, with nobody near, in which it stayed so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.picture import Box, View, gap, overlap
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.spots import LARGEST, Spot, Spots, is_cut_off, is_small, is_thing, together
from s4.detection.video.trust import rate

KIND: Final = "removed_object"
LEAST: Final = 0.17  # height against a person's: 0.3 m
BARE: Final = 0.6  # share of the edges that are in the empty scene
ALIKE: Final = 0.75  # b / (a + b): the spot looks more like its surroundings than it did
BESIDE: Final = 0.35  # of a person's height
KNOWN_S: Final = 15.0  # what has been there for less was left, and is taken back
HELD: Final = 0.5  # of the time before: else it was somebody who stood there for a while
NEXT_TO: Final = 0.4  # of a person's height: what else changed there belongs to it
AWAY: Final = 0.3  # of a person's height: nearer, and what is seen may be they
BEFORE_S: Final = 8.0  # who took it was beside it no longer before it was gone
GONE_S: Final = 3.0
FORGET_S: Final = 10.0  # what is no longer bare
LASTS_S: Final = 60.0  # then the place is as it is
RARELY_S: Final = 1.2  # between two pictures: nobody is followed over more, and nothing is known to stand still
MOST: Final = 32


@dataclass(slots=True)
class Loss:
    """A spot from which something is gone. `whole`: its box with the shadow that went, too; `seen`: ns UTC, last bare;
    `taker`: number of the track beside it, None when nobody was: who passes by later has not taken it; `held`: whether
    it looked as before for most of the time.
    """

    happening: Happening
    box: Box
    whole: Box
    seen: int
    taker: int | None
    tall: float
    held: bool
    sure: float
    bare_s: float = 0.0
    pictures: int = 0
    present: int = 0


class RemovedObject:
    """One happening for each thing. `Settings.removed_after_s` applies."""

    card = Card(
        name=KIND,
        version="1",
        title="Object taken",
        purpose="Notice that something that belongs to a place was taken away, so that a person can look",
        legal_basis="GDPR Art. 6(1)(e) public task; no identification",
        limits="Only what can be carried, and stood out from the ground; not what was taken out of a crowd's sight",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._after_s = settings.removed_after_s
        self._losses: list[Loss] = []

    def see(self, scene: Scene) -> list[Statement]:
        """Things go, and some are put back."""
        spots = scene.spots
        if spots is None:
            return []
        found = spots.found()
        if not scene.settled or scene.dt_s > RARELY_S:
            return []
        for spot in found:
            self._take(spot, scene, spots)
        said = [statement for loss in self._losses for statement in self._judge(loss, scene, spots)]
        self._losses = [loss for loss in self._losses if not loss.happening.ended and self._kept(loss, scene.time)]
        return said

    def close(self, time: int) -> list[Statement]:
        """Nobody can tell any more."""
        losses, self._losses = self._losses, []
        return [
            loss.happening.say("end", time, "Object taken: the camera has gone", _attributes(loss))
            for loss in losses
            if loss.happening.started
        ]

    def _take(self, spot: Spot, scene: Scene, spots: Spots) -> None:
        for loss in self._losses:
            if overlap(loss.box, spot.box) >= 0.4 * min(loss.box.area, spot.box.area):
                loss.seen = scene.time
                if spot.plain and loss.held and not loss.happening.started:
                    loss.box, loss.whole, loss.sure = spot.box, spot.whole, _sure(spot, loss.tall, scene.view, spots)
                return
        known_s = spots.still.known_s - (scene.time - spot.began) / NS_PER_S
        if not spot.plain or len(self._losses) >= MOST or known_s < KNOWN_S:
            return
        taker = spots.company.beside(spot.box, BESIDE, until=spot.began)
        late = taker is None or spot.began - taker.time > BEFORE_S * NS_PER_S
        number = None if taker is None or late else taker.number
        tall = spots.tall(spot, number)
        happening = Happening(KIND, f"{spot.began}/{round(spot.box.x)}/{round(spot.box.y)}", spot.began)
        held = spots.still.held(spot.box) >= HELD
        sure = _sure(spot, tall, scene.view, spots) if held else 0.0
        self._losses.append(Loss(happening, spot.box, spot.whole, scene.time, number, tall, held, sure))

    def _judge(self, loss: Loss, scene: Scene, spots: Spots) -> list[Statement]:
        people = [one for one in spots.there(loss.box) if not is_thing(one, loss.whole, loss.tall, LARGEST)]
        hidden = any(gap(one.box, loss.box) <= AWAY * loss.tall for one in people)
        is_bare = loss.seen == scene.time and not hidden
        loss.pictures += not hidden
        loss.present += is_bare
        loss.bare_s += scene.dt_s if is_bare else 0.0
        happening = loss.happening
        happening.note(loss.sure * rate(loss.present, loss.pictures), loss.box)
        if happening.started:
            return self._end(loss, scene.time, spots, hidden=hidden)
        if (
            loss.taker is None
            or not is_bare
            or loss.sure <= 0.0
            or loss.bare_s < self._after_s
            or 2 * loss.present <= loss.pictures
        ):
            return []
        ago_s = (scene.time - happening.began) / NS_PER_S
        return [happening.go_on(scene.time, f"Object taken away {ago_s:.0f} s ago", _attributes(loss))]

    def _end(self, loss: Loss, time: int, spots: Spots, *, hidden: bool) -> list[Statement]:
        happening = loss.happening
        if not hidden and time - loss.seen > GONE_S * NS_PER_S:
            return [happening.say("end", loss.seen, "Object was put back", _attributes(loss))]
        if time - happening.said > LASTS_S * NS_PER_S:
            spots.still.accept(loss.box)
            return [happening.say("end", time, "Object has not come back", _attributes(loss))]
        return []

    def _kept(self, loss: Loss, time: int) -> bool:
        return loss.happening.started or time - loss.seen <= FORGET_S * NS_PER_S


def _sure(spot: Spot, tall: float, view: View, spots: Spots) -> float:
    """How surely something small was taken there; 0 when it was not."""
    whole = together(spot.box, spots.found(), NEXT_TO * tall)
    if not is_small(whole, tall) or spot.box.h < LEAST * tall or is_cut_off(spot.box, view):
        return 0.0
    bare, alike = 1.0 - spots.edges(spot.box), spots.likeness(spot.box)
    return bare * alike if bare > BARE and alike > ALIKE else 0.0


def _attributes(loss: Loss) -> dict[str, float | str | bool | tuple[float, ...]]:
    return {"beside": f"person {loss.taker}", "sure": round(loss.sure, 2)}
