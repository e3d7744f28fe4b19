"""Asset: what is to be protected."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from s4.core.model.detection import Probability
from s4.core.model.kinds import Nature
from s4.core.model.place import Place


class Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A square, stadium, station, network or building.

    `people`: how many are usually there; `value`: 0–1 how much its loss would hurt the city; `vulnerability`:
    0–1 per nature of threat, how easily it is harmed (missing = 0.5); `prior`: probability per day that it is
    attacked when nothing is observed; `radius_m`: how far it reaches around its place when no outline is given.
    """

    id: str
    name: str
    site: str
    place: Place
    people: Annotated[float, Meta(ge=0)] = 0.0
    value: Probability = 0.5
    vulnerability: dict[Nature, Probability] = {}
    prior: Probability = 0.001
    radius_m: Annotated[float, Meta(ge=0)] = 50.0
