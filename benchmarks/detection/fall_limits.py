"""Chooses the limits of a fall by a fixed rule, from clips that are known to show one or not.

One limit after the other, the others held, in a fixed order and over again until nothing changes: of the values with
which the fewest clips are judged wrongly, the middle of the widest stretch. Where nothing but falls comes near, the
stretch ends at `LOOSEST`. The first round begins with the loosest limits of all.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from s4.detection.video.landing import Landing, Limits

LOOSEST = Limits(
    deep=0.40, fast=0.33, plunge=0.68, feet=0.5, wide=1.5, body=0.01, impact=0.0, moves=1.0, free=0.5, lies=0.02
)
"""`deep`: less is not looked at; `fast`: so lies down who takes three seconds; `plunge`: so sits down at once on the
ground who sits there upright (0.48 of the height, 0.4 of it within 0.85 s); the others: what no body on the ground
goes beyond.
"""
MOST = ("wide", "moves")
ROUNDS = 20


class Shown(NamedTuple):
    """One clip in one way, and what sank in it."""

    clip: str
    way: str
    is_fall: bool
    landings: list[Landing]

    @property
    def person(self) -> str:
        """Who is in it, for the clips of falls and daily life."""
        return self.clip[:2]


def told(shown: Shown, limits: Limits) -> bool:
    """Whether a fall is told."""
    return any(limits.allow(one) for one in shown.landings)


def choose(known: list[Shown]) -> Limits:
    """The rule."""
    limits = LOOSEST
    for _ in range(ROUNDS):
        before = limits
        for name in Limits.__struct_fields__:
            limits = msgspec.structs.replace(limits, **{name: _one(known, limits, name)})
        if limits == before:
            break
    return limits


def _one(known: list[Shown], limits: Limits, name: str) -> float:
    sign, loosest = -1.0 if name in MOST else 1.0, getattr(LOOSEST, name)
    open_ = msgspec.structs.replace(limits, **{name: loosest})
    best: dict[bool, list[float]] = {True: [], False: []}
    for shown in known:
        values = [sign * _value(one, name) for one in shown.landings if open_.allow(one)]
        if values:
            best[shown.is_fall].append(max(values))
    falls, others = np.array(best[True]), np.array(best[False])
    edges = np.unique(np.concatenate([[sign * loosest], falls, others]))
    wrong = np.array([(falls < edge).sum() + (others >= edge).sum() for edge in edges[1:]])
    if not len(wrong):
        return float(loosest)
    widths = np.where(wrong == wrong.min(), np.diff(edges), -1.0)
    widest = int(np.argmax(widths))
    return round(abs(float(edges[widest] + edges[widest + 1]) / 2), 3)


def _value(one: Landing, name: str) -> float:
    return one.deep + one.fast / 2 if name == "plunge" else float(getattr(one, name))
