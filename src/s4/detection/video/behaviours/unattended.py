"""Unattended object: somebody put something down, went away, and nobody has been with it since.

A thing is a candidate when it is new, stands still, is small compared with the people there, has edges of its own
(where something was taken away, the edges are in the empty scene instead), and a person was beside it shortly before it
was first seen by itself. It is attended while somebody stays near; who only walks past does not count. Confidence is a
product of rates (n + 1) / (m + 2) of the pictures in which nobody is in front of it: it was still there, and was so
since it is alone; times the contrast of its edges against those of the empty scene, c / (c + e).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.company import Person
from s4.detection.video.happening import Happening
from s4.detection.video.nearness import foreshortening, heights_apart
from s4.detection.video.picture import NOWHERE, Box, overlap
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.spots import Spot, Spots, is_cut_off, is_small, is_thing
from s4.detection.video.walkers import FORESHORTENED

KIND: Final = "unattended_object"
NEAR: Final = 0.45  # of a person's height: arm's length
OWN_NEAR: Final = 0.9  # for those who put it down, or were never anywhere else: they need not stand so near
PUT: Final = 0.3  # who put it down was as near
CAME: Final = 1.0  # heights: who has not come so far was there before
BESIDE: Final = 0.6  # the owner, before the thing is first seen by itself
OWN: Final = 0.55  # share of the edges that are its own
GROUND: Final = 0.6  # more like its surroundings than before: something was taken
DOUBTFUL: Final = 0.3  # confidence: less, and it is mostly not to be seen, or behind people
ATTENDED_S: Final = 2.5  # whose it is, and who stays near for so long, is with it
ADOPTED_S: Final = 8.0  # anybody else only after so long: many stop for a moment
JUST_NOW_S: Final = 3.0  # who was with it may just be picking it up
BEFORE_S: Final = 4.0  # who was there so long before it stood still came with it
GONE_S: Final = 3.0
RELIT_S: Final = 20.0  # after the light was switched, things are found again
RARELY_S: Final = 1.2  # between two pictures: nobody is followed over more, and nothing is known to stand still
PLAIN: Final = 5  # pictures since it is alone, with nobody in front
SOLID: Final = 0.3  # of its box stood still, on average: else it is scattered specks
LOOKS: Final = 10  # so many looks at its edges count alike
BY_ITSELF_S: Final = 3.0
SAME: Final = 0.4  # of the smaller box, under the other one
KEPT: Final = 0.8  # of the pixels that stood still
MOST: Final = 64


@dataclass(slots=True)
class Thing:
    """`alone`: ns UTC since when nobody is near; `seen`: last in the still map; `pictures`, `present`: counted since
    it was first seen, unless hidden, and seen; `pictures_alone`, `plain`: since it is alone, nobody in front; `edges`:
    contrast, 0–1; `owners`: numbers of the tracks that were near when it was put down; `owned_s`, `company_s`: how
    long one of them, or anybody, has been near; `short`: see `foreshortening`; `whole`: with its shadow;
    `near`: ns UTC, when somebody last was; `apart_s`: how long it was seen by itself, and `fill`: how much of its box
    stood still then, 0–1; `newest`: the last number that anybody had when it was found; `looks`: in plain
    sight, and `solid`: how much of its box stood still, on average over them.
    """

    happening: Happening
    box: Box
    tall: float
    alone: int
    seen: int
    pictures: int = 1
    present: int = 1
    pictures_alone: int = 0
    plain: int = 0
    edges: float = 0.0
    owners: frozenset[int] = frozenset()
    short: float = FORESHORTENED
    whole: Box = NOWHERE
    near: int = 0
    owned_s: float = 0.0
    company_s: float = 0.0
    apart_s: float = 0.0
    fill: float = 0.0
    newest: int = 0
    looks: int = 1
    solid: float = 0.0


class UnattendedObject:
    """One happening for each thing. `Settings.unattended_after_s` and `update_every_s` apply."""

    card = Card(
        name=KIND,
        version="2",
        title="Left bag",
        purpose="Notice luggage left behind in a public space, so that a person can look at it",
        legal_basis="GDPR Art. 6(1)(e) public task; no identification",
        limits="Things hidden in a dense crowd or of the colour of the ground are not seen",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._after_s, self._every_s = settings.unattended_after_s, settings.update_every_s
        self._things: list[Thing] = []
        self._switched: int | None = None

    def see(self, scene: Scene) -> list[Statement]:
        """Things appear, are attended or alone, and go."""
        spots = scene.spots
        if spots is None:
            return []
        spots.kept[KIND] = [thing.box for thing in self._things if thing.happening.started]
        found = spots.found()
        self._switched = self._switched if scene.settled else scene.time
        if not scene.settled or scene.dt_s > RARELY_S:
            return []
        for spot in found:
            self._take(spot, scene, spots)
        for thing in self._things:
            self._find_again(thing, scene.time, spots)
        said = [statement for thing in self._things for statement in self._judge(thing, scene, spots)]
        self._things = [thing for thing in self._things if not thing.happening.ended and self._kept(thing, scene.time)]
        return said

    def close(self, time: int) -> list[Statement]:
        """What was left is out of sight now."""
        things, self._things = self._things, []
        return [
            thing.happening.say("end", time, "Left object: the camera has gone", _attributes(thing, time))
            for thing in things
            if thing.happening.started
        ]

    def _take(self, spot: Spot, scene: Scene, spots: Spots) -> None:
        time = scene.time
        for thing in self._things:
            is_one = is_small(spot.box, thing.tall, spot.whole)  # else it was part of something large: a patch of light
            if is_one and _alike(thing.box, spot.box):
                thing.seen = time
                thing.apart_s += scene.dt_s
                if spot.plain:
                    _look(thing, spot, spots)
                return
        owner = spots.company.beside(spot.box, BESIDE) if spot.plain and len(self._things) < MOST else None
        if owner is None:
            return
        tall = spots.tall(spot, owner.number)
        edges = _edges(spot, spots)
        if is_small(spot.box, tall, spot.whole) and edges > OWN:
            key = f"{spot.began}/{round(spot.box.x)}/{round(spot.box.y)}"
            thing = Thing(Happening(KIND, key, spot.began), spot.box, tall, spot.began, seen=time, edges=edges)
            thing.owners = _who_put(spot, spots)
            thing.newest = max((one.number for one in spots.company.people), default=0)
            thing.whole, thing.short = spot.whole, foreshortening(scene.where, scene.view, spot.box, tall)
            thing.alone = max(spots.company.stayed(lambda one: _is_near(one, thing)), spot.began)
            self._things.append(thing)

    def _find_again(self, thing: Thing, time: int, spots: Spots) -> None:
        """What stood by itself for a while is still there when something as large as a person, or larger, that stands
        still beside it now seems one with it.
        """
        if thing.seen == time or thing.apart_s < BY_ITSELF_S or spots.still.settled(thing.box) < KEPT * thing.fill:
            return
        around = [spot.box for spot in spots.found() if overlap(spot.box, thing.box) >= KEPT * thing.box.area]
        if any(max(box.w, box.h) >= thing.tall for box in around) and not self._told_of(thing):
            thing.seen = time

    def _told_of(self, thing: Thing) -> bool:
        """Whether an alarm was given about the same place."""
        return any(
            other is not thing and other.happening.started and _alike(other.box, thing.box) for other in self._things
        )

    def _judge(self, thing: Thing, scene: Scene, spots: Spots) -> list[Statement]:
        is_present = thing.seen == scene.time
        hidden = _attend(thing, spots, scene, is_present)
        if is_present:
            thing.happening.note(_confidence(thing), thing.box)
        elif thing.happening.started and not hidden and self._is_gone(thing, scene.time):
            text = f"Left object was taken after {_alone_s(thing, thing.seen):.0f} s alone"
            return [thing.happening.say("end", thing.seen, text, _attributes(thing, thing.seen))]
        alone_s = _alone_s(thing, scene.time)
        is_solid = thing.solid >= SOLID and thing.plain >= PLAIN and not is_cut_off(thing.box, scene.view)
        is_left = is_solid and thing.edges > OWN and _confidence(thing) >= DOUBTFUL  # nothing taken, and no flicker
        lingers = (
            thing.company_s >= ATTENDED_S and scene.time - thing.near < JUST_NOW_S * NS_PER_S
        )  # perhaps it is theirs
        is_due = alone_s >= self._after_s and not lingers
        again = not thing.happening.started and self._told_of(thing)
        if not (is_present and is_left and is_due and thing.happening.due(scene.time, self._every_s)) or again:
            return []
        text = f"Object left behind, nobody near it for {alone_s:.0f} s"
        return [thing.happening.go_on(scene.time, text, _attributes(thing, scene.time))]

    def _is_gone(self, thing: Thing, time: int) -> bool:
        relit = self._switched is not None and time - self._switched < RELIT_S * NS_PER_S
        return not relit and time - thing.seen > GONE_S * NS_PER_S

    def _kept(self, thing: Thing, time: int) -> bool:
        return thing.happening.started or time - thing.seen <= 2 * GONE_S * NS_PER_S


def _attend(thing: Thing, spots: Spots, scene: Scene, is_present: bool) -> bool:
    """Count this picture, and whether somebody is with the thing; true when somebody is in front of it."""
    people = [one for one in spots.there(thing.box) if not is_thing(one, thing.whole, thing.tall)]
    hidden = any(overlap(one.box, thing.box) > 0 for one in people)
    thing.pictures += is_present or not hidden
    thing.present += is_present
    thing.pictures_alone += not hidden
    thing.plain += is_present and not hidden
    near = [one for one in people if one.slow and _is_near(one, thing)]
    thing.near = scene.time if near else thing.near
    is_owned = any(_is_owner(one, thing) for one in near)
    thing.owned_s = _lasted(thing.owned_s, scene.dt_s if is_owned else -scene.dt_s, ATTENDED_S)
    thing.company_s = _lasted(thing.company_s, scene.dt_s if near else -scene.dt_s, ADOPTED_S)
    if (is_owned and thing.owned_s >= ATTENDED_S) or (near and thing.company_s >= ADOPTED_S):
        thing.alone, thing.pictures_alone, thing.plain = scene.time, 0, 0
    return hidden


def _look(thing: Thing, spot: Spot, spots: Spots) -> None:
    """It is seen in plain sight: where it is, and until it is told, how solid it is and how much edge it has."""
    thing.box, thing.whole, thing.fill = spot.box, spot.whole, spots.still.settled(spot.box)
    if not thing.happening.started:
        thing.looks += 1
        thing.solid += (thing.fill - thing.solid) / (thing.looks - 1)
        thing.edges += (_edges(spot, spots) - thing.edges) / min(thing.looks, LOOKS)


def _alike(one: Box, other: Box) -> bool:
    return overlap(one, other) >= SAME * min(one.area, other.area)


def _who_put(spot: Spot, spots: Spots) -> frozenset[int]:
    """Who came nearest to a thing just before it stood there; everybody who came within reach of it."""
    near = spots.company.around(spot.box, BESIDE, spot.began - round(BEFORE_S * NS_PER_S))
    reach = max(min(near.values(), default=0.0), PUT)
    return frozenset(number for number, far in near.items() if far <= reach)


def _is_owner(one: Person, thing: Thing) -> bool:
    """Who put it down, also under a number that they got since, beside it."""
    return one.number in thing.owners or (one.number > thing.newest and one.travelled < CAME)


def _is_near(one: Person, thing: Thing) -> bool:
    reach = OWN_NEAR if _is_owner(one, thing) else NEAR
    return heights_apart(one.box, thing.box, thing.tall, thing.short) <= reach


def _lasted(seconds: float, change: float, enough: float) -> float:
    return min(max(seconds + change, 0.0), 2.0 * enough)


def _edges(spot: Spot, spots: Spots) -> float:
    """How much of the edges is its own; 0 where the ground is seen, which is like what lies around it."""
    return spots.edges(spot.box) if spots.likeness(spot.box) <= GROUND else 0.0


def _alone_s(thing: Thing, time: int) -> float:
    return max(time - thing.alone, 0) / NS_PER_S


def _confidence(thing: Thing) -> float:
    present = (thing.present + 1) / (thing.pictures + 2)
    plain = (thing.plain + 1) / (thing.pictures_alone + 2)
    return present * plain * thing.edges


def _attributes(thing: Thing, time: int) -> dict[str, float | str | bool | tuple[float, ...]]:
    return {
        "alone_s": round(_alone_s(thing, time), 1),
        "there_s": round((time - thing.happening.began) / NS_PER_S, 1),
        "edges": round(thing.edges, 2),
    }
